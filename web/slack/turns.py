"""What of a conversation is still to be shown in Slack, made from its stored messages; and how far it has been shown.

The seat remembers how far. So nothing is copied, a restart carries on, and for people whose words are not kept nothing more is stored.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from facilitator.errors import StorageUnavailableError
from facilitator.storage import conversations as store
from facilitator.storage.database import Database
from facilitator.storage.models import ConversationRow, MessageRow, SlackSeatRow
from facilitator.vocabulary import Author
from web.slack import blocks as kit
from web.slack.outbox import CLAIM, waiting
from web.slack.seats import SlackView, Who
from web.slack.showing import has_controls, shown
from web.slack.words import Words

MAX_PRESSED = 10_000


@dataclass(frozen=True)
class Turn:
    """What is to be shown of one conversation now. `unsure`: some of it may be there already."""

    conversation_id: str
    who: Who
    channel: str | None
    retire: Mapping[str, Any] | None
    posts: Sequence[Mapping[str, Any]]
    sent: int
    upto: int
    messages: Sequence[str]
    unsure: bool


class Turns:
    def __init__(self, database: Database, view: SlackView, words: Words, now: Callable[[], datetime]) -> None:
        self._database, self._view, self._words, self._now = database, view, words, now
        self._pressed: dict[str, str] = {}

    def pressed(self, message_id: str, title: str) -> None:
        """Remember, in memory only, what was chosen with a message, to say so in the question's place."""
        self._pressed[message_id] = title
        while len(self._pressed) > MAX_PRESSED:
            self._pressed.pop(next(iter(self._pressed)))

    def unseen(self) -> list[str]:
        """The conversations of which something can be shown now."""
        seat, now = SlackSeatRow, self._now()
        free = and_(or_(seat.wait_until.is_(None), seat.wait_until <= now), or_(seat.busy_until.is_(None), seat.busy_until < now))
        later = (MessageRow.conversation_id == seat.conversation_id) & (MessageRow.seq > seat.shown_seq)
        unseen = select(MessageRow.seq).where(later, MessageRow.author != Author.PERSON).exists()
        with self._database.reading() as session:
            return list(session.scalars(select(seat.conversation_id).where(free, unseen)))

    # ── what comes next ──

    def next(self, conversation_id: str) -> Turn | None:
        """What is new, claimed; None where there is nothing, another shows it, or Slack asked to wait."""
        try:
            with self._database.unit_of_work() as session:
                return self._claim(session, conversation_id)
        except StorageUnavailableError:
            return None

    def _claim(self, session: Session, conversation_id: str) -> Turn | None:
        seat, now = session.get(SlackSeatRow, conversation_id, with_for_update=True), self._now()
        if seat is None or (seat.wait_until and seat.wait_until > now) or (seat.busy_until and seat.busy_until >= now):
            return None
        # Waits for whoever is still writing in this conversation, so that nothing with a lower number comes after.
        row = store.find(session, conversation_id, for_change=True)
        rows = self._rows(session, seat)
        if row is None or not rows:
            return None
        unsure, seat.busy_until = bool(seat.tries or seat.busy_until), now + CLAIM
        turn = self._turn(session, seat, row, rows, unsure)
        # If this goes wrong it is this that is tried again, whatever has been said since: else it could not be found in Slack.
        seat.open_at = {**(seat.open_at or {}), "upto": turn.upto}
        return turn

    @staticmethod
    def _rows(session: Session, seat: SlackSeatRow) -> list[MessageRow]:
        """What is new; where it was tried before, the same again and no more."""
        new = select(MessageRow).where(MessageRow.conversation_id == seat.conversation_id, MessageRow.seq > seat.shown_seq)
        upto = (seat.open_at or {}).get("upto")
        query = new.where(MessageRow.seq <= upto) if upto else new
        return list(session.scalars(query.where(MessageRow.author != Author.PERSON).order_by(MessageRow.seq)))

    def _turn(self, session: Session, seat: SlackSeatRow, row: ConversationRow, rows: list[MessageRow], unsure: bool) -> Turn:
        talk, before = store.load_talk(session, row), seat.open_at or {}
        made = shown(self._view.messages(session, talk, rows), talk, self._view.progress(talk), self._words)
        posts = [self._post(part) for part in kit.messages(made)]
        sent = int(before.get("sent") or 0)
        return Turn(
            seat.conversation_id, Who(seat.team, seat.user), seat.channel,
            self._retired(session, seat, row) if before.get("ts") and not sent else None,
            posts, sent, rows[-1].seq, [message.id for message in rows], unsure,
        )  # fmt: skip

    def _post(self, blocks: list[kit.Block]) -> dict[str, Any]:
        return {"blocks": blocks, "text": kit.read_aloud(blocks) or self._words.text("notice")}

    def _retired(self, session: Session, seat: SlackSeatRow, row: ConversationRow) -> Mapping[str, Any]:
        """The message whose controls have had their day, without them; with what was chosen, where that is known."""
        before = seat.open_at or {}
        rows = list(session.scalars(select(MessageRow).where(MessageRow.id.in_(before["messages"])).order_by(MessageRow.seq)))
        # Of a turn that took several messages, the last holds its question.
        rows = rows[-1:] if before.get("parts", 1) > 1 else rows
        talk = store.load_talk(session, row)
        chosen = self._chosen(session, seat)
        made = shown(self._view.messages(session, talk, rows), talk, None, self._words, live=False, chosen=chosen)
        made = made or kit.context([self._words.text("gone")])
        return {"channel": before["channel"], "ts": before["ts"], **self._post(kit.messages(made)[-1])}

    def _chosen(self, session: Session, seat: SlackSeatRow) -> str | None:
        """The title of the choice that answered it: of two that were pressed, the first. Nothing for typed words, and nothing where choices
        are not kept and it was another process that took it."""
        said = select(MessageRow).where(MessageRow.conversation_id == seat.conversation_id, MessageRow.seq > seat.shown_seq)
        first = session.scalar(said.where(MessageRow.author == Author.PERSON).order_by(MessageRow.seq).limit(1))
        if first is None:
            return None
        return self._pressed.pop(first.id, None) or (first.text if first.choice_id is not None else None)

    # ── how far it has been shown ──

    def _seat(self, session: Session, conversation_id: str) -> SlackSeatRow | None:
        return session.get(SlackSeatRow, conversation_id, with_for_update=True)

    def retired(self, turn: Turn, channel: str) -> None:
        with self._database.unit_of_work() as session:
            if (seat := self._seat(session, turn.conversation_id)) is not None:
                seat.open_at, seat.channel = {"upto": turn.upto}, channel

    def part_shown(self, turn: Turn, at: Mapping[str, Any]) -> None:
        with self._database.unit_of_work() as session:
            if (seat := self._seat(session, turn.conversation_id)) is not None:
                seat.open_at = {**at, "messages": [], "upto": turn.upto}

    def shown(self, turn: Turn, at: Mapping[str, Any] | None) -> None:
        """All of it is there: its last message is at `at`, if there is one."""
        with self._database.unit_of_work() as session:
            if (seat := self._seat(session, turn.conversation_id)) is None:
                return
            live = at is not None and has_controls(turn.posts[-1]["blocks"])
            where = {"messages": list(turn.messages), "parts": len(turn.posts)}
            seat.open_at = {"channel": at["channel"], "ts": at["ts"], **where} if at and live else None
            seat.channel = at["channel"] if at else seat.channel
            seat.shown_seq, seat.tries, seat.busy_until, seat.wait_until = turn.upto, 0, None, None

    def put_off(self, turn: Turn, after_s: float | None) -> None:
        with self._database.unit_of_work() as session:
            if (seat := self._seat(session, turn.conversation_id)) is not None:
                seat.tries += 1
                seat.busy_until, seat.wait_until = None, self._now() + waiting(after_s, seat.tries)

    def hold_back(self, conversation_id: str, for_: timedelta) -> datetime | None:
        """Show nothing of it for a while, or until `let_on` with what this returns; None where Slack has us wait already."""
        with self._database.unit_of_work() as session:
            seat, now = self._seat(session, conversation_id), self._now()
            if seat is None or (seat.wait_until and seat.wait_until > now):
                return None
            seat.wait_until = now + for_
            return seat.wait_until

    def let_on(self, conversation_id: str, held: datetime | None) -> None:
        with self._database.unit_of_work() as session:
            seat = self._seat(session, conversation_id)
            if seat is not None and held is not None and seat.wait_until == held:
                seat.wait_until = None
