"""The query of docs/reading-the-data.md, taken from the page and run on both databases."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys

import pytest
from sqlalchemy import text

from facilitator.activities import add_activity
from facilitator.conversation.moves import correcting, rights, walking
from facilitator.settings import ROOT
from facilitator.storage import conversations as store
from facilitator.storage.database import Database
from facilitator.storage.models import ActivityRow
from facilitator.vocabulary import Stage
from tests.integration.test_storage import Walker

PAGE = (ROOT / "docs" / "reading-the-data.md").read_text(encoding="utf-8")
[QUERY] = re.findall(r"^```sql\n(.*?)^```$", PAGE, flags=re.M | re.S)
COLUMNS = ["activity", "stage", "person", "role", "item", "rating", "comment", "may_be_read"]


def rows(database, query: str = QUERY) -> list[dict[str, object]]:
    with database.engine.connect() as connection:
        return [dict(row) for row in connection.execute(text(query)).mappings()]


def without_dashes(line: str) -> str:
    """The query with one of its optional lines in use."""
    assert QUERY.count(f"-- {line}") == 1
    return QUERY.replace(f"-- {line}", line)


@pytest.fixture
def activity(database) -> str:
    """The join code of an activity."""
    with database.unit_of_work() as session:
        return add_activity(session, "Planning the new crisis café")


class Person(Walker):
    """A walker among others: message ids of its own."""

    def __call__(self, move, intent: str, words: str | None = None, **entities: str):
        return super().__call__(move, intent, words, message_id=f"{self.id}-{self.count}", **entities)


def walker(database, library, code: str | None = None, **kind: bool) -> Person:
    made = Person(database, library, **kind)
    with database.unit_of_work() as session:
        row = store.conversation(session, made.id)
        row.resume_code_hash = None  # every walker has the same code, and codes are unique
        if code:
            row.activity_id = session.query(ActivityRow).filter_by(join_code=code).one().id
    return made


def test_it_shows_every_current_answer_and_comment_with_the_role(database, library, activity):
    person = walker(database, library, activity)
    person(walking.rate, "answer_partly")
    person(walking.comment, "add_comment", "only the first half")
    person(walking.skip, "skip")
    shown = rows(database)
    assert [list(row) for row in shown] == [COLUMNS, COLUMNS]
    assert [tuple(row.values()) for row in shown] == [
        (
            "Planning the new crisis café",
            "before",
            person.id[:8],
            "carer",
            "before-leadership",
            "partly",
            "only the first half",
            "not asked",
        ),
        ("Planning the new crisis café", "before", person.id[:8], "carer", person.answers()[1].item, "skipped", None, "not asked"),
    ]


def test_a_changed_answer_is_shown_once_as_it_is_now(database, library):
    person = walker(database, library)
    person(walking.rate, "answer_partly")
    person(walking.no_comment, "no_comment")
    person(correcting.change_answer, "change_answer", item="before-leadership")
    person(walking.rate, "answer_yes")
    assert [(row["item"], row["rating"], row["activity"]) for row in rows(database)] == [("before-leadership", "yes", None)]


def test_someone_who_keeps_nothing_is_not_there(database, library):
    walker(database, library, keep=False)(walking.rate, "answer_partly", "sort of, but it was rushed")
    assert rows(database) == []


def test_it_shows_one_activity_when_asked(database, library, activity):
    inside, outside = walker(database, library, activity), walker(database, library)
    for person in (inside, outside):
        person(walking.rate, "answer_yes")
    assert {row["person"] for row in rows(database)} == {inside.id[:8], outside.id[:8]}
    chosen = without_dashes("AND activity.join_code = 'CODE'").replace("CODE", activity)
    assert {row["person"] for row in rows(database, chosen)} == {inside.id[:8]}


def test_it_shows_only_words_that_may_be_read_when_asked(database, library):
    answers = {"yes": True, "no": False, "not asked": None}
    people = {said: walker(database, library) for said in answers}
    for said, person in people.items():
        person(walking.rate, "answer_yes")
        if answers[said] is not None:
            person(rights.change_sharing, "change_sharing")
            person(walking.rate, "answer_yes" if answers[said] else "answer_no")
    assert {row["person"]: row["may_be_read"] for row in rows(database)} == {person.id[:8]: said for said, person in people.items()}
    allowed = rows(database, without_dashes("AND conversation.share_words"))
    assert [row["person"] for row in allowed] == [people["yes"].id[:8]]


@pytest.mark.parametrize("stage", [Stage.DURING, Stage.AFTER])
def test_it_runs_for_the_other_stages(database, library, stage):
    walker(database, library)(walking.rate, "answer_yes")
    assert rows(database, QUERY.replace("'before'", f"'{stage}'")) == []


def test_the_command_of_the_page_takes_the_query_and_nothing_else_out_of_it():
    [taken] = set(re.findall(r"sed -n '(.+?)' docs/reading-the-data\.md", PAGE))
    done = subprocess.run(["sed", "-n", taken, "docs/reading-the-data.md"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == QUERY


@pytest.mark.parametrize(
    "program",
    [
        pytest.param("sqlite3 -readonly -box", marks=pytest.mark.skipif(not shutil.which("sqlite3"), reason="sqlite3 is not installed")),
        ".venv/bin/python -m sqlite3",
    ],
)
def test_the_commands_for_sqlite_print_the_answers(library, program, tmp_path):
    database = Database(f"sqlite:///{tmp_path / 'facilitator.db'}")
    database.upgrade()
    walker(database, library)(walking.rate, "answer_partly")
    [command] = [line for line in PAGE.splitlines() if line.startswith(program)]
    here = command.replace("var/facilitator.db", f"{tmp_path}/facilitator.db").replace(".venv/bin/python", sys.executable)
    done = subprocess.run(["bash", "-c", here], cwd=ROOT, capture_output=True, text=True, check=True)
    database.dispose()
    assert "before-leadership" in done.stdout
    assert "partly" in done.stdout
