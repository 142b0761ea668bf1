"""The files of one skill folder: text only, of bounded size, and nothing outside it."""

import os
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path, PurePosixPath

from agent.catalog.problem import Problem

MAX_FILE_BYTES = 256 * 1024
MAX_FILES = 64
MAX_TOTAL_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class FileEntry:
    """One file, by content."""

    path: str
    """Below the skill's folder, with ``/``."""
    sha256: str
    """Hexadecimal."""
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Folder:
    """A skill's files, read once: what was hashed is what was parsed."""

    root: Path
    texts: dict[str, str]
    files: tuple[FileEntry, ...]

    @property
    def name(self) -> str:
        """The folder's name, which must be the skill's."""
        return self.root.name

    @property
    def content_hash(self) -> bytes:
        """SHA-256 over every path and its hash, by path."""
        said = "".join(f"{file.path}\0{file.sha256}\n" for file in self.files)
        return sha256(said.encode()).digest()

    def path(self, file: str) -> str:
        """``file`` as a problem names it."""
        return f"{self.name}/{file}"


def read_folder(root: Path) -> tuple[Folder, list[Problem]]:
    """The text files of ``root``, and what is wrong with them. Follows no link."""
    problems: list[Problem] = []
    texts: dict[str, str] = {}
    entries: list[FileEntry] = []
    for path in _listing(root, problems):
        content = _content(root, path, problems)
        if content is None:
            continue
        texts[path] = content.decode("utf-8-sig", errors="replace")
        if "\0" in texts[path] or "\ufffd" in texts[path]:
            fault = "This is no UTF-8 text."
            problems.append(_problem(root, path, fault, "Save it as UTF-8."))
        entries.append(FileEntry(path, sha256(content).hexdigest(), len(content)))
    if sum(entry.size_bytes for entry in entries) > MAX_TOTAL_BYTES:
        fault = f"The folder holds more than {MAX_TOTAL_BYTES} bytes."
        problems.append(_problem(root, "", fault, "Shorten its references."))
    if "SKILL.md" not in texts and not problems:
        problems.append(_problem(root, "SKILL.md", "It is missing.", "Write it."))
    return Folder(root, texts, tuple(entries)), problems


def _listing(root: Path, problems: list[Problem]) -> list[str]:
    """The paths of the regular files below ``root``, sorted; links are refused."""
    if root.is_symlink():
        problems.append(_problem(root, "", "The folder is a link.", "Copy it here."))
        return []
    found: list[str] = []
    for folder, folders, files in os.walk(root):
        folders[:] = sorted(name for name in folders if name != "__pycache__")
        for name in [*folders, *files]:
            path = Path(folder, name)
            relative = PurePosixPath(path.relative_to(root)).as_posix()
            if path.is_symlink():
                mend = "Put the file itself here: a skill holds all it uses."
                problems.append(_problem(root, relative, "This is a link.", mend))
            elif path.is_file() and not name.startswith("."):
                found.append(relative)
        if len(found) > MAX_FILES:
            fault = f"The folder holds more than {MAX_FILES} files."
            problems.append(_problem(root, "", fault, "Remove what is not needed."))
            return []
    return sorted(found)


def _content(root: Path, path: str, problems: list[Problem]) -> bytes | None:
    try:
        # O_NOFOLLOW: a link put in place after the listing is still refused.
        file = os.open(root / path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
        with os.fdopen(file, "rb") as opened:
            content = opened.read(MAX_FILE_BYTES + 1)
    except OSError as bad:
        fault = f"It cannot be read: {bad.strerror}."
        problems.append(_problem(root, path, fault, "Mend its access rights."))
        return None
    if len(content) > MAX_FILE_BYTES:
        fault = f"It is larger than {MAX_FILE_BYTES} bytes."
        problems.append(_problem(root, path, fault, "Split it."))
        return None
    return content


def _problem(root: Path, path: str, fault: str, mend: str) -> Problem:
    return Problem(f"{root.name}/{path}".rstrip("/"), 0, fault, mend)
