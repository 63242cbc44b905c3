"""A backup is brought back on an empty machine, on both databases: every table, and people go on where they were."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import MetaData, inspect, select, text

from facilitator import backup, erasure
from facilitator.settings import ROOT
from facilitator.storage import erased
from facilitator.storage.database import Database
from facilitator.storage.models import ActivityRow, ConversationRow
from tests.integration.test_erasure import canary, plant, plant_activity
from tests.integration.web import Person, running

WORDS = "Wheelchair space by the door, please"


@pytest.fixture
def elsewhere(address: str, tmp_path: Path) -> str:
    """The address of a second, empty database of the same kind: the empty machine."""
    if address.startswith("sqlite"):
        return f"sqlite:///{tmp_path / 'new-machine' / 'facilitator.db'}"
    name = f"restored_{uuid4().hex[:8]}"
    admin = Database(address)
    with admin.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    admin.dispose()
    return address.rsplit("/", 1)[0] + f"/{name}"


def person_at(system) -> Person:
    return Person(httpx.AsyncClient(transport=httpx.ASGITransport(system.app), base_url="http://web"))


def all_rows(address: str) -> dict[str, list[str]]:
    """Every row of every table that is really there, Alembic's own and Rasa's too."""
    database = Database(address)
    found = MetaData()
    found.reflect(database.engine)
    with database.engine.connect() as connection:
        rows = {name: sorted(map(str, connection.execute(select(table)))) for name, table in found.tables.items()}
    database.dispose()
    return rows


async def one_who_answered(address: str, folder: Path) -> tuple[str, str, str]:
    """Somebody keeps answers and stops at an item. Returns their id, code, and the question they are at."""
    system = running(address, folder)
    system.built.database.upgrade()
    person = person_at(system)
    await person.begin()
    code = person.last.get("resume_code") or person.opened.get("resume_code")
    await person.type("partly")
    await person.type(WORDS)
    question = person.question
    system.built.database.dispose()
    assert code
    return person.id, code, question


async def test_from_a_backup_an_empty_machine_has_every_row_and_a_conversation_carries_on(address, elsewhere, tmp_path):
    _, code, question = await one_who_answered(address, tmp_path / "old")
    database = Database(address)
    with database.unit_of_work() as session:
        plant(session, activity_id=plant_activity(session), copies=3)
    before = all_rows(address)
    assert sum(bool(rows) for rows in before.values()) >= 15, "a comparison of empty tables shows nothing"
    backup.make(database, tmp_path / "kept" / "backup")
    database.dispose()

    fresh = Database(elsewhere)
    backup.restore(fresh, tmp_path / "kept" / "backup")
    fresh.dispose()
    assert all_rows(elsewhere) == before

    system = running(elsewhere, tmp_path / "new")
    person = person_at(system)
    back = await person.open(resume_code=code)
    assert question in json.dumps(back, ensure_ascii=False) or person.question == question
    await person.type("yes")
    assert person.last["progress"]["answered"] == 2
    system.built.database.dispose()


async def test_a_backup_made_while_people_talk_is_whole(address, elsewhere, tmp_path):
    """The copy is of one moment: what is written during it is either all there or not at all."""
    who, _, _ = await one_who_answered(address, tmp_path / "old")
    database = Database(address)
    with database.engine.connect() as other:
        other.execute(text("SELECT count(*) FROM answer"))
        backup.make(database, tmp_path / "backup")
    fresh = Database(elsewhere)
    backup.restore(fresh, tmp_path / "backup")
    with fresh.reading() as session:
        assert session.execute(text("SELECT id FROM conversation")).scalars().all() == [who]
    for each in (database, fresh):
        each.dispose()


@pytest.mark.parametrize("how", ["conversation", "words", "answer", "answer_words", "message"])
async def test_what_people_deleted_after_the_backup_goes_again(address, elsewhere, tmp_path, how):
    system = running(address, tmp_path / "data")
    system.built.database.upgrade()
    stays, leaves = person_at(system), person_at(system)
    for person in (stays, leaves):
        await person.begin()
        await person.type("partly")
        if how == "message":
            await person.type("nothing to add")
            await person.type("i want to reflect")
        await person.type(f"{WORDS} {'goes' if person is leaves else 'stays'}")
    backup.make(system.built.database, tmp_path / "backup")
    if how == "conversation":
        gone = await leaves.http.delete(f"/chat/conversations/{leaves.id}", headers=leaves.headers)
        assert gone.status_code == 204
    elif how == "words":
        await leaves.type("delete everything")
        await leaves.choose("Yes")
    elif how == "answer":
        await leaves.type("delete my first answer only")
    elif how == "answer_words":
        await leaves.type("take out my words about the first one")
    else:
        await leaves.type("delete that reflection")
    system.built.database.dispose()
    listed = erased.read(tmp_path / "data" / "erased.tsv")
    of = erased.answer_of(leaves.id, "before-leadership") if how.startswith("answer") else leaves.id
    assert [line.gone.value for line in listed] == [how]
    assert how == "message" or listed[0].digest == erased.digest_of(of)

    fresh = Database(elsewhere)
    backup.restore(fresh, tmp_path / "backup")
    again = backup.erase_again(fresh, listed, tmp_path / "data")
    fresh.dispose()
    one_by_one = how not in ("conversation", "words")
    assert (again.conversations, again.words, again.answers) == (how == "conversation", how == "words", one_by_one)
    left = str(all_rows(elsewhere))
    assert f"{WORDS} stays" in left
    assert f"{WORDS} goes" not in left
    assert not address.startswith("sqlite") or f"{WORDS} goes".encode() not in Path(elsewhere.removeprefix("sqlite:///")).read_bytes()


async def test_whoever_comes_back_first_does_not_get_their_deleted_words_back(address, elsewhere, tmp_path):
    """A restore by other means, and people are let in before the list is worked through: what they say then stays, and only that."""
    lines, code = await deleted_after_a_backup(address, tmp_path)
    fresh = Database(elsewhere)
    backup.restore(fresh, tmp_path / "backup")
    system = running(elsewhere, tmp_path / "new")
    person = person_at(system)
    await person.open(resume_code=code)
    await person.type("partly")
    await person.type("Said since")
    await person.type("what are my next steps")
    await person.type("summary")
    assert "ward manager" in str(person.last) or "ward manager" in str(all_rows(elsewhere)), "nothing came back: nothing is tested"
    (tmp_path / "new" / "exports").mkdir(parents=True)
    (tmp_path / "new" / "exports" / f"conversation-{person.id}.json").write_text("{}")
    for erased_again in (backup.ErasedAgain(0, 1), backup.ErasedAgain(0, 0)):
        assert backup.erase_again(fresh, lines, tmp_path / "new") == erased_again
    fresh.dispose()
    left = all_rows(elsewhere)
    assert not [*(tmp_path / "new" / "exports").iterdir()]
    held = str([rows for table, rows in left.items() if not table.startswith("search_words")])
    assert WORDS not in held and "ward manager" not in held and "not_yet" not in str(left["message"] + left["action_outcome"])
    assert "Said since" in str(left["answer"]) and "partly" in str(left["answer"])
    assert "before-leadership" not in str(left["answer"]) and len(left["conversation"]) == 1
    await person.type("yes")
    assert person.last["progress"]["answered"] == 3 and person.last["kept"] is True
    system.built.database.dispose()


async def deleted_after_a_backup(address: str, tmp_path: Path) -> tuple[list[erased.Line], str]:
    """Somebody says much, a backup is made, and they delete it all. Returns what the list says then, and their code."""
    system = running(address, tmp_path / "data")
    system.built.database.upgrade()
    person = person_at(system)
    await person.begin()
    await person.choose("Not yet")
    await person.choose("Plan a next step")
    await person.type("Ring the ward manager")
    for title in ("Staff", "In a week"):
        await person.choose(title)
    await person.type(WORDS)
    backup.make(system.built.database, tmp_path / "backup")
    await person.type("delete everything")
    await person.choose("Yes")
    system.built.database.dispose()
    return erased.read(tmp_path / "data" / "erased.tsv"), person.opened["resume_code"]


async def test_whoever_only_looked_since_the_restore_starts_afresh(address, elsewhere, tmp_path):
    lines, code = await deleted_after_a_backup(address, tmp_path)
    fresh = Database(elsewhere)
    backup.restore(fresh, tmp_path / "backup")
    system = running(elsewhere, tmp_path / "new")
    person = person_at(system)
    assert (await person.open(resume_code=code))["progress"]["answered"] == 1
    assert backup.erase_again(fresh, lines, tmp_path / "new") == backup.ErasedAgain(0, 1)
    with fresh.reading() as session:
        [row] = session.scalars(select(ConversationRow))
        assert (row.kept, row.role, row.state) == (None, None, "consent")
    fresh.dispose()
    assert WORDS not in str(all_rows(elsewhere))
    system.built.database.dispose()


@pytest.mark.parametrize("how", ["delete my first answer only", "take out my words about the first one"])
async def test_an_answer_given_again_since_the_restore_keeps_nothing_of_the_deleted_one(address, elsewhere, tmp_path, how):
    system = running(address, tmp_path / "data")
    system.built.database.upgrade()
    person = person_at(system)
    await person.begin()
    await person.type("yes")
    await person.type(WORDS)
    backup.make(system.built.database, tmp_path / "backup")
    await person.type(how)
    system.built.database.dispose()
    fresh = Database(elsewhere)
    backup.restore(fresh, tmp_path / "backup")
    again = running(elsewhere, tmp_path / "new")
    back = person_at(again)
    await back.open(resume_code=person.opened["resume_code"])
    await back.type("change an answer")
    await back.choose("Leaders")
    await back.choose("Partly")
    lines = erased.read(tmp_path / "data" / "erased.tsv")
    assert WORDS in str(all_rows(elsewhere)["answer"])
    assert backup.erase_again(fresh, lines, tmp_path / "new").answers == 1
    assert backup.erase_again(fresh, lines, tmp_path / "new").answers == 0
    fresh.dispose()
    left = all_rows(elsewhere)
    assert WORDS not in str(left)
    assert ["partly" in answer for answer in left["answer"]] == ([True] if how.startswith("delete") else [False, False, True])
    again.built.database.dispose()


async def test_an_erased_activity_goes_again_and_who_joined_it_since_goes_on(address, elsewhere, tmp_path):
    database = Database(address, tmp_path / "erased.tsv")
    with database.unit_of_work() as session:
        goes, stays = plant_activity(session, code="ACDEFG"), plant_activity(session, code="HJKMNP")
        inside, outside = plant(session, activity_id=goes), plant(session, activity_id=stays)
    backup.make(database, tmp_path / "backup")
    with database.unit_of_work() as session:
        erasure.erase(session, erasure.of_activity(session, "ACDEFG"), None)
    database.dispose()
    fresh = Database(elsewhere)
    backup.restore(fresh, tmp_path / "backup")
    with fresh.unit_of_work() as session:
        since = plant(session, activity_id=goes)
    lines = erased.read(tmp_path / "erased.tsv")
    assert backup.erase_again(fresh, lines, tmp_path) == backup.ErasedAgain(1, 0, activities=1)
    assert backup.erase_again(fresh, lines, tmp_path) == backup.ErasedAgain(0, 0)
    with fresh.reading() as session:
        assert session.scalars(select(ActivityRow.id)).all() == [stays]
        left = {row.id: row.activity_id for row in session.scalars(select(ConversationRow))}
    fresh.dispose()
    assert left == {outside: stays, since: None}
    assert inside not in str(all_rows(elsewhere)) and canary(since) in str(all_rows(elsewhere))


async def test_the_lists_may_be_given_in_any_order(address, elsewhere, tmp_path):
    who, _, _ = await one_who_answered(address, tmp_path / "data")
    database = Database(address)
    backup.make(database, tmp_path / "backup")
    database.dispose()
    hour = timedelta(hours=1)
    lines = [erased.Line(datetime.now(UTC) + when, erased.Gone.WORDS, erased.digest_of(who)) for when in (hour, -hour)]
    fresh = Database(elsewhere)
    backup.restore(fresh, tmp_path / "backup")
    assert backup.erase_again(fresh, lines, tmp_path / "data") == backup.ErasedAgain(0, 1)
    fresh.dispose()


def test_in_containers_the_list_is_worked_through_before_anybody_can_come_back():
    steps = (ROOT / "docs" / "running.md").read_text(encoding="utf-8").partition("In containers, start only the database")[2]
    assert steps.index("erase-again") < steps.index("docker compose up -d\n")


async def test_words_said_after_deleting_stay_when_the_backup_is_newer(address, elsewhere, tmp_path):
    who, _, _ = await one_who_answered(address, tmp_path / "data")
    database = Database(address)
    backup.make(database, tmp_path / "backup")
    earlier = [erased.Line(datetime.now(UTC) - timedelta(hours=1), erased.Gone.WORDS, erased.digest_of(who))]
    database.dispose()
    fresh = Database(elsewhere)
    backup.restore(fresh, tmp_path / "backup")
    assert backup.erase_again(fresh, earlier, tmp_path / "data") == backup.ErasedAgain(0, 0)
    fresh.dispose()
    assert WORDS in str(all_rows(elsewhere))


def test_a_transaction_that_fails_lists_nothing(database, tmp_path):
    listing = Database(database.engine.url.render_as_string(hide_password=False).replace("+psycopg", ""), tmp_path / "erased.tsv")
    with pytest.raises(ZeroDivisionError), listing.unit_of_work() as session:
        erased.note(session, erased.Gone.CONVERSATION, ["a"])
        raise ZeroDivisionError
    assert erased.read(tmp_path / "erased.tsv") == []
    with listing.unit_of_work() as session:
        erased.note(session, erased.Gone.CONVERSATION, ["b"])
    assert [line.digest for line in erased.read(tmp_path / "erased.tsv")] == [erased.digest_of("b")]
    assert (tmp_path / "erased.tsv").stat().st_mode & 0o077 == 0
    listing.dispose()


def test_a_list_that_cannot_be_written_does_not_stop_a_deletion(database, tmp_path):
    (tmp_path / "erased.tsv").mkdir()
    listing = Database(database.engine.url.render_as_string(hide_password=False).replace("+psycopg", ""), tmp_path / "erased.tsv")
    with listing.unit_of_work() as session:
        erased.note(session, erased.Gone.CONVERSATION, ["a"])
    listing.dispose()


def test_a_line_cut_short_is_passed_over(tmp_path):
    whole = erased.Line(datetime.now(UTC), erased.Gone.WORDS, "0" * 64)
    (tmp_path / "list").write_text(whole.text + whole.text[:50], encoding="utf-8")
    assert erased.read(tmp_path / "list") == [whole]


# ── what is refused ──


def test_a_database_that_is_not_empty_is_left_as_it_is(database, tmp_path):
    backup.make(database, tmp_path / "backup")
    with database.unit_of_work() as session:
        kept = plant(session)
    with pytest.raises(backup.BackupError, match="not empty"):
        backup.restore(database, tmp_path / "backup")
    with database.reading() as session:
        assert canary(kept) in str(session.execute(text("SELECT position FROM conversation")).all())


def test_a_file_that_is_there_is_not_written_over(database, tmp_path):
    (tmp_path / "backup").write_text("mine")
    with pytest.raises(backup.BackupError, match="there already"):
        backup.make(database, tmp_path / "backup")
    assert (tmp_path / "backup").read_text() == "mine"


def test_a_place_that_cannot_be_written_to_is_one_sentence(database, tmp_path):
    (tmp_path / "letter").write_text("Dear all")
    with pytest.raises(backup.BackupError, match="cannot be written"):
        backup.make(database, tmp_path / "letter" / "backup")


def test_a_backup_is_for_its_owner_only_and_nothing_else_is_left_beside_it(database, tmp_path):
    folder = tmp_path / "kept"
    backup.make(database, folder / "backup")
    assert (folder / "backup").stat().st_mode & 0o077 == 0
    assert [path.name for path in folder.iterdir()] == ["backup"]


def test_what_is_no_backup_is_refused_before_anything_changes(elsewhere, tmp_path):
    (tmp_path / "letter").write_text("Dear all")
    fresh = Database(elsewhere)
    for path, why in ((tmp_path / "letter", "is not a backup"), (tmp_path / "none", "cannot be read")):
        with pytest.raises(backup.BackupError, match=why):
            backup.restore(fresh, path)
    assert inspect(fresh.engine).get_table_names() == []
    fresh.dispose()


def test_a_dump_cut_short_leaves_postgresql_empty(address, elsewhere, database, tmp_path):
    if address.startswith("sqlite"):
        pytest.skip("SQLite checks its copy when it is made")
    backup.make(database, tmp_path / "backup")
    (tmp_path / "cut").write_bytes((tmp_path / "backup").read_bytes()[:-2000])
    fresh = Database(elsewhere)
    with pytest.raises(backup.BackupError, match="pg_restore failed"):
        backup.restore(fresh, tmp_path / "cut")
    assert inspect(fresh.engine).get_table_names() == []
    fresh.dispose()


# ── the commands, as docs/running.md has them ──


def run(words: list[str], **environment: str) -> subprocess.CompletedProcess[str]:
    program = str(Path(sys.executable).parent / "facilitator")
    return subprocess.run(
        [program, *words], cwd=ROOT, env={**os.environ, **environment}, capture_output=True, text=True, check=False, timeout=120
    )


def test_the_commands_make_one_and_bring_it_back(address, elsewhere, database, tmp_path):
    with database.unit_of_work() as session:
        kept, deleted = plant(session), plant(session)
    old = {"DATABASE_URL": address, "FACILITATOR_DATA_DIR": str(tmp_path / "old")}
    new = {"DATABASE_URL": elsewhere, "FACILITATOR_DATA_DIR": str(tmp_path / "new")}
    made = run(["backup", "make", str(tmp_path / "backup")], **old)
    assert made.returncode == 0, made.stderr
    assert run(["erase", "--conversation", deleted, "--yes"], **old).returncode == 0

    without = run(["backup", "restore", str(tmp_path / "backup")], **new)
    assert without.returncode == 2 and "There is no list" in without.stderr
    again = run(["backup", "erase-again", "--erased", str(tmp_path / "old" / "erased.tsv")], **new)
    assert again.returncode == 0, again.stderr
    assert "Erased again: 1 conversations" in again.stdout
    left = str(all_rows(elsewhere))
    assert canary(kept) in left and canary(deleted) not in left
    second = run(["backup", "restore", str(tmp_path / "backup")], **new)
    assert second.returncode == 1 and "not empty" in second.stderr
