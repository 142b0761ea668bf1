"""Rows of the chat -> what the page shows. Pure."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping

from bot.render.files import is_named
from bot.web.desk import Shown, ShownButton, ShownFile
from channels.healing import heal
from channels.web.render import to_html

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MARK = "\u2022"
"""Stands around the label of a button that was pressed."""

SENT = "sent"
"""Before the id of a file that the person sent."""

Position = tuple[datetime, int, UUID]
"""Where a row stands: its time, a person's before Draper's, its id."""


def from_row(row: RowMapping) -> Shown:
    """Return one message as the page shows it."""
    return _written(row) if row["rank"] == 0 else _delivered(row)


def order_of(position: Position) -> str:
    """Return the string that sorts as the position does."""
    at, rank, row_id = position
    return f"{micros(at):016d}.{rank}.{row_id}"


def position_of(order: str) -> Position | None:
    """Read ``order_of`` back; None for anything else."""
    try:
        at, rank, row_id = order.split(".")
        return moment(int(at)), int(rank), UUID(row_id)
    except (ValueError, OverflowError):
        return None


def micros(at: datetime) -> int:
    """Return an instant as whole microseconds, exactly: a float would round."""
    return (at - EPOCH) // timedelta(microseconds=1)


def moment(micros: int) -> datetime:
    """Read ``micros`` back.

    Raises:
        OverflowError: No year has it.
    """
    return EPOCH + timedelta(microseconds=micros)


def file_at(payload: Mapping[str, Any], number: int) -> Mapping[str, Any] | None:
    """Return the ``number``th file of a delivery; None when it has no such file."""
    files = payload.get("files") or []
    return files[number] if 0 <= number < len(files) else None


def _written(row: RowMapping) -> Shown:
    files = tuple(
        ShownFile(file["name"], file["size_bytes"], f"/chat/files/{SENT}:{file['id']}")
        for file in row["sent"] or ()
    )
    return Shown(
        id=str(row["id"]),
        order=_order(row),
        role="you",
        at=row["created_at"],
        revision=row["revision"],
        markdown="" if files and is_named(row["content"]) else row["content"],
        client_id=row["channel_message_id"] or "",
        files=files,
    )


def _delivered(row: RowMapping) -> Shown:
    payload = row["payload"]
    text = payload.get("text", "")
    working = row["partial"] is not None or _only_promises(payload)
    so_far, note = _so_far(row) if working else (text, payload.get("note", ""))
    return Shown(
        id=str(row["id"]),
        order=_order(row),
        role="draper",
        at=row["created_at"],
        revision=row["revision"],
        markdown="" if working else text,
        html=to_html(heal(so_far) if working or payload.get("cut") else so_far),
        note=to_html(note),
        buttons=_buttons(row["id"], payload),
        files=_files(row["id"], payload),
        form=_form(payload),
        working=working,
    )


def _so_far(row: RowMapping) -> tuple[str, str]:
    """What is written by now, and the line that says what is being done."""
    payload = row["payload"]
    line = payload.get("progress") or payload.get("placeholder", "")
    return (row["partial"], line) if row["partial"] else (line, "")


def _only_promises(payload: Mapping[str, Any]) -> bool:
    # A placeholder says that more is to come, until other words stand there.
    promise = payload.get("placeholder", "")
    return bool(promise) and payload.get("text", "") in {"", promise}


def _buttons(row_id: UUID, payload: Mapping[str, Any]) -> tuple[ShownButton, ...]:
    made = (
        ShownButton(
            label=button["label"].strip(f"{MARK} "),
            payload=f"{row_id}:{number}",
            row=button.get("row", 0),
            pressed=button["label"].startswith(MARK),
        )
        for number, button in enumerate(payload.get("buttons") or [])
        if button.get("shown", True)
    )
    return tuple(sorted(made, key=lambda button: button.row))


def _form(payload: Mapping[str, Any]) -> Mapping[str, Any] | None:
    form = payload.get("form")
    # What was known before is ours to keep: the page has no use for it.
    return {**form, "given": ""} if form else None


def _files(row_id: UUID, payload: Mapping[str, Any]) -> tuple[ShownFile, ...]:
    return tuple(
        ShownFile(file["name"], file["size_bytes"], f"/chat/files/{row_id}:{number}")
        for number, file in enumerate(payload.get("files") or [])
    )


def _order(row: RowMapping) -> str:
    return order_of((row["created_at"], row["rank"], row["id"]))
