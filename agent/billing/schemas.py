"""Parameters and results of the billing room."""

import re
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any

from pydantic import Field, model_validator

from agent.shapes import Frozen

MOST_USD = Decimal(100_000)
NONE = frozenset({"none", "no", "off", "default"})

_WRITTEN = re.compile(
    r"(?:(?P<person>.+?)\s+)?(?P<period>day|month|daily|monthly)\s+(?P<limit>\S+)",
    re.IGNORECASE,
)


class Period(StrEnum):
    """How long a limit lasts, where the workspace is."""

    DAY = "day"
    MONTH = "month"


class LimitLine(Frozen):
    """One limit, and what is used of it."""

    person: str = Field(default="", description="Whose; empty: the whole workspace's")
    period: Period = Field(description="What it is for: a day or a month")
    limit_usd: Decimal | None = Field(description="US dollars; empty: no limit")
    is_own: bool = Field(
        default=True, description="Set here; else it is this installation's usual one"
    )
    spent_usd: Decimal = Field(description="Spent in the period that runs now")
    reserved_usd: Decimal = Field(description="Held for what is being written")
    left_usd: Decimal | None = Field(description="What is left; empty: no limit")


class Budget(Frozen):
    """The limits in force."""

    lines: list[LimitLine] = Field(
        description="The workspace's for a day and a month, then people's own"
    )
    may_set: bool = Field(description="Whether the caller may change them")


class SetLimit(Frozen):
    """Parameters of ``billing.set_limit``."""

    limit: str = Field(
        min_length=1,
        max_length=120,
        description="US dollars, or none; or all in words: month 50, Ana day 5",
    )
    period: Period = Field(default=Period.MONTH, description="What the limit is for")
    person: str = Field(
        default="", max_length=120, description="Whose; empty: the workspace's"
    )

    @model_validator(mode="before")
    @classmethod
    def _read_words(cls, given: Any) -> Any:
        """Take ``Ana day 5`` apart, which is how it is typed."""
        if not isinstance(given, dict) or "period" in given or "person" in given:
            return given
        words = _WRITTEN.fullmatch(" ".join(str(given.get("limit", "")).split()))
        if words is None:
            return given
        period = "day" if words["period"].lower() in {"day", "daily"} else "month"
        return {
            "limit": words["limit"],
            "period": period,
            "person": words["person"] or "",
        }

    @model_validator(mode="after")
    def _is_an_amount(self) -> "SetLimit":
        """Refuse what is no amount of money."""
        self.usd  # noqa: B018 - it raises
        return self

    @property
    def usd(self) -> Decimal | None:
        """The limit; None for none.

        Raises:
            ValueError: It is no amount, or none that a limit may be.
        """
        said = self.limit.strip().lstrip("$").casefold()
        if said in NONE:
            return None
        try:
            amount = Decimal(said)
        except InvalidOperation as error:
            raise ValueError(f"{self.limit!r} is no amount of dollars") from error
        if not amount.is_finite() or not 0 <= amount <= MOST_USD:
            raise ValueError(f"a limit is from 0 to {MOST_USD:,} dollars")
        return amount.quantize(Decimal("0.01"))


class LimitSet(Frozen):
    """A limit was changed."""

    person: str = Field(default="", description="Whose; empty: the workspace's")
    period: Period = Field(description="What it is for")
    limit_usd: Decimal | None = Field(description="What holds now; empty: no limit")
    before_usd: Decimal | None = Field(description="What held before; empty: no limit")
    is_usual: bool = Field(
        default=False, description="It is this installation's usual limit again"
    )


class AskTopUp(Frozen):
    """Parameters of ``billing.ask_top_up``."""

    span: Period = Field(default=Period.MONTH, description="Which limit is in the way")


class TopUp(Frozen):
    """What can be done about a limit that is in the way."""

    period: Period = Field(description="Which limit")
    may_set: bool = Field(description="Whether the caller may raise it")
    limit_usd: Decimal | None = Field(default=None, description="What it is now")
    suggestions_usd: list[Decimal] = Field(
        default_factory=list, description="What it could be"
    )
    asked: list[str] = Field(
        default_factory=list, description="Who was asked, where one may not"
    )


class ShowUsage(Frozen):
    """Parameters of ``billing.usage``."""

    month: str = Field(
        default="",
        pattern=r"^(\d{4}-(0[1-9]|1[0-2]))?$",
        description="Which month, such as 2026-11; empty: this one",
    )


class Share(Frozen):
    """One part of what was spent."""

    name: str = Field(description="What for, by whom, or by which model")
    cost_usd: Decimal = Field(description="US dollars")
    calls: int = Field(description="Calls to models")


class DayLine(Frozen):
    """One day of a month."""

    day: date = Field(description="The day, where the workspace is")
    cost_usd: Decimal = Field(description="US dollars")


class Usage(Frozen):
    """What a month cost."""

    month: str = Field(description="Which one: 2026-11")
    is_current: bool = Field(description="Whether it is still running")
    total_usd: Decimal = Field(description="US dollars, all of it")
    tokens: int = Field(description="Tokens read and written")
    runs: int = Field(description="Runs that cost something")
    mine_usd: Decimal = Field(description="What the caller's own requests cost")
    limit_usd: Decimal | None = Field(description="The month's limit; empty: none")
    by_skill: list[Share] = Field(description="By skill, the dearest first")
    by_model: list[Share] = Field(description="By model, the dearest first")
    by_person: list[Share] = Field(
        description="By person, the dearest first; only owners and admins see it"
    )
    days: list[DayLine] = Field(description="Day by day, to today")
    projected_usd: Decimal | None = Field(
        default=None, description="What the month will have cost, at this pace"
    )
    paced_days: int = Field(
        default=0, description="How many last days the pace is the average of"
    )
    plot_key: str = Field(default="", description="Where the plot lies, if one is")
    plot_bytes: int = Field(default=0, description="The plot's size")
