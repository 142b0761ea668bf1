"""Clients and the audit in words: names are shown and never act."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from agent.clients.errors import ClientArchived
from agent.clients.facts import PARTS
from agent.clients.schemas import (
    Chosen,
    ClientLine,
    Clients,
    PartEdited,
    PartShown,
    Profile,
    Renamed,
    Shelved,
)
from agent.clients.version_schemas import (
    Comparison,
    Difference,
    OneVersion,
    VersionLine,
    VersionRestored,
    Versions,
)
from agent.identity.audit_schemas import AuditLine, AuditLog, Change
from agent.memory.operations import Retelling
from bot import render
from channels.telegram import render as telegram
from channels.web.render import to_html

ID = UUID(int=7)
AT = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
EVIL = "<script>x</script> [free](http://evil.example) **b** `c` ![i](http://e.example)"
LINE = VersionLine(
    number=2, at=AT, author=EVIL, origin="edit", changelog="Price changed"
)
EMPTY = [PartShown(name=part.name, title=part.title, facts={}) for part in PARTS]

NAMED = [
    Chosen(client_id=ID, name=EVIL),
    Chosen(client_id=ID, name=EVIL, created=True),
    Clients(lines=[ClientLine(client_id=ID, name=EVIL, version=1)], current=EVIL),
    Profile(client_id=ID, name=EVIL, version=1, parts=EMPTY),
    Profile(client_id=ID, name=EVIL, version=3, shown=1, parts=EMPTY),
    Profile(client_id=ID, name=EVIL, version=1, is_archived=True, parts=EMPTY),
    Renamed(client_id=ID, name=EVIL, before=EVIL, version=2),
    Shelved(client_id=ID, name=EVIL, is_archived=True, is_new=True),
    Shelved(client_id=ID, name=EVIL, is_archived=False, is_new=False),
    Versions(client_id=ID, name=EVIL, current=2, lines=[LINE]),
    Versions(client_id=ID, name=EVIL, current=0, lines=[]),
    OneVersion(client_id=ID, name=EVIL, current=3, version=LINE, parts=EMPTY),
    Comparison(client_id=ID, name=EVIL, old=1, new=2, lines=[]),
    VersionRestored(client_id=ID, name=EVIL, restored=1, version=3, is_new=True),
    Retelling(client_id=ID, name=EVIL),
    PartEdited(
        client_id=ID,
        name=EVIL,
        part="Voice",
        version=2,
        before="",
        after="dry",
        is_new=True,
    ),
]


@pytest.mark.parametrize("value", NAMED, ids=lambda value: type(value).__name__)
def test_a_name_is_shown_and_does_not_act(value: object) -> None:
    message = render.result(value)  # type: ignore[arg-type]
    html = to_html(message.text)
    assert "<script" not in html
    assert ">free</a>" not in html
    assert "<strong>b</strong>" not in html
    shown = telegram.render(message.text)
    assert "[free](http://evil.example)" in shown.text
    assert not [one for one in shown.entities if one.type == "text_link"]
    assert all(len(choice.label) <= 40 for choice in message.choices)


def test_a_profile_shows_seven_parts_and_what_is_empty() -> None:
    known = [PartShown(name="voice", title="Voice", facts={"Never say": "cheap"})]
    parts = [*EMPTY[:4], *known, *EMPTY[5:]]
    message = render.result(Profile(client_id=ID, name="Acme", version=1, parts=parts))
    assert "**Voice**\n\n- Never say: cheap" in message.text
    assert message.text.endswith(
        "Still empty: About, Offer and prices, Audience, Positioning, "
        "Proof and messages, Look."
    )
    assert [choice.label for choice in message.choices] == [
        "Fill in what is empty",
        "Edit",
        "History",
    ]


def test_a_full_profile_has_nothing_to_fill_in() -> None:
    parts = [
        PartShown(name=part.name, title=part.title, facts={"x": "y"}) for part in PARTS
    ]
    message = render.result(Profile(client_id=ID, name="Acme", version=1, parts=parts))
    assert [choice.label for choice in message.choices] == ["Edit", "History"]


def test_an_edit_says_which_version_it_made_and_can_be_undone() -> None:
    done = PartEdited(
        client_id=ID,
        name="Acme",
        part="Voice",
        version=2,
        before="calm",
        after="no exclamation marks",
        is_new=True,
    )
    message = render.result(done)
    assert message.text.startswith("Voice updated (v2).")
    undo = message.choices[0]
    assert (undo.operation, undo.params) == (
        ("clients.restore_version", {"name": "Acme", "when": "1"})
    )
    first = render.result(done.model_copy(update={"version": 1}))
    assert [choice.label for choice in first.choices] == ["History"]
    same = render.result(done.model_copy(update={"is_new": False}))
    assert same.text == "Voice says that already (v2)."


def test_what_differs_is_told_line_by_line() -> None:
    line = Difference(label="Price", before="", after="49")
    value = Comparison(client_id=ID, name="Acme", old=1, new=2, lines=[line])
    assert "- Price: _nothing_ → 49" in render.result(value).text


def test_a_refusal_about_an_archived_client_offers_to_restore_it() -> None:
    message = render.refusal(ClientArchived("Acme"))
    assert message.text == "Acme is archived."
    assert message.choices[0].operation == "clients.restore"


def test_a_list_with_more_has_a_button_for_it() -> None:
    line = ClientLine(client_id=ID, name="Acme", version=1)
    message = render.result(Clients(lines=[line], archived=True, next_cursor="abc"))
    assert message.choices[-1].params == {"archived": True, "cursor": "abc"}


def audit(**changed: object) -> AuditLog:
    values: dict[str, object] = {
        "event_id": ID,
        "at": AT,
        "who": "Bob",
        "action": "clients.edit",
        "subject": "client",
        "label": "Acme",
        "changes": [Change(field="offer.price", before="49", after="59")],
        "is_private": False,
        "channel": "slack",
        "address": "203.0.113.9",
        **changed,
    }
    return AuditLog(about="price", lines=[AuditLine.model_validate(values)])


def test_the_audit_says_who_when_from_where_and_old_to_new() -> None:
    assert render.result(audit()).text == (
        "The history of price:\n\n- 2026-11-21 09:30 UTC, Bob from slack "
        '(203.0.113.9): `clients.edit` client **Acme**: offer.price "49" → "59"'
    )
    assert "offer.price (private)" in render.result(audit(is_private=True)).text
    nothing = render.result(AuditLog(about="price", lines=[]))
    assert nothing.text == "Nothing is recorded about price."
