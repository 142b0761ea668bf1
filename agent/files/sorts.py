"""Which sort of file some bytes are. Their name and their sender are not asked.

The table is our own: the libraries look no further than an archive's first bytes, and
so cannot tell a document from a table or a bomb. See docs/decisions/0023.

Source: en.wikipedia.org/wiki/List_of_file_signatures, ISO/IEC 14496-12 (``ftyp``),
ECMA-376 part 2 (Office files), MS-CFB.
"""

from dataclasses import dataclass

from agent.files.refusals import EMPTY, Unusable


@dataclass(frozen=True, slots=True)
class Sort:
    """One sort of file: how it is called, kept and read."""

    words: str
    """``a PDF document``."""
    kind: str
    """As ``assets.kind`` has it: image, audio, video, document."""
    mime: str
    suffixes: tuple[str, ...]
    """The usual one first."""
    reader: str = ""
    """The module of ``agent.files.readers``; empty: kept, and not read."""


PNG = Sort("a PNG picture", "image", "image/png", (".png",), "picture")
JPEG = Sort("a JPEG picture", "image", "image/jpeg", (".jpg", ".jpeg"), "picture")
GIF = Sort("a GIF picture", "image", "image/gif", (".gif",), "picture")
WEBP = Sort("a WebP picture", "image", "image/webp", (".webp",), "picture")
PDF = Sort("a PDF document", "document", "application/pdf", (".pdf",), "pdf")
_OFFICE = "application/vnd.openxmlformats-officedocument."
DOCX = Sort(
    "a Word document",
    "document",
    f"{_OFFICE}wordprocessingml.document",
    (".docx", ".docm", ".dotx"),
    "docx",
)
XLSX = Sort(
    "an Excel workbook",
    "document",
    f"{_OFFICE}spreadsheetml.sheet",
    (".xlsx", ".xlsm", ".xltx"),
    "xlsx",
)
HTML = Sort("a web page", "document", "text/html", (".html", ".htm", ".xhtml"), "html")
CSV = Sort("a table", "document", "text/csv", (".csv", ".tsv"), "table")
MARKDOWN = Sort("a text", "document", "text/markdown", (".md", ".markdown"), "plain")
TEXT = Sort("a text", "document", "text/plain", (".txt",), "plain")
OGG = Sort("a sound", "audio", "audio/ogg", (".ogg", ".oga", ".opus"))
MP3 = Sort("a sound", "audio", "audio/mpeg", (".mp3",))
WAV = Sort("a sound", "audio", "audio/wav", (".wav",))
M4A = Sort("a sound", "audio", "audio/mp4", (".m4a", ".mp4"))
MP4 = Sort("a video", "video", "video/mp4", (".mp4", ".mov", ".m4v", ".m4a", ".3gp"))
WEBM = Sort("a recording", "video", "video/webm", (".webm", ".mkv", ".weba"))

_STARTS = (
    (b"\x89PNG\r\n\x1a\n", PNG),
    (b"\xff\xd8\xff", JPEG),
    (b"GIF87a", GIF),
    (b"GIF89a", GIF),
    (b"OggS", OGG),
    (b"ID3", MP3),
    # Without a tag: the frames' own mark, layer III.
    *((mark, MP3) for mark in (b"\xff\xfb", b"\xff\xfa", b"\xff\xf3", b"\xff\xf2")),
    (b"\x1a\x45\xdf\xa3", WEBM),
)
_REFUSED = (
    ((b"MZ", b"\x7fELF", b"\xcf\xfa\xed\xfe", b"#!"), "a program"),
    ((b"Rar!", b"7z\xbc\xaf\x27\x1c", b"\x1f\x8b", b"BZh", b"\xfd7zXZ"), "an archive"),
    ((b"II*\x00", b"MM\x00*"), "a TIFF picture"),
)
_INSTEAD = {
    "a program": "I don't keep programs.",
    "an archive": "Please unpack it and send the files themselves.",
    "a TIFF picture": "Please send it as JPEG or PNG.",
    "an HEIC or AVIF picture": "Please send it as JPEG or PNG.",
    "an old Office file": "Please save it as .docx, .xlsx or PDF, and send that.",
}
_STILL = (b"heic", b"heix", b"mif1", b"msf1", b"avif", b"avis")
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_PDF_WITHIN = 1024
"""Readers look so far for the first mark, as mail programs put things before it."""
_PLAIN = {".txt": TEXT, ".md": MARKDOWN, ".markdown": MARKDOWN}
_TABLES = {".csv": CSV, ".tsv": CSV}
_PAGES = {".html": HTML, ".htm": HTML, ".xhtml": HTML}


def binary_sort(body: bytes) -> Sort | None:
    """What the bytes are, unless they are an Office file or a text: then None.

    Raises:
        Unusable: They are nothing that is kept.
    """
    if not body:
        raise Unusable(EMPTY)
    for marks, words in _REFUSED:
        if body.startswith(marks):
            raise unwanted(words)
    for start, sort in _STARTS:
        if body.startswith(start):
            return sort
    return _container(body) or (PDF if b"%PDF-" in body[:_PDF_WITHIN] else None)


def is_zip(body: bytes) -> bool:
    """Whether it is an archive, as Office files are."""
    return body.startswith((b"PK\x03\x04", b"PK\x05\x06"))


def is_old_office(body: bytes) -> bool:
    """Whether it is an Office file of before 2007, or one that is encrypted."""
    return body.startswith(_OLE)


def text_sort(text: str, suffix: str) -> Sort:
    """Which sort of text it is. It is only read, so its name may say how."""
    start = text[:1024].lstrip().casefold()
    if start.startswith(("<!doctype html", "<html")):
        return HTML
    return {**_PLAIN, **_TABLES, **_PAGES}.get(suffix, TEXT)


def unwanted(words: str) -> Unusable:
    """The refusal of a sort that is known and not kept."""
    return Unusable(f"it is {words}. {_INSTEAD[words]}")


def _container(body: bytes) -> Sort | None:
    if body[:4] == b"RIFF":
        return {b"WEBP": WEBP, b"WAVE": WAV}.get(body[8:12])
    if body[4:8] == b"ftyp":
        if body[8:12] in _STILL:
            raise unwanted("an HEIC or AVIF picture")
        return M4A if body[8:11] == b"M4A" else MP4
    return None
