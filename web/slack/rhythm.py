"""Work that is done again and again, for as long as the process runs."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

import structlog

log = structlog.get_logger("web")


async def every(seconds: float, work: Callable[[], Awaitable[object]], stopping: asyncio.Event, waits: str) -> None:
    """Do it, and again after so many seconds, until we stop: between two rounds, never in the middle of one.

    Args:
        waits: what the log says when a round fails, whatever the reason; the next round tries again.
    """
    while not stopping.is_set():
        try:
            await work()
        except Exception as error:
            log.warning(waits, error=type(error).__name__)
        await pause(seconds, stopping)


async def pause(seconds: float, stopping: asyncio.Event) -> None:
    """Wait so long, or until we stop."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await stopping.wait()
