"""An intent's name is one of its examples: `start_before` is also learned from "start before"."""

from __future__ import annotations

from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=False)
class IntentNames(GraphComponent):
    """Adds one training example an intent. Stands first in the pipeline; does nothing to what people say."""

    @classmethod
    def create(
        cls, config: dict[str, Any], model_storage: ModelStorage, resource: Resource, execution_context: ExecutionContext
    ) -> IntentNames:
        """Called by Rasa's graph, for training and for serving."""
        return cls()

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """The same data with the names added, but for a name that is an example already."""
        said = {message.get(TEXT) for message in training_data.training_examples}
        intents = sorted({message.get(INTENT) for message in training_data.intent_examples})
        names = [(intent, intent.replace("_", " ")) for intent in intents]
        added = [Message({TEXT: name, INTENT: intent}) for intent, name in names if name not in said]
        return TrainingData(
            [*training_data.training_examples, *added],
            training_data.entity_synonyms,
            training_data.regex_features,
            training_data.lookup_tables,
            training_data.responses,
        )

    def process(self, messages: list[Message]) -> list[Message]:
        """Nothing to do."""
        return messages
