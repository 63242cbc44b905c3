"""Opening the database: SQLite with write-ahead logging by default, PostgreSQL by address."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy import Connection, create_engine, event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session, sessionmaker

from facilitator.errors import NoTablesYetError, SettingsError, StorageUnavailableError, UnstorableError
from facilitator.storage import erased, versions

log = structlog.get_logger("storage")
BUSY_TIMEOUT_MS = 5000
CONNECT_TIMEOUT_S = 3
POOL_TIMEOUT_S = 5
# A line that swallows what is sent would hold a thread for a quarter of an hour: given up after ten seconds without a sign.
_FAR_AWAY = {
    "connect_timeout": CONNECT_TIMEOUT_S,
    "tcp_user_timeout": 10_000,
    "keepalives_idle": 4,
    "keepalives_interval": 2,
    "keepalives_count": 3,
}
_UNDEFINED_TABLE = "42P01"  # PostgreSQL's own name for it
_FTS5_FORGETS = (3, 42)


def database_url(address: str) -> URL:
    """The address with the driver this side uses.

    Raises:
        SettingsError: the address is neither SQLite nor PostgreSQL, or cannot be read.
    """
    try:
        url = make_url(address)
    except SQLAlchemyError:
        raise SettingsError("DATABASE_URL cannot be read. Use postgresql://user@host/name or sqlite:////path/file.db.") from None
    if url.get_backend_name() == "sqlite":
        return url.set(drivername="sqlite")
    if url.get_backend_name() in ("postgresql", "postgres"):
        return url.set(drivername="postgresql+psycopg")
    raise SettingsError(f"DATABASE_URL names {url.get_backend_name()}; use postgresql or sqlite.")


class Database:
    """An engine and its sessions. Opens no connection until one is needed.

    `erased_list` is the file that remembers what was erased (`erased`); None keeps no list. `after_erasing` is told, once it is committed,
    in which conversations that go on something was erased.
    """

    def __init__(
        self, address: str, erased_list: Path | None = None, after_erasing: Callable[[frozenset[str]], None] | None = None
    ) -> None:
        self._erased_list, self._after_erasing = erased_list, after_erasing
        url = database_url(address)
        self._one_writer, self._writing = url.get_backend_name() == "sqlite", threading.Lock()
        if url.get_backend_name() == "sqlite":
            if url.database:
                Path(url.database).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self.engine = create_engine(url, hide_parameters=True, connect_args={"timeout": BUSY_TIMEOUT_MS / 1000})
            event.listen(self.engine, "connect", _prepare_sqlite)
            event.listen(self.engine, "begin", _choose_how_to_begin)
            self.engine.dialect.do_begin = _begin  # type: ignore[assignment,method-assign]
        else:
            self.engine = create_engine(
                url, pool_pre_ping=True, pool_size=10, pool_timeout=POOL_TIMEOUT_S, hide_parameters=True, connect_args=_FAR_AWAY
            )
        self._sessions = sessionmaker(self.engine, expire_on_commit=False)
        self._readers = sessionmaker(self.engine.execution_options(read_only=True), expire_on_commit=False)

    @contextmanager
    def unit_of_work(self) -> Iterator[Session]:
        """One transaction: committed when the block ends, rolled back when it raises.

        Raises:
            StorageUnavailableError: the database could not be reached or is busy; trying again can help.
            UnstorableError: it was given a value that it cannot hold.
        """
        with self._in_turn(), _named_errors(), self._sessions.begin() as session:
            yield session
            self._list_erased(session, erased.waiting(session))
            whose = erased.erased_in(session)
        if whose and self._after_erasing is not None:
            self._tell(self._after_erasing, whose)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A look at the database that writes nothing and holds up no writer.

        Raises:
            StorageUnavailableError, UnstorableError: as for `unit_of_work`.
        """
        with _named_errors(), self._readers() as session:
            yield session

    @contextmanager
    def _in_turn(self) -> Iterator[None]:
        """SQLite has one writer at a time, and those who find it taken look again after ever longer sleeps. Threads of one process wait
        for one another here instead, and go on the moment it is free."""
        if not self._one_writer:
            yield
        elif self._writing.acquire(timeout=BUSY_TIMEOUT_MS / 1000):
            try:
                yield
            finally:
                self._writing.release()
        else:
            raise StorageUnavailableError("busy")

    def is_ready(self) -> bool:
        """Whether the database answers and its tables are there."""
        try:
            with self.engine.connect() as connection:
                connection.execute(text("SELECT 1 FROM alembic_version"))
        except SQLAlchemyError:
            return False
        return True

    def upgrade(self) -> None:
        """Bring the schema up to date. Safe to run again.

        Raises:
            TablesError: a newer release has made the tables, or rows would be lost; nothing is changed.
        """
        with versions.changing(self.engine) as connection:
            versions.upgrade(connection)
            if self._one_writer:
                _have_search_forget(connection)
        self._keep_to_ourselves()

    def _keep_to_ourselves(self) -> None:
        """SQLite makes its files readable by every user of the machine. Where the file is another user's, they decide."""
        name = self.engine.url.database
        for path in [Path(f"{name}{ending}") for ending in ("", "-wal", "-shm")] if self._one_writer and name else []:
            with suppress(OSError):
                path.chmod(0o600)

    def downgrade(self, to: str) -> None:
        """Take the schema back to an older version; what only the newer one knows is lost.

        Raises:
            TablesError: there is no way back to there, or rows would be lost; nothing is changed.
        """
        with versions.changing(self.engine) as connection:
            versions.downgrade(connection, to)

    def version(self) -> str | None:
        """The version of the tables; None where there are none."""
        with self.engine.connect() as connection:
            return versions.current(connection)

    def _list_erased(self, session: Session, lines: list[erased.Line]) -> None:
        """Before the commit: a line too many erases nothing that was to stay, a missing one lets words come back."""
        if not lines:
            return
        if self._one_writer:
            _one_more_due(session)
        if self._erased_list is None:
            return
        try:
            erased.write(self._erased_list, lines)
        except OSError as error:
            # What somebody asks to be deleted is deleted all the same.
            log.error("erased_list_not_written", error=type(error).__name__)

    @staticmethod
    def _tell(after_erasing: Callable[[frozenset[str]], None], whose: frozenset[str]) -> None:
        try:
            after_erasing(whose)
        except Exception as error:
            # It is deleted, whatever else is left to do: nobody is told that it is not.
            log.error("not_cleared_up", error=type(error).__name__)

    def scrubs_due(self) -> int:
        """How often something was erased that may still lie in SQLite's file (`erasure.scrub`). Always 0 for PostgreSQL.

        Counted in the file's own `user_version`, which nothing else uses: in the transaction that erases, and seen by every process.
        """
        if not self._one_writer:
            return 0
        with self.reading() as session:
            return _due(session)

    def scrub_later(self) -> None:
        """Something may still lie in the file that could not be taken out at once: `scrubs_due` says so, if it does not already."""
        if self._one_writer:
            with self.unit_of_work() as session:
                if not _due(session):
                    _one_more_due(session)

    def scrubbed(self, due: int) -> None:
        """What `scrubs_due` said is done. What was erased meanwhile is still to do."""
        if due:
            with self.unit_of_work() as session:
                if _due(session) == due:
                    session.execute(text("PRAGMA user_version = 0"))

    def dispose(self) -> None:
        self.engine.dispose()


@contextmanager
def _named_errors() -> Iterator[None]:
    """The database's own errors as ours. A broken rule of the tables (IntegrityError) is the caller's to understand."""
    try:
        yield
    except IntegrityError:
        raise
    except DataError as error:
        # a NUL in PostgreSQL, for one: the database is well, and whoever takes it for down would try for ever
        raise UnstorableError(type(error).__name__) from None
    except (DBAPIError, PoolTimeout) as error:
        kind = NoTablesYetError if _lacks_table(error) else StorageUnavailableError
        raise kind(type(error).__name__) from None


def _due(session: Session) -> int:
    return int(session.scalar(text("PRAGMA user_version")) or 0)


def _one_more_due(session: Session) -> None:
    session.execute(text(f"PRAGMA user_version = {_due(session) + 1}"))


def _lacks_table(error: SQLAlchemyError) -> bool:
    said = getattr(error, "orig", None)
    return getattr(said, "sqlstate", None) == _UNDEFINED_TABLE or str(said).startswith("no such table")


def _have_search_forget(connection: Connection) -> None:
    """Have FTS5 take a deleted word out of its index at once, where this SQLite can: else it only notes it, until the file is scrubbed.

    An older SQLite cannot read an index that was written so. It is made anew when a file comes to one, from a backup for instance.
    """
    run = connection.exec_driver_sql
    if sqlite3.sqlite_version_info >= _FTS5_FORGETS:
        run("INSERT INTO search_words(search_words, rank) VALUES ('secure-delete', 1)")
    elif run("UPDATE search_words_config SET v = 4 WHERE k = 'version' AND v = 5").rowcount:
        run("INSERT INTO search_words(search_words) VALUES ('rebuild')")


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    # pysqlite would start transactions on its own and too late; we begin them ourselves, as writers (see _choose_how_to_begin).
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", f"busy_timeout={BUSY_TIMEOUT_MS}", "secure_delete=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _choose_how_to_begin(connection: Any) -> None:
    # A transaction that reads first and writes later cannot wait for another writer in SQLite: it fails at once. Ours nearly all
    # write, so they queue at the start instead. Looks (`reading`) wait for nobody.
    is_look = connection.get_execution_options().get("read_only", False)
    connection.connection.info["begins_with"] = "BEGIN" if is_look else "BEGIN IMMEDIATE"


def _begin(connection: Any) -> None:
    # In place of the dialect's own, which does nothing. As a statement of SQLAlchemy's it costs more than SQLite takes, four times a turn.
    connection.driver_connection.execute(connection.info["begins_with"])
