"""Form -> a modal's view, and what is known at once about what was filled in. Pure.

Source: docs.slack.dev/surfaces/modals, /reference/views/modal-views,
/reference/block-kit/blocks/input-block
"""

import json
from collections.abc import Iterator
from typing import Any

from channels.contract import Outgoing
from channels.forms import Field, FieldKind, Form
from channels.slack.markup import quiet

TITLE, BUTTON, LABEL, HINT = 24, 24, 2000, 2000
PLACEHOLDER, OPTION, VALUE, OPTIONS = 150, 75, 150, 100
INPUT, SECTION = 3000, 3000
METADATA, BLOCKS, BLOCK_ID = 3000, 100, 255

Json = dict[str, Any]


def view(form: Form, at: Outgoing) -> Json | None:
    """The form as a modal; None when Slack could not hold it."""
    where = {"chat": at.chat, "thread": at.thread, "given": form.given}
    metadata = json.dumps(where)
    if len(metadata) > METADATA or not 1 <= len(form.fields) < BLOCKS:
        return None
    if any(not _fits(one) for one in form.fields):
        return None
    return {
        "type": "modal",
        "callback_id": form.name,
        "title": _plain(form.title, TITLE),
        "submit": _plain(form.submit, BUTTON),
        "close": _plain("Cancel", BUTTON),
        "private_metadata": metadata,
        "blocks": [*_shown(form.shown), *(_input(one) for one in form.fields)],
    }


def _shown(words: str) -> Iterator[Json]:
    """Somebody's words, as plain text: nothing in them acts, and nobody is pinged."""
    if words.strip():
        yield {"type": "section", "text": _plain(words, SECTION)}


def _fits(field: Field) -> bool:
    options = [*field.choices]
    whole = all(0 < len(value) <= VALUE for value, _ in options)
    # What stands there already must fit: the rest would be lost without a word.
    whole = whole and len(field.default) <= (VALUE if options else INPUT)
    return whole and len(options) <= OPTIONS and len(field.wire) <= BLOCK_ID


def _input(field: Field) -> Json:
    block: Json = {
        "type": "input",
        "block_id": field.wire,
        "optional": not field.required,
        "label": _plain(field.label, LABEL),
        "element": {**_element(field), "action_id": "value"},
    }
    parts = filter(None, (field.fault, field.hint, _about(field)))
    hint = " ".join(part if part[-1] in ".?!" else f"{part}." for part in parts)
    return block | ({"hint": _plain(hint, HINT)} if hint else {})


def _about(field: Field) -> str:
    if field.kind is not FieldKind.SECRET:
        return ""
    return "It is sealed at once, and shown to nobody."


def _element(field: Field) -> Json:
    match field.kind:
        case FieldKind.CHOICE:
            return _select(field, field.choices)
        case FieldKind.YES_NO:
            return _select(field, (("yes", "Yes"), ("no", "No")))
        case FieldKind.DATE:
            return {"type": "datepicker"} | _initial(field, "initial_date")
        case FieldKind.NUMBER:
            return _number(field)
        case _:
            return _text(field)


def _select(field: Field, choices: tuple[tuple[str, str], ...]) -> Json:
    options = [{"text": _plain(label, OPTION), "value": v} for v, label in choices]
    chosen = [one for one in options if one["value"] == field.default]
    made: Json = {
        "type": "static_select",
        "placeholder": _plain("Choose one", PLACEHOLDER),
        "options": options,
    }
    return made | ({"initial_option": chosen[0]} if chosen else {})


def _number(field: Field) -> Json:
    made: Json = {"type": "number_input", "is_decimal_allowed": True}
    if field.at_least is not None:
        made["min_value"] = f"{field.at_least:g}"
    if field.at_most is not None:
        made["max_value"] = f"{field.at_most:g}"
    return made | _initial(field, "initial_value")


def _text(field: Field) -> Json:
    most = int(min(field.at_most or INPUT, INPUT))
    made: Json = {
        "type": "plain_text_input",
        "multiline": field.kind is FieldKind.LONG,
        "max_length": most,
    }
    if field.at_least:
        made["min_length"] = int(min(field.at_least, most))
    return made | _initial(field, "initial_value", most)


def _initial(field: Field, name: str, most: int = INPUT) -> Json:
    if not field.default or field.kind is FieldKind.SECRET:
        return {}
    return {name: field.default[:most]}


def _plain(text: str, most: int) -> Json:
    said = quiet(text)
    fits = len(said) <= most
    return {"type": "plain_text", "text": said if fits else f"{said[: most - 1]}…"}
