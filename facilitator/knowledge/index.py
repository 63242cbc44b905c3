"""The search index: everything learnt from the knowledge base, as arrays. Built in `build`, kept on disk by `shelf`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from facilitator.knowledge.bm25 import Bm25
from facilitator.knowledge.examples import Example, Labels
from facilitator.knowledge.lexical import TermWeights
from facilitator.knowledge.ridge import Ridge
from facilitator.knowledge.vectors import Floats


@dataclass(frozen=True)
class PassageIndex:
    """The passages that can be found, those of one topic together, its short answer first.

    `topics`: the topic number of each. `vectors`, `titles`: passages × 384, meaning alone, of text and of title.
    `words` ranks passages by their own words and their wordings.
    """

    ids: tuple[str, ...]
    topics: NDArray[np.intp]
    vectors: Floats
    titles: Floats
    words: Bm25


@dataclass(frozen=True)
class Index:
    """All that a search needs.

    `vectors`: examples × 768, in the order of `examples`. `starts`: where each label's examples begin; every label has some.
    `by_wording`: BM25 over each label's wordings. `by_topic`: BM25 over each topic's passages.
    """

    labels: Labels
    examples: tuple[Example, ...]
    starts: NDArray[np.intp]
    vectors: Floats
    lemma_weights: TermWeights
    letter_weights: TermWeights
    ridge: Ridge
    by_wording: Bm25
    by_topic: Bm25
    passages: PassageIndex
    vocabulary: tuple[str, ...]

    def __post_init__(self) -> None:
        # not for callers to get wrong: it is what lets examples be summed by label
        assert len(self.starts) == len(self.labels.all), "a label without examples cannot be learnt"

    @cached_property
    def passage_starts(self) -> NDArray[np.intp]:
        """Where each topic's passages begin."""
        return np.searchsorted(self.passages.topics, np.arange(len(self.labels.topics)))

    @cached_property
    def asked(self) -> list[NDArray[np.intp]]:
        """For each passage the examples it is known to answer."""
        by_passage: dict[str | None, list[int]] = {}
        for place, example in enumerate(self.examples):
            by_passage.setdefault(example.passage, []).append(place)
        return [np.array(by_passage.get(passage, ()), dtype=np.intp) for passage in self.passages.ids]
