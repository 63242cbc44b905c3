"""Turns texts into the vectors that search compares."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from facilitator.knowledge.build import texts_of
from facilitator.knowledge.content import Content
from facilitator.knowledge.kept_vectors import read_kept
from facilitator.knowledge.vectors import LAYERS, Floats

if TYPE_CHECKING:
    from facilitator.encoder import SentenceEncoder

_MANY = 500  # texts; above this a build may use every core


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
        """Vectors of our own content: those that came with the code, and the rest worked out once and then kept."""
        known = {} if self._given else read_kept(texts)
        missing = [text for text in dict.fromkeys(texts) if text not in known]
        known.update(zip(missing, self.worked_out(missing), strict=True))
        return np.stack([known[text] for text in texts])

    def worked_out(self, texts: Sequence[str]) -> Floats:
        """The same, but as the model gives them, without those that came with the code."""
        from facilitator.encoder import SentenceEncoder

        cache = self._encoder.disk_cache(self._cache_file)
        if self._given or len(set(texts)) - len(cache.read(texts)) < _MANY:
            return self._encoder.encode(texts, cache)
        # thousands to do; the encoder is let go of afterwards, with its memory
        return SentenceEncoder(threads=os.cpu_count() or 1, remembered=0, layers=LAYERS).encode(texts, cache)

    @property
    def _encoder(self) -> SentenceEncoder:
        from facilitator.encoder import shared_encoder

        return self._given or shared_encoder(LAYERS)


def share_kept(content: Content) -> float:
    """The share of what a build encodes that came with the code."""
    texts = texts_of(content)
    return len(read_kept(texts)) / len(texts)
