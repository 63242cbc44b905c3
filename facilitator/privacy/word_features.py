"""What the lists and the spelling say about each word of a text, as numbers, for the second opinion."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from facilitator.privacy.lexicon import Lexicon
from facilitator.privacy.tokens import Word

Floats = NDArray[np.float32]

_LISTS = (
    "first",
    "rare_first",
    "last",
    "ambiguous_first",
    "ordinary_last",
    "ordinary",
    "places",
    "titles",
    "never",
    "small",
    "after",
    "speaks",
    "plants",
    "modals",
    "places_after",
    "particles",
    "owners",
    "times",
    "homely",
)
_REACH = 2  # neighbours on each side
_LONG = 12  # letters; longer words count as this long


class WordFeatures:
    """Numbers for words. Their order is part of the model's file: change both together."""

    def __init__(self, lexicon: Lexicon) -> None:
        ends = [
            frozenset(phrase[-1] for phrase in phrases) for phrases in (lexicon.roles, lexicon.before, lexicon.talking_to | lexicon.asked)
        ]
        self._sets: list[frozenset[str]] = [*(getattr(lexicon, name) for name in _LISTS), *ends]

    @property
    def width(self) -> int:
        """How many numbers a word has."""
        return (len(self._sets) + 16) * (2 * _REACH + 1) + 2

    def of(self, words: Sequence[Word]) -> Floats:
        """One row for each word, with its neighbours' numbers on both sides; shape (len(words), width)."""
        if not words:
            return np.zeros((0, self.width), dtype=np.float32)
        shouting = sum(word.shouted for word in words) * 2 > len(words)
        small = not any(word.capital for word in words)
        plain = np.array([self._alone(word, shouting=shouting, small=small) for word in words], dtype=np.float32)
        edge = np.zeros((_REACH, plain.shape[1]), dtype=np.float32)
        padded = np.vstack([edge, plain, edge])
        ends = np.zeros((len(words), 2), dtype=np.float32)
        ends[0, 0] = ends[-1, 1] = 1
        return np.hstack([*(padded[shift : shift + len(words)] for shift in range(2 * _REACH + 1)), ends])

    def _alone(self, word: Word, *, shouting: bool, small: bool) -> list[float]:
        between = set(word.between)
        return [
            *(word.folded in words for words in self._sets),
            word.capital,
            word.shouted,
            word.opens,
            word.owns,
            word.coded,
            word.text[0].isdigit(),
            len(word.text) == 1,
            min(len(word.text), _LONG) / _LONG,
            "," in between,
            bool(between & set(".!?")),
            bool(between & set("\n:")),
            bool(between & set("-'")),
            bool(between & set('("')),
            shouting,
            small,
            word.capital and not word.opens,
        ]
