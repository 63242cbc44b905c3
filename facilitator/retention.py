"""Forgetting on time: what people were promised when they chose to keep their answers (or not to).

Words go after `raw_text_days`; answers, reflections, next steps and places on the ladder after `answer_days`; a conversation when
nothing was said in it for that long, or for a day where nobody kept it; a token when it has expired; what Slack has not taken, after a
day. What is younger stays. An activity may set its own periods; then those count for the conversations in it. What an action said goes a
day after its message was answered, and an export on disk after 30 days: copies, which are not counted.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast

from sqlalchemy import ColumnElement, CursorResult, and_, delete, func, not_, null, or_, select, tuple_, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from facilitator import erasure
from facilitator.periods import Periods
from facilitator.storage import replies, search
from facilitator.storage.conversations import ended_by
from facilitator.storage.database import Database
from facilitator.storage.inbox import PENDING
from facilitator.storage.models import (
    ActivityRow,
    AnswerRow,
    Base,
    ConversationRow,
    LadderRow,
    MessageRow,
    NextStepRow,
    OutcomeRow,
    ReflectionRow,
    ReleaseRow,
    SlackOutRow,
    TokenRow,
)

BATCH = 500
UNSENT = timedelta(days=1)
# An outcome is for an action call that comes again. That can only be for a message still to be answered, however long Rasa is away; the
# day is for a process that stood still in the middle of a turn.
REPEATS = timedelta(days=1)
EXPORTS = timedelta(days=30)
type Said = type[AnswerRow | ReflectionRow | NextStepRow | LadderRow]
# What people said, by the name it is counted under.
SAID: dict[str, Said] = {
    "answers": AnswerRow,
    "reflections": ReflectionRow,
    "next_steps": NextStepRow,
    "ladders": LadderRow,
}
# The message that each was said in.
_SAID_IN = {
    AnswerRow: AnswerRow.message_id,
    ReflectionRow: ReflectionRow.message_id,
    NextStepRow: NextStepRow.id,
    LadderRow: LadderRow.message_id,
}


@dataclass(frozen=True)
class Purged:
    """How many of each went, or would go. What goes with its conversation is counted as the conversation alone."""

    texts: int = 0
    answers: int = 0
    reflections: int = 0
    next_steps: int = 0
    ladders: int = 0
    conversations: int = 0
    tokens: int = 0

    def counts(self) -> dict[str, int]:
        return asdict(self)

    def __add__(self, other: Purged) -> Purged:
        return Purged(**{name: count + other.counts()[name] for name, count in self.counts().items()})

    def __bool__(self) -> bool:
        return any(self.counts().values())


def purge_all(database: Database, now: datetime, periods: Periods, *, data_dir: Path | None = None, dry_run: bool = False) -> Purged:
    """Delete everything that is due, 500 rows a transaction, so that nobody's turn waits long; a dry run counts the same.

    Running it again, or in two processes at once, does no harm. In SQLite the words are gone from the file afterwards.

    Args:
        periods: the organisation's. data_dir: where exports of what ends, and old ones, are deleted too.
    """
    limits = Limits(now, periods)
    if dry_run:
        with database.reading() as session:
            return _count(session, limits)
    with database.unit_of_work() as session:
        unsent = _drop_unsent(session, now)
    total = Purged()
    while True:
        with database.unit_of_work() as session:
            done = _purge_batch(session, limits, data_dir)
        if not done:
            break
        total += done
    done_with = True
    while done_with:
        with database.unit_of_work() as session:
            done_with = _purge_outcomes(session, limits)
    if total or unsent:
        erasure.scrub(database)
    if data_dir is not None:
        erasure.delete_old_exports(data_dir, now - EXPORTS)
    return total


# ── what is due ──


@dataclass(frozen=True)
class Limits:
    """The moment, and the organisation's periods; an activity's own, where set, count before these."""

    now: datetime
    periods: Periods

    def over(self, session: Session) -> ColumnElement[bool]:
        """Conversations that end."""
        past = self._past(session, ConversationRow.last_active_at, ActivityRow.answer_days, self.periods.answer_days)
        return or_(ended_by(self.now), past)

    def texts(self, session: Session) -> ColumnElement[bool]:
        """Messages whose words go, in conversations that go on."""
        past = self._past(session, MessageRow.created_at, ActivityRow.raw_text_days, self.periods.raw_text_days)
        return and_(MessageRow.text.is_not(None), self._in_one_that_goes_on(session, MessageRow.conversation_id, past))

    def said(self, session: Session, table: Said) -> ColumnElement[bool]:
        """Rows that go, in conversations that go on."""
        past = self._past(session, table.created_at, ActivityRow.answer_days, self.periods.answer_days)
        return self._in_one_that_goes_on(session, table.conversation_id, past)

    def tokens(self, session: Session) -> ColumnElement[bool]:
        return self._in_one_that_goes_on(session, TokenRow.conversation_id, TokenRow.expires_at < self.now)

    def outcomes(self) -> ColumnElement[bool]:
        waits = select(MessageRow.id).where(MessageRow.id == OutcomeRow.message_id, MessageRow.status == PENDING).exists()
        return and_(OutcomeRow.created_at < self.now - REPEATS, not_(waits))

    def _in_one_that_goes_on(
        self, session: Session, conversation_id: InstrumentedAttribute[str], rule: ColumnElement[bool]
    ) -> ColumnElement[bool]:
        return select(ConversationRow.id).where(ConversationRow.id == conversation_id, not_(self.over(session)), rule).exists()

    def _past(
        self, session: Session, when: InstrumentedAttribute[datetime], own: InstrumentedAttribute[int | None], days: int
    ) -> ColumnElement[bool]:
        """Whether `when` is longer ago than the conversation's activity allows, or than `days` where that says nothing."""
        activity = ConversationRow.activity_id
        says = select(ActivityRow.id).where(own.is_not(None))
        rules = [and_(when < self.now - timedelta(days=days), or_(activity.is_(None), activity.not_in(says)))]
        for period in session.scalars(select(own).where(own.is_not(None)).distinct()).all():
            inside = select(ActivityRow.id).where(own == period)
            rules.append(and_(when < self.now - timedelta(days=period or 0), activity.in_(inside)))
        return or_(*rules)


# ── counting and deleting ──


def _count(session: Session, limits: Limits) -> Purged:
    def rows(table: type[Base], where: ColumnElement[bool]) -> int:
        return session.scalar(select(func.count()).select_from(table).where(where)) or 0

    return Purged(
        texts=rows(MessageRow, limits.texts(session)),
        conversations=rows(ConversationRow, limits.over(session)),
        tokens=rows(TokenRow, limits.tokens(session)),
        **{name: rows(table, limits.said(session, table)) for name, table in SAID.items()},
    )


def _purge_batch(session: Session, limits: Limits, data_dir: Path | None) -> Purged:
    """At most 500 conversations; when none are left, at most 500 of everything else."""
    over = _first(session, ConversationRow.id, limits.over(session))
    if over:
        # by age, not by name: two that purge at once may find the same, and the second finds nothing of it left
        ended = erasure.Scope(erasure.Asked.OLDER_THAN, tuple(over))
        return Purged(conversations=erasure.erase(session, ended, data_dir, remember=False).conversations)
    texts = _first(session, MessageRow.seq, limits.texts(session))
    # The sentence's id stays with the bot's messages, so that its side can still be shown; a person's words are gone.
    search.rewrite(session, set(session.scalars(select(MessageRow.conversation_id).where(MessageRow.seq.in_(texts)))))
    session.execute(update(MessageRow).where(MessageRow.seq.in_(texts)).values(text=None, choice_id=None))
    tokens = _first(session, TokenRow.token_hash, limits.tokens(session))
    session.execute(delete(TokenRow).where(TokenRow.token_hash.in_(tokens)))
    done = Purged(texts=len(texts), tokens=len(tokens))
    for name, table in SAID.items():
        ids = _first(session, table.id, limits.said(session, table))
        _delete_said(session, table, ids)
        done = replace(done, **{name: len(ids)})
    return done


def _drop_unsent(session: Session, now: datetime) -> int:
    """What Slack has not taken for a day is left unsaid, whether Slack is switched on or not: it may hold somebody's words. Not counted."""
    return cast(CursorResult[Any], session.execute(delete(SlackOutRow).where(SlackOutRow.created_at < now - UNSENT))).rowcount


def _purge_outcomes(session: Session, limits: Limits) -> bool:
    """False when there were none."""
    spent = session.scalars(select(OutcomeRow.message_id).where(limits.outcomes()).limit(BATCH)).all()
    session.execute(delete(OutcomeRow).where(OutcomeRow.message_id.in_(spent), limits.outcomes()))
    return bool(spent)


def _first(session: Session, key: InstrumentedAttribute[Any], where: ColumnElement[bool]) -> Sequence[Any]:
    return session.scalars(select(key).where(where).order_by(key).limit(BATCH)).all()


def _delete_said(session: Session, table: Said, ids: Sequence[Any]) -> None:
    """Delete rows of what people said, and what the conversations hold of it elsewhere: how it was understood, and what repeats it."""
    item = AnswerRow.item if table is AnswerRow else null()
    gone: dict[str, dict[str, str | None]] = defaultdict(dict)
    for conversation_id, message_id, of in session.execute(select(table.conversation_id, _SAID_IN[table], item).where(table.id.in_(ids))):
        gone[conversation_id][message_id] = of
    if table is AnswerRow:
        _forget_ratings(session, ids)
    session.execute(delete(table).where(table.id.in_(ids)))
    for conversation_id, said in gone.items():
        # an intent says what was answered; the words have a period of their own
        given = (MessageRow.conversation_id == conversation_id) & MessageRow.id.in_(said)
        session.execute(update(MessageRow).where(given).values(intent=None, confidence=None))
        replies.forget(session, conversation_id, _taken(session, table, conversation_id, said))


def _taken(session: Session, table: Said, conversation_id: str, said: Mapping[str, str | None]) -> replies.Taken:
    """What replies may still repeat of rows that are gone."""
    if table is NextStepRow:
        return replies.Taken(steps=said)
    if table is LadderRow:
        return replies.Taken(rungs=replies.climbed_again(session, conversation_id))
    items = replies.answered_again(session, conversation_id, {item for item in said.values() if item})
    return replies.Taken(items=items, messages=said)


def _forget_ratings(session: Session, answer_ids: Sequence[int]) -> None:
    """Take the ratings of these answers out of what a group's figures were made from."""
    current = select(AnswerRow).where(AnswerRow.id.in_(answer_ids), AnswerRow.superseded_at.is_(None), AnswerRow.activity_id.is_not(None))
    for answer in session.scalars(current).all():
        where = tuple_(ReleaseRow.activity_id, ReleaseRow.item) == (answer.activity_id, answer.item)
        erasure.take_out_of_figures(session, session.scalars(select(ReleaseRow).where(where)).all(), {answer.conversation_id})
