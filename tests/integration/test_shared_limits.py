"""Limits that two copies of `web` count together in a real Redis, and what happens while there is none."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest
from limits import parse

from tests import redis_server
from web.chat import shared_limits
from web.chat.limits import RESUME_CODES, Limits, Rule
from web.chat.problems import UNKNOWN_CODE, Problem
from web.chat.shared_limits import SharedLimits

SECRET = "the same for every copy of web"
RULE = Rule("test", parse("3/minute"))
ADDRESS = "192.0.2.77"


@pytest.fixture
def redis() -> Iterator[redis_server.RedisServer]:
    with redis_server.server(password="a-password") as started:
        yield started


async def refused(limits: Limits, key: str = ADDRESS) -> bool:
    try:
        await limits.check(RULE, key)
    except Problem as problem:
        assert problem.status == 429 and 1 <= int(problem.headers["Retry-After"]) <= 60
        return True
    return False


async def test_two_copies_of_web_count_together(redis):
    copies = [Limits(enabled=True, shared=SharedLimits(redis.address), secret=SECRET) for _ in range(2)]
    assert [await refused(copies[turn % 2]) for turn in range(5)] == [False, False, False, True, True]
    assert not await refused(copies[0], "192.0.2.78")
    for copy in copies:
        await copy.close()


async def guessed(limits: Limits, *, right: bool) -> str:
    try:
        async with limits.only_wrong(RESUME_CODES, ADDRESS):
            if not right:
                raise Problem(404, UNKNOWN_CODE)
    except Problem as problem:
        return problem.kind
    return "in"


async def test_copies_of_web_count_wrong_codes_together_and_right_ones_not_at_all(redis):
    copies = [Limits(enabled=True, shared=SharedLimits(redis.address), secret=SECRET) for _ in range(2)]
    assert [await guessed(copies[turn % 2], right=True) for turn in range(20)] == ["in"] * 20
    assert [await guessed(copies[turn % 2], right=False) for turn in range(11)] == ["unknown-code"] * 10 + ["rate-limited"]
    assert await guessed(copies[0], right=True) == "rate-limited"
    for copy in copies:
        await copy.close()


async def test_one_copy_alone_would_have_let_more_through(redis):
    """The test above would pass with limits that count nothing in Redis, were there no difference: here it is."""
    copies = [Limits(enabled=True, secret=SECRET) for _ in range(2)]
    assert [await refused(copies[turn % 2]) for turn in range(5)] == [False] * 5


async def test_nothing_in_redis_says_who(redis):
    limits = Limits(enabled=True, shared=SharedLimits(redis.address), secret=SECRET)
    await refused(limits)
    client = limits._shared._storage.bridge.storage
    keys = [key.decode() async for key in client.scan_iter()]
    assert keys and all(key.startswith(shared_limits.PREFIX) or key.startswith("{" + shared_limits.PREFIX) for key in keys)
    assert ADDRESS not in " ".join(keys)
    left = [await client.ttl(key) for key in keys]
    assert min(left) > 0 and max(left) <= 120
    await limits.close()


async def test_while_redis_is_down_each_copy_counts_by_itself_and_nobody_is_shut_out(redis, monkeypatch):
    monkeypatch.setattr(shared_limits, "LEFT_ALONE_S", 0.0)
    limits = Limits(enabled=True, shared=SharedLimits(redis.address), secret=SECRET)
    assert not await refused(limits)
    redis.stop()
    assert [await refused(limits) for _ in range(4)] == [False, False, False, True]
    redis.start()
    assert not await refused(limits), "counted in Redis again, which has forgotten"
    await limits.close()


async def test_a_redis_that_takes_calls_and_never_answers_is_soon_left_alone():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        shared = SharedLimits(f"redis://127.0.0.1:{silent.getsockname()[1]}/0")
        limits = Limits(enabled=True, shared=shared, secret=SECRET)
        assert not await refused(limits)
        assert shared._ask_again_at > 0
        asked_again_at = shared._ask_again_at
        assert not await refused(limits)
        assert shared._ask_again_at == asked_again_at, "the second use did not wait for Redis again"
        await limits.close()


async def test_with_limits_off_redis_is_not_asked():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        limits = Limits(enabled=False, shared=SharedLimits(f"redis://127.0.0.1:{silent.getsockname()[1]}/0"))
        assert not any([await refused(limits) for _ in range(10)])
        await limits.close()
