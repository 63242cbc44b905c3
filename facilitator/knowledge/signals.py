"""What speaks for each label, given a question: five signals, which `fusion` weighs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from facilitator.knowledge.index import Index
from facilitator.knowledge.vectors import Floats, meaning, similarities
from facilitator.knowledge.words import content_lemmas

NAMES = ("learnt", "near", "wording", "topic", "passage")
_NEARNESS = 0.05  # cosine; within it a wording says nearly the same thing
_BEST = 3


@dataclass(frozen=True)
class Signals:
    """`table`: labels × NAMES. `near`: cosine of meaning with every example; `passages`, `titles`: with every passage and its title.
    `lemmas`: of the question.
    """

    table: Floats
    near: Floats
    passages: Floats
    titles: Floats
    lemmas: Sequence[str]


def read_signals(index: Index, text: str, vector: Floats) -> Signals:
    """All signals of one question.

    learnt: kernel ridge score · near: log share of the wordings nearest in meaning · wording: BM25 over the label's wordings ·
    topic: BM25 over the topic's passages · passage: mean cosine of the topic's three nearest passages. The last two are 0 for kinds.
    """
    found = content_lemmas(text)
    alike, near = similarities(index.vectors, vector)
    meant = meaning(vector)
    passages = index.passages.vectors @ meant
    table = np.zeros((len(index.labels.all), len(NAMES)), dtype=np.float32)
    table[:, 0] = index.ridge.scores(alike, index.lemma_weights.row(text), index.letter_weights.row(text))
    table[:, 1] = _near(index, near)
    table[:, 2] = index.by_wording.scores(found) / 5
    topics = len(index.labels.topics)
    table[:topics, 3] = index.by_topic.scores(found) / 5
    table[:topics, 4] = _nearest_passages(index, passages)
    return Signals(table, near, passages, index.passages.titles @ meant, found)


def _near(index: Index, nearness: Floats) -> Floats:
    closeness = np.exp((nearness - nearness.max()) / _NEARNESS)
    by_label = np.add.reduceat(closeness, index.starts)
    return np.asarray(np.log(by_label / by_label.sum() + 1e-6), dtype=np.float32)


def _nearest_passages(index: Index, similarities: Floats) -> Floats:
    """Mean of each topic's best few; passages of one topic stand together."""
    groups = np.split(similarities, index.passage_starts[1:])
    return np.array([np.sort(group)[-_BEST:].mean() for group in groups], dtype=np.float32)
