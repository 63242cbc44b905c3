"""The classifier: exact, calibrated, fair to small classes, and the same after a round trip through a model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rasa.engine.graph import ExecutionContext, GraphSchema
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.resource import Resource
from rasa.shared.exceptions import InvalidConfigException
from rasa.shared.nlu.constants import FEATURE_TYPE_SENTENCE, INTENT, INTENT_RANKING_KEY, TEXT
from rasa.shared.nlu.training_data.features import Features
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from scipy import sparse

from bot.engine import kernel_ridge
from bot.engine.intent_classifier import KernelIntentClassifier
from bot.engine.intent_names import IntentNames
from bot.engine.kernel_ridge import Settings

CENTRES = np.random.default_rng(3).normal(size=(4, 30))


def cloud(sizes: list[int], noise: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """Unit vectors around one centre for each class, and their classes. Other sizes, other vectors."""
    classes = np.repeat(np.arange(len(sizes)), sizes)
    vectors = CENTRES[classes] + noise * np.random.default_rng(sum(sizes)).normal(size=(len(classes), 30))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32), classes


def words(classes: np.ndarray) -> sparse.csr_matrix:
    """Each class has a word of its own, and one is shared by all."""
    counts = np.zeros((len(classes), 6))
    counts[np.arange(len(classes)), classes] = 2
    counts[:, 5] = 1
    return sparse.csr_matrix(counts)


def test_leaving_one_out_is_what_training_without_it_gives() -> None:
    vectors, classes = cloud([6, 6, 6])
    settings = Settings(dimensions=30, words=0)
    scores = []
    for left in range(len(classes)):
        rest = np.arange(len(classes)) != left
        # equal weights for the comparison: leaving one out changes the sizes of the classes
        kernel = np.exp(settings.gamma * (vectors @ vectors.T - 1)).astype(float)
        ridge = settings.ridge * np.eye(rest.sum())
        weights = np.linalg.solve(kernel[np.ix_(rest, rest)] + ridge, np.eye(3)[classes[rest]] - 1 / 3)
        scores.append(kernel[left, rest] @ weights)
    slow = (np.array(scores).argmax(axis=1) == classes).mean()
    assert kernel_ridge.train(vectors, None, classes, settings).left_out_accuracy == pytest.approx(slow)


def test_of_many_examples_some_are_left_out_and_those_exactly() -> None:
    some = np.random.default_rng(1).normal(size=(40, 9)).astype(np.float32)
    matrix = some @ some.T + 2 * np.eye(40, dtype=np.float32)
    factor = np.tril(np.linalg.cholesky(matrix)) + np.triu(np.ones_like(matrix), 1)  # what stands above is no part of it
    rows = np.arange(0, 40, 7)
    assert kernel_ridge._inverse_diagonal(factor, rows) == pytest.approx(np.diag(np.linalg.inv(matrix))[rows], rel=1e-4)


def test_it_is_as_sure_as_it_is_right() -> None:
    vectors, classes = cloud([60, 60, 60, 60], noise=2.2)
    unseen, truth = cloud([200, 200, 200, 200], noise=2.2)
    found = kernel_ridge.train(vectors, None, classes, Settings(dimensions=30)).model.probabilities(unseen, None)
    right = (found.argmax(axis=1) == truth).mean()
    assert 0.6 < right < 0.98
    assert found.max(axis=1).mean() == pytest.approx(right, abs=0.06)
    assert np.allclose(found.sum(axis=1), 1, atol=1e-5)


def test_a_small_class_is_not_swallowed_by_a_large_one() -> None:
    vectors, classes = cloud([200, 8], noise=1.5)
    unseen, truth = cloud([100, 100], noise=1.5)
    model = kernel_ridge.train(vectors, None, classes, Settings(dimensions=30, ridge=2)).model
    right = model.probabilities(unseen, None).argmax(axis=1) == truth
    assert right[truth == 1].mean() > 0.8, "0.38 when every example weighs the same"


def test_something_unlike_every_example_is_unsure() -> None:
    vectors, classes = cloud([20, 20, 20, 20], noise=0.4)
    model = kernel_ridge.train(vectors, None, classes, Settings(dimensions=30)).model
    nowhere = -CENTRES.sum(axis=0, keepdims=True) / np.linalg.norm(CENTRES.sum(axis=0))
    assert model.probabilities(nowhere.astype(np.float32), None).max() < 0.6
    assert model.probabilities(vectors, None).max(axis=1).min() > 0.8


def test_shared_words_tell_apart_what_means_the_same() -> None:
    classes = np.array([0, 1] * 10)
    same = np.tile(CENTRES[:1] / np.linalg.norm(CENTRES[0]), (20, 1)).astype(np.float32)
    model = kernel_ridge.train(same, words(classes), classes, Settings(dimensions=30)).model
    assert (model.probabilities(same, words(classes)).argmax(axis=1) == classes).all()
    unknown = sparse.csr_matrix((1, 6))
    assert np.allclose(model.probabilities(same[:1], unknown), 0.5, atol=1e-3)


def test_fewer_directions_change_next_to_nothing() -> None:
    vectors, classes = cloud([30, 30, 30], noise=0.8)
    full = kernel_ridge.train(vectors, None, classes, Settings(dimensions=30)).model.probabilities(vectors, None)
    part = kernel_ridge.train(vectors, None, classes, Settings(dimensions=25)).model.probabilities(vectors, None)
    assert (full.argmax(axis=1) == part.argmax(axis=1)).mean() > 0.97


def component(folder: Path, **config: Any) -> tuple[Any, ...]:
    settings = {**KernelIntentClassifier.get_default_config(), "dimensions": 30, **config}
    return settings, LocalModelStorage(folder), Resource("classifier"), ExecutionContext(GraphSchema({}))


def messages(with_words: bool = True) -> list[Message]:
    vectors, classes = cloud([5, 5, 5], noise=0.3)
    found = []
    for number, (vector, kind) in enumerate(zip(vectors, classes, strict=True)):
        message = Message({TEXT: f"text {number}", INTENT: f"intent_{kind}"})
        message.add_features(Features(vector[None, :] * 7, FEATURE_TYPE_SENTENCE, TEXT, "dense"))
        if with_words:
            message.add_features(Features(words(classes)[number], FEATURE_TYPE_SENTENCE, TEXT, "sparse"))
        found.append(message)
    return found


@pytest.mark.parametrize("with_words", [True, False])
def test_a_loaded_classifier_answers_as_a_trained_one(tmp_path: Path, with_words: bool) -> None:
    taught = messages(with_words)
    KernelIntentClassifier.create(*component(tmp_path)).train(TrainingData(taught))
    loaded = KernelIntentClassifier.load(*component(tmp_path))
    expected = [message.get(INTENT) for message in taught]
    loaded.process(taught)
    assert [message.get(INTENT)["name"] for message in taught] == expected
    ranking = taught[0].get(INTENT_RANKING_KEY)
    assert ranking[0] == taught[0].get(INTENT) and len(ranking) == 3
    assert isinstance(ranking[0]["confidence"], float)


def test_a_model_without_the_classifier_does_not_load(tmp_path: Path) -> None:
    with pytest.raises(ValueError):
        KernelIntentClassifier.load(*component(tmp_path))


def test_one_intent_is_too_few(tmp_path: Path) -> None:
    with pytest.raises(InvalidConfigException):
        KernelIntentClassifier.create(*component(tmp_path)).train(TrainingData(messages()[:5]))


@pytest.mark.parametrize("wrong", [{"gamma": 0}, {"ridge": -1}, {"words": -0.1}, {"dimensions": 0}])
def test_settings_that_make_no_sense_are_refused(tmp_path: Path, wrong: dict[str, float]) -> None:
    with pytest.raises(InvalidConfigException):
        KernelIntentClassifier.create(*component(tmp_path, **wrong))


def test_without_dense_features_the_message_is_clear(tmp_path: Path) -> None:
    bare = [Message({TEXT: "a", INTENT: "x"}), Message({TEXT: "b", INTENT: "y"})]
    with pytest.raises(InvalidConfigException, match="dense"):
        KernelIntentClassifier.create(*component(tmp_path)).train(TrainingData(bare))


def test_the_name_of_an_intent_is_one_of_its_examples() -> None:
    taught = TrainingData([Message({TEXT: "let us begin", INTENT: "start_before"}), Message({TEXT: "skip", INTENT: "skip"})])
    found = IntentNames().process_training_data(taught)
    assert [(m.get(TEXT), m.get(INTENT)) for m in found.training_examples] == [
        ("let us begin", "start_before"), ("skip", "skip"), ("start before", "start_before")
    ]  # fmt: skip
    assert len(taught.training_examples) == 2
