"""Weights learnt from examples: ridge regression of "is it this skill's" on features.

With few features (concepts, a sentence's vector) the normal equations are solved. With
many more features than examples (words, letters) their twin over examples is, by some
steps of conjugate gradients; stopping early smooths, as the ridge itself does.

Source: Saunders, Gammerman, Vovk 1998 (ridge in dual variables); Hestenes, Stiefel
1952 (conjugate gradients).
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from bot.ranking.features import Floats, Ids, Row

STEPS = 10
COMMON = 96
"""A feature of so many examples is multiplied densely, a rarer one by pairs."""


class Sparse(NamedTuple):
    """Rows laid end to end."""

    ids: Ids
    weights: Floats
    owners: Ids
    """The row that each entry belongs to."""
    rows: int
    columns: int


def stacked(rows: Sequence[Row], columns: int) -> Sparse:
    """``rows`` as one matrix of ``columns`` features."""
    sizes = [len(row.ids) for row in rows]
    return Sparse(
        np.concatenate([row.ids for row in rows]),
        np.concatenate([row.weights for row in rows]),
        np.repeat(np.arange(len(rows)), sizes),
        len(rows),
        columns,
    )


def by_features(seen: Sparse, wanted: Floats, trust: Floats, smooth: float) -> Floats:
    """``[features, skills]``, solved over features: for few of them.

    ``wanted`` is ``[rows, skills]``; ``trust`` weighs the rows.
    """
    return by_columns(dense(seen), wanted, trust, smooth)


def by_columns(seen: Floats, wanted: Floats, trust: Floats, smooth: float) -> Floats:
    """The same for rows that are dense: ``[rows, features]``."""
    weighed = seen.T * trust
    gram = weighed @ seen + smooth * np.eye(seen.shape[1], dtype=np.float32)
    found: Floats = np.linalg.solve(gram, weighed @ wanted)
    return found


def by_examples(seen: Sparse, wanted: Floats, trust: Floats, smooth: float) -> Floats:
    """``[features, skills]``, solved over rows: for many features."""
    gram = likeness(seen)
    gram[np.diag_indices_from(gram)] += smooth / trust
    return spread(seen, _solved(gram, wanted))


def by_few(seen: Sparse, wanted: Floats, smooth: float) -> Floats:
    """``[features, skills]``, solved exactly over a handful of rows."""
    gram = likeness(seen)
    gram[np.diag_indices_from(gram)] += smooth
    return spread(seen, np.linalg.solve(gram, wanted))


def dense(seen: Sparse) -> Floats:
    """``[rows, columns]``, with its zeros."""
    found = np.zeros((seen.rows, seen.columns), np.float32)
    found[seen.owners, seen.ids] = seen.weights
    return found


def likeness(seen: Sparse) -> Floats:
    """``[rows, rows]``: the inner product of each row with each."""
    order = np.argsort(seen.ids, kind="stable")
    owners, weights = seen.owners[order], seen.weights[order]
    counts = np.bincount(seen.ids, minlength=seen.columns)
    begins = np.cumsum(counts) - counts
    common = np.flatnonzero(counts >= COMMON)
    place = np.full(seen.columns, -1)
    place[common] = np.arange(len(common))
    kept = place[seen.ids] >= 0
    often = np.zeros((seen.rows, len(common)), np.float32)
    often[seen.owners[kept], place[seen.ids[kept]]] = seen.weights[kept]
    gram: Floats = often @ often.T
    flat = gram.reshape(-1)
    for count in range(1, COMMON):
        at = begins[counts == count][:, None] + np.arange(count)
        who, much = owners[at], weights[at]
        pairs = who[:, :, None] * seen.rows + who[:, None, :]
        np.add.at(flat, pairs.ravel(), (much[:, :, None] * much[:, None, :]).ravel())
    return gram


def spread(seen: Sparse, shares: Floats) -> Floats:
    """``[features, skills]``: what each feature has of its rows' ``shares``."""
    # A count a skill: four times as quick as one addition of whole rows.
    found = np.empty((seen.columns, shares.shape[1]), np.float32)
    for skill, share in enumerate(np.ascontiguousarray(shares.T)):
        given = seen.weights * share[seen.owners]
        found[:, skill] = np.bincount(seen.ids, given, seen.columns)
    return found


def _solved(gram: Floats, wanted: Floats) -> Floats:
    """A few steps towards ``gram^-1 wanted``, every column for itself."""
    found = np.zeros_like(wanted)
    left = wanted.copy()
    heading = left.copy()
    size = (left * left).sum(axis=0)
    for _ in range(STEPS):
        moved = gram @ heading
        length = size / np.maximum((heading * moved).sum(axis=0), np.float32(1e-12))
        found += length * heading
        left -= length * moved
        rest = (left * left).sum(axis=0)
        heading = left + rest / np.maximum(size, np.float32(1e-12)) * heading
        size = rest
    return found
