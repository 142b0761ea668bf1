"""Texts."""

from agent.files.limits import CHARACTERS
from agent.files.readers.read import Read, counted, tidy
from agent.files.refusals import EMPTY, UNKNOWN, Unusable

_MARKS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
_CONTROLS = bytes(set(range(32)) - set(b"\t\n\r\f\x1b"))
_MOST_CONTROLS = 0.005
"""Of all bytes: more is no text."""


def decoded(body: bytes) -> str:
    """The bytes as text.

    Raises:
        Unusable: They are no text.
    """
    for mark, encoding in _MARKS:
        if body.startswith(mark):
            return body.decode(encoding, errors="replace")
    strange = len(body) - len(body.translate(None, _CONTROLS))
    if b"\x00" in body[:4096] or strange > len(body) * _MOST_CONTROLS:
        raise Unusable(UNKNOWN)
    try:
        return body.decode()
    except UnicodeDecodeError:
        return body.decode("cp1252", errors="replace")


def read(body: bytes) -> Read:
    """The text, up to what is read of one.

    Raises:
        Unusable: It is empty, or no text.
    """
    return of(decoded(body))


def of(whole: str) -> Read:
    """The same of a text that is decoded already.

    Raises:
        Unusable: There is nothing in it.
    """
    text = tidy(whole).strip()
    if not text:
        raise Unusable(EMPTY)
    note = ""
    if len(text) > CHARACTERS:
        note = f"I read the first {CHARACTERS:,} of {len(text):,} characters."
    return Read(text[:CHARACTERS], note, facts=counted(len(text.split()), "word"))
