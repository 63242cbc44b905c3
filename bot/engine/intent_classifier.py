"""The intent classifier of config.yml: kernel ridge regression over whatever features come before it."""

from __future__ import annotations

import json
import logging
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.nlu.featurizers.featurizer import Featurizer
from rasa.shared.exceptions import InvalidConfigException
from rasa.shared.nlu.constants import INTENT, INTENT_RANKING_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from scipy import sparse

from bot.engine import kernel_ridge
from bot.engine.kernel_ridge import KernelRidge, Settings

logger = logging.getLogger(__name__)

_RANKED = 10  # intents listed with a message, as Rasa's own classifiers do
_MODEL, _INTENTS = "model.npz", "intents.json"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class KernelIntentClassifier(IntentClassifier, GraphComponent):
    """Needs dense sentence features of any length; uses sparse ones, which should be word counts, if there are any.

    Confidences are probabilities: of the messages understood with 0.7, about seven in ten are right.
    """

    @classmethod
    def required_components(cls) -> list[type]:
        """What must come before it in the pipeline."""
        return [Featurizer]

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """The settings of `kernel_ridge.Settings`, and what they are when config.yml does not say.

        `alike`: lists of intents that the state of the conversation tells apart, such as plain yes and "yes, it is in place".
        The likeliest of a list is believed as much as all of them together.
        """
        return {**vars(Settings()), "alike": []}

    def __init__(
        self,
        config: dict[str, Any],
        storage: ModelStorage,
        resource: Resource,
        trained: tuple[KernelRidge, list[str]] | None = None,
    ) -> None:
        self._settings = _settings(config)
        self._alike: list[list[str]] = config["alike"]
        self._storage, self._resource, self._trained = storage, resource, trained

    @classmethod
    def create(
        cls, config: dict[str, Any], model_storage: ModelStorage, resource: Resource, execution_context: ExecutionContext
    ) -> KernelIntentClassifier:
        """An untrained classifier."""
        return cls(config, model_storage, resource)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **_: Any,
    ) -> KernelIntentClassifier:
        """The trained classifier of a model. Raises when it is not there: one that knows nothing must not serve."""
        with model_storage.read_from(resource) as folder:
            intents: list[str] = json.loads((folder / _INTENTS).read_text(encoding="utf-8"))
            with np.load(folder / _MODEL, allow_pickle=False) as arrays:
                return cls(config, model_storage, resource, (kernel_ridge.from_arrays(arrays), intents))

    def train(self, training_data: TrainingData) -> Resource:
        """Learn the examples, and log how often one that is left out is understood."""
        examples = [message for message in training_data.intent_examples if message.get(TEXT) and message.get(INTENT)]
        intents, numbers = np.unique([message.get(INTENT) for message in examples], return_inverse=True)
        if len(intents) < 2:
            raise InvalidConfigException("the training data has fewer than two intents")
        training = kernel_ridge.train(*_features(examples), numbers, self._settings)
        logger.info("intents: %d examples of %d, %.3f right when left out", len(examples), len(intents),
                    training.left_out_accuracy)  # fmt: skip
        with self._storage.write_to(self._resource) as folder:
            np.savez(folder / _MODEL, **kernel_ridge.to_arrays(training.model))
            (folder / _INTENTS).write_text(json.dumps(list(intents)), encoding="utf-8")
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        """Set each message's intent and its ranking."""
        with_text = [message for message in messages if message.get(TEXT)]
        if self._trained and with_text:
            model, intents = self._trained
            places = [[intents.index(name) for name in names if name in intents] for names in self._alike]
            for message, probabilities in zip(with_text, model.probabilities(*_features(with_text)), strict=True):
                _set_intent(message, intents, _together(probabilities, places))
        return messages


def _together(probabilities: NDArray[np.float32], alike: list[list[int]]) -> NDArray[np.float32]:
    """The same, but the likeliest of intents that are alike is as likely as all of them. The others stay, for whoever reads the ranking."""
    for places in filter(None, alike):
        best = places[int(probabilities[places].argmax())]
        probabilities[best] = probabilities[places].sum()
    return probabilities


def _set_intent(message: Message, intents: list[str], probabilities: NDArray[np.float32]) -> None:
    best = np.argsort(-probabilities)[:_RANKED]
    ranking = [{"name": intents[index], "confidence": float(probabilities[index])} for index in best]
    message.set(INTENT, ranking[0], add_to_output=True)
    message.set(INTENT_RANKING_KEY, ranking, add_to_output=True)


def _features(messages: list[Message]) -> tuple[NDArray[np.float32], sparse.csr_matrix | None]:
    """Unit vectors, and word counts when the pipeline makes any."""
    dense = [message.get_dense_features(TEXT)[1] for message in messages]
    if any(features is None for features in dense):
        raise InvalidConfigException("KernelIntentClassifier needs a featurizer that gives dense sentence features")
    vectors = np.vstack([features.features for features in dense]).astype(np.float32)
    vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    counts = [message.get_sparse_features(TEXT)[1] for message in messages]
    if any(features is None for features in counts):
        return vectors, None
    rows = [features.features for features in counts]
    return vectors, (rows[0] if len(rows) == 1 else sparse.vstack(rows)).tocsr()


def _settings(config: dict[str, Any]) -> Settings:
    settings = Settings(**{name: config[name] for name in vars(Settings())})
    if min(settings.gamma, settings.ridge, settings.dimensions) <= 0 or settings.words < 0:
        raise InvalidConfigException("KernelIntentClassifier: settings must be above 0, and words not below it")
    return settings
