"""Answering messages: one at a time for each conversation, in order, each until it is answered.

A claim on the conversation's row keeps two processes from answering at once. No transaction is open while Rasa works. A message that
Rasa could not answer stays pending; `sweep` tries it again.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from weakref import WeakValueDictionary

import structlog
from sqlalchemy.orm import Session

from facilitator.bootstrap import Bootstrap
from facilitator.conversation.commands import is_of_no_question
from facilitator.conversation.turn import Say
from facilitator.errors import StorageUnavailableError
from facilitator.language import is_english
from facilitator.storage import conversations as store
from facilitator.storage import inbox
from facilitator.storage.models import ChoiceRow, ConversationRow, MessageRow
from facilitator.vocabulary import Kind
from web.chat.actions_link import actions_ready
from web.chat.held_words import HeldWords, Words
from web.chat.rasa_link import RasaLink, RasaUnavailable, Understood

log = structlog.get_logger("web")
SWEEP_EVERY_S = 1.0
RENEW_EVERY_S = 1.0
SWEEP_AGE = timedelta(seconds=2)
# After this the words of an unkept message are taken to be lost with the process that held them.
LOST_AGE = timedelta(seconds=60)
# Not so soon after Rasa has been away, however: the process that holds them goes first.
FIRST_GO = timedelta(seconds=20)
# A message that fails this often, for this long, with everything up, is itself the fault: the person is told, and the next goes on.
MAX_TRIES = 5
GIVE_UP_AFTER_S = 60.0
NOTHING: Mapping[str, Words] = {}


@dataclass(frozen=True)
class Said:
    """A message on its way to Rasa: `{"text": …}` or `{"intent": …}`."""

    message_id: str
    body: Mapping[str, Any]
    metadata: Mapping[str, Any]


# What a stored answer looks like to whoever asked, made in the transaction that stores it. It is given the replies that this stored, which
# then need not be read back; None where they were there before.
type Show[T] = Callable[[Session, ConversationRow, MessageRow, Sequence[MessageRow] | None], T]


class Delivery:
    def __init__(self, bootstrap: Bootstrap, link: RasaLink) -> None:
        self._built, self._link = bootstrap, link
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._held = HeldWords()
        self._tries: dict[str, tuple[int, float]] = {}
        self.rasa_was_ready = False
        self._rasa_away_at: datetime | None = None

    def hold(self, message_id: str, words: Words) -> None:
        """Keep, in memory only, what someone whose words are not stored has just said."""
        self._held.hold(message_id, words)

    def turn_of(self, conversation_id: str) -> asyncio.Lock:
        """Held while this process answers in a conversation: turns of one wait for one another, those of others do not."""
        return self._locks.setdefault(conversation_id, asyncio.Lock())

    async def deliver(self, conversation_id: str) -> bool:
        """Answer what is pending in this conversation. False when something still waits."""
        async with self.turn_of(conversation_id):
            said = await asyncio.to_thread(self._claim_next, conversation_id)
            return (await self.answer(conversation_id, said))[0]

    async def answer[T](self, conversation_id: str, said: Said | None, show: Show[T] | None = None) -> tuple[bool, T | None]:
        """Answer `said` and what comes after it: whether all is answered, and what `show` makes of the first answer as it is stored.

        Nothing is shown when more had to be answered: by then it would be out of date. Whoever calls it holds `turn_of` the conversation,
        and has claimed it.
        """
        shown: T | None = None
        while said is not None:
            try:
                async with self._holding(conversation_id):
                    understood = await self._link.turn(conversation_id, said.message_id, said.body, said.metadata)
            except RasaUnavailable as error:
                log.warning("turn_waits", conversation=conversation_id, message=said.message_id, error=str(error))
                # a turn that fails while the actions are away says nothing of the message
                failed = "status" in str(error) and await actions_ready(self._built.settings)
                await asyncio.to_thread(self._put_off, conversation_id, said.message_id, failed=failed)
                return False, None
            self.rasa_was_ready = True
            said, shown = await asyncio.to_thread(self._finish, conversation_id, said.message_id, understood, show)
            shown, show = (shown if said is None else None), None
        return True, shown

    @asynccontextmanager
    async def _holding(self, conversation_id: str) -> AsyncIterator[None]:
        """Renew the claim for as long as Rasa works."""

        def renew() -> None:
            with self._built.database.unit_of_work() as session:
                inbox.renew(session, conversation_id)

        async def go_on() -> None:
            while True:
                await asyncio.sleep(RENEW_EVERY_S)
                try:
                    await asyncio.to_thread(renew)
                except StorageUnavailableError:
                    log.warning("claim_not_renewed", conversation=conversation_id)

        renewing = asyncio.create_task(go_on())
        try:
            yield
        finally:
            renewing.cancel()

    async def sweep(self) -> None:
        """Try waiting messages again, for as long as the process runs."""
        while True:
            await asyncio.sleep(SWEEP_EVERY_S)
            try:
                await self._sweep_once()
            except Exception as error:
                # Whatever it was, the next round tries again: a sweep that has ended would leave people waiting for ever.
                log.warning("sweep_failed", error=type(error).__name__)

    async def _sweep_once(self) -> None:
        await asyncio.to_thread(self._let_go)
        waiting = await asyncio.to_thread(self._waiting)
        if not waiting:
            return
        if not await self._link.ready():
            self._rasa_away_at = store.now()
            return
        await asyncio.gather(*(self.deliver(conversation_id) for conversation_id in waiting[:8]))

    def _let_go(self) -> None:
        """Drop words that nobody will ask for here: their message was answered or closed by another process, or has been erased."""
        held = self._held.held_for(SWEEP_AGE.total_seconds())
        if held:
            with self._built.database.reading() as session:
                waiting = inbox.pending_among(session, held)
            for message_id in set(held) - waiting:
                self._forget(message_id)

    def _waiting(self) -> list[str]:
        with self._built.database.reading() as session:
            return list(inbox.conversations_waiting(session, older_than=store.now() - SWEEP_AGE))

    def _claim_next(self, conversation_id: str) -> Said | None:
        with self._built.database.unit_of_work() as session:
            return self.claim_next(session, conversation_id)

    def claim_next(self, session: Any, conversation_id: str, unstored: Mapping[str, Words] = NOTHING) -> Said | None:
        """Take the conversation and its oldest message to be answered; None when another process has it, or nothing waits.

        `unstored`: messages of this very transaction whose words are not stored.
        """
        if not inbox.claim(session, conversation_id):
            return None
        said = self._next(session, conversation_id, unstored)
        if said is None:
            inbox.release(session, conversation_id)
        return said

    def _next(self, session: Any, conversation_id: str, unstored: Mapping[str, Words] = NOTHING) -> Said | None:
        """The oldest pending message that can be sent. One whose words are gone, or whose question has been left, is closed with a word."""
        while (message := inbox.oldest_pending(session, conversation_id)) is not None:
            row = session.get(ConversationRow, conversation_id)
            words = self._held.get(message.id) or unstored.get(message.id) or self._stored_words(session, message)
            if words is None:
                if not self._are_lost(message):
                    return None
                self._close(session, row, message, inbox.LOST, "utter_message_lost")
            elif (meant := self._as_meant_now(session, row, message, words)) is None:
                self._close(session, row, message, inbox.ANSWERED, "utter_choice_closed")
                self._forget(message.id)
            else:
                return Said(message.id, meant.body, _about(session, row, message, meant.body))
        return None

    def _are_lost(self, message: MessageRow) -> bool:
        """Whether words that are neither stored nor held here are held nowhere."""
        away, moment = self._rasa_away_at, store.now()
        return message.created_at <= moment - LOST_AGE and (away is None or away <= moment - FIRST_GO)

    @staticmethod
    def _stored_words(session: Any, message: MessageRow) -> Words | None:
        if message.choice_id:
            choice = session.get(ChoiceRow, message.choice_id)
            # typed letter for letter, a choice cannot be told from one that was pressed
            typed = message.text if choice and message.text != choice.title else None
            return words_of(choice, typed) if choice else None
        return Words({"text": message.text}) if message.text is not None else None

    @staticmethod
    def _as_meant_now(session: Any, row: ConversationRow, message: MessageRow, words: Words) -> Words | None:
        """What was said, as it is to be read now. None where it answers a question that was left while it waited: nobody has seen the
        one that it would answer now.

        A message that has been acted on, whose reply was lost on the way, has itself moved the question on: it only wants its reply.
        """
        if words.answers is None or words.answers == store.load_position(row).question_no or inbox.is_acted_on(session, message.id):
            return words
        return words.else_says

    def _put_off(self, conversation_id: str, message_id: str, *, failed: bool) -> None:
        """Leave a message for later; give up on one that Rasa has failed at again and again, saying so."""
        tries, since = self._tries.get(message_id, (0, time.monotonic()))
        self._tries[message_id] = (tries + failed, since)
        given_up = tries + failed >= MAX_TRIES and time.monotonic() - since >= GIVE_UP_AFTER_S
        with self._built.database.unit_of_work() as session:
            if given_up:
                log.error("turn_given_up", conversation=conversation_id, message=message_id)
                row, message = session.get(ConversationRow, conversation_id), inbox.message(session, message_id)
                self._close(session, row, message, inbox.ANSWERED, "utter_gave_up")
                self._forget(message_id)
            inbox.release(session, conversation_id)

    def _close(self, session: Any, row: Any, message: Any, status: str, response: str) -> None:
        message.status = status
        say = Say(response, Kind.TEXT)
        talk = store.load_talk(session, row)
        rendered = self._built.wording.render(say, talk, self._built.library)
        inbox.add_replies(session, row, [rendered], [say], reply_to=message.id, question_no=talk.position.question_no)

    def _finish[T](
        self, conversation_id: str, message_id: str, understood: Understood, show: Show[T] | None
    ) -> tuple[Said | None, T | None]:
        """Store the replies, take the next message, and show the answer, in the same transaction."""
        with self._built.database.unit_of_work() as session:
            # held, so that of two who answered the same message the second finds it answered
            row = store.find(session, conversation_id, for_change=True)
            # it is nearly always the only one that waits: then nobody need look for the next
            waiting = inbox.pending(session, conversation_id, 2) if row is not None else []
            message = next((each for each in waiting if each.id == message_id), None) or inbox.message(session, message_id)
            stored: Sequence[MessageRow] | None = None
            if row is not None and message is not None and message.status == inbox.PENDING:
                stored = self._store(session, row, message, understood)
            self._forget(message_id)
            said = self._next(session, conversation_id) if any(each.id != message_id for each in waiting) else None
            if said is None:
                inbox.release(session, conversation_id)
            return said, show(session, row, message, stored) if show and row is not None and message is not None else None

    def _store(self, session: Any, row: ConversationRow, message: MessageRow, understood: Understood) -> Sequence[MessageRow]:
        message.status = inbox.ANSWERED
        if row.kept:
            message.intent, message.confidence = understood.intent, understood.confidence
        says = inbox.outcome_says(session, message.id)
        number = store.load_position(row).question_no
        return inbox.add_replies(session, row, understood.replies, says, reply_to=message.id, question_no=number)

    def _forget(self, message_id: str) -> None:
        self._held.drop(message_id)
        self._tries.pop(message_id, None)


def words_of(choice: ChoiceRow, typed: str | None = None) -> Words:
    """What a choice stands for. `typed`: the words that were typed instead of pressing it; "skip" means the same at any question."""
    else_says = Words({"text": typed}) if typed is not None and is_of_no_question(choice.intent, choice.entities) else None
    return Words({"intent": {"name": choice.intent, "entities": dict(choice.entities)}}, choice.question_no, else_says)


def _about(session: Any, row: ConversationRow, message: MessageRow, body: Mapping[str, Any]) -> dict[str, Any]:
    """What Rasa is told beside the words."""
    metadata = {"chosen": "intent" in body, "kept": bool(row.kept)}
    if "text" in body:
        if not is_english(str(body["text"])):
            metadata["other_language"] = True
        position = store.load_position(row)
        if position.asks_leave and not inbox.was_asked_before(session, message, position.question_no):
            metadata["unseen"] = True
    return metadata
