"""Decides whether a message, as typed, needs the support message before anything else happens."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from facilitator.safety.kinds import SafetyKind, Screened
from facilitator.safety.languages import Languages, load_languages
from facilitator.safety.patterns import Patterns, Rule, load_patterns
from facilitator.safety.spelling import Spelling, load_spelling
from facilitator.safety.windows import sentences, windows

if TYPE_CHECKING:
    from facilitator.safety.classifier import Classifier, Encoder
    from facilitator.safety.material import Example

logger = logging.getLogger(__name__)

_MOST_WINDOWS = 96  # bounds the time for the longest message allowed; patterns read all of it whatever its length


@dataclass(frozen=True)
class Thresholds:
    """How sure the classifier has to be. Chosen on cross-validation: docs/decisions/0007-safety-screen.md."""

    crisis: float = 0.50
    crisis_in_frame: float = 0.60
    rule_in_frame: float = 0.40
    distress: float = 0.55


@dataclass(frozen=True)
class _Loaded:
    spelling: Spelling
    patterns: Patterns
    languages: Languages
    classifier: Classifier | None


class SafetyScreen:
    """Screens messages. Loads on first use (or `warm_up`); one object serves several threads.

    Args:
        content_folder: `knowledge/safety`. encoder: gives sentence vectors, or None for patterns alone.
        cache_path: file that keeps the vectors of the training lines between starts; None keeps none.
    """

    def __init__(
        self,
        content_folder: Path,
        encoder: Encoder | None = None,
        cache_path: Path | None = None,
        thresholds: Thresholds = Thresholds(),
    ) -> None:
        self._folder, self._encoder, self._cache_path = content_folder, encoder, cache_path
        self._thresholds = thresholds
        self._lock = threading.Lock()
        self._patterns_only: _Loaded | None = None
        self._full: _Loaded | None = None

    def warm_up(self) -> None:
        """Load everything now: under 2 s with a filled cache, about 10 s without.

        Raises:
            ContentError: a file of the content folder is wrong. An encoder that cannot load raises nothing.
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
        return self._judge(text, loaded)

    def _load(self) -> _Loaded:
        base = self._patterns_only or _Loaded(
            load_spelling(self._folder / "spellings.yml"),
            load_patterns(self._folder / "patterns.yml"),
            load_languages(self._folder / "languages.yml"),
            None,
        )
        self._patterns_only = base
        return _Loaded(base.spelling, base.patterns, base.languages, self._train(base))

    def _train(self, base: _Loaded) -> Classifier | None:
        if self._encoder is None:
            return None
        from facilitator.encoder import DIMENSIONS, MODEL_SHA256, EmbeddingCache
        from facilitator.safety.classifier import train
        from facilitator.safety.material import load_examples

        examples = load_examples(self._folder)
        lessons = [(text, example.kind) for example in examples for text in learned_forms(example, base.spelling, base.patterns)]
        cache = EmbeddingCache(self._cache_path, MODEL_SHA256, DIMENSIONS) if self._cache_path else None
        try:
            return train(self._encoder, [text for text, _ in lessons], [kind for _, kind in lessons], cache)
        except Exception as error:  # whatever stops the model, people in danger are still answered
            logger.error("safety classifier unavailable, patterns alone: %s", type(error).__name__)
            return None

    def _judge(self, text: str, loaded: _Loaded) -> Screened:
        reduced = loaded.classifier is None
        foreign = loaded.languages.find(text)
        if foreign is not None:
            return Screened(foreign.kind, (foreign.id,), reduced=reduced)
        prepared, sayings = loaded.patterns.read_past_sayings(loaded.spelling.prepare(text))
        sure, softened = _rules(loaded.patterns, prepared)
        crisis = _worst(sure)
        if crisis is not None and crisis.kind.is_crisis:
            return Screened(crisis.kind, (crisis.id,), reduced=reduced)
        if loaded.classifier is None:
            return Screened(crisis.kind, (crisis.id,), reduced=True) if crisis else Screened(SafetyKind.SAFE, reduced=True)
        framed = bool(softened) or loaded.patterns.framed(prepared)
        return self._weigh(loaded.classifier, prepared, crisis, _worst(softened), framed)

    def _weigh(self, classifier: Classifier, prepared: str, upset: Rule | None, softened: Rule | None, framed: bool) -> Screened:
        pieces = windows(prepared)[:_MOST_WINDOWS]
        if not pieces:
            return Screened(SafetyKind.SAFE)
        limits = self._thresholds
        best = classifier.probabilities(pieces)
        self_p, other_p = best[:, 0], best[:, 1]
        risk = float((self_p + other_p).max())
        kind = SafetyKind.CRISIS_SELF if self_p.max() >= other_p.max() else SafetyKind.CRISIS_OTHER
        if softened is not None and softened.kind.is_crisis and risk >= limits.rule_in_frame:
            return Screened(softened.kind, (softened.id, "classifier"), risk)
        if risk >= (limits.crisis_in_frame if framed else limits.crisis):
            return Screened(kind, ("classifier",), risk)
        distress = float(best[:, 2].max())
        if upset is not None or distress >= limits.distress:
            return Screened(SafetyKind.DISTRESS, (upset.id,) if upset else ("classifier",), distress if not upset else 1.0)
        return Screened(SafetyKind.SAFE, ("classifier",), float(best[:, 3].min()))


def learned_forms(example: Example, spelling: Spelling, patterns: Patterns) -> list[str]:
    """A training line as the classifier will meet it: slips mended, sayings read past, cut into windows.

    Every window of a safe line is safe. Of any other line only the whole is known to be what it is labelled.
    """
    prepared, _ = patterns.read_past_sayings(spelling.prepare(example.text))
    if example.kind is SafetyKind.SAFE:
        return windows(prepared)
    return [". ".join(part.strip(" |") for part in sentences(prepared))]


def _rules(patterns: Patterns, prepared: str) -> tuple[list[Rule], list[Rule]]:
    """The rules found in sentences that stand for themselves, and those found only inside a frame."""
    sure: list[Rule] = []
    softened: list[Rule] = []
    for sentence in sentences(prepared):
        found = list(patterns.matches(sentence))
        if found:
            (softened if patterns.framed(sentence) else sure).extend(found)
    return sure, softened


_SERIOUSNESS = {SafetyKind.CRISIS_SELF: 0, SafetyKind.CRISIS_OTHER: 1, SafetyKind.DISTRESS: 2, SafetyKind.SAFE: 3}


def _worst(rules: list[Rule]) -> Rule | None:
    return min(rules, key=lambda rule: _SERIOUSNESS[rule.kind], default=None)
