"""Random sequences of everything a person may do: position, progress and answers always agree, and nothing is said in a hole."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from facilitator.checklist.position import Position, progress
from facilitator.conversation.turn import AboutActivity, AnswerRecorded, AnswersErased
from facilitator.vocabulary import Kind, Step
from tests.talker import ACTIONS, Talker

TEXTS = st.sampled_from(
    [None, "yes", "no", "sort of but it was rushed", "why?", "change my answer about payment", "x" * 300, "🙂", "will I be paid?", "staff"]
)
PICKS = st.sampled_from(
    [
        {},
        *({"suggestion": "before-power:0"}, {"who": "staff"}, {"when": "week"}, {"visible": "group"}, {"rung": "informing"}),
        *({"reflect": "guided"}, {"sharing": "earlier"}, {"other": "stage"}, {"done": "message"}, {"item": "before-payment"}),
    ]
)
DOINGS = st.lists(st.tuples(st.sampled_from(sorted(ACTIONS)), TEXTS, PICKS), max_size=60)


@settings(max_examples=300)
@given(
    doings=DOINGS,
    keep=st.booleans(),
    depth=st.sampled_from(["quick", "full"]),
    group=st.sampled_from([None, AboutActivity("The crisis leaflet", members=("Amber Robin",))]),
    role=st.sampled_from(["role_service_user", "skip"]),
)
def test_position_progress_and_answers_always_agree(library, wording, doings, keep, depth, group, role):
    talker = Talker(library)
    talker.talk = replace(talker.talk, activity=group)
    talker.begin(keep=keep, role=role, depth=depth)
    for intent, text, entities in doings:
        talker(intent, text, **(entities if text is None else {}))
        _check(talker, library, wording)


def _check(talker: Talker, library, wording) -> None:
    position = talker.position
    assert Position.from_json(position.to_json()) == position
    if position.step in (Step.ITEM, Step.COMMENT):
        assert position.item and library.checklists.stage_of(position.item) is position.stage
    walked = progress(position, library.checklists)
    assert walked is None or 0 <= walked.answered <= walked.total
    said = [wording.render(say, talker.talk, library) for say in talker.outcome.says]
    assert said and all(message.text for message in said)
    assert sum(message.kind is Kind.QUESTION for message in said) <= 1
    if talker.talk.kept:
        _check_answers(talker)


def _check_answers(talker: Talker) -> None:
    """Every item marked done has a rating or a skip, and the newest fact of each item is what is remembered."""
    newest: dict[str, AnswerRecorded] = {}
    for fact in talker.facts:
        if isinstance(fact, AnswersErased):
            newest = {}
        if isinstance(fact, AnswerRecorded) and fact.rating:
            newest[fact.item] = fact
    for items in talker.position.done.values():
        for item in items:
            if item in talker.talk.answers:
                assert talker.talk.answers[item].rating is newest[item].rating
