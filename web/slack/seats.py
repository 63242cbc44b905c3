"""Who talks where: a conversation for each Slack user and activity, over the same desk as the widget's. None is shared between channels."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from facilitator import erasure
from facilitator.bootstrap import Bootstrap
from facilitator.conversation.moves.leaving import returned
from facilitator.conversation.moves.welcome import open_conversation
from facilitator.conversation.turn import Move, Talk, Turn
from facilitator.service import take_turn
from facilitator.storage import conversations as store
from facilitator.storage import inbox
from facilitator.storage.models import ChoiceRow, ConversationRow, MessageRow, SlackSeatRow
from facilitator.vocabulary import Stage
from web.chat.delivery import Delivery
from web.chat.desk import Desk, Received, once_more_if_beaten
from web.chat.problems import Problem
from web.chat.schemas import MessageOut, Reply, SendMessage
from web.chat.view import View
from web.slack import others
from web.slack.words import Words

CHANNEL = "slack"
NO_ACTIVITY = "none"


@dataclass(frozen=True)
class Who:
    """A Slack user, as Slack's signature says."""

    team: str
    user: str

    @property
    def lane(self) -> str:
        return f"{self.team}/{self.user}"


class SlackView(View):
    """Messages as they read in Slack: a few sentences name things that only the page has, and words of others are not shown there."""

    def __init__(self, built: Bootstrap, words: Words) -> None:
        super().__init__(built)
        self._words = words

    def messages(self, session: Session, talk: Talk, rows: Sequence[MessageRow]) -> list[MessageOut]:
        told = others.told_once(rows)
        steps = {row.id for row in told if others.is_step(row)}
        # what is not read here is not marked as done here
        return [
            message.model_copy(update={"choices": []}) if message.id in steps else message
            for message in super().messages(session, talk, told)
        ]

    def _fills_in(self, row: MessageRow) -> bool:
        return row.say is not None

    def _text(self, talk: Talk, row: MessageRow) -> str | None:
        if row.say is None:
            return super()._text(talk, row)
        say = store.say_from_json(row.say)
        if others.shows_others(say):
            # nothing at all where no sentence has been written for Slack
            return self._words.said_otherwise(others.counted(say, talk, self._built.settings.address), talk, self._built.library)
        shown = super()._text(talk, row)
        try:
            return shown and (self._words.said_otherwise(say, talk, self._built.library) or shown)
        except KeyError:
            return shown  # stored before the sentence for Slack asked for more than it was said with


class SlackDesk(Desk):
    """The desk for people whom Slack vouches for. `secret` makes their tokens, so that none is stored."""

    def __init__(self, built: Bootstrap, delivery: Delivery, words: Words, secret: str) -> None:
        super().__init__(built, delivery)
        self._view = SlackView(built, words)
        self._secret = secret.encode()

    def token(self, conversation_id: str) -> str:
        return hmac.new(self._secret, conversation_id.encode(), hashlib.sha256).hexdigest()

    def admit(self, session: Session, conversation_id: str, token: str, *, for_change: bool = False) -> ConversationRow:
        """The conversation, if it is one of Slack's and this is its token. Raises Problem 401."""
        row = store.find(session, conversation_id, for_change=for_change)
        if row is None or row.channel != CHANNEL or not hmac.compare_digest(token, self.token(conversation_id)):
            raise Problem(401, "unauthorised")
        return row

    # ── seats ──

    async def sit(self, who: Who, activity_id: str | None = None, *, stage: Stage | None = None) -> str:
        """The conversation of this person about this activity, opened if need be, and from now on the one they are in."""

        def work() -> str:
            with self._built.database.unit_of_work() as session:
                return self.seat(session, who, activity_id, stage=stage).conversation_id

        return await asyncio.to_thread(once_more_if_beaten, work)

    async def where(self, who: Who) -> str:
        """The conversation this person is in; opened if they have none."""

        def work() -> str:
            with self._built.database.unit_of_work() as session:
                latest = next(iter(self.seats(session, who)), None)
                about = latest.about if latest is not None and latest.about != NO_ACTIVITY else None
                return self.seat(session, who, about).conversation_id

        return await asyncio.to_thread(once_more_if_beaten, work)

    @staticmethod
    def seats(session: Session, who: Who) -> Sequence[SlackSeatRow]:
        """Their conversations, the one they are in first."""
        theirs = select(SlackSeatRow).where(SlackSeatRow.team == who.team, SlackSeatRow.user == who.user)
        return session.scalars(theirs.order_by(SlackSeatRow.chosen_at.desc())).all()

    def seat(self, session: Session, who: Who, activity_id: str | None, *, stage: Stage | None = None) -> SlackSeatRow:
        about = activity_id or NO_ACTIVITY
        found = next((seat for seat in self.seats(session, who) if seat.about == about), None)
        if found is not None and store.has_ended(store.conversation(session, found.conversation_id)):
            # Nothing was kept, and a day has gone by: it starts afresh, as it does in the widget.
            erasure.erase(session, erasure.these([found.conversation_id]), None, remember=False)
            found = None
        seat = found or self._open_seat(session, who, activity_id, stage)
        seat.chosen_at = store.now()
        return seat

    def _open_seat(self, session: Session, who: Who, activity_id: str | None, stage: Stage | None) -> SlackSeatRow:
        talk = Talk(store.new_id()).at(stage=stage)
        # No code to come back with: Slack knows who they are, and the widget must not open what was said here.
        store.add_conversation(
            session, talk, activity_id=activity_id, channel=CHANNEL, resume_code=None, person_id=self._person(session, who)
        )
        session.flush()
        row = store.conversation(session, talk.conversation_id)
        outcome = open_conversation(store.load_talk(session, row), self._built.library)
        store.save_position(row, outcome.talk.position)
        self.say(session, row, outcome.talk, outcome.says, reply_to=None)
        about = {"team": who.team, "user": who.user, "about": activity_id or NO_ACTIVITY}
        seat = SlackSeatRow(conversation_id=row.id, **about, shown_seq=0, tries=0, chosen_at=store.now())
        session.add(seat)
        session.flush()
        return seat

    def _person(self, session: Session, who: Who) -> str | None:
        """Somebody who keeps answers in one conversation is the same person in the next."""
        for seat in self.seats(session, who):
            row = store.conversation(session, seat.conversation_id)
            if row.kept:
                return row.person_id
        return None

    # ── messages, in two parts: what must be stored before Slack is told that we have it, and the answer ──

    async def take(self, conversation_id: str, key: str, *, text: str | None = None, choice: str | None = None) -> Received:
        """Store a message, or find it stored. `text` is redacted already.

        Raises:
            ChoiceClosedError, ChoiceUnknownError: as for the widget.
        """
        asked = SendMessage(client_message_id=key, text=text, choice=choice)
        return await asyncio.to_thread(self._receive, conversation_id, self.token(conversation_id), asked, text)

    async def answer(self, conversation_id: str, received: Received) -> Reply:
        """Have a stored message answered; while that has to wait, a notice is said."""
        if received.hold is not None:
            self._delivery.hold(received.message_id, received.hold)
        if received.pending:
            await self._delivery.deliver(conversation_id)
        return await asyncio.to_thread(self._replies, conversation_id, received.message_id)

    def conversation_of(self, who: Who, choice_id: str) -> tuple[str, str] | None:
        """Where a choice was offered to this person, and its title; None when it was not offered to them, or is gone."""
        with self._built.database.unit_of_work() as session:
            choice = session.get(ChoiceRow, choice_id)
            seat = session.get(SlackSeatRow, choice.conversation_id) if choice is not None else None
            if choice is None or seat is None or (seat.team, seat.user) != (who.team, who.user):
                return None
            seat.chosen_at = store.now()
            has_ended = store.has_ended(store.conversation(session, seat.conversation_id))
            return None if has_ended else (choice.conversation_id, choice.title)

    def goes_on(self, who: Who, conversation_id: str) -> bool:
        """Whether this is a conversation of this person's that has not ended."""
        with self._built.database.reading() as session:
            seat, row = session.get(SlackSeatRow, conversation_id), store.find(session, conversation_id)
            is_theirs = seat is not None and (seat.team, seat.user) == (who.team, who.user)
            return is_theirs and row is not None and not store.has_ended(row)

    def has_taken(self, conversation_id: str, key: str) -> bool:
        """Whether a message is stored already: whatever it was delivered for went wrong only after that."""
        with self._built.database.reading() as session:
            return inbox.seen_before(session, conversation_id, key) is not None

    def waits(self, conversation_id: str) -> bool:
        """Whether a message there has no answer yet."""
        with self._built.database.reading() as session:
            return inbox.is_waiting(session, conversation_id)

    def talk(self, conversation_id: str) -> Talk:
        with self._built.database.reading() as session:
            return store.load_talk(session, store.conversation(session, conversation_id))

    def is_stored(self, reply: Reply) -> bool:
        """Whether a reply can be sent from what is stored. Raises StorageUnavailableError."""
        with self._built.database.reading() as session:
            return all(inbox.message(session, message.id) for message in reply.messages)

    # ── moves that a command or a button makes by itself ──

    def make_moves(self, conversation_id: str, key: str, *moves: tuple[str, Move]) -> None:
        """Make moves as if their intents had been said, and say what the last one leads to."""
        for place, (intent, move) in enumerate(moves):
            turn = Turn(store.digest(f"{key}:{place}"), intent)
            says, talk = take_turn(self._built.database, self._built.library, f"slack_{intent}", move, turn, conversation_id)
        with self._built.database.unit_of_work() as session:
            self.say(session, store.conversation(session, conversation_id), talk, says, reply_to=None)

    def carry_on(self, conversation_id: str) -> None:
        """Say where they were, and ask the question in hand again. A conversation that has only just begun has said it already."""
        with self._built.database.unit_of_work() as session:
            row = store.conversation(session, conversation_id)
            seat = session.get(SlackSeatRow, conversation_id)
            if seat is None or seat.shown_seq == 0:
                return
            outcome = returned(store.load_talk(session, row), self._built.library)
            store.save_position(row, outcome.talk.position)
            self.say(session, row, outcome.talk, outcome.says, reply_to=None)


def close_seats(session: Session, team: str) -> None:
    """Forget who of a workspace talks where; what they said stays as they were promised."""
    for seat in session.scalars(select(SlackSeatRow).where(SlackSeatRow.team == team)):
        session.delete(seat)


def begin_again(session: Session, team: str) -> None:
    """Nothing waits any longer for Slack: a new token has come."""
    session.execute(update(SlackSeatRow).where(SlackSeatRow.team == team).values(wait_until=None, tries=0))
