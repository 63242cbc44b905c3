"""The list of what was erased, kept in a file outside the database: a backup brought back does not bring back what people deleted since.

A line is a time, a kind and the SHA-256 of a conversation's id (which is random, so it leads nowhere). Tab-separated, only ever added to.
What only ran out of time is not on it: `purge` finds that again by itself.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

from sqlalchemy.orm import Session

NAME = "erased.tsv"
_WAITING, _WHOSE = "erased", "erased_of"


class Gone(StrEnum):
    """What went: the whole conversation, everything said in it so far (it then starts afresh), one answer, or its words,
    or what one message wrote down: a next step, a reflection; or an activity, whose conversations have lines of their own."""

    CONVERSATION = "conversation"
    WORDS = "words"
    ANSWER = "answer"
    ANSWER_WORDS = "answer_words"
    MESSAGE = "message"
    ACTIVITY = "activity"


# The conversation goes on without it.
IN_PART = frozenset({Gone.WORDS, Gone.ANSWER, Gone.ANSWER_WORDS, Gone.MESSAGE})


@dataclass(frozen=True)
class Line:
    at: datetime
    gone: Gone
    digest: str

    @property
    def text(self) -> str:
        return f"{self.at.isoformat()}\t{self.gone}\t{self.digest}\n"


def digest_of(conversation_id: str) -> str:
    return hashlib.sha256(conversation_id.encode()).hexdigest()


def message_of(conversation_id: str, message_id: str) -> str:
    """What `note` is given for a next step or a reflection, and its digest is made of."""
    return f"{conversation_id} message {message_id}"


def answer_of(conversation_id: str, item: str) -> str:
    """What `note` is given for one answer, and its digest is made of."""
    return f"{conversation_id} {item}"


def note(session: Session, gone: Gone, erased: Iterable[str]) -> None:
    """Remember, until the caller's transaction is committed, that these were erased in it: ids, or what `answer_of` and the like say."""
    at = datetime.now(UTC)
    for each in erased:
        session.info.setdefault(_WAITING, []).append(Line(at, gone, digest_of(each)))
        if gone in IN_PART:
            session.info.setdefault(_WHOSE, set()).add(each.partition(" ")[0])


def waiting(session: Session) -> list[Line]:
    """What was noted in this session, once."""
    found: list[Line] = session.info.pop(_WAITING, [])
    return found


def erased_in(session: Session) -> frozenset[str]:
    """The conversations that something was erased in and that go on, once."""
    return frozenset(session.info.pop(_WHOSE, ()))


def write(path: Path, lines: Sequence[Line]) -> None:
    """Add lines, in one write that other processes cannot cut into, and see them onto the disk. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(handle, "".join(line.text for line in lines).encode())
        os.fsync(handle)
    finally:
        os.close(handle)


def read(path: Path) -> list[Line]:
    """Every whole line; one cut short by a power failure is passed over. No file is an empty list."""
    if not path.exists():
        return []
    found = (line.split("\t") for line in path.read_text(encoding="utf-8").splitlines())
    return [
        Line(datetime.fromisoformat(at), Gone(gone), digest) for at, gone, digest in (f for f in found if len(f) == 3 and len(f[2]) == 64)
    ]
