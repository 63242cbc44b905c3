"""Getting words to Slack: in order, each until it is there, at Slack's own pace.

A conversation is sent from its stored messages: the seat remembers how far it has been shown, so nothing is copied, a restart carries on,
and for people whose words are not kept nothing more is stored. Anything else is a row in `slack_out`. Rows are claimed, so that two
replicas never send one twice. Slack does not say whether a call that timed out was carried out: before it is made again, the direct
message is looked through for the mark that the call carried.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import and_, func, or_, select, update
from sqlalchemy.orm import Session, aliased

from facilitator.bootstrap import Bootstrap
from facilitator.errors import StorageUnavailableError
from facilitator.storage import conversations as store
from facilitator.storage.models import ConversationRow, MessageRow, SlackOutRow, SlackSeatRow
from facilitator.vocabulary import Author
from web.slack import blocks as kit
from web.slack.calling import Caller, Refused, SignedOut, TryLater
from web.slack.seats import SlackView, Who
from web.slack.showing import has_controls, shown
from web.slack.words import Words

log = structlog.get_logger("web")
CLAIM = timedelta(seconds=60)
EVERY_S = 1.0
AT_ONCE = 8
LONGEST_WAIT_S = 300
MARK = "coproduction_message"
MAX_PRESSED = 10_000
_RESPOND = "respond"


@dataclass(frozen=True)
class Turn:
    """What is to be shown of one conversation now."""

    conversation_id: str
    who: Who
    channel: str | None
    retire: Mapping[str, Any] | None
    posts: Sequence[Mapping[str, Any]]
    sent: int
    upto: int
    messages: Sequence[str]
    unsure: bool


class Sender:
    def __init__(self, built: Bootstrap, caller: Caller, view: SlackView, words: Words, now: Callable[[], datetime] = store.now) -> None:
        self._built, self._caller, self._view, self._words, self._now = built, caller, view, words, now
        self._pressed: dict[str, str] = {}
        self._channels: dict[str, str] = {}

    def pressed(self, conversation_id: str, title: str) -> None:
        """Remember, in memory only, what was chosen last, to say so in its place."""
        self._pressed[conversation_id] = title
        while len(self._pressed) > MAX_PRESSED:
            self._pressed.pop(next(iter(self._pressed)))

    # ── the loop ──

    async def run(self, every_s: float = EVERY_S) -> None:
        """Send what waits, for as long as the process runs. Everything else only makes it quicker."""
        while True:
            try:
                await self.send_all()
            except Exception as error:
                log.warning("slack_waits", error=type(error).__name__)
            await asyncio.sleep(every_s)

    async def send_all(self) -> None:
        """One round: every conversation and lane with something to send."""
        if self._caller.signed_out:
            return
        conversations, lanes = await asyncio.to_thread(self._waiting)
        work = [self.follow(conversation) for conversation in conversations] + [self.drain(lane) for lane in lanes]
        for start in range(0, len(work), AT_ONCE):
            await asyncio.gather(*work[start : start + AT_ONCE])

    def _waiting(self) -> tuple[list[str], list[str]]:
        seat, now = SlackSeatRow, self._now()
        free = and_(or_(seat.wait_until.is_(None), seat.wait_until <= now), or_(seat.busy_until.is_(None), seat.busy_until < now))
        later = (MessageRow.conversation_id == seat.conversation_id) & (MessageRow.seq > seat.shown_seq)
        unseen = select(MessageRow.seq).where(later, MessageRow.author != Author.PERSON).exists()
        with self._built.database.reading() as session:
            conversations = list(session.scalars(select(seat.conversation_id).where(free, unseen)))
            return conversations, list(session.scalars(select(SlackOutRow.lane).distinct()))

    # ── conversations ──

    async def follow(self, conversation_id: str) -> None:
        """Show this person what is new in their conversation. Does nothing while another does it, or while Slack asked to wait."""
        while (turn := await asyncio.to_thread(self._next, conversation_id)) is not None:
            try:
                await self._show(turn)
            except TryLater as later:
                await asyncio.to_thread(self._put_off, turn, later.after_s)
                return
            except SignedOut:
                await asyncio.to_thread(self._put_off, turn, LONGEST_WAIT_S)
                return
            except Refused as refused:
                log.error("slack_refused", conversation=conversation_id, error=refused.code)
                await asyncio.to_thread(self._shown, turn, None)

    def _next(self, conversation_id: str) -> Turn | None:
        try:
            with self._built.database.unit_of_work() as session:
                return self._claim(session, conversation_id)
        except StorageUnavailableError:
            return None

    def _claim(self, session: Session, conversation_id: str) -> Turn | None:
        seat, now = session.get(SlackSeatRow, conversation_id, with_for_update=True), self._now()
        if seat is None or (seat.wait_until and seat.wait_until > now) or (seat.busy_until and seat.busy_until >= now):
            return None
        # Waits for whoever is still writing in this conversation, so that nothing with a lower number comes after.
        row = session.get(ConversationRow, conversation_id, with_for_update=True)
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
        posts = [{"blocks": part, "text": kit.read_aloud(part) or self._words.text("notice")} for part in kit.messages(made)]
        sent = int(before.get("sent") or 0)
        return Turn(
            seat.conversation_id, Who(seat.team, seat.user), seat.channel,
            self._retired(session, seat, row) if before.get("ts") and not sent else None,
            posts, sent, rows[-1].seq, [message.id for message in rows], unsure,
        )  # fmt: skip

    def _retired(self, session: Session, seat: SlackSeatRow, row: ConversationRow) -> Mapping[str, Any]:
        """The message whose controls have had their day, without them; with what was chosen, where that is known."""
        before = seat.open_at or {}
        rows = list(session.scalars(select(MessageRow).where(MessageRow.id.in_(before["messages"])).order_by(MessageRow.seq)))
        # Of a turn that took several messages, the last holds its question.
        rows = rows[-1:] if before.get("parts", 1) > 1 else rows
        talk = store.load_talk(session, row)
        chosen = self._pressed.pop(seat.conversation_id, None) or self._chosen(session, seat)
        made = shown(self._view.messages(session, talk, rows), talk, None, self._words, live=False, chosen=chosen)
        made = made or kit.context([self._words.text("gone")])
        part = kit.messages(made)[-1]
        text = kit.read_aloud(part) or self._words.text("notice")
        return {"channel": before["channel"], "ts": before["ts"], "blocks": part, "text": text}

    @staticmethod
    def _chosen(session: Session, seat: SlackSeatRow) -> str | None:
        """The title of the choice that was pressed since; nothing for typed words, and nothing where choices are not kept."""
        said = select(MessageRow).where(MessageRow.conversation_id == seat.conversation_id, MessageRow.seq > seat.shown_seq)
        first = session.scalar(said.where(MessageRow.author == Author.PERSON).order_by(MessageRow.seq).limit(1))
        return first.text if first is not None and first.choice_id is not None else None

    async def _show(self, turn: Turn) -> None:
        channel = turn.channel or await self.channel_of(turn.who)
        if turn.retire is not None:
            try:
                await self._caller.call("chat.update", turn.retire)
            except Refused as refused:
                log.info("slack_not_updated", conversation=turn.conversation_id, error=refused.code)
            await asyncio.to_thread(self._retire_done, turn, channel)
        for place, post in enumerate(turn.posts):
            if place < turn.sent:
                continue
            last = place == len(turn.posts) - 1
            ts = await self._post_once(channel, f"{turn.upto}.{place}", turn.conversation_id, post, look=turn.unsure)
            await asyncio.to_thread(self._shown if last else self._part_shown, turn, {"channel": channel, "ts": ts, "sent": place + 1})
        if not turn.posts:
            await asyncio.to_thread(self._shown, turn, None)

    async def _post_once(self, channel: str, mark: str, about: str, post: Mapping[str, Any], *, look: bool) -> str:
        """Post, unless it is there already. Returns Slack's id of the message."""
        key = store.digest(f"{about}:{mark}")
        if look and (found := await self._find(channel, key)):
            return found
        marked = {**post, "channel": channel, "metadata": {"event_type": MARK, "event_payload": {"key": key}},
                  "parse": "none", "link_names": False, "unfurl_links": False, "unfurl_media": False}  # fmt: skip
        try:
            return str((await self._caller.call("chat.postMessage", marked))["ts"])
        except Refused as refused:
            if refused.code != "invalid_blocks":
                raise
            # Words without form are better than none.
            log.error("slack_invalid_blocks")
            return str((await self._caller.call("chat.postMessage", {k: v for k, v in marked.items() if k != "blocks"}))["ts"])

    async def _find(self, channel: str, key: str) -> str | None:
        found = await self._caller.ask("conversations.history", {"channel": channel, "limit": 20, "include_all_metadata": True})
        marks = ((message.get("metadata") or {}, message) for message in found.get("messages", ()))
        return next((str(m["ts"]) for about, m in marks if (about.get("event_payload") or {}).get("key") == key), None)

    async def channel_of(self, who: Who) -> str:
        """The direct message with somebody."""
        if who.lane not in self._channels:
            opened = await self._caller.call("conversations.open", {"users": who.user})
            self._channels[who.lane] = str(opened["channel"]["id"])
        return self._channels[who.lane]

    # ── how far it has been shown ──

    def _seat(self, session: Session, turn: Turn) -> SlackSeatRow | None:
        return session.get(SlackSeatRow, turn.conversation_id, with_for_update=True)

    def _retire_done(self, turn: Turn, channel: str) -> None:
        with self._built.database.unit_of_work() as session:
            if (seat := self._seat(session, turn)) is not None:
                seat.open_at, seat.channel = {"upto": turn.upto}, channel

    def _part_shown(self, turn: Turn, at: Mapping[str, Any]) -> None:
        with self._built.database.unit_of_work() as session:
            if (seat := self._seat(session, turn)) is not None:
                seat.open_at = {**at, "messages": [], "upto": turn.upto}

    def _shown(self, turn: Turn, at: Mapping[str, Any] | None) -> None:
        with self._built.database.unit_of_work() as session:
            if (seat := self._seat(session, turn)) is None:
                return
            live = at is not None and has_controls(turn.posts[-1]["blocks"])
            where = {"messages": list(turn.messages), "parts": len(turn.posts)}
            seat.open_at = {"channel": at["channel"], "ts": at["ts"], **where} if at and live else None
            seat.channel = at["channel"] if at else seat.channel
            seat.shown_seq, seat.tries, seat.busy_until, seat.wait_until = turn.upto, 0, None, None

    def _put_off(self, turn: Turn, after_s: float | None) -> None:
        with self._built.database.unit_of_work() as session:
            if (seat := self._seat(session, turn)) is not None:
                seat.tries += 1
                seat.busy_until, seat.wait_until = None, self._now() + _wait(after_s, seat.tries)

    # ── everything else ──

    def put(
        self,
        session: Session,
        key: str,
        who: Who,
        method: str,
        payload: dict[str, Any],
        *,
        lane: str | None = None,
        conversation_id: str | None = None,
    ) -> None:
        """Have a call made, after those of the same lane (by default the person's own), once while it waits."""
        digest = store.digest(f"{key}:{method}")
        if session.scalar(select(SlackOutRow.seq).where(SlackOutRow.key == digest)) is None:
            about = {"lane": lane or who.lane, "team": who.team, "user": who.user, "conversation_id": conversation_id}
            session.add(SlackOutRow(key=digest, **about, method=method, payload=payload, tries=0, created_at=self._now()))
            session.flush()

    async def drain(self, lane: str) -> None:
        """Make the calls of a lane, in order, until one has to wait."""
        while (claimed := await asyncio.to_thread(self._claim_out, lane)) is not None:
            out, unsure = claimed
            try:
                await self._make(out, unsure)
            except TryLater as later:
                await asyncio.to_thread(self._put_off_out, out.seq, later.after_s)
                return
            except SignedOut:
                await asyncio.to_thread(self._put_off_out, out.seq, LONGEST_WAIT_S)
                return
            except Refused as refused:
                log.error("slack_refused", method=out.method, error=refused.code)
            await asyncio.to_thread(self._made, out.seq)

    def _claim_out(self, lane: str) -> tuple[SlackOutRow, bool] | None:
        now, other = self._now(), aliased(SlackOutRow)
        first = select(func.min(other.seq)).where(other.lane == lane).scalar_subquery()
        with self._built.database.unit_of_work() as session:
            out = session.scalar(select(SlackOutRow).where(SlackOutRow.seq == first))
            if out is None:
                return None
            free = or_(SlackOutRow.busy_until.is_(None), SlackOutRow.busy_until < now)
            due = or_(SlackOutRow.wait_until.is_(None), SlackOutRow.wait_until <= now)
            unsure = bool(out.tries or out.busy_until)
            taken = session.execute(update(SlackOutRow).where(SlackOutRow.seq == out.seq, free, due).values(busy_until=now + CLAIM))
            return (out, unsure) if taken.rowcount else None  # type: ignore[attr-defined]

    async def _make(self, out: SlackOutRow, unsure: bool) -> None:
        payload, who = dict(out.payload), Who(out.team, out.user)
        if out.method == _RESPOND:
            return await self._caller.respond(payload.pop("response_url"), payload)
        if out.method == "qr":
            return await self._caller.upload(**payload)
        if out.method != "chat.postMessage":
            await self._caller.call(out.method, payload)
            return None
        channel = payload.pop("channel", None) or await self.channel_of(who)
        await self._post_once(channel, out.key, "out", payload, look=unsure and channel.startswith("D"))
        return None

    def _made(self, seq: int) -> None:
        with self._built.database.unit_of_work() as session:
            if (out := session.get(SlackOutRow, seq)) is not None:
                session.delete(out)

    def _put_off_out(self, seq: int, after_s: float | None) -> None:
        with self._built.database.unit_of_work() as session:
            if (out := session.get(SlackOutRow, seq)) is not None:
                out.tries += 1
                out.busy_until, out.wait_until = None, self._now() + _wait(after_s, out.tries)


def _wait(after_s: float | None, tries: int) -> timedelta:
    """What Slack asked for; else twice as long each time."""
    return timedelta(seconds=after_s if after_s is not None else min(2 ** (tries - 1), LONGEST_WAIT_S))
