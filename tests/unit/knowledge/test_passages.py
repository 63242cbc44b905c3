"""The passage shown, and what each topic can say: the first answer, more, an example, and the same for staff, carers and leads."""

from __future__ import annotations

from pathlib import Path

import pytest

from facilitator.knowledge.base import Decision, Part, Topic
from facilitator.knowledge.content import load_content
from facilitator.knowledge.live import LiveKnowledge
from facilitator.settings import ROOT

TOPICS = load_content(ROOT / "knowledge").topics
FOLLOW_UPS = (Part.MORE, Part.SERVICE_USERS, Part.STAFF, Part.LEADS, Part.EXAMPLE, Part.ACTIONS)
QUESTIONS = [line.split("\t") for line in Path(__file__).with_name("passages.tsv").read_text(encoding="utf-8").splitlines()[1:]]


def test_the_passage_that_answers_the_question_is_shown(real: LiveKnowledge) -> None:
    """Several passages may do, joined by `|`; the first hit counts, whatever the decision."""
    for _, wanted in QUESTIONS:
        for passage in wanted.split("|"):
            real.passage(passage)
    wrong = [question for question, wanted in QUESTIONS if real.search(question).hits[0].passage not in wanted.split("|")]
    assert len(QUESTIONS) >= 60
    assert 1 - len(wrong) / len(QUESTIONS) >= 0.9, wrong


def test_asking_about_pay_is_told_whether_and_how(real: LiveKnowledge) -> None:
    found = real.search("will I be paid?")
    assert found.decision is Decision.ANSWER
    assert found.hits[0].passage == "payment-benefits#short"


@pytest.mark.parametrize("topic", TOPICS.values(), ids=TOPICS.keys())
def test_every_topic_can_be_followed_up(topic: Topic) -> None:
    texts = [topic.parts[part].text for part in FOLLOW_UPS]
    assert len(topic.short.text.split()) <= 60
    assert all(len(text.split()) >= 15 for text in texts), "a follow-up gets a real answer"
    assert len({topic.short.text, *texts}) == len(FOLLOW_UPS) + 1, "each follow-up says something else"
    assert all(topic.parts[part].sources for part in (Part.SHORT, *FOLLOW_UPS))
    assert len(topic.related) >= 2 and set(topic.related) <= set(TOPICS) - {topic.id}


@pytest.mark.parametrize("topic", TOPICS.values(), ids=TOPICS.keys())
def test_every_topic_s_plain_questions_lead_to_it(topic: Topic, real: LiveKnowledge) -> None:
    """The general questions under its short answer, politely put."""
    assert len(topic.short.asks) >= 5
    found = [real.search(f"please, {ask}?").hits[0].topic for ask in topic.short.asks]
    assert found.count(topic.id) >= 0.8 * len(found), found
