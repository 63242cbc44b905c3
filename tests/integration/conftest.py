"""Every storage test runs on SQLite and on a throw-away PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import text

from facilitator.checklist.content import load_checklists
from facilitator.checklist.looking_back import load_looking_back
from facilitator.conversation.phrases import load_phrases
from facilitator.conversation.turn import Library, Notice
from facilitator.pseudonyms import load_pseudonyms
from facilitator.settings import ROOT
from facilitator.storage.database import Database
from facilitator.wording import Wording, load_wording
from tests import postgres
from tests.fakes import FakeKnowledge


@pytest.fixture(scope="session")
def postgres_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with postgres.server(tmp_path_factory.mktemp("postgres")) as address:
        yield address


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request: pytest.FixtureRequest, tmp_path) -> str:
    """An empty database's address."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'test.db'}"
    found: str = request.getfixturevalue("postgres_address")
    admin = Database(found)
    with admin.engine.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    admin.dispose()
    return found


@pytest.fixture
def database(address: str) -> Iterator[Database]:
    """An up-to-date, empty database."""
    made = Database(address)
    made.upgrade()
    yield made
    made.dispose()


@pytest.fixture(scope="session")
def library() -> Library:
    content = ROOT / "knowledge" / "checklist"
    phrases = load_phrases(ROOT / "bot" / "data" / "nlu")
    names = load_pseudonyms(ROOT / "knowledge" / "messages" / "pseudonyms.yml")
    return Library(load_checklists(content), FakeKnowledge(), load_looking_back(content), names, phrases, Notice("Test Trust", "Ann"))


@pytest.fixture(scope="session")
def wording() -> Wording:
    return load_wording(ROOT / "bot" / "domain.yml", ROOT / "knowledge" / "messages")
