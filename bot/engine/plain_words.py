"""Slips, text-speak and dialect in everyday words, for the sentence encoder, which learned from edited English.

"yh we dont know nowt bfor" is understood as "yeah we don't know nothing before". Only the encoder reads it: what a person typed stays
as it is for everything else. What it brings: docs/decisions/0005-intent-pipeline.md.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Collection, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from facilitator.encoder import one_slip_away, read_vocabulary

PLAIN = "plain_text"  # where a message keeps it
WORDS = Path(__file__).with_name("everyday_words.txt")

_WORD = re.compile(r"[A-Za-z0-9']+")
_SHORTEST = 4  # shorter words have too many neighbours
_COMMON = 4  # examples a word stands in before a slip may be read as it
_SLIP = 2  # examples with a strange word at most for it to be a slip and not a word of ours
_FILE = "common.json"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=True)
class PlainWords(GraphComponent):
    """Gives each message its plain wording. Learns from the examples which words are common."""

    def __init__(self, storage: ModelStorage, resource: Resource, common: Mapping[str, int] | None = None) -> None:
        self._storage, self._resource, self._common = storage, resource, common or {}

    @classmethod
    def create(
        cls, config: dict[str, Any], model_storage: ModelStorage, resource: Resource, execution_context: ExecutionContext
    ) -> PlainWords:
        """One that knows no common words yet."""
        return cls(model_storage, resource)

    @classmethod
    def load(
        cls, config: dict[str, Any], model_storage: ModelStorage, resource: Resource, execution_context: ExecutionContext, **_: Any
    ) -> PlainWords:
        """The one of a trained model."""
        with model_storage.read_from(resource) as folder:
            return cls(model_storage, resource, json.loads((folder / _FILE).read_text(encoding="utf-8")))

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str | None:
        """Other everyday words mean training again."""
        return hashlib.sha256(WORDS.read_bytes()).hexdigest()

    def train(self, training_data: TrainingData) -> Resource:
        """Count words, and keep those that are common or may be our own."""
        texts = [message.get(TEXT) for message in training_data.training_examples if message.get(TEXT)]
        counts = Counter(word for text in texts for word in set(_WORD.findall(replaced(text).lower())))
        self._common = {word: count for word, count in counts.items() if count > _SLIP}
        with self._storage.write_to(self._resource) as folder:
            (folder / _FILE).write_text(json.dumps(self._common), encoding="utf-8")
        return self._resource

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """The same data, each example with its plain wording."""
        self.process(training_data.training_examples)
        return training_data

    def process(self, messages: list[Message]) -> list[Message]:
        """Add the plain wording to each message that has text."""
        for message in messages:
            if message.get(TEXT):
                message.set(PLAIN, mended(replaced(message.get(TEXT)), self._common))
        return messages


def replaced(text: str) -> str:
    """Everyday forms in place of text-speak, dialect and lost apostrophes."""
    words = _everyday()
    return _WORD.sub(lambda found: words.get(found.group().lower(), found.group()), text.replace("\u2019", "'"))


def mended(text: str, common: Mapping[str, int]) -> str:
    """Each strange word that is one slip from a common word, as that word."""
    return _WORD.sub(lambda found: _mended(found.group(), common), text)


def _mended(word: str, common: Mapping[str, int]) -> str:
    lower = word.lower()
    if len(lower) < _SHORTEST or lower in common or "'" in lower or not lower.isalpha() or lower in _vocabulary():
        return word
    # the first letter is seldom the slip
    near = [other for other in one_slip_away(lower) if other[0] == lower[0] and common.get(other, 0) >= _COMMON and _is_word(other)]
    return max(near, key=lambda other: (common[other], other)) if near else word


def _is_word(text: str) -> bool:
    return "'" in text or text in _vocabulary()


@lru_cache(maxsize=1)
def _everyday() -> Mapping[str, str]:
    rows = (line.split("\t") for line in WORDS.read_text(encoding="utf-8").splitlines()[1:])
    return {said: meant for said, meant in rows}


@lru_cache(maxsize=1)
def _vocabulary() -> Collection[str]:
    return frozenset(read_vocabulary())
