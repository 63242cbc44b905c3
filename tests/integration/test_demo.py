"""The demo: made-up people do what real ones do, in an empty database, and in no other."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import func, select

from facilitator.activities import add_activity
from facilitator.bootstrap import Bootstrap
from facilitator.coordinators import overview
from facilitator.coordinators.overview import Lane
from facilitator.demo.build import NotEmptyError, build
from facilitator.parity.store import parity_view
from facilitator.settings import Settings
from facilitator.storage.models import ActivityRow, AnswerRow, Base, ConversationRow, FlagRow, MessageRow, ReflectionRow
from facilitator.vocabulary import Role, Stage
from tests.fakes import FakeKnowledge


@pytest.fixture
def built(address, database, tmp_path) -> Bootstrap:
    made = Bootstrap(Settings(database_url=address, facilitator_data_dir=tmp_path))
    made.__dict__.update(knowledge=FakeKnowledge(), database=database)
    return made


def rows(session, table) -> int:
    return session.scalar(select(func.count()).select_from(table))


def test_the_demo_has_something_for_every_page_and_is_made_once(built):
    code = build(built, lambda text: None)
    with built.database.unit_of_work() as session:
        activity = session.scalar(select(ActivityRow).where(ActivityRow.join_code == code))
        people = overview.participation(session, [activity.id])[activity.id]
        assert all(people[role].people >= 1 for role in Role) and people[Role.SERVICE_USER].people == 4
        assert {stage for part in people.values() for stage in part.stages} == set(Stage)
        view = parity_view(session, activity.id, built.checklists)
        gaps = [item for item in view.items if item.gap is not None]
        assert gaps[0].gap >= 0.5 and len(gaps) > 5
        board = overview.board(session, activity.id, date.today())
        assert all(board.counts[lane] for lane in Lane)
        said = overview.comments(session, activity.id)
        assert said and not any("not shared" in one.text for those in said.values() for one in those)
        assert {row.visible_to for row in session.scalars(select(ReflectionRow))} == {"me", "coordinators", "group"}
        assert len(overview.ladder(session, activity.id, 3)) >= 1
        assert {row.kind for row in session.scalars(select(FlagRow))} >= {"distress", "asked_for_person"}
        unkept = session.scalar(select(ConversationRow).where(ConversationRow.kept.is_not(True)))
        assert not session.scalars(select(AnswerRow).where(AnswerRow.conversation_id == unkept.id)).all()
        assert not [m for m in session.scalars(select(MessageRow).where(MessageRow.conversation_id == unkept.id)) if m.text]
        days = {row.created_at.date() for row in session.scalars(select(AnswerRow))}
        assert len(days) > 10 and max(days) <= date.today()
    with pytest.raises(NotEmptyError, match="leaves it alone"):
        build(built, lambda text: None)


def test_a_database_that_holds_anything_is_left_alone(built):
    with built.database.unit_of_work() as session:
        add_activity(session, "Somebody's own")
    with pytest.raises(NotEmptyError):
        build(built, lambda text: None)
    with built.database.reading() as session:
        found = {table.name: rows(session, table) for table in Base.metadata.sorted_tables}
    assert {name for name, number in found.items() if number} == {"activity"} and found["activity"] == 1
