"""The versions of the tables: to the newest, back to an older one, and what is refused on the way."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Engine

from facilitator.errors import TablesError

if TYPE_CHECKING:
    from alembic.config import Config

MIGRATIONS = Path(__file__).parent / "migrations"

# Alembic takes half a second to import, which no process that only serves needs to spend: each function here imports it for itself.


def upgrade(connection: Connection) -> None:
    """Bring the tables to this release's version. Raises TablesError: a newer release has made them."""
    from alembic import command
    from alembic.util import CommandError

    try:
        command.upgrade(config(connection), "head")
    except CommandError:
        raise TablesError(_unknown(current(connection))) from None


def downgrade(connection: Connection, to: str) -> None:
    """Take the tables back. Raises TablesError: there is no way from where they are to there."""
    from alembic import command
    from alembic.util import CommandError

    try:
        command.downgrade(config(connection), to)
    except (CommandError, AssertionError):  # it asserts that a version is no empty word
        raise TablesError(_no_way_back(connection)) from None


def current(connection: Connection) -> str | None:
    """The version of the tables; None where there are none."""
    from alembic.runtime.migration import MigrationContext

    return MigrationContext.configure(connection).get_current_revision()


@contextmanager
def changing(engine: Engine) -> Iterator[Connection]:
    """One transaction in which tables change their version. Rows that point to rows have something to point to when it ends.

    SQLite cannot change a column: Alembic makes the table anew and drops the old one, and with foreign keys on, dropping it deletes every
    row that hangs on it. So they are off meanwhile, and all looked at before the commit.

    Raises:
        TablesError: a row would point to one that is not there. Nothing is changed then.
    """
    with engine.connect() as connection, _foreign_keys_off(connection), connection.begin():
        before = current(connection)
        yield connection
        if current(connection) != before:
            _look_at_foreign_keys(connection)


@contextmanager
def _foreign_keys_off(connection: Connection) -> Iterator[None]:
    """Asked of the driver: SQLite passes the pragma over inside a transaction, and SQLAlchemy begins one with whatever it is asked."""
    if connection.dialect.name != "sqlite":
        yield
        return
    driver: Any = connection.connection.driver_connection
    driver.execute("PRAGMA foreign_keys = OFF")
    try:
        yield
    finally:
        driver.execute("PRAGMA foreign_keys = ON")


def _look_at_foreign_keys(connection: Connection) -> None:
    if connection.dialect.name != "sqlite":
        return
    tables = sorted({str(row[0]) for row in connection.exec_driver_sql("PRAGMA foreign_key_check")})
    if tables:
        raise TablesError(
            f"The tables stay as they were: rows of {', '.join(tables)} would point to rows that are not there. "
            "Go on with the release you ran before: see Going back in docs/running.md."
        )


def config(connection: Connection) -> Config:
    """What Alembic has to know to change the tables behind this connection."""
    from alembic.config import Config

    made = Config()
    made.set_main_option("script_location", str(MIGRATIONS))
    made.attributes["connection"] = connection
    return made


def _no_way_back(connection: Connection) -> str:
    from alembic.script import ScriptDirectory
    from alembic.script.revision import RevisionError

    at = current(connection)
    if at is None:
        return "There are no tables yet, so there is nothing to take back."
    try:
        older = [each.revision for each in ScriptDirectory.from_config(config(connection)).iterate_revisions(at, "base")][1:]
    except RevisionError:
        return _unknown(at)
    return f"The tables are at version {at}. They can go back to: {', '.join(older) or 'none, as it is the first'}."


def _unknown(at: str | None) -> str:
    return (
        f"The tables are at version {at}, which this release does not know: a newer one made them. "
        "Take them back with that newer release first: see Going back in docs/running.md."
    )
