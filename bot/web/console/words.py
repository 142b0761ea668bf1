"""How the console writes things: times, money, sizes, states; and its templates."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from jinja2 import Environment, FileSystemLoader, pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from agent.billing.usage import month_name
from agent.runs.rulings import Outcome
from bot.render.words import STATUS_WORDS
from bot.render.words import glance as at_a_glance
from bot.web.pages import HERE
from channels.web.render import to_html

TONES = {
    "queued": "waiting",
    "running": "working",
    "waiting_approval": "asking",
    "waiting_input": "asking",
    "completed": "good",
    "failed": "bad",
    "timeout": "bad",
    "cancelled": "off",
}
OUTCOMES = {
    Outcome.KEPT: ("good", "met"),
    Outcome.BROKEN: ("bad", "not met"),
    Outcome.UNKNOWN: ("off", "n/a"),
}
MINUTE, HOUR = 60, 3600
CENT = Decimal("0.01")
KIB, MIB = 1024, 1024 * 1024
_HEADING = re.compile(r"<(/?)h([1-6])>")
PIECE_LEVEL = 3
"""A piece stands under a heading of the page's own, of level 2."""


@pass_context
def when(context: Context, at: datetime | None) -> Markup | str:
    """A moment in the reader's time zone; its exact time stands in the markup."""
    if at is None:
        return "never"
    local = at.astimezone(zone(str(context.get("zone", "UTC"))))
    now = context["now"].astimezone(local.tzinfo)
    day = "Today" if local.date() == now.date() else f"{local.day} {local:%b}"
    year = "" if local.year == now.year else f" {local.year}"
    exact = at.astimezone(UTC).isoformat(timespec="seconds")
    return Markup('<time datetime="{}">{}{}, {:%H:%M}</time>').format(
        exact, day, year, local
    )


def zone(name: str) -> ZoneInfo:
    """The time zone of that name; UTC where there is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")


def money(amount: Decimal | float | None) -> str:
    """An amount in US dollars; fractions of a cent only where there is no more."""
    if amount is None:
        return "no limit"
    value = Decimal(amount)
    if 0 < value < CENT:
        return f"${value:.4f}"
    return f"${value:,.2f}"


def took(seconds: float | None) -> str:
    """A span: ``8 s``, ``1 min 12 s``, ``2 h 5 min``."""
    if seconds is None:
        return ""
    whole = round(seconds)
    if whole < MINUTE:
        return f"{seconds:.1f} s" if seconds < 10 else f"{whole} s"  # noqa: PLR2004
    if whole < HOUR:
        return f"{whole // MINUTE} min {whole % MINUTE} s"
    return f"{whole // HOUR} h {whole % HOUR // MINUTE} min"


def size(size_bytes: int) -> str:
    """A file's size."""
    if size_bytes < KIB:
        return f"{size_bytes} bytes"
    if size_bytes < MIB:
        return f"{size_bytes / KIB:.1f} KB"
    return f"{size_bytes / MIB:.1f} MB"


def piece(markdown: str) -> Markup:
    """A piece of writing as markup that cannot act, its headings under the page's."""
    last = PIECE_LEVEL - 1
    shift = 0

    def placed(found: re.Match[str]) -> str:
        nonlocal last, shift
        close, level = found[1], int(found[2])
        if not close:
            shift = min(6, last + 1, level + PIECE_LEVEL - 1)
            last = shift
        return f"<{close}h{shift}>"

    # to_html sanitises, and only the numbers of its own headings are changed here.
    return Markup(_HEADING.sub(placed, to_html(markdown)))  # noqa: S704


def status(name: str) -> Markup:
    """Where a run stands, as a badge."""
    said = STATUS_WORDS.get(name, name)
    return Markup('<span class="badge {}">{}</span>').format(TONES.get(name, ""), said)


def outcome(found: Outcome) -> Markup:
    """Whether a rule is met, as a badge."""
    return Markup('<span class="badge {}">{}</span>').format(*OUTCOMES[found])


@pass_context
def older(context: Context, cursor: str, wanted: Mapping[str, Any]) -> str:
    """The query of a list's next page, with the same filters."""
    del context
    kept = {name: value for name, value in wanted.items() if value}
    return "?" + urlencode({**kept, "cursor": cursor})


def glance(markdown: str) -> str:
    """How a piece begins, without its title, which stands above."""
    head, _, rest = markdown.partition("\n")
    return at_a_glance(rest if head.startswith("#") and rest else markdown, 240)


def plain(name: str) -> str:
    """``waiting_input`` -> ``waiting input``."""
    return name.replace("_", " ")


ENVIRONMENT = Environment(
    loader=FileSystemLoader(HERE / "templates"),
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
)
ENVIRONMENT.filters |= {
    "when": when,
    "money": money,
    "month": month_name,
    "took": took,
    "size": size,
    "piece": piece,
    "status": status,
    "outcome": outcome,
    "glance": glance,
    "older": older,
    "plain": plain,
}
