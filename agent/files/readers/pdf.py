"""PDF documents: the text of their pages."""

import io
from typing import Any

from pypdf import PdfReader
from pypdf.errors import PyPdfError
from pypdf.generic import NullObject

from agent.files.limits import PAGES, PAGES_READ
from agent.files.readers.read import Budget, Read, counted
from agent.files.refusals import DAMAGED, LOCKED, Unusable

NO_TEXT = "I found no text in it: it seems to be scanned."


def read(body: bytes) -> Read:
    """The first pages' text, under their numbers.

    Raises:
        Unusable: It is damaged, locked, or has an absurd number of pages.
    """
    try:
        return _pages(PdfReader(io.BytesIO(body)))
    except (PyPdfError, ValueError, KeyError, TypeError, AttributeError, IndexError):
        # A damaged file meets the library's own assumptions in many places.
        raise Unusable(DAMAGED) from None
    except RecursionError:
        raise Unusable(DAMAGED) from None


def _pages(reader: PdfReader) -> Read:
    if reader.is_encrypted and not reader.decrypt(""):
        raise Unusable(LOCKED)
    _ensure_sane(_claimed(reader))
    total = len(reader.pages)
    _ensure_sane(total)
    if not total:
        raise Unusable(DAMAGED)
    budget, read_pages, has_text = Budget(), 0, False
    for number in range(min(total, PAGES_READ)):
        said = reader.pages[number].extract_text().strip()
        read_pages, has_text = number + 1, has_text or bool(said)
        if not budget.take(f"\n[page {read_pages}]\n{said}"):
            break
    note = f"I read the first {read_pages:,} of {total:,} pages."
    note = note if read_pages < total else ""
    text = budget.text if has_text else ""
    return Read(text, note if has_text else NO_TEXT, facts=counted(total, "page"))


def _claimed(reader: PdfReader) -> int:
    """How many pages it says it has, before they are gone through."""
    tree: Any = reader.root_object["/Pages"].get_object()
    return int(tree.get("/Count", NullObject()).get_object() or 0)


def _ensure_sane(pages: int) -> None:
    if pages > PAGES:
        raise Unusable(f"it has {pages:,} pages, and I open at most {PAGES:,}.")
