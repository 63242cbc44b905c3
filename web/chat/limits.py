"""How often one address, one conversation, and everyone together may do a thing. Held in memory by the `limits` library, or in Redis
when several copies of `web` count together (`shared_limits`).

Memory cannot grow without end, whoever knocks: every key is put in one of a fixed number of buckets, and a bucket is two numbers. Which
bucket is a secret, so nobody can choose to share one with somebody else; two who share by chance share a limit.
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter

from facilitator.callers import shared_part
from web.chat.problems import UNKNOWN_CODE, Problem
from web.chat.shared_limits import Counted, SharedLimits

BUCKETS = 1 << 16
# How many codes one process looks up at once: so many guesses can be on their way together before the first is known to be wrong.
CODES_AT_ONCE = 8


@dataclass(frozen=True)
class Rule:
    """A named limit; one counter for each key."""

    name: str
    item: RateLimitItem


MESSAGES_BY_ADDRESS = Rule("messages-address", parse("120/minute"))
MESSAGES_BY_CONVERSATION = Rule("messages-conversation", parse("60/minute"))
OPENINGS_BY_ADDRESS = Rule("openings-address", parse("30/minute"))


@dataclass(frozen=True)
class Codes:
    """How often codes of one kind may be wrong: those of one address, and those of everybody. Right ones are not counted.

    Each kind has a total of its own: whoever uses one up by guessing shuts nobody out of the other.
    """

    by_address: Rule
    by_everyone: Rule


JOIN_CODES = Codes(Rule("join-codes-address", parse("10/minute")), Rule("join-codes-everyone", parse("120/minute")))
RESUME_CODES = Codes(Rule("resume-codes-address", parse("10/minute")), Rule("resume-codes-everyone", parse("120/minute")))


class Limits:
    """Counts uses in sliding windows. Switched off for benchmarks (FACILITATOR_RATE_LIMITS=off).

    `on_refusal` is told the name of the limit at every refusal. With `shared`, copies of `web` count together; they then need the same
    `secret`, or one address would be in another bucket for each.
    """

    def __init__(self, *, enabled: bool, shared: SharedLimits | None = None, secret: str = "") -> None:
        self._enabled, self._shared = enabled, shared
        self.storage = MemoryStorage()
        self._limiter = SlidingWindowCounterRateLimiter(self.storage)
        self._looking_up = asyncio.Semaphore(CODES_AT_ONCE)
        self._secret = hashlib.sha256(b"buckets" + secret.encode()).digest() if secret else secrets.token_bytes(16)
        self.on_refusal: Callable[[str], None] = lambda _name: None

    async def check(self, rule: Rule, key: str = "all") -> None:
        """Count one use.

        Raises:
            Problem: 429, with the seconds to wait.
        """
        if self._enabled:
            self._judge(rule, await self._ask(rule, key, counting=True))

    @asynccontextmanager
    async def only_wrong(self, codes: Codes, address: str) -> AsyncIterator[None]:
        """Around the looking up of a code that somebody gave: counts it if that ends in the problem `UNKNOWN_CODE`.

        A few are looked up at a time, so that many sent at once cannot all pass before the first is counted.

        Raises:
            Problem: 429 before anything is looked up, so that a right code then looks like a wrong one.
        """
        if not self._enabled:
            yield
            return
        rules = ((codes.by_address, address), (codes.by_everyone, "all"))
        async with self._looking_up:
            for rule, key in rules:
                self._judge(rule, await self._ask(rule, key, counting=False))
            try:
                yield
            except Problem as problem:
                if problem.kind == UNKNOWN_CODE:
                    for rule, key in rules:
                        await self._ask(rule, key, counting=True)
                raise

    async def _ask(self, rule: Rule, key: str, *, counting: bool) -> Counted:
        """Whether a use is within its limit; `counting` uses it."""
        bucket = self._bucket(key)
        counted = await self._shared.ask(rule.item, rule.name, bucket, counting=counting) if self._shared else None
        return counted or self._ask_here(rule, bucket, counting=counting)

    def _judge(self, rule: Rule, counted: Counted) -> None:
        if counted.allowed:
            return
        self.on_refusal(rule.name)
        seconds = max(1, round(counted.reset_at - time.time()))
        raise Problem(429, "rate-limited", headers={"Retry-After": str(seconds)}, seconds=seconds)

    async def close(self) -> None:
        if self._shared:
            await self._shared.close()

    def _ask_here(self, rule: Rule, bucket: str, *, counting: bool) -> Counted:
        ask = self._limiter.hit if counting else self._limiter.test
        if ask(rule.item, rule.name, bucket):
            return Counted(True)
        return Counted(False, self._limiter.get_window_stats(rule.item, rule.name, bucket).reset_time)

    def _bucket(self, key: str) -> str:
        hashed = hashlib.blake2b(shared_part(key).encode("utf-8", "replace"), key=self._secret, digest_size=8)
        return str(int.from_bytes(hashed.digest()) % BUCKETS)
