"""Reading and writing conversations: rows in, plain values out. Every function works inside the caller's unit of work."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Row, bindparam, delete, insert, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from facilitator.checklist.position import Position
from facilitator.checklist.timing import stage_on
from facilitator.conversation.turn import (
    AboutActivity,
    Choice,
    Given,
    NextStep,
    Say,
    Shared,
    Talk,
)
from facilitator.errors import NotFoundError
from facilitator.storage import erased, replies
from facilitator.storage.models import (
    ActivityRow,
    AnswerRow,
    Base,
    ChoiceRow,
    ConversationNoteRow,
    ConversationRow,
    ConversationTagRow,
    FlagEventRow,
    FlagRow,
    LadderRow,
    MessageRow,
    NextStepRow,
    OutcomeRow,
    ReflectionRow,
    SearchDocumentRow,
    SlackOutRow,
    TokenRow,
    TrackerRow,
)
from facilitator.vocabulary import FlagKind, Kind, Rating, Role, Stage, StepState, VisibleTo

TOKEN_DAYS = 90
MOST_MEMBERS = 200
MOST_SHOWN = 10
UNLOGGED_IDLE = timedelta(hours=24)
_ID = re.compile(r"[0-9a-f]{32}")

# Put together once, as in `inbox`: these are asked in every turn.
_ANSWER, _STEP, _REFLECTION, _RUNG = AnswerRow.__table__.c, NextStepRow.__table__.c, ReflectionRow.__table__.c, LadderRow.__table__.c
_OUTCOME, _TOKEN = OutcomeRow.__table__.c, TokenRow.__table__.c
_WHOSE: BindParameter[str] = bindparam("conversation")
_ANSWERS = (
    select(_ANSWER.item, _ANSWER.rating, _ANSWER.comment)
    .where(_ANSWER.conversation_id == _WHOSE, _ANSWER.superseded_at.is_(None))
    .order_by(_ANSWER.id)
)
_STEPS = select(*_STEP).where(_STEP.conversation_id == _WHOSE).order_by(_STEP.created_at, _STEP.id)
_REFLECTIONS = select(_REFLECTION.message_id).where(_REFLECTION.conversation_id == _WHOSE).order_by(_REFLECTION.id)
_STANDS = select(_RUNG.stands).where(_RUNG.conversation_id == _WHOSE).order_by(_RUNG.id.desc()).limit(1)
_SAID_BEFORE = select(_OUTCOME.says).where(_OUTCOME.message_id == bindparam("message"), _OUTCOME.action == bindparam("action"))
_ADD_OUTCOME = insert(Base.metadata.tables["action_outcome"])
_CONVERSATION = select(ConversationRow).where(ConversationRow.id == _WHOSE)
_FOR_CHANGE = _CONVERSATION.with_for_update().execution_options(populate_existing=True)
_OPENED = (
    select(ConversationRow)
    .join(TokenRow, TokenRow.conversation_id == ConversationRow.id)
    .where(ConversationRow.id == _WHOSE, TokenRow.token_hash == bindparam("hash"), TokenRow.expires_at > bindparam("moment"))
)
_OPENED_FOR_CHANGE = _OPENED.with_for_update(of=ConversationRow).execution_options(populate_existing=True)


def now() -> datetime:
    return datetime.now(UTC)


def new_id() -> str:
    """A 128-bit random id, safe in addresses and in Rasa."""
    return secrets.token_hex(16)


def is_id(text: str) -> bool:
    """Whether this can be one of our ids. Anything else that comes as one is whatever somebody chose to write."""
    return _ID.fullmatch(text) is not None


def digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


# ── conversations ──


def flag_of(row: ConversationRow, kind: FlagKind, message_id: str | None, at: datetime | None = None) -> FlagRow:
    """A flag to add. It says itself which activity it is of: the conversation may go before anybody has looked."""
    return FlagRow(conversation_id=row.id, activity_id=row.activity_id, message_id=message_id, kind=kind, created_at=at or now())


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
            pseudonym=talk.pseudonym,
            lang=talk.lang,
            simple=talk.simple,
            resume_code_hash=digest(resume_code) if resume_code else None,
            position=talk.position.to_json(),
            state=talk.position.state,
            stage=talk.position.stage,
            created_at=now(),
            last_active_at=now(),
        )
    )


def conversation(session: Session, conversation_id: str, *, for_change: bool = False) -> ConversationRow:
    """The conversation's row; `for_change` makes others who want to change it wait. Raises NotFoundError when there is none."""
    row = find(session, conversation_id, for_change=for_change)
    if row is None:
        raise NotFoundError("conversation")
    return row


def find(session: Session, conversation_id: str, *, for_change: bool = False) -> ConversationRow | None:
    """As `conversation`; None when there is none."""
    return session.scalars(_FOR_CHANGE if for_change else _CONVERSATION, {"conversation": conversation_id}).one_or_none()


def load_talk(session: Session, row: ConversationRow, bare: Talk | None = None) -> Talk:
    """The conversation as a plain value, with its current answers and, for those who keep them, all else the person wrote down.

    `bare`: what `bare_talk` says, where that is known.
    """
    talk = bare or bare_talk(session, row)
    if not row.kept:
        return talk
    # these go past the ORM, which would write down first what the session still holds
    session.flush()
    whose = {"conversation": row.id}
    answers, steps = session.execute(_ANSWERS, whose), session.execute(_STEPS, whose)
    return replace(
        talk,
        answers={item: Given(Rating(rating) if rating else None, comment) for item, rating, comment in answers},
        next_steps={step.id: _next_step(step) for step in steps},
        reflections=tuple(session.scalars(_REFLECTIONS, whose)),
        rung=session.scalar(_STANDS, whose),
        asked_of_me=_asked_of(session, row),
        shared=_shared_with(session, row),
    )


def _asked_of(session: Session, row: ConversationRow) -> dict[str, NextStep]:
    """Open next steps of others in the activity for this person or their role."""
    if row.activity_id is None:
        return {}
    mine = (NextStepRow.activity_id == row.activity_id) & (NextStepRow.conversation_id != row.id) & (NextStepRow.state == StepState.OPEN)
    me = [who for who in (row.pseudonym, row.role) if who]
    found = select(NextStepRow).where(mine, NextStepRow.who.in_(me)).order_by(NextStepRow.created_at.desc()).limit(MOST_SHOWN)
    return {step.id: _next_step(step) for step in session.scalars(found)}


def _shared_with(session: Session, row: ConversationRow) -> dict[str, Shared]:
    """The latest reflections that others in the activity shared with everyone in it."""
    if row.activity_id is None:
        return {}
    theirs = (ReflectionRow.activity_id == row.activity_id) & (ReflectionRow.conversation_id != row.id)
    found = (
        select(ReflectionRow, ConversationRow.pseudonym)
        .join(ConversationRow, ConversationRow.id == ReflectionRow.conversation_id)
        .where(theirs, ReflectionRow.visible_to == VisibleTo.GROUP)
        .order_by(ReflectionRow.id.desc())
        .limit(MOST_SHOWN)
    )
    return {str(reflection.id): Shared(reflection.text, by or "", reflection.prompt) for reflection, by in session.execute(found)}


def bare_talk(session: Session, row: ConversationRow) -> Talk:
    """What the conversation's own row says of it."""
    return Talk(
        conversation_id=row.id,
        position=load_position(row),
        kept=row.kept,
        role=Role(row.role) if row.role else None,
        simple=row.simple,
        lang=row.lang,
        share_words=row.share_words,
        share_ratings=row.share_ratings,
        pseudonym=row.pseudonym,
        activity=_about_activity(session, row),
    )


def _about_activity(session: Session, row: ConversationRow) -> AboutActivity | None:
    activity = session.get(ActivityRow, row.activity_id) if row.activity_id else None
    if activity is None:
        return None
    happens_on = activity.happens_on.date() if activity.happens_on else None
    members = select(ConversationRow.pseudonym).where(
        ConversationRow.activity_id == activity.id, ConversationRow.kept.is_(True), ConversationRow.pseudonym.is_not(None)
    )
    found = session.scalars(members.order_by(ConversationRow.pseudonym).limit(MOST_MEMBERS)) if row.kept else ()
    named = tuple(name for name in found if name)
    return AboutActivity(
        activity.title,
        happens_on,
        stage_on(date.today(), happens_on),
        named,
        activity.join_code,
        frozenset() if row.pseudonym else names_in(session, activity.id),
        activity.raw_text_days,
        activity.answer_days,
    )


def _next_step(row: NextStepRow | Row[Any]) -> NextStep:
    return NextStep(row.what, row.who, row.due_on, StepState(row.state), Stage(row.stage) if row.stage else None, row.item)


def has_ended(row: ConversationRow) -> bool:
    """Whether it was left for a day with nothing kept: then it is over, cleared away or not."""
    return not row.kept and row.last_active_at < now() - UNLOGGED_IDLE


def ended_by(at: datetime) -> ColumnElement[bool]:
    """`has_ended` for the database to find, as of a moment."""
    return ConversationRow.kept.is_not(True) & (ConversationRow.last_active_at < at - UNLOGGED_IDLE)


def load_position(row: ConversationRow) -> Position:
    return Position.from_json(row.position)


def save_position(row: ConversationRow, position: Position) -> None:
    row.position = position.to_json()
    row.state = position.state
    row.stage = position.stage
    row.last_active_at = now()


# ── erasing ──


type _Said = type[AnswerRow | ReflectionRow | NextStepRow | LadderRow | ConversationNoteRow | FlagEventRow]
# What was said and what coordinators wrote of it, with its time.
SAID_AT: dict[_Said, InstrumentedAttribute[datetime]] = {
    AnswerRow: AnswerRow.created_at,
    ReflectionRow: ReflectionRow.created_at,
    NextStepRow: NextStepRow.created_at,
    LadderRow: LadderRow.created_at,
    ConversationNoteRow: ConversationNoteRow.at,
    FlagEventRow: FlagEventRow.at,
}
# What goes with a person's words.
_THEIRS = (*SAID_AT, ChoiceRow, OutcomeRow, SearchDocumentRow, ConversationTagRow)


def erase_words(session: Session, row: ConversationRow, *, keep_message: str | None = None, remember: bool = True) -> None:
    """Delete everything this person said and rated; the conversation starts afresh. `keep_message` keeps its row, without words.

    Whoever calls it has taken the ratings out of the group's figures (`parity.store.forget`). `remember`: write it to the list of what was
    erased.
    """
    if remember:
        erased.note(session, erased.Gone.WORDS, [row.id])
    for table in _THEIRS:
        session.execute(delete(table).where(table.conversation_id == row.id))
    leave_unsaid(session, row)
    session.execute(delete(MessageRow).where(MessageRow.conversation_id == row.id, MessageRow.id != (keep_message or "")))
    replies.empty_messages(session, row.id, [keep_message or ""])
    session.execute(delete(TrackerRow).where(TrackerRow.conversation_id == row.id))
    row.kept, row.role, row.share_words, row.share_ratings, row.pseudonym = None, None, None, None, None
    review_anew(row)
    row.search_due = False
    left = {"messages": int(keep_message is not None), "fallbacks": 0}
    session.execute(update(ConversationRow).where(ConversationRow.id == row.id).values(left).execution_options(synchronize_session=False))


def erase_answer(
    session: Session,
    row: ConversationRow,
    item: str,
    *,
    words_only: bool = False,
    remember: bool = True,
    before: datetime | None = None,
) -> None:
    """Delete one answer with its history, and the words of the messages it was given in. What was asked, and what comes after, stays.

    Whoever calls it has taken the rating out of the group's figures (`parity.store.forget`). `words_only`: the ratings stay.
    `remember`: write it to the list of what was erased. `before`: only what was given before that moment.
    """
    if remember:
        gone = erased.Gone.ANSWER_WORDS if words_only else erased.Gone.ANSWER
        erased.note(session, gone, [erased.answer_of(row.id, item)])
    leave_unsaid(session, row)
    of_item = (AnswerRow.conversation_id == row.id) & (AnswerRow.item == item)
    theirs = of_item & (AnswerRow.created_at < (before or replies.EVER))
    given = session.execute(select(AnswerRow.message_id, AnswerRow.comment).where(theirs)).all()
    given_in = {message_id for message_id, _ in given}
    session.execute(update(AnswerRow).where(theirs).values(comment=None) if words_only else delete(AnswerRow).where(theirs))
    if before is not None:
        _forget_in_newer(session, of_item, [comment for _, comment in given if comment])
    replies.empty_messages(session, row.id, given_in)
    # "I have noted: yes" goes, the question after it stays
    noted = (MessageRow.conversation_id == row.id) & MessageRow.reply_to.in_(given_in) & (MessageRow.kind != Kind.QUESTION)
    session.execute(update(MessageRow).where(noted).values(text=None, say=None, sources=None))
    if not words_only:  # words are filled in afresh, so no other reply holds them
        replies.forget(session, row.id, replies.Taken(items=replies.answered_again(session, row.id, [item])))
    session.execute(delete(OutcomeRow).where(OutcomeRow.conversation_id == row.id, OutcomeRow.message_id.in_(given_in)))


def _forget_in_newer(session: Session, of_item: ColumnElement[bool], words: Sequence[str]) -> None:
    """A newer answer takes over the words of the one before it, alone or with more after them: what it took over goes."""
    for answer in session.scalars(select(AnswerRow).where(of_item, AnswerRow.comment.is_not(None))):
        for taken_over in sorted(words, key=len, reverse=True):
            if answer.comment == taken_over:
                answer.comment = None
                break
            if answer.comment and answer.comment.startswith(f"{taken_over}\n"):
                answer.comment = answer.comment.removeprefix(f"{taken_over}\n")
                break
    session.flush()


def erase_written(session: Session, row: ConversationRow, written: str, *, remember: bool = True) -> None:
    """Delete the next step or the reflections that one message of theirs wrote down, and its words. `remember`: as above."""
    if remember:
        erased.note(session, erased.Gone.MESSAGE, [erased.message_of(row.id, written)])
    leave_unsaid(session, row)
    session.execute(delete(NextStepRow).where(NextStepRow.conversation_id == row.id, NextStepRow.id == written))
    session.execute(delete(ReflectionRow).where(ReflectionRow.conversation_id == row.id, ReflectionRow.message_id == written))
    replies.forget(session, row.id, replies.Taken(steps=[written]))
    replies.empty_messages(session, row.id, [written])


def leave_unsaid(session: Session, row: ConversationRow) -> None:
    """A summary or a reminder that still waits for Slack may quote what goes: it is not sent, and can be asked for again.

    The bot's own replies do not wait there, so that something was deleted is still said.
    """
    session.execute(delete(SlackOutRow).where(SlackOutRow.conversation_id == row.id))


def review_anew(row: ConversationRow) -> None:
    """What a coordinator had reviewed is gone, and with it what they thought of it."""
    row.review, row.reviewed_at, row.reviewed_by = None, None, None


# ── outcomes: an action acts once ──


def stored_outcome(session: Session, message_id: str, action: str) -> tuple[Say, ...] | None:
    says = session.scalar(_SAID_BEFORE, {"message": message_id, "action": action})
    return tuple(say_from_json(say) for say in says) if says is not None else None


def add_outcome(session: Session, conversation_id: str, message_id: str, action: str, says: Sequence[Say]) -> None:
    outcome = {"message_id": message_id, "action": action, "conversation_id": conversation_id, "created_at": now()}
    session.execute(_ADD_OUTCOME, {**outcome, "says": [say_to_json(say) for say in says]})


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


def opened_by(session: Session, token: str, conversation_id: str, *, for_change: bool = False) -> ConversationRow | None:
    """The conversation's row, where the token is for it and still valid; `for_change` as for `conversation`.

    Look-up is by hash, so nothing is compared byte by byte.
    """
    asked = {"hash": digest(token), "conversation": conversation_id, "moment": now()}
    return session.scalars(_OPENED_FOR_CHANGE if for_change else _OPENED, asked).one_or_none()


def has_opened(session: Session, token: str, conversation_id: str) -> bool:
    """Whether the token is for this conversation, be it still valid or not."""
    row = session.get(TokenRow, digest(token)) if token else None
    return row is not None and row.conversation_id == conversation_id


def person_of(session: Session, token: str) -> str | None:
    """Whose token this is, when that person keeps their answers: their next conversation is theirs too."""
    row = session.get(TokenRow, digest(token)) if token else None
    owner = session.get(ConversationRow, row.conversation_id) if row is not None and row.expires_at > now() else None
    return owner.person_id if owner is not None and owner.kept else None


def names_in(session: Session, activity_id: str) -> frozenset[str]:
    """Every pseudonym given in an activity, so that none is given twice."""
    given = select(ConversationRow.pseudonym).where(ConversationRow.activity_id == activity_id, ConversationRow.pseudonym.is_not(None))
    return frozenset(name for name in session.scalars(given) if name)


def accept_resume_code(session: Session, row: ConversationRow, code: str) -> bool:
    """Let a code lead back here where none does yet and this one leads nowhere else. Returns whether it does."""
    hashed = digest(code)
    elsewhere = select(ConversationRow.id).where(ConversationRow.resume_code_hash == hashed)
    if row.resume_code_hash is None and session.scalar(elsewhere) is None:
        row.resume_code_hash = hashed
    return row.resume_code_hash == hashed


def with_resume_code(session: Session, code: str) -> ConversationRow | None:
    found = select(ConversationRow).where(ConversationRow.resume_code_hash == digest(code), ConversationRow.kept.is_(True))
    return session.scalar(found)
