"""Tests of versions in words: how one stands, what it came to, what can be done."""

from collections.abc import Callable
from typing import Any

from agent.catalog.experiment_plots import Picture
from agent.catalog.experiment_schemas import (
    Promoted,
    TestEnded,
    TestResumed,
    Tests,
    TestStarted,
    TestState,
    TooFew,
)
from agent.catalog.trials import RATINGS
from agent.mailroom.schemas import Choice, Message, StoredFile
from bot.render import overtaken
from bot.render.words import name

HALF = 50
EARLIER = 5
"""Tests of before that a list shows."""
MANY = 500
"""More ratings than this are not counted out."""
ENDED = {"stopped": "stopped", "concluded": "ended"}


def card(value: TestState, picture: Picture | None = None) -> Message:
    """What a test has come to, with what can be done about it."""
    said = {
        "better": _better,
        "worse": _worse,
        "same": _same,
        "imbalanced": _uneven,
        "none": _open,
    }[value.verdict](value)
    files = _files(picture.key, picture.size_bytes, picture.alt) if picture else ()
    return Message(said, choices=_choices(value), files=files)


def _started(value: TestStarted) -> Message:
    if value.too_few is not None:
        return _refused(value.too_few)
    assert value.state is not None  # noqa: S101 - one of the two is there
    state = value.state
    share = f"{state.candidate.percent} %"
    if not value.is_new:
        return Message(
            f"{_what(state)} is tried on {share} now. Whoever was drawn before stays "
            "where they are; the new share is for those to come.",
            choices=_choices(state),
        )
    begun = f"The test has begun: {_what(state)} does {share} of the work, "
    begun += f"{state.control.version} the rest."
    how = (
        "Each client is drawn by lot, once, and stays on its side; where there is no "
        f"client, each person is. Who gave {RATINGS} ratings is counted."
    )
    long = f"{_people(state.units_here)} could take part here; half a point of "
    long += f"difference shows with about {state.expected}. "
    long += "I tell you as soon as it is clear."
    return Message(f"{begun}\n\n{how}\n\n{long}", choices=_choices(state))


def _refused(value: TooFew) -> Message:
    """Why a test would never end, and what helps instead."""
    even = value.percent != HALF and value.units_here >= value.smallest_even
    said = (
        f"I have not begun: a test of {value.skill} {value.version} would never end "
        f"here. It compares clients, or people where there is no client. You have "
        f"{value.units_here}; on {value.percent} % it takes {value.smallest} at least"
    )
    said += "." if value.percent == HALF else f" (on 50 %: {value.smallest_even})."
    helps = (
        "Even shares would do."
        if even
        else "Trying it on old pieces says more here: "
        f"/rules {value.skill} shows what that found. Or use it for everything and "
        f"watch /quality {value.skill}; /versions {value.skill} takes it back."
    )
    ref = {"skill": value.skill, "version": value.version, "client": value.client}
    choices = [Choice("Test on 50 %", "catalog.start_test", {**ref, "percent": 50})]
    choices = choices if even else []
    return Message(
        f"{said}\n\n{helps}",
        choices=(
            *choices,
            Choice(f"Use {value.version} for all", "catalog.promote", ref),
            Choice(
                "Start anyway",
                "catalog.start_test",
                {**ref, "percent": value.percent, "anyway": True},
            ),
        ),
    )


def _tests(value: Tests) -> Message:
    if not value.lines:
        return Message(
            "No version is being tested. For example: "
            "`test copywriting 1.1.0 on 20 %`; /versions shows what there is."
        )
    going = [line for line in value.lines if line.status == "running"]
    before = [line for line in value.lines if line.status != "running"]
    said = [card(line).text for line in going]
    if before:
        listed = "\n".join(f"- {_came_to(line)}" for line in before[:EARLIER])
        said.append(f"Earlier:\n\n{listed}")
    plot = (value.plot_key, value.plot_bytes, value.plot_alt)
    files = _files(*plot) if value.plot_key else ()
    choices = _choices(going[0]) if len(going) == 1 else ()
    return Message("\n\n".join(said), choices=choices, files=files)


def _ended(value: TestEnded) -> Message:
    state = value.state
    said = f"The test is over: all of {name(state.title)} is written by "
    said += f"{state.control.version} again. What was found is kept (/tests)."
    ref = {"test_id": str(state.test_id)}
    go_on = (Choice("Go on after all", "catalog.resume_test", ref),)
    return Message(said, choices=go_on if state.status == "stopped" else ())


def _resumed(value: TestResumed) -> Message:
    return Message(
        f"The test of {_what(value.state)} goes on, everybody on their side as before.",
        choices=_choices(value.state, is_settled=True),
    )


def _promoted(value: Promoted) -> Message:
    whom = f" for {name(value.client)}" if value.client else ""
    said = f"{name(value.title)} {value.version} is in force{whom} now"
    said += f"; it was {value.was}." if value.was != value.version else "."
    if value.ended_test:
        said += " The test is concluded, and all of it is kept (/tests)."
    said += overtaken.over(value.overtaken)
    ref = {"skill": value.skill, "version": value.was, "client": value.client}
    back = (Choice(f"Back to {value.was}", "catalog.promote", ref),)
    return Message(said, choices=back if value.was not in ("", value.version) else ())


def _better(value: TestState) -> str:
    return (
        f"**{_what(value)} is better** than {value.control.version}{_by(value)}. "
        f"{_basis(value)}"
    )


def _worse(value: TestState) -> str:
    did = "I stopped the test: " if value.status == "stopped" else ""
    after = f" All work is done by {value.control.version} again." if did else ""
    return (
        f"{did}**{_what(value)} is worse** than {value.control.version}{_by(value)}."
        f"{after} {_basis(value)}"
    )


def _same(value: TestState) -> str:
    return (
        f"**{_what(value)} is not better** than {value.control.version} by as much as "
        f"matters (a quarter of a point){_by(value)}. {_basis(value)}"
    )


def _uneven(value: TestState) -> str:
    did = "I stopped the test of" if value.status == "stopped" else "The test of"
    here, there = value.candidate.units, value.control.units
    return (
        f"{did} {_what(value)}: **its sides are uneven**. {_people(here)} rated "
        f"on its side ({value.candidate.percent} % planned) and {there} on the other; "
        "chance alone does so in fewer than 1 of 100 tests. Perhaps one version is "
        "rated and the other is not. There is no verdict to be had from it."
    )


def _open(value: TestState) -> str:
    if value.status != "running":
        return f"{_came_to(value)}. {_basis(value)}"
    head = (
        f"{_what(value)} is tried on {value.candidate.percent} % against "
        f"{value.control.version}: **not enough yet**"
    )
    return f"{head}{lacking(value)}. {_so_far(value)} {_basis(value)}"


def lacking(value: TestState) -> str:
    """What a running test lacks: how many more ratings, and on what assumption."""
    more = value.more_ratings
    if value.units_here < value.smallest:
        here, least = _people(value.units_here), value.smallest
        return f", and with {here} here it cannot end: it takes {least} at least"
    if more is None:
        return ""
    if value.is_out_of_reach or more > MANY:
        return ", and as it looks no number of ratings you could give will decide it"
    on = (
        "if the new one is half a point better"
        if value.is_guess
        else "if those to come are like those so far"
    )
    return f": about {more} more rating{'s' * (more != 1)}, {on}"


def _so_far(value: TestState) -> str:
    if value.difference is None:
        return "One side has said nothing so far."
    return (
        f"So far {_points(value.difference)}; "
        f"it may be anything from {value.low:+.1f} to {value.high:+.1f}."
    )


def _by(value: TestState) -> str:
    if value.difference is None:
        return ""
    return (
        f": {_points(value.difference)}, surely between {value.low:+.1f} "
        f"and {value.high:+.1f}"
    )


def _basis(value: TestState) -> str:
    heard = value.candidate.heard + value.control.heard
    said = (
        f"{value.ratings} rating{'s' * (value.ratings != 1)} by {value.raters} "
        f"{'person' if value.raters == 1 else 'people'}; {_people(heard)} counted."
    )
    if value.disagreeing:
        said += (
            f" In {value.disagreeing} of them people are two points apart: "
            "each counts once."
        )
    return said


def _came_to(value: TestState) -> str:
    how = {
        "better": "better",
        "worse": "worse",
        "same": "not better by as much as matters",
        "imbalanced": "uneven sides, no verdict",
        "none": "no verdict",
    }[value.verdict]
    won = f"; {value.winner} stayed" if value.winner == value.control.version else ""
    won = f"; {value.winner} was promoted" if _was_promoted(value) else won
    state = ENDED.get(value.status, value.status)
    why = overtaken.WHY.get(value.overtaken_by, "")
    return f"{_what(value)} against {value.control.version}, {state}{why}: {how}{won}"


def _was_promoted(value: TestState) -> bool:
    return value.status == "concluded" and value.winner == value.candidate.version


def _what(value: TestState) -> str:
    whom = f" for {name(value.client)}" if value.client else ""
    return f"{name(value.title)} {value.candidate.version}{whom}"


def _people(count: int) -> str:
    return "1 client or person" if count == 1 else f"{count} clients or people"


def _points(difference: float) -> str:
    which = "more" if difference >= 0 else "less"
    return f"{abs(difference):.1f} points {which}"


def _choices(value: TestState, *, is_settled: bool = False) -> tuple[Choice, ...]:
    """What can be done with it; ``is_settled``: they have just said to go on."""
    old, new = value.control.version, value.candidate.version
    ref = {"test_id": str(value.test_id)}
    version = {"skill": value.skill, "version": new, "client": value.client}
    promote = Choice(f"Promote {new}", "catalog.promote", version)
    go_on = Choice("Go on", "catalog.resume_test", ref)
    if value.status == "concluded":
        return ()
    if value.status == "stopped":
        return () if value.overtaken_by else (go_on,)
    if value.verdict in ("better", "same") and not is_settled:
        keep = Choice(f"Keep {old}", "catalog.stop_test", ref)
        return (promote, keep, go_on)
    return (Choice("Stop the test", "catalog.stop_test", ref),)


def _files(key: str, size: int, alt: str) -> tuple[StoredFile, ...]:
    return (StoredFile("test.png", "image/png", key, size, alt),)


WORDS: dict[type, Callable[[Any], Message]] = {
    Promoted: _promoted,
    TestEnded: _ended,
    TestResumed: _resumed,
    Tests: _tests,
    TestStarted: _started,
}
