"""Kernel ridge regression onto classes, with probabilities calibrated by leave-one-out. Pure numpy and scipy.

A message is compared with every training example: a Gaussian kernel on sentence vectors, plus a little of the words
they share (cosine of tf-idf). Each example has a learned weight for each class; the weighted sum of likenesses is the
class's score. It is solved exactly, in one step, without random starts: the same examples give the same model.

Why this and not logistic regression, and where the constants come from: docs/decisions/0005-intent-pipeline.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import linalg, sparse
from scipy.optimize import minimize_scalar
from scipy.special import logsumexp, softmax

Floats = NDArray[np.float32]
# How many examples are left out, at most, to see how sure the model may be: that is one number, the temperature.
LEFT_OUT = 2000


@dataclass(frozen=True)
class Settings:
    """`gamma`: how fast likeness fades with distance. `ridge`: how much single examples are distrusted. `words`: the
    weight of shared words against meaning. `dimensions`: how many of the vectors' main directions are kept."""

    gamma: float = 3.0
    ridge: float = 0.1
    words: float = 0.1
    dimensions: int = 512


@dataclass(frozen=True)
class KernelRidge:
    """A trained classifier of c classes: n examples in d directions, v words."""

    gamma: float
    temperature: float  # what scores are multiplied by before softmax
    directions: Floats  # (vector length, d)
    examples: Floats  # (n, d)
    weights: Floats  # (n, c)
    word_rarity: Floats  # (v,): inverse document frequency
    word_weights: Floats  # (v, c)

    def probabilities(self, vectors: Floats, counts: sparse.csr_matrix | None) -> Floats:
        """Class probabilities, shape (m, c), of m unit vectors and their word counts (m, v), if there are any."""
        scores = _likeness(vectors @ self.directions, self.examples, self.gamma) @ self.weights
        if counts is not None:
            scores = scores + np.stack([self._word_scores(counts, row) for row in range(counts.shape[0])])
        return np.asarray(softmax(self.temperature * scores, axis=1), dtype=np.float32)

    def _word_scores(self, counts: sparse.csr_matrix, row: int) -> Floats:
        # what `_rarities(counts) @ word_weights` gives, without scipy's milliseconds of bookkeeping
        here = slice(counts.indptr[row], counts.indptr[row + 1])
        words = counts.indices[here]
        values = (1 + np.log(counts.data[here])) * self.word_rarity[words]
        length = max(float(np.linalg.norm(values)), 1e-9)
        return np.asarray(values @ self.word_weights[words] / length, dtype=np.float32)


@dataclass(frozen=True)
class Training:
    """What training found out: the model, and how often the class was right of an example (of up to LEFT_OUT) that was left out."""

    model: KernelRidge
    left_out_accuracy: float


def train(vectors: Floats, counts: sparse.csr_matrix | None, classes: NDArray[np.intp], settings: Settings) -> Training:
    """Learn from unit vectors (n, length), word counts (n, v) or None, and class numbers (n,), from 0 without gaps.

    Classes weigh the same however many examples they have. Takes about n³/3 operations, and n² for each example that is left out.
    """
    words = sparse.csr_matrix((len(classes), 0)) if counts is None else counts
    rarity = _word_rarity(words)
    shared = _rarities(words, rarity)
    directions = _main_directions(vectors, settings.dimensions)
    examples = vectors @ directions
    kernel = _likeness(examples, examples, settings.gamma)
    kernel += np.float32(settings.words) * (shared @ shared.T).toarray()
    sizes = np.bincount(classes)
    # an example of a class twice the usual size is distrusted twice as much
    kernel[np.diag_indices(len(kernel))] += settings.ridge * sizes[classes] * len(sizes) / len(classes)
    targets = (np.eye(len(sizes))[classes] - 1 / len(sizes)).astype(np.float32)
    factor, _ = linalg.cho_factor(kernel, lower=True, overwrite_a=True)
    weights = np.asarray(linalg.cho_solve((factor, True), targets), dtype=np.float32)
    # what these would score had they been left out one at a time, exactly and without training again
    some = np.arange(0, len(classes), -(-len(classes) // LEFT_OUT))
    left_out = targets[some] - weights[some] / _inverse_diagonal(factor, some)[:, None]
    model = KernelRidge(
        settings.gamma,
        _temperature(left_out.astype(np.float64), classes[some]),
        directions,
        examples,
        weights,
        rarity,
        np.asarray(settings.words * (shared.T @ weights), dtype=np.float32),
    )
    return Training(model, float((left_out.argmax(axis=1) == classes[some]).mean()))


def to_arrays(model: KernelRidge) -> dict[str, NDArray[Any]]:
    """Plain arrays, which `numpy.savez` keeps without pickle."""
    return {name: np.asarray(value) for name, value in vars(model).items()}


def from_arrays(arrays: Any) -> KernelRidge:
    """The model `to_arrays` was given."""
    tables = {name: arrays[name] for name in ("directions", "examples", "weights", "word_rarity", "word_weights")}
    return KernelRidge(gamma=float(arrays["gamma"]), temperature=float(arrays["temperature"]), **tables)


def _likeness(left: Floats, right: Floats, gamma: float) -> Floats:
    """exp(-gamma/2 · distance²) for unit vectors: 1 for the same meaning."""
    return np.asarray(np.exp(np.float32(gamma) * (left @ right.T - 1)), dtype=np.float32)


def _main_directions(vectors: Floats, wanted: int) -> Floats:
    """Orthonormal directions that hold most of what sets the examples apart, shape (length, d).

    Serving compares a message with every example: with 512 directions rather than 2,304 that is 7 MB to read and not
    31, at the same accuracy.
    """
    length = vectors.shape[1]
    if wanted >= length:
        return np.eye(length, dtype=np.float32)
    spread = vectors.T @ vectors
    _, found = linalg.eigh(spread, subset_by_index=[length - wanted, length - 1])
    return np.ascontiguousarray(found, dtype=np.float32)


def _word_rarity(counts: sparse.csr_matrix) -> Floats:
    seen_in = np.bincount(counts.indices, minlength=counts.shape[1])
    return np.asarray(np.log((1 + counts.shape[0]) / (1 + seen_in)) + 1, dtype=np.float32)


def _rarities(counts: sparse.csr_matrix, rarity: Floats) -> sparse.csr_matrix:
    """tf-idf with rows of length 1; a row without known words stays empty."""
    rows = counts.astype(np.float32).tocsr()
    rows.data = (1 + np.log(rows.data)) * rarity[rows.indices]
    lengths = np.sqrt(rows.multiply(rows).sum(axis=1).A1)
    return sparse.diags(1 / np.maximum(lengths, 1e-9)) @ rows


def _inverse_diagonal(factor: Floats, rows: NDArray[np.intp]) -> Floats:
    """These of the diagonal of the inverse of a matrix, of which `factor` is the lower Cholesky factor."""
    chosen = np.zeros((len(factor), len(rows)), dtype=np.float32, order="F")
    chosen[rows, np.arange(len(rows))] = 1
    return np.asarray((linalg.solve_triangular(factor, chosen, lower=True, overwrite_b=True) ** 2).sum(axis=0))


def _temperature(scores: NDArray[np.floating[Any]], classes: NDArray[np.intp]) -> float:
    """The factor that makes probabilities as sure as they are right on examples that were left out."""
    right = scores[np.arange(len(classes)), classes]

    def surprise(log_factor: float) -> float:
        scaled = np.exp(log_factor) * scores
        return float((logsumexp(scaled, axis=1) - np.exp(log_factor) * right).mean())

    return float(np.exp(minimize_scalar(surprise, bounds=(0.0, 4.0), method="bounded").x))
