"""Reading and writing conversations: rows in, plain values out. Every function works inside the caller's unit of work."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from facilitator.checklist.position import Position
from facilitator.conversation.turn import (
    AnswerRecorded,
    AnswersErased,
    Choice,
    Fact,
    FlagRaised,
    Given,
    KeepingChosen,
    ReflectionRecorded,
    RoleChosen,
    Say,
    SharingChosen,
    Talk,
)
from facilitator.errors import NotFoundError
from facilitator.storage.models import (
    AnswerRow,
    ChoiceRow,
    ConversationRow,
    FlagRow,
    MessageRow,
    OutcomeRow,
    ReflectionRow,
    TokenRow,
    TrackerRow,
)
from facilitator.vocabulary import Kind, Rating, Role

TOKEN_DAYS = 90
UNLOGGED_IDLE = timedelta(hours=24)


def now() -> datetime:
    return datetime.now(UTC)


def new_id() -> str:
    """A 128-bit random id, safe in addresses and in Rasa."""
    return secrets.token_hex(16)


def digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


# ── conversations ──


def add_conversation(
    session: Session, talk: Talk, *, activity_id: str | None, channel: str, resume_code: str | None, person_id: str | None = None
) -> None:
    """Add a conversation; `person_id` is given when the same person already has another."""
    session.add(
        ConversationRow(
            id=talk.conversation_id,
            person_id=person_id or new_id(),
            activity_id=activity_id,
            channel=channel,
            kept=talk.kept,
            role=talk.role,
            lang=talk.lang,
            simple=talk.simple,
            resume_code_hash=digest(resume_code) if resume_code else None,
            position=talk.position.to_json(),
            state=talk.position.state,
            created_at=now(),
            last_active_at=now(),
        )
    )


def conversation(session: Session, conversation_id: str, *, for_change: bool = False) -> ConversationRow:
    """The conversation's row; `for_change` makes others who want to change it wait. Raises NotFoundError when there is none."""
    row = session.get(ConversationRow, conversation_id, with_for_update=for_change or None)
    if row is None:
        raise NotFoundError("conversation")
    return row


def load_talk(session: Session, row: ConversationRow) -> Talk:
    """The conversation as a plain value, with its current answers."""
    answers: Mapping[str, Given] = {}
    if row.kept:
        current = select(AnswerRow).where(AnswerRow.conversation_id == row.id, AnswerRow.superseded_at.is_(None))
        answers = {a.item: Given(Rating(a.rating) if a.rating else None, a.comment) for a in session.scalars(current)}
    return Talk(
        conversation_id=row.id,
        position=load_position(row),
        kept=row.kept,
        role=Role(row.role) if row.role else None,
        simple=row.simple,
        lang=row.lang,
        share_words=row.share_words,
        share_ratings=row.share_ratings,
        answers=answers,
    )


def load_position(row: ConversationRow) -> Position:
    return Position.from_json(row.position)


def save_position(row: ConversationRow, position: Position) -> None:
    row.position = position.to_json()
    row.state = position.state
    row.last_active_at = now()


# ── what happened ──


def write_facts(session: Session, row: ConversationRow, facts: Sequence[Fact], message_id: str) -> None:
    """Write down what happened. For someone whose answers are not kept, ratings, comments and reflections are dropped here."""
    for fact in facts:
        match fact:
            case KeepingChosen(keep):
                row.kept = keep
                row.resume_code_hash = row.resume_code_hash if keep else None
            case SharingChosen("words", allowed):
                row.share_words = allowed
            case SharingChosen(_, allowed):
                row.share_ratings = allowed
            case RoleChosen(role):
                row.role = role
            case AnswerRecorded() if row.kept:
                _write_answer(session, row, fact, message_id)
            case ReflectionRecorded(text, stage) if row.kept:
                session.add(
                    ReflectionRow(
                        conversation_id=row.id,
                        activity_id=row.activity_id,
                        stage=stage,
                        text=text,
                        message_id=message_id,
                        created_at=now(),
                    )
                )
            case FlagRaised(kind):
                session.add(FlagRow(conversation_id=row.id, message_id=message_id, kind=kind, created_at=now()))
            case AnswersErased():
                erase_words(session, row, keep_message=message_id)


def _write_answer(session: Session, row: ConversationRow, fact: AnswerRecorded, message_id: str) -> None:
    current = session.scalar(
        select(AnswerRow).where(AnswerRow.conversation_id == row.id, AnswerRow.item == fact.item, AnswerRow.superseded_at.is_(None))
    )
    rating = fact.rating or (current.rating if current else None)
    comment = fact.comment if fact.comment is not None else (current.comment if current else None)
    if current:
        current.superseded_at = now()
        session.flush()
    session.add(
        AnswerRow(
            conversation_id=row.id,
            activity_id=row.activity_id,
            role=row.role,
            stage=fact.stage,
            item=fact.item,
            topic=fact.topic,
            rating=rating,
            comment=comment,
            message_id=message_id,
            created_at=now(),
        )
    )


def erase_words(session: Session, row: ConversationRow, *, keep_message: str | None = None) -> None:
    """Delete everything this person said and rated; the conversation starts afresh. `keep_message` keeps its row, without words."""
    for table in (AnswerRow, ReflectionRow, ChoiceRow, OutcomeRow):
        session.execute(delete(table).where(table.conversation_id == row.id))
    session.execute(delete(MessageRow).where(MessageRow.conversation_id == row.id, MessageRow.id != (keep_message or "")))
    session.execute(
        update(MessageRow).where(MessageRow.id == (keep_message or "")).values(text=None, choice_id=None, intent=None, confidence=None)
    )
    session.execute(delete(TrackerRow).where(TrackerRow.conversation_id == row.id))
    row.kept, row.role, row.share_words, row.share_ratings = None, None, None, None


def erase_conversation(session: Session, conversation_id: str) -> None:
    """Delete a conversation and everything that belongs to it. Flags stay as kind and time without a name (a coordinator acted on them)."""
    row = conversation(session, conversation_id)
    erase_words(session, row)
    session.execute(delete(TokenRow).where(TokenRow.conversation_id == row.id))
    session.execute(update(FlagRow).where(FlagRow.conversation_id == row.id).values(conversation_id="erased", message_id=None))
    session.delete(row)


# ── outcomes: an action acts once ──


def stored_outcome(session: Session, message_id: str, action: str) -> tuple[Say, ...] | None:
    row = session.get(OutcomeRow, (message_id, action))
    return tuple(say_from_json(say) for say in row.says) if row else None


def add_outcome(session: Session, conversation_id: str, message_id: str, action: str, says: Sequence[Say]) -> None:
    session.add(
        OutcomeRow(
            message_id=message_id,
            action=action,
            conversation_id=conversation_id,
            says=[say_to_json(say) for say in says],
            created_at=now(),
        )
    )


def say_to_json(say: Say) -> dict[str, Any]:
    choices = [[choice.title, choice.intent, dict(choice.entities)] for choice in say.choices]
    return {"response": say.response, "kind": say.kind, "values": dict(say.values), "choices": choices}


def say_from_json(values: Mapping[str, Any]) -> Say:
    choices = tuple(Choice(title, intent, entities) for title, intent, entities in values["choices"])
    return Say(values["response"], Kind(values["kind"]), values["values"], choices)


# ── tokens ──


def add_token(session: Session, conversation_id: str) -> str:
    """Mint a 256-bit bearer token; only its hash is stored."""
    token = secrets.token_urlsafe(32)
    expires = now() + timedelta(days=TOKEN_DAYS)
    session.add(TokenRow(token_hash=digest(token), conversation_id=conversation_id, created_at=now(), expires_at=expires))
    return token


def token_opens(session: Session, token: str, conversation_id: str) -> bool:
    """Whether the token is for this conversation and still valid. Look-up is by hash, so nothing is compared byte by byte."""
    row = session.get(TokenRow, digest(token))
    return row is not None and row.conversation_id == conversation_id and row.expires_at > now()


def with_resume_code(session: Session, code: str) -> ConversationRow | None:
    found = select(ConversationRow).where(ConversationRow.resume_code_hash == digest(code), ConversationRow.kept.is_(True))
    return session.scalar(found)
