"""What everything that answers Slack works with."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from facilitator.bootstrap import Bootstrap
from facilitator.parity.words import ParityWords
from facilitator.reminders import store as reminders
from facilitator.reminders.hours import HOME, zone
from facilitator.safety.kinds import SafetyKind, Screened
from facilitator.storage import conversations as store
from web.chat.problems import Problem
from web.chat.schemas import MAX_TEXT, SendMessage
from web.parts import Parts
from web.slack import blocks as kit
from web.slack.blocks import Block
from web.slack.calling import Caller, Refused, SignedOut, TryLater
from web.slack.receiving import Later
from web.slack.seats import SlackDesk, Who
from web.slack.sending import Sender
from web.slack.words import Words


@dataclass(frozen=True)
class Slack:
    """The parts, once. `parts` has this channel's desk and helper; `now` is the time, which tests set."""

    parts: Parts
    desk: SlackDesk
    caller: Caller
    sender: Sender
    words: Words
    reasons: ParityWords
    now: Callable[[], datetime] = store.now

    @property
    def built(self) -> Bootstrap:
        return self.parts.built

    def today(self, time_zone: str | None = None) -> date:
        return self.now().astimezone(zone(time_zone)).date()

    def warm(self) -> None:
        """Load what answers questions, so that the first one does not wait for it."""
        self.built.library.knowledge.search(self.words.text("help"))

    # ── what is typed meets the door first, wherever it was typed ──

    async def screened(
        self,
        who: Who,
        key: str,
        text: str,
        conversation_id: str | None = None,
        who_is_asked: Callable[[], Awaitable[bool]] | None = None,
    ) -> str | None:
        """The text with names taken out; None when somebody may be in danger or distress, who is helped at once and in private.

        `who_is_asked`: see `Door.look`; for what answers the question in hand.

        Raises:
            NotScreened: nobody knows whether this needs help.
        """
        found, admitting = await self.parts.door.meet(text[:MAX_TEXT], who_is_asked)
        redacted = await admitting
        if found.kind is SafetyKind.SAFE:
            return redacted
        await self._help(who, key, found, redacted, conversation_id)
        return None

    async def _help(self, who: Who, key: str, screened: Screened, redacted: str, conversation_id: str | None) -> None:
        found = conversation_id or await self.desk.where(who)
        asked = SendMessage(client_message_id=key, text=redacted)
        reply = await self.parts.helper.help(found, self.desk.token(found), asked, screened, redacted)
        if not await asyncio.to_thread(self.desk.is_stored, reply):
            await self.tell_directly(who, "\n\n".join(message.text for message in reply.messages))

    async def help_without_storage(self, who: Who, key: str, text: str) -> None:
        """The support message when nothing can be stored: said straight away, the flag kept in a file."""
        found = await self.parts.door.look(text[:MAX_TEXT])
        if found.kind is not SafetyKind.SAFE:
            asked = SendMessage(client_message_id=key, text="-")
            reply = await self.parts.helper.help(None, "", asked, found, "-")
            await self.tell_directly(who, "\n\n".join(message.text for message in reply.messages))

    async def tell_directly(self, who: Who, text: str) -> None:
        """Say something in the direct message without storing it first; tried a few times."""
        blocks = kit.sections(text)
        for wait_s in (1.0, 2.0, 4.0, 0.0):
            try:
                # Slack opens the direct message with whom a message is for.
                await self.caller.call("chat.postMessage", {"channel": who.user, "text": kit.read_aloud(blocks), "blocks": blocks})
                return
            except TryLater as later:
                await asyncio.sleep(later.after_s or wait_s)
            except (Refused, SignedOut):
                return

    # ── saying things that are not part of a conversation ──

    def put(self, session: Session, key: str, who: Who, blocks: list[Block], *, conversation_id: str | None = None, **to: Any) -> None:
        """Say something in the direct message; with `channel` and perhaps `thread_ts`, there. With a conversation, it goes with it."""
        for place, part in enumerate(kit.messages(blocks)):
            payload = {"blocks": part, "text": kit.read_aloud(part) or self.words.text("notice"), **to}
            about = {"lane": str(to.get("channel", "")), "conversation_id": conversation_id}
            self.sender.put(session, f"{key}:{place}", who, "chat.postMessage", payload, **about)

    async def say(self, key: str, who: Who, blocks: list[Block], **to: Any) -> None:
        def work() -> None:
            with self.built.database.unit_of_work() as session:
                self.put(session, key, who, blocks, **to)

        await asyncio.to_thread(work)
        await self.sender.drain(to.get("channel") or who.lane)

    async def respond(
        self, key: str, who: Who, url: str, blocks: list[Block], *, to_all: bool = False, conversation_id: str | None = None
    ) -> None:
        """Answer a command where it was given: for the person only, or for everybody there."""

        def work() -> None:
            with self.built.database.unit_of_work() as session:
                for place, part in enumerate(kit.messages(blocks)):
                    text = kit.read_aloud(part) or self.words.text("notice")
                    payload = {"response_url": url, "response_type": "in_channel" if to_all else "ephemeral", "blocks": part, "text": text}
                    self.sender.put(session, f"{key}:{place}", who, "respond", payload, conversation_id=conversation_id)

        await asyncio.to_thread(work)
        await self.sender.drain(who.lane)

    async def open_modal(self, trigger_id: str, view: Block) -> None:
        """Open a box to write in. It has to be at once: three seconds on, Slack opens none."""
        try:
            await self.caller.call("views.open", {"trigger_id": trigger_id, "view": view})
        except TryLater:
            await self.caller.call("views.open", {"trigger_id": trigger_id, "view": view})

    def problem(self, kind: str, **values: object) -> list[Block]:
        """A problem in plain words; where nothing can be saved or screened, with the support numbers."""
        text = self.words.tables["texts"].get(f"problem_{kind}") or self.built.wording.problem(kind, **values)
        made = kit.sections(text.format(**values) if f"problem_{kind}" in self.words.tables["texts"] else text)
        return made + kit.sections(self.numbers()) if kind == "unavailable" else made

    def numbers(self) -> str:
        """The support numbers, one a line."""
        return "\n".join(f"{line['name']}: {line['contact']}" for line in self.parts.support_lines())

    def told(self, key: str, who: Who, problem: Problem) -> Later:
        return lambda: self.say(key, who, self.problem(problem.kind, **problem.values))

    def after(self, *conversation_ids: str) -> Later:
        """Show what was said there."""

        async def follow() -> None:
            for conversation_id in conversation_ids:
                await self.sender.follow(conversation_id)

        return follow

    # ── people ──

    async def time_zone(self, who: Who) -> str:
        """The person's time zone as Slack has it; London's while Slack does not say."""
        try:
            found = await self.caller.ask("users.info", {"user": who.user})
        except (TryLater, Refused, SignedOut):
            return HOME
        return str((found.get("user") or {}).get("tz") or HOME)

    async def join(self, who: Who, activity_id: str) -> None:
        """Have them reminded of this activity."""
        time_zone = await self.time_zone(who)

        def work() -> None:
            with self.built.database.unit_of_work() as session:
                reminders.join(session, who.team, who.user, activity_id, time_zone, self.now())

        await asyncio.to_thread(work)
