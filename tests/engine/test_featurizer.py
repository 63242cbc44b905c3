"""The sentence featurizer as a Rasa component."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rasa.engine.graph import ExecutionContext, GraphSchema
from rasa.shared.exceptions import InvalidConfigException
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.engine.sentence_featurizer import SentenceFeaturizer
from facilitator.encoder import MODEL_SHA256, shared_encoder


def featurizer(**config: Any) -> SentenceFeaturizer:
    context = ExecutionContext(GraphSchema({}), node_name="featurizer")
    settings = {**SentenceFeaturizer.get_default_config(), "cache": None, **config}
    return SentenceFeaturizer.create(settings, None, None, context)  # type: ignore[arg-type]


def vector(message: Message) -> np.ndarray:
    words, sentence = message.get_dense_features(TEXT)
    assert words is None and sentence is not None
    assert sentence.features.shape == (1, 384)
    return sentence.features[0]


def test_training_and_serving_give_the_same_scaled_vector(tmp_path: Path) -> None:
    seen, heard = Message({TEXT: "will I get paid"}), Message({TEXT: "will I get paid"})
    component = featurizer(scale=10, cache=str(tmp_path / "cache"))
    component.process_training_data(TrainingData([seen, Message({TEXT: "a longer sentence, in the same batch"})]))
    component.process([heard])
    assert np.allclose(vector(seen), vector(heard), atol=1e-5)
    assert np.allclose(vector(heard), 10 * shared_encoder().encode_one("will I get paid"), atol=1e-5)


def test_only_training_text_is_written_to_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    featurizer(cache="cache").process([Message({TEXT: "something private"})])
    assert not (tmp_path / "cache").exists()


def test_a_message_without_text_gets_no_features() -> None:
    message = Message({"intent": "greet"})
    featurizer().process([message])
    assert message.features == []


@pytest.mark.parametrize("scale", [0, -1])
def test_a_scale_that_erases_the_vectors_is_refused(scale: float) -> None:
    with pytest.raises(InvalidConfigException):
        featurizer(scale=scale)


def test_another_model_means_training_again() -> None:
    assert SentenceFeaturizer.fingerprint_addon({}) == MODEL_SHA256
