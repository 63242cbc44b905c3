"""Searches the framework: which topic a question is about, how sure that is, and whether to answer, offer or decline."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from facilitator.knowledge.asked import DECLINED
from facilitator.knowledge.base import Decision, Found, Hit
from facilitator.knowledge.declined import DeclinedKind
from facilitator.knowledge.documents.search import DocumentIndex
from facilitator.knowledge.fusion import Likely, weigh
from facilitator.knowledge.index import Index
from facilitator.knowledge.passages import best_passages
from facilitator.knowledge.signals import Signals, read_signals
from facilitator.knowledge.spelling import Speller
from facilitator.knowledge.vectors import Floats
from facilitator.knowledge.written import ANSWERS_AT, OFFERED_AT, WrittenIndex

EncodeOne = Callable[[str], Floats]

# Chosen on held-out wordings of our own, then confirmed on the blind set (docs/decisions/0006-knowledge-search.md).
COVERED_AT_LEAST = 0.4  # below: decline
SURE_AT_LEAST = 0.85  # of being covered, to answer and not offer
TOPIC_AT_LEAST = 0.4  # of one topic against the others, to answer and not offer
GUARDED_AT_LEAST = 0.5  # of a question about someone's own care, health, benefits or rights: decline

# An organisation adds a document because it wants people answered from it, so a section that fits comes before the framework.
DOCUMENT_AT_LEAST = 0.6  # to be the answer, if the framework is no surer
DOCUMENT_WINS_AT = 0.7
DOCUMENT_OFFERED_AT = 0.45  # where the framework would decline

OFFERED = 3
_LONGEST = 320  # characters; a question is short, and the encoder's time grows with length
_SENTENCE = re.compile(r"[^.!?\n]+[.!?]*")


@dataclass(frozen=True)
class Look:
    """One search with its reasons, for people who want to know why. `read_as` differs from `text` where words were misspelt.

    `topics` and `kinds` name the rows of the signals and of `likely`.
    """

    text: str
    read_as: str
    topics: tuple[str, ...]
    kinds: tuple[str, ...]
    signals: Signals
    likely: Likely
    found: Found


class Searcher:
    """Searches one index. Immutable, so that a newer one can take its place while searches go on.

    Args:
        kinds: the declined kinds by id. encode: one text to a vector of length 1. documents: an organisation's own, if any. written:
            its coordinators' answers, if any.
    """

    def __init__(
        self,
        index: Index,
        kinds: Mapping[str, DeclinedKind],
        encode: EncodeOne,
        documents: DocumentIndex | None = None,
        written: WrittenIndex | None = None,
    ) -> None:
        self.index = index
        self._encode = encode
        self._documents = documents
        self._written = written
        self._kinds = [kinds[label.removeprefix(DECLINED)] for label in index.labels.kinds]

    def search(self, text: str) -> Found:
        return self.look(text).found

    def look(self, text: str) -> Look:
        """Search and keep the reasons. A text without letters is declined as not covered."""
        read_as = self._speller.mend(question_in(text))
        vector = self._encode(read_as or " ")
        signals = read_signals(self.index, read_as, vector)
        likely = weigh(self.index, signals)
        own = self._documents.hits(signals.lemmas, vector, self._rarity)[:OFFERED] if self._documents else []
        labels = self.index.labels
        written = [hit for hit in self._written.hits(vector) if hit.score >= OFFERED_AT][:OFFERED] if self._written else []
        found = self._decide(read_as, likely, self._hits(signals, likely), own, written)
        return Look(text, read_as, labels.topics, labels.kinds, signals, likely, found)

    @cached_property
    def _speller(self) -> Speller:
        return Speller(self.index.vocabulary)

    def _decide(self, text: str, likely: Likely, hits: Sequence[Hit], own: Sequence[Hit], written: Sequence[Hit]) -> Found:
        kind, guarded = self._refusal(likely)
        if not any(letter.isalpha() for letter in text):
            return Found(Decision.DECLINE, hits, self._reply("uncovered"))
        if guarded >= GUARDED_AT_LEAST:
            return Found(Decision.DECLINE, hits, kind.reply)
        ranked = sorted([*written, *own, *hits], key=lambda hit: -hit.score)
        if written and written[0].score >= ANSWERS_AT:
            # somebody wrote it for this very question
            return Found(Decision.ANSWER, [written[0], *(hit for hit in ranked if hit is not written[0])])
        best = own[0].score if own else 0.0
        if best >= DOCUMENT_WINS_AT or best >= max(DOCUMENT_AT_LEAST, hits[0].score):
            return Found(Decision.ANSWER, [own[0], *(hit for hit in ranked if hit is not own[0])])
        if likely.covered < COVERED_AT_LEAST and written:
            return Found(Decision.OFFER, [*written, *(hit for hit in own if hit.score >= DOCUMENT_OFFERED_AT)])
        if likely.covered < COVERED_AT_LEAST:
            return Found(Decision.OFFER, ranked) if best >= DOCUMENT_OFFERED_AT else Found(Decision.DECLINE, hits, kind.reply)
        if likely.covered >= SURE_AT_LEAST and float(likely.topics.max()) >= TOPIC_AT_LEAST:
            return Found(Decision.ANSWER, hits)
        return Found(Decision.OFFER, ranked)

    def _refusal(self, likely: Likely) -> tuple[DeclinedKind, float]:
        """The likeliest kind, and how likely any guarded kind is. Once a guarded kind is likely, it is the reply."""
        shares = [(float(share), kind) for share, kind in zip(likely.kinds, self._kinds, strict=True)]
        guarded = (1 - likely.covered) * sum(share for share, kind in shares if kind.guarded)
        among = [pair for pair in shares if pair[1].guarded] if guarded >= GUARDED_AT_LEAST else shares
        return max(among, key=lambda pair: pair[0])[1], guarded

    def _rarity(self, lemma: str) -> float:
        """How much a lemma says; one that nobody has asked with says most."""
        weights = self.index.lemma_weights
        return float(weights.rarity[weights.columns[lemma]]) if lemma in weights.columns else self._rarest

    @cached_property
    def _rarest(self) -> float:
        return float(self.index.lemma_weights.rarity.max())

    def _reply(self, kind_id: str) -> str | None:
        return next((kind.reply for kind in self._kinds if kind.id == kind_id), None)

    def _hits(self, signals: Signals, likely: Likely) -> tuple[Hit, ...]:
        best = best_passages(self.index, signals)
        ranked = np.argsort(-likely.topics, kind="stable")
        return tuple(Hit(self.index.labels.topics[n], best[n], float(likely.covered * likely.topics[n])) for n in ranked)


def question_in(text: str) -> str:
    """The part of a message to search with: all of a short one; of a long one its last question, or else its beginning."""
    text = " ".join(text.split())
    if len(text) <= _LONGEST:
        return text
    questions = [sentence.strip() for sentence in _SENTENCE.findall(text) if sentence.strip().endswith("?")]
    return (questions[-1] if questions else text)[:_LONGEST]
