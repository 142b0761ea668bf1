"""What a piece can be had as."""

import re
from enum import StrEnum

from pydantic_core import PydanticCustomError

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


class Format(StrEnum):
    """A sort of file."""

    DOCX = "docx"
    HTML = "html"
    MARKDOWN = "markdown"
    CSV = "csv"
    JSON = "json"

    @property
    def suffix(self) -> str:
        """How such a file's name ends, without the dot."""
        return "md" if self is Format.MARKDOWN else self.value

    @property
    def media_type(self) -> str:
        """What it is called on the web."""
        return _MEDIA_TYPES[self]

    @property
    def label(self) -> str:
        """What people call it."""
        return TITLES[self]

    @property
    def is_text(self) -> bool:
        """Whether it can be read as it is."""
        return self is not Format.DOCX


TITLES = {
    Format.DOCX: "Word",
    Format.HTML: "Web page",
    Format.MARKDOWN: "Markdown",
    Format.CSV: "CSV",
    Format.JSON: "JSON",
}
_MEDIA_TYPES = {
    Format.DOCX: DOCX,
    Format.HTML: "text/html",
    Format.MARKDOWN: "text/markdown",
    Format.CSV: "text/csv",
    Format.JSON: "application/json",
}
_SAID = {
    **dict.fromkeys(("word", "ms word", "doc"), Format.DOCX),
    **dict.fromkeys(("web page", "webpage", "htm"), Format.HTML),
    "md": Format.MARKDOWN,
    **dict.fromkeys(("excel", "spreadsheet"), Format.CSV),
}
_AS = re.compile(r"^as (?:an? |the )?")
_NO_PDF = "I can't make a PDF; the web page prints well, though"
WORDS = "|".join(
    sorted((*_SAID, *(one.value for one in Format)), key=len, reverse=True)
)
"""All that people call them, as a pattern."""


def meant(said: object) -> object:
    """The format that a word stands for; anything else as it was said.

    Raises:
        PydanticCustomError: A sort that people ask for and that is not made.
    """
    if not isinstance(said, str):
        return said
    plain = _AS.sub("", " ".join(said.casefold().split()))
    if plain == "pdf":
        raise PydanticCustomError("no_pdf", _NO_PDF)
    return _SAID.get(plain, plain)
