"""Kernel ridge regression from wordings to labels, over three views of a text: its vector, its lemmas and its letters.

Against logistic regression over the same vectors it ranks the right topic first far more often (0.81 against 0.68 on the blind set),
has one closed-form solution, and trains in seconds. Figures: docs/decisions/0006-knowledge-search.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from facilitator.knowledge.lexical import Row
from facilitator.knowledge.vectors import Floats

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix


# Chosen by five-fold cross-validation on our own wordings; the figures hardly move within half and double of each.
REACH = 0.2  # how far in cosine a wording's influence reaches
LEMMAS, LETTERS = 0.5, 0.5
NOISE = 1.0

_BLOCK = 1024


@dataclass(frozen=True)
class Ridge:
    """`alphas`: examples × labels. `lemmas`, `letters`: terms × labels."""

    alphas: Floats
    lemmas: Floats
    letters: Floats

    def scores(self, similarities: Floats, lemma_row: Row, letter_row: Row) -> Floats:
        """How much a text belongs to each label, about 0 to 1. `similarities`: its cosine with every example."""
        scores = influence(similarities) @ self.alphas
        for (places, weights), learnt in ((lemma_row, self.lemmas), (letter_row, self.letters)):
            scores = scores + weights @ learnt[places]
        return np.asarray(scores, dtype=np.float32)


def influence(similarities: Floats) -> Floats:
    return np.asarray(np.exp((similarities - 1) / REACH), dtype=np.float32)


def fit_ridge(vectors: Floats, lemma_rows: csr_matrix, letter_rows: csr_matrix, targets: Floats) -> Ridge:
    """Solve for the weights. Takes 2 n² bytes of memory for n examples, and n³/3 multiplications.

    Args:
        vectors: n rows of length 1. targets: n × labels, 1 where the example has the label.
    """
    import scipy.linalg  # noqa: F401 - its library of routines has to be there to be limited
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    # on two cores that other processes use, OpenBLAS's threads wait for each other: 14 s of processor time instead of 7
    with threadpool_limits(1, user_api="blas"):
        return _solve(vectors, lemma_rows, letter_rows, targets)


def _solve(vectors: Floats, lemma_rows: csr_matrix, letter_rows: csr_matrix, targets: Floats) -> Ridge:
    from scipy.linalg import cho_factor, cho_solve
    from scipy.sparse import hstack

    terms = hstack([lemma_rows * LEMMAS**0.5, letter_rows * LETTERS**0.5], format="csr")
    # only the upper half is filled, and only that is read: pages of the lower half are never touched
    kernel = np.zeros((len(vectors), len(vectors)), dtype=np.float32)
    for start in range(0, len(vectors), _BLOCK):
        rows = slice(start, start + _BLOCK)
        kernel[rows, start:] = influence(vectors[rows] @ vectors[start:].T)
        kernel[rows, start:] += (terms[rows] @ terms[start:].T).toarray()
    kernel[np.diag_indices(len(kernel))] += NOISE
    # the transposed view is what LAPACK calls the lower half, so it works in place, without a copy
    factor = cho_factor(kernel.T, lower=True, overwrite_a=True, check_finite=False)
    alphas = cho_solve(factor, targets, check_finite=False).astype(np.float32)
    learnt = [np.asarray(weight * (rows.T @ alphas), dtype=np.float32) for weight, rows in ((LEMMAS, lemma_rows), (LETTERS, letter_rows))]
    return Ridge(alphas, *learnt)
