"""Every storage test runs on SQLite and on a throw-away PostgreSQL."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import Connection, text

from facilitator.checklist.content import load_checklists
from facilitator.checklist.looking_back import load_looking_back
from facilitator.conversation.phrases import load_phrases
from facilitator.conversation.turn import Library, Notice
from facilitator.periods import Periods
from facilitator.pseudonyms import load_pseudonyms
from facilitator.settings import ROOT
from facilitator.storage.database import Database
from facilitator.wording import Wording, load_wording
from tests import postgres
from tests.fakes import FakeKnowledge
from tests.integration.plain import Browser
from tests.integration.web import Running, running


@pytest.fixture(scope="session")
def postgres_address() -> Iterator[str]:
    with postgres.server() as server:
        yield server.address


@pytest.fixture(scope="session")
def up_to_date_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite database that its migrations have been run on; tests get copies, as running them each time took minutes."""
    path = tmp_path_factory.mktemp("up-to-date") / "test.db"
    _upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def up_to_date_server(postgres_address: str) -> str:
    """The address of a server whose database `up_to_date` is the same for PostgreSQL."""
    with _administered(postgres_address) as server:
        server.execute(text("CREATE DATABASE up_to_date"))
    _upgrade(_named(postgres_address, "up_to_date"))
    return postgres_address


@pytest.fixture(params=["sqlite", "postgresql"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def empty_address(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database without a table."""
    if kind == "sqlite":
        yield f"sqlite:///{tmp_path / 'test.db'}"
        return
    with _own(request.getfixturevalue("postgres_address"), "template0") as address:
        yield address


@pytest.fixture
def address(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An up-to-date database in which nothing has been written."""
    if kind == "sqlite":
        shutil.copy(request.getfixturevalue("up_to_date_file"), tmp_path / "test.db")
        yield f"sqlite:///{tmp_path / 'test.db'}"
        return
    yield from request.getfixturevalue("reused").for_one_test()


@pytest.fixture(scope="session")
def reused(up_to_date_server: str) -> Iterator[Reused]:
    with contextlib.ExitStack() as stack:
        yield Reused(up_to_date_server, stack)


class Reused:
    """A database of PostgreSQL that one test after another gets, emptied: making one takes a second, which a thousand tests would feel."""

    def __init__(self, server_address: str, stack: contextlib.ExitStack) -> None:
        self._server_address, self._stack = server_address, stack
        with _administered(_named(server_address, "up_to_date")) as template:
            self._layout = _layout(template)
        self._address: str | None = None

    def for_one_test(self) -> Iterator[str]:
        if self._address is None:
            self._address = self._stack.enter_context(_own(self._server_address, "up_to_date"))
        yield self._address
        with _administered(self._address) as database:
            database.execute(text(_LEAVE))
            if _layout(database) == self._layout:
                database.execute(text(_EMPTY))
            else:
                self._address = None  # a test has changed the tables themselves: its database is no use to the next


_LEAVE = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
# The audit refuses to be emptied, except where triggers are off.
_EMPTY = """
DO $$ DECLARE found record; BEGIN
  SET LOCAL session_replication_role = replica;
  FOR found IN SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version' LOOP
    EXECUTE format('DELETE FROM %I', found.name);
  END LOOP;
  FOR found IN SELECT sequencename AS name FROM pg_sequences WHERE schemaname = 'public' AND last_value IS NOT NULL LOOP
    EXECUTE format('ALTER SEQUENCE %I RESTART', found.name);
  END LOOP;
END $$
"""
_LAYOUT = """
SELECT 'version', version_num, '' FROM alembic_version
UNION ALL SELECT 'column', table_name || '.' || column_name, data_type FROM information_schema.columns WHERE table_schema = 'public'
UNION ALL SELECT 'trigger', tgname, tgenabled::text FROM pg_trigger WHERE NOT tgisinternal
"""


def _layout(database: Connection) -> frozenset[tuple[str, ...]]:
    """The version of the tables, each column of each, and each trigger with whether it is on."""
    return frozenset(tuple(map(str, row)) for row in database.execute(text(_LAYOUT)))


@contextlib.contextmanager
def _own(server_address: str, template: str) -> Iterator[str]:
    name = f"test_{uuid4().hex}"
    with _administered(server_address) as server:
        server.execute(text(f"CREATE DATABASE {name} TEMPLATE {template}"))
    yield _named(server_address, name)
    with _administered(server_address) as server:
        server.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))


@contextlib.contextmanager
def _administered(server_address: str) -> Iterator[Connection]:
    database = Database(server_address)
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        yield connection
    database.dispose()


def _named(server_address: str, name: str) -> str:
    return f"{server_address.rsplit('/', 1)[0]}/{name}"


def _upgrade(address: str) -> None:
    database = Database(address)
    database.upgrade()
    database.dispose()


@pytest.fixture
def database(address: str) -> Iterator[Database]:
    """The same, opened."""
    made = Database(address)
    yield made
    made.dispose()


@pytest.fixture
def system(address: str, tmp_path: Path, database: Database) -> Running:
    """The web application on that database."""
    return running(address, tmp_path)


@pytest.fixture
async def http(system: Running) -> AsyncIterator[httpx.AsyncClient]:
    """A client of it, which closes what it opened."""
    async with httpx.AsyncClient(transport=httpx.ASGITransport(system.app, raise_app_exceptions=False), base_url="http://test") as client:
        yield client
    await system.parts.link.close()
    system.built.database.dispose()


@pytest.fixture
async def site(address: str, tmp_path: Path) -> AsyncIterator[Running]:
    """The web application whose plain page is read."""
    up = running(address, tmp_path)
    up.built.database.upgrade()
    yield up
    up.built.database.dispose()


@pytest.fixture
async def browser(site: Running) -> AsyncIterator[Browser]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(site.app), base_url="http://chat", follow_redirects=True) as http:
        yield Browser(http)


@pytest.fixture(scope="session")
def library() -> Library:
    content = ROOT / "knowledge" / "checklist"
    phrases = load_phrases(ROOT / "bot" / "data" / "nlu")
    names = load_pseudonyms(ROOT / "knowledge" / "messages" / "pseudonyms.yml")
    notice = Notice("Test Trust", "Ann", Periods(90, 365))
    return Library(load_checklists(content), FakeKnowledge(), load_looking_back(content), names, phrases, notice)


@pytest.fixture(scope="session")
def wording() -> Wording:
    return load_wording(ROOT / "bot" / "domain.yml", ROOT / "knowledge" / "messages")
