"""Office files are archives: measured before anything is unpacked."""

import io
import zipfile
from typing import IO

from agent.files.limits import PARTS, UNPACKED_BYTES
from agent.files.refusals import BOMB, DAMAGED, LOCKED, Unusable
from agent.files.sorts import DOCX, XLSX, Sort, unwanted

_ENCRYPTED = 0x1


def opened(body: bytes) -> zipfile.ZipFile:
    """The archive.

    No more comes out of a part than it declares, so what is declared bounds it.

    Raises:
        Unusable: It is damaged, locked, or unpacks into too much.
    """
    if body.count(b"PK\x01\x02") > PARTS:
        raise Unusable(BOMB)
    try:
        archive = zipfile.ZipFile(io.BytesIO(body))
    except zipfile.BadZipFile:
        raise Unusable(DAMAGED) from None
    parts = archive.infolist()
    if len(parts) > PARTS or sum(p.file_size for p in parts) > UNPACKED_BYTES:
        raise Unusable(BOMB)
    if any(part.flag_bits & _ENCRYPTED for part in parts):
        raise Unusable(LOCKED)
    return archive


def sort_of(archive: zipfile.ZipFile) -> Sort:
    """Which Office file it is.

    Raises:
        Unusable: It is an archive of something else.
    """
    names = set(archive.namelist())
    if "word/document.xml" in names:
        return DOCX
    if "xl/workbook.xml" in names:
        return XLSX
    raise unwanted("an archive")


def part(archive: zipfile.ZipFile, name: str) -> IO[bytes]:
    """One part, to be read as a stream."""
    return archive.open(name)
