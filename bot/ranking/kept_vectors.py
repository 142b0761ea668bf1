"""Sentences' vectors kept on disk: examples are embedded once, not at every start."""

from collections.abc import Sequence
from hashlib import blake2b
from pathlib import Path
from tempfile import NamedTemporaryFile

import numpy as np

from agent.llm.embedder import Embedder, Vectors

_FEWEST = 64
"""Fewer texts at once are messages, not examples: quickly done and never seen again."""


class KeptVectors:
    """An embedder that remembers what it was given in bulk."""

    def __init__(self, embedder: Embedder, folder: Path) -> None:
        """Ask ``embedder`` for what no file in ``folder`` has."""
        self._embedder = embedder
        self._folder = folder

    def embed(self, texts: Sequence[str]) -> Vectors:
        """One row for each of ``texts``, of length one."""
        if len(texts) < _FEWEST:
            return self._embedder.embed(texts)
        held = self._read()
        missing = [text for text in dict.fromkeys(texts) if _key(text) not in held]
        if missing:
            made = self._embedder.embed(missing)
            held |= {_key(text): row for text, row in zip(missing, made, strict=True)}
            self._write(held)
        return np.stack([held[_key(text)] for text in texts])

    @property
    def _file(self) -> Path:
        return self._folder / "examples.npz"

    def _read(self) -> dict[str, Vectors]:
        if not self._file.is_file():
            return {}
        with np.load(self._file) as found:
            return dict(zip(found["keys"].tolist(), found["rows"], strict=True))

    def _write(self, held: dict[str, Vectors]) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        # Another process may read or write it: a file is whole or not there.
        with NamedTemporaryFile(dir=self._folder, suffix=".npz", delete=False) as made:
            np.savez(
                made, keys=np.array(list(held)), rows=np.stack(list(held.values()))
            )
        Path(made.name).replace(self._file)


def _key(text: str) -> str:
    return blake2b(text.encode("utf-8", "replace"), digest_size=16).hexdigest()
