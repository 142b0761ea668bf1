"""A piece as a file of each sort, and what a piece cannot be had as."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from agent.export.formats import Format, meant
from agent.registry import BY_NAME
from agent.runs.exports import Kept, NotInIt
from bot.surfaces import chat, forms

AT = datetime(2026, 11, 21, 9, tzinfo=UTC)
ROW: Any = {"title": "Tea", "created_at": AT}
FORM = {
    "x-rows": "days",
    "properties": {
        "days": {
            "items": {
                "properties": {"day": {"title": "Day"}, "what": {"title": "What"}}
            }
        }
    },
}
DATA = {"title": "Plan", "days": [{"what": "=Ask, now", "day": -1}, {"day": 2}]}
PROSE = Kept(ROW, "# Tea\n\nIs good.")
TABLED = Kept(ROW, "# Tea\n\n| A | B |\n|---|---|\n| 1 | **x** |")
STRUCTURED = Kept(ROW, "# Plan", FORM, DATA)


def test_what_a_piece_can_be_had_as_depends_on_what_is_in_it() -> None:
    always = ["docx", "html", "markdown"]
    assert [*PROSE.formats] == always
    assert [*TABLED.formats] == [*always, "csv"]
    assert [*STRUCTURED.formats] == [*always, "csv", "json"]


def test_rows_of_data_become_a_sheet_under_the_form_s_titles() -> None:
    sheet = STRUCTURED.made(Format.CSV).decode()
    assert sheet == '\ufeffDay,What\r\n-1,"\'=Ask, now"\r\n2,\r\n'
    assert json.loads(STRUCTURED.made(Format.JSON)) == DATA


def test_the_first_table_of_a_text_is_its_sheet() -> None:
    assert TABLED.made(Format.CSV).decode() == "\ufeffA,B\r\n1,x\r\n"


@pytest.mark.parametrize("wanted", [Format.CSV, Format.JSON])
def test_what_is_not_in_it_is_said_with_what_can_be_had(wanted: Format) -> None:
    with pytest.raises(NotInIt) as refused:
        PROSE.made(wanted)
    assert "as docx, as html or as markdown" in refused.value.said


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        ("as html", "html"),
        ("as docx please", "docx"),
        ("send it to me as a Word document", "docx"),
        ("can I have this as a spreadsheet?", "csv"),
        ("Export it to Markdown", "markdown"),
        ("please give me that as JSON.", "json"),
        ("as a web page", "html"),
    ],
)
def test_people_ask_for_files_in_plain_words(said: str, wanted: str) -> None:
    call = chat.heard(said)
    assert call is not None
    assert call.op is BY_NAME["runs.export"]
    assert call.op.params.model_validate(call.raw).format == wanted


@pytest.mark.parametrize(
    "said",
    [
        "as a table",
        "write it as a html email for our clients",
        "as a word of thanks",
        "in German",
        "make it shorter as a word",
    ],
)
def test_what_only_sounds_like_it_is_left_alone(said: str) -> None:
    call = chat.heard(said)
    assert call is None or call.op is not BY_NAME["runs.export"]


def test_a_sort_nobody_knows_stays_as_it_was_said() -> None:
    assert meant(" Scroll ") == "scroll"
    assert meant("as a Word") == "docx"
    assert meant(7) == 7
    call = chat.heard("as pdf")
    assert call is not None
    assert "prints well" in forms.faults_of(call.op, call.raw)["format"]
