"""Decides whether a message, as typed, needs the support message before anything else happens."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from facilitator.errors import ContentError
from facilitator.language import is_english
from facilitator.safety.evidence import Evidence, Limits, decide
from facilitator.safety.kinds import SafetyKind, Screened
from facilitator.safety.languages import Languages, load_languages
from facilitator.safety.patterns import Patterns, Rule, Strength, load_patterns
from facilitator.safety.spelling import Spelling, as_typed, load_spelling
from facilitator.safety.windows import is_short, sentences, whole

if TYPE_CHECKING:
    from facilitator.safety.chances import Readers
    from facilitator.safety.classifier import Classifier, Model

logger = logging.getLogger(__name__)

_SERIOUSNESS = (SafetyKind.CRISIS_SELF, SafetyKind.CRISIS_OTHER, SafetyKind.DISTRESS, SafetyKind.SAFE)


@dataclass(frozen=True)
class _Loaded:
    spelling: Spelling
    patterns: Patterns
    languages: Languages
    readers: Readers | None


class SafetyScreen:
    """Screens messages. Loads on first use (or `warm_up`); one object serves several threads.

    Args:
        content_folder: `knowledge/safety`. model: `TunedModel` of the same folder, or None for patterns alone.
        larger: `LargerModel` of the same folder, or None for the small model alone.
        cache_path: beside this file is kept what was learned from lines newer than the model. None keeps nothing.
    """

    def __init__(
        self,
        content_folder: Path,
        model: Model | None = None,
        cache_path: Path | None = None,
        limits: Limits | None = None,
        larger: Model | None = None,
    ) -> None:
        self._folder, self._model, self._larger, self._cache_path = content_folder, model, larger, cache_path
        self._limits = limits or Limits()
        self._lock = threading.Lock()
        self._patterns_only: _Loaded | None = None
        self._full: _Loaded | None = None

    def warm_up(self) -> None:
        """Load everything now: seconds, and some more when lines are newer than the model.

        Raises:
            ContentError: a file of the content folder is wrong. A model that cannot load raises nothing.
        """
        with self._lock:
            self._full = self._full or self._load()

    def screen(self, text: str) -> Screened:
        """Judge one message; never raises because of what it says.

        While another thread is still loading, patterns alone answer rather than keep a person in danger waiting.
        """
        if self._full is None and self._lock.acquire(blocking=self._patterns_only is None):
            try:
                self._full = self._full or self._load()
            finally:
                self._lock.release()
        loaded = self._full or self._patterns_only
        assert loaded is not None
        foreign = loaded.languages.find(text)
        if foreign is not None:
            return Screened(foreign.kind, (foreign.id,), reduced=loaded.readers is None)
        return decide(_evidence(loaded, text), self._limits)

    def by_rules(self, text: str) -> Screened:
        """What the patterns alone find, in a fraction of a millisecond: never less than `screen` finds by them."""
        if self._patterns_only is None:
            self.warm_up()
        rules = self._patterns_only
        assert rules is not None
        foreign = rules.languages.find(text)
        return Screened(foreign.kind, (foreign.id,), reduced=True) if foreign else decide(_evidence(rules, text), self._limits)

    def _load(self) -> _Loaded:
        base = self._patterns_only or _Loaded(
            load_spelling(self._folder / "spellings.yml"),
            load_patterns(self._folder / "patterns.yml"),
            load_languages(self._folder / "languages.yml"),
            None,
        )
        self._patterns_only = base
        return _Loaded(base.spelling, base.patterns, base.languages, self._readers(base))

    def _readers(self, base: _Loaded) -> Readers | None:
        """Whatever stops a model, people in danger are still answered: by the small one, or by the patterns."""
        from facilitator.safety.chances import Readers

        small = self._learn(base, self._model, "safety classifier unavailable, patterns alone")
        if small is None:
            return None
        return Readers(small, self._learn(base, self._larger, "larger safety model unavailable, the small one alone"))

    def _learn(self, base: _Loaded, model: Model | None, otherwise: str) -> Classifier | None:
        if model is None:
            return None
        from facilitator.safety.classifier import content_of, load_classifier
        from facilitator.safety.material import load_examples

        kept = self._cache_path.with_suffix(f".{model.path.stem}.npz") if self._cache_path else None
        try:
            found = load_classifier(
                model,
                content_of(self._folder),
                lambda: load_examples(self._folder),
                lambda text: whole(base.spelling.prepare(text)),
                kept,
            )
            found.probabilities(["hello"])  # a model that cannot run is found out now, not at somebody's message
            return found
        except ContentError:
            raise
        except Exception as error:
            logger.error("%s: %s", otherwise, type(error).__name__)
            return None


def _evidence(loaded: _Loaded, text: str) -> Evidence:
    typed = loaded.spelling.prepare(text)
    prepared = loaded.patterns.read_past_sayings(typed)
    framed = is_short(prepared) and loaded.patterns.framed(prepared)
    sure: list[Rule] = []
    hints: list[Rule] = []
    for sentence in sentences(prepared):
        found = list(loaded.patterns.matches(sentence))
        softened = bool(found) and (framed or loaded.patterns.framed(sentence))
        for rule, strength in found:
            (sure if strength is Strength.SURE and not softened else hints).append(rule)
    # the model has learned the sayings themselves, so it reads the words as typed
    # and it has learned English alone: of words in another language it would only guess, and languages.yml has their phrases
    chances = loaded.readers.read(as_typed(text), typed) if loaded.readers and is_english(text) else None
    return Evidence(_worst(sure), _worst(hints), framed, chances)


def _worst(rules: list[Rule]) -> tuple[SafetyKind, str] | None:
    worst = min(rules, key=lambda rule: _SERIOUSNESS.index(rule.kind), default=None)
    return (worst.kind, worst.id) if worst else None
