"""Chooses the passage of a topic that answers a question: one of its points when one stands out, and else its short answer.

A short answer is near everything its topic says, so it would win or lose against all points alike; instead it is what is said
when no point is likely enough. On held-out wordings a point is then shown two times in three, and is the right one in seven of ten.
"""

from __future__ import annotations

import numpy as np

from facilitator.knowledge.index import Index
from facilitator.knowledge.signals import Signals
from facilitator.knowledge.vectors import Floats

# From `python -m benchmarks.knowledge --calibrate`; the last is set by hand, so that a wording we wrote finds the point it was written for.
WEIGHTS = (8.3, 2.7, 0.57, 1.2, 6.0)
_NEARLY_THE_SAME = 0.7
_STANDS_OUT = 0.4


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
    points = scores[start + 1 : end]
    if not len(points):
        return start
    grown = np.exp(points - points.max())
    return start + 1 + int(points.argmax()) if grown.max() / grown.sum() >= _STANDS_OUT else start
