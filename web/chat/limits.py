"""How often one address, one conversation, and everyone together may do a thing. Held in memory by the `limits` library."""

from __future__ import annotations

import time
from dataclasses import dataclass

from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from web.chat.problems import Problem


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
    """Counts uses in moving windows. Switched off for benchmarks (FACILITATOR_RATE_LIMITS=off)."""

    def __init__(self, *, enabled: bool) -> None:
        self._enabled = enabled
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    def check(self, rule: Rule, key: str = "all") -> None:
        """Count one use.

        Raises:
            Problem: 429, with the seconds to wait.
        """
        if not self._enabled or self._limiter.hit(rule.item, rule.name, key):
            return
        reset = self._limiter.get_window_stats(rule.item, rule.name, key).reset_time
        seconds = max(1, round(reset - time.time()))
        raise Problem(429, "rate-limited", headers={"Retry-After": str(seconds)}, seconds=seconds)
