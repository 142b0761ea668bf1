"""Calls a run's function for one job, over the SDK's protocol and in-process ASGI."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import fastapi
import inngest
import inngest.fast_api

from bot.durable import asgi, protocol
from bot.durable.functions import Plan, configs, read
from bot.durable.host import Known, call_of
from bot.durable.limits import Limits
from bot.durable.protocol import Errored, Outcome, error_of
from bot.durable.queue import Job
from db import faultpoints

faultpoints.declare("engine.before_call", "engine.after_call", "engine.failure_handler")

PATH = "/api/inngest"


class InProcess:
    """The functions of this process, served to nobody else."""

    def __init__(
        self,
        client: inngest.Inngest,
        functions: Sequence[inngest.Function[Any]],
        patience: timedelta = Limits().call,  # noqa: B008 - frozen
    ) -> None:
        """Serve ``functions``; a call longer than ``patience`` counts as failed.

        Raises:
            Unsupported: A function asks for what the engine does not do.
        """
        self.app = client.app_id
        self._functions = functions
        self._app = fastapi.FastAPI(openapi_url=None)
        self._plans = read(functions)
        self._patience_s = patience.total_seconds()
        inngest.fast_api.serve(self._app, client, list(functions), serve_path=PATH)
        # What functions raise is kept on the run; the SDK would log it a second time.
        client.logger.setLevel(logging.CRITICAL)

    @property
    def configs(self) -> list[dict[str, Any]]:
        """What the functions declare, failure handlers included."""
        return configs(self._functions)

    @property
    def plans(self) -> Mapping[str, Plan]:
        """The functions there are, by id."""
        return self._plans

    def learn(self, known: Mapping[str, Known]) -> None:
        """Nothing to learn: what can be called from here does not change."""

    async def call(self, job: Job) -> Outcome:
        """Return what came of it; whatever the function does, there is an outcome."""
        plan = self._plans[job.function_id]
        faultpoints.reach("engine.before_call")
        if plan.on_failure_of:
            faultpoints.reach("engine.failure_handler")
        try:
            async with asyncio.timeout(self._patience_s):
                answer = await self._post(job, plan)
        except TimeoutError:
            message = f"The call took longer than {self._patience_s:.0f} s."
            return Errored(error_of("TimedOut", message))
        except Exception as error:  # noqa: BLE001 - the edge of foreign code
            return Errored(error_of(type(error).__name__, str(error)))
        faultpoints.reach("engine.after_call")
        return _read(answer)

    async def _post(self, job: Job, plan: Plan) -> asgi.Answer:
        call = call_of(job, plan)
        return await asgi.post(self._app, PATH, call.query(), call.body())


def _read(answer: asgi.Answer) -> Outcome:
    try:
        return protocol.read(answer)
    except ValueError as error:
        # Infinity, say, which the SDK writes though no JSON has it.
        said = f"What a step returned cannot be kept: {error}."
        return Errored(error_of("Unkeepable", said), retriable=False)
