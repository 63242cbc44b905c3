"""Weighted words: what a text is about by the letters on the page. Complements vectors, which blur rare words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from facilitator.knowledge.vectors import Floats
from facilitator.knowledge.words import lemmas, words

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

Analyse = Callable[[str], list[str]]
Row = tuple[NDArray[np.intp], Floats]


def lemma_terms(text: str) -> list[str]:
    """Lemmas, and pairs of neighbours ("say no" is not "no say")."""
    found = lemmas(text)
    return found + [f"{first} {second}" for first, second in pairwise(found)]


def letter_terms(text: str) -> list[str]:
    """Runs of two to five letters within words: half of a misspelt word is still spelt right."""
    return [run for word in words(text) for run in _runs(f" {word} ")]


def _runs(word: str) -> list[str]:
    return [word[start : start + size] for size in (2, 3, 4, 5) for start in range(max(1, len(word) - size + 1))]


@dataclass(frozen=True)
class TermWeights:
    """Inverse document frequencies of the terms of a set of texts; rows made with it have length 1."""

    analyse: Analyse
    columns: Mapping[str, int]
    rarity: Floats

    def row(self, text: str) -> Row:
        """Columns and weights of one text; both empty when no term is known."""
        return self._row(self.analyse(text))

    def _row(self, terms: Sequence[str]) -> Row:
        counts = Counter(self.columns[term] for term in terms if term in self.columns)
        places = np.fromiter(counts, dtype=np.intp, count=len(counts))
        weights = (1 + np.log(np.fromiter(counts.values(), dtype=np.float32, count=len(counts)))) * self.rarity[places]
        length = float(np.linalg.norm(weights))
        return places, (weights / length if length else weights).astype(np.float32)

    def rows(self, analysed: Sequence[Sequence[str]]) -> csr_matrix:
        """One row a text, given its terms."""
        from scipy.sparse import csr_matrix

        made = [self._row(terms) for terms in analysed]
        ends = np.cumsum([0, *(len(places) for places, _ in made)])
        places = np.concatenate([places for places, _ in made])
        weights = np.concatenate([weights for _, weights in made])
        return csr_matrix((weights, places, ends), shape=(len(made), len(self.rarity)))


def weigh_terms(texts: Sequence[str], analyse: Analyse, seen_at_least: int = 1) -> tuple[TermWeights, csr_matrix]:
    """Learn how rare each term is, and weigh the texts with it. Terms in fewer than `seen_at_least` texts are left out."""
    analysed = [analyse(text) for text in texts]
    spread = Counter(term for terms in analysed for term in set(terms))
    kept = [term for term, count in spread.items() if count >= seen_at_least]
    counts = np.array([spread[term] for term in kept], dtype=np.float32)
    rarity = (np.log((1 + len(texts)) / (1 + counts)) + 1).astype(np.float32)
    weights = TermWeights(analyse, {term: column for column, term in enumerate(kept)}, rarity)
    return weights, weights.rows(analysed)
