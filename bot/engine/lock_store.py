"""Rasa's locks, shared by its replicas through Redis when REDIS_URL is set, in memory otherwise.

A lock here only keeps two turns of one conversation from running at the same time. Their order is kept elsewhere: `web` sends one message
at a time, by a row in our database, and the tracker store refuses to go back. So Rasa's lock in Redis may be what it is, not atomic
(RasaHQ/rasa #9213), and a Redis that is down need not stop anyone: turns then go on with locks in memory.

Differences from Rasa's own RedisLockStore: an address with user, password and TLS; a lock that nobody gave back (its Rasa was killed) ends
by itself; a short time limit; and failing open, each for a reason above. docs/decisions/0021-redis.md.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from typing import Any, Callable, TypeVar

import redis
from rasa.core.lock import TicketLock
from rasa.core.lock_store import InMemoryLockStore, LockError
from rasa.shared.exceptions import RasaException
from rasa.utils.endpoints import EndpointConfig

logger = logging.getLogger(__name__)

PREFIX = "coproduction-lock:"
# Longer than a turn may last: an action has 5 seconds, and Rasa waits 7 for it. The conversation of a killed Rasa waits so long at most.
LIFETIME_S = 8
PATIENCE_S = 8.0
# Blocks the event loop, as Rasa's own store does; Redis answers in well under a millisecond, or not at all.
TIMEOUT_S = 0.25
LEFT_ALONE_S = 5.0

Result = TypeVar("Result")


class SharedLockStore(InMemoryLockStore):
    """Every lock is kept in memory too, so that a turn under way goes on when Redis dies in the middle of it."""

    def __init__(self, endpoint_config: EndpointConfig | None = None) -> None:
        super().__init__()
        address = (endpoint_config.url if endpoint_config else None) or ""
        self._redis = _open(address) if address else None
        self._ask_again_at = 0.0

    def get_lock(self, conversation_id: str) -> TicketLock | None:
        found = self._ask(lambda shared: shared.get(PREFIX + conversation_id))
        return TicketLock.from_dict(json.loads(found)) if found else super().get_lock(conversation_id)

    def save_lock(self, lock: TicketLock) -> None:
        super().save_lock(lock)
        self._ask(lambda shared: shared.set(PREFIX + lock.conversation_id, lock.dumps(), ex=LIFETIME_S))

    def delete_lock(self, conversation_id: str) -> None:
        super().delete_lock(conversation_id)
        self._ask(lambda shared: shared.delete(PREFIX + conversation_id))

    def issue_ticket(self, conversation_id: str, lock_lifetime: float = LIFETIME_S) -> int:
        """A ticket that ends with its lock: Rasa's own lives for a minute, for which a killed Rasa would leave someone waiting."""
        return super().issue_ticket(conversation_id, min(lock_lifetime, LIFETIME_S))

    async def _acquire_lock(self, conversation_id: str, ticket: int, wait_time_in_seconds: float) -> TicketLock:
        """Rasa's own asks again and again for ever once its ticket has run out, as then nobody is served: ours gives up (LockError)."""
        try:
            return await asyncio.wait_for(super()._acquire_lock(conversation_id, ticket, wait_time_in_seconds), PATIENCE_S)
        except asyncio.TimeoutError:
            raise LockError("another turn of this conversation did not end") from None

    def _ask(self, work: Callable[[Any], Result]) -> Result | None:
        """What Redis says; None without Redis, or when it cannot be asked."""
        if self._redis is None or time.monotonic() < self._ask_again_at:
            return None
        try:
            return work(self._redis)
        except redis.RedisError as error:
            self._ask_again_at = time.monotonic() + LEFT_ALONE_S
            logger.warning("locks without Redis: %s", type(error).__name__)
            return None


def _open(address: str) -> Any:
    """A client for REDIS_URL; nothing is connected yet. Raises RasaException, which stops the start."""
    try:
        return redis.Redis.from_url(address, socket_timeout=TIMEOUT_S, socket_connect_timeout=TIMEOUT_S)
    # Rasa takes an ImportError or AttributeError here for "no such class" and uses its own store in memory instead
    except (ValueError, AttributeError) as error:
        raise RasaException(f"REDIS_URL cannot be used: {type(error).__name__}") from None
