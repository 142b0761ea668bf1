"""The doors of a process: what sends, what receives, and how each was set up."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Protocol

import structlog
from fastapi import APIRouter, Request, Response
from sqlalchemy.exc import SQLAlchemyError

from agent.errors import BadInput
from agent.mailroom.inbox import Inbox
from agent.mailroom.schemas import RawEvent
from agent.ports import Sealer
from bot.doorman import team_of
from bot.secrecy import guarded
from bot.services import Services
from bot.settings import Intake, Settings
from bot.wiring import telegram_menus
from bot.wiring.slack_doors import Installs, is_on, open_slack
from channels.contract import Channel, Keep, NotKept, Received, Refused, SendError
from channels.telegram import webhook as telegram_webhook
from channels.telegram.parse import Me
from channels.telegram.poll import Poller, PollReport, PollState, Revoked
from channels.telegram.send import TelegramChannel
from channels.web.door import WebDoor

log = structlog.get_logger()

TELEGRAM_PATH = "/telegram/webhook"
Loop = Callable[[], Awaitable[None]]


@dataclass(slots=True)
class Doors:
    """What a process opens to the outside."""

    channels: dict[str, Channel] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    """What the bot is called at each messenger, as soon as that is known."""
    receivers: dict[str, Loop] = field(default_factory=dict)
    """Loops that fetch events: long polling, Socket Mode."""
    routers: list[APIRouter] = field(default_factory=list)
    """Routes that events are posted to."""
    installs: Installs | None = None
    """Routes by which others install us, for whoever knows who is signed in."""


def keeper(inbox: Inbox, key: Sealer) -> Keep:
    """What doors call with what arrived: it is committed on return, keys sealed."""

    async def keep(received: Sequence[Received]) -> None:
        try:
            await inbox.keep([_raw(guarded(event, key)) for event in received])
        except (SQLAlchemyError, OSError, TimeoutError) as error:
            log.warning("inbox.not_kept", error=type(error).__name__)
            raise NotKept(type(error).__name__) from error

    return keep


def _raw(event: Received) -> RawEvent:
    seen = event.inbound
    payload = None
    if seen is not None:
        payload = json.dumps(seen.to_payload() | {"team": team_of(seen)})
    return RawEvent(
        channel=event.channel,
        account=event.account,
        event_id=event.event_id,
        kind=event.kind,
        body=event.body,
        message_key=event.message_key,
        chat_key=event.chat_key,
        payload=payload,
    )


@asynccontextmanager
async def open_doors(
    settings: Settings, keep: Keep, services: Services
) -> AsyncIterator[Doors]:
    """Open every door that is set up; a door that cannot be used says so and waits.

    Raises:
        BadInput: A door is half set up; the message names the missing setting.
    """
    doors = Doors(channels={"web": WebDoor()})
    async with AsyncExitStack() as stack:
        if settings.telegram.token is not None:
            await _telegram(settings, keep, doors, stack)
        if is_on(settings.slack):
            await _slack(settings, keep, services, doors, stack)
        yield doors


async def _telegram(
    settings: Settings, keep: Keep, doors: Doors, stack: AsyncExitStack
) -> None:
    given = settings.telegram
    assert given.token is not None  # noqa: S101 - checked by the caller
    token = given.token.get_secret_value()
    channel = await stack.enter_async_context(
        TelegramChannel(
            token, base_url=given.base_url, rich=given.rich, drafts=given.drafts
        )
    )
    doors.channels["telegram"] = channel
    if given.intake is Intake.WEBHOOK:
        secret = given.webhook_secret.get_secret_value() if given.webhook_secret else ""
        if not secret or not settings.public_url:
            raise BadInput(
                "TELEGRAM_INTAKE is webhook, but PUBLIC_URL or "
                "TELEGRAM_WEBHOOK_SECRET is not set.",
                hint="Set both, or use TELEGRAM_INTAKE=poll.",
            )
        doors.routers.append(telegram_route(channel, secret, keep))
        address = f"{settings.public_url.rstrip('/')}{TELEGRAM_PATH}"

        async def arrange() -> None:
            doors.names["telegram"] = (await channel.me()).username
            await channel.set_webhook(address, secret, channel.updates)
            await telegram_menus.show(token, given.base_url)
            await asyncio.Event().wait()

        doors.receivers["telegram"] = arrange
        return

    async def poll() -> None:
        me = await channel.me()
        doors.names["telegram"] = me.username
        await telegram_menus.show(token, given.base_url)
        poller = Poller(
            token,
            me,
            keep,
            base_url=given.base_url,
            updates=channel.updates,
            tell=_tell,
        )
        try:
            await poller.run()
        except Revoked as error:
            raise Refused(str(error)) from error

    doors.receivers["telegram"] = poll


class KnowsItself(Protocol):
    """The part of a Telegram channel that its webhook needs."""

    async def me(self) -> Me:
        """Which bot it is."""
        ...


def _tell(report: PollReport) -> None:
    tell = log.info if report.state is PollState.POLLING else log.warning
    tell("telegram.state", state=report.state, detail=report.detail, hint=report.hint)


def telegram_route(channel: KnowsItself, secret: str, keep: Keep) -> APIRouter:
    """Where Telegram posts updates; acknowledged once they are kept."""
    router = APIRouter()

    @router.post(TELEGRAM_PATH, max_body_size=telegram_webhook.BODY_BYTES)
    async def receive(request: Request) -> Response:
        given = request.headers.get(telegram_webhook.SECRET_HEADER)
        if not telegram_webhook.is_telegram(given, secret):
            return Response(status_code=telegram_webhook.UNAUTHORIZED)
        body = await request.body()
        try:
            me = await channel.me()
        except SendError:
            return Response(status_code=503)
        status = await telegram_webhook.receive(
            body, given, secret=secret, me=me, keep=keep
        )
        return Response(status_code=status)

    return router


async def _slack(
    settings: Settings,
    keep: Keep,
    services: Services,
    doors: Doors,
    stack: AsyncExitStack,
) -> None:
    made = await stack.enter_async_context(open_slack(settings, keep, services))
    if made.channel is not None:
        doors.channels["slack"] = made.channel
    if made.receiver is not None:
        doors.receivers["slack"] = made.receiver
    doors.routers += made.routers
    doors.installs = made.installs
