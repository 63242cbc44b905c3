"""Messages in and out of a conversation: receive once, answer in order, show again. Works inside the caller's unit of work."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import batched
from typing import Any

from rapidfuzz import fuzz
from sqlalchemy import JSON, Update, bindparam, insert, null, or_, select, update
from sqlalchemy.orm import Session

from facilitator.conversation.reading import number_named
from facilitator.conversation.turn import Choice, Say
from facilitator.errors import ChoiceClosedError, ChoiceUnknownError
from facilitator.knowledge.base import Source
from facilitator.storage.conversations import is_id, new_id, now, say_from_json, say_to_json
from facilitator.storage.models import Base, ChoiceRow, ConversationRow, MessageRow, OutcomeRow
from facilitator.vocabulary import Author, Kind
from facilitator.wording import Rendered

LONG_TITLE, SLIP = 10, 92
BATCH = 500
# Said where the bot could make nothing of a message, or had no answer.
MISSES = frozenset({"utter_unclear", "utter_unclear_help", "utter_decline_uncovered", "utter_decline_off_topic"})
# Said where something that was said before has been deleted.
TAKES_BACK = frozenset({"utter_deleted", "utter_answer_deleted", "utter_words_deleted", "utter_step_deleted", "utter_reflection_deleted"})
# Said where answers are kept from now on, and that there is a code to come back with.
TELLS_OF_CODE = frozenset({"utter_kept", "utter_kept_from_now"})
PENDING, ANSWERED, LOST = "pending", "answered", "lost"
# Renewed while a turn lasts, so this is only how long a conversation rests when whoever answered it is killed.
CLAIM = timedelta(seconds=4)

# What every turn asks is put together here, once: building a statement and finding it again among those compiled costs several times
# what SQLite takes to answer it. Rows that nobody changes are read, and written, as plain values, without the ORM's bookkeeping.
_CONVERSATION, _CHOICE, _MESSAGES = (Base.metadata.tables[name] for name in ("conversation", "choice", "message"))
_COLUMNS = [column.name for column in _MESSAGES.columns if column.name != "seq"]
_OF_JSON = {column.name for column in _MESSAGES.columns if isinstance(column.type, JSON)}
_OWN = _CONVERSATION.c.id == bindparam("conversation")
_IN_CONVERSATION = MessageRow.conversation_id == bindparam("conversation")
_MESSAGE = select(MessageRow).where(MessageRow.id == bindparam("message"))
_SEEN_BEFORE = select(MessageRow).where(_IN_CONVERSATION, MessageRow.client_message_id == bindparam("client_message"))
_SAME_CHOICE = or_(MessageRow.choice_id == bindparam("choice"), MessageRow.choice_mark == bindparam("mark"))
_PRESSED_BEFORE = select(MessageRow).where(_IN_CONVERSATION, _SAME_CHOICE).order_by(MessageRow.seq).limit(1)
_ASKS_IT = select(ChoiceRow.id).where(ChoiceRow.message_id == MessageRow.id, ChoiceRow.question_no == bindparam("question_no"))
_ASKED_LAST = select(MessageRow.id).where(_IN_CONVERSATION, _ASKS_IT.exists()).order_by(MessageRow.seq.desc()).limit(1)
_OFFERED = select(ChoiceRow).where(ChoiceRow.message_id == _ASKED_LAST.scalar_subquery()).order_by(ChoiceRow.place)
_ASKED_BEFORE = (
    select(ChoiceRow.id)
    .join(MessageRow, MessageRow.id == ChoiceRow.message_id)
    .where(ChoiceRow.conversation_id == bindparam("conversation"), ChoiceRow.question_no == bindparam("question_no"))
    .where(MessageRow.seq < bindparam("seq"))
    .limit(1)
)
_PENDING = select(MessageRow).where(_IN_CONVERSATION, MessageRow.status == PENDING).order_by(MessageRow.seq).limit(bindparam("most"))
_IS_WAITING = select(MessageRow.seq).where(_IN_CONVERSATION, MessageRow.status == PENDING).limit(1)
_ACTED_ON = select(OutcomeRow.message_id).where(OutcomeRow.message_id == bindparam("message")).limit(1)
_SAID = select(OutcomeRow.says).where(OutcomeRow.message_id == bindparam("message")).order_by(OutcomeRow.created_at)
_REPLIES = select(MessageRow).where(MessageRow.reply_to == bindparam("message")).order_by(MessageRow.seq)
_CHOICES = (
    select(_CHOICE.c.message_id, _CHOICE.c.id, _CHOICE.c.title)
    .where(_CHOICE.c.message_id.in_(bindparam("messages", expanding=True)))
    .order_by(_CHOICE.c.message_id, _CHOICE.c.place)
)
_ADD_CHOICES = insert(_CHOICE)
_ADD_MESSAGES = insert(_MESSAGES)
_COUNT = (
    update(_CONVERSATION)
    .where(_OWN)
    .values(
        messages=_CONVERSATION.c.messages + bindparam("more_messages"),
        fallbacks=_CONVERSATION.c.fallbacks + bindparam("more_fallbacks"),
    )
)
_HOLD = update(_CONVERSATION).where(_OWN).values(busy_until=bindparam("until"))
_held = _CONVERSATION.c.busy_until
_CLAIM = _HOLD.where(or_(_held.is_(None), _held < bindparam("moment"), _held > bindparam("too_late")))
_RENEW = _HOLD.where(_held.is_not(None))


def receive(
    session: Session,
    row: ConversationRow,
    client_message_id: str,
    *,
    text: str | None,
    choice: ChoiceRow | None,
    choice_mark: str | None,
    status: str = PENDING,
) -> MessageRow:
    """Store an inbound message. Words, and which choice was pressed, are stored only for someone whose answers are kept."""
    kept = bool(row.kept)
    message = MessageRow(
        id=new_id(),
        conversation_id=row.id,
        author=Author.PERSON,
        kind=Kind.TEXT,
        text=(text if text is not None else choice.title if choice else None) if kept else None,
        client_message_id=client_message_id,
        status=status,
        choice_id=choice.id if choice and kept else None,
        choice_mark=None if kept else choice_mark,
        created_at=now(),
    )
    _add(session, [message])
    count(session, row.id, messages=1)
    if kept and choice is None:
        row.search_due = True
    return message


def count(session: Session, conversation_id: str, *, messages: int = 0, fallbacks: int = 0) -> None:
    """Add to what is known of a conversation's length. Counted by the database, so that two who add at once both count."""
    session.execute(_COUNT, {"conversation": conversation_id, "more_messages": messages, "more_fallbacks": fallbacks})


def message(session: Session, message_id: str) -> MessageRow | None:
    return session.scalar(_MESSAGE, {"message": message_id})


def seen_before(session: Session, conversation_id: str, client_message_id: str) -> MessageRow | None:
    return session.scalar(_SEEN_BEFORE, {"conversation": conversation_id, "client_message": client_message_id})


def pressed_before(session: Session, conversation_id: str, choice_id: str, choice_mark: str) -> MessageRow | None:
    """The message in which this choice was pressed first."""
    return session.scalar(_PRESSED_BEFORE, {"conversation": conversation_id, "choice": choice_id, "mark": choice_mark})


def has_words(message: MessageRow) -> bool:
    """Whether what was said, or pressed, is stored with the message."""
    return message.text is not None or message.choice_id is not None


def choice_of(session: Session, row: ConversationRow, choice_id: str) -> ChoiceRow:
    """The choice, whether or not its question is still the one in hand.

    Raises:
        ChoiceUnknownError: never offered here.
    """
    choice = session.get(ChoiceRow, choice_id)
    if choice is None or choice.conversation_id != row.id:
        raise ChoiceUnknownError
    return choice


def open_choice(session: Session, row: ConversationRow, choice_id: str, question_no: int) -> ChoiceRow:
    """The choice, if it may still be pressed. Whoever answers it looks again: its question may be left while it waits.

    Raises:
        ChoiceUnknownError: never offered here. ChoiceClosedError: its question has been left.
    """
    choice = choice_of(session, row, choice_id)
    if choice.question_no is not None and choice.question_no != question_no:
        raise ChoiceClosedError
    return choice


def choice_called(session: Session, row: ConversationRow, text: str, question_no: int) -> ChoiceRow | None:
    """The choice of the question in hand that was typed instead of pressed: its title, letter case and signs aside, or its number."""
    wanted = _plain(text)
    # a question asked again offers the same choices again: the latest
    choices = list(session.scalars(_OFFERED, {"conversation": row.id, "question_no": question_no}))
    found = next((choice for choice in choices if wanted and _is_called(wanted, _plain(choice.title))), None)
    return found or _numbered(number_named(text), choices)


def _numbered(number: int | None, offered: Sequence[ChoiceRow]) -> ChoiceRow | None:
    """The choice with this number: the one its title begins with where titles are numbered, else its place in the list."""
    if number is None or number < 1:
        return None
    in_titles = {choice.title.partition(".")[0]: choice for choice in offered if re.match(r"\d+\.", choice.title)}
    if in_titles:
        return in_titles.get(str(number))
    return offered[number - 1] if number <= len(offered) else None


def _is_called(wanted: str, title: str) -> bool:
    """The title itself, or one slip away from it where it is long enough for that to mean nothing else."""
    return wanted == title or (len(title) >= LONG_TITLE and fuzz.ratio(wanted, title) >= SLIP)


def _plain(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.casefold()))


def claim(session: Session, conversation_id: str) -> bool:
    """Take the conversation for one delivery; False when somebody else has it. A claim runs out by itself.

    One that runs for longer than any could was made by a clock that is wrong, and binds nobody: else a process killed an hour ahead of
    the others would keep its conversations silent for that hour. Two that answer at once are slow, not wrong: an action acts once.
    """
    moment = now()
    return _hold(session, _CLAIM, conversation_id, moment + CLAIM, moment=moment, too_late=moment + 2 * CLAIM)


def renew(session: Session, conversation_id: str) -> None:
    """Go on holding a conversation whose turn takes long; one that has been let go meanwhile stays free."""
    _hold(session, _RENEW, conversation_id, now() + CLAIM)


def release(session: Session, conversation_id: str) -> None:
    _hold(session, _HOLD, conversation_id, None)


def _hold(session: Session, statement: Update, conversation_id: str, until: datetime | None, **values: datetime) -> bool:
    """Whether there was such a conversation. Nothing reads the claim from a loaded row, so none is loaded again for it."""
    found = session.execute(statement, {"conversation": conversation_id, "until": until, **values})
    return bool(found.rowcount)  # type: ignore[attr-defined]


def oldest_pending(session: Session, conversation_id: str) -> MessageRow | None:
    return next(iter(pending(session, conversation_id, 1)), None)


def pending(session: Session, conversation_id: str, most: int) -> Sequence[MessageRow]:
    """The messages that wait for their answer, the oldest first, no more than `most`."""
    return session.scalars(_PENDING, {"conversation": conversation_id, "most": most}).all()


def is_waiting(session: Session, conversation_id: str) -> bool:
    return session.scalar(_IS_WAITING, {"conversation": conversation_id}) is not None


def pending_among(session: Session, message_ids: Sequence[str]) -> set[str]:
    """Which of these messages still wait for their answer."""
    pending = select(MessageRow.id).where(MessageRow.status == PENDING)
    return {found for ids in batched(message_ids, BATCH) for found in session.scalars(pending.where(MessageRow.id.in_(ids)))}


def conversations_waiting(session: Session, *, older_than: datetime, limit: int = 100) -> Sequence[str]:
    """Conversations with a message that has waited since before a moment, the longest first."""
    found = (
        select(MessageRow.conversation_id)
        .where(MessageRow.status == PENDING, MessageRow.created_at < older_than)
        .order_by(MessageRow.seq)
        .limit(limit)
    )
    return list(dict.fromkeys(session.scalars(found)))


def is_acted_on(session: Session, message_id: str) -> bool:
    """Whether an action has acted on a message, replied to or not."""
    return session.scalar(_ACTED_ON, {"message": message_id}) is not None


def was_asked_before(session: Session, message: MessageRow, question_no: int) -> bool:
    """Whether a question had been asked, with its choices, when a message came."""
    about = {"conversation": message.conversation_id, "question_no": question_no, "seq": message.seq}
    return session.scalar(_ASKED_BEFORE, about) is not None


def outcome_says(session: Session, message_id: str) -> tuple[Say, ...]:
    """What the actions said to a message: enough to say it again without any words."""
    return tuple(say_from_json(say) for says in session.scalars(_SAID, {"message": message_id}) for say in says)


def add_replies(
    session: Session,
    row: ConversationRow,
    replies: Sequence[Rendered],
    says: Sequence[Say],
    *,
    reply_to: str | None,
    question_no: int,
) -> list[MessageRow]:
    """Store what the bot said. The words only for someone whose answers are kept; the sentences' ids always.

    Choices of a question carry its number, so that one pressed after the question has been left is known to be late. Choices beside
    an answer (tell me more) can be pressed at any time.
    """
    stored: list[MessageRow] = []
    offered: list[dict[str, Any]] = []
    for place, reply in enumerate(replies):
        message = MessageRow(
            id=new_id(),
            conversation_id=row.id,
            author=Author.BOT,
            kind=reply.kind,
            text=reply.text if row.kept and not _shows_words(says, place) else None,
            say=say_to_json(says[place]) if place < len(says) else None,
            sources=[vars(source) for source in reply.sources] or None,
            reply_to=reply_to,
            created_at=now(),
        )
        number = question_no if reply.kind is Kind.QUESTION else None
        offered += _choice_rows(message, reply.choices, number)
        stored.append(message)
    _add(session, stored)
    if offered:
        session.execute(_ADD_CHOICES, offered)
    missed = any(reply.response in MISSES for reply in replies) and bool(row.kept)
    count(session, row.id, messages=len(stored), fallbacks=int(missed))
    return stored


def _add(session: Session, messages: Sequence[MessageRow]) -> None:
    """Write messages in this order. They are no part of the session: changing them afterwards changes nothing that is stored."""
    given = {name for message in messages for name in _COLUMNS if getattr(message, name) is not None}
    if given:
        session.execute(_ADD_MESSAGES, [{name: _value(message, name) for name in given} for message in messages])


def _value(message: MessageRow, name: str) -> Any:
    value = getattr(message, name)
    # a column of JSON would take None for JSON's own null
    return null() if value is None and name in _OF_JSON else value


def _shows_words(says: Sequence[Say], place: int) -> bool:
    """Words are for whoever wrote them to take back: a reply that shows other people's, or the person's own, is filled in afresh each time
    it is read."""
    return place < len(says) and not says[place].values.keys().isdisjoint(("others", "own"))


def _choice_rows(message: MessageRow, choices: Sequence[Choice], question_no: int | None) -> list[dict[str, Any]]:
    return [
        {
            "id": new_id(),
            "conversation_id": message.conversation_id,
            "message_id": message.id,
            "place": place,
            "title": choice.title[:200],
            "intent": choice.intent,
            "entities": dict(choice.entities),
            "question_no": question_no,
        }
        for place, choice in enumerate(choices)
    ]


def replies_to(session: Session, message_id: str) -> list[MessageRow]:
    """What was said to a message, notices that it waits too."""
    return list(session.scalars(_REPLIES, {"message": message_id}))


def messages_after(session: Session, conversation_id: str, after: str | None, limit: int) -> tuple[list[MessageRow], bool]:
    """Messages after one (exclusive), oldest first, and whether there are more. An unknown `after` is the beginning."""
    start = session.scalar(select(MessageRow.seq).where(MessageRow.id == after)) if after and is_id(after) else None
    query = select(MessageRow).where(MessageRow.conversation_id == conversation_id, MessageRow.seq > (start or 0))
    rows = list(session.scalars(query.order_by(MessageRow.seq).limit(limit + 1)))
    return rows[:limit], len(rows) > limit


def choices_of(session: Session, message_ids: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
    """The choices of each message, as a client sees them."""
    found: dict[str, list[dict[str, Any]]] = {}
    for row in session.execute(_CHOICES, {"messages": message_ids}):
        found.setdefault(row.message_id, []).append({"id": row.id, "title": row.title})
    return found


def rendered_from(text: str, kind: Kind, response: str, buttons: Sequence[dict[str, Any]], sources: Sequence[dict[str, Any]]) -> Rendered:
    """A message as Rasa returned it."""
    choices = tuple(Choice(str(b["title"]), str(b["intent"]), dict(b.get("entities") or {})) for b in buttons)
    return Rendered(response, text, kind, choices, tuple(Source(s["title"], s["section"], s.get("url")) for s in sources))
