"""What ``draper telegram setup`` wants, does and says."""

from collections.abc import Sequence

from bot.cli import reach
from bot.cli.refusal import Refusal
from bot.settings import Intake, Settings
from bot.wiring.doors import TELEGRAM_PATH
from bot.wiring.telegram_menus import menus
from channels.contract import SendError
from channels.telegram import setup
from channels.telegram.send import TelegramChannel
from channels.telegram.setup import Found, Hook, Wanted

DESCRIPTION = (
    "A marketing colleague in your chat. Say what you need, for whom and where it is "
    "for: homepage copy, a launch mail, posts, a look at your rivals. I write while "
    "you watch, hand it over as text and as a file, and remember what I learn about "
    "your clients."
)
SHORT = "Writes, edits and researches for your marketing. Just say what you need."
PRIVACY = (
    "in groups I see commands, replies and mentions only (privacy mode). That is "
    "enough to work; to have me read along, send @BotFather /setprivacy, choose "
    "@{username} and Disable, then remove me from the group and add me again"
)


def wanted(settings: Settings) -> Wanted:
    """How the bot shall be set up, as the settings say.

    Raises:
        Refusal: The settings lack something; it is named.
    """
    menu, group_menu = menus()
    return Wanted(
        menu=menu,
        group_menu=group_menu,
        description=DESCRIPTION,
        short=SHORT,
        hook=_hook(settings),
        updates=updates(settings),
    )


def updates(settings: Settings) -> Sequence[str]:
    """The kinds of updates that are asked for."""
    given = settings.telegram
    channel = TelegramChannel(
        token(settings), base_url=given.base_url, drafts=given.drafts
    )
    return channel.updates


def token(settings: Settings) -> str:
    """The bot's token.

    Raises:
        Refusal: None is set.
    """
    given = settings.telegram.token
    if given is None:
        raise Refusal(
            "TELEGRAM_TOKEN is not set.",
            hint="Send @BotFather /newbot, and put the token it gives you into .env.",
        )
    return given.get_secret_value()


def hook_url(settings: Settings) -> str:
    """Where updates are posted; empty where they are fetched."""
    if settings.telegram.intake is not Intake.WEBHOOK:
        return ""
    return f"{settings.public_url.rstrip('/')}{TELEGRAM_PATH}"


def _hook(settings: Settings) -> Hook | None:
    url, secret = hook_url(settings), settings.telegram.webhook_secret
    if not url:
        return None
    if secret is None or not settings.public_url:
        raise Refusal(
            "TELEGRAM_INTAKE is webhook, but PUBLIC_URL or TELEGRAM_WEBHOOK_SECRET is "
            "not set.",
            hint="Set both, or use TELEGRAM_INTAKE=poll.",
        )
    return Hook(url, secret.get_secret_value())


async def report(settings: Settings) -> int:
    """Set the bot up, say what changed, and what Telegram says afterwards.

    Raises:
        Refusal: The settings lack something, or Telegram refused; it is named.
    """
    reach.hush()
    want = wanted(settings)
    async with setup.opened(token(settings), settings.telegram.base_url) as bot:
        try:
            changed = await setup.arrange(bot, want)
            found = await setup.look(bot)
        except SendError as error:
            _, _, why = str(error).partition(": ")
            raise Refusal(
                f"Telegram did not do it: {why or error}.",
                hint="`draper doctor` tells whether it is the token or the network.",
            ) from error
    lines = [f"✓ {line}" for line in changed or ["everything was as it should be"]]
    failed = faults(found, want)
    lines += [*_seen(found, want), *(f"✗ {line}" for line in failed)]
    print("\n".join(lines))  # noqa: T201 - the report
    return 1 if failed else 0


def _seen(found: Found, want: Wanted) -> list[str]:
    intake = f"posted to {want.hook.url}" if want.hook else "fetched by Draper"
    waiting = found.hook.pending_update_count
    lines = [
        f"✓ Telegram knows it as @{found.username} ({found.name}, {found.id})",
        f"✓ updates are {intake}; {waiting} waiting",
    ]
    if not found.reads_groups:
        lines.append(f"  {PRIVACY.format(username=found.username)}")
    return lines


def faults(found: Found, want: Wanted) -> list[str]:
    """What Telegram did not take, though it said so."""
    hook = found.hook
    url = want.hook.url if want.hook else ""
    missing = set(want.updates) - set(hook.allowed_updates or ())
    wrongs = {
        f"the webhook is {hook.url or 'not set'}, not {url or 'removed'}": hook.url
        != url,
        f"these are not sent to the webhook: {', '.join(sorted(missing))}": bool(
            url and missing
        ),
        "it may not be added to groups: send @BotFather /setjoingroups": (
            not found.joins_groups
        ),
    }
    return [what for what, is_wrong in wrongs.items() if is_wrong]
