"""What the encoder makes of each word in its sentence: the states that are pooled away in a sentence vector."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from .layers import DIMENSIONS, Layers
from .tokenizer import encoded

Floats = NDArray[np.float32]
# early layers know the word, later ones what it does in the sentence
LAYERS = (2, 4, 6)
WIDTH = DIMENSIONS * len(LAYERS)


class WordStates:
    """States of words of one text. Loads on first use (about 0.3 s and 90 MB); one object serves several threads."""

    def __init__(self, threads: int = 1) -> None:
        self._model = Layers(LAYERS, threads)

    def read(self, text: str, spans: Sequence[tuple[int, int]]) -> tuple[Floats, NDArray[np.bool_]]:
        """For each span of characters the mean of its pieces' states, shape (len(spans), WIDTH), and whether it was read at all.

        A span has not been read where it lies behind the encoder's 256 pieces or has none; its row is zeros.
        Raises ModelFileError when the installed model is another file than the one that is pinned.
        """
        pieces_of = encoded(text)
        layers, _ = self._model.run([pieces_of.ids])
        states = np.hstack([layer[0] for layer in layers])
        rows, known = np.zeros((len(spans), WIDTH), dtype=np.float32), np.zeros(len(spans), dtype=np.bool_)
        pieces = [(place, start, end) for place, (start, end) in enumerate(pieces_of.offsets) if end > start]
        first = 0
        for row, (start, end) in enumerate(spans):  # both in order, so that no piece is looked at for every word
            while first < len(pieces) and pieces[first][2] <= start:
                first += 1
            behind = first
            while behind < len(pieces) and pieces[behind][1] < end:
                behind += 1
            if behind > first:
                rows[row] = states[[place for place, _, _ in pieces[first:behind]]].mean(axis=0)
                known[row] = True
        return rows, known

    def warm_up(self) -> None:
        """Load the model now."""
        self._model.warm_up()


@lru_cache(maxsize=1)
def shared_word_states() -> WordStates:
    """One for the process: the weights take 90 MB."""
    return WordStates()
