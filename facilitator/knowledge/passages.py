"""Chooses the passage of a topic that answers a question: its short answer or one of its points.

All of them compete on the same measures, each with the wordings written under it. When none is likely enough, the short answer is
said: it is never wrong, only general. How often this is right: docs/decisions/0006-knowledge-search.md.
"""

from __future__ import annotations

import numpy as np

from facilitator.knowledge.index import Index
from facilitator.knowledge.signals import Signals
from facilitator.knowledge.vectors import Floats

# From `python -m benchmarks.knowledge --calibrate`, on wordings held out.
WEIGHTS = (7.25, 2.22, 0.56, 2.51, 8.4)
_NEARLY_THE_SAME = 0.7
_LIKELY_ENOUGH = 0.25


def measures(index: Index, signals: Signals) -> Floats:
    """How a question fits each passage: passages × (meaning of its text, of its title, its words, its nearest wording, and how
    far that wording says nearly the same)."""
    asked = np.array([signals.near[places].max() if len(places) else 0.0 for places in index.asked], dtype=np.float32)
    words = index.passages.words.scores(signals.lemmas)
    return np.stack([signals.passages, signals.titles, words, asked, np.maximum(asked - _NEARLY_THE_SAME, 0)], axis=1)


def best_passages(index: Index, signals: Signals) -> list[str]:
    """The id of the passage to answer with, for each topic."""
    scores = measures(index, signals) @ np.array(WEIGHTS, dtype=np.float32)
    ends = [*index.passage_starts[1:], len(scores)]
    return [index.passages.ids[_best(scores, start, end)] for start, end in zip(index.passage_starts, ends, strict=True)]


def _best(scores: Floats, start: int, end: int) -> int:
    """The place of the best passage between `start`, where the short answer is, and `end`."""
    grown = np.exp(scores[start:end] - scores[start:end].max())
    likeliest = int(grown.argmax())
    return start + likeliest if grown[likeliest] >= _LIKELY_ENOUGH * grown.sum() else start
