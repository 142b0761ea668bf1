"""Shapes of the runs room."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from agent.shapes import Accepted, Frozen, Page

Number = Annotated[
    int, Field(ge=0, le=2**53, description="The run's short number; 0 for the latest")
]
Score = Annotated[int, Field(ge=1, le=5, description="1 useless ... 5 used as is")]


class StartRun(Frozen):
    """Parameters of ``runs.start``."""

    skill: str = Field(
        default="assistant",
        description="The skill's name; assistant for a plain answer",
    )
    brief: str = Field(default="", description="What to write, in the asker's words")
    client_id: UUID | None = Field(
        default=None,
        description="The client it is for; left out: the one that the brief names",
    )
    message_id: UUID | None = Field(
        default=None, description="The kept message that asks, when there is one"
    )


class Started(Accepted):
    """A run that has been asked for."""

    number: int = Field(description="The short number people type")
    delivery_id: UUID | None = Field(
        default=None, description="The message that will become the answer"
    )


class OneRun(Frozen):
    """Parameters that name a run: by the number people type, or by its id."""

    number: Number = 0
    run_id: UUID | None = None


class RunLine(Frozen):
    """A run in a list."""

    run_id: UUID
    number: int = Field(description="The short number people type")
    title: str = Field(description="What it is")
    status: str = Field(description="Where it stands")
    asked: str = Field(description="The request, shortened")
    queued_at: datetime = Field(description="When it was asked for")
    cost_usd: Decimal = Field(
        default=Decimal(0), description="What it cost so far, in US dollars"
    )


class Runs(Page):
    """Runs, newest first."""

    lines: list[RunLine] = Field(description="The runs")


class StepLine(Frozen):
    """One step of a run."""

    name: str = Field(description="What the step does")
    kind: str = Field(default="llm", description="What kind of step")
    status: str = Field(description="Where it stands")
    attempt: int = Field(description="Which attempt")
    started_at: datetime | None = Field(default=None, description="When it began")
    seconds: float | None = Field(default=None, description="How long it took")
    error: str = Field(default="", description="What went wrong, if anything")


class Waiting(StrEnum):
    """What an unfinished run waits for."""

    NOTHING = ""
    ANSWER = "answer"
    APPROVAL = "approval"
    RETRY = "retry"
    """A try failed; the next one has a time."""
    TURN = "turn"
    """An earlier run of its conversation."""


class SeenBy(StrEnum):
    """Who can see a run."""

    YOU = "you"
    """It was asked for in your private chat."""
    CHAT = "chat"
    """The people of the group it was asked for in."""
    TEAM = "team"


class Shown(Frozen):
    """What became of one message of a run's answer."""

    delivery_id: UUID
    door: str = Field(description="The messenger it goes to")
    state: str = Field(
        description="waiting, shown, trying (again), unsure (if it arrived), failed"
    )
    end: str = Field(default="", description="Why, in a word: blocked, archived ...")
    reason: str = Field(default="", description="Why, in words")
    detail: str = Field(default="", description="What the messenger itself said")
    helps: str = Field(default="", description="What can be done about it")
    tries: int = Field(default=0, description="How often it was tried")
    next_try_at: datetime | None = Field(default=None, description="When it is again")


class RunDetail(Frozen):
    """One run, whole."""

    run_id: UUID
    number: int = Field(description="The short number people type")
    title: str = Field(description="What it is")
    status: str = Field(description="Where it stands")
    skill: str = Field(default="", description="The skill's name; empty: none")
    asked: str = Field(description="The request")
    asked_by: str = Field(default="", description="Who asked for it")
    channel: str = Field(default="", description="In which messenger")
    queued_at: datetime = Field(description="When it was asked for")
    read_at: datetime = Field(description="When all this was so")
    client: str = Field(default="", description="For which brand")
    attempt: int = Field(description="Which attempt")
    model: str = Field(default="", description="Which model wrote")
    fallback_from: str = Field(
        default="", description="<provider>/<model> that should have and could not"
    )
    tokens: int = Field(description="Tokens read and written")
    cost_usd: Decimal = Field(description="What it cost, in US dollars")
    seconds: float | None = Field(default=None, description="How long it took")
    error: str = Field(default="", description="Why it failed, if it did")
    waiting_for: Waiting = Field(
        default=Waiting.NOTHING, description="What it waits for"
    )
    waiting_until: datetime | None = Field(
        default=None, description="When it goes on by itself, if that is known"
    )
    tries: int = Field(default=0, description="How often the step it is at failed")
    ahead: int = Field(default=0, description="The run that comes first; 0: none")
    steps: list[StepLine] = Field(description="Its steps")
    reasons: list[str] = Field(description="Why this skill was chosen")
    output_id: UUID | None = None
    seen_by: SeenBy = Field(default=SeenBy.TEAM, description="Who can see it")
    shown: list[Shown] = Field(
        default=[], description="The messages of its answer that you may see"
    )


class Status(Frozen):
    """What is going on in this workspace."""

    working: list[RunLine] = Field(description="Runs not ended yet, oldest first")
    spent_today_usd: Decimal = Field(description="Spent today, in US dollars")
    left_today_usd: Decimal | None = Field(description="Left today; empty: no limit")
    workspace: str = Field(description="The workspace this chat belongs to")
    client: str = Field(default="", description="The brand this chat is about")
    unsure: int = Field(default=0, description="Messages that may not have arrived")


class Ended(Frozen):
    """A run was told to stop, or to go again."""

    run_id: UUID
    number: int = Field(description="The short number people type")
    status: str = Field(description="Where it stands now")


class OutputLine(Frozen):
    """An output in a list."""

    output_id: UUID
    number: int = Field(description="The run that made it")
    title: str = Field(description="Its title")
    preview: str = Field(description="How it begins")
    size_bytes: int = Field(description="Its size")
    score: float | None = Field(default=None, description="Mean score, 1-5")


class Outputs(Page):
    """Outputs, newest first."""

    lines: list[OutputLine] = Field(description="The outputs")


class OneOutput(Frozen):
    """Parameters of ``runs.read``."""

    output_id: UUID


class Piece(Frozen):
    """A finished piece, to be had again."""

    number: int = Field(description="The run that made it")
    title: str = Field(description="Its title")
    preview: str = Field(description="How it begins")
    file_name: str = Field(description="What its file is called")
    storage_key: str = Field(description="Where its file lies")
    size_bytes: int = Field(description="Its size")
    content: str = Field(
        default="", description="The piece, Markdown; empty where the file comes along"
    )


class ScoreOutput(Frozen):
    """Parameters of ``runs.score``."""

    output_id: UUID
    score: Score


class Scored(Frozen):
    """An output's standing after a score."""

    output_id: UUID
    score: int = Field(description="Yours")
    votes: int = Field(description="How many people have scored it")
    mean: float = Field(description="Mean score, 1.0-5.0")


class ExplainScore(Frozen):
    """Parameters of ``runs.explain``."""

    output_id: UUID
    reason: Annotated[str, StringConstraints(strip_whitespace=True)] = Field(
        min_length=1, max_length=2000, description="What was off, in their words"
    )


Lesson = Annotated[
    Literal["skill", "rehearsal", "answer"],
    Field(
        description="skill: its next pieces learn from it; rehearsal, or (plain) "
        "answer: nothing does"
    ),
]


class Explained(Frozen):
    """A reason was kept."""

    output_id: UUID
    reason: str = Field(description="As it was kept")
    score: int = Field(default=0, description="The score it explains; 0 for none")
    about: Lesson = "skill"
