"""Forgetting on time: who goes, and who stays."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from facilitator.conversation.moves import walking
from facilitator.retention import purge
from facilitator.storage import conversations as store
from facilitator.storage.models import AnswerRow, ConversationRow, MessageRow, TokenRow
from tests.integration.test_storage import Walker

LIMITS = {"raw_text_days": 90, "answer_days": 365}


@pytest.fixture
def kept(database, library) -> Walker:
    """Someone with one answer, one message of their own, and a token."""
    walker = Walker(database, library)
    walker(walking.rate, "answer_partly")
    with database.unit_of_work() as session:
        session.add(MessageRow(id="m", conversation_id=walker.id, author="person", text="my words", created_at=store.now()))
        store.add_token(session, walker.id)
    return walker


def run(database, days: float, *, dry_run: bool = False) -> dict[str, int]:
    with database.unit_of_work() as session:
        return purge(session, store.now() + timedelta(days=days), dry_run=dry_run, **LIMITS).counts()


def left(database) -> dict[str, int]:
    with database.unit_of_work() as session:
        texts = [row for row in session.scalars(select(MessageRow)) if row.text]
        return {
            "texts": len(texts),
            **{t.__tablename__: len(list(session.scalars(select(t)))) for t in (AnswerRow, ConversationRow, TokenRow)},
        }


def test_the_next_day_everything_of_someone_kept_stays(database, kept):
    assert run(database, 1.5) == {"texts": 0, "answers": 0, "reflections": 0, "conversations": 0, "tokens": 0}
    assert left(database) == {"texts": 1, "answer": 1, "conversation": 1, "access_token": 1}


def test_after_ninety_days_the_words_go_and_the_answers_stay(database, kept):
    assert run(database, 91)["texts"] == 1
    assert left(database) == {"texts": 0, "answer": 1, "conversation": 1, "access_token": 0}


def test_after_a_year_everything_goes(database, kept):
    run(database, 366)
    assert left(database) == {"texts": 0, "answer": 0, "conversation": 0, "access_token": 0}


def test_an_old_answer_goes_even_while_the_person_still_comes(database, kept):
    with database.unit_of_work() as session:
        session.execute(update(AnswerRow).values(created_at=store.now() - timedelta(days=366)))
    assert run(database, 0)["answers"] == 1
    assert left(database)["conversation"] == 1


def test_someone_unkept_is_forgotten_after_a_day_and_others_stay(database, library, kept):
    Walker(database, library, keep=False, code="four-five-six")
    assert run(database, 0.5)["conversations"] == 0
    assert run(database, 1.1)["conversations"] == 1
    assert left(database)["conversation"] == 1


def test_a_dry_run_counts_and_changes_nothing(database, kept):
    before = left(database)
    assert run(database, 366, dry_run=True)["conversations"] == 1
    assert left(database) == before
