"""An answer and a question in one message are both heard."""

from __future__ import annotations

import pytest

from facilitator.conversation.turn import AnswerRecorded
from facilitator.vocabulary import Rating, Step
from tests.talker import Talker


@pytest.fixture
def talker(library) -> Talker:
    return Talker(library)


@pytest.mark.parametrize(
    ("text", "rating", "says"),
    [
        ("Yes. Will I get paid for coming?", Rating.YES, ["utter_noted", "utter_answer"]),
        ("not yet! do we get paid?", Rating.NOT_YET, ["utter_noted", "utter_answer"]),
        ("that's been done. who can read what I write here?", Rating.YES, ["utter_noted", "utter_who_sees_kept"]),
        ("it all happened as we agreed at the first meeting. who is paid?", None, ["utter_answer"]),
    ],
)
def test_the_answer_is_noted_and_the_question_answered(talker, text, rating, says):
    talker.begin()
    item = talker.position.item
    said = talker("ask_question", text, 0.7)
    noted = [(fact.item, fact.rating) for fact in talker.facts if isinstance(fact, AnswerRecorded)]
    assert said[: len(says)] == says
    assert noted == ([(item, rating)] if rating else [])
    assert talker.position.step is (Step.COMMENT if rating else Step.ITEM)


@pytest.mark.parametrize(
    "text",
    [
        "No, can I skip this?",
        "No. Can I skip this one?",
        "ok. will I get paid for coming?",
        "they put a chart up on the first slide. will I get paid for coming?",
        "Will I get paid? Yes.",
    ],
)
def test_what_is_no_plain_answer_is_not_noted_beside_a_question(talker, text):
    talker.begin()
    talker("ask_question", text, 0.7)
    assert not [fact for fact in talker.facts if isinstance(fact, AnswerRecorded) and fact.rating is not None]
    assert talker.position.step is Step.ITEM
