"""Getting words to Slack: in order, each until it is there, at Slack's own pace.

`turns` knows what of a conversation is still to be shown, `outbox` keeps every other call that is still to be made, `posting` posts once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy.orm import Session

from facilitator.bootstrap import Bootstrap
from facilitator.logs import error_and_place
from facilitator.storage import conversations as store
from facilitator.storage.models import SlackOutRow
from web.slack.calling import Caller, Refused, SignedOut, TryLater
from web.slack.outbox import LONGEST_WAIT_S, Outbox
from web.slack.posting import Poster
from web.slack.seats import SlackView, Who
from web.slack.turns import Turn, Turns
from web.slack.words import Words

log = structlog.get_logger("web")
EVERY_S = 1.0
AT_ONCE = 8
TOGETHER = timedelta(seconds=10)
RESPOND, PICTURE = "respond", "qr"


class Sender:
    def __init__(self, built: Bootstrap, caller: Caller, view: SlackView, words: Words, now: Callable[[], datetime] = store.now) -> None:
        self._caller, self._now = caller, now
        self._turns = Turns(built.database, view, words, lambda: self._now())
        self._outbox = Outbox(built.database, lambda: self._now())
        self._poster = Poster(caller)

    async def send_all(self) -> None:
        """One round: every conversation and lane with something to send. Everything else only makes it quicker."""
        if self._caller.signed_out:
            return
        conversations, lanes = await asyncio.to_thread(self._turns.unseen), await asyncio.to_thread(self._outbox.lanes)
        work = [self.follow(conversation) for conversation in conversations] + [self.drain(lane) for lane in lanes]
        for start in range(0, len(work), AT_ONCE):
            for fault in await asyncio.gather(*work[start : start + AT_ONCE], return_exceptions=True):
                if isinstance(fault, Exception):  # of one person: the others are not left waiting for it
                    log.error("slack_not_sent", **error_and_place(fault))

    # ── conversations ──

    def pressed(self, message_id: str, title: str) -> None:
        """Remember, in memory only, what was chosen with a message, to say so in the question's place."""
        self._turns.pressed(message_id, title)

    async def follow(self, conversation_id: str) -> None:
        """Show this person what is new in their conversation. Does nothing while another does it, or while Slack asked to wait."""
        while (turn := await asyncio.to_thread(self._turns.next, conversation_id)) is not None:
            try:
                await self._show(turn)
            except TryLater as later:
                await asyncio.to_thread(self._turns.put_off, turn, later.after_s)
                return
            except SignedOut:
                await asyncio.to_thread(self._turns.put_off, turn, LONGEST_WAIT_S)
                return
            except Refused as refused:
                log.error("slack_refused", conversation=conversation_id, error=refused.code)
                await asyncio.to_thread(self._turns.shown, turn, None)

    async def hold_back(self, conversation_id: str) -> Callable[[], Any]:
        """Show nothing of a conversation until what this returns has been called, and awaited: several turns then read as one."""
        held = await asyncio.to_thread(self._turns.hold_back, conversation_id, TOGETHER)
        return lambda: asyncio.to_thread(self._turns.let_on, conversation_id, held)

    async def _show(self, turn: Turn) -> None:
        channel = turn.channel or await self._poster.channel_of(turn.who)
        if turn.retire is not None:
            try:
                await self._caller.call("chat.update", turn.retire)
            except Refused as refused:
                log.info("slack_not_updated", conversation=turn.conversation_id, error=refused.code)
            await asyncio.to_thread(self._turns.retired, turn, channel)
        for place in range(turn.sent, len(turn.posts)):
            mark = f"{turn.conversation_id}:{turn.upto}.{place}"
            ts = await self._poster.post_once(channel, mark, turn.posts[place], look=turn.unsure)
            there = self._turns.shown if place == len(turn.posts) - 1 else self._turns.part_shown
            await asyncio.to_thread(there, turn, {"channel": channel, "ts": ts, "sent": place + 1})
        if not turn.posts:
            await asyncio.to_thread(self._turns.shown, turn, None)

    # ── everything else ──

    def put(self, session: Session, key: str, who: Who, method: str, payload: dict[str, Any], **about: Any) -> None:
        """Have a call made, as `Outbox.put`."""
        self._outbox.put(session, key, who, method, payload, **about)

    async def drain(self, lane: str) -> None:
        """Make the calls of a lane, in order, until one has to wait."""
        while (claimed := await asyncio.to_thread(self._outbox.claim, lane)) is not None:
            out, unsure = claimed
            try:
                await self._make(out, unsure)
            except TryLater as later:
                await asyncio.to_thread(self._outbox.put_off, out.seq, later.after_s)
                return
            except SignedOut:
                await asyncio.to_thread(self._outbox.put_off, out.seq, LONGEST_WAIT_S)
                return
            except Refused as refused:
                log.error("slack_refused", method=out.method, error=refused.code)
            await asyncio.to_thread(self._outbox.done, out.seq)

    async def _make(self, out: SlackOutRow, unsure: bool) -> None:
        payload = dict(out.payload)
        if out.method == RESPOND:
            await self._caller.respond(payload.pop("response_url"), payload)
        elif out.method == PICTURE:
            await self._picture(payload.pop("otherwise"), payload)
        elif out.method == "chat.postMessage":
            channel = payload.pop("channel", None) or await self._poster.channel_of(Who(out.team, out.user))
            await self._poster.post_once(channel, f"out:{out.key}", payload, look=unsure and channel.startswith("D"))
        else:
            await self._caller.call(out.method, payload)

    async def _picture(self, otherwise: dict[str, Any], picture: dict[str, Any]) -> None:
        """Put a picture in a channel; where we may not, say so to the person who asked."""
        try:
            await self._caller.upload(**picture)
        except Refused as refused:
            log.info("slack_no_picture", error=refused.code)
            await self._caller.respond(otherwise.pop("response_url"), otherwise)
