"""Keeps the promise on how long things are kept, without anyone having to remember it."""

from __future__ import annotations

import asyncio
import time

import structlog

from facilitator import erasure
from facilitator.bootstrap import Bootstrap
from facilitator.retention import purge_all
from facilitator.storage.conversations import now
from web.chat import waiting_flags

log = structlog.get_logger("web")
EVERY_S = 3600.0
SCRUB_EVERY_S = 30.0
SCRUB_RESTS = 20
FOLD_EVERY_S = 10.0


async def forget_on_time(built: Bootstrap, every_s: float = EVERY_S, scrub_every_s: float = SCRUB_EVERY_S) -> None:
    """Delete what is due, every hour for as long as the process runs. Two replicas may both do it: what is gone is gone.

    In between, take what people have deleted out of SQLite's file, soon after they did.
    """
    while True:
        try:
            counts = await asyncio.to_thread(_purge, built)
            if any(counts.values()):
                log.info("purged", **counts)
        except Exception as error:
            log.warning("purge_waits", error=type(error).__name__)
        until, rest = time.monotonic() + every_s, scrub_every_s
        while (left := until - time.monotonic()) > 0:
            await asyncio.sleep(min(left, rest))
            # building a large file anew holds up whoever writes: it rests for much longer than it takes
            rest = max(scrub_every_s, SCRUB_RESTS * await _scrub(built))


async def _scrub(built: Bootstrap) -> float:
    """How long it took, in seconds. Not while others are busy with the database: then the next round tries again."""
    began = time.monotonic()
    try:
        if await asyncio.to_thread(built.database.scrubs_due):
            await asyncio.to_thread(erasure.scrub, built.database)
    except Exception as error:
        log.warning("scrub_waits", error=type(error).__name__)
    return time.monotonic() - began


async def fold_away(built: Bootstrap, every_s: float = FOLD_EVERY_S) -> None:
    """Empty SQLite's write-ahead file again and again: what was deleted stands in it until then, though nobody is shown it."""
    while True:
        await asyncio.sleep(every_s)
        try:
            await asyncio.to_thread(_fold, built)
        except Exception as error:
            log.warning("fold_waits", error=type(error).__name__)


def _fold(built: Bootstrap) -> None:
    engine = built.database.engine
    if engine.dialect.name == "sqlite":
        # Outside a transaction. While somebody reads or writes it does nothing, and the next round tries again.
        connection = engine.raw_connection()
        try:
            connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").close()
        finally:
            connection.close()


def _purge(built: Bootstrap) -> dict[str, int]:
    settings = built.settings
    due = purge_all(built.database, now(), settings.periods, data_dir=settings.data_dir)
    waiting_flags.drop_old(settings.data_dir / "flags")
    return due.counts()
