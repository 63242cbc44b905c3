"""The audit: who did what, when. Rows are only ever added, each with a hash over itself and the hash before it.

A row changed, taken out or slipped in breaks the chain from there on. Rows cut off the end do not, so `check` can also be given a row noted
earlier (its number and hash), which must still be there.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from facilitator.errors import FacilitatorError
from facilitator.storage.conversations import now
from facilitator.storage.models import AuditRow

# Any number, the same in every process: who writes the audit waits for who writes it now (PostgreSQL; SQLite has one writer anyway).
LOCK = 0x6175646974
NOBODY = "nobody"
COMMAND_LINE = "command line"
FIRST_HASH = "0" * 64
AT_A_TIME = 1000


class Action(StrEnum):
    """Everything the audit can say. A closed list: each has its words in knowledge/messages/review.yml."""

    SIGNED_IN = "signed_in"
    SIGN_IN_FAILED = "sign_in_failed"
    SIGNED_OUT = "signed_out"
    ACCOUNT_ADDED = "account_added"
    ACCOUNT_CHANGED = "account_changed"
    ACCOUNT_LINKED = "account_linked"
    LINK_MADE = "link_made"
    PASSWORD_SET = "password_set"  # noqa: S105
    TWO_FACTOR_ON = "two_factor_on"
    TWO_FACTOR_OFF = "two_factor_off"
    ACTIVITY_ADDED = "activity_added"
    ACTIVITY_CHANGED = "activity_changed"
    OWNERS_CHANGED = "owners_changed"
    WORDS_READ = "words_read"
    EXPORTED = "exported"
    FLAG_CHANGED = "flag_changed"
    REPLIED = "replied"
    REVIEWED = "reviewed"
    KNOWLEDGE_CHANGED = "knowledge_changed"
    ERASED = "erased"
    PURGED = "purged"


class AuditBrokenError(FacilitatorError):
    """The audit is not as it was written; `seq` is the first row that does not fit."""

    def __init__(self, seq: int, fault: str) -> None:
        super().__init__(f"The audit does not hold from row {seq}: {fault}")
        self.seq = seq


@dataclass(frozen=True)
class Whole:
    """An audit without a fault: how many rows, and the hash of the last, worth noting somewhere else."""

    rows: int
    hash: str


def write(session: Session, actor: str, action: Action, about: str | None = None, **details: Any) -> None:
    """Add a row, in the transaction of what it tells of.

    Args:
        actor: a coordinator's id, `NOBODY` or `COMMAND_LINE`. about: a kind and an id (`activity:…`, `flag:…`), for a conversation
            `mark(its id)`. details: ids, numbers and fixed words; never what anybody wrote.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})
    session.flush()
    last = session.execute(select(AuditRow.seq, AuditRow.hash).order_by(AuditRow.seq.desc()).limit(1)).first()
    seq, before = (last.seq + 1, last.hash) if last else (1, FIRST_HASH)
    row = AuditRow(seq=seq, at=now(), actor=actor, action=action.value, about=about, details=details)
    row.hash = _hash(before, row)
    session.add(row)
    session.flush()


def mark(conversation_id: str) -> str:
    """How the audit names a conversation: whoever has its id can look for it, and nobody can get from here to the id."""
    return f"conversation:{hashlib.sha256(conversation_id.encode()).hexdigest()[:32]}"


def check(session: Session, noted: tuple[int, str] | None = None) -> Whole:
    """Follow the whole chain.

    Args:
        noted: number and hash of a row as noted earlier, which must be there unchanged.
    Raises:
        AuditBrokenError: a row does not fit, or the noted one is not there.
    """
    before, seq, found = FIRST_HASH, 0, noted is None
    for row in _rows(session):
        if row.seq != seq + 1:
            raise AuditBrokenError(seq + 1, "it is missing")
        if row.hash != _hash(before, row):
            raise AuditBrokenError(row.seq, "it has been changed")
        seq, before = row.seq, row.hash
        found = found or (seq, before) == noted
    if not found and noted:
        raise AuditBrokenError(noted[0], "it is not the row that was noted")
    return Whole(seq, before)


def _rows(session: Session) -> Iterator[AuditRow]:
    """In batches, each forgotten before the next: the audit may be long."""
    last = 0
    while rows := session.scalars(select(AuditRow).where(AuditRow.seq > last).order_by(AuditRow.seq).limit(AT_A_TIME)).all():
        yield from rows
        last = rows[-1].seq
        session.expunge_all()


def _hash(before: str, row: AuditRow) -> str:
    at: datetime = row.at
    said = [before, row.seq, at.astimezone(UTC).isoformat(timespec="microseconds"), row.actor, row.action, row.about, row.details]
    return hashlib.sha256(json.dumps(said, sort_keys=True, ensure_ascii=True, separators=(",", ":")).encode()).hexdigest()
