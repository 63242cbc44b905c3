"""Calls to Slack that are still to be made, beside those that show a conversation: rows, in order by lane, deleted when done.

Rows are claimed, so that two replicas never make a call twice.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import CursorResult, func, or_, select, update
from sqlalchemy.orm import Session, aliased

from facilitator.storage import conversations as store
from facilitator.storage.database import Database
from facilitator.storage.models import SlackOutRow
from web.slack.seats import Who

CLAIM = timedelta(seconds=60)
LONGEST_WAIT_S = 300


class Outbox:
    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
        self._database, self._now = database, now

    def put(
        self,
        session: Session,
        key: str,
        who: Who,
        method: str,
        payload: dict[str, Any],
        *,
        lane: str = "",
        conversation_id: str | None = None,
    ) -> None:
        """Have a call made, after those of the same lane (by default the person's own), once while it waits."""
        digest = store.digest(f"{key}:{method}")
        if session.scalar(select(SlackOutRow.seq).where(SlackOutRow.key == digest)) is None:
            about = {"lane": lane or who.lane, "team": who.team, "user": who.user, "conversation_id": conversation_id}
            session.add(SlackOutRow(key=digest, **about, method=method, payload=payload, tries=0, created_at=self._now()))
            session.flush()

    def lanes(self) -> list[str]:
        """The lanes in which something waits."""
        with self._database.reading() as session:
            return list(session.scalars(select(SlackOutRow.lane).distinct()))

    def claim(self, lane: str) -> tuple[SlackOutRow, bool] | None:
        """The first call of a lane, to be made now, and whether it may have been made already. None: nothing, or not yet."""
        now, other = self._now(), aliased(SlackOutRow)
        first = select(func.min(other.seq)).where(other.lane == lane).scalar_subquery()
        with self._database.unit_of_work() as session:
            out = session.scalar(select(SlackOutRow).where(SlackOutRow.seq == first))
            if out is None:
                return None
            free = or_(SlackOutRow.busy_until.is_(None), SlackOutRow.busy_until < now)
            due = or_(SlackOutRow.wait_until.is_(None), SlackOutRow.wait_until <= now)
            unsure = bool(out.tries or out.busy_until)
            claiming = update(SlackOutRow).where(SlackOutRow.seq == out.seq, free, due).values(busy_until=now + CLAIM)
            taken = cast(CursorResult[Any], session.execute(claiming))
            return (out, unsure) if taken.rowcount else None

    def done(self, seq: int) -> None:
        with self._database.unit_of_work() as session:
            if (out := session.get(SlackOutRow, seq)) is not None:
                session.delete(out)

    def put_off(self, seq: int, after_s: float | None) -> None:
        with self._database.unit_of_work() as session:
            if (out := session.get(SlackOutRow, seq)) is not None:
                out.tries += 1
                out.busy_until, out.wait_until = None, self._now() + waiting(after_s, out.tries)


def waiting(after_s: float | None, tries: int) -> timedelta:
    """What Slack asked for; else twice as long each time."""
    return timedelta(seconds=after_s if after_s is not None else min(2 ** (tries - 1), LONGEST_WAIT_S))
