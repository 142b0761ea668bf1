"""Who is told of the work: nobody, unless the settings name a collector or a port."""

import asyncio
import contextlib
import socket
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog
import uvicorn
from sqlalchemy.exc import SQLAlchemyError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from agent.errors import BadInput
from agent.llm.port import Prices
from bot import standing
from bot.services import Services
from bot.settings import Settings
from bot.telemetry.port import NOTHING, Telemetry
from bot.telemetry.several import Several

if TYPE_CHECKING:
    from bot.telemetry.metrics import Metrics

PATIENCE_S = 5.0

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Watchers:
    """Everybody who is told, and the one whom Prometheus asks."""

    all: Telemetry = NOTHING
    metrics: "Metrics | None" = None


def watchers(settings: Settings, prices: Prices) -> Watchers:
    """Return those whom the settings ask for; what nobody asks for is not loaded."""
    parts: list[Telemetry] = []
    metrics = None
    if settings.otel.exporter_otlp_endpoint:
        parts.append(_traces(settings, prices))
    if settings.metrics_port is not None:
        from bot.telemetry.metrics import Metrics  # noqa: PLC0415 - only when wanted

        metrics = Metrics(prices)
        parts.append(metrics)
    return Watchers(Several(parts) if parts else NOTHING, metrics)


def _traces(settings: Settings, prices: Prices) -> Telemetry:
    from bot.telemetry.export import batches  # noqa: PLC0415 - only when wanted
    from bot.telemetry.traces import Traces  # noqa: PLC0415

    otel = settings.otel
    headers = otel.exporter_otlp_headers
    processor = batches(
        otel.exporter_otlp_endpoint, headers.get_secret_value() if headers else ""
    )
    return Traces(processor, otel.service_name, prices)


def listen(settings: Settings) -> socket.socket | None:
    """Take the port that Prometheus scrapes, if there is to be one.

    Raises:
        BadInput: Another program has it, or the address is not of this machine.
    """
    if settings.metrics_port is None:
        return None
    where = (settings.metrics_host, settings.metrics_port)
    try:
        return socket.create_server(where)
    except OSError as error:
        raise BadInput(
            f"{where[0]}:{where[1]} cannot be used for metrics: {error.strerror}.",
            hint="Set DRAPER_METRICS_PORT to a port of this process's own.",
        ) from error


async def serve(
    services: Services,
    metrics: "Metrics",
    stuck: Mapping[str, int],
    listening: socket.socket,
) -> None:
    """Answer Prometheus until cancelled."""
    one_at_a_time = asyncio.Lock()

    async def scrape(request: Request) -> Response:
        del request
        async with one_at_a_time:
            text = metrics.text(await _standing(services), stuck)
        return Response(text, media_type="text/plain; version=0.0.4")

    app = Starlette(routes=[Route("/metrics", scrape)])
    config = uvicorn.Config(app, log_config=None, access_log=False, lifespan="off")
    server = _Quiet(config)
    host, port = listening.getsockname()[:2]
    log.info("metrics.served", address=f"{host}:{port}")
    with listening:
        await server.serve([listening])


async def _standing(services: Services) -> standing.Standing | None:
    try:
        async with asyncio.timeout(PATIENCE_S), services.as_role("worker") as session:
            return await standing.read(session)
    except (SQLAlchemyError, OSError, TimeoutError) as error:
        log.warning("metrics.database_away", error=type(error).__name__)
        return None


class _Quiet(uvicorn.Server):
    """Leaves signals to the command line, and ends when its task is cancelled."""

    async def main_loop(self) -> None:
        try:
            await super().main_loop()
        except asyncio.CancelledError:
            await self.shutdown()
            raise

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield
