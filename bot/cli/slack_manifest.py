"""The Slack manifest of this installation: our commands, its addresses."""

import re
from collections.abc import Iterator
from pathlib import Path

from agent.catalog.skillfile import load_all
from bot.cli.refusal import Refusal
from bot.settings import Intake, Settings
from bot.surfaces import chat
from bot.wiring.slack_doors import SLACK_PATH
from channels.slack.manifest import COMMAND, COMMANDS, NAME, App, Slash, manifest, text

REDIRECT = "/slack/oauth_redirect"
HINTED = ("help", "skills", "status", "outputs", "client", "usage", "settings")
"""Verbs that the usage hint names; /draper help has them all."""
TAKEN = frozenset(
    {"apps", "archive", "away", "call", "collapse", "dm", "expand", "feed", "help"}
    | {"invite", "join", "leave", "me", "msg", "mute", "open", "remind", "remove"}
    | {"rename", "search", "shortcuts", "shrug", "star", "status", "topic", "who"}
)
"""Commands of Slack's own, which an app cannot have."""


def show(
    settings: Settings,
    *,
    name: str = "Draper",
    events_url: str | None = None,
    with_skills: bool = False,
    rotates: bool = False,
) -> None:
    """Print the manifest.

    Raises:
        Refusal: What was asked for cannot be; it says why.
    """
    if not 1 <= len(name.strip()) <= NAME:
        raise Refusal(
            f"Slack takes names of 1 to {NAME} characters.", hint="Choose a --name."
        )
    if rotates and not settings.slack.client_id:
        raise Refusal(
            "Tokens that rotate are renewed with SLACK_CLIENT_ID, which is not set.",
            hint="Set it first, or leave --rotate out.",
        )
    app = App(
        name=name.strip(),
        commands=commands(name.strip(), settings.skills if with_skills else None),
        events_url=events_url if events_url is not None else _events_url(settings),
        redirect_url=f"{_public(settings)}{REDIRECT}" if _public(settings) else "",
        rotates=rotates,
    )
    print(text(manifest(app)))  # noqa: T201 - what was asked for


def commands(name: str, skills: Path | None) -> list[Slash]:
    """The one command, and one for each of the skills in a folder."""
    known = {line.usage.split()[0][1:] for line in chat.lines()}
    verbs = [verb for verb in HINTED if verb in known]
    hint = f"{' | '.join(verbs)} | <skill> what you need"
    said = f"Everything {name} can do; /{chat.PREFIX} help lists it"
    one = Slash(f"/{chat.PREFIX}", said, hint)
    return [one, *_skills(skills)][:COMMANDS] if skills else [one]


def _skills(folder: Path) -> Iterator[Slash]:
    files, _ = load_all(folder)
    for file in files:
        if file.name in TAKEN or len(file.name) >= COMMAND:
            continue
        first = re.split(r"(?<=[.!?])\s", file.description, maxsplit=1)[0]
        yield Slash(f"/{file.name}", first, "what it is about, and for whom")


def _public(settings: Settings) -> str:
    return settings.public_url.rstrip("/")


def _events_url(settings: Settings) -> str:
    if settings.slack.intake is not Intake.WEBHOOK:
        return ""
    if not settings.public_url:
        raise Refusal(
            "SLACK_INTAKE is webhook, but PUBLIC_URL is not set.",
            hint="Set it, or give --events-url.",
        )
    return f"{_public(settings)}{SLACK_PATH}"
