"""Which activities a Slack user has to do with, and what can be said of one to anybody in Slack."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from facilitator.activities import Activity, find_by_code, list_activities, stage_for
from facilitator.bootstrap import Bootstrap
from facilitator.conversation.turn import Talk
from facilitator.parity.figures import SIDE_OF, Side
from facilitator.parity.release import Rule
from facilitator.parity.store import parity_view
from facilitator.parity.view import ParityView, Shown, total
from facilitator.parity.words import ParityWords
from facilitator.reminders.store import members_of
from facilitator.storage.database import Database
from facilitator.storage.models import ActivityRow, ConversationRow, SlackSeatRow
from facilitator.vocabulary import Rating, Role, Stage
from web.slack import blocks as kit
from web.slack.blocks import Block
from web.slack.seats import NO_ACTIVITY, Who
from web.slack.words import Words

WIDEST = 3
MOST_LISTED = 10


def mine(session: Session, who: Who, today: date) -> list[Activity]:
    """Activities this person set up or talks about: those to come first, the nearest first; then the others, the latest first."""
    theirs = (SlackSeatRow.team == who.team) & (SlackSeatRow.user == who.user)
    seats = select(SlackSeatRow.about).where(theirs, SlackSeatRow.about != NO_ACTIVITY)
    ids = {member.activity_id for member in members_of(session, who.team, who.user)} | set(session.scalars(seats))
    found = [activity for activity in list_activities(session) if activity.id in ids]
    return sorted(found, key=lambda one: _nearness(one, today))


def _nearness(activity: Activity, today: date) -> tuple[int, int]:
    day = activity.happens_on
    if day is not None and day >= today:
        return 0, day.toordinal()
    return (1, 0) if day is None else (2, -day.toordinal())


def chosen(session: Session, who: Who, code: str, today: date) -> Activity | None:
    """The activity with that code; without one, the next of this person's own."""
    return find_by_code(session, code) if code else next(iter(mine(session, who, today)), None)


def is_there(database: Database, activity_id: str) -> bool:
    """Whether an activity has not been erased."""
    with database.reading() as session:
        return session.get(ActivityRow, activity_id) is not None


def not_ready(talk: Talk, stage: Stage, built: Bootstrap) -> list[str]:
    """What this person rated partly or not yet in a stage, in the checklist's order."""
    waiting = (Rating.PARTLY, Rating.NOT_YET)
    items = built.checklists.stage(stage).items
    return [item.short for item in items if (given := talk.answers.get(item.id)) is not None and given.rating in waiting]


def all_ready(talk: Talk, stage: Stage, built: Bootstrap) -> bool:
    """Whether they said yes to all they answered in a stage that applies to them. Not sure, skipped or only a comment is no yes."""
    given = {talk.answers[item.id].rating for item in built.checklists.stage(stage).items if item.id in talk.answers}
    return given - {Rating.NOT_APPLICABLE} == {Rating.YES}


# ── status: figures that have been released, and nothing else ──


def status(session: Session, activity: Activity, built: Bootstrap, words: Words, reasons: ParityWords, today: date) -> list[Block]:
    """Who has joined, and how each side and role rates each stage. Call it in a unit of work: looking releases figures."""
    view = parity_view(session, activity.id, built.checklists, rule=built.rule)
    made = [kit.heading(words.text("status_title", title=activity.title))]
    made += kit.context([when(activity, words, today)])
    made += kit.sections(_joined(session, activity, built.rule, words, reasons))
    for stage in Stage:
        made += kit.sections(_stage(view, stage, words, reasons))
    return made + kit.sections(_gaps(view, built, words, reasons)) + kit.context([reasons.about["steps"], reasons.about["scale"]])


def when(activity: Activity, words: Words, today: date) -> str:
    if activity.happens_on is None:
        return words.text("no_day")
    stage = stage_for(activity, today) or Stage.BEFORE
    return words.text("day", day=day_in_words(activity.happens_on, words), when=words.tables["when"][stage])


def day_in_words(day: date, words: Words) -> str:
    return f"{day.day} {words.tables['months'][str(day.month)]} {day.year}"


def _joined(session: Session, activity: Activity, rule: Rule, words: Words, reasons: ParityWords) -> str:
    """How many people of each side keep answers; a small number is not said, so that nobody can be picked out."""
    people = func.count(func.distinct(ConversationRow.person_id))
    known = ConversationRow.kept.is_(True) & ConversationRow.role.is_not(None)
    query = select(ConversationRow.role, people).where(ConversationRow.activity_id == activity.id, known)
    found = {Role(str(role)): number for role, number in session.execute(query.group_by(ConversationRow.role))}
    lines = []
    for side in Side:
        number = sum(count for role, count in found.items() if SIDE_OF[role] is side)
        few = words.tables["counts"]["some" if number else "none"].format(few=rule.small_group)
        said = str(number) if number >= rule.small_group else few
        lines.append(words.text("status_joined", side=reasons.sides[side], number=said))
    return "\n".join([words.text("status_who"), *lines])


def _stage(view: ParityView, stage: Stage, words: Words, reasons: ParityWords) -> str:
    items = view.only(stage=stage).items
    name = words.tables["stages"][stage]
    if all(_hidden(total(items, side)) for side in Side):
        return words.text("status_nothing", stage=name)
    lines = [words.text("status_stage", stage=name)]
    for side in Side:
        figures = total(items, side)
        lines.append(_line(reasons.sides[side], figures, words))
        roles = (role for role in Role if SIDE_OF[role] is side)
        lines += [_line(words.tables["counts"][role], own, words) for role in roles if (own := total(items, side, role))]
    return "\n".join(lines)


def _hidden(figures: Shown | None) -> bool:
    return figures is None or figures.mean is None


def _line(name: str, figures: Shown | None, words: Words) -> str:
    if figures is None or _hidden(figures):
        return words.text("status_hidden", name=name)
    counts = {rating: figures.counts.get(rating, 0) for rating in (Rating.YES, Rating.PARTLY, Rating.NOT_YET)}
    return words.text("status_line", name=name, yes=counts[Rating.YES], partly=counts[Rating.PARTLY], not_yet=counts[Rating.NOT_YET])


def _gaps(view: ParityView, built: Bootstrap, words: Words, reasons: ParityWords) -> str:
    """Where the two sides are furthest apart; nothing where a side is too small."""
    wide = [item for item in view.items if item.gap][:WIDEST]
    if not wide:
        return words.text("status_no_gaps", reason=reasons.reasons["gap_needs_both"])
    lines = [words.text("status_gap", item=built.checklists.item(item.item).short, gap=round((item.gap or 0) * 100)) for item in wide]
    return "\n".join([words.text("status_gaps"), *lines])


def listed(activities: Sequence[Activity]) -> list[tuple[str, str]]:
    """Activities to pick from: title and id."""
    return [(activity.title, activity.id) for activity in activities[: kit.MAX_OPTIONS]]
