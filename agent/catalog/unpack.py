"""The files of a skill that somebody sends: a zip, a folder or one SKILL.md; bounded.

Nothing is written to disk and nothing is run. What could hurt is refused as a whole;
what a skill has no use for is named and left out by ``agent.catalog.imports``.
"""

import io
import os
import stat
import zipfile
import zlib
from pathlib import Path, PurePosixPath

from agent.errors import BadInput

MOST_BYTES = 2 * 1024 * 1024
"""Of all files together, unpacked."""
MOST_FILES = 200
MOST_SENT = 5 * 1024 * 1024
_SKILL = "SKILL.md"
_PIECE = 64 * 1024
_PACKED = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
"""What unpacks piece by piece; of others, one piece may be a gigabyte."""

Files = dict[str, bytes]
"""Path below the skill's folder -> its bytes; empty for a link."""


class NoSkillInside(BadInput):
    """What was sent holds no skill, or more than is opened."""

    code = "no_skill_inside"


def opened(body: bytes, name: str) -> tuple[str, Files]:
    """The name of the skill's folder, if it has one, and the files in it.

    Raises:
        NoSkillInside: There is no SKILL.md, it is too large, damaged, or reaches out.
    """
    if len(body) > MOST_SENT:
        raise NoSkillInside("That is too large for a skill.", hint=_hint())
    if not body.startswith(b"PK"):
        stem = Path(name).stem
        called = "" if stem.casefold() in {"skill", ""} else stem
        return called, {_SKILL: body}
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            found = _unzipped(archive)
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError) as bad:
        raise NoSkillInside("That archive is damaged.", hint=_hint()) from bad
    return _rooted(found, Path(name).stem)


def folder(root: Path) -> tuple[str, Files]:
    """The same of a folder on this machine; its links are kept as empty files.

    Raises:
        NoSkillInside: There is no SKILL.md, or it is too large.
    """
    found: Files = {}
    total = 0
    for at, _, names in os.walk(root):
        for name in sorted(names):
            path = Path(at, name)
            relative = PurePosixPath(path.relative_to(root)).as_posix()
            body = b"" if path.is_symlink() else path.read_bytes()[: MOST_BYTES + 1]
            total += len(body)
            found[relative] = body
            _ensure_small(len(found), total)
    return _rooted(found, root.resolve().name)


def _unzipped(archive: zipfile.ZipFile) -> Files:
    found: Files = {}
    total = 0
    for entry in archive.infolist():
        if entry.is_dir():
            continue
        path = _inside(entry.filename)
        if entry.flag_bits & 1:
            raise NoSkillInside("That archive is locked.", hint=_hint())
        if entry.compress_type not in _PACKED:
            raise NoSkillInside("That archive is packed in a rare way.", hint=_hint())
        is_link = stat.S_ISLNK(entry.external_attr >> 16)
        body = b"" if is_link else _read(archive, entry, MOST_BYTES - total)
        total += len(body)
        found[path] = body
        _ensure_small(len(found), total)
    return found


def _read(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, left: int) -> bytes:
    """The file, of which no more is unpacked than there is room for.

    What its entry says of its size is not believed.
    """
    pieces: list[bytes] = []
    with archive.open(entry) as stream:
        while piece := stream.read(_PIECE):
            pieces.append(piece)
            left -= len(piece)
            _ensure_small(0, MOST_BYTES - left)
    return b"".join(pieces)


def _inside(name: str) -> str:
    """``name`` as a path that stays within the folder."""
    path = PurePosixPath(name.replace("\\", "/"))
    reaches_out = path.is_absolute() or ".." in path.parts
    if reaches_out or not path.name or ":" in name or "\0" in name:
        raise NoSkillInside(
            "That archive reaches out of its own folder.", hint="I did not open it."
        )
    return path.as_posix()


def _ensure_small(files: int, total: int) -> None:
    if files > MOST_FILES or total > MOST_BYTES:
        raise NoSkillInside("That unpacks into more than a skill holds.", hint=_hint())


def _rooted(found: Files, called: str) -> tuple[str, Files]:
    """The files below the folder that has the SKILL.md highest up."""
    roots = sorted(
        (PurePosixPath(path).parent for path in found if _is_skill(path)),
        key=lambda path: (len(path.parts), str(path)),
    )
    if not roots:
        raise NoSkillInside("There is no SKILL.md in it.", hint=_hint())
    root = roots[0]
    inner = {
        PurePosixPath(path).relative_to(root).as_posix(): body
        for path, body in found.items()
        if PurePosixPath(path).is_relative_to(root) and path != str(root)
    }
    return root.name or called, inner


def _is_skill(path: str) -> bool:
    return PurePosixPath(path).name == _SKILL and not path.startswith("__MACOSX/")


def _hint() -> str:
    return "Send a SKILL.md, or a zip of its folder."
