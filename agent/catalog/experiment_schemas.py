"""Shapes of tests of versions: what is asked, and how a test is doing."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from agent.catalog.trial_shapes import Verdict
from agent.shapes import Frozen

_SKILL = Field(max_length=64, description="The skill's name, such as copywriting")
_VERSION = Field(max_length=20, description="The version, such as 1.1.0")
_CLIENT = Field(
    default="", max_length=100, description="For one client alone; empty: for all"
)


class StartTest(Frozen):
    """Parameters of ``catalog.start_test``."""

    skill: str = _SKILL
    version: str = _VERSION
    percent: int = Field(
        default=20, description="How much of the work is done by it, in percent"
    )
    rest: int | None = Field(
        default=None,
        description="What today's version keeps, in percent; empty: all the rest",
    )
    client: str = _CLIENT
    anyway: bool = Field(
        default=False, description="Start though too few take part for it to end"
    )


class OfSkill(Frozen):
    """Parameters of ``catalog.tests``: all tests, or those of one skill."""

    skill: str = Field(
        default="", max_length=64, description="The skill's name; empty: all tests"
    )


class OneTest(Frozen):
    """Parameters that name a test: by its id, or the one that runs."""

    test_id: UUID | None = Field(
        default=None, description="The test; empty: the one that runs"
    )
    skill: str = Field(
        default="", max_length=64, description="The skill, where several tests run"
    )


class Promote(Frozen):
    """Parameters of ``catalog.promote``."""

    skill: str = _SKILL
    version: str = _VERSION
    client: str = _CLIENT


class ArmLine(Frozen):
    """One side of a test."""

    key: str = Field(description="candidate or control")
    version: str = Field(description="By which version it works")
    percent: int = Field(description="Its share of the work")
    units: int = Field(description="Clients and people that rated")
    heard: int = Field(description="Those of them with enough ratings to count")
    mean: float | None = Field(description="Mean of those, 1-5; empty: nobody yet")
    low: float | None = Field(description="Its always-valid 95 % interval, from")
    high: float | None = Field(description="To")


class TestState(Frozen):
    """A test and how it is doing."""

    __test__ = False  # pytest: this is a test of versions

    test_id: UUID = Field(description="The test")
    skill: str = Field(description="The skill's name")
    title: str = Field(description="The skill's title")
    client: str = Field(description="For this client alone; empty: for all")
    status: str = Field(description="running, stopped or concluded")
    verdict: Verdict = Field(
        description="better, worse, same, imbalanced: the candidate's; none: not yet"
    )
    winner: str = Field(description="The version that won; empty: none did")
    overtaken_by: str = Field(
        description="What put another version in force than it compares with, and so "
        "ended it: roll_back, pin, accept_rule ...; empty: nothing did"
    )
    candidate: ArmLine = Field(description="The version that is tried")
    control: ArmLine = Field(description="The version that it is compared with")
    difference: float | None = Field(description="Candidate minus control, in points")
    low: float = Field(description="Its always-valid 90 % interval, from")
    high: float = Field(description="To")
    ratings: int = Field(description="Ratings that count")
    raters: int = Field(description="People who gave them")
    disagreeing: int = Field(description="Clients whose people are 2 points apart")
    more_ratings: int | None = Field(
        description="About how many more it needs; empty: it is decided, or has ended"
    )
    is_guess: bool = Field(description="That number rests on usual figures, not these")
    is_out_of_reach: bool = Field(description="No end is in sight")
    units_here: int = Field(description="Clients and people who could take part")
    smallest: int = Field(description="With fewer it cannot end")
    expected: int = Field(description="About so many see half a point's difference")
    started_at: datetime = Field(description="Since when")
    ended_at: datetime | None = Field(description="Until when; empty: it runs")


class TooFew(Frozen):
    """A test that was not begun: too few could take part for it ever to end."""

    skill: str = Field(description="The skill's name")
    version: str = Field(description="The version that was to be tried")
    client: str = Field(description="For this client alone; empty: for all")
    percent: int = Field(description="Its share of the work")
    units_here: int = Field(description="Clients and people who could take part")
    smallest: int = Field(description="With fewer it cannot end at this share")
    smallest_even: int = Field(description="With fewer it cannot end at 50 %")


class TestStarted(Frozen):
    """A test that runs now or has other weights; or why it was not begun."""

    __test__ = False

    state: TestState | None = Field(description="The test; empty: it was not begun")
    is_new: bool = Field(description="It began now; else its weights were changed")
    too_few: TooFew | None = Field(description="Why it was not begun")


class Tests(Frozen):
    """Tests, running ones first."""

    __test__ = False

    lines: list[TestState] = Field(description="Running ones first, then the newest")
    plot_key: str = Field(default="", description="Where its picture is kept, if any")
    plot_bytes: int = Field(default=0, description="The picture's size")
    plot_alt: str = Field(default="", description="What the picture shows")


class TestEnded(Frozen):
    """A test that was ended by a person."""

    __test__ = False

    state: TestState = Field(description="The test as it stood")


class TestResumed(Frozen):
    """A test that goes on."""

    __test__ = False

    state: TestState = Field(description="The test")


class Promoted(Frozen):
    """A version in force for all work now."""

    skill: str = Field(description="The skill's name")
    title: str = Field(description="Its title")
    version: str = Field(description="What is in force now")
    was: str = Field(description="What was before; empty: nothing")
    client: str = Field(description="For this client alone; empty: for all")
    ended_test: bool = Field(description="A test was concluded by it")
    overtaken: list[str] = Field(
        default_factory=list, description="Versions whose other tests it ended"
    )
