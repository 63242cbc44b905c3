"""The bounded tracker store: one small row a conversation, whatever its length.

Stock stores keep every event and replay them several times a turn: 24 ms a turn at turn 20, 840 ms at turn 200. Here
a turn costs one read and one write of about a kilobyte. docs/decisions/0003-bounded-tracker.md has the whole story.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Iterable
from datetime import datetime, timezone
from typing import Any, TypeVar
from urllib.parse import quote

import sqlalchemy as sa
from rasa.core.tracker_store import TrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.exceptions import RasaException
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.engine.url import URL, make_url
from sqlalchemy.exc import SQLAlchemyError

from bot.engine import tracker_state
from bot.engine.failures import TurnFailed

logger = logging.getLogger(__name__)

TURNS_KEPT = 3
_WAIT = 5  # seconds for a lock, a connection or a statement; the person is waiting

# Alembic owns the table (facilitator/storage); this is the same one in SQLAlchemy 1.4, which Rasa needs.
TABLE = sa.Table(
    "tracker_state",
    sa.MetaData(),
    sa.Column("conversation_id", sa.String(64), primary_key=True),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
)

# Put together once: building a statement costs more than SQLite takes to answer it.
_OWN = TABLE.c.conversation_id == sa.bindparam("whose")
_READ = sa.select(TABLE.c.version, TABLE.c.state).where(_OWN)
_NEW = {name: sa.bindparam(f"new_{name}") for name in ("version", "state", "updated_at")}
_OVERWRITE = TABLE.update().where(_OWN, TABLE.c.version == sa.bindparam("read_version")).values(_NEW)

Result = TypeVar("Result")


class StaleTracker(RasaException):
    """The row changed, or was erased, since the tracker was read: saving would undo that."""


class VersionedTracker(DialogueStateTracker):
    """A tracker that knows which version of its row it was made of (0: there was none)."""

    version = 0


class BoundedTrackerStore(TrackerStore):
    """Keeps slots, the active loop and the last few turns. Never text.

    Every failure raises TurnFailed, which Rasa's FailSafeTrackerStore cannot swallow: a read that fails must not look
    like a new conversation, and a write that fails must not look like a saved one.
    """

    def __init__(self, domain: Domain | None = None, host: str | None = None, turns: int = TURNS_KEPT, **named: Any) -> None:
        super().__init__(domain, named.pop("event_broker", None))
        if named or turns < 1:
            raise RasaException(f"endpoints.yml: tracker_store takes url and turns, and no {sorted(named)}")
        self._turns = turns
        self._engine = _open_engine(host or "")

    def init_tracker(self, sender_id: str) -> VersionedTracker:
        """A blank tracker, which has no row yet."""
        return VersionedTracker(sender_id, self.domain.slots)

    async def retrieve(self, sender_id: str) -> DialogueStateTracker | None:
        """The tracker of a conversation, or None when there is none. Raises TurnFailed."""
        return await self._off_the_loop(self._read, sender_id)

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Write the tracker's state in one statement. Raises TurnFailed, also when it would undo a later save."""
        if not tracker.events:
            return  # Rasa saves a new tracker before anything has happened in it
        version = getattr(tracker, "version", 0)
        state = tracker_state.keep(tracker, self._turns)
        await self._off_the_loop(self._write, tracker.sender_id, version, state)
        tracker.version = version + 1

    async def delete(self, sender_id: str) -> bool:
        """Erase a conversation's state; whether there was any. A turn under way cannot bring it back."""
        return await self._off_the_loop(self._erase, sender_id)

    async def keys(self) -> Iterable[str]:
        """The ids of all conversations that have a state."""
        return await self._off_the_loop(self._ids)

    async def _off_the_loop(self, work: Callable[..., Result], *arguments: Any) -> Result:
        try:
            return await asyncio.to_thread(work, *arguments)
        except Exception as error:
            logger.error("tracker store: %s failed: %s", work.__name__.strip("_"), type(error).__name__)
            raise TurnFailed(type(error).__name__) from None

    def _read(self, sender_id: str) -> VersionedTracker | None:
        with self._engine.connect() as connection:
            row = connection.execute(_READ, {"whose": sender_id}).one_or_none()
        if row is None:
            return None
        tracker = self.init_tracker(sender_id)
        for event in tracker_state.rebuild(json.loads(row.state)):
            tracker.update(event)
        tracker.version = row.version
        return tracker

    def _write(self, sender_id: str, version: int, state: tracker_state.State) -> None:
        values = {
            "version": version + 1,
            "state": json.dumps(state, ensure_ascii=True, separators=(",", ":")),
            "updated_at": datetime.now(timezone.utc),
        }
        with self._engine.begin() as connection:
            if _put(connection, sender_id, version, values):
                return
            # Erased while this turn went on (the turn in which somebody deletes everything): it must not come back, and nothing is wrong.
            if version == 0 or connection.execute(_READ, {"whose": sender_id}).one_or_none() is not None:
                raise StaleTracker("the stored state is not the one this turn began with")

    def _erase(self, sender_id: str) -> bool:
        with self._engine.begin() as connection:
            return bool(connection.execute(TABLE.delete().where(TABLE.c.conversation_id == sender_id)).rowcount)

    def _ids(self) -> list[str]:
        with self._engine.connect() as connection:
            return list(connection.execute(sa.select(TABLE.c.conversation_id)).scalars())


def is_bounded(store: object) -> bool:
    """Whether Rasa really uses our store. It falls back to one in memory when it cannot import the class."""
    return isinstance(getattr(store, "_tracker_store", store), BoundedTrackerStore)


def _put(connection: Connection, sender_id: str, version: int, values: dict[str, Any]) -> bool:
    """Write only over the version that was read; a first save only where there is no row. One statement."""
    if version:
        # an UPDATE, so that a conversation erased meanwhile stays erased
        new = {f"new_{name}": value for name, value in values.items()}
        return bool(connection.execute(_OVERWRITE, {"whose": sender_id, "read_version": version, **new}).rowcount)
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    insert = dialect.insert(TABLE).values(conversation_id=sender_id, **values)
    return bool(connection.execute(insert.on_conflict_do_nothing(index_elements=["conversation_id"])).rowcount)


def _open_engine(url: str) -> Engine:
    """An engine for DATABASE_URL; nothing is connected yet. Raises RasaException, which stops the start."""
    try:
        address = make_url(url)
        if address.get_backend_name() == "sqlite":
            return _sqlite_engine(address)
        if address.get_backend_name() == "postgresql":
            return _postgresql_engine(address)
    # Rasa takes an ImportError or AttributeError here for "no such class" and uses a store in memory instead
    except (SQLAlchemyError, ImportError, AttributeError, ValueError) as error:
        raise RasaException(f"DATABASE_URL cannot be used: {type(error).__name__}") from None
    raise RasaException("DATABASE_URL must begin with sqlite:/// or postgresql://")


def _sqlite_engine(address: URL) -> Engine:
    if not address.database or address.database == ":memory:":
        raise RasaException("DATABASE_URL must name a file: each process would have its own database in memory")
    # mode=rw: a wrong path is an error, not a new, empty database
    url = f"sqlite:///file:{quote(address.database)}?mode=rw&uri=true"
    engine = sa.create_engine(
        url, connect_args={"timeout": _WAIT, "check_same_thread": False}, poolclass=sa.pool.QueuePool, pool_timeout=_WAIT
    )

    @sa.event.listens_for(engine, "connect")
    def _on_connect(connection: Any, _record: Any) -> None:
        # the tracker is scratch: losing the last turn's position in a power cut costs one repeated question
        connection.execute("PRAGMA synchronous=NORMAL")

    return engine


def _postgresql_engine(address: URL) -> Engine:
    return sa.create_engine(
        address.set(drivername="postgresql+psycopg2"),
        pool_size=5,
        max_overflow=5,
        pool_timeout=_WAIT,
        pool_pre_ping=True,  # one round trip, against a 503 after every restart of the database
        connect_args={"connect_timeout": _WAIT, "options": f"-c statement_timeout={_WAIT * 1000}"},
    )
