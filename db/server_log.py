"""What the embedded PostgreSQL has to say: one file, and the one before it."""

import os
import shutil
from pathlib import Path
from typing import BinaryIO


class LogFile:
    """A log that a child process writes and we keep small."""

    def __init__(self, path: Path, *, limit_bytes: int = 10 * 2**20) -> None:
        """Use ``path``; nothing is made before it is opened."""
        self._path = path
        self._limit_bytes = limit_bytes

    def open(self) -> BinaryIO:
        """Return the file to hand to the child, after the limit is seen to."""
        self._path.touch(mode=0o600)
        self.rotate()
        return self._path.open("ab")

    def size_bytes(self) -> int:
        """Return how much there is; an offset for ``since``."""
        return self._path.stat().st_size if self._path.exists() else 0

    def since(self, offset: int) -> str:
        """Return what was written after ``offset``."""
        with self._path.open("rb") as file:
            file.seek(offset if offset <= self.size_bytes() else 0)
            return file.read().decode(errors="replace")

    def rotate(self) -> None:
        """Keep one old log when this one has grown too long.

        Copied and emptied, since the child holds the file open, for appending.
        """
        if self.size_bytes() > self._limit_bytes:
            shutil.copyfile(self._path, self._path.with_name(f"{self._path.name}.1"))
            os.truncate(self._path, 0)
