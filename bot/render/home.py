"""A person's page in words: what to rate, what is going on, what to begin with."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from agent.mailroom.schemas import Choice
from agent.runs.desk_queries import Unscored, Work
from agent.runs.schemas import Status
from bot.render.words import STATUS_WORDS, brief, glance, name

LONGEST = 110
ALIVE = {"queued", "running", "waiting_approval", "waiting_input"}
SHORTCUT = "shortcut:"
"""Begins what a button of no operation stands for: a form that Slack opens."""
STARTERS = (
    ("New piece", f"{SHORTCUT}new_piece"),
    ("New client", f"{SHORTCUT}new_client"),
)
SETTINGS = Choice("Settings", "identity.settings")
USAGE = Choice("Usage", "billing.usage")


@dataclass(frozen=True, slots=True)
class Part:
    """A row of the page, with buttons that stand for operations or begin something."""

    heading: str = ""
    text: str = ""
    small: str = ""
    choices: tuple[Choice, ...] = ()
    starters: tuple[tuple[str, str], ...] = ()
    """``(label, payload)``, before the choices."""


@dataclass(frozen=True, slots=True)
class Desk:
    """What lies on a person's desk."""

    due: Sequence[Unscored]
    latest: Sequence[Work]
    status: Status


def page(desk: Desk, note: str = "") -> list[Part]:
    """The page of somebody we know; ``note`` is what a press just did."""
    said = [Part(text=note)] if note else []
    top = Part(starters=STARTERS, choices=(SETTINGS, USAGE))
    if not desk.latest:
        return [*said, *_first_steps(), Part(choices=(SETTINGS,)), _today(desk.status)]
    return [*said, top, *_due(desk.due), *_latest(desk.latest), _today(desk.status)]


def for_stranger() -> list[Part]:
    """The page of somebody we do not know: how they get in."""
    return [
        Part(
            heading="Hi! I write and research for marketing teams",
            text="I only work with people my team knows, and we have not met yet.",
        ),
        Part(
            heading="How you get in",
            text="1. Ask whoever runs me for an **invitation**, or for the pairing "
            "code that is shown where I was started. Do you use me in another "
            "messenger? `/link` there gives you a code, too.\n"
            "2. Open **Messages** above and send me that code.\n"
            "3. Come back here: this page then shows your pieces.",
        ),
    ]


def _first_steps() -> Iterator[Part]:
    yield Part(heading="Three things to try")
    yield Part(
        text="**1. Tell me about a brand.** What it sells, to whom, how it sounds. "
        "Everything I write for it knows that from then on.",
        starters=(STARTERS[1],),
    )
    yield Part(
        text="**2. Have something written.** Here, or in **Messages** in your own "
        "words: _Write homepage copy for our spring tea._",
        starters=(STARTERS[0],),
    )
    yield Part(
        text="**3. Make a piece of a message.** On any message in Slack, open the "
        "**⋮ More actions** menu and choose **Use this as a brief**.",
    )


def _due(due: Sequence[Unscored]) -> Iterator[Part]:
    if due:
        yield Part(heading="How good are these?", small="1 is useless, 5 used as is.")
    for piece in due:
        ref = {"output_id": str(piece.output_id)}
        scores = (
            Choice(str(score), "runs.score", {**ref, "score": score})
            for score in range(1, 6)
        )
        yield Part(
            text=f"**{name(piece.title)}**{_for(piece.client)}, #{piece.number}",
            small=_beginning(piece),
            choices=(*scores, Choice("Open", "runs.read", ref)),
        )


def _beginning(piece: Unscored) -> str:
    """How it begins, below its title: which is not said twice."""
    whole = glance(piece.preview, LONGEST + len(piece.title))
    return brief(whole.removeprefix(piece.title).lstrip(), LONGEST)


def _latest(latest: Sequence[Work]) -> Iterator[Part]:
    yield Part(heading="Your latest")
    for work in latest:
        status = STATUS_WORDS.get(work.status, work.status)
        yield Part(
            text=f"**#{work.number} {name(work.title)}**{_for(work.client)}: {status}",
            small=glance(work.asked, LONGEST),
            choices=tuple(_next(work)),
        )


def _next(work: Work) -> Iterator[Choice]:
    ref = {"run_id": str(work.run_id)}
    if work.output_id is not None and work.status == "completed":
        yield Choice("Open", "runs.read", {"output_id": str(work.output_id)})
    else:
        yield Choice("Open", "runs.show", ref)
    if work.status in ALIVE:
        yield Choice("Stop", "runs.cancel", ref)
    else:
        yield Choice("Again", "runs.retry", ref)


def _today(status: Status) -> Part:
    spent = f"Today: ${status.spent_today_usd:.2f} spent"
    if status.left_today_usd is not None:
        spent += f", ${max(status.left_today_usd, 0):.2f} left"
    return Part(small=f"{spent} · Workspace {name(status.workspace)}")


def _for(client: str) -> str:
    return f" for {name(client)}" if client else ""
