"""The tables change their version, there and back, on both databases: nobody's row is lost on the way."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import JSON, Boolean, Column, Connection, Date, DateTime, Float, Integer, MetaData, Table, func, insert, select, text
from typer.testing import CliRunner

from facilitator.cli.main import app
from facilitator.errors import TablesError
from facilitator.storage import conversations as store
from facilitator.storage import search, versions
from facilitator.storage.database import Database
from facilitator.storage.models import FlagRow
from tests.integration.test_erasure import plant, plant_activity

OLDEST_FIRST = [each.revision for each in ScriptDirectory(str(versions.MIGRATIONS)).walk_revisions()][::-1]
HEAD = OLDEST_FIRST[-1]
DAY = datetime(2027, 1, 14, 12, tzinfo=UTC)
# a kind of column, and what is written there
VALUES = {DateTime: DAY, Date: date(2027, 1, 14), Boolean: True, Integer: 1, Float: 0.5, JSON: {}}


@pytest.fixture
def empty(empty_address) -> Iterator[Database]:
    made = Database(empty_address)
    yield made
    made.dispose()


def tables(connection: Connection) -> list[Table]:
    """The tables there are, those first that others point to. How SQLite keeps its index of words is its own affair."""
    found = MetaData()
    found.reflect(connection, only=lambda name, _: name != "alembic_version" and not search.INDEX_OBJECTS.match(name))
    return found.sorted_tables


def a_row_in_each(database: Database) -> None:
    """One row in every table, which points to a row wherever it can."""
    with database.engine.begin() as connection:
        for table in tables(connection):
            connection.execute(insert(table).values({each.name: value(each) for each in table.columns if not each.computed}))


def value(column: Column) -> object:
    if column.foreign_keys:
        return value(next(iter(column.foreign_keys)).column)
    return next((given for kind, given in VALUES.items() if isinstance(column.type, kind)), "a")


def counted(database: Database) -> dict[str, int]:
    with database.engine.connect() as connection:
        return {each.name: connection.scalar(select(func.count()).select_from(each)) or 0 for each in tables(connection)}


def foreign_keys_are_on(database: Database) -> bool:
    with database.engine.connect() as connection:
        return database.engine.name != "sqlite" or connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1


@pytest.mark.parametrize("older", OLDEST_FIRST[:-1])
def test_every_row_of_an_older_version_is_there_after_an_upgrade(empty, older):
    with versions.changing(empty.engine) as connection:
        command.upgrade(versions.config(connection), older)
    a_row_in_each(empty)
    before = counted(empty)
    assert set(before.values()) == {1} and {"conversation", "message", "answer", "access_token"} <= before.keys()
    empty.upgrade()
    assert empty.version() == HEAD
    after = counted(empty)
    assert {name: after[name] for name in before} == before
    assert foreign_keys_are_on(empty)


def test_every_row_of_a_table_that_stays_is_there_after_each_step_back_and_forward_again(database):
    a_row_in_each(database)
    for older in OLDEST_FIRST[-2::-1]:
        database.downgrade("-1")
        assert database.version() == older
        assert set(counted(database).values()) == {1}
    left = counted(database)
    database.upgrade()
    assert database.version() == HEAD
    assert {name: number for name, number in counted(database).items() if name in left} == left
    assert foreign_keys_are_on(database)


def test_a_change_that_leaves_a_row_pointing_nowhere_is_taken_back(empty):
    if empty.engine.name != "sqlite":
        pytest.skip("PostgreSQL refuses it by itself")
    with versions.changing(empty.engine) as connection:
        command.upgrade(versions.config(connection), "0006")
    a_row_in_each(empty)
    with pytest.raises(TablesError, match=r"rows of .*answer.* would point"), versions.changing(empty.engine) as connection:
        versions.upgrade(connection)
        connection.execute(text("DELETE FROM conversation"))
    assert empty.version() == "0006" and set(counted(empty).values()) == {1}
    assert foreign_keys_are_on(empty)


def test_flags_of_before_learn_their_activity_from_their_conversation(database):
    with database.unit_of_work() as session:
        activity = plant_activity(session)
        inside, outside = plant(session, activity_id=activity), plant(session)
        session.add(FlagRow(conversation_id="erased", kind="crisis", created_at=store.now()))
    database.downgrade("0006")
    database.upgrade()
    with database.reading() as session:
        found = {flag.conversation_id: flag.activity_id for flag in session.query(FlagRow)}
    assert found == {inside: activity, outside: None, "erased": None}


# ── what cannot be ──


def test_where_there_is_no_way_back_it_says_which_ways_there_are(database):
    for to in ("9999", "-99", "+1", "", "@", "0006:0005", "later"):
        with pytest.raises(TablesError) as refused:
            database.downgrade(to)
        assert str(refused.value) == f"The tables are at version {HEAD}. They can go back to: {', '.join(OLDEST_FIRST[-2::-1])}."
    assert database.version() == HEAD


def test_a_version_that_is_further_on_is_no_way_back(database):
    database.downgrade("0004")
    with pytest.raises(TablesError, match=r"at version 0004\. They can go back to: 0002, 0001\."):
        database.downgrade("0003")
    database.downgrade("0001")
    with pytest.raises(TablesError, match="none, as it is the first"):
        database.downgrade("0002")


def test_from_no_tables_there_is_nothing_to_take_back(empty):
    with pytest.raises(TablesError, match="no tables yet"):
        empty.downgrade("0001")


def test_tables_of_a_newer_release_are_left_as_they_are_and_the_release_says_so(database):
    with database.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    for change in (database.upgrade, lambda: database.downgrade("0006")):
        with pytest.raises(TablesError, match="at version 9999, which this release does not know"):
            change()
    assert database.version() == "9999"


def test_the_command_line_goes_back_and_says_where_it_is(database, address, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", address)
    run, older = CliRunner().invoke, OLDEST_FIRST[-2]
    assert run(app, ["db", "downgrade", older, "--yes"]).output == f"The database is at version {older}.\n"
    assert run(app, ["db", "version"]).output == f"{older}\n"
    assert isinstance(run(app, ["db", "downgrade", HEAD, "--yes"]).exception, TablesError)
