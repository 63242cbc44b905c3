"""The chat desk: opens conversations, takes messages, shows history. Storage work is synchronous and runs off the event loop."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from facilitator import erasure
from facilitator.bootstrap import Bootstrap
from facilitator.codes import new_resume_code, resume_code_of, tidy_join_code, tidy_resume_code
from facilitator.conversation.moves.leaving import returned
from facilitator.conversation.moves.welcome import open_conversation
from facilitator.conversation.turn import Outcome, Say, Talk
from facilitator.errors import FacilitatorError
from facilitator.storage import conversations as store
from facilitator.storage import inbox
from facilitator.storage.models import ActivityRow, ChoiceRow, ConversationRow, MessageRow
from facilitator.vocabulary import Kind, Step
from web.chat.delivery import Delivery, Said, words_of
from web.chat.held_words import Words
from web.chat.problems import UNKNOWN_CODE, Problem
from web.chat.schemas import ChangeConversation, History, OpenConversation, Opened, Reply, SendMessage
from web.chat.view import View


@dataclass(frozen=True)
class Received:
    """An inbound message as stored, what is to be delivered when its words are not, and what was claimed with it to be answered now."""

    message_id: str
    pending: bool
    hold: Words | None = None
    said: Said | None = None


class Desk:
    def __init__(self, bootstrap: Bootstrap, delivery: Delivery) -> None:
        self._built, self._delivery = bootstrap, delivery
        self._view = View(bootstrap)

    # ── opening ──

    async def open(self, asked: OpenConversation, token: str = "") -> Opened:
        # A new resume code may, once in a very long while, be somebody's already: then another is made.
        return await asyncio.to_thread(once_more_if_beaten, lambda: self._open(asked, token))

    def _open(self, asked: OpenConversation, token: str) -> Opened:
        with self._built.database.unit_of_work() as session:
            if asked.resume_code is not None:
                return self._come_back(session, asked.resume_code, asked.activity_code)
            activity_id = self._activity(session, asked.activity_code)
            talk = Talk(store.new_id(), role=asked.role, simple=asked.simple, lang=asked.lang)
            code, person_id = new_resume_code(), store.person_of(session, token)
            tidy = tidy_resume_code(code)
            store.add_conversation(session, talk, activity_id=activity_id, channel="widget", resume_code=tidy, person_id=person_id)
            session.flush()
            known = store.load_talk(session, store.conversation(session, talk.conversation_id))
            return self._opened(session, open_conversation(known, self._built.library), code)

    def _activity(self, session: Session, join_code: str | None) -> str | None:
        if join_code is None:
            if self._built.settings.facilitator_open_access == "off":
                raise Problem(403, "closed-access")
            return None
        activity = session.scalar(select(ActivityRow).where(ActivityRow.join_code == tidy_join_code(join_code)))
        if activity is None:
            raise Problem(404, UNKNOWN_CODE)
        return activity.id

    def _come_back(self, session: Session, code: str, join_code: str | None = None) -> Opened:
        row = store.with_resume_code(session, tidy_resume_code(code))
        if row is None:
            raise Problem(404, UNKNOWN_CODE)
        outcome = returned(store.load_talk(session, row), self._built.library)
        *first, question = outcome.says
        return self._opened(session, replace(outcome, says=(*first, *self._of_another(session, row, join_code), question)), None)

    @staticmethod
    def _of_another(session: Session, row: ConversationRow, join_code: str | None) -> tuple[Say, ...]:
        """A join code given with the code for coming back: if it is of another activity, that is said and not passed over."""
        if join_code is None:
            return ()
        activity = session.scalar(select(ActivityRow).where(ActivityRow.join_code == tidy_join_code(join_code)))
        if activity is None:
            return (Say("utter_other_code_unknown"),)
        return () if activity.id == row.activity_id else (Say("utter_other_activity", values={"wanted": activity.title}),)

    def _opened(self, session: Session, outcome: Outcome, code: str | None) -> Opened:
        row = store.conversation(session, outcome.talk.conversation_id)
        store.save_position(row, outcome.talk.position)
        rows = self.say(session, row, outcome.talk, outcome.says, reply_to=None)
        token = store.add_token(session, row.id)
        reply = self._reply(session, row, rows)
        return Opened(**reply.model_dump() | {"resume_code": code}, conversation_id=row.id, token=token)

    def say(self, session: Session, row: ConversationRow, talk: Talk, says: tuple[Say, ...], *, reply_to: str | None) -> list[MessageRow]:
        rendered = [self._built.wording.render(say, talk, self._built.library) for say in says]
        return inbox.add_replies(session, row, rendered, says, reply_to=reply_to, question_no=talk.position.question_no)

    # ── sending ──

    async def send(self, conversation_id: str, token: str, asked: SendMessage, text: str | None) -> Reply:
        """Take one message and answer it. `text` is the redacted text, or None for a choice."""
        turn = self._delivery.turn_of(conversation_id)
        if turn.locked():
            # an earlier message of theirs is being answered: this one is safe first, and waits second
            received = await asyncio.to_thread(self._receive, conversation_id, token, asked, text, claim=False)
            self._hold(received)
            if received.pending:
                await self._delivery.deliver(conversation_id)
            return await asyncio.to_thread(self._replies, conversation_id, received.message_id, token)
        async with turn:
            received = await asyncio.to_thread(self._receive, conversation_id, token, asked, text, claim=True)
            self._hold(received)
            shown: Reply | None = None
            if received.said is not None:
                is_it = received.said.message_id == received.message_id
                show = partial(self.reply_to, token=token) if is_it else None
                _, shown = await self._delivery.answer(conversation_id, received.said, show)
        return shown if shown is not None else await asyncio.to_thread(self._replies, conversation_id, received.message_id, token)

    def _hold(self, received: Received) -> None:
        if received.hold is not None:
            self._delivery.hold(received.message_id, received.hold)

    def _receive(self, conversation_id: str, token: str, asked: SendMessage, text: str | None, *, claim: bool = False) -> Received:
        return once_more_if_beaten(lambda: self._receive_once(conversation_id, token, asked, text, claim=claim))

    def _receive_once(self, conversation_id: str, token: str, asked: SendMessage, text: str | None, *, claim: bool = False) -> Received:
        with self._built.database.unit_of_work() as session:
            # held, so that of two who press one choice at once the second finds it pressed; and kept, so that it is not read again
            row = self.admit(session, conversation_id, token, for_change=True)
            received = self._take_in(session, row, token, asked, text)
            if not (claim and received.pending):
                return received
            unstored = {received.message_id: received.hold} if received.hold is not None else {}
            return replace(received, said=self._delivery.claim_next(session, conversation_id, unstored))

    def _take_in(self, session: Session, row: ConversationRow, token: str, asked: SendMessage, text: str | None) -> Received:
        text = self._as_typed(row, asked.text) or text
        seen = inbox.seen_before(session, row.id, asked.client_message_id)
        if seen is not None:
            return self._seen(session, row, seen, asked, text)
        mark = _mark(token, asked.choice) if asked.choice is not None else None
        if asked.choice is not None and mark is not None:
            pressed = inbox.pressed_before(session, row.id, asked.choice, mark)
            if pressed is not None and self._is_bound(session, asked.choice):
                return self._seen(session, row, pressed, asked, text)
        choice = self._choice(session, row, asked, text)
        message = inbox.receive(session, row, asked.client_message_id, text=text, choice=choice, choice_mark=mark)
        return Received(message.id, True, None if row.kept else _unstored(choice, text))

    def _seen(self, session: Session, row: ConversationRow, message: MessageRow, asked: SendMessage, text: str | None) -> Received:
        """A message sent again. Where its words are not stored, the process that held them may have died: here they are once more.

        Whether they are stored was decided when it came: it may itself have been the choice to keep answers, and have been acted on.
        """
        pending = message.status == inbox.PENDING
        if not pending or inbox.has_words(message):
            return Received(message.id, pending)
        choice = inbox.choice_of(session, row, asked.choice) if asked.choice is not None else self._choice(session, row, asked, text)
        return Received(message.id, True, _unstored(choice, text))

    @staticmethod
    def _choice(session: Session, row: ConversationRow, asked: SendMessage, text: str | None) -> ChoiceRow | None:
        """The choice that was pressed, or whose title was typed."""
        number = store.load_position(row).question_no
        if asked.choice is not None:
            return inbox.open_choice(session, row, asked.choice, number)
        return inbox.choice_called(session, row, text, number) if text is not None else None

    def _as_typed(self, row: ConversationRow, typed: str | None) -> str | None:
        """A made-up name, asked for, is taken as typed: redaction would see a name in it. It must not look like a real one."""
        if typed is None or not row.kept or store.load_position(row).step is not Step.NAME:
            return None
        return typed.strip() if self._built.pseudonyms.fault(typed.strip()) is None else None

    @staticmethod
    def _is_bound(session: Session, choice_id: str) -> bool:
        """A choice of a question is pressed once; one beside an answer (tell me more) may be pressed again."""
        choice = session.get(ChoiceRow, choice_id)
        return choice is None or choice.question_no is not None

    def _replies(self, conversation_id: str, message_id: str, token: str | None = None) -> Reply:
        with self._built.database.unit_of_work() as session:
            row = store.conversation(session, conversation_id)
            message = inbox.message(session, message_id)
            return self.reply_to(session, row, message, token=token) if message else self._reply(session, row, [])

    def reply_to(
        self,
        session: Session,
        row: ConversationRow,
        message: MessageRow,
        stored: Sequence[MessageRow] | None = None,
        *,
        token: str | None = None,
    ) -> Reply:
        """The stored replies to a message; while it waits, the notice that says so. `stored`: the replies, where they are known.

        `token`: whose they are; None where nobody is to be told a code.
        """
        if message.status == inbox.PENDING:
            return self._reply(session, row, self._notice(session, row, message))
        replies = inbox.replies_to(session, message.id) if stored is None else stored
        return self._reply(session, row, [reply for reply in replies if reply.kind != Kind.NOTICE], token)

    def _notice(self, session: Session, row: ConversationRow, message: MessageRow) -> list[MessageRow]:
        """Tell the person, once a message, that it is safe and will be answered."""
        told = inbox.replies_to(session, message.id)
        if told:
            return told
        talk = store.load_talk(session, row)
        response = "utter_trouble" if self._delivery.rasa_was_ready else "utter_getting_ready"
        return self.say(session, row, talk, (Say(response, Kind.NOTICE),), reply_to=message.id)

    # ── looking ──

    async def asks_who(self, conversation_id: str, token: str) -> bool:
        """Whether the question in hand is who will do a next step. When that cannot be said at once, it is not."""

        def work() -> bool:
            with self._built.database.reading() as session:
                position = store.load_position(self.admit(session, conversation_id, token))
                return position.step is Step.STEP_WHO and not position.support and position.confirming is None

        try:
            return await asyncio.wait_for(asyncio.to_thread(work), self._built.settings.facilitator_support_patience)
        except (TimeoutError, Problem, FacilitatorError):
            return False

    async def history(self, conversation_id: str, token: str, after: str | None, limit: int) -> History:
        return await asyncio.to_thread(self._history, conversation_id, token, after, limit)

    def _history(self, conversation_id: str, token: str, after: str | None, limit: int) -> History:
        with self._built.database.reading() as session:
            row = self.admit(session, conversation_id, token)
            if not row.kept or row.resume_code_hash is not None:
                return self._page(session, row, token, after, limit)
        # that answers are kept was said while nobody was here to be told a code: it is given now
        with self._built.database.unit_of_work() as session:
            row = self.admit(session, conversation_id, token, for_change=True)
            return self._page(session, row, token, after, limit)

    def _page(self, session: Session, row: ConversationRow, token: str, after: str | None, limit: int) -> History:
        rows, more = inbox.messages_after(session, row.id, after, limit)
        return History(**self._reply(session, row, rows, token).model_dump(), next=rows[-1].id if more else None)

    async def change(self, conversation_id: str, token: str, asked: ChangeConversation) -> Reply:
        def work() -> Reply:
            with self._built.database.unit_of_work() as session:
                row = self.admit(session, conversation_id, token)
                row.lang = asked.lang or row.lang
                row.simple = row.simple if asked.simple is None else asked.simple
                return self._reply(session, row, [])

        return await asyncio.to_thread(work)

    async def erase(self, conversation_id: str, token: str) -> None:
        """Delete everything of one conversation, exports on disk too; the words leave the database file within a minute."""

        def work() -> None:
            with self._built.database.unit_of_work() as session:
                row = self.admit(session, conversation_id, token)
                erasure.erase(session, erasure.these([row.id]), self._built.settings.data_dir)

        await asyncio.to_thread(work)

    def admit(self, session: Session, conversation_id: str, token: str, *, for_change: bool = False) -> ConversationRow:
        """The conversation, if this token opens it; `for_change` makes others who want to change it wait.

        Raises:
            Problem: 401 for a missing, wrong or old token, and for an unkept conversation left for a day.
        """
        known = bool(token) and store.is_id(conversation_id)
        row = store.opened_by(session, token, conversation_id, for_change=for_change) if known else None
        if row is None or store.has_ended(row):
            raise Problem(401, "unauthorised", headers={"WWW-Authenticate": "Bearer"})
        return row

    def _reply(self, session: Session, row: ConversationRow, rows: list[MessageRow], token: str | None = None) -> Reply:
        return Reply(
            messages=self._view.messages_of(session, row, rows),
            progress=self._view.progress_at(store.load_position(row)),
            state=self._view.state(session, row),
            kept=row.kept,
            taken_back=any(_says(message) in inbox.TAKES_BACK for message in rows),
            resume_code=self._code(session, row, rows, token) if token and row.kept else None,
        )

    @staticmethod
    def _code(session: Session, row: ConversationRow, rows: Sequence[MessageRow], token: str) -> str | None:
        """The code that goes with a message which tells of one. Whoever still has the code they were given on coming is given no other;
        a no has put an end to that, and then it is this one."""
        told = next((message for message in reversed(rows) if _says(message) in inbox.TELLS_OF_CODE), None)
        if told is None:
            return None
        code = resume_code_of(token, told.id)
        return code if store.accept_resume_code(session, row, tidy_resume_code(code)) else None


def once_more_if_beaten[T](work: Callable[[], T]) -> T:
    """Two copies of one message arrived together and the other was stored first: look again, and it is a repeat."""
    try:
        return work()
    except IntegrityError:
        return work()


def _says(message: MessageRow) -> str | None:
    return (message.say or {}).get("response")


def _unstored(choice: ChoiceRow | None, text: str | None) -> Words:
    """What is to be delivered of a message whose words are not stored."""
    return words_of(choice, text) if choice else Words({"text": text})


def _mark(token: str, choice_id: str) -> str:
    """Recognises a choice pressed before without storing which: keyed with the token, of which only a hash is stored."""
    return hmac.new(token.encode(), choice_id.encode(), hashlib.sha256).hexdigest()
