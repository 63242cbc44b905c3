"""What the knowledge base is made of and what a search returns. Loading is in `loader`, ranking in `search`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol


@dataclass(frozen=True)
class Source:
    """Where a passage's facts come from."""

    title: str
    section: str
    url: str | None = None


class Part(StrEnum):
    """The parts every framework topic has, beside its points."""

    SHORT = "short"
    MORE = "more"
    SERVICE_USERS = "service-users"
    STAFF = "staff"
    LEADS = "leads"
    EXAMPLE = "example"
    ACTIONS = "actions"


@dataclass(frozen=True)
class Passage:
    """One short piece of text that can be shown with its source.

    `id` is `<topic id>#<part>` or `<topic id>#<point id>`; `asks` are the phrasings it answers.
    """

    id: str
    topic: str
    title: str
    text: str
    sources: tuple[Source, ...]
    asks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Topic:
    """A topic of the framework, or a section of an organisation's own document."""

    id: str
    title: str
    section: str
    parts: Mapping[Part, Passage]
    points: tuple[Passage, ...] = ()
    related: tuple[str, ...] = ()
    phrasings: tuple[str, ...] = ()

    @property
    def short(self) -> Passage:
        return self.parts[Part.SHORT]


@dataclass(frozen=True)
class Term:
    """One entry of the glossary."""

    term: str
    meaning: str
    topic: str | None = None
    also: tuple[str, ...] = ()


class Decision(StrEnum):
    ANSWER = "answer"
    OFFER = "offer"
    DECLINE = "decline"


@dataclass(frozen=True)
class Hit:
    """A topic found, the passage of it that fits best, and how sure we are (0 to 1, calibrated)."""

    topic: str
    passage: str
    score: float


@dataclass(frozen=True)
class Found:
    """The result of one search.

    `hits` are ranked best first, one a topic, whatever the decision. When declining, `reply` is the id of the response in
    bot/domain.yml that says so (`utter_decline_clinical`, …).
    """

    decision: Decision
    hits: Sequence[Hit] = field(default_factory=tuple)
    reply: str | None = None


class KnowledgeBase(Protocol):
    """What the conversation needs of the knowledge base; tests use a small fake."""

    def search(self, text: str) -> Found: ...

    def topic(self, topic_id: str) -> Topic:
        """Raises KeyError for an id that is not known."""
        ...

    def passage(self, passage_id: str) -> Passage:
        """Raises KeyError for an id that is not known."""
        ...

    def explain(self, text: str) -> Term | None:
        """The glossary entry whose term is named in the text, longest first; None when there is none."""
        ...
