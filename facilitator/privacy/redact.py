"""Takes personal details out of what people type, before anything is stored or passed on."""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from facilitator.privacy.entities import PLACEHOLDERS, PRECEDENCE, Entity, EntityType
from facilitator.privacy.lexicon import load_lexicon
from facilitator.privacy.names import NameFinder, looks_like_full_name
from facilitator.privacy.plain import read_plainly
from facilitator.privacy.tokens import read_words

if TYPE_CHECKING:
    from presidio_analyzer import AnalyzerEngine

__all__ = ["Redacted", "Redactor", "looks_like_full_name"]


_LOOKS = 4


@dataclass(frozen=True)
class Redacted:
    """The text with placeholders, and where in the *original* text each detail stood (never the details)."""

    text: str
    entities: tuple[Entity, ...] = ()


class Redactor:
    """Loads on first use (or `warm_up`, about 3 s); one object serves several threads.

    Args:
        kept: names that may stay, such as an organisation's own wards and services.
    """

    def __init__(self, kept: Iterable[str] = ()) -> None:
        self._kept = tuple(kept)
        self._lock = threading.Lock()
        self._engine: AnalyzerEngine | None = None

    def warm_up(self) -> None:
        """Load the models and the word lists now.

        Raises:
            ContentError: a list or the second opinion's weights cannot be read.
            ModelFileError: the installed encoder is not the one that is pinned.
        """
        from facilitator.encoder.states import shared_word_states

        self.redact("hello")
        shared_word_states().warm_up()

    def redact(self, text: str, pseudonym: str | None = None, *, own: Sequence[str] = (), staying: Collection[EntityType] = ()) -> Redacted:
        """Replace every detail found; `pseudonym` is the name the person gave themselves here, and stays.

        `own` are texts whose details may stay, such as the writer's name and the organisation's contact, and `staying` whole kinds.
        The result is looked through again until nothing more is found, for a placeholder can bring out the name beside it. So redacting
        what was redacted changes nothing.
        """
        draft = _Draft.of(text)
        for _ in range(_LOOKS):
            found = [
                entity
                for entity in self._look(draft.text, pseudonym)
                if entity.type not in staying and not any(_is_part(draft.text[entity.start : entity.end], each) for each in own)
            ]
            if not found:
                break
            draft = draft.without(found)
        return Redacted(draft.text, draft.entities)

    def find(self, text: str, pseudonym: str | None = None) -> tuple[Entity, ...]:
        """The details in `text`, in order, none overlapping."""
        return self.redact(text, pseudonym).entities

    def _look(self, text: str, pseudonym: str | None) -> tuple[Entity, ...]:
        from facilitator.privacy.engine import analyze

        plain = read_plainly(text)
        if not plain.text.strip():
            return ()
        found = _without_overlaps(analyze(self._loaded(), plain.text))
        if pseudonym:
            own = [word.folded for word in read_words(read_plainly(pseudonym).text)]
            found = tuple(e for e in found if [word.folded for word in read_words(plain.text[e.start : e.end])] != own)
        return tuple(plain.in_original(entity) for entity in found)

    def _loaded(self) -> AnalyzerEngine:
        if self._engine is None:
            with self._lock:
                if self._engine is None:
                    from facilitator.encoder.states import shared_word_states
                    from facilitator.privacy.engine import build_engine
                    from facilitator.privacy.second_opinion import SecondOpinion

                    lexicon = load_lexicon()
                    names = NameFinder(lexicon, self._kept)
                    second = SecondOpinion(lexicon, names, shared_word_states())
                    self._engine = build_engine(names, second)
        return self._engine


@dataclass(frozen=True)
class _Draft:
    """A text part-way: each character stands for `places[i]` (start and end) of the original."""

    text: str
    places: Sequence[tuple[int, int]]
    entities: tuple[Entity, ...]

    @classmethod
    def of(cls, text: str) -> _Draft:
        return cls(text, [(at, at + 1) for at in range(len(text))], ())

    def without(self, found: Sequence[Entity]) -> _Draft:
        """The draft with placeholders for what was found in it; one that takes in an earlier placeholder replaces it."""
        words: list[str] = []
        places: list[tuple[int, int]] = []
        original: list[Entity] = []
        last = 0
        for entity in found:
            place = self.places[entity.start][0], self.places[entity.end - 1][1]
            placeholder = PLACEHOLDERS[entity.type]
            words += [self.text[last : entity.start], placeholder]
            places += [*self.places[last : entity.start], *[place] * len(placeholder)]
            original.append(Entity(*place, entity.type))
            last = entity.end
        earlier = [entity for entity in self.entities if not any(entity.overlaps(other) for other in original)]
        return _Draft("".join([*words, self.text[last:]]), [*places, *self.places[last:]], tuple(sorted([*earlier, *original])))


def _is_part(detail: str, whole: str) -> bool:
    """Whether the words of a detail stand in a text, in a row; of a number the figures count, however they are spaced."""
    figures = "".join(filter(str.isdigit, detail))
    if len(figures) > 4:
        return figures in "".join(filter(str.isdigit, whole))
    words, others = ([word.folded for word in read_words(each)] for each in (detail, whole))
    return any(others[at : at + len(words)] == words for at in range(len(others) - len(words) + 1))


def _without_overlaps(found: Iterable[Entity]) -> tuple[Entity, ...]:
    """Of overlapping details the more telling kind stays, then the longer."""
    chosen: list[Entity] = []
    for entity in sorted(found, key=lambda entity: (PRECEDENCE[entity.type], entity.start - entity.end, entity.start)):
        if not any(entity.overlaps(other) for other in chosen):
            chosen.append(entity)
    return tuple(sorted(chosen))
