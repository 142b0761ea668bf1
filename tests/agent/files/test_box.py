"""What files say, and what becomes of those that mean harm."""

import io
import resource
from collections.abc import Callable

import pytest
from PIL import Image

from agent.files import inside, limits
from agent.files.box import examine
from agent.files.names import suffix_of
from agent.files.refusals import Unusable
from tests.agent.files import made


@pytest.mark.parametrize(
    ("body", "name", "mime", "words"),
    [
        (b"Our tea is green.\r\n", "a.txt", "text/plain", "Our tea is green."),
        (b"# Tea\n\nGreen.", "a.md", "text/markdown", "# Tea"),
        ("Grüße".encode("cp1252"), "a.txt", "text/plain", "Grüße"),
        ("Grüße".encode("utf-16"), "a.txt", "text/plain", "Grüße"),
        (made.pdf("The price is 12."), "a.pdf", "application/pdf", "The price is 12."),
        (b"tea;12\ncups;3\n", "a.csv", "text/csv", "tea | 12\ncups | 3"),
        (made.HTML, "a.html", "text/html", "## Half price"),
    ],
)
async def test_the_words_of_a_file_come_out(
    body: bytes, name: str, mime: str, words: str
) -> None:
    found = await examine(body, name)
    assert (found.sort.mime, found.name, found.note) == (mime, name, "")
    assert words in found.text


async def test_a_web_page_gives_its_words_and_none_of_its_code() -> None:
    text = (await examine(made.HTML, "page.html")).text
    assert "Spring sale" in text
    assert "Until Friday." in text
    assert "- tea" in text
    for code in ("evil", "color", "steal", "no script", "<"):
        assert code not in text


async def test_word_and_excel_files_keep_their_order_and_their_tables() -> None:
    table = made.docx_table(("Tea", "12"), ("Cups", "3"))
    found = await examine(made.docx("Dear team,", inside=table), "offer.docx")
    assert found.text == "Dear team,\nTea | 12\nCups | 3"
    book = await examine(made.xlsx(("Tea", 12.5), (None,), ("Cups", 3)), "p.xlsx")
    assert book.text == "## Sheet: Prices\nTea | 12.5\nCups | 3"


async def test_what_is_left_out_is_said() -> None:
    found = await examine(made.csv(1_000_000), "all.csv")
    assert found.note == "I read the first 2,000 of 1,000,001 rows."
    assert found.text.count("\n") == limits.ROWS_READ - 1
    long = await examine(b"word " * 100_000, "long.txt")
    assert long.note == "I read the first 400,000 of 499,999 characters."
    assert len(long.text) <= limits.CHARACTERS
    pages = await examine(made.pdf(*["line"] * 201), "book.pdf")
    assert pages.note == "I read the first 200 of 201 pages."
    assert "[page 200]" in pages.text
    assert "[page 201]" not in pages.text


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
async def test_a_picture_tells_no_place_and_no_camera(kind: str) -> None:
    body = made.picture(kind)
    assert b"SecretCamera" in body
    found = await examine(body, "team photo.JPG")
    assert b"SecretCamera" not in found.clean
    with Image.open(io.BytesIO(found.clean)) as shown:
        assert not shown.getexif()
        assert shown.size == (found.width, found.height) == (64, 48)


async def test_a_picture_taken_sideways_stands_upright() -> None:
    found = await examine(made.picture(turned=6), "photo.jpg")
    assert (found.width, found.height) == (48, 64)


@pytest.mark.parametrize(
    ("body", "name", "kept", "said"),
    [
        (made.picture("PNG"), "report.pdf", "report.png", "a PNG picture"),
        (made.pdf("hello"), "photo.jpg", "photo.pdf", "a PDF document"),
        (b"just words", "report.pdf", "report.txt", "a text"),
        (made.VOICE, "song.pdf", "song.ogg", "a sound"),
    ],
)
async def test_a_lying_name_is_corrected_and_said(
    body: bytes, name: str, kept: str, said: str
) -> None:
    found = await examine(body, name)
    assert found.name == kept
    assert f"but it is {said}" in found.note


@pytest.mark.parametrize(
    ("make", "name", "why"),
    [
        (lambda: b"", "a.txt", "empty"),
        (lambda: b" \n\t", "a.txt", "empty"),
        (lambda: made.PROGRAM, "report.pdf", "a program"),
        (lambda: bytes(300), "a.txt", "can't tell"),
        (lambda: b"text\x00with\x00nuls" * 20, "a.txt", "can't tell"),
        (lambda: made.archive({"a.txt": b"a"}), "a.docx", "unpack it"),
        (lambda: made.pdf("secret", password="x"), "a.pdf", "password"),
        (lambda: made.old_office(encrypted=True), "a.docx", "password"),
        (made.old_office, "a.doc", "save it as .docx"),
        (lambda: made.pdf("whole")[:400], "a.pdf", "damaged"),
        (lambda: b"%PDF-1.7\n%%EOF", "a.pdf", "damaged"),
        (lambda: made.docx("whole")[:-80], "a.docx", "damaged"),
        (lambda: made.picture()[:200], "a.jpg", "damaged"),
        (lambda: made.docx("x", dtd=made.laughs()), "a.docx", "damaged"),
        (made.docx_bomb, "a.docx", "unpacks into far more"),
        (made.pixel_bomb, "a.png", "169 million pixels"),
        (lambda: made.pdf_of(2_000_000), "a.pdf", "2,000,000 pages"),
    ],
)
async def test_what_cannot_be_kept_is_refused_with_a_reason(
    make: Callable[[], bytes], name: str, why: str
) -> None:
    body = make()
    with pytest.raises(Unusable, match=why):
        await looked_at(body, name)


async def looked_at(body: bytes, name: str) -> None:
    if len(body) > 3_000:  # bombs are opened in the box only
        await examine(body, name)
    inside.read(inside.sort_of(body, suffix_of(name)), body)


async def test_a_bomb_that_lies_about_its_size_yields_no_more_than_it_says() -> None:
    with pytest.raises(Unusable, match="damaged"):
        await examine(made.lying_docx_bomb(), "a.docx")


async def test_a_reader_takes_no_more_memory_than_it_is_given() -> None:
    body = made.wide_xlsx()
    # Of all children so far, one of another test may have been larger; and each begins
    # as a copy of this process.
    who = resource.RUSAGE_CHILDREN, resource.RUSAGE_SELF
    before = max(resource.getrusage(one).ru_maxrss for one in who) * 1024 + 1
    found = await examine(body, "wide.xlsx")
    assert found.note.startswith("I read the first")
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
    assert peak <= max(before, limits.MEMORY_BYTES)
