"""Writing down what happened in a turn: one writer for each kind of fact, inside the caller's unit of work."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from facilitator.conversation.turn import (
    AnswerErased,
    AnswerRecorded,
    AnswersErased,
    AnswerWanted,
    Fact,
    FlagRaised,
    KeepingChosen,
    LadderAnswered,
    NameChosen,
    NextStepWritten,
    ReflectionRecorded,
    ReflectionsShared,
    RequestForgotten,
    RoleChosen,
    SharingChosen,
    WrittenErased,
)
from facilitator.errors import NotFoundError
from facilitator.parity.store import forget
from facilitator.storage import search
from facilitator.storage.conversations import erase_answer, erase_words, erase_written, flag_of, now
from facilitator.storage.models import AnswerRow, ConversationRow, FlagRow, LadderRow, NextStepRow, ReflectionRow
from facilitator.storage.replies import empty_messages
from facilitator.vocabulary import FlagKind, StepState, VisibleTo


def write_facts(session: Session, row: ConversationRow, facts: Sequence[Fact], message_id: str) -> None:
    """Write down what happened. For someone whose answers are not kept, ratings, words of every kind and who they are are dropped here."""
    for fact in facts:
        if row.kept or not isinstance(fact, _ONLY_KEPT):
            _WRITERS[type(fact)](session, row, fact, message_id)


def _keeping(session: Session, row: ConversationRow, fact: KeepingChosen, message_id: str) -> None:
    """After a no nothing says who this is, and no code leads back; a yes after that finds both to be given anew."""
    row.kept = fact.keep
    if not fact.keep:
        search.forget(session, [row.id])
        row.role, row.pseudonym, row.resume_code_hash = None, None, None


def _sharing(session: Session, row: ConversationRow, fact: SharingChosen, message_id: str) -> None:
    if fact.layer == "words":
        row.share_words = fact.allowed
        row.search_due = fact.allowed
        if not fact.allowed:
            search.forget(session, [row.id])
            _reflections_taken_back(session, row)
    else:
        row.share_ratings = fact.allowed
        if not fact.allowed:
            forget(session, row.id, row.activity_id)


def _reflections_taken_back(session: Session, row: ConversationRow) -> None:
    """No coordinator can read their words: nor the reflections that they had been shown. Sharing one again is a choice of its own."""
    session.execute(update(ReflectionRow).where(ReflectionRow.conversation_id == row.id).values(visible_to=VisibleTo.ME))


def _role(session: Session, row: ConversationRow, fact: RoleChosen, message_id: str) -> None:
    row.role = fact.role


def _name(session: Session, row: ConversationRow, fact: NameChosen, message_id: str) -> None:
    row.pseudonym = fact.pseudonym


def _answer(session: Session, row: ConversationRow, fact: AnswerRecorded, message_id: str) -> None:
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


def _answer_erased(session: Session, row: ConversationRow, fact: AnswerErased, message_id: str) -> None:
    if not fact.words_only:
        forget(session, row.id, row.activity_id, item=fact.item)
    erase_answer(session, row, fact.item, words_only=fact.words_only)
    _request_forgotten(session, row, RequestForgotten(), message_id)


def _written_erased(session: Session, row: ConversationRow, fact: WrittenErased, message_id: str) -> None:
    erase_written(session, row, fact.id)
    _request_forgotten(session, row, RequestForgotten(), message_id)


def _request_forgotten(session: Session, row: ConversationRow, fact: RequestForgotten, message_id: str) -> None:
    empty_messages(session, row.id, [message_id])
    if row.share_words:
        search.rewrite(session, [row.id])


def _reflection(session: Session, row: ConversationRow, fact: ReflectionRecorded, message_id: str) -> None:
    session.add(
        ReflectionRow(
            conversation_id=row.id,
            activity_id=row.activity_id,
            stage=fact.stage,
            prompt=fact.prompt,
            text=fact.text,
            message_id=message_id,
            created_at=now(),
        )
    )


def _reflections_shared(session: Session, row: ConversationRow, fact: ReflectionsShared, message_id: str) -> None:
    own = (ReflectionRow.conversation_id == row.id) & ReflectionRow.message_id.in_(fact.reflections)
    session.execute(update(ReflectionRow).where(own).values(visible_to=fact.visible_to))


def _next_step(session: Session, row: ConversationRow, fact: NextStepWritten, message_id: str) -> None:
    known = session.get(NextStepRow, fact.id)
    if known is not None and known.conversation_id != row.id:
        _somebody_elses(known, row, fact)
        return
    written = known or NextStepRow(id=fact.id, conversation_id=row.id, activity_id=row.activity_id, created_at=now())
    step = fact.step
    written.stage, written.item, written.what = step.stage, step.item, step.what
    written.who, written.due_on, written.state = step.who, step.due_on, step.state
    written.closed_at = None if step.state is StepState.OPEN else now()
    session.add(written)


def _somebody_elses(known: NextStepRow, row: ConversationRow, fact: NextStepWritten) -> None:
    """Whoever was asked to do a step may say that it is done; the words stay those of the person who wrote them."""
    if row.activity_id is None or known.activity_id != row.activity_id or known.who not in (row.pseudonym, row.role):
        raise NotFoundError("next step")
    known.state, known.closed_at = fact.step.state, now()


def _ladder(session: Session, row: ConversationRow, fact: LadderAnswered, message_id: str) -> None:
    if fact.stands is not None:
        about = {"conversation_id": row.id, "activity_id": row.activity_id, "role": row.role}
        session.add(LadderRow(**about, stands=fact.stands, wanted=None, message_id=message_id, created_at=now()))
        return
    newest = session.scalar(select(LadderRow).where(LadderRow.conversation_id == row.id).order_by(LadderRow.id.desc()).limit(1))
    if newest is not None:
        newest.wanted = fact.wanted


def _flag(session: Session, row: ConversationRow, fact: FlagRaised, message_id: str) -> None:
    session.add(flag_of(row, fact.kind, message_id))


def _answer_wanted(session: Session, row: ConversationRow, fact: AnswerWanted, message_id: str) -> None:
    own = (FlagRow.conversation_id == row.id) & (FlagRow.kind == FlagKind.UNANSWERED)
    newest = session.scalar(select(FlagRow).where(own).order_by(FlagRow.id.desc()).limit(1))
    if newest is not None:
        newest.wants_answer = True


def _erased(session: Session, row: ConversationRow, fact: AnswersErased, message_id: str) -> None:
    forget(session, row.id, row.activity_id)
    erase_words(session, row, keep_message=message_id)
    row.pseudonym = fact.pseudonym


_ONLY_KEPT = (
    RoleChosen,
    AnswerRecorded,
    AnswerErased,
    WrittenErased,
    ReflectionRecorded,
    NextStepWritten,
    LadderAnswered,
    NameChosen,
    AnswerWanted,
)
_WRITERS: Mapping[type, Callable[[Session, ConversationRow, Any, str], None]] = {
    KeepingChosen: _keeping,
    SharingChosen: _sharing,
    RoleChosen: _role,
    NameChosen: _name,
    AnswerRecorded: _answer,
    AnswerErased: _answer_erased,
    WrittenErased: _written_erased,
    RequestForgotten: _request_forgotten,
    ReflectionRecorded: _reflection,
    ReflectionsShared: _reflections_shared,
    NextStepWritten: _next_step,
    LadderAnswered: _ladder,
    FlagRaised: _flag,
    AnswerWanted: _answer_wanted,
    AnswersErased: _erased,
}
