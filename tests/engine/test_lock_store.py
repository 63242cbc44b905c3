"""Locks that Rasa's replicas share in a real Redis, and that never stop anybody when it is away."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from rasa.core.lock_store import InMemoryLockStore, LockError, LockStore
from rasa.core.utils import AvailableEndpoints
from rasa.shared.exceptions import RasaException
from rasa.utils.endpoints import EndpointConfig

from bot.engine import lock_store
from bot.engine.lock_store import PREFIX, SharedLockStore
from tests import redis_server

ROOT = Path(__file__).parents[2]
WHO = "a-conversation"


@pytest.fixture
def redis() -> Iterator[redis_server.RedisServer]:
    with redis_server.server(password="a-password") as started:
        yield started


def store(address: str) -> SharedLockStore:
    return SharedLockStore(EndpointConfig(address))


async def turns(stores: list[SharedLockStore], running: list[int], most: list[int]) -> None:
    async def one(of: SharedLockStore) -> None:
        async with of.lock(WHO, wait_time_in_seconds=0.01):
            running.append(1)
            most.append(len(running))
            await asyncio.sleep(0.02)
            running.pop()

    await asyncio.gather(*(one(each) for each in stores))


async def test_two_rasas_do_not_work_on_one_conversation_at_once(redis):
    most: list[int] = []
    await turns([store(redis.address), store(redis.address), store(redis.address)], [], most)
    assert len(most) == 3 and max(most) == 1


async def test_without_redis_two_rasas_would():
    """What the test above rules out can happen: two stores in memory know nothing of each other."""
    most: list[int] = []
    await turns([store(""), store("")], [], most)
    assert max(most) == 2


async def test_a_lock_is_given_back_and_holds_only_an_id(redis):
    held = store(redis.address)
    async with held.lock(WHO):
        assert held._redis.keys() == [(PREFIX + WHO).encode()]
        assert 0 < held._redis.ttl(PREFIX + WHO) <= lock_store.LIFETIME_S
    assert held._redis.keys() == [] and held.conversation_locks == {}


async def test_the_lock_of_a_killed_rasa_ends_by_itself(redis, monkeypatch):
    killed, other = store(redis.address), store(redis.address)
    monkeypatch.setattr(lock_store, "LIFETIME_S", 1)
    killed.issue_ticket(WHO)  # and never comes back
    monkeypatch.undo()
    async with other.lock(WHO, wait_time_in_seconds=0.05):
        pass


async def test_who_waits_too_long_is_told_so(redis, monkeypatch):
    held, other = store(redis.address), store(redis.address)
    held.issue_ticket(WHO)
    monkeypatch.setattr(lock_store, "PATIENCE_S", 0.2)
    with pytest.raises(LockError, match="did not end"):
        async with other.lock(WHO, wait_time_in_seconds=0.05):
            pass


async def test_a_turn_under_way_goes_on_when_redis_dies(redis, monkeypatch):
    monkeypatch.setattr(lock_store, "LEFT_ALONE_S", 0.0)
    held = store(redis.address)
    async with held.lock(WHO):
        redis.stop()
    async with held.lock(WHO):
        pass
    redis.start()
    async with held.lock(WHO):
        assert held._redis.keys() == [(PREFIX + WHO).encode()]


async def test_a_redis_that_never_answers_costs_one_short_wait():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        held = store(f"redis://127.0.0.1:{silent.getsockname()[1]}/0")
        async with held.lock(WHO):
            assert held._ask_again_at > 0


def test_an_address_that_cannot_be_used_stops_the_start():
    with pytest.raises(RasaException, match="REDIS_URL cannot be used"):
        store("postgresql://somewhere")


@pytest.mark.parametrize("address", ["", "redis://127.0.0.1:1/0"])
def test_rasa_takes_our_store_from_endpoints_yml(address, monkeypatch):
    for name in ("DATABASE_URL", "FACILITATOR_ACTIONS_URL", "FACILITATOR_ACTIONS_TOKEN"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    monkeypatch.setenv("REDIS_URL", address)
    made = LockStore.create(AvailableEndpoints.read_endpoints(str(ROOT / "endpoints.yml")).lock_store)
    assert isinstance(made, SharedLockStore) and isinstance(made, InMemoryLockStore)
    assert (made._redis is not None) is bool(address)
