"""Members and their reminders in the database. A reminder is claimed in one statement, so two replicas never both fire it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, cast

from sqlalchemy import CursorResult, delete, select, update
from sqlalchemy.orm import Session

from facilitator.conversation.turn import falls_to_writer
from facilitator.errors import NotFoundError
from facilitator.reminders.hours import at, working_moment, zone
from facilitator.reminders.plan import AFTERNOON, ReminderKind, planned, snoozed
from facilitator.storage.models import ActivityRow, ConversationRow, NextStepRow, ReminderRow, SlackMemberRow, SlackSeatRow
from facilitator.vocabulary import StepState

WAITING, FIRED, DROPPED = "waiting", "fired", "dropped"
# A reminder that could not be sent on its day (everything was down) is worth nothing a week later.
STALE = timedelta(days=3)


@dataclass(frozen=True)
class Due:
    """A reminder to be given now. `about` is the next step where it is of one, `day` the day it is given on, where the person is."""

    id: int
    kind: ReminderKind
    about: str
    team: str
    user: str
    activity_id: str
    day: date


def join(session: Session, team: str, user: str, activity_id: str, time_zone: str, now: datetime) -> SlackMemberRow:
    """Have somebody reminded of an activity from now on; someone who stopped that stays stopped."""
    same = (SlackMemberRow.team == team) & (SlackMemberRow.user == user) & (SlackMemberRow.activity_id == activity_id)
    member = session.scalar(select(SlackMemberRow).where(same))
    if member is None:
        member = SlackMemberRow(team=team, user=user, activity_id=activity_id, time_zone=time_zone, reminded=True, created_at=now)
        session.add(member)
        session.flush()
    return member


def members_of(session: Session, team: str, user: str) -> Sequence[SlackMemberRow]:
    theirs = select(SlackMemberRow).where(SlackMemberRow.team == team, SlackMemberRow.user == user)
    return session.scalars(theirs.order_by(SlackMemberRow.id)).all()


def plan_all(session: Session, now: datetime) -> None:
    """Bring every member's reminders up to date with the activity's day and their next steps.

    What has been fired or stopped is never planned again; what is past when first planned is left out.
    """
    for member in session.scalars(select(SlackMemberRow).where(SlackMemberRow.reminded)):
        _plan(session, member, now)


def _plan(session: Session, member: SlackMemberRow, now: datetime) -> None:
    activity = session.get(ActivityRow, member.activity_id)
    day = activity.happens_on.date() if activity and activity.happens_on else None
    wanted = {(plan.kind, plan.about): plan for plan in planned(day, _steps(session, member), member.time_zone)}
    known = {(row.kind, row.about): row for row in session.scalars(select(ReminderRow).where(ReminderRow.member_id == member.id))}
    for key, row in known.items():
        if row.state == WAITING and key not in wanted:
            row.state = DROPPED
        elif row.state == DROPPED and key in wanted and wanted[cast(Any, key)].due_at > now:
            row.state, row.due_at = WAITING, wanted[cast(Any, key)].due_at
    for key, plan in wanted.items():
        if key not in known and plan.due_at > now:
            session.add(ReminderRow(member_id=member.id, kind=plan.kind, about=plan.about, due_at=plan.due_at, state=WAITING))


def _steps(session: Session, member: SlackMemberRow) -> dict[str, date]:
    """The open next steps with a day that fall to this person, of those in their kept conversation about the activity."""
    same = (SlackSeatRow.team == member.team) & (SlackSeatRow.user == member.user) & (SlackSeatRow.about == member.activity_id)
    dated = (NextStepRow.state == StepState.OPEN) & NextStepRow.due_on.is_not(None)
    found = (
        select(NextStepRow.id, NextStepRow.who, NextStepRow.due_on)
        .join(ConversationRow, ConversationRow.id == NextStepRow.conversation_id)
        .join(SlackSeatRow, SlackSeatRow.conversation_id == ConversationRow.id)
        .where(same, dated, ConversationRow.kept.is_(True))
    )
    return {step: due_on for step, who, due_on in session.execute(found) if due_on is not None and falls_to_writer(who)}


def due(session: Session, now: datetime) -> list[int]:
    """The reminders whose time has come."""
    found = select(ReminderRow.id).where(ReminderRow.state == WAITING, ReminderRow.due_at <= now).order_by(ReminderRow.due_at)
    return list(session.scalars(found.limit(200)))


def claim(session: Session, reminder_id: int, now: datetime) -> Due | None:
    """Take a reminder that is due; None when another took it, it is not wanted any more, or has to wait for working hours."""
    row = session.get(ReminderRow, reminder_id)
    member = session.get(SlackMemberRow, row.member_id) if row is not None else None
    if row is None or member is None:
        return None
    where = zone(member.time_zone)
    opens = working_moment(now, where)
    wanted = member.reminded and now - row.due_at <= STALE and not _is_over(row, opens.astimezone(where).date())
    state = FIRED if wanted else DROPPED
    if state == FIRED and opens > now:
        _claimed(session, row.id, WAITING, due_at=opens)
        return None
    taken = _claimed(session, row.id, state)
    if not taken or state != FIRED:
        return None
    return _due_of(row, member)


def of_person(session: Session, reminder_id: int, team: str, user: str) -> Due:
    """A reminder as it was given. Raises NotFoundError when it is not this person's."""
    return _due_of(*_theirs(session, reminder_id, team, user))


def _due_of(row: ReminderRow, member: SlackMemberRow) -> Due:
    day = row.due_at.astimezone(zone(member.time_zone)).date()
    return Due(row.id, ReminderKind(row.kind), row.about, member.team, member.user, member.activity_id, day)


def _is_over(row: ReminderRow, day: date) -> bool:
    """Whether what was to be done before the activity, or on its day, would come after it."""
    return row.kind in (ReminderKind.BEFORE, ReminderKind.DURING) and date.fromisoformat(row.about) < day


def _claimed(session: Session, reminder_id: int, state: str, **values: object) -> bool:
    """Whether it was still waiting, and is now as said: one statement, which the database gives to one caller only."""
    waiting = (ReminderRow.id == reminder_id) & (ReminderRow.state == WAITING)
    statement = update(ReminderRow).where(waiting).values(state=state, **values).execution_options(synchronize_session=False)
    return bool(cast(CursorResult[Any], session.execute(statement)).rowcount)


def snooze(session: Session, reminder_id: int, team: str, user: str, now: datetime) -> datetime | None:
    """Give a reminder again on the next working morning; in the afternoon, where that would be after the activity's day.

    Returns:
        When, in the person's time zone; None when it is too late for that too.
    Raises:
        NotFoundError: the reminder is not this person's.
    """
    row, member = _theirs(session, reminder_id, team, user)
    where = zone(member.time_zone)
    morning = snoozed(now, member.time_zone)
    afternoon = at(now.astimezone(where).date(), AFTERNOON, where)
    again = afternoon if _is_over(row, morning.astimezone(where).date()) else morning
    if again <= now or working_moment(again, where) != again:
        return None
    row.state, row.due_at = WAITING, again
    return again.astimezone(where)


def stop(session: Session, reminder_id: int, team: str, user: str) -> None:
    """No more reminders of that activity for this person. Raises NotFoundError when the reminder is not theirs."""
    _, member = _theirs(session, reminder_id, team, user)
    set_reminded(session, member, wanted=False)


def set_reminded(session: Session, member: SlackMemberRow, *, wanted: bool) -> None:
    member.reminded = wanted
    if not wanted:
        session.execute(update(ReminderRow).where(ReminderRow.member_id == member.id, ReminderRow.state == WAITING).values(state=DROPPED))


def _theirs(session: Session, reminder_id: int, team: str, user: str) -> tuple[ReminderRow, SlackMemberRow]:
    row = session.get(ReminderRow, reminder_id)
    member = session.get(SlackMemberRow, row.member_id) if row is not None else None
    if row is None or member is None or (member.team, member.user) != (team, user):
        raise NotFoundError("reminder")
    return row, member


def forget_team(session: Session, team: str) -> None:
    """The app was taken out of a workspace: nobody there is reminded any more."""
    session.execute(delete(SlackMemberRow).where(SlackMemberRow.team == team))
