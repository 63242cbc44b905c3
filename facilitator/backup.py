"""Backups: one file that holds the whole database, and bringing it back on an empty machine.

SQLite is copied by its own online backup, while people talk. PostgreSQL by its own pg_dump and pg_restore, which have to be installed; the
password goes to them in the environment, never as an argument. After a restore, what was erased since is erased again.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import inspect, select
from sqlalchemy.engine import URL

from facilitator import erasure
from facilitator.checklist.position import Position
from facilitator.errors import FacilitatorError
from facilitator.parity.store import forget
from facilitator.storage import conversations as store
from facilitator.storage import earlier, search
from facilitator.storage.database import Database
from facilitator.storage.erased import Gone, Line, answer_of, digest_of, message_of
from facilitator.storage.models import ActivityRow, AnswerRow, ConversationRow, NextStepRow, ReflectionRow

TIMEOUT_S = 3600
SQLITE_MAGIC = b"SQLite format 3\0"
DUMP_MAGIC = b"PGDMP"


_OF_ANSWERS = frozenset({Gone.ANSWER, Gone.ANSWER_WORDS})


class BackupError(FacilitatorError):
    """A backup cannot be made or brought back; the text says why and what to do."""


@dataclass(frozen=True)
class ErasedAgain:
    """How many conversations went again, whole or in words, how many single answers, next steps and reflections, and activities."""

    conversations: int
    words: int
    answers: int = 0
    activities: int = 0


# ── making one ──


def make(database: Database, to: Path) -> None:
    """Write the whole database to a new file that only its owner can read, and check that it can be read.

    Raises:
        BackupError: the file is there already or cannot be written, or the copy failed; then nothing is left at `to`.
    """
    if to.exists():
        raise BackupError(f"{to} is there already. Give the name of a new file.")
    unfinished = to.with_name(f".{to.name}.unfinished")
    try:
        to.parent.mkdir(parents=True, exist_ok=True)
        unfinished.unlink(missing_ok=True)
        unfinished.touch(mode=0o600)
    except OSError as error:
        raise BackupError(f"{to} cannot be written ({error.strerror}).") from None
    try:
        if _is_sqlite(database):
            _copy_sqlite(Path(database.engine.url.database or ""), unfinished)
        else:
            _run(["pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--file={unfinished}"], database.engine.url)
            _run(["pg_restore", "--list", str(unfinished)], database.engine.url)
        unfinished.rename(to)
    finally:
        unfinished.unlink(missing_ok=True)


def _copy_sqlite(source: Path, to: Path) -> None:
    if not source.exists():
        raise BackupError("There is no database yet, so there is nothing to copy.")
    try:
        with closing(sqlite3.connect(source)) as original, closing(sqlite3.connect(to)) as copy:
            original.backup(copy)
            # one file that stands alone, without a write-ahead log beside it
            copy.execute("PRAGMA journal_mode=DELETE")
            checked = copy.execute("PRAGMA integrity_check").fetchone()[0]
    except sqlite3.Error as error:
        raise BackupError(f"The database could not be copied ({type(error).__name__}).") from None
    if checked != "ok":
        raise BackupError("The copy is damaged, so it was not kept. Look at the disk of the database.")


# ── bringing one back ──


def restore(database: Database, source: Path) -> None:
    """Fill an empty database from a backup, and bring its tables up to date.

    Raises:
        BackupError: the database is not empty, or the file is not a backup for this kind of database.
    """
    if inspect(database.engine).get_table_names():
        raise BackupError("This database is not empty. Bring a backup back into a new, empty one; what is here is left as it is.")
    if _is_sqlite(database):
        _check_kind(source, SQLITE_MAGIC, "SQLite")
        database.dispose()
        _fill_sqlite(source, Path(database.engine.url.database or ""))
    else:
        _check_kind(source, DUMP_MAGIC, "PostgreSQL")
        command = ["pg_restore", "--exit-on-error", "--single-transaction", "--no-owner", "--no-privileges"]
        _run([*command, f"--dbname={_named(database.engine.url)}", str(source)], database.engine.url)
    database.upgrade()


def _fill_sqlite(source: Path, to: Path) -> None:
    for beside in ("-wal", "-shm"):
        to.with_name(to.name + beside).unlink(missing_ok=True)
    # for its owner alone before a word is in it
    to.touch()
    to.chmod(0o600)
    try:
        with closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True)) as kept, closing(sqlite3.connect(to)) as fresh:
            kept.backup(fresh)
    except sqlite3.Error as error:
        raise BackupError(f"The backup cannot be read ({type(error).__name__}).") from None


def _check_kind(source: Path, magic: bytes, name: str) -> None:
    try:
        with source.open("rb") as opened:
            found = opened.read(len(magic))
    except OSError as error:
        raise BackupError(f"{source} cannot be read ({error.strerror}).") from None
    if found != magic:
        raise BackupError(f"{source} is not a backup of a {name} database. Backups are not carried from one kind to the other.")


# ── what was erased since ──


def erase_again(database: Database, lines: Sequence[Line], data_dir: Path) -> ErasedAgain:
    """Erase what the list says was erased after the backup was made. Running it again does no harm.

    What somebody said after they had deleted stays: they may have come back before this was run, and the backup may be newer than that.
    """
    last, kinds = _last(lines), {line.gone for line in lines}
    conversations = words = answers = 0
    changed: list[str] = []
    with database.reading() as session:
        ids = session.scalars(select(ConversationRow.id)).all()
    for conversation_id in ids:
        digest = digest_of(conversation_id)
        if (digest, Gone.CONVERSATION) in last:
            with database.unit_of_work() as session:
                erasure.erase(session, erasure.these([conversation_id]), data_dir, remember=False)
            conversations += 1
            continue
        before = words + answers
        if at := last.get((digest, Gone.WORDS)):
            words += _erase_words(database, conversation_id, at)
        if kinds & _OF_ANSWERS:
            answers += _erase_answers(database, conversation_id, last)
        if Gone.MESSAGE in kinds:
            answers += _erase_written(database, conversation_id, last)
        if words + answers > before:
            changed.append(conversation_id)
    erasure.delete_exports(database, changed, data_dir)
    activities = _erase_activities(database, last, data_dir) if Gone.ACTIVITY in kinds else 0
    erasure.scrub(database)
    return ErasedAgain(conversations, words, answers, activities)


def _last(lines: Sequence[Line]) -> dict[tuple[str, Gone], datetime]:
    """When each was erased last: lists that were kept at different times may be given in any order."""
    return {(line.digest, line.gone): line.at for line in sorted(lines, key=lambda line: line.at)}


def _erase_words(database: Database, conversation_id: str, at: datetime) -> bool:
    """What was said in a conversation until a moment; whether there was anything."""
    with database.unit_of_work() as session:
        row = store.conversation(session, conversation_id, for_change=True)
        if row.kept is None or not earlier.said_before(session, row, at):
            return False
        if earlier.said_since(session, row, at):
            earlier.erase_before(session, row, at)
            return True
        forget(session, row.id, row.activity_id)
        store.erase_words(session, row, remember=False)
        store.save_position(row, Position(question_no=store.load_position(row).question_no + 1))
        return True


def _erase_activities(database: Database, last: Mapping[tuple[str, Gone], datetime], data_dir: Path) -> int:
    """Activities with the conversations they had then. Who joined since goes on outside of it."""
    with database.reading() as session:
        ids = session.scalars(select(ActivityRow.id)).all()
    gone = [(each, last[digest_of(each), Gone.ACTIVITY]) for each in ids if (digest_of(each), Gone.ACTIVITY) in last]
    for activity_id, at in gone:
        with database.unit_of_work() as session:
            inside = select(ConversationRow.id).where(ConversationRow.activity_id == activity_id, ConversationRow.created_at < at)
            scope = erasure.Scope(erasure.Asked.ACTIVITY, tuple(session.scalars(inside)), activity_id)
            erasure.erase(session, scope, data_dir, remember=False)
    return len(gone)


def _erase_written(database: Database, conversation_id: str, last: Mapping[tuple[str, Gone], datetime]) -> int:
    """Next steps and reflections of a conversation that were deleted one by one: what a message wrote down is written once."""
    with database.unit_of_work() as session:
        steps = session.scalars(select(NextStepRow.id).where(NextStepRow.conversation_id == conversation_id)).all()
        reflections = session.scalars(select(ReflectionRow.message_id).where(ReflectionRow.conversation_id == conversation_id)).all()
        gone = [each for each in {*steps, *reflections} if (digest_of(message_of(conversation_id, each)), Gone.MESSAGE) in last]
        for each in gone:
            row = store.conversation(session, conversation_id, for_change=True)
            store.erase_written(session, row, each, remember=False)
            search.rewrite(session, [row.id])
    return len(gone)


def _erase_answers(database: Database, conversation_id: str, last: Mapping[tuple[str, Gone], datetime]) -> int:
    """Answers of a conversation that were deleted one by one, as far as they were given before that."""
    with database.unit_of_work() as session:
        given = select(AnswerRow.item, AnswerRow.created_at, AnswerRow.comment).where(AnswerRow.conversation_id == conversation_id)
        gone = {
            (item, what): at
            for item, given_at, comment in session.execute(given)
            for what in _OF_ANSWERS
            if (at := last.get((digest_of(answer_of(conversation_id, item)), what))) and given_at < at
            if what is Gone.ANSWER or comment is not None
        }
        for (item, what), at in gone.items():
            row = store.conversation(session, conversation_id, for_change=True)
            if what is Gone.ANSWER:
                forget(session, row.id, row.activity_id, item=item)
            store.erase_answer(session, row, item, words_only=what is Gone.ANSWER_WORDS, remember=False, before=at)
            search.rewrite(session, [row.id])
    return len(gone)


# ── PostgreSQL's own programs ──


def _is_sqlite(database: Database) -> bool:
    return database.engine.url.get_backend_name() == "sqlite"


def _named(url: URL) -> str:
    """The address as libpq writes it, without the password."""
    bare = URL.create("postgresql", url.username, None, url.host, url.port, url.database, url.query)
    return bare.render_as_string(hide_password=False)


def _run(command: list[str], url: URL) -> None:
    program = _program(command[0])
    given = {"PGPASSWORD": url.password} if url.password else {}
    address = [f"--dbname={_named(url)}"] if command[0] == "pg_dump" else []
    try:
        done = subprocess.run(  # noqa: S603
            [program, *address, *command[1:]], env={**os.environ, **given}, capture_output=True, text=True, check=False, timeout=TIMEOUT_S
        )
    except subprocess.TimeoutExpired:
        raise BackupError(f"{command[0]} did not end within an hour.") from None
    if done.returncode != 0:
        raise BackupError(f"{command[0]} failed: {done.stderr.strip().splitlines()[-1] if done.stderr.strip() else 'without a reason'}")


def _program(name: str) -> str:
    found = shutil.which(name) or next(
        (str(path) for path in sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), reverse=True)), None
    )
    if found is None:
        raise BackupError(f"{name} is not installed. On Debian or Ubuntu: apt install postgresql-client.")
    return found
