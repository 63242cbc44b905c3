"""Who may open what: tokens that end, codes that cannot be guessed, and no way in by a file."""

from __future__ import annotations

import asyncio
import base64
import inspect
import time
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import timedelta
from hashlib import sha256
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from fastapi import params
from sqlalchemy import select, update

from facilitator.coordinators import accounts, two_factor
from facilitator.coordinators.rights import Post
from facilitator.storage import conversations as store
from facilitator.storage.models import ConversationRow, TokenRow
from tests.integration.review import people
from tests.integration.review.test_seats import walk
from tests.integration.web import Person, Running, running
from web.chat.limits import CODES_AT_ONCE


@pytest.fixture(autouse=True)
def in_the_middle_of_a_minute(monkeypatch):
    """The windows of the limits stand still: at the turn of a minute one use more than the last is let through."""
    moment = time.time() // 60 * 60 + 30
    monkeypatch.setattr("limits.storage.memory.time", SimpleNamespace(time=lambda: moment))


@pytest.fixture
async def system(up_to_date_file, tmp_path) -> AsyncIterator[Running]:
    (tmp_path / "test.db").write_bytes(up_to_date_file.read_bytes())
    made = running(f"sqlite:///{tmp_path / 'test.db'}", tmp_path, facilitator_rate_limits="on")
    yield made
    await made.parts.link.close()
    made.built.database.dispose()


def client(system: Running, address: str = "192.0.2.1") -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(system.app, client=(address, 1)), base_url="http://test")


async def test_a_token_is_256_bits_of_chance_of_which_the_hash_alone_is_stored(system):
    async with client(system) as http:
        tokens = [(await Person(http).open())["token"] for _ in range(3)]
    assert all(len(base64.urlsafe_b64decode(token + "=")) == 32 for token in tokens) and len(set(tokens)) == 3
    with system.built.database.reading() as session:
        assert set(session.scalars(select(TokenRow.token_hash))) == {sha256(token.encode()).hexdigest() for token in tokens}
        resume = list(session.scalars(select(ConversationRow.resume_code_hash)))
    assert all(found is None or len(found) == 64 for found in resume)


async def test_a_token_ends_after_ninety_days_and_the_code_makes_a_new_one(system):
    async with client(system) as http:
        person = await Person(http).begin()
        with system.built.database.unit_of_work() as session:
            row = session.scalars(select(TokenRow)).one()
            assert abs(row.expires_at - row.created_at - timedelta(days=90)) < timedelta(seconds=1)
            session.execute(update(TokenRow).values(expires_at=store.now()))
        for method, path in (("GET", "/messages"), ("GET", "/export"), ("DELETE", "")):
            assert (await http.request(method, f"/chat/conversations/{person.id}{path}", headers=person.headers)).status_code == 401
        again = await Person(http).open(resume_code=person.opened["resume_code"])
        assert again["conversation_id"] == person.id and again["token"] != person.token


@pytest.mark.parametrize("kind", ["resume_code", "activity_code"])
async def test_guessing_from_a_thousand_addresses_is_slowed_down_too_and_a_right_code_looks_like_a_wrong_one(system, kind):
    async with client(system) as http:
        right = {"resume_code": (await Person(http).begin()).opened["resume_code"], "activity_code": people.activity(system, "Plans")[1]}
    answers = []
    for number in range(121):
        async with client(system, f"198.51.{number}.7") as http:
            answers.append((await http.post("/chat/conversations", json={kind: f"wrong-{number}"})).status_code)
    assert answers[0] == 404 and answers[-1] == 429
    async with client(system, "203.0.113.9") as http:
        asked = [await http.post("/chat/conversations", json={kind: code}) for code in (right[kind], "never-was-one")]
    assert [reply.status_code for reply in asked] == [429, 429]
    assert asked[0].json()["type"] == asked[1].json()["type"]


async def test_a_workshop_behind_one_address_joins_and_opens_its_link_as_one_pleases(system):
    code = people.activity(system, "Our open day")[1]
    async with client(system) as http:
        joined = [(await http.post("/chat/conversations", json={"activity_code": code})).status_code for _ in range(25)]
        pages = [(await http.get(f"{path}/{code}")).text for path in ("/join", "/plain/join") for _ in range(130)]
    assert joined == [201] * 25
    assert all("Our open day" in page for page in pages)


async def test_guessing_one_kind_of_code_shuts_nobody_out_of_the_other(system):
    async with client(system) as http:
        resume = (await Person(http).begin()).opened["resume_code"]
    for number in range(121):
        async with client(system, f"198.51.{number}.7") as http:
            await http.post("/chat/conversations", json={"activity_code": f"wrong-{number}"})
    async with client(system, "203.0.113.9") as http:
        assert (await http.post("/chat/conversations", json={"activity_code": "AAAAAA"})).status_code == 429
        assert (await http.post("/chat/conversations", json={"resume_code": resume})).status_code == 201


async def test_guesses_sent_all_at_once_do_not_pass_together(system):
    async with client(system) as http:
        sent = (http.post("/chat/conversations", json={"resume_code": f"wrong-{n}"}) for n in range(30))
        answers = [reply.status_code for reply in await asyncio.gather(*sent)]
    assert 10 <= answers.count(404) < 10 + CODES_AT_ONCE and answers.count(404) + answers.count(429) == 30


async def test_a_right_code_for_coming_back_is_no_way_to_guess_join_codes(system):
    join = people.activity(system, "Plans")[1]
    async with client(system) as http:
        resume = (await Person(http).begin()).opened["resume_code"]
        asked = [{"resume_code": resume, "activity_code": code} for code in (join, *(f"wrong-{n}" for n in range(10)), join)]
        answers = [(await http.post("/chat/conversations", json=each)).status_code for each in asked]
    assert answers == [201] * 11 + [429]


@pytest.mark.parametrize("path", ["/join", "/plain/join"])
@pytest.mark.parametrize("addresses", [1, 12])
async def test_a_page_for_joining_tells_nobody_who_guesses_which_code_is_right_and_opens_all_the_same(system, path, addresses):
    code = people.activity(system, "Our open day")[1]
    wrong = 0
    for number in range(addresses):
        async with client(system, f"198.51.100.{number}") as http:
            for _ in range(10):
                wrong += (await http.get(f"{path}/WRONG{wrong}")).status_code == 200
    async with client(system, "198.51.100.0" if addresses == 1 else "203.0.113.9") as http:
        page = await http.get(f"{path}/{code}")
        joined = await http.post("/chat/conversations", json={"activity_code": code})
    assert wrong == 10 * addresses and page.status_code == 200
    assert "Our open day" not in page.text and "116 123" in page.text and code in page.text
    assert joined.status_code == 429, "looking at pages and joining are one and the same guessing"


async def test_nothing_that_faces_people_waits_for_the_threads_in_which_passwords_are_looked_at(system):
    """A plain function, as a route or as what it needs, runs in one of forty threads; those of the review app may all be taken."""
    waiting = {
        f"{route.path}: {called.__qualname__}"
        for route in walk(system.app.routes)
        if not route.path.startswith("/review")
        for called in called_for(route.dependant)
        if not inspect.iscoroutinefunction(called)
    }
    assert waiting == set()


def called_for(dependant) -> Iterator[Callable[..., Any]]:
    yield dependant.call
    for needed in dependant.dependencies:
        yield from called_for(needed)


async def test_figures_of_another_script_are_no_code_of_an_authenticator(system):
    ada = people.account(system, "Ada", Post.ADMIN)
    with system.built.database.unit_of_work() as session:
        row = accounts.account(session, ada)
        row.two_factor_secret, row.two_factor_on = "JBSWY3DPEHPK3PXP", True
        for code in ("\u0661\u0662\u0663\u0664\u0665\u0666", "12345\u0666", "\uff11" * 6, "", "1234567"):
            assert not two_factor.opens(row, code)


def test_no_route_takes_a_file(system):
    """So there is nothing to check by its content: should one be added, this is where to say how it is checked."""
    routes = [*walk(system.app.routes)]
    taking = [route.path for route in routes if any(isinstance(field.field_info, params.File) for field in route.dependant.body_params)]
    assert taking == []
    assert len(routes) > 60
