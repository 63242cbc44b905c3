"""Every route is guarded, or on a short public list that says why."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest
from sqlalchemy import func, select
from starlette.routing import BaseRoute, Route

from facilitator.storage.models import ConversationRow
from tests.integration.web import Person, Running, running

PUBLIC = {
    ("GET", "/"): "the page people open",
    ("GET", "/join/{code}"): "the page, with a code filled in that is checked when a conversation is opened",
    ("GET", "/demo"): "made-up examples, nothing stored",
    ("GET", "/widget/{name:path}"): "the widget's files, the same for everyone",
    ("GET", "/chat/strings"): "the interface's words",
    ("GET", "/chat/support"): "numbers for someone in danger must need nothing",
    ("POST", "/chat/conversations"): "opens a conversation, and is where a token comes from; limited by address",
    ("GET", "/healthz"): "says that the process is up",
    ("GET", "/readyz"): "names three parts and whether they are ready",
    ("GET", "/openapi.json"): "the contract, which is published anyway",
    ("HEAD", "/openapi.json"): "the same, without the body",
    ("GET", "/metrics"): "off unless switched on, then only on a private network: tests/integration/test_hardening.py",
}
# Pages without a script: who somebody is comes from a cookie, and every form carries a secret of that cookie. An action without them
# begins nothing and changes nothing; the folder has tests of its own.
PUBLIC_BELOW = "/plain"
# Coordinators' pages: guarded by a session, walked from six seats in tests/integration/review/test_seats.py.
REVIEW = "/review"
GOOD_BODIES = {"POST": {"client_message_id": "1", "text": "hello"}, "PATCH": {"simple": True}}


@pytest.fixture
async def system(tmp_path) -> AsyncIterator[Running]:
    made = running(f"sqlite:///{tmp_path / 'test.db'}", tmp_path, facilitator_metrics="on")
    made.built.database.upgrade()
    yield made
    await made.parts.link.close()
    made.built.database.dispose()


@pytest.fixture
async def http(system) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(system.app, raise_app_exceptions=False), base_url="http://test") as client:
        yield client


def table(routes: list[BaseRoute]) -> set[tuple[str, str]]:
    """Every method and path. A kind of route that this does not know (a mount, a web socket) is a failure: nobody looked at it."""
    found = set()
    for route in routes:
        inner = getattr(getattr(route, "original_router", None), "routes", None)
        if inner is not None:
            found |= table(inner)
            continue
        assert isinstance(route, Route), f"{route!r} is not covered by this test"
        found |= {(method, route.path) for method in route.methods or set()}
    return found


def guarded(system: Running) -> list[tuple[str, str]]:
    return sorted((method, path) for method, path in table(system.app.routes) - set(PUBLIC) if not path.startswith((PUBLIC_BELOW, REVIEW)))


def test_the_public_list_names_nothing_that_is_not_there(system):
    assert set(PUBLIC) <= table(system.app.routes)


async def test_a_route_that_is_not_public_asks_for_a_token(system, http):
    person = await Person(http).begin()
    assert len(guarded(system)) >= 5
    for method, path in guarded(system):
        for authorization in (
            None,
            "",
            "Bearer",
            "Bearer ",
            "Bearer wrong",
            f"Basic {person.token}",
            person.token,
            f"Bearer {person.token}x",
        ):
            headers = {"Authorization": authorization} if authorization is not None else {}
            reply = await http.request(method, path.format(conversation_id=person.id), headers=headers, json=GOOD_BODIES.get(method))
            assert reply.status_code == 401, (method, path, authorization)
            assert reply.headers["www-authenticate"] == "Bearer"


async def test_with_the_right_token_they_open(system, http):
    """Else the test above would pass for a route that refuses everybody."""
    person = await Person(http).begin()
    for method, path in sorted(guarded(system), key=lambda entry: entry[0] == "DELETE"):
        reply = await http.request(method, path.format(conversation_id=person.id), headers=person.headers, json=GOOD_BODIES.get(method))
        assert reply.status_code in (200, 204), (method, path, reply.text)


async def test_somebody_elses_token_opens_nothing_and_changes_nothing(system, http):
    owner, outsider = await Person(http).begin(), await Person(http).begin()
    before = (await http.get(f"/chat/conversations/{owner.id}/messages", headers=owner.headers)).json()
    for method, path in guarded(system):
        reply = await http.request(method, path.format(conversation_id=owner.id), headers=outsider.headers, json=GOOD_BODIES.get(method))
        assert reply.status_code in (401, 404), (method, path)
    assert (await http.get(f"/chat/conversations/{owner.id}/messages", headers=owner.headers)).json() == before


async def test_a_conversation_that_is_not_there_looks_like_one_that_is_not_yours(system, http):
    owner, outsider = await Person(http).begin(), await Person(http).begin()
    for method, path in guarded(system):
        replies = [
            await http.request(method, path.format(conversation_id=ident), headers=outsider.headers, json=GOOD_BODIES.get(method))
            for ident in (owner.id, "0" * 32)
        ]
        assert replies[0].status_code == replies[1].status_code, (method, path)
        assert replies[0].content == replies[1].content


async def test_a_token_is_dead_once_its_conversation_is_deleted(system, http):
    person = await Person(http).begin()
    assert (await http.delete(f"/chat/conversations/{person.id}", headers=person.headers)).status_code == 204
    for method, path in guarded(system):
        reply = await http.request(method, path.format(conversation_id=person.id), headers=person.headers, json=GOOD_BODIES.get(method))
        assert reply.status_code == 401, (method, path)


async def test_danger_is_answered_even_with_a_wrong_token_and_nothing_is_given_away(system, http):
    owner, stranger = await Person(http).begin(), Person(http, id="0" * 32)
    stranger.token = "wrong"
    own, other = [
        await http.post(
            f"/chat/conversations/{ident}/messages", json={"client_message_id": "1", "text": "DANGER"}, headers=stranger.headers
        )
        for ident in (owner.id, stranger.id)
    ]
    for reply in (own, other):
        assert reply.status_code == 200
        assert reply.json()["kept"] is None and reply.json()["progress"] is None
    assert own.json()["messages"][0]["text"] == other.json()["messages"][0]["text"]


async def test_a_plain_form_without_its_cookie_does_nothing(system, http):
    for method, path in sorted(table(system.app.routes)):
        if method == "POST" and path.startswith(PUBLIC_BELOW):
            reply = await http.post(path, data={"form": "made up"})
            assert 300 <= reply.status_code < 500, path
            assert not any("conversation" in name.lower() for name in reply.cookies), path
    with system.built.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(ConversationRow)) == 0
