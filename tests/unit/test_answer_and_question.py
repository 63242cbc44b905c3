"""An answer and a question in one message are both heard."""

from __future__ import annotations

import pytest

from facilitator.conversation.reading import rating_alone
from facilitator.conversation.turn import AnswerRecorded
from facilitator.vocabulary import Rating, Step
from tests.talker import Talker


def noted(talker: Talker) -> list[tuple[str, Rating | None]]:
    return [(fact.item, fact.rating) for fact in talker.facts if isinstance(fact, AnswerRecorded)]


@pytest.fixture
def talker(library) -> Talker:
    return Talker(library)


@pytest.mark.parametrize(
    ("text", "rating", "says"),
    [
        ("Yes. Will I get paid for coming?", Rating.YES, ["utter_noted", "utter_answer"]),
        ("yeah ish. Will I get paid for coming?", Rating.PARTLY, ["utter_noted", "utter_answer"]),
        ("not yet! do we get paid?", Rating.NOT_YET, ["utter_noted", "utter_answer"]),
        ("Yep. who can read what I write here?", Rating.YES, ["utter_noted", "utter_who_sees_kept"]),
    ],
)
def test_the_answer_is_noted_and_the_question_answered(talker, text, rating, says):
    talker.begin()
    item = talker.position.item
    assert talker("ask_question", text, 0.7)[: len(says)] == says
    assert noted(talker) == [(item, rating)]
    assert talker.position.step is Step.COMMENT


def test_at_the_last_question_the_end_of_the_stage_is_said_too(talker):
    talker.begin()
    while talker.position.step is Step.ITEM:
        last, before = talker.position.item, talker.talk
        talker("answer_yes")
        talker("no_comment")
    talker.talk, talker.facts = before, []
    talker("add_comment", "we had a long talk about it")
    said = talker("ask_question", "Yes. Will I get paid for coming?", 0.7)
    assert "utter_stage_done" in said and "utter_about_sharing_words" in said and "utter_answer" in said
    assert said.index("utter_about_sharing_words") < said.index("utter_answer")
    assert noted(talker)[-1] == (last, Rating.YES)


@pytest.mark.parametrize(
    "text",
    [
        "No, will I get paid?",
        "ok. will I get paid for coming?",
        "they put a chart up on the first slide. will I get paid for coming?",
        "Will I get paid? Yes.",
        "Absolutely not. Will I get paid?",
        "No worries. Will I get paid?",
        "No problem. Will I get paid?",
        "mostly no. Will I get paid?",
        "Yes quick question. Will I get paid?",
        "Still waiting. When will I be paid?",
        "Yes. No wait, not yet. Will I get paid?",
        "Yes. But it was awful and my sister cried. Will I get paid?",
        "No. Will I get paid? And who sees this?",
        "No. Can I talk to somebody about being paid?",
        "Yes. Can I have a break, paid or not?",
    ],
)
def test_what_is_no_plain_answer_is_not_noted_beside_a_question(talker, text):
    talker.begin()
    talker("ask_question", text, 0.7)
    assert [rating for _, rating in noted(talker) if rating is not None] == []
    assert talker.position.step is Step.ITEM


@pytest.mark.parametrize(
    ("told", "rating"),
    [
        ("yes and no", "answer_partly"),
        ("No idea", "answer_unsure"),
        ("not really", "answer_no"),
        ("Yes", "answer_yes"),
        ("never mind", None),
        ("no comment", None),
        ("definitely not", None),
        ("ok", None),
    ],
)
def test_a_rating_alone_is_one_rating_and_nothing_else(told, rating):
    assert rating_alone(told) == rating


def test_a_wish_is_never_swallowed_by_an_answer_before_it(talker):
    talker.begin()
    assert talker("human_help", "No. Who gets paid to listen to me?", 0.95)[0] == "utter_person"
    assert noted(talker) == []


def test_while_paused_no_question_is_answered_beside_an_answer(talker):
    talker.begin()
    talker("pause")
    talker("answer_yes", "Yes. Will I get paid?", 0.9)
    assert "utter_answer" not in [say.response for say in talker.outcome.says]
