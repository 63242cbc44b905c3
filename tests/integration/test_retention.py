"""Forgetting on time: who goes and who stays, by the organisation's periods and by an activity's own."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select, update

from facilitator import retention
from facilitator.conversation.turn import Say, Talk
from facilitator.periods import Periods
from facilitator.retention import Purged, purge_all
from facilitator.storage import conversations as store
from facilitator.storage.database import Database
from facilitator.storage.models import (
    AnswerRow,
    Base,
    ChoiceRow,
    ConversationRow,
    LadderRow,
    MessageRow,
    NextStepRow,
    OutcomeRow,
    ReflectionRow,
    ReleaseRow,
    SlackOutRow,
    TokenRow,
)
from tests.integration.test_erasure import canary, counts, everything, on_disk, plant, plant_activity
from tests.integration.web import Person, running

PERIODS = Periods(raw_text_days=90, answer_days=365)
SAID = (AnswerRow, ReflectionRow, NextStepRow, LadderRow)
ONE_OF_EACH = {"answers": 1, "reflections": 1, "next_steps": 1, "ladders": 1}


@pytest.fixture
def kept(database) -> str:
    """Someone with one row in every table: a message, an answer, a reflection, a next step, a place on the ladder, a token, …"""
    with database.unit_of_work() as session:
        return plant(session)


def run(database: Database, days: float, **more: Any) -> Purged:
    return purge_all(database, store.now() + timedelta(days=days), PERIODS, **more)


def texts(database: Database) -> int:
    with database.reading() as session:
        return session.query(MessageRow).where(MessageRow.text.is_not(None)).count()


def came_lately(database: Database, *ids: str, days: float) -> None:
    """These people said something `days` from now, so that their conversations go on."""
    with database.unit_of_work() as session:
        when = store.now() + timedelta(days=days)
        session.execute(update(ConversationRow).where(ConversationRow.id.in_(ids)).values(last_active_at=when))
        session.execute(update(TokenRow).where(TokenRow.conversation_id.in_(ids)).values(expires_at=when + timedelta(days=90)))


@pytest.fixture(autouse=True)
def long_tokens(request):
    """Tokens of planted conversations are good for 90 days."""
    if "kept" in request.fixturenames:
        came_lately(request.getfixturevalue("database"), request.getfixturevalue("kept"), days=0)


# ── the organisation's periods ──


def test_the_next_day_everything_of_someone_kept_stays(database, kept):
    before = everything(database, but="action_outcome")
    assert run(database, 0.9) == Purged()
    assert everything(database, but="action_outcome") == before
    there = counts(database)
    assert run(database, 1.5) == Purged()
    assert {**counts(database), "action_outcome": 0} == {**there, "action_outcome": 0, "slack_out": 0}


def test_what_slack_has_not_taken_for_a_day_is_never_sent(database, kept):
    """Whoever's it is, and with Slack switched off as well."""
    with database.unit_of_work() as session:
        session.execute(update(SlackOutRow).values(conversation_id=None))
    assert run(database, 0.9, dry_run=True) == run(database, 0.9) == Purged()
    assert counts(database)["slack_out"] == 1
    purge_all(database, store.now() + timedelta(days=1.1), PERIODS)
    assert counts(database)["slack_out"] == 0


def test_after_ninety_days_the_words_go_and_what_they_answered_stays(database, kept):
    assert run(database, 89).texts == 0
    came_lately(database, kept, days=91)
    assert run(database, 91) == Purged(texts=1)
    assert texts(database) == 0
    assert all(counts(database)[table.__tablename__] == 1 for table in (*SAID, ConversationRow, MessageRow))


def test_the_bots_sentence_can_still_be_shown_by_its_id(database, kept):
    came_lately(database, kept, days=91)
    run(database, 91)
    with database.reading() as session:
        message = session.query(MessageRow).one()
    assert (message.text, message.choice_id) == (None, None)
    assert message.say is not None


def test_an_expired_token_goes_and_a_good_one_stays(database, kept):
    assert run(database, 89).tokens == 0
    assert run(database, 90.5).tokens == 1


def test_after_a_year_what_they_said_goes_even_while_they_still_come(database, kept):
    came_lately(database, kept, days=300)
    assert run(database, 364) == Purged(texts=1)
    assert run(database, 366) == Purged(**ONE_OF_EACH)
    assert counts(database)["conversation"] == 1


def test_a_year_after_they_last_came_everything_goes(database, kept):
    assert run(database, 366) == Purged(conversations=1)
    left = {name: count for name, count in counts(database).items() if count}
    assert left == {"flag": 1}  # kind and time, without its link
    assert kept not in everything(database)


def test_someone_unkept_is_forgotten_after_a_day_and_others_stay(database, kept):
    for choice in (False, None):
        with database.unit_of_work() as session:
            unkept = plant(session)
            session.execute(update(ConversationRow).where(ConversationRow.id == unkept).values(kept=choice))
        assert run(database, 0.9).conversations == 0
        assert run(database, 1.1).conversations == 1
        assert unkept not in everything(database)
    assert counts(database)["conversation"] == 1


def test_what_an_action_said_goes_a_day_after_its_message_was_answered_and_stays_while_that_waits(database):
    with database.unit_of_work() as session:
        store.add_conversation(session, Talk("one", kept=True), activity_id=None, channel="widget", resume_code=None)
        session.flush()
        for name in ("answered", "pending"):
            session.add(MessageRow(id=name, conversation_id="one", author="person", status=name, created_at=store.now()))
            store.add_outcome(session, "one", name, "action", [Say("utter_noted", values={"rating": "no"})])

    def left(days: float) -> set[str]:
        run(database, days)
        with database.reading() as session:
            return set(session.scalars(select(OutcomeRow.message_id)))

    assert (left(0.9), left(1.1)) == ({"answered", "pending"}, {"pending"})


async def test_ratings_and_steps_are_nowhere_in_the_chat_once_their_time_is_over(address, tmp_path):
    """Somebody who goes on coming: what they answered 40 days ago is gone from every reply, and what they answered since is not."""
    system = running(address, tmp_path)
    person = Person(httpx.AsyncClient(transport=httpx.ASGITransport(system.app), base_url="http://web"))
    await person.begin()
    for title in ("Not yet", "Plan a next step"):
        await person.choose(title)
    await person.type("Ring the ward manager")
    for title in ("Staff", "In a week", "Nothing to add"):
        await person.choose(title)
    await person.type("what are my next steps")
    await person.choose("Done: Ring")
    for rung in ("4.", "5."):
        await person.type("the ladder")
        await person.choose(rung)
        await person.choose("7.")
    await person.type("summary")
    assert "ward manager" in person.texts, "nothing is repeated: nothing is tested"
    long_ago(system.built.database, days=40)
    await person.type("partly")
    await person.type("summary")
    assert "Not yet in place" in person.texts
    done = purge_all(system.built.database, store.now(), Periods(raw_text_days=20, answer_days=30))
    assert (done.answers, done.next_steps, done.ladders) == (1, 1, 2)
    held, shown = repeated(system.built.database), str(await history(person))
    for gone in ("not_yet", "answer_no", "ward manager", "'values': {'rung'"):
        assert gone not in held
    for gone in ("ward manager", "Not yet in place", "not yet. ", "Last time you said"):
        assert gone not in shown
    assert "'rating': 'partly'" in held and "'partly': ['before-purpose']" in held
    assert "Partly in place" in shown
    system.built.database.dispose()


def long_ago(database: Database, *, days: float) -> None:
    with database.unit_of_work() as session:
        for table in (*SAID, MessageRow, OutcomeRow):
            for row in session.scalars(select(table)):
                row.created_at -= timedelta(days=days)


def repeated(database: Database) -> str:
    """All that the bot's side of every conversation holds, but for the choices that everybody is offered."""
    with database.reading() as session:
        messages = [(row.text, row.say, row.intent) for row in session.scalars(select(MessageRow))]
        offered = session.scalars(select(ChoiceRow.title).where(ChoiceRow.title.startswith("Done"))).all()
        return str((messages, offered, session.scalars(select(OutcomeRow.says)).all()))


async def history(person: Person) -> list[str]:
    found = await person.http.get(f"/chat/conversations/{person.id}/messages?limit=100", headers=person.headers)
    return [message["text"] for message in found.json()["messages"]]


# ── an activity's own periods ──


@pytest.fixture
def three(database) -> dict[str, str]:
    """One in an activity that keeps less, one in an activity that keeps more, one in an activity that says nothing."""
    periods: dict[str, dict[str, Any]] = {
        "less": {"code": "LESSAA", "raw_text_days": 10, "answer_days": 30},
        "more": {"code": "MOREAA", "raw_text_days": 200, "answer_days": 730},
        "same": {"code": "SAMEAA"},
    }
    with database.unit_of_work() as session:
        found = {name: plant(session, activity_id=plant_activity(session, **period)) for name, period in periods.items()}
    came_lately(database, *found.values(), days=0)
    return found


def with_text(database: Database, three: dict[str, str]) -> set[str]:
    with database.reading() as session:
        ids = {row.conversation_id for row in session.query(MessageRow).where(MessageRow.text.is_not(None))}
    return {name for name, conversation_id in three.items() if conversation_id in ids}


@pytest.mark.parametrize(
    ("days", "left"), [(9, {"less", "more", "same"}), (11, {"more", "same"}), (91, {"more"}), (201, set())], ids=["9", "11", "91", "201"]
)
def test_words_go_by_the_activitys_own_period(database, three, days, left):
    came_lately(database, *three.values(), days=days)
    run(database, days)
    assert with_text(database, three) == left


@pytest.mark.parametrize(("days", "left"), [(29, {"less", "more", "same"}), (31, {"more", "same"}), (366, {"more"}), (731, set())])
def test_answers_go_by_the_activitys_own_period_while_people_still_come(database, three, days, left):
    came_lately(database, *three.values(), days=days)
    run(database, days)
    with database.reading() as session:
        for table in SAID:
            ids = {row.conversation_id for row in session.query(table)}
            assert {name for name, conversation_id in three.items() if conversation_id in ids} == left
    assert counts(database)["conversation"] == 3


@pytest.mark.parametrize(("days", "left"), [(29, {"less", "more", "same"}), (31, {"more", "same"}), (366, {"more"}), (731, set())])
def test_conversations_end_by_the_activitys_own_period(database, three, days, left):
    run(database, days)
    held = everything(database)
    assert {name for name, conversation_id in three.items() if conversation_id in held} == left


def test_a_groups_figures_forget_a_rating_that_has_gone(database, three):
    with database.unit_of_work() as session:
        for name, conversation_id in three.items():
            row = session.get(ConversationRow, conversation_id)
            session.execute(update(AnswerRow).where(AnswerRow.conversation_id == conversation_id).values(item="i", superseded_at=None))
            figures = {"activity_id": row.activity_id, "item": "i", "side": "staff", "counts": {"yes": 2}, "released_at": store.now()}
            others = {"another": "yes"} if name == "less" else {}
            session.add(ReleaseRow(basis={conversation_id: "yes"} | others, **figures))
    came_lately(database, *three.values(), days=366)
    run(database, 366)
    with database.reading() as session:
        assert sorted(str(row.basis) for row in session.query(ReleaseRow)) == sorted(
            [str({"another": "yes"}), str({three["more"]: "yes"}), "{}"]
        )


# ── counting first, again, and in batches ──


def test_a_dry_run_counts_what_the_run_takes_and_changes_nothing(database, three, monkeypatch):
    monkeypatch.setattr(retention, "BATCH", 2)
    with database.unit_of_work() as session:
        more = [plant(session, copies=5) for _ in range(3)]
        session.execute(update(ConversationRow).where(ConversationRow.id == more[0]).values(kept=False))
    came_lately(database, *three.values(), *more[:2], days=300)
    for days in (1.5, 40, 92, 366, 800, 1100):
        before = everything(database)
        counted = run(database, days, dry_run=True)
        assert everything(database) == before
        assert run(database, days) == counted
        assert run(database, days) == run(database, days, dry_run=True) == Purged()
    assert counts(database)["conversation"] == 0


def test_a_batch_is_small_however_much_is_due(database, monkeypatch):
    monkeypatch.setattr(retention, "BATCH", 2)
    with database.unit_of_work() as session:
        for _ in range(5):
            plant(session)
    limits = retention.Limits(store.now() + timedelta(days=366), PERIODS)
    with database.unit_of_work() as session:
        assert retention._purge_batch(session, limits, None) == Purged(conversations=2)
    assert run(database, 366) == Purged(conversations=3)


def test_two_that_run_at_once_do_no_harm(database, kept):
    with ThreadPoolExecutor(2) as threads:
        done = list(threads.map(lambda _: run(database, 366), range(2)))
    assert sorted(each.conversations for each in done) == [0, 1]
    assert run(database, 366) == Purged()


def test_exports_of_what_ends_are_deleted(database, kept, tmp_path):
    (tmp_path / "exports").mkdir()
    mine, other = tmp_path / "exports" / f"conversation-{kept}.json", tmp_path / "exports" / "conversation-other.json"
    for path in (mine, other):
        path.write_text("{}")
    written_at(other, days=365)
    purge_all(database, store.now() + timedelta(days=366), PERIODS, data_dir=tmp_path)
    assert (mine.exists(), other.exists()) == (False, True)


def test_an_export_is_on_disk_for_thirty_days_while_its_conversation_goes_on(database, kept, tmp_path):
    young, old = tmp_path / "exports" / f"conversation-{kept}.json", tmp_path / "exports" / "older" / "all.csv"
    old.parent.mkdir(parents=True)
    for path, days in ((young, -29), (old, -31)):
        path.write_text("{}")
        written_at(path, days=days)
    run(database, 0, dry_run=True, data_dir=tmp_path)
    assert old.exists()
    run(database, 0, data_dir=tmp_path)
    assert (young.exists(), old.exists()) == (True, False)


def written_at(path: Path, *, days: float) -> None:
    at = (store.now() + timedelta(days=days)).timestamp()
    os.utime(path, (at, at))


def test_purged_words_leave_the_bytes_of_the_database_file(tmp_path):
    database = Database(f"sqlite:///{tmp_path / 'test.db'}")
    database.upgrade()
    with database.unit_of_work() as session:
        goes, stays = plant(session, copies=50), plant(session)
    came_lately(database, stays, days=366)
    assert canary(goes).encode() in on_disk(tmp_path)
    run(database, 366)
    assert canary(goes).encode() not in on_disk(tmp_path)
    assert stays.encode() in on_disk(tmp_path)
    database.dispose()


def test_every_table_of_what_people_said_has_a_period():
    """A table with a conversation's rows and a time is either purged by age or goes with its conversation for a stated reason."""
    goes_with_its_conversation = {"tracker_state", "conversation"}  # ids and positions, no words
    goes_with_its_conversation |= {"choice"}  # one that names a next step goes with the step
    goes_with_its_conversation |= {"flag_event"}  # what coordinators noted while they looked after it
    goes_with_its_conversation |= {"slack_seat"}  # who talks where in Slack: nothing a person typed
    # what coordinators noted about the person, and the copy of readable words that is searched: rewritten when words are past their time
    goes_with_its_conversation |= {"conversation_note", "conversation_tag", "search_document"}
    purged = {table.__tablename__ for table in (*SAID, MessageRow, OutcomeRow, TokenRow, SlackOutRow)}
    stays_without_its_link = {"flag"}
    tables = {table.name for table in Base.metadata.sorted_tables if "conversation_id" in table.c or table.name == "conversation"}
    assert tables == purged | goes_with_its_conversation | stays_without_its_link
