"""How often one address, one conversation, and everyone together may do a thing. Held in memory by the `limits` library, or in Redis
when several copies of `web` count together (`shared_limits`).

Memory cannot grow without end, whoever knocks: every key is put in one of a fixed number of buckets, and a bucket is two numbers. Which
bucket is a secret, so nobody can choose to share one with somebody else; two who share by chance share a limit.
"""

from __future__ import annotations

import hashlib
import ipaddress
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass

from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter

from web.chat.problems import Problem
from web.chat.shared_limits import Counted, SharedLimits

BUCKETS = 1 << 16
# Whoever has one address of IPv6 usually has all that begin with these bits.
IPV6_BITS = 64


@dataclass(frozen=True)
class Rule:
    """A named limit; one counter for each key."""

    name: str
    item: RateLimitItem


MESSAGES_BY_ADDRESS = Rule("messages-address", parse("120/minute"))
MESSAGES_BY_CONVERSATION = Rule("messages-conversation", parse("60/minute"))
OPENINGS_BY_ADDRESS = Rule("openings-address", parse("30/minute"))
CODES_BY_ADDRESS = Rule("codes-address", parse("10/minute"))
CODES_BY_EVERYONE = Rule("codes-everyone", parse("120/minute"))


class Limits:
    """Counts uses in sliding windows. Switched off for benchmarks (FACILITATOR_RATE_LIMITS=off).

    `on_refusal` is told the name of the limit at every refusal. With `shared`, copies of `web` count together; they then need the same
    `secret`, or one address would be in another bucket for each.
    """

    def __init__(self, *, enabled: bool, shared: SharedLimits | None = None, secret: str = "") -> None:
        self._enabled, self._shared = enabled, shared
        self.storage = MemoryStorage()
        self._limiter = SlidingWindowCounterRateLimiter(self.storage)
        self._secret = hashlib.sha256(b"buckets" + secret.encode()).digest() if secret else secrets.token_bytes(16)
        self.on_refusal: Callable[[str], None] = lambda _name: None

    async def check(self, rule: Rule, key: str = "all") -> None:
        """Count one use.

        Raises:
            Problem: 429, with the seconds to wait.
        """
        if not self._enabled:
            return
        bucket = self._bucket(key)
        counted = await self._shared.count(rule.item, rule.name, bucket) if self._shared else None
        if counted is None:
            counted = self._count_here(rule, bucket)
        if counted.allowed:
            return
        self.on_refusal(rule.name)
        seconds = max(1, round(counted.reset_at - time.time()))
        raise Problem(429, "rate-limited", headers={"Retry-After": str(seconds)}, seconds=seconds)

    async def close(self) -> None:
        if self._shared:
            await self._shared.close()

    def _count_here(self, rule: Rule, bucket: str) -> Counted:
        if self._limiter.hit(rule.item, rule.name, bucket):
            return Counted(True)
        return Counted(False, self._limiter.get_window_stats(rule.item, rule.name, bucket).reset_time)

    def _bucket(self, key: str) -> str:
        hashed = hashlib.blake2b(_shared_part(key).encode("utf-8", "replace"), key=self._secret, digest_size=8)
        return str(int.from_bytes(hashed.digest()) % BUCKETS)


def _shared_part(key: str) -> str:
    """The part of an address that its owner cannot change at will; anything else as it is."""
    try:
        address = ipaddress.ip_address(key)
    except ValueError:
        return key
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network((address.packed, IPV6_BITS), strict=False))
