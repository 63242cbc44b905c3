"""Words and parts of words as numbers: what sentence vectors blur ("not", "used to", "he") is told apart by these.

Like scikit-learn's TfidfVectorizer, but kept as plain arrays: the process that screens messages imports no
scikit-learn, and what was learned is stored without pickle.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

_WORDS = (1, 2, 3)
_LETTERS = (2, 3, 4)
_RAREST_WORDS, _RAREST_LETTERS = 2, 3  # terms in fewer lines than this are noise


class Terms:
    """A fixed list of terms with their weights."""

    def __init__(self, terms: Sequence[str], weights: NDArray[np.float32]) -> None:
        self.terms, self.weights = list(terms), weights
        self._index = {term: number for number, term in enumerate(self.terms)}

    @classmethod
    def learn(cls, texts: Sequence[str]) -> Terms:
        """The terms of `texts` that occur often enough, rarer ones weighing more."""
        counts: Counter[str] = Counter()
        for text in texts:
            counts.update(set(_terms(text)))
        kept = sorted(term for term, times in counts.items() if times >= (_RAREST_WORDS if term[0] == "w" else _RAREST_LETTERS))
        weights = [np.log((1 + len(texts)) / (1 + counts[term])) + 1 for term in kept]
        return cls(kept, np.asarray(weights, dtype=np.float32))

    def __len__(self) -> int:
        return len(self.terms)

    def weigh(self, text: str) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
        """Numbers of the known terms of `text` and their values; word terms and letter terms each have length 1."""
        places: list[NDArray[np.intp]] = []
        values: list[NDArray[np.float32]] = []
        for found in (_word_terms(text), _letter_terms(text)):
            counts = Counter(term for term in found if term in self._index)
            where = np.fromiter((self._index[term] for term in counts), dtype=np.intp, count=len(counts))
            value = (1 + np.log(np.fromiter(counts.values(), dtype=np.float32, count=len(counts)))) * self.weights[where]
            places.append(where)
            values.append(value / max(float(np.linalg.norm(value)), 1e-9))
        return np.concatenate(places), np.concatenate(values)


def _terms(text: str) -> Iterator[str]:
    yield from _word_terms(text)
    yield from _letter_terms(text)


def _word_terms(text: str) -> Iterable[str]:
    words = text.split()
    return [f"w{' '.join(words[at : at + size])}" for size in _WORDS for at in range(len(words) - size + 1)]


def _letter_terms(text: str) -> Iterable[str]:
    padded = [f" {word} " for word in text.split()]
    return [f"c{word[at : at + size]}" for word in padded for size in _LETTERS for at in range(len(word) - size + 1)]
