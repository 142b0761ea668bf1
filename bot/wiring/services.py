"""Settings and a database become services."""

import asyncio
import base64
import hmac
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import inngest
import structlog

from agent import recognise
from agent.billing.budgets import Budgets
from agent.catalog.versions import Versions
from agent.identity.callers import Identity
from agent.identity.history import History
from agent.llm.trial import HttpTrials
from agent.ports import Clock
from agent.runs.approvals import TableApprovals
from agent.vault.keys import InstallationKey
from bot.assist import AssistWork
from bot.durable.port import RunEngine
from bot.links import Links
from bot.pace import Pace
from bot.plots import UsagePlots
from bot.ports import (
    EngineEvents,
    EngineProgress,
    KeptObjects,
    LateEngine,
    SystemClock,
    TimeOrderedIds,
)
from bot.services import Admits, Services
from bot.settings import Access, Settings
from bot.sweeps import Sweeper
from bot.telemetry.events import WatchedEvents
from bot.watchdog import Watchdog
from bot.wiring import embedders, skills
from bot.wiring.database import Pools
from bot.wiring.engines import Serving, choose
from bot.wiring.learning import learning
from bot.wiring.mail import mail
from bot.wiring.models import answering, open_providers, transcriber
from bot.wiring.telemetry import watchers
from bot.work import SkillWork
from bot.workflows.assist import assist
from bot.workflows.run_skill import run_skill
from bot.workflows.sweep import sweep
from bot.workflows.watchdog import watchdog
from db.objects import Bucket, LocalObjects, S3Objects

if TYPE_CHECKING:
    from bot.telemetry.metrics import Metrics

log = structlog.get_logger()

KEY_FILE = "installation.key"
MB = 1_000_000


@dataclass(frozen=True, slots=True)
class Core:
    """The services, and the engine that runs what they ask for."""

    services: Services
    engine: RunEngine
    folder: skills.Folder
    """Where the house's skills lie."""
    serving: Serving | None = None
    """Where an Inngest server runs the functions: how it reaches them."""
    watchdog: Watchdog | None = None
    """What it last found, if it looks from this process."""
    metrics: "Metrics | None" = None
    """What Prometheus is told, if it may ask."""

    async def aclose(self) -> None:
        """Give back what is held towards the outside."""
        await asyncio.to_thread(self.services.telemetry.close)
        if self.serving:
            await self.serving.api.aclose()


async def make_core(settings: Settings, pools: Pools, pace: Pace | None = None) -> Core:
    """Build the services and the engine; nothing runs yet.

    Raises:
        BadInput: A setting cannot be used; the message names it.
    """
    clock = SystemClock()
    objects = KeptObjects(store(settings))
    versions = Versions(objects)
    folder, shelves = skills.make(
        settings.skills, pools, versions, embedders.chosen(settings)
    )
    await folder.take(shelves)
    models = open_providers(settings, clock)
    listed = models.prices
    # The engine runs functions that emit to it and stop it: it comes a line later.
    late = LateEngine()
    watched = watchers(settings, listed)
    services = Services(
        app=pools.app,
        system=pools.system,
        shelf=shelves.shelf,
        router=shelves.router,
        shelves=shelves,
        objects=objects,
        versions=versions,
        model=answering(models),
        providers=models,
        plots=UsagePlots(),
        prices=listed,
        budgets=Budgets(
            settings.budget_day_usd,
            settings.budget_month_usd,
            settings.budget_most_day_usd,
            settings.budget_most_month_usd,
        ),
        events=WatchedEvents(EngineEvents(late), watched.all),
        audit=History(recognise.redact),
        approvals=TableApprovals(),
        clock=clock,
        ids=TimeOrderedIds(),
        pepper=pepper(settings),
        key=InstallationKey(_key_bytes(settings)),
        admits=_admits(settings),
        public_url=settings.public_url,
        mail=mail(settings, clock),
        messages_per_minute=settings.messages_per_minute,
        join_s=settings.join_s,
        guess_s=settings.guess_s,
        propose_after=settings.propose_after,
        try_freely_usd=settings.try_freely_usd,
        file_bytes=settings.file_max_mb * MB,
        transcriber=transcriber(settings.transcription),
        trials=_trials(settings),
        local_url=local_url(settings),
        links=_links(settings, clock),
        pace=pace or Pace(),
        telemetry=watched.all,
        progress=EngineProgress(late),
    )

    work = SkillWork(services)
    dog = Watchdog(services, late, work)

    def declare(client: inngest.Inngest) -> list[inngest.Function[Any]]:
        return [
            run_skill(client, work),
            assist(client, AssistWork(services, work)),
            sweep(client, Sweeper(services, services.key, objects)),
            watchdog(client, dog),
            *learning(client, services),
        ]

    chosen = choose(settings, pools, declare, services)
    late.engine = chosen.engine
    return Core(services, chosen.engine, folder, chosen.serving, dog, watched.metrics)


@asynccontextmanager
async def running(core: Core) -> AsyncIterator[None]:
    """Let the engine work; what it is doing at the end is finished first."""
    # Loading the SDK takes seconds: it happens beside everything else.
    warming = asyncio.create_task(_warm(core.services))
    await core.engine.start()
    try:
        yield
    finally:
        await core.engine.stop(timedelta(seconds=core.services.pace.drain_s))
        await asyncio.gather(warming, return_exceptions=True)
        if core.services.providers:
            await core.services.providers.aclose()


async def _warm(services: Services) -> None:
    if services.providers:
        await services.providers.warm()


def local_url(settings: Settings) -> str:
    """Where this machine reaches our pages."""
    everywhere = settings.host in {"0.0.0.0", "::"}  # noqa: S104 - compared, not bound
    host = "127.0.0.1" if everywhere else settings.host
    return f"http://{f'[{host}]' if ':' in host else host}:{settings.port}"


def pepper(settings: Settings) -> bytes:
    """What short codes are hashed with: derived from the installation's key."""
    return hmac.digest(_key_bytes(settings), b"draper pepper", "sha256")


def _key_bytes(settings: Settings) -> bytes:
    if settings.key is not None:
        text = settings.key.get_secret_value()
    else:
        text = _kept_key(settings.home / KEY_FILE)
    InstallationKey.from_text(text)  # refuses what could seal nothing, at the start
    return base64.b64decode(text)


def _kept_key(file: Path) -> str:
    if not file.exists():
        _write_once(file, base64.b64encode(os.urandom(32)))
    return file.read_text()


def _write_once(file: Path, content: bytes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as opened:
        opened.write(content)


def _trials(settings: Settings) -> HttpTrials:
    bases = {"anthropic": settings.anthropic.base_url}
    return HttpTrials(settings.models.fast, bases)


def store(settings: Settings) -> LocalObjects | S3Objects:
    """Where files are kept."""
    s3 = settings.s3
    if not s3.bucket:
        return LocalObjects(settings.home / "files")
    key, secret = s3.access_key_id, s3.secret_access_key
    return S3Objects(
        Bucket(
            name=s3.bucket,
            endpoint_url=s3.endpoint_url,
            region=s3.region,
            access_key_id=key.get_secret_value() if key else None,
            secret_access_key=secret.get_secret_value() if secret else None,
            prefix=s3.prefix,
        )
    )


def _links(settings: Settings, clock: Clock) -> Links | None:
    if not settings.public_url:
        return None
    return Links(settings.public_url, _key_bytes(settings), clock)


def _admits(settings: Settings) -> Admits:
    allowed = {
        "telegram": settings.telegram.allowed,
        "slack": settings.slack.allowed,
    }

    def admits(identity: Identity) -> bool:
        if settings.access is Access.OPEN:
            return True
        if settings.access is Access.ALLOWLIST:
            return identity.sender in allowed.get(identity.channel, frozenset())
        return False

    return admits
