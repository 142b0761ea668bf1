"""Slack's door of a process: one workspace by its token, or many that install us."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC

from fastapi import APIRouter, Request, Response
from slack_sdk.web.async_client import AsyncWebClient

from agent.errors import BadInput
from agent.ports import Clock
from bot.services import Services
from bot.settings import Access, Intake, Settings, Slack
from bot.slack_endings import Endings, heeding
from bot.surfaces import forms
from bot.web.session import Doorkeeper
from bot.wiring.slack_clients import AppSecrets, VaultTokens
from channels.contract import Channel, Keep
from channels.slack.clients import Clients, ManyClients, OneClient, connect
from channels.slack.door import SlackDoor
from channels.slack.http import MAX_BODY_BYTES, Webhook
from channels.slack.socket import SocketMode
from channels.slack.threads import threaded

SLACK_PATH = "/slack/events"

Installs = Callable[[Doorkeeper], APIRouter]


@dataclass(slots=True)
class SlackParts:
    """What there is of Slack in this process."""

    channel: Channel | None = None
    receiver: Callable[[], Awaitable[None]] | None = None
    routers: list[APIRouter] = field(default_factory=list)
    installs: Installs | None = None


def is_on(given: Slack) -> bool:
    """Whether anything of Slack is set up.

    With the signing secret alone Slack's check of our address is answered, which comes
    before anybody can install the app.
    """
    speaks = given.bot_token is not None or bool(given.client_id)
    listens = given.intake is Intake.WEBHOOK and given.signing_secret is not None
    return speaks or listens or given.client_secret is not None


@asynccontextmanager
async def open_slack(
    settings: Settings, keep: Keep, services: Services
) -> AsyncIterator[SlackParts]:
    """Open what is set up.

    Raises:
        BadInput: It is half set up; the message names the missing setting.
    """
    given, app = settings.slack, app_secrets(settings)
    single = given.bot_token.get_secret_value() if given.bot_token else None
    async with connect(None if app else single, base_url=given.base_url) as client:
        made, clients = SlackParts(), _clients(services, client, app, single)
        if clients is not None:
            made.channel = SlackDoor(clients)
        forget = clients.forget if isinstance(clients, ManyClients) else _nothing
        heard = heeding(keep, Endings(services), forget)
        _listen(given, heard, services.clock, client, made)
        if app is not None:
            made.installs = _installs(settings, app, services, client)
        yield made


def app_secrets(settings: Settings) -> AppSecrets | None:
    """What the app proves itself with where others install it; None: nobody does.

    Raises:
        BadInput: One of the settings that this takes is missing.
    """
    given = settings.slack
    if not given.client_id and given.client_secret is None:
        return None
    if not given.client_id or given.client_secret is None:
        raise BadInput(
            "Of SLACK_CLIENT_ID and SLACK_CLIENT_SECRET only one is set.",
            hint='Copy both from the app\'s "Basic Information" page.',
        )
    if not settings.public_url:
        raise BadInput(
            "SLACK_CLIENT_ID is set, but PUBLIC_URL is not.",
            hint="Slack sends people back to it; or use SLACK_BOT_TOKEN alone.",
        )
    return AppSecrets(given.client_id, given.client_secret.get_secret_value())


def _clients(
    services: Services,
    client: AsyncWebClient,
    app: AppSecrets | None,
    single: str | None,
) -> Clients | None:
    if app is not None:
        return ManyClients(client, VaultTokens(services, client, app, single or ""))
    return OneClient(client) if single else None


def _nothing(account: str) -> None:
    del account


def _listen(
    given: Slack, keep: Keep, clock: Clock, client: AsyncWebClient, made: SlackParts
) -> None:
    keep = threaded(keep) if given.threads else keep
    if given.intake is Intake.WEBHOOK:
        if given.signing_secret is None:
            raise BadInput(
                "SLACK_INTAKE is webhook, but SLACK_SIGNING_SECRET is not set.",
                hint="Copy it from the app's Basic Information page.",
            )
        secret = given.signing_secret.get_secret_value()
        webhook = Webhook(keep, signing_secret=secret, faults=forms.faults_in)
        made.routers.append(slack_route(webhook, clock))
        return
    if given.app_token is None:
        raise BadInput(
            "Slack is set up, but SLACK_APP_TOKEN is not.",
            hint="Make an app-level token with connections:write, "
            "or use SLACK_INTAKE=webhook.",
        )
    token = given.app_token.get_secret_value()
    mode = SocketMode(client, keep, app_token=token, faults=forms.faults_in)
    made.receiver = mode.run


def _installs(
    settings: Settings, app: AppSecrets, services: Services, client: AsyncWebClient
) -> Installs:
    def routes(doorkeeper: Doorkeeper) -> APIRouter:
        # Bolt is loaded only where somebody installs by it.
        from bot.web import slack_install  # noqa: PLC0415

        return slack_install.router(
            slack_install.SlackApp(
                client_id=app.client_id,
                client_secret=app.client_secret,
                public_url=settings.public_url.rstrip("/"),
                client=client,
                takes_strangers=settings.access is not Access.PAIRED,
            ),
            services,
            doorkeeper,
        )

    return routes


def slack_route(webhook: Webhook, clock: Clock) -> APIRouter:
    """Where Slack posts whatever happens; acknowledged once it is kept."""
    router = APIRouter()

    @router.post(SLACK_PATH, max_body_size=MAX_BODY_BYTES)
    async def receive(request: Request) -> Response:
        body = await request.body()
        now = clock.now().astimezone(UTC)
        answer = await webhook.receive(body, request.headers, now=now)
        return Response(
            answer.body, status_code=answer.status, media_type=answer.media_type
        )

    return router
