"""Presidio with spaCy's names and our UK finders, and nothing else: no network, no parts that are not used."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Any

import spacy
from presidio_analyzer import AnalyzerEngine, LocalRecognizer, RecognizerRegistry, RecognizerResult
from presidio_analyzer.context_aware_enhancers import ContextAwareEnhancer
from presidio_analyzer.nlp_engine import NlpArtifacts, SpacyNlpEngine

from facilitator.privacy.dates import find_dates_of_birth
from facilitator.privacy.entities import Entity, EntityType
from facilitator.privacy.names import NameFinder
from facilitator.privacy.numbers import find_ni_numbers, find_numbers
from facilitator.privacy.places import find_addresses, find_postcodes
from facilitator.privacy.second_opinion import SecondOpinion
from facilitator.privacy.tokens import read_words
from facilitator.privacy.web import find_emails, find_web_addresses, kept_addresses

if TYPE_CHECKING:
    from spacy.tokens import Doc

_UNUSED_PIPES = ["parser", "lemmatizer", "senter", "attribute_ruler", "tagger"]
Finder = Callable[[str], Iterable[Entity]]


class _NamesOnlySpacy(SpacyNlpEngine):
    """spaCy with its name finder alone: about 2.5 ms for a sentence, where the whole pipeline takes 12."""

    def __init__(self, model: str) -> None:
        super().__init__(models=[{"lang_code": "en", "model_name": model}])

    def load(self) -> None:
        # the base class would download a model that is missing, and would load every pipe
        self.nlp: Any = {"en": spacy.load(self.models[0]["model_name"], exclude=_UNUSED_PIPES)}

    def _doc_to_nlp_artifact(self, doc: Doc, language: str) -> NlpArtifacts:
        return NlpArtifacts(
            entities=list(doc.ents), tokens=doc, tokens_indices=[], lemmas=[], nlp_engine=self, language=language, scores=[]
        )


class _WhenAsked:
    """In place of Presidio's artifacts: what spaCy makes of a text, once somebody wants to know. That is most of what redaction costs, and
    most messages need none of it."""

    def __init__(self, nlp: Any, text: str) -> None:
        self._nlp, self._text = nlp, text

    @cached_property
    def entities(self) -> Any:
        return self._nlp.process_text(self._text, "en").entities


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
    """Names: by the rules, with what spaCy takes for people as one more hint, then weighed by what was learned."""

    def __init__(self, finder: NameFinder, second: SecondOpinion) -> None:
        self._names, self._second = finder, second
        super().__init__(finder.find, [EntityType.PERSON])

    def analyze(self, text: str, entities: list[str], nlp_artifacts: NlpArtifacts) -> list[RecognizerResult]:
        def people() -> list[tuple[int, int]]:
            return [(entity.start_char, entity.end_char) for entity in nlp_artifacts.entities if entity.label_ == "PERSON"]

        kept = [Entity(*span, EntityType.URL) for span in kept_addresses(text)]
        names = self._second.weigh(text, read_words(text), list(self._names.find(text, people)))
        return [_result(found) for found in names if not any(found.overlaps(address) for address in kept)]


class _NoEnhancer(ContextAwareEnhancer):
    """Our finders weigh the words around a detail themselves; Presidio's own way needs lemmas."""

    def __init__(self) -> None:
        super().__init__(0, 0, 0, 0)

    def enhance_using_context(self, text: str, raw_results: Any, nlp_artifacts: Any, recognizers: Any, context: Any = None) -> Any:
        return raw_results


def build_engine(names: NameFinder, second: SecondOpinion, model: str) -> AnalyzerEngine:
    """The analyzer, loaded: about 2 s.

    Args:
        model: path of the installed spaCy model.
    """
    nlp = _NamesOnlySpacy(model)
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
    asked: Any = _WhenAsked(engine.nlp_engine, text)
    for result in engine.analyze(text=text, language="en", nlp_artifacts=asked):
        yield Entity(result.start, result.end, EntityType(result.entity_type))


def _result(found: Entity) -> RecognizerResult:
    return RecognizerResult(entity_type=found.type.value, start=found.start, end=found.end, score=1.0)
