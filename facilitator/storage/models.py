"""The tables (DESIGN section 4). Alembic's migrations end at exactly this schema; a test compares the two."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any, ClassVar

from sqlalchemy import JSON, ForeignKey, Index, MetaData, String, Text, TypeDecorator, UniqueConstraint
from sqlalchemy import DateTime as SqlDateTime
from sqlalchemy import false as sql_false
from sqlalchemy import text as sql_text
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

ID_LENGTH = 64


class UtcDateTime(TypeDecorator[datetime]):
    """A time with its zone, always UTC: SQLite forgets the zone, so it is put back on reading."""

    impl = SqlDateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value.astimezone(UTC) if value else None

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value.replace(tzinfo=UTC) if value and value.tzinfo is None else value


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: UtcDateTime(),
        dict[str, Any]: JSON(),
        list[Any]: JSON(),
        str: String(ID_LENGTH),
    }


class ActivityRow(Base):
    """A meeting, workshop or piece of work that people prepare for, take part in and look back on together."""

    __tablename__ = "activity"
    id: Mapped[str] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(200))
    description: Mapped[str] = mapped_column(Text(), default="")
    happens_on: Mapped[datetime | None]
    join_code: Mapped[str] = mapped_column(String(16), unique=True)
    raw_text_days: Mapped[int | None]
    answer_days: Mapped[int | None]
    created_at: Mapped[datetime]


class ConversationRow(Base):
    """One person's conversation, about one activity or none. `kept` is NULL until they choose.

    `position` is where they are, never what they said; `stage` is the stage in it. `person_id` is shared by the conversations of
    somebody who takes part in several activities; it says nothing of who they are. `pseudonym` is what the group calls them: like `role` it
    is NULL for whoever chose not to keep answers, and what stands there before the choice is for nobody else to see.
    `messages` and `fallbacks` count what was said and what the bot could not make sense of, so that a list need not. `review` is what
    coordinators marked it as. `search_due`: its words have changed since they were put in the search index.
    """

    __tablename__ = "conversation"
    id: Mapped[str] = mapped_column(primary_key=True)
    person_id: Mapped[str] = mapped_column(index=True)
    pseudonym: Mapped[str | None] = mapped_column(String(40))
    activity_id: Mapped[str | None] = mapped_column(ForeignKey("activity.id", ondelete="SET NULL"))
    channel: Mapped[str] = mapped_column(String(16), default="widget")
    kept: Mapped[bool | None]
    role: Mapped[str | None] = mapped_column(String(16))
    lang: Mapped[str] = mapped_column(String(8), default="en")
    simple: Mapped[bool] = mapped_column(default=False)
    share_words: Mapped[bool | None]
    share_ratings: Mapped[bool | None]
    resume_code_hash: Mapped[str | None] = mapped_column(unique=True)
    position: Mapped[dict[str, Any]]
    state: Mapped[str] = mapped_column(String(16))
    busy_until: Mapped[datetime | None]
    created_at: Mapped[datetime]
    last_active_at: Mapped[datetime]
    stage: Mapped[str | None] = mapped_column(String(8))
    messages: Mapped[int] = mapped_column(default=0, server_default="0")
    fallbacks: Mapped[int] = mapped_column(default=0, server_default="0")
    review: Mapped[str | None] = mapped_column(String(16))
    reviewed_at: Mapped[datetime | None]
    reviewed_by: Mapped[str | None]
    search_due: Mapped[bool] = mapped_column(default=False, server_default=sql_false())

    __table_args__ = (
        Index("ix_conversation_activity_active", "activity_id", "last_active_at", "id"),
        Index("ix_conversation_active", "last_active_at", "id"),
        Index(
            "ix_conversation_search_due",
            "search_due",
            sqlite_where=sql_text("search_due"),
            postgresql_where=sql_text("search_due"),
        ),
    )


class TokenRow(Base):
    """A bearer token, stored as its SHA-256 only."""

    __tablename__ = "access_token"
    token_hash: Mapped[str] = mapped_column(primary_key=True)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversation.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]


class MessageRow(Base):
    """One message. `text` is NULL for everyone whose answers are not kept; `say`, the id of the sentence shown, is enough to show it again.

    `status` of a person's message: `pending` until answered, then `answered`, or `lost` when its words were not kept and the
    process that held them ended. `choice_id` names the choice pressed; for unkept conversations `choice_mark` does, keyed with the
    bearer token, which we do not store.
    """

    __tablename__ = "message"
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    id: Mapped[str] = mapped_column(unique=True)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversation.id", ondelete="CASCADE"))
    author: Mapped[str] = mapped_column(String(16))
    kind: Mapped[str] = mapped_column(String(16), default="text")
    text: Mapped[str | None] = mapped_column(Text())
    say: Mapped[dict[str, Any] | None]
    sources: Mapped[list[Any] | None]
    client_message_id: Mapped[str | None]
    reply_to: Mapped[str | None] = mapped_column(index=True)
    status: Mapped[str | None] = mapped_column(String(16))
    choice_id: Mapped[str | None]
    choice_mark: Mapped[str | None]
    intent: Mapped[str | None]
    confidence: Mapped[float | None]
    created_at: Mapped[datetime]

    __table_args__ = (
        UniqueConstraint("conversation_id", "client_message_id", name="uq_message_client_message_id"),
        Index("ix_message_conversation_seq", "conversation_id", "seq"),
        Index("ix_message_pending", "status", sqlite_where=sql_text("status = 'pending'"), postgresql_where=sql_text("status = 'pending'")),
    )


class ChoiceRow(Base):
    """Something that was offered: the opaque id a client sends back, and what it stands for."""

    __tablename__ = "choice"
    id: Mapped[str] = mapped_column(primary_key=True)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversation.id", ondelete="CASCADE"), index=True)
    message_id: Mapped[str] = mapped_column(index=True)
    place: Mapped[int]
    title: Mapped[str] = mapped_column(String(200))
    intent: Mapped[str]
    entities: Mapped[dict[str, Any]]
    question_no: Mapped[int | None]


class AnswerRow(Base):
    """One answer to one item. A change adds a row and marks the one before as superseded: the history stays."""

    __tablename__ = "answer"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversation.id", ondelete="CASCADE"), index=True)
    activity_id: Mapped[str | None] = mapped_column(ForeignKey("activity.id", ondelete="SET NULL"), index=True)
    role: Mapped[str | None] = mapped_column(String(16))
    stage: Mapped[str] = mapped_column(String(8))
    item: Mapped[str]
    topic: Mapped[str]
    rating: Mapped[str | None] = mapped_column(String(16))
    comment: Mapped[str | None] = mapped_column(Text())
    message_id: Mapped[str]
    created_at: Mapped[datetime]
    superseded_at: Mapped[datetime | None]

    __table_args__ = (
        Index(
            "uq_answer_current",
            "conversation_id",
            "item",
            unique=True,
            sqlite_where=sql_text("superseded_at IS NULL"),
            postgresql_where=sql_text("superseded_at IS NULL"),
        ),
    )


class ReflectionRow(Base):
    """A person's own words about how it went, freely or after a prompt. `visible_to` is `me` unless they said otherwise."""

    __tablename__ = "reflection"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversation.id", ondelete="CASCADE"), index=True)
    activity_id: Mapped[str | None] = mapped_column(ForeignKey("activity.id", ondelete="SET NULL"))
    stage: Mapped[str | None] = mapped_column(String(8))
    prompt: Mapped[str | None] = mapped_column(String(32))
    text: Mapped[str] = mapped_column(Text())
    visible_to: Mapped[str] = mapped_column(String(16), default="me")
    message_id: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[datetime]


class NextStepRow(Base):
    """Something somebody said should be done. `who` is a role, `me` or a pseudonym of the activity, picked, never typed."""

    __tablename__ = "next_step"
    id: Mapped[str] = mapped_column(primary_key=True)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversation.id", ondelete="CASCADE"), index=True)
    activity_id: Mapped[str | None] = mapped_column(ForeignKey("activity.id", ondelete="SET NULL"), index=True)
    stage: Mapped[str | None] = mapped_column(String(8))
    item: Mapped[str | None]
    what: Mapped[str] = mapped_column(Text())
    who: Mapped[str | None] = mapped_column(String(40))
    due_on: Mapped[date | None]
    state: Mapped[str] = mapped_column(String(8), default="open")
    created_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]


class LadderRow(Base):
    """Where somebody says their group stands on the ladder of co-production, and where they want it to be. Each answer is a new row."""

    __tablename__ = "ladder"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversation.id", ondelete="CASCADE"), index=True)
    activity_id: Mapped[str | None] = mapped_column(ForeignKey("activity.id", ondelete="SET NULL"), index=True)
    role: Mapped[str | None] = mapped_column(String(16))
    stands: Mapped[str] = mapped_column(String(16))
    wanted: Mapped[str | None] = mapped_column(String(16))
    message_id: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[datetime]


class ReleaseRow(Base):
    """The figures of one side of one item as last shown to anyone (DESIGN section 4, small groups).

    `basis` holds whose answers they were made from ({conversation id: rating}); erasing a conversation takes its entry out.
    """

    __tablename__ = "parity_release"
    activity_id: Mapped[str] = mapped_column(ForeignKey("activity.id", ondelete="CASCADE"), primary_key=True)
    item: Mapped[str] = mapped_column(primary_key=True)
    side: Mapped[str] = mapped_column(String(16), primary_key=True)
    counts: Mapped[dict[str, Any]]
    basis: Mapped[dict[str, Any]]
    released_at: Mapped[datetime]


class FlagRow(Base):
    """Something a coordinator needs to see. Holds kind, time and activity, never words.

    `activity_id` stays when the conversation goes, so that whoever looks after the activity still sees what is open. It refers to nothing
    by itself, as `conversation_id` does: a flag outlives both, and erasing an activity takes its id from here (`facilitator.erasure`).
    A question without an answer: `wants_answer` when its writer asked to be told, `answer_id` once somebody wrote one, `told_at` once
    they were told.
    """

    __tablename__ = "flag"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    conversation_id: Mapped[str]
    activity_id: Mapped[str | None] = mapped_column(index=True)
    message_id: Mapped[str | None]
    kind: Mapped[str] = mapped_column(String(24))
    state: Mapped[str] = mapped_column(String(8), default="open")
    created_at: Mapped[datetime]
    wants_answer: Mapped[bool] = mapped_column(default=False, server_default=sql_false())
    answer_id: Mapped[str | None]
    told_at: Mapped[datetime | None]

    __table_args__ = (
        UniqueConstraint("conversation_id", "message_id", "kind", name="uq_flag_conversation_message_kind"),
        Index("ix_flag_state_kind", "state", "kind"),
    )


class OutcomeRow(Base):
    """What an action call led to, so that the same call again acts once and says the same. Gone a day after its message was answered."""

    __tablename__ = "action_outcome"
    message_id: Mapped[str] = mapped_column(primary_key=True)
    action: Mapped[str] = mapped_column(primary_key=True)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversation.id", ondelete="CASCADE"), index=True)
    says: Mapped[list[Any]]
    created_at: Mapped[datetime]


class TrackerRow(Base):
    """Rasa's scratch memory: written and read by bot/engine/tracker_store.py only."""

    __tablename__ = "tracker_state"
    conversation_id: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int]
    state: Mapped[str] = mapped_column(Text())
    updated_at: Mapped[datetime]


# ── the review app: who looks after activities, and what they did ──


class CoordinatorRow(Base):
    """An account for the review app. `password_hash` is empty until its owner has chosen one.

    `two_factor_secret` counts only once `two_factor_on`; `two_factor_step` is the last time step used, so that a code opens once.
    `recovery` holds SHA-256 of codes that open once each. `subject` is a digest of
    who they are to the organisation's own sign-in; an account has it or a password, never both.
    """

    __tablename__ = "coordinator"
    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80))
    email: Mapped[str] = mapped_column(String(200), unique=True)
    role: Mapped[str] = mapped_column(String(16))
    password_hash: Mapped[str | None] = mapped_column(String(200))
    two_factor_secret: Mapped[str | None]
    two_factor_on: Mapped[bool] = mapped_column(default=False)
    two_factor_step: Mapped[int | None]
    recovery: Mapped[list[Any]]
    subject: Mapped[str | None] = mapped_column(String(200), unique=True)
    created_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]


class CoordinatorLinkRow(Base):
    """A link that works once: to make the first account (no coordinator yet), or to choose a password. Stored as its SHA-256 only."""

    __tablename__ = "coordinator_link"
    token_hash: Mapped[str] = mapped_column(primary_key=True)
    coordinator_id: Mapped[str | None] = mapped_column(ForeignKey("coordinator.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]


class CoordinatorSessionRow(Base):
    """Somebody signed in, in one browser; the token is stored as its SHA-256 only. Not `complete` while the second factor is awaited.

    `created_at` is when they showed who they are: earlier than the session where the organisation's provider knew them already.
    """

    __tablename__ = "coordinator_session"
    token_hash: Mapped[str] = mapped_column(primary_key=True)
    coordinator_id: Mapped[str] = mapped_column(ForeignKey("coordinator.id", ondelete="CASCADE"), index=True)
    complete: Mapped[bool]
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]


class ActivityCoordinatorRow(Base):
    """Whose an activity is in the review app. Admins see all without being named."""

    __tablename__ = "activity_coordinator"
    activity_id: Mapped[str] = mapped_column(ForeignKey("activity.id", ondelete="CASCADE"), primary_key=True)
    coordinator_id: Mapped[str] = mapped_column(ForeignKey("coordinator.id", ondelete="CASCADE"), primary_key=True)
    created_at: Mapped[datetime]


class SignInFailureRow(Base):
    """A sign-in that failed. `key` is SHA-256 of the account or the address it counts against, or of its kind; gone after a day."""

    __tablename__ = "sign_in_failure"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    key: Mapped[str]
    at: Mapped[datetime] = mapped_column(index=True)

    __table_args__ = (Index("ix_sign_in_failure_key_at", "key", "at"),)


class AuditRow(Base):
    """Who did what, to what, when. The database refuses to change or delete a row; `hash` covers the row and the hash before it.

    `about` is a kind and an id. A conversation is named by a digest of its id (`audit.mark`), so that nothing here leads to a person
    once the conversation is erased. Holds no words of anybody.
    """

    __tablename__ = "audit_event"
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(index=True)
    action: Mapped[str] = mapped_column(String(32), index=True)
    about: Mapped[str | None] = mapped_column(String(100), index=True)
    details: Mapped[dict[str, Any]]
    hash: Mapped[str]


class FlagEventRow(Base):
    """A step in looking after a flag: seen, closed, opened again, or a note. Goes with the conversation; the flag and the audit stay."""

    __tablename__ = "flag_event"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    flag_id: Mapped[int] = mapped_column(ForeignKey("flag.id", ondelete="CASCADE"), index=True)
    conversation_id: Mapped[str] = mapped_column(index=True)
    state: Mapped[str] = mapped_column(String(8))
    note: Mapped[str | None] = mapped_column(Text())
    by: Mapped[str | None]
    at: Mapped[datetime]


class SearchDocumentRow(Base):
    """The words of one conversation that coordinators may read, for searching. Rewritten when they change; see facilitator/storage/search.

    `number` is what the full-text index calls it.
    """

    __tablename__ = "search_document"
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversation.id", ondelete="CASCADE"), unique=True)
    text: Mapped[str] = mapped_column(Text())


class ConversationNoteRow(Base):
    """What a coordinator wrote about a conversation or one message of it, or what they marked it as. Goes with the person's words."""

    __tablename__ = "conversation_note"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversation.id", ondelete="CASCADE"), index=True)
    message_id: Mapped[str | None]
    kind: Mapped[str] = mapped_column(String(16))
    text: Mapped[str | None] = mapped_column(Text())
    by: Mapped[str]
    at: Mapped[datetime]


class ConversationTagRow(Base):
    """A word coordinators put on a conversation to find it again."""

    __tablename__ = "conversation_tag"
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversation.id", ondelete="CASCADE"), primary_key=True)
    tag: Mapped[str] = mapped_column(String(40), primary_key=True, index=True)


class SavedFilterRow(Base):
    """Filters of the list of conversations that a coordinator wants again, as they stand in the address."""

    __tablename__ = "saved_filter"
    id: Mapped[str] = mapped_column(primary_key=True)
    coordinator_id: Mapped[str] = mapped_column(ForeignKey("coordinator.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(80))
    query: Mapped[str] = mapped_column(String(1000))
    created_at: Mapped[datetime]


class WrittenAnswerRow(Base):
    """A coordinator's answer to a question the knowledge base has none for: draft, published, withdrawn. In their words alone.

    `asks` are the question and other ways to ask it. `activity_id` says whose coordinators look after it; everybody is answered from it.
    """

    __tablename__ = "written_answer"
    id: Mapped[str] = mapped_column(primary_key=True)
    activity_id: Mapped[str | None] = mapped_column(ForeignKey("activity.id", ondelete="SET NULL"), index=True)
    question: Mapped[str] = mapped_column(String(200))
    asks: Mapped[list[Any]]
    text: Mapped[str] = mapped_column(Text())
    credit: Mapped[str] = mapped_column(String(120))
    state: Mapped[str] = mapped_column(String(12))
    by: Mapped[str]
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]


class ExportRow(Base):
    """An export that somebody asked for, and how far it has got: conversations looked at, of how many, and rows sent. Gone after a day.

    Holds nothing of anybody: the file is made while it is sent.
    """

    __tablename__ = "export"
    id: Mapped[str] = mapped_column(primary_key=True)
    coordinator_id: Mapped[str] = mapped_column(ForeignKey("coordinator.id", ondelete="CASCADE"), index=True)
    activity_id: Mapped[str | None] = mapped_column(ForeignKey("activity.id", ondelete="CASCADE"), index=True)
    what: Mapped[str] = mapped_column(String(16))
    form: Mapped[str] = mapped_column(String(8))
    state: Mapped[str] = mapped_column(String(8))
    total: Mapped[int]
    done: Mapped[int]
    rows: Mapped[int]
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]


# ── Slack (web/slack, docs/decisions/0015-slack.md) ──


class SlackEventRow(Base):
    """Something Slack delivered, by a digest of its id, so that it is acted on once whoever receives it. Holds nothing of it.

    Being worked on until `busy_until`; `done` once what it asked for is stored. Gone after a week.
    """

    __tablename__ = "slack_event"
    key: Mapped[str] = mapped_column(primary_key=True)
    done: Mapped[bool] = mapped_column(default=False)
    busy_until: Mapped[datetime]
    created_at: Mapped[datetime] = mapped_column(index=True)


class SlackSeatRow(Base):
    """Which conversation a Slack user has about an activity (`about`: its id, or `none`), and how far it has been shown to them.

    Everything in the conversation after `shown_seq` is still to be sent. `open_at` is the message in Slack whose controls can be used:
    `{channel, ts, messages}`; `upto` in it says what is being sent. `chosen_at` says which of their conversations they are in: the latest.
    """

    __tablename__ = "slack_seat"
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversation.id", ondelete="CASCADE"), primary_key=True)
    team: Mapped[str] = mapped_column(String(32))
    user: Mapped[str] = mapped_column(String(32))
    about: Mapped[str]
    channel: Mapped[str | None] = mapped_column(String(32))
    shown_seq: Mapped[int] = mapped_column(default=0)
    open_at: Mapped[dict[str, Any] | None]
    tries: Mapped[int] = mapped_column(default=0)
    busy_until: Mapped[datetime | None]
    wait_until: Mapped[datetime | None]
    chosen_at: Mapped[datetime]

    __table_args__ = (UniqueConstraint("team", "user", "about", name="uq_slack_seat_team_user_about"),)


class SlackMemberRow(Base):
    """A Slack user who set an activity up or prepares for it: who is reminded, in which time zone, and whether they still want to be."""

    __tablename__ = "slack_member"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    team: Mapped[str] = mapped_column(String(32))
    user: Mapped[str] = mapped_column(String(32))
    activity_id: Mapped[str] = mapped_column(ForeignKey("activity.id", ondelete="CASCADE"), index=True)
    time_zone: Mapped[str]
    reminded: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]

    __table_args__ = (UniqueConstraint("team", "user", "activity_id", name="uq_slack_member_team_user_activity"),)


class ReminderRow(Base):
    """Something a member is to be reminded of, once. `about` tells one from another of its kind: the day, or the next step.

    `state`: waiting, then fired, or dropped when it is no longer wanted.
    """

    __tablename__ = "reminder"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("slack_member.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str] = mapped_column(String(16))
    about: Mapped[str]
    due_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(8), default="waiting")

    __table_args__ = (
        UniqueConstraint("member_id", "kind", "about", name="uq_reminder_member_kind_about"),
        Index("ix_reminder_state_due", "state", "due_at"),
    )


class SlackOutRow(Base):
    """A call to Slack that is still to be made: what is not part of a conversation (those are sent from the messages themselves).

    Calls of one `lane` are made in order, each until it is done, and then deleted. `key` keeps one from being asked for twice.
    """

    __tablename__ = "slack_out"
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    key: Mapped[str] = mapped_column(unique=True)
    lane: Mapped[str] = mapped_column(String(80), index=True)
    team: Mapped[str] = mapped_column(String(32))
    user: Mapped[str] = mapped_column(String(32))
    conversation_id: Mapped[str | None] = mapped_column(ForeignKey("conversation.id", ondelete="CASCADE"), index=True)
    method: Mapped[str] = mapped_column(String(40))
    payload: Mapped[dict[str, Any]]
    tries: Mapped[int] = mapped_column(default=0)
    busy_until: Mapped[datetime | None]
    wait_until: Mapped[datetime | None]
    created_at: Mapped[datetime]
