"""What a sentence means as numbers, behind a port.

The router ranks skills by words; where an embedder is installed it ranks them by
meaning, too. Nothing breaks without one.
"""

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

DIMENSIONS = 384
"""The length of one sentence's vector."""

Vectors = NDArray[np.float32]
"""``[texts, DIMENSIONS]``, each row of length one."""


class Embedder(Protocol):
    """Turns sentences into vectors; like meanings lie close together."""

    def embed(self, texts: Sequence[str]) -> Vectors:
        """One row for each of ``texts``, of length one. Safe to call from threads."""
        ...


def cosine(left: Vectors, right: Vectors) -> NDArray[Any]:
    """How alike each row of ``left`` is to each of ``right``: -1 to 1."""
    return left @ right.T
