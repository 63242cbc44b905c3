"""Erasure: everything held about some conversations goes, and a certificate says so without saying what it was.

Tables are found by walking the models for `conversation_id`, so that a table added later is erased too; a test plants a row in every
table and looks for what is left. Why a flag stays without its link, and what backups mean: docs/privacy.md.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import batched
from pathlib import Path
from typing import Any, cast

import structlog
from sqlalchemy import Column, CursorResult, Delete, Table, Update, delete, func, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from facilitator.codes import tidy_join_code
from facilitator.errors import NotFoundError, StorageUnavailableError
from facilitator.parity.store import hold
from facilitator.storage import erased as erased_list
from facilitator.storage.database import Database
from facilitator.storage.models import ActivityRow, Base, ConversationRow, FlagRow, ReleaseRow, SlackMemberRow, SlackSeatRow

log = structlog.get_logger("erasure")
ERASED = "erased"
BATCH = 500
# A flag is kind, time and activity. Whoever looks after the activity saw that much, and may still have to act on it, so it stays, with
# nothing that leads to the person. Where the activity goes too, kind and time stay.
UNLINKED: dict[str, dict[str, Any]] = {"flag": {"conversation_id": ERASED, "message_id": None}}
# Tables without a `conversation_id` that still hold something of a conversation; `take_out_of_figures` sees to it.
# Whom Slack reminds goes with their kept conversation about that activity: `_forget_members`.
BY_HAND = frozenset({"parity_release", "slack_member", "reminder"})
# Tables that hold nothing of any one conversation.
OTHERS = frozenset(
    {"activity", "coordinator", "coordinator_link", "coordinator_session", "activity_coordinator", "sign_in_failure", "saved_filter"}
    # a coordinator's own words; questions that led to it are not in it
    | {"written_answer"}
    # names a conversation by a digest of its id, and may never change
    | {"audit_event"}
    # a digest of what Slack delivered, for a week
    | {"slack_event"}
    # what an export is of and how far it has got, for a day
    | {"export"}
)


class Asked(StrEnum):
    """What was asked to be erased."""

    CONVERSATIONS = "conversations"
    PERSON = "person"
    ACTIVITY = "activity"
    OLDER_THAN = "older_than"


@dataclass(frozen=True)
class Scope:
    """Which conversations are meant. `activity_id` only where the activity itself goes too."""

    asked: Asked
    conversations: tuple[str, ...]
    activity_id: str | None = None


@dataclass(frozen=True)
class Erased:
    """How many rows of each table, and how many files, went or would go. `unlinked` rows stay without their link."""

    conversations: int
    deleted: dict[str, int]
    unlinked: dict[str, int]
    files: int

    @property
    def nothing(self) -> bool:
        return not (self.files or any(self.deleted.values()) or any(self.unlinked.values()))


# ── what is meant ──


def these(ids: Sequence[str]) -> Scope:
    """Conversations by id. One whose row is gone already is still looked for elsewhere."""
    return Scope(Asked.CONVERSATIONS, tuple(sorted(set(ids))))


def of_person(session: Session, any_id: str) -> Scope:
    """Every conversation of one person, given the person's id or that of any of their conversations. Raises NotFoundError."""
    person = session.scalar(select(ConversationRow.person_id).where(ConversationRow.id == any_id)) or any_id
    found = session.scalars(select(ConversationRow.id).where(ConversationRow.person_id == person).order_by(ConversationRow.id)).all()
    if not found:
        raise NotFoundError("There is no such person or conversation.")
    return Scope(Asked.PERSON, tuple(found))


def of_activity(session: Session, join_code: str) -> Scope:
    """An activity and every conversation in it. Raises NotFoundError."""
    activity_id = session.scalar(select(ActivityRow.id).where(ActivityRow.join_code == tidy_join_code(join_code)))
    if activity_id is None:
        raise NotFoundError("There is no activity with that code.")
    inside = select(ConversationRow.id).where(ConversationRow.activity_id == activity_id).order_by(ConversationRow.id)
    return Scope(Asked.ACTIVITY, tuple(session.scalars(inside)), activity_id)


def older_than(session: Session, days: int, now: datetime) -> Scope:
    """Conversations in which nothing has been said for so many days."""
    idle = select(ConversationRow.id).where(ConversationRow.last_active_at < now - timedelta(days=days)).order_by(ConversationRow.id)
    return Scope(Asked.OLDER_THAN, tuple(session.scalars(idle)))


# ── counting and erasing ──


def count(session: Session, scope: Scope, data_dir: Path) -> Erased:
    """What `erase` would take, without taking it. Raises NotFoundError when there is nothing of the conversations named."""
    tables = {table.name: _rows(session, table, key, scope) for table, key in tables_of_a_conversation()}
    tables["slack_member"] = len(_members(session, scope))
    unlinked = {name: tables.pop(name) for name in UNLINKED if name in tables}
    if scope.activity_id:
        tables["activity"] = 1
        tables["parity_release"] = _count_figures(session, scope.activity_id)
    unlinked["parity_release"] = len(_figures_with(session, scope))
    files = sum(1 for _ in _files_of(session, scope, data_dir))
    return _checked(Erased(tables["conversation"], tables, unlinked, files), scope)


def erase(session: Session, scope: Scope, data_dir: Path | None, *, remember: bool = True) -> Erased:
    """Delete it all, in the caller's transaction; files go before the commit, so that a failure leaves the rows to try again.

    Args:
        data_dir: where exports and waiting flags lie; None leaves files alone.
        remember: write it to the list of what was erased, for a backup that is brought back.
    Raises:
        NotFoundError: there is nothing of the conversations named. OSError: a file cannot be deleted.
    """
    _hold_still(session, scope)
    if remember:
        erased_list.note(session, erased_list.Gone.CONVERSATION, scope.conversations)
        erased_list.note(session, erased_list.Gone.ACTIVITY, [scope.activity_id] if scope.activity_id else [])
    paths = list(_files_of(session, scope, data_dir))
    unlinked = {"parity_release": take_out_of_figures(session, _figures_with(session, scope), set(scope.conversations))}
    deleted: dict[str, int] = {"slack_member": _forget_members(session, scope)}
    for table, key in tables_of_a_conversation():
        (unlinked if table.name in UNLINKED else deleted)[table.name] = _change(session, table, key, scope)
    if scope.activity_id:
        # counted with their conversations, now or when those went
        session.execute(update(FlagRow).where(FlagRow.activity_id == scope.activity_id).values(activity_id=None))
        deleted["parity_release"] = _affected(session, delete(ReleaseRow).where(ReleaseRow.activity_id == scope.activity_id))
        deleted["activity"] = _affected(session, delete(ActivityRow).where(ActivityRow.id == scope.activity_id))
    erased = _checked(Erased(deleted["conversation"], deleted, unlinked, len(paths)), scope)
    for path in paths:
        _erase_file(path)
    return erased


def tables_of_a_conversation() -> list[tuple[Table, Column[Any]]]:
    """Every table with rows that belong to one conversation, with the column that says which; those that point at others first."""
    keys = ((table, _key(table)) for table in reversed(Base.metadata.sorted_tables))
    return [(table, key) for table, key in keys if key is not None]


def _key(table: Table) -> Column[Any] | None:
    return table.c.id if table.name == ConversationRow.__tablename__ else table.c.get("conversation_id")


def _rows(session: Session, table: Table, key: Column[Any], scope: Scope) -> int:
    query = select(func.count()).select_from(table)
    return sum(session.scalar(query.where(key.in_(ids))) or 0 for ids in batched(scope.conversations, BATCH))


def _change(session: Session, table: Table, key: Column[Any], scope: Scope) -> int:
    values = UNLINKED.get(table.name)
    statement = delete(table) if values is None else update(table).values(values)
    return sum(_affected(session, statement.where(key.in_(ids))) for ids in batched(scope.conversations, BATCH))


def _members(session: Session, scope: Scope) -> set[int]:
    """Whom Slack reminds of these activities. Where a conversation was not kept they stay: a command asked for that, not the talk."""
    member, seat = SlackMemberRow, SlackSeatRow
    same = (seat.team == member.team) & (seat.user == member.user) & (seat.about == member.activity_id)
    kept = select(member.id).join(seat, same).join(ConversationRow, ConversationRow.id == seat.conversation_id)
    kept = kept.where(ConversationRow.kept.is_(True))
    return {row for ids in batched(scope.conversations, BATCH) for row in session.scalars(kept.where(seat.conversation_id.in_(ids)))}


def _forget_members(session: Session, scope: Scope) -> int:
    """Their reminders go with them."""
    return _affected(session, delete(SlackMemberRow).where(SlackMemberRow.id.in_(_members(session, scope))))


def _affected(session: Session, statement: Delete | Update) -> int:
    return cast(CursorResult[Any], session.execute(statement)).rowcount


def _hold_still(session: Session, scope: Scope) -> None:
    """Make turns under way wait, so that none writes beside us (PostgreSQL; SQLite has one writer anyway)."""
    for ids in batched(scope.conversations, BATCH):
        session.execute(select(ConversationRow.id).where(ConversationRow.id.in_(ids)).order_by(ConversationRow.id).with_for_update())


def _checked(found: Erased, scope: Scope) -> Erased:
    if found.nothing and scope.asked is Asked.CONVERSATIONS:
        raise NotFoundError("Nothing is held of that conversation.")
    return found


# ── figures shown to a group: whose answers they were made from ──


def _figures_with(session: Session, scope: Scope) -> list[ReleaseRow]:
    """Figures that stay, but were made from answers of these conversations too."""
    going = set(scope.conversations)
    query = select(ReleaseRow)
    if scope.activity_id:
        query = query.where(ReleaseRow.activity_id != scope.activity_id)
    return [row for row in session.scalars(query) if going & set(row.basis)]


def take_out_of_figures(session: Session, figures: Sequence[ReleaseRow], going: set[str]) -> int:
    """Forget which of the figures came from these conversations. Returns how many changed.

    Figures nobody is left in stay, hidden: what was shown must be remembered, so that nothing can be worked out by subtraction.
    """
    hold(session, {row.activity_id for row in figures})
    changed = 0
    for row in figures:
        session.refresh(row)
        left = {key: value for key, value in row.basis.items() if key not in going}
        changed += len(left) < len(row.basis)
        row.basis = left
    session.flush()
    return changed


def _count_figures(session: Session, activity_id: str) -> int:
    return session.scalar(select(func.count()).select_from(ReleaseRow).where(ReleaseRow.activity_id == activity_id)) or 0


# ── files under the data folder ──


def delete_exports(database: Database, conversation_ids: Sequence[str], data_dir: Path) -> None:
    """Delete the exports of conversations that go on, when something in them was deleted.

    One that cannot be read may hold them too, but keeps none of the others: it is passed over, and goes when it is old.
    """
    if not (found := _exports(data_dir)):
        return
    scope = these(conversation_ids)
    with database.reading() as session:
        names = _export_names(session, scope)
    for path in found:
        try:
            if _is_of(path, names, scope):
                path.unlink(missing_ok=True)
        except FileNotFoundError:
            continue  # another process was first
        except (OSError, zipfile.BadZipFile) as error:
            log.error("export_not_deleted", error=type(error).__name__)


def delete_old_exports(data_dir: Path, before: datetime) -> None:
    """Delete every export written before a moment, whoever it is of. Raises OSError."""
    for path in _exports(data_dir):
        with suppress(FileNotFoundError):  # another process was first
            if path.stat().st_mtime < before.timestamp():
                path.unlink()


def _files_of(session: Session, scope: Scope, data_dir: Path | None) -> Iterator[Path]:
    """Exports of these conversations, and flags that wait for the database."""
    if data_dir is None:
        return
    yield from _exports_of(session, scope, data_dir)
    going = set(scope.conversations)
    for path in sorted(path for ending in ("json", "held", "aside") for path in (data_dir / "flags").glob(f"*.{ending}")):
        if _waiting_flag(path).get("conversation_id") in going:
            yield path


def _exports_of(session: Session, scope: Scope, data_dir: Path) -> Iterator[Path]:
    """Exports that name or hold one of these conversations or their activity.

    An activity's export holds its members' rows, so it goes with any of them; it can be made again without that person.
    """
    if not (found := _exports(data_dir)):
        return
    names = _export_names(session, scope)
    yield from (path for path in found if _is_of(path, names, scope))


def _is_of(path: Path, names: set[str], scope: Scope) -> bool:
    """Whether an export is called by one of these names, or holds one of the conversations. Raises OSError, BadZipFile."""
    return any(name in path.name for name in names) or _holds(path, scope.conversations)


def _exports(data_dir: Path) -> list[Path]:
    return sorted(path for path in (data_dir / "exports").rglob("*") if path.is_file())


def _export_names(session: Session, scope: Scope) -> set[str]:
    """What the name of an export of these may hold: the conversations' ids, and the ids and codes of their activities."""
    activities = {scope.activity_id} if scope.activity_id else set()
    for ids in batched(scope.conversations, BATCH):
        activities |= set(session.scalars(select(ConversationRow.activity_id).where(ConversationRow.id.in_(ids)).distinct()))
    rows = session.execute(select(ActivityRow.id, ActivityRow.join_code).where(ActivityRow.id.in_([a for a in activities if a])))
    return {*scope.conversations} | {mark for row in rows for mark in row}


def _holds(path: Path, ids: Sequence[str]) -> bool:
    if zipfile.is_zipfile(path):  # a spreadsheet is one
        with zipfile.ZipFile(path) as packed:
            content = b"".join(packed.read(name) for name in packed.namelist())
    else:
        content = path.read_bytes()
    return any(found.encode() in content for found in ids)


def _waiting_flag(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}  # raised meanwhile, or still being written
    return found if isinstance(found, dict) else {}


def _erase_file(path: Path) -> None:
    flag = _waiting_flag(path) if path.parent.name == "flags" else {}
    if not flag:
        path.unlink(missing_ok=True)
        return
    fresh = path.with_name(f".{path.stem}")
    fresh.write_text(json.dumps({**flag, "conversation_id": ERASED}), encoding="utf-8")
    fresh.rename(path)


# ── the words leave the disk too ──


def scrub(database: Database) -> bool | None:
    """Take what was deleted out of SQLite's file and its log. Call it after the commit.

    Deleted rows are overwritten at once (`secure_delete`), but older copies of a page can lie in the file and in the write-ahead log:
    the file is rebuilt and the log emptied. Writers wait meanwhile, so it is no part of anybody's turn: what people delete is noted
    (`Database.scrubs_due`), and the web server does this soon after.

    Returns:
        Whether it was done (not while others were busy for several seconds: then it is noted as still to do); None for PostgreSQL, where
        vacuum does it in time.
    """
    if database.engine.dialect.name != "sqlite":
        return None
    try:
        due = database.scrubs_due()
        if _rebuild(database):
            database.scrubbed(due)
            return True
        log.warning("scrub_waits", error="busy")
        database.scrub_later()
    except (SQLAlchemyError, StorageUnavailableError, database.engine.dialect.dbapi.Error) as error:  # type: ignore[union-attr]
        log.error("scrub_failed", error=type(error).__name__)
        with suppress(StorageUnavailableError):
            database.scrub_later()
    return False


def _rebuild(database: Database) -> bool:
    """Whether the log could be emptied too."""
    connection = database.engine.raw_connection()
    try:
        cursor = connection.cursor()
        # The full-text index only notes that a word is gone, until its parts are put together.
        if cursor.execute("SELECT 1 FROM sqlite_master WHERE name = 'search_words'").fetchone():
            cursor.execute("INSERT INTO search_words(search_words) VALUES ('optimize')")
        cursor.execute("VACUUM")
        busy = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        return busy is not None and busy[0] == 0
    finally:
        connection.close()


# ── the certificate ──


def certificate(erased: Erased, scope: Scope, *, at: datetime, by: str, scrubbed: bool | None) -> dict[str, Any]:
    """What was done, when and by whom. Holds no content and no id that could be looked up.

    `subjects` are SHA-256 of the conversations' ids, so that somebody who knows an id can show that it is among them. `digest` is
    SHA-256 over the rest (`digest_of`), so that a later change shows.
    """
    document: dict[str, Any] = {
        "certificate": secrets.token_hex(8),
        "at": at.isoformat(timespec="seconds"),
        "by": by,
        "request": scope.asked.value,
        "conversations": erased.conversations,
        "rows_deleted": erased.deleted,
        "rows_kept_without_link": erased.unlinked,
        "files": erased.files,
        "removed_from_database_file": scrubbed,
        "subjects": [hashlib.sha256(found.encode()).hexdigest() for found in scope.conversations],
    }
    return {**document, "digest": digest_of(document)}


def digest_of(document: dict[str, Any]) -> str:
    """SHA-256 of a certificate without its own digest."""
    rest = {key: value for key, value in document.items() if key != "digest"}
    return hashlib.sha256(json.dumps(rest, sort_keys=True, ensure_ascii=True, separators=(",", ":")).encode()).hexdigest()


def store_certificate(document: dict[str, Any], data_dir: Path) -> Path:
    """Write a certificate under `certificates/`, readable by its owner only. Returns its path."""
    folder = data_dir / "certificates"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    time = document["at"].replace(":", "").replace("-", "")[:15]
    path = folder / f"erasure-{time}-{document['certificate']}.json"
    path.touch(mode=0o600, exist_ok=False)
    path.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return path
