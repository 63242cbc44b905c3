"""Plain words: what is mended, what is left alone, and the same after a round trip through a model."""

from __future__ import annotations

from pathlib import Path

import pytest
from rasa.engine.graph import ExecutionContext, GraphSchema
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.resource import Resource
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.engine.plain_words import PLAIN, PlainWords, mended, replaced

COMMON = {"question": 9, "skip": 9, "change": 9, "answer": 8, "answers": 4, "didn't": 6, "carers": 3}
CONTEXT = ExecutionContext(GraphSchema({}), node_name="words")


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("yh we dont know nowt bfor", "yeah we don't know nothing before"),
        ("Dunno tbh", "don't know to be honest"),
        ("what\u2019s next", "what's next"),
        ("we have agreed it, I'm sure", "we have agreed it, I'm sure"),
        ("", ""),
    ],
)
def test_everyday_words(said: str, meant: str) -> None:
    assert replaced(said) == meant


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("sikp this qestion", "skip this question"),
        ("chnge my anser!", "change my answer!"),
        ("we dint do it", "we dint do it"),  # two common words away, and "didn't" is two slips off
        ("the wheelchair", "the wheelchair"),  # a word of English, though nobody's example has it
        ("carers", "carers"),  # ours, though not common enough to mend towards
        ("abc 123 zzzzzz", "abc 123 zzzzzz"),
    ],
)
def test_slips(said: str, meant: str) -> None:
    assert mended(said, COMMON) == meant


def test_a_trained_model_mends_as_it_did_in_training(tmp_path: Path) -> None:
    storage, resource = LocalModelStorage(tmp_path), Resource("words")
    examples = [Message({TEXT: f"change the {word}"}) for word in ("first", "second", "third", "fourth")]
    made = PlainWords.create({}, storage, resource, CONTEXT)
    made.train(TrainingData([*examples, Message({TEXT: "chnge it"})]))
    trained = made.process_training_data(TrainingData([Message({TEXT: "chnge it"})])).training_examples[0]
    (heard,) = PlainWords.load({}, storage, resource, CONTEXT).process([Message({TEXT: "chnge it"})])
    assert trained.get(PLAIN) == heard.get(PLAIN) == "change it"
    assert heard.get(TEXT) == "chnge it"


def test_a_message_without_text_is_left_alone(tmp_path: Path) -> None:
    message = Message({"intent": "greet"})
    PlainWords.create({}, LocalModelStorage(tmp_path), Resource("words"), CONTEXT).process([message])
    assert message.get(PLAIN) is None
