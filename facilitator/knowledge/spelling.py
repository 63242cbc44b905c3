"""Reads misspelt words as words of the knowledge base. Words that are words already are never touched."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from facilitator.knowledge.words import shared_lemmas

_WORD = re.compile(r"[A-Za-z]{4,}")
_REPEATED = re.compile(r"(\w)\1{2,}")


class Speller:
    """Args: vocabulary: the words that can be meant, in lower case."""

    def __init__(self, vocabulary: Sequence[str]) -> None:
        self._vocabulary = list(vocabulary)
        self._known = frozenset(vocabulary)

    def mend(self, text: str) -> str:
        """`text` with each unknown word replaced by the nearest word of the vocabulary, if one is near enough."""
        return _WORD.sub(lambda match: self._mend(match.group()), text)

    def _mend(self, word: str) -> str:
        lowered = word.lower()
        if self._is_word(lowered):
            return word
        shorter = _REPEATED.sub(r"\1\1", lowered)
        for guess in (shorter, _REPEATED.sub(r"\1", lowered)):
            if self._is_word(guess):
                return guess
        return self._nearest(shorter) or word

    def _nearest(self, word: str) -> str | None:
        """One slip (a letter more, less, other, or two swapped) in up to seven letters, two in longer words."""
        from rapidfuzz import process
        from rapidfuzz.distance import OSA

        allowed = 1 if len(word) < 8 else 2
        found = process.extractOne(word, self._vocabulary, scorer=OSA.distance, score_cutoff=allowed)
        # people rarely get the first letter wrong, and a name is easily one letter away from a word
        return found[0] if found and found[0][0] == word[0] else None

    def _is_word(self, word: str) -> bool:
        return word in self._known or word in _common_words() or shared_lemmas().knows(word)


@cache
def _common_words() -> frozenset[str]:
    """Whole words of the encoder's vocabulary: 20,000 common words and names that are not slips."""
    from facilitator.encoder.tokenizer import read_vocabulary

    return frozenset(piece for piece in read_vocabulary() if piece.isalpha())
