"""A Slack on loopback, one replica of the application, and two people."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

import httpx
import pytest

from tests.integration.slack.people import Door, Member, part_of, with_slack
from tests.integration.web import Running
from tests.slack_server import FakeSlack, serving
from web.slack import receiving


@pytest.fixture
async def slack() -> AsyncIterator[FakeSlack]:
    async with serving() as made:
        yield made
        assert made.broken == [], "Slack would have refused these"


@pytest.fixture(autouse=True)
def patience(monkeypatch) -> None:
    """A busy machine makes no test of something else fail; one that is about time sets its own."""
    monkeypatch.setattr(receiving, "PATIENCE_S", 30.0)


@pytest.fixture
def place(address) -> str:
    """On both databases."""
    return address


@pytest.fixture
async def system(place, tmp_path, slack) -> AsyncIterator[Running]:
    made = with_slack(place, tmp_path, slack)
    made.built.database.upgrade()
    yield made
    await part_of(made).stop()
    await made.parts.link.close()
    made.built.database.dispose()


@pytest.fixture
async def another(system, place, tmp_path, slack) -> AsyncIterator[Callable[[], Door]]:
    """Another replica over the same database; also the same one after a restart."""
    made: list[Door] = []

    def start() -> Door:
        replica = with_slack(place, tmp_path, slack)
        client = httpx.AsyncClient(transport=httpx.ASGITransport(replica.app), base_url="http://another")
        made.append(Door(replica, part_of(replica), client))
        return made[-1]

    yield start
    for door in made:
        await door.part.stop()
        await door.http.aclose()
        await door.system.parts.link.close()
        door.system.built.database.dispose()


@pytest.fixture
async def http(system) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(system.app, raise_app_exceptions=False), base_url="http://test") as client:
        yield client


@pytest.fixture
def door(system, http) -> Door:
    return Door(system, part_of(system), http)


@pytest.fixture
def sam(door, slack) -> Member:
    return Member(door, slack)


@pytest.fixture
def ann(door, slack) -> Member:
    return Member(door, slack, "U0002")
