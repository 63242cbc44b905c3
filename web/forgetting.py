"""Keeps the promise on how long things are kept, without anyone having to remember it."""

from __future__ import annotations

import asyncio
import time

import structlog

from facilitator import erasure
from facilitator.bootstrap import Bootstrap
from facilitator.retention import purge_all
from facilitator.storage.conversations import now

log = structlog.get_logger("web")
EVERY_S = 3600.0
SCRUB_EVERY_S = 30.0
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
        until = time.monotonic() + every_s
        while (left := until - time.monotonic()) > 0:
            await asyncio.sleep(min(left, scrub_every_s))
            await _scrub(built)


async def _scrub(built: Bootstrap) -> None:
    """Not while others are busy with the database: then the next round tries again."""
    try:
        if await asyncio.to_thread(built.database.scrubs_due):
            await asyncio.to_thread(erasure.scrub, built.database)
    except Exception as error:
        log.warning("scrub_waits", error=type(error).__name__)


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
    due = purge_all(
        built.database,
        now(),
        raw_text_days=settings.facilitator_raw_text_days,
        answer_days=settings.facilitator_answer_days,
        data_dir=settings.data_dir,
    )
    return due.counts()
