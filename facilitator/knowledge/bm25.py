"""BM25 over lemmas, by bm25s: how well a question's words fit a topic's own words."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from facilitator.knowledge.words import content_lemmas

_NOTHING = "\x00"  # a word no question has: bm25s cannot index an empty text


class Bm25:
    """Scores of a fixed list of texts."""

    def __init__(self, retriever: Any, size: int) -> None:
        self._retriever, self._size = retriever, size
        self._known = retriever.vocab_dict

    @classmethod
    def over(cls, texts: Sequence[str]) -> Bm25:
        import bm25s

        retriever = bm25s.BM25(k1=1.2, b=0.75)
        retriever.index([content_lemmas(text) or [_NOTHING] for text in texts], show_progress=False)
        return cls(retriever, len(texts))

    def scores(self, question: Sequence[str]) -> NDArray[np.float32]:
        """One score a text for a question given as lemmas; zeros when no lemma is known."""
        known = [lemma for lemma in question if lemma in self._known]
        if not known:
            return np.zeros(self._size, dtype=np.float32)
        return np.asarray(self._retriever.get_scores(known), dtype=np.float32)

    def save(self, folder: Path) -> None:
        self._retriever.save(folder, show_progress=False)

    @classmethod
    def load(cls, folder: Path, size: int) -> Bm25:
        import bm25s

        return cls(bm25s.BM25.load(folder, show_progress=False), size)
