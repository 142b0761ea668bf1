"""Files in words: what was kept, what was not, and what can be done with it."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from agent.clients.asset_schemas import FileDeleted, FileLine, Files
from agent.ctx import SentFile
from agent.mailroom.schemas import Choice, Message
from bot.render.paging import more
from bot.render.words import name

SENT = "(sent: "
KINDS = {"image": "picture", "audio": "recording", "video": "video"}
KB, MB = 1_000, 1_000_000
LISTED = 10
"""Files that are told of one by one."""
LINK = (
    "I can't open links yet. Paste the text that matters, or send it as a file, "
    "and tell me what you need."
)
SUMMARISE = "Summarise this in a few sentences, then the key points as a list."
DESCRIBE = "Describe what this shows, in a few sentences."
POST = "Write a short social media post that draws on this."


def received(count: int) -> str:
    """What stands in the answer's place while files are looked at."""
    return f"Got your {counted(count)}, having a look..."


def counted(count: int, one: str = "file") -> str:
    """``file``, ``3 files``."""
    return one if count == 1 else f"{count} {one}s"


def named(files: Sequence[SentFile]) -> str:
    """What stands for a message that is files only, without anybody's words."""
    kinds = [KINDS.get(file.kind, "document") for file in files if file.asset_id]
    return f"{SENT}{', '.join(kinds[:LISTED]) or 'a file'})"


def is_named(content: str) -> bool:
    """Whether a message was files only."""
    return content.startswith(SENT)


def alone(
    files: Sequence[SentFile], message_id: UUID, *, hears: bool, sees: bool
) -> Message:
    """The answer to files that came without a word."""
    kept = [file for file in files if file.asset_id]
    told = told_of(files)
    if not kept:
        return Message(f"{told}\n\nYou can also paste the text that matters.")
    unheard = not hears and all(file.kind == "audio" for file in kept)
    if unheard:
        return Message(
            f"{told}\n\nI can't listen to recordings here, so please write what you "
            "need."
        )
    them = "it" if len(kept) == 1 else "them"
    ask = f"What shall I do with {them}?"
    if not sees and all(file.kind == "image" for file in kept):
        ask = f"{ask} I can't look at pictures yet, so tell me what is on {them}."
    if all(file.kind == "video" for file in kept):
        ask = f"{ask} I can't watch videos, so tell me what is in {them}."
    return Message(f"{told}\n\n{ask}", choices=_choices(kept, message_id, sees=sees))


def told_of(files: Sequence[SentFile]) -> str:
    """What became of each file."""
    if len(files) == 1:
        return _one(files[0])
    kept = [file for file in files if file.asset_id]
    lines = [f"- {_line(file)}" for file in files[:LISTED]]
    if len(files) > LISTED:
        lines += [f"- and {len(files) - LISTED} more"]
        lines += [f"- {_line(f)}" for f in files[LISTED:] if not f.asset_id][:LISTED]
    head = f"Saved {counted(len(kept))}:" if kept else "I could not keep these:"
    return f"{head}\n\n" + "\n".join(lines)


def remarks(files: Sequence[SentFile]) -> str:
    """What must be said of files though something else answers; empty: nothing."""
    odd = [file for file in files if file.said]
    return "\n".join(_line(file) for file in odd[:LISTED])


def files(value: Files) -> Message:
    """The list."""
    if not value.lines:
        return Message("No files yet. Send me a photo or a document.")
    listed = "\n".join(map(_listed, value.lines))
    return Message(
        f"Your files:\n\n{listed}\n\n`/file delete <name>` deletes one.",
        choices=more("clients.files", value),
    )


def deleted(value: FileDeleted) -> Message:
    """One that is gone."""
    return Message(
        f"**{name(value.name)}** is deleted. What was written from it stays."
    )


def _one(file: SentFile) -> str:
    if not file.asset_id:
        return f"{name(file.name)}: {file.said}"
    facts = f" ({file.facts})" if file.facts else ""
    return f"Saved as {name(file.name)}{facts}. {file.said}".strip()


def _line(file: SentFile) -> str:
    rest = ". ".join(filter(None, (file.facts, file.said)))
    return f"{name(file.name)}: {rest}" if rest else name(file.name)


def _choices(
    kept: Sequence[SentFile], message_id: UUID, *, sees: bool
) -> tuple[Choice, ...]:
    readable = any(file.has_text or (sees and file.kind == "image") for file in kept)
    are_pictures = all(file.kind == "image" for file in kept)
    first = ("Describe", DESCRIBE) if are_pictures else ("Summarise", SUMMARISE)
    wishes = (first, ("Write a post", POST)) if readable else ()
    given = {"skill": "assistant", "message_id": str(message_id)}
    asks = tuple(
        Choice(label, "runs.start", {**given, "brief": brief})
        for label, brief in wishes
    )
    delete = {"name": kept[0].name} if len(kept) == 1 else None
    last = (Choice("Delete", "clients.delete_file", delete, row=1),) if delete else ()
    return (*asks, Choice("All files", "clients.files", row=1), *last)


def _listed(line: FileLine) -> str:
    facts = ", ".join(filter(None, (line.facts, size(line.size_bytes))))
    return f"- **{name(line.name)}** ({facts}), {line.sent_at:%d %b %Y}"


def size(size_bytes: int) -> str:
    """``340 kB``."""
    if size_bytes >= MB:
        return f"{size_bytes / MB:.1f} MB"
    return f"{size_bytes / KB:.0f} kB" if size_bytes >= KB else f"{size_bytes} bytes"


WORDS: Mapping[type, Callable[[Any], Message]] = {Files: files, FileDeleted: deleted}
