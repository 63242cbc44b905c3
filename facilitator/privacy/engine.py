"""Presidio with our UK finders and nothing else: no network, no parts that are not used."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from typing import Any

import spacy
from presidio_analyzer import AnalyzerEngine, LocalRecognizer, RecognizerRegistry, RecognizerResult
from presidio_analyzer.context_aware_enhancers import ContextAwareEnhancer
from presidio_analyzer.nlp_engine import NlpArtifacts, SpacyNlpEngine
from spacy.tokens import Doc

from facilitator.privacy.dates import find_dates_of_birth
from facilitator.privacy.entities import Entity, EntityType
from facilitator.privacy.names import NameFinder
from facilitator.privacy.numbers import find_ni_numbers, find_numbers
from facilitator.privacy.places import find_addresses, find_postcodes
from facilitator.privacy.second_opinion import SecondOpinion
from facilitator.privacy.web import find_emails, find_web_addresses, kept_addresses

Finder = Callable[[str], Iterable[Entity]]


class _BlankEnglish(SpacyNlpEngine):
    """spaCy without a model: its name finder took 240 MB and, once names had a second opinion, found hardly anything more (0008)."""

    def __init__(self) -> None:
        super().__init__(models=[{"lang_code": "en", "model_name": "blank"}])

    def load(self) -> None:
        # the base class would download a model that is missing
        self.nlp: Any = {"en": spacy.blank("en")}

    @cached_property
    def nothing(self) -> NlpArtifacts:
        """What Presidio is given of every text, so that it does not read it: our finders do."""
        return NlpArtifacts(
            entities=[], tokens=Doc(self.nlp["en"].vocab), tokens_indices=[], lemmas=[], nlp_engine=self, language="en", scores=[]
        )


class _FinderRecognizer(LocalRecognizer):
    """One of our finders as Presidio calls it."""

    def __init__(self, finder: Finder, kinds: list[EntityType]) -> None:
        self._finder = finder
        super().__init__(supported_entities=[kind.value for kind in kinds], name=getattr(finder, "__name__", "finder"))

    def load(self) -> None:
        """Nothing to load."""

    def analyze(self, text: str, entities: list[str], nlp_artifacts: NlpArtifacts) -> list[RecognizerResult]:
        return [_result(found) for found in self._finder(text)]


class _NameRecognizer(_FinderRecognizer):
    """Names: by the rules, then weighed by what was learned."""

    def __init__(self, finder: NameFinder, second: SecondOpinion) -> None:
        self._names, self._second = finder, second
        super().__init__(finder.find, [EntityType.PERSON])

    def analyze(self, text: str, entities: list[str], nlp_artifacts: NlpArtifacts) -> list[RecognizerResult]:
        kept = [Entity(*span, EntityType.URL) for span in kept_addresses(text)]
        around = self._names.read(text)
        names = self._second.weigh(text, around, list(self._names.find_among(around)))
        return [_result(found) for found in names if not any(found.overlaps(address) for address in kept)]


class _NoEnhancer(ContextAwareEnhancer):
    """Our finders weigh the words around a detail themselves; Presidio's own way needs lemmas."""

    def __init__(self) -> None:
        super().__init__(0, 0, 0, 0)

    def enhance_using_context(self, text: str, raw_results: Any, nlp_artifacts: Any, recognizers: Any, context: Any = None) -> Any:
        return raw_results


def build_engine(names: NameFinder, second: SecondOpinion) -> AnalyzerEngine:
    """The analyzer, loaded: about 2 s."""
    nlp = _BlankEnglish()
    nlp.load()
    recognizers = [
        _FinderRecognizer(find_emails, [EntityType.EMAIL]),
        _FinderRecognizer(find_web_addresses, [EntityType.URL]),
        _FinderRecognizer(find_numbers, [EntityType.PHONE, EntityType.NHS_NUMBER]),
        _FinderRecognizer(find_ni_numbers, [EntityType.NI_NUMBER]),
        _FinderRecognizer(find_postcodes, [EntityType.POSTCODE]),
        _FinderRecognizer(find_addresses, [EntityType.ADDRESS]),
        _FinderRecognizer(find_dates_of_birth, [EntityType.DATE_OF_BIRTH]),
        _NameRecognizer(names, second),
    ]
    registry = RecognizerRegistry(recognizers=recognizers, supported_languages=["en"])
    return AnalyzerEngine(registry=registry, nlp_engine=nlp, supported_languages=["en"], context_aware_enhancer=_NoEnhancer())


def analyze(engine: AnalyzerEngine, text: str) -> Iterator[Entity]:
    """Everything found in `text`, overlaps included."""
    blank: Any = engine.nlp_engine
    for result in engine.analyze(text=text, language="en", nlp_artifacts=blank.nothing):
        yield Entity(result.start, result.end, EntityType(result.entity_type))


def _result(found: Entity) -> RecognizerResult:
    return RecognizerResult(entity_type=found.type.value, start=found.start, end=found.end, score=1.0)
