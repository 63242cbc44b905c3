"""Random turns through the service and the database, with repeats and restarts: what is stored is what was said, once."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from bot.actions.catalogue import MOVES
from facilitator.checklist.position import current_walk, progress
from facilitator.conversation.turn import Talk, Turn
from facilitator.service import take_turn
from facilitator.storage import conversations as store
from facilitator.storage.database import Database
from facilitator.storage.models import AnswerRow, NextStepRow, ReflectionRow
from facilitator.vocabulary import Step
from tests.rules import action_of_intent

ACTIONS = action_of_intent()
TEXTS = st.sampled_from(
    [None, "yes", "no", "sort of but it was rushed", "why?", "change my answer about payment", "staff", "14 March", "🙂"]
)
PICKS = st.sampled_from(
    [{}, {"suggestion": "before-power:0"}, {"who": "staff"}, {"when": "week"}, {"visible": "group"}, {"rung": "consultation"}]
)
# What is meant, what was typed, what was picked; whether it is sent twice; whether the process starts afresh in between.
TURNS = st.lists(st.tuples(st.sampled_from(sorted(ACTIONS)), TEXTS, PICKS, st.booleans(), st.booleans()), min_size=5, max_size=40)
BEGINNING = (("consent_yes", None), ("role_carer", None), ("start_before", None), ("choose_full", None))


@pytest.fixture(scope="module")
def address(tmp_path_factory) -> str:
    """SQLite alone: the storage tests show that both databases keep the same rules."""
    address = f"sqlite:///{tmp_path_factory.mktemp('random')}/facilitator.db"
    Database(address).upgrade()
    return address


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(turns=TURNS)
def test_what_is_stored_is_what_was_said_once(address, library, turns):
    database, talk_id = Database(address), store.new_id()
    with database.unit_of_work() as session:
        store.add_conversation(session, Talk(talk_id), activity_id=None, channel="widget", resume_code=None)
    begin = [(intent, text, {}, False, False) for intent, text in BEGINNING]
    for number, (intent, text, entities, twice, restarted) in enumerate([*begin, *turns]):
        turn = Turn(f"{talk_id}-{number}", intent, 0.9, text, entities)
        says, talk = take_turn(database, library, ACTIONS[intent], MOVES[ACTIONS[intent]], turn, talk_id)
        if restarted:
            database.dispose()
            database = Database(address)
        if twice:
            again, _ = take_turn(database, library, ACTIONS[intent], MOVES[ACTIONS[intent]], turn, talk_id)
            assert again == says
        _agree(database, library, talk_id, talk)
    database.dispose()


def _agree(database: Database, library, talk_id: str, talk: Talk) -> None:
    """The talk a turn ended with is the talk the database gives back; nothing is there twice."""
    with database.reading() as session:
        stored = store.load_talk(session, store.conversation(session, talk_id))
        current = session.scalars(
            select(AnswerRow.item).where(AnswerRow.conversation_id == talk_id, AnswerRow.superseded_at.is_(None))
        ).all()
        messages = session.scalars(select(ReflectionRow.message_id).where(ReflectionRow.conversation_id == talk_id)).all()
        steps = session.scalars(select(NextStepRow.id).where(NextStepRow.conversation_id == talk_id)).all()
    assert stored.position == talk.position
    assert stored.answers == (talk.answers if talk.kept else {})
    assert dict(stored.next_steps) == (dict(talk.next_steps) if talk.kept else {})
    assert stored.reflections == (talk.reflections if talk.kept else ())
    assert max(Counter(current).values(), default=1) == 1
    assert len(set(messages)) == len(messages) and len(set(steps)) == len(steps)
    walked = progress(stored.position, library.checklists)
    if stored.kept and walked and stored.position.step is Step.ITEM:
        walk = {item.id for item in current_walk(stored.position, library.checklists)}
        rated = {item for item, given in stored.answers.items() if given.rating}
        assert walked.answered == len(walk & rated & set(stored.position.done_here))
