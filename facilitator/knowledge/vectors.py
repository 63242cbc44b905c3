"""Sentence vectors as search uses them: layers 3 and 6 of the encoder, side by side.

The last layer says what a text means; the third still knows how it was worded, which lifts the ridge regression by about one question
in a hundred (docs/decisions/0006-knowledge-search.md). Nearness of meaning is always taken from the last layer alone.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from facilitator.encoder import SentenceEncoder

Floats = NDArray[np.float32]

LAYERS = (3, 6)
_HALF = 384
_MANY = 500  # texts; above this a build may use every core


def similarities(rows: Floats, vector: Floats) -> tuple[Floats, Floats]:
    """Cosine of `vector` with each row: over both layers, and of meaning alone."""
    meaning = rows[:, _HALF:] @ vector[_HALF:]
    return rows[:, :_HALF] @ vector[:_HALF] + meaning, meaning * len(LAYERS)


def meaning(vectors: Floats) -> Floats:
    """The last layer's part of vectors, brought back to length 1."""
    return np.ascontiguousarray(vectors[..., _HALF:]) * np.float32(np.sqrt(len(LAYERS)))


class Vectors:
    """Turns texts into vectors.

    Args:
        cache_file: where vectors of our own content are kept. encoder: one with LAYERS; the process's own if not given.
    """

    def __init__(self, cache_file: Path, encoder: SentenceEncoder | None = None) -> None:
        self._cache_file = cache_file
        self._given = encoder

    def of_question(self, text: str) -> Floats:
        """The vector of what someone typed. Never kept on disk."""
        return self._encoder.encode_one(text)

    def of_content(self, texts: Sequence[str]) -> Floats:
        """Vectors of our own content, each worked out once and then kept."""
        from facilitator.encoder import SentenceEncoder

        cache = self._encoder.disk_cache(self._cache_file)
        if self._given or len(set(texts)) - len(cache.read(texts)) < _MANY:
            return self._encoder.encode(texts, cache)
        # a first build has thousands to do; its encoder is let go of afterwards, with its memory
        return SentenceEncoder(threads=os.cpu_count() or 1, remembered=0, layers=LAYERS).encode(texts, cache)

    @property
    def _encoder(self) -> SentenceEncoder:
        from facilitator.encoder import shared_encoder

        return self._given or shared_encoder(LAYERS)
