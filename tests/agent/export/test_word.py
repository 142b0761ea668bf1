import io
import re
from datetime import UTC, datetime

from docx import Document
from docx.document import Document as Read
from docx.oxml.ns import qn
from docx.text.paragraph import Paragraph
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.export import parts, word

AT = datetime(2026, 11, 21, 9, tzinfo=UTC)
PIECE = """\
# Welcome & co

**Subject:** Hi
**Preview:** There

## Steps

1. First
2. Second
   - under it

   and on
3. Third

Then:

1. Anew

- [a site](https://example.com) and `code`
- [no](javascript:alert(1)) ~~old~~ *new*

| Day | What |
|:---:|---|
| 1 | a \\| **b** |

```json
{"a":
  1}
```

> Quoted

---

हिन्दी में नमस्ते 🎉

## مرحبا بالعالم
"""


def read(markdown: str) -> Read:
    return Document(io.BytesIO(word.render(markdown, "Welcome", AT)))


def styled(document: Read) -> list[tuple[str, str]]:
    return [
        (one.style.name or "", one.text)
        for one in document.paragraphs
        if one.style is not None and one.text
    ]


def _number_of(paragraph: Paragraph) -> str:
    found = paragraph._p.find(f".//{qn('w:numId')}")
    return str(found.get(qn("w:val"))) if found is not None else ""


def test_a_piece_is_made_of_word_s_own_headings_lists_and_tables() -> None:
    document = read(PIECE)
    assert styled(document) == [
        ("Heading 1", "Welcome & co"),
        ("Normal", "Subject: Hi\nPreview: There"),
        ("Heading 2", "Steps"),
        ("List Number", "First"),
        ("List Number", "Second"),
        ("List Bullet 2", "under it"),
        ("List Continue", "and on"),
        ("List Number", "Third"),
        ("Normal", "Then:"),
        ("List Number", "Anew"),
        ("List Bullet", "a site and code"),
        ("List Bullet", "[no](javascript:alert(1)) old new"),
        ("No Spacing", '{"a":\n  1}'),
        ("Quote", "Quoted"),
        ("Normal", "हिन्दी में नमस्ते 🎉"),
        ("Heading 2", "مرحبا بالعالم"),
    ]
    [table] = document.tables
    cells = [[cell.text for cell in row.cells] for row in table.rows]
    assert cells == [["Day", "What"], ["1", "a | b"]]
    assert document.core_properties.title == "Welcome"


def test_each_numbered_list_counts_from_its_own_beginning() -> None:
    numbers = [
        _number_of(one)
        for one in read(PIECE).paragraphs
        if one.style is not None and one.style.name == "List Number"
    ]
    first, second, third, anew = numbers
    assert first == second == third != anew


def test_links_lead_where_links_may_and_nowhere_else() -> None:
    document = read(PIECE)
    targets = {one.target_ref for one in document.part.rels.values() if one.is_external}
    assert targets == {"https://example.com"}


def test_what_runs_from_right_to_left_is_marked_so() -> None:
    [heading] = [one for one in read(PIECE).paragraphs if "مرحبا" in one.text]
    assert heading._p.pPr is not None
    assert heading._p.pPr.find(qn("w:bidi")) is not None
    assert heading.runs[0].font.rtl


def test_every_element_stands_where_the_schema_has_it() -> None:
    order = parts._ORDER
    for paragraph in read(PIECE).element.body.iter(qn("w:pPr")):
        tags = [one.tag.split("}")[1] for one in paragraph]
        places = [order.index(f"w:{tag}") for tag in tags]
        assert places == sorted(places), tags


@given(st.text("ab #|*_`~[]()<>&\\\n-1.\t\x00\x0b😀שह", max_size=120))
@settings(max_examples=30, deadline=None)
def test_whatever_is_written_becomes_a_document_that_opens(text: str) -> None:
    document = read(text)
    said = "".join(one.text for one in document.element.body.iter(qn("w:t")))
    letters = re.findall(r"[abह😀ש]", text)
    assert [one for one in said if one in "abह😀ש"] == letters
