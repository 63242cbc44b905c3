"""Search over the knowledge base people get. The wordings here are made up for these tests."""

from __future__ import annotations

import pytest

from facilitator.evaluation import knowledge_figures, read_tsv
from facilitator.knowledge.base import Decision
from facilitator.knowledge.live import LiveKnowledge
from facilitator.settings import ROOT

BLIND = ROOT / "tests" / "evaluation" / "knowledge.tsv"


@pytest.mark.parametrize(
    ("question", "topic"),
    [
        ("Could you tell me whether I'd get my train fare back?", "payment-benefits"),
        ("wat dose a faciltator do", "facilitation-brokering"),
        ("The senior doctor always has the last word, how do we change that?", "power-hierarchy-authority"),
        ("I burst into tears at the workshop, what now", "emotional-support"),
        ("Who published the framework?", "about-framework"),
    ],
)
def test_a_plain_question_is_answered(real: LiveKnowledge, question: str, topic: str) -> None:
    found = real.search(question)
    assert (found.decision, found.hits[0].topic) == (Decision.ANSWER, topic)
    passage = real.passage(found.hits[0].passage)
    assert passage.topic == topic
    assert passage.sources
    assert len(passage.text.split()) <= 60


@pytest.mark.parametrize(
    ("question", "reply"),
    [
        ("is it safe to double my citalopram", "utter_decline_clinical"),
        ("do you reckon i am bipolar", "utter_decline_clinical"),
        ("can I get off my section early", "utter_decline_legal"),
        ("how many pounds will they knock off my Universal Credit", "utter_decline_benefits_personal"),
        ("what day is my appointment with the nurse", "utter_decline_care_personal"),
        ("will it be sunny at the weekend", "utter_decline_off_topic"),
    ],
)
def test_what_we_must_not_answer_is_declined_with_its_own_reply(real: LiveKnowledge, question: str, reply: str) -> None:
    found = real.search(question)
    assert (found.decision, found.reply) == (Decision.DECLINE, reply)


@pytest.mark.parametrize("text", ["", " ", "?", "...", "🙂", "42", "\x00", "a" * 12_000, "Ω" * 50, "/restart", "\ud83d"])
def test_anything_at_all_can_be_searched_for(real: LiveKnowledge, text: str) -> None:
    found = real.search(text)
    assert found.decision is not Decision.ANSWER
    assert len(found.hits) == 27


def test_hits_are_one_a_topic_best_first_with_scores_that_are_probabilities(real: LiveKnowledge) -> None:
    found = real.search("how do we agree ground rules")
    scores = [hit.score for hit in found.hits]
    assert len({hit.topic for hit in found.hits}) == len(found.hits) == 27
    assert scores == sorted(scores, reverse=True)
    assert 0.8 < scores[0] <= sum(scores) <= 1.0001


def test_the_same_question_finds_the_same(real: LiveKnowledge) -> None:
    assert real.search("who decides?") == real.search("who decides?")


def test_a_wording_we_wrote_for_a_point_finds_that_point(real: LiveKnowledge) -> None:
    asked = [(ask, point) for topic in real.content.topics.values() for point in topic.points for ask in point.asks]
    found = [real.search(ask).hits[0].passage == point.id for ask, point in asked[::10]]
    assert sum(found) / len(found) > 0.85


def test_the_blind_set_is_answered_as_well_as_we_say(real: LiveKnowledge) -> None:
    rows = read_tsv(BLIND, ("id", "text", "topics"))
    figures = knowledge_figures(rows, real.search, frozenset(real.content.topics), BLIND)
    assert figures.top1 >= 0.88, figures.line()
    assert figures.top3 >= 0.95, figures.line()
    assert figures.declined_wrongly <= 0.05, figures.line()
    assert figures.answered_wrongly <= 0.05, figures.line()


def test_no_wording_of_the_blind_set_was_copied_into_the_content(real: LiveKnowledge) -> None:
    """Two short ones, "co-design?" and such, were thought of on both sides."""
    blind = {row["text"].strip().lower() for row in read_tsv(BLIND, ("text",))}
    ours = {example.text.strip().lower() for example in real._current().searcher.index.examples}
    assert len(blind & ours) <= 3
