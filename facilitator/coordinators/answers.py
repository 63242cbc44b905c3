"""Answers that coordinators write: draft, published, withdrawn. What is published is live in every process within seconds."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import select, true
from sqlalchemy.orm import Session

from facilitator.coordinators import audit
from facilitator.coordinators.audit import Action
from facilitator.coordinators.examples import too_close
from facilitator.coordinators.flags import FlagState, may_be_read, own_message, visible
from facilitator.coordinators.questions import Question
from facilitator.coordinators.rights import Post, Viewer
from facilitator.errors import FacilitatorError, NotFoundError
from facilitator.storage.conversations import new_id, now
from facilitator.storage.models import ConversationRow, FlagEventRow, FlagRow, MessageRow, WrittenAnswerRow
from facilitator.vocabulary import FlagKind

MAX_QUESTION, MAX_TEXT, MAX_CREDIT, MOST_ASKS = 200, 1200, 120, 20


class AnswerState(StrEnum):
    DRAFT = "draft"
    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"


MOVES: Mapping[AnswerState, tuple[AnswerState, ...]] = {
    AnswerState.DRAFT: (AnswerState.PUBLISHED,),
    AnswerState.PUBLISHED: (AnswerState.WITHDRAWN,),
    AnswerState.WITHDRAWN: (AnswerState.PUBLISHED,),
}
"""Where an answer may go from where. Buttons and the check below both come from here."""


class AnswerFault(StrEnum):
    """Why an answer cannot be as it is; each has its words in knowledge/messages/review.yml."""

    QUESTION = "answer_question"
    QUESTION_CLOSE = "answer_question_close"
    ASKS = "answer_asks"
    TEXT = "answer_text"
    CREDIT = "answer_credit"
    ACTIVITY = "answer_activity"
    MOVED = "answer_moved"


class AnswerError(FacilitatorError):
    """`faults` by the form's field."""

    def __init__(self, faults: Mapping[str, AnswerFault]) -> None:
        super().__init__(f"The answer cannot be so: {', '.join(faults)}.")
        self.faults = faults


@dataclass(frozen=True)
class Draft:
    """An answer as typed. `asks` are other ways to ask, one a line."""

    question: str = ""
    asks: str = ""
    text: str = ""
    credit: str = ""

    @property
    def asked(self) -> str:
        return self.question.strip()

    @property
    def ways(self) -> list[str]:
        return list(dict.fromkeys(" ".join(line.split()) for line in self.asks.split("\n") if line.strip()))


def check(draft: Draft, said: Sequence[str] = (), before: Collection[str] = ()) -> None:
    """Raises AnswerError.

    `said` are questions as people asked them: their words are not shown to others. `before` are the ways to ask that stand there already:
    a question that is like a published one because it was asked later is no reason against mending something else.
    """
    faults: dict[str, AnswerFault] = {}
    if not 0 < len(draft.asked) <= MAX_QUESTION:
        faults["question"] = AnswerFault.QUESTION
    if len(draft.ways) > MOST_ASKS or any(len(way) > MAX_QUESTION for way in draft.ways):
        faults["asks"] = AnswerFault.ASKS
    for name, lines in (("question", [draft.asked]), ("asks", draft.ways)):
        typed = "\n".join(line for line in lines if line not in before)
        if any(too_close(typed, words) for words in said):
            faults.setdefault(name, AnswerFault.QUESTION_CLOSE)
    if not 0 < len(draft.text.strip()) <= MAX_TEXT:
        faults["text"] = AnswerFault.TEXT
    if not 0 < len(draft.credit.strip()) <= MAX_CREDIT:
        faults["credit"] = AnswerFault.CREDIT
    if faults:
        raise AnswerError(faults)


# ── looking ──


def everything(session: Session, viewer: Viewer) -> Sequence[WrittenAnswerRow]:
    """Answers this viewer looks after, what was changed last first."""
    mine = true() if viewer.post is Post.ADMIN else WrittenAnswerRow.activity_id.in_(viewer.activities)
    return session.scalars(select(WrittenAnswerRow).where(mine).order_by(WrittenAnswerRow.changed_at.desc())).all()


def answer(session: Session, answer_id: str) -> WrittenAnswerRow:
    """Raises NotFoundError."""
    row = session.get(WrittenAnswerRow, answer_id)
    if row is None:
        raise NotFoundError("There is no such answer.")
    return row


def activity_of(session: Session, answer_id: str) -> str | None:
    return answer(session, answer_id).activity_id


# ── writing ──


def write(session: Session, viewer: Viewer, draft: Draft, questions: Sequence[Question], activity_id: str | None) -> WrittenAnswerRow:
    """A new draft that answers these questions. Raises AnswerError."""
    if not viewer.sees(activity_id):
        raise AnswerError({"activity": AnswerFault.ACTIVITY})
    check(draft, [question.text for question in questions])
    row = WrittenAnswerRow(id=new_id()[:12], activity_id=activity_id, state=AnswerState.DRAFT, by=viewer.id, created_at=now())
    _fill(row, draft)
    session.add(row)
    session.flush()
    for flag in session.scalars(select(FlagRow).where(FlagRow.id.in_([question.flag_id for question in questions]))):
        flag.answer_id = row.id
    audit.write(session, viewer.id, Action.KNOWLEDGE_CHANGED, f"answer:{row.id}", state=row.state, questions=len(questions))
    return row


def change(session: Session, viewer: Viewer, answer_id: str, draft: Draft) -> None:
    """Raises AnswerError, NotFoundError."""
    row = answer(session, answer_id)
    check(draft, _asked(session, viewer, row), {row.question, *row.asks})
    _fill(row, draft)
    audit.write(session, viewer.id, Action.KNOWLEDGE_CHANGED, f"answer:{row.id}", state=row.state, changed=True)


def _asked(session: Session, viewer: Viewer, row: WrittenAnswerRow) -> Sequence[str]:
    """The questions it answers, as people asked them.

    A draft answers those that it was written from, whether or not they may be read still. Once it has been published it answers others' too
    (`web.review.telling`): to refuse a wording because it is theirs would tell what they wrote, so only those that this viewer may read.
    """
    found = select(MessageRow.text).join(FlagRow, own_message()).join(ConversationRow, ConversationRow.id == FlagRow.conversation_id)
    found = found.where(FlagRow.answer_id == row.id)
    if row.state != AnswerState.DRAFT:
        found = found.where(visible(viewer), may_be_read())
    return [text for text in session.scalars(found) if text]


def _fill(row: WrittenAnswerRow, draft: Draft) -> None:
    row.question, row.asks, row.text, row.credit = draft.asked, draft.ways, draft.text.strip(), draft.credit.strip()
    row.changed_at = now()


def move(session: Session, viewer: Viewer, answer_id: str, to: AnswerState) -> None:
    """Publish or withdraw. Publishing closes the questions it answers. Raises AnswerError: it is not where it was; NotFoundError."""
    row = answer(session, answer_id)
    if to not in MOVES[AnswerState(row.state)]:
        raise AnswerError({"state": AnswerFault.MOVED})
    row.state, row.changed_at = to, now()
    if to is AnswerState.PUBLISHED:
        waiting = select(FlagRow).where(FlagRow.answer_id == row.id, FlagRow.state != FlagState.CLOSED)
        for flag in session.scalars(waiting).all():
            close(session, viewer, flag, row.id)
    audit.write(session, viewer.id, Action.KNOWLEDGE_CHANGED, f"answer:{row.id}", state=to.value)


def close(session: Session, viewer: Viewer, flag: FlagRow, answer_id: str) -> None:
    """Close the flag of a question that has an answer now."""
    flag.state, flag.answer_id = FlagState.CLOSED, answer_id
    session.add(FlagEventRow(flag_id=flag.id, conversation_id=flag.conversation_id, state=FlagState.CLOSED, by=viewer.id, at=now()))
    audit.write(session, viewer.id, Action.FLAG_CHANGED, f"flag:{flag.id}", after=FlagState.CLOSED.value, answer=answer_id)


def to_be_told(session: Session, answer_id: str) -> Sequence[FlagRow]:
    """Questions it answers whose writers asked to be told and have not been."""
    wanting = FlagRow.wants_answer.is_(True) & FlagRow.told_at.is_(None)
    return session.scalars(select(FlagRow).where(FlagRow.answer_id == answer_id, wanting).order_by(FlagRow.id)).all()


def still_asking(session: Session, most: int = 500) -> Sequence[FlagRow]:
    """Open questions nobody has linked to an answer, whose writers asked to be told: the newest."""
    wanting = FlagRow.wants_answer.is_(True) & FlagRow.told_at.is_(None) & FlagRow.answer_id.is_(None)
    open_ones = (FlagRow.kind == FlagKind.UNANSWERED) & (FlagRow.state != FlagState.CLOSED)
    return session.scalars(select(FlagRow).where(open_ones, wanting).order_by(FlagRow.id.desc()).limit(most)).all()
