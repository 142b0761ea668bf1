"""What a person can choose for themselves."""

from datetime import time
from typing import Literal

from pydantic import Field

from agent.ctx import Ctx, Role
from agent.errors import BadInput
from agent.identity import languages, preferences, zones
from agent.identity.preferences import Preferences
from agent.operation import Command, Effect, Surface, operation
from agent.ports import Change
from agent.shapes import Frozen, Nothing

Mode = Literal["simple", "advanced"]

EVERYWHERE = {Surface.CHAT, Surface.BUTTON, Surface.TOOL, Surface.REST, Surface.MCP}

_LANGUAGE = "|".join(languages.NAMES)
_PLACE = "|".join(zones.places())
_WRITE = "(?:please )?(?:always )?(?:answer|reply|write|respond|speak)"
_HUSH = "(?:no pings?|quiet hours?|do not disturb(?: me)?|don['\u2019]?t ping me)"
_FOLLOW = ("auto", "any", "default", "follow", "off", "same")


class Settings(Frozen):
    """A person's own settings."""

    mode: Mode = Field(description="How much the menus show")
    language: str = Field(description="What pieces are written in; empty: as asked")
    locale: str = Field(description="The same as a language tag")
    timezone: str = Field(description="An IANA time zone")
    quiet_from: time | None = Field(description="From when no ping comes, local time")
    quiet_until: time | None = Field(description="Until when, local time")


class SetMode(Frozen):
    """Parameters of ``identity.set_mode``."""

    mode: Mode = Field(description="simple shows 4 commands, advanced shows all")


class ModeSet(Frozen):
    """The menus were changed."""

    mode: Mode = Field(description="How much the menus show")


class SetLanguage(Frozen):
    """Parameters of ``identity.set_language``."""

    language: str = Field(
        min_length=2,
        max_length=40,
        description="A language by name or tag, such as Hindi, hi or Hinglish; "
        "auto follows the language of each request",
    )


class LanguageSet(Frozen):
    """From now on pieces are written in this language."""

    language: str = Field(description="Its name; empty: the language of each request")
    locale: str = Field(description="The same as a language tag")


class SetTimezone(Frozen):
    """Parameters of ``identity.set_timezone``."""

    zone: str = Field(
        min_length=2, max_length=64, description="An IANA time zone, or a city in it"
    )


class TimezoneSet(Frozen):
    """The person's times are told and read in this zone."""

    timezone: str = Field(description="An IANA time zone")


class SetQuiet(Frozen):
    """Parameters of ``identity.set_quiet``."""

    hours: str = Field(
        default="off",
        min_length=2,
        max_length=40,
        description="22-8, 10pm-7am, 22:30-7:15 in local time; or off",
    )


class QuietSet(Frozen):
    """Quiet hours begin or end."""

    quiet_from: time | None = Field(description="From when no ping comes, local time")
    quiet_until: time | None = Field(description="Until when, local time")
    timezone: str = Field(description="Whose local time")


@operation(
    "identity.settings",
    effect=Effect.READ,
    role=Role.VIEWER,
    on=EVERYWHERE,
    command=Command("settings", in_menu=True, says=(r"(?:show )?(?:my )?settings",)),
    personal=True,
)
async def show_settings(ctx: Ctx, p: Nothing) -> Settings:  # noqa: ARG001 - takes none
    """See your settings: mode, language, time zone, quiet hours."""
    return _settings(await preferences.of(ctx.session, ctx.caller.user_id))


@operation(
    "identity.set_mode",
    effect=Effect.WRITE,
    role=Role.VIEWER,
    on=EVERYWHERE,
    command=Command(
        "mode",
        takes=("mode",),
        says=(r"(?:switch (?:me )?to |use )?(?P<mode>simple|advanced) mode",),
    ),
    example={"mode": "simple"},
    personal=True,
)
async def set_mode(ctx: Ctx, p: SetMode) -> ModeSet:
    """Show 4 commands (simple) or all of them (advanced), on every messenger."""
    before = await preferences.of(ctx.session, ctx.caller.user_id)
    await preferences.choose(ctx.session, ctx.caller.user_id, mode=p.mode)
    _changed(ctx, {"mode": before.mode}, {"mode": p.mode})
    return ModeSet(mode=p.mode)


@operation(
    "identity.set_language",
    effect=Effect.WRITE,
    role=Role.VIEWER,
    on=EVERYWHERE,
    command=Command(
        "language",
        takes=("language",),
        says=(
            rf"{_WRITE}(?: to)?(?: me)?(?: everything)? in (?P<language>{_LANGUAGE})",
            rf"in (?P<language>{_LANGUAGE})(?: please)?",
        ),
    ),
    example={"language": "Hindi"},
    personal=True,
)
async def set_language(ctx: Ctx, p: SetLanguage) -> LanguageSet:
    """Choose the language your pieces and answers are written in.

    Raises:
        BadInput: No language is known by that name.
    """
    before = await preferences.of(ctx.session, ctx.caller.user_id)
    is_any = p.language.strip().casefold() in _FOLLOW
    found = None if is_any else languages.find(p.language)
    if found is None and not is_any:
        raise BadInput(
            f"I know no language called {p.language}.",
            hint="Try its English name, such as Hindi, Hinglish or German.",
        )
    locale = found.tag if found else languages.FOLLOW
    await preferences.choose(ctx.session, ctx.caller.user_id, locale=locale)
    _changed(ctx, {"locale": before.locale}, {"locale": locale})
    return LanguageSet(language=found.name if found else "", locale=locale)


@operation(
    "identity.set_timezone",
    effect=Effect.WRITE,
    role=Role.VIEWER,
    on=EVERYWHERE,
    command=Command(
        "timezone",
        takes=("zone",),
        says=(
            rf"(?:i am|i'm|i\u2019m|i live) in (?P<zone>{_PLACE})(?: now)?",
            r"my time ?zone is (?P<zone>.{2,64})",
        ),
    ),
    example={"zone": "Asia/Kolkata"},
    personal=True,
)
async def set_timezone(ctx: Ctx, p: SetTimezone) -> TimezoneSet:
    """Say where you are, so that your times are local ones.

    Raises:
        BadInput: No zone or city is known by that name.
    """
    zone = zones.find(p.zone)
    if zone is None:
        raise BadInput(
            f"I know no time zone or city called {p.zone}.",
            hint="Write one like Asia/Kolkata, or the next big city.",
        )
    before = await preferences.of(ctx.session, ctx.caller.user_id)
    await preferences.choose(ctx.session, ctx.caller.user_id, timezone=zone)
    _changed(ctx, {"timezone": before.timezone}, {"timezone": zone})
    return TimezoneSet(timezone=zone)


@operation(
    "identity.set_quiet",
    effect=Effect.WRITE,
    role=Role.VIEWER,
    on=EVERYWHERE,
    command=Command(
        "quiet",
        takes=("hours",),
        says=(
            rf"{_HUSH} (?:from |between )?(?P<hours>\d.*)",
            r"(?:end |no )(?:my )?quiet hours|pings? (?:me )?(?:any ?time|always)",
        ),
    ),
    example={"hours": "22-8"},
    personal=True,
)
async def set_quiet(ctx: Ctx, p: SetQuiet) -> QuietSet:
    """Set your quiet hours; what comes meanwhile is told afterwards, in one message.

    Raises:
        BadInput: Those are no hours.
    """
    is_off = p.hours.strip().casefold() in {"off", "none", "never"}
    chosen = None if is_off else preferences.hours(p.hours)
    before = await preferences.of(ctx.session, ctx.caller.user_id)
    await preferences.be_quiet(ctx.session, ctx.caller.user_id, chosen)
    begins, ends = chosen or (None, None)
    _changed(
        ctx,
        {"quiet_hours": _span(before.quiet_from, before.quiet_until)},
        {"quiet_hours": _span(begins, ends)},
    )
    return QuietSet(quiet_from=begins, quiet_until=ends, timezone=before.timezone)


def _settings(chosen: Preferences) -> Settings:
    language = chosen.language
    return Settings(
        mode="advanced" if chosen.mode == "advanced" else "simple",
        language=language.name if language else "",
        locale=chosen.locale,
        timezone=chosen.timezone,
        quiet_from=chosen.quiet_from,
        quiet_until=chosen.quiet_until,
    )


def _span(begins: time | None, ends: time | None) -> str:
    return f"{begins:%H:%M}-{ends:%H:%M}" if begins and ends else "off"


def _changed(ctx: Ctx, before: dict[str, str], after: dict[str, str]) -> None:
    if before != after:
        ctx.changed(Change("settings", str(ctx.caller.user_id), before, after))


OPERATIONS = (show_settings, set_mode, set_language, set_timezone, set_quiet)
