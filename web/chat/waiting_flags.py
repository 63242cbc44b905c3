"""Flags that wait in files for the database: what such a file may say, and what becomes of one that can never be raised."""

from __future__ import annotations

import json
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

import structlog
from sqlalchemy.orm import Session

from facilitator.erasure import ERASED
from facilitator.storage.conversations import flag_of, is_id
from facilitator.storage.models import ConversationRow, FlagRow
from facilitator.vocabulary import FlagKind

log = structlog.get_logger("web")
# In place of a conversation: somebody for whom the channel vouches, and who cannot be looked up.
UNKNOWN = "unknown"
WITHOUT_LINK = frozenset({UNKNOWN, ERASED})
ASIDE_FOR_S = 30 * 86_400.0


class NeverRaised(Exception):
    """This flag cannot be raised, however often it is tried. Its text says why, and holds nothing of the file."""


@dataclass(frozen=True)
class WaitingFlag:
    conversation_id: str
    kind: FlagKind
    at: datetime

    def to_json(self) -> str:
        return json.dumps({**asdict(self), "at": self.at.isoformat()})


def read(path: Path) -> WaitingFlag:
    """What the file says.

    Raises:
        NeverRaised: it is no flag of ours. OSError: it cannot be read; it may have been raised meanwhile.
    """
    with suppress(ValueError, LookupError, TypeError):
        said = json.loads(path.read_text(encoding="utf-8"))
        flag = WaitingFlag(said["conversation_id"], FlagKind(said["kind"]), datetime.fromisoformat(said["at"]))
        if flag.at.tzinfo is not None and (flag.conversation_id in WITHOUT_LINK or is_id(flag.conversation_id)):
            return flag
    raise NeverRaised("malformed")


def put(session: Session, name: str, flag: WaitingFlag) -> bool:
    """Raise it; False when it has been before. `name`, the file's, stands for the message, so that one raised just before a crash is
    not raised twice.

    Raises:
        NeverRaised: there is no such conversation. While the database was away, nobody could tell whether there is.
    """
    row = session.get(ConversationRow, flag.conversation_id)
    if row is None and flag.conversation_id not in WITHOUT_LINK:
        raise NeverRaised("no such conversation")
    if session.query(FlagRow).filter_by(message_id=name).first() is not None:
        return False
    unlinked = FlagRow(conversation_id=flag.conversation_id, message_id=name, kind=flag.kind, created_at=flag.at)
    session.add(flag_of(row, flag.kind, name, flag.at) if row else unlinked)
    return True


def set_aside(path: Path, why: str) -> None:
    """Leave it for whoever runs the server to look at, until it is a month old, and try it no more."""
    log.error("flag_set_aside", flag=path.stem, why=why)
    with suppress(FileNotFoundError):  # another copy of us, with the same folder, was first
        path.rename(path.with_suffix(".aside"))


def drop_old(folder: Path) -> None:
    """Delete what was left for whoever runs the server and is a month old."""
    for old in folder.glob("*.aside"):
        with suppress(FileNotFoundError):
            if time.time() - old.stat().st_mtime > ASIDE_FOR_S:
                old.unlink()
