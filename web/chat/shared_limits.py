"""Limits that all copies of `web` count together, in Redis, by the `limits` library.

While Redis cannot be asked, the caller counts in its own memory: the limits are then looser, by the number of copies, and nobody is shut
out (docs/decisions/0021-redis.md). What is kept in Redis is a bucket's number and two counts, for two minutes.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import structlog
from limits import RateLimitItem
from limits.aio.storage import RedisStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from redis.exceptions import RedisError

log = structlog.get_logger("web")
PREFIX = "coproduction-limits"
# A person waits for this. Redis answers in well under a millisecond, or not at all.
TIMEOUT_S = 0.25
# How long Redis is left alone after it failed, so that one message in very many waits for the time above.
LEFT_ALONE_S = 5.0


@dataclass(frozen=True)
class Counted:
    """Whether a use is within its limit; if not, when the window ends (seconds since 1970)."""

    allowed: bool
    reset_at: float = 0.0


class SharedLimits:
    """Counts in Redis. Opens no connection until something is counted."""

    def __init__(self, address: str) -> None:
        self._storage = RedisStorage(
            f"async+{address}",
            implementation="redispy",
            key_prefix=PREFIX,
            socket_timeout=TIMEOUT_S,
            socket_connect_timeout=TIMEOUT_S,
        )
        self._limiter = SlidingWindowCounterRateLimiter(self._storage)
        self._ask_again_at = 0.0

    async def ask(self, item: RateLimitItem, name: str, bucket: str, *, counting: bool) -> Counted | None:
        """Whether a use is within its limit; `counting` uses it. None when Redis cannot be asked."""
        if time.monotonic() < self._ask_again_at:
            return None
        try:
            ask = self._limiter.hit if counting else self._limiter.test
            if await ask(item, name, bucket):
                return Counted(True)
            stats = await self._limiter.get_window_stats(item, name, bucket)
            return Counted(False, stats.reset_time)
        except (RedisError, OSError, TimeoutError) as error:
            self._ask_again_at = time.monotonic() + LEFT_ALONE_S
            log.warning("limits_without_redis", error=type(error).__name__)
            return None

    async def close(self) -> None:
        # the library closes nothing itself
        await self._storage.bridge.storage.aclose()  # type: ignore[attr-defined]
