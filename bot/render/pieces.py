"""A finished piece in messages, its rating buttons, and thanks for a rating."""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from agent.billing.money import dollars
from agent.errors import OverBudget
from agent.llm.choice import ModelRef
from agent.llm.port import Stop
from agent.mailroom.schemas import Choice, Message, StoredFile
from agent.runs.outputs import Output
from agent.runs.schemas import Explained, Scored
from bot.render import next_steps
from bot.render.reviews import TAUGHT, tell_more
from bot.render.words import brief

LOW_SCORE = 3
"""At or below it we ask what was off."""

REASONS = ("Too long", "Too generic", "Off-brand", "Wrong facts", "Not what I asked")

PAGES_SHOWN = 4
"""A longer piece is shown in part; its file has all of it."""


WHOLE = "The whole piece."

_NOTE_ROOM = "x" * 560
"""As long as any note that may come to stand under a piece."""


def paged(text: str, pages: Callable[[str], list[str]], *, is_filed: bool) -> list[str]:
    """``text`` in messages, with room for notes under the one that will bear them.

    That is the last; or the first, where a file has the rest of a long one.
    """
    *full, last = pages(f"{text}\n\n{_NOTE_ROOM}")
    fitting = [*full, last.removesuffix(_NOTE_ROOM).rstrip()]
    if is_filed and len(fitting) > PAGES_SHOWN:
        fitting[0] = _opening(fitting[0], pages)
    return fitting


def opening(text: str, pages: Callable[[str], list[str]]) -> tuple[str, bool]:
    """What one message can show of a draft with a note, and whether that is a part."""
    first, *rest = pages(f"{text}\n\n{_NOTE_ROOM}")
    if not rest:
        return first.removesuffix(_NOTE_ROOM).rstrip(), False
    return _opening(first, pages), True


def whole_draft(draft: Output) -> Message:
    """The file that goes with a draft of which a message shows the beginning."""
    return Message("The whole draft.", files=(_stored(draft),))


def _opening(page: str, pages: Callable[[str], list[str]]) -> str:
    if len(pages(f"{page}\n\n{_NOTE_ROOM}")) == 1:
        return page
    words, *_ = page[: -len(_NOTE_ROOM)].rsplit(maxsplit=1)
    return f"{words} …"


FILE_FROM_BYTES = 1200
"""A piece this long is worth having as a file too."""


def finished(
    pages: Sequence[str],
    output: Output | None,
    notice: str,
    link: str = "",
    related: next_steps.Related = (),
) -> tuple[Message, ...]:
    """The finished piece: its pages, its buttons, and a file when it is long.

    ``notice`` stands under it, before the question how good it is. ``related``: skills
    that may go on from it.
    """
    is_cut = output is not None and len(pages) > PAGES_SHOWN
    shown = pages[:1] if is_cut else pages
    lines = [notice]
    if is_cut:
        lines.append("This is how it begins; the file has all of it.")
    if output is not None:
        lines.append("How good is it? 1 is useless, 5 is used as is.")
    last = Message(
        shown[-1],
        choices=_buttons(output, related),
        note="\n\n".join(filter(None, lines)),
    )
    messages = (*map(Message, shown[:-1]), last)
    if output is None or output.size_bytes < FILE_FROM_BYTES:
        return messages
    whole = f"The whole piece. [Open it]({link}), for a week." if link else WHOLE
    return (*messages, Message(whole, files=(_stored(output),)))


def unfit(written: Mapping[str, Any]) -> str:
    """What to say where a piece should have been data and is not; empty: it is."""
    if not written.get("faults") or written.get("stop") != Stop.END:
        return ""
    return "This came as text, not as data: there is no CSV of it."


def _buttons(output: Output | None, related: next_steps.Related) -> tuple[Choice, ...]:
    if output is None:
        return ()
    return (*rating(output.id), *next_steps.below(output.id, related))


def rating(output_id: UUID, mine: int = 0) -> tuple[Choice, ...]:
    """The five buttons; the one pressed last is marked."""
    return tuple(
        Choice(
            f"• {score} •" if score == mine else str(score),
            "runs.score",
            {"output_id": str(output_id), "score": score},
        )
        for score in range(1, 6)
    )


def _stored(output: Output) -> StoredFile:
    return StoredFile(
        name=output.file_name,
        media_type="text/markdown",
        storage_key=output.storage_key,
        size_bytes=output.size_bytes,
    )


def failed(
    error: str, run_id: UUID, lacked: Mapping[str, Any] | None = None
) -> Message:
    """A run ended without a piece.

    ``lacked``: the facts of the ``OverBudget`` it ended by.
    """
    again = {"run_id": str(run_id)}
    choices = [Choice("Try again", "runs.retry", again)]
    if lacked:
        choices.append(_top_up(lacked, row=1))
    if lacked and (model := lacked.get("cheaper")):
        most = dollars(Decimal(lacked["cheaper_usd"]))
        label = f"Cheaper model (about {most})"
        cheap = {**again, "model": model}
        choices.append(Choice(label, "runs.retry_cheaper", cheap, row=1))
    return Message(error, choices=tuple(choices))


def over_budget(error: OverBudget) -> Message:
    """Something that spends was refused before it began."""
    return Message(error.said, choices=(_top_up(error.facts, row=0),))


def _top_up(lacked: Mapping[str, Any], *, row: int) -> Choice:
    span = "day" if lacked.get("span") == "today" else "month"
    return Choice("Top up", "billing.ask_top_up", {"span": span}, row=row)


def stood_in(failed_ref: str | None, model: str | None) -> str:
    """Who wrote in whose place; empty: nobody had to."""
    if not failed_ref or not model:
        return ""
    meant, wrote = ModelRef.parse(failed_ref), ModelRef("", model)
    if meant.title == wrote.title:
        return "Your own key was refused; the installation's key paid for this."
    return f"{meant.title} is failing; {wrote.title} wrote this."


def scored(value: Scored, shown: Mapping[str, Any]) -> Message:
    """The rated message: thanks in place, and a question when the score is low."""
    chips: tuple[Choice, ...] = ()
    note = f"Thanks! You gave this {value.score} of 5."
    if value.votes > 1:
        note += f" {value.votes} people so far, {value.mean:.1f} on average."
    if value.score <= LOW_SCORE:
        note += " What was off? Tap one, or write it in your own words."
        params = {"output_id": str(value.output_id)}
        chips = tuple(
            Choice(why, "runs.explain", {**params, "reason": why}, row=1 + at // 2)
            for at, why in enumerate(REASONS)
        )
        chips = (*chips, tell_more(value.output_id, row=3))
    # While something is asked, only what changes the piece stands beside it.
    changing = next_steps.kept(shown, next_steps.CHANGING)
    below = changing if chips else next_steps.standing(shown)
    buttons = (*rating(value.output_id, value.score), *chips, *below)
    return Message(shown["text"], choices=buttons, note=note)


def noted(value: Explained) -> Message:
    """Thanks for a reason."""
    reason = brief(value.reason, 200)
    return Message(f'Thanks, noted: "{reason}". {TAUGHT[value.about]}')


def explained(
    value: Explained, shown: Mapping[str, Any], *, is_thanked: bool = False
) -> Message:
    """The rated message again, with thanks for the reason and the chips gone.

    ``is_thanked``: that is said in a message of its own.
    """
    said = f'You gave this {value.score} of 5: "{brief(value.reason, 200)}".'
    note = said if is_thanked else noted(value).text
    more = tell_more(value.output_id, row=1)
    scores = rating(value.output_id, value.score)
    buttons = (*scores, more, *next_steps.standing(shown))
    return Message(shown["text"], choices=buttons, note=note)
