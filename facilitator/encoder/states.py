"""What the encoder makes of each word in its sentence: the states that are pooled away in a sentence vector."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from .encoder import _OUTPUTS, DIMENSIONS, _open_session
from .tokenizer import shared_tokenizer

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

Floats = NDArray[np.float32]
# early layers know the word, later ones what it does in the sentence
LAYERS = (2, 4, 6)
WIDTH = DIMENSIONS * len(LAYERS)


class WordStates:
    """States of words of one text. Loads on first use (about 0.3 s and 90 MB); one object serves several threads."""

    def __init__(self, threads: int = 1) -> None:
        self._threads = threads
        self._lock = threading.Lock()
        self._session: InferenceSession | None = None

    def read(self, text: str, spans: Sequence[tuple[int, int]]) -> tuple[Floats, NDArray[np.bool_]]:
        """For each span of characters the mean of its pieces' states, shape (len(spans), WIDTH), and whether it was read at all.

        A span has not been read where it lies behind the encoder's 256 pieces or has none; its row is zeros.
        Raises ModelFileError when the installed model is another file than the one that is pinned.
        """
        # half a surrogate pair becomes a question mark, so that every place stays what it was
        encoded = shared_tokenizer().encode(text.encode("utf-8", "replace").decode("utf-8"))
        ids = np.array([encoded.ids], dtype=np.int64)
        feed = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}
        layers = self._loaded().run([_OUTPUTS[layer] for layer in LAYERS], feed)
        states = np.hstack([np.asarray(layer[0], dtype=np.float32) for layer in layers])
        rows, known = np.zeros((len(spans), WIDTH), dtype=np.float32), np.zeros(len(spans), dtype=np.bool_)
        pieces = [(place, start, end) for place, (start, end) in enumerate(encoded.offsets) if end > start]
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
        self._loaded()

    def _loaded(self) -> InferenceSession:
        if self._session is None:
            with self._lock:
                if self._session is None:
                    self._session = _open_session(self._threads, LAYERS)
        return self._session


@lru_cache(maxsize=1)
def shared_word_states() -> WordStates:
    """One for the process: the weights take 90 MB."""
    return WordStates()
