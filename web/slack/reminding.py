"""Reminders in the direct message, with buttons to be reminded later or not at all. Runs in every replica; each reminder fires in one."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from facilitator.conversation.turn import Talk
from facilitator.errors import NotFoundError
from facilitator.reminders import store as reminders
from facilitator.reminders.plan import ReminderKind
from facilitator.reminders.store import Due
from facilitator.storage import conversations as store
from facilitator.storage.models import ActivityRow, NextStepRow, SlackSeatRow
from facilitator.vocabulary import Stage
from web.slack import blocks as kit
from web.slack.activities import all_ready, day_in_words, not_ready
from web.slack.context import Slack
from web.slack.receiving import Delivered, Later
from web.slack.seats import Who

log = structlog.get_logger("web")
EVERY_S = 30.0
PLAN_EVERY = timedelta(minutes=10)


class Reminding:
    """One round plans what is new, now and then, and gives what is due."""

    def __init__(self, slack: Slack) -> None:
        self._slack = slack
        self._planned_at: datetime | None = None

    async def round(self) -> None:
        now = self._slack.now()
        if self._planned_at is None or now - self._planned_at >= PLAN_EVERY:
            await asyncio.to_thread(plan, self._slack)
            self._planned_at = now
        await fire(self._slack)


def plan(slack: Slack) -> None:
    with slack.built.database.unit_of_work() as session:
        reminders.plan_all(session, slack.now())


async def fire(slack: Slack) -> int:
    """Give every reminder that is due; returns how many."""
    given = 0
    for reminder_id in await asyncio.to_thread(_due, slack):
        who = await asyncio.to_thread(_fire, slack, reminder_id)
        if who is not None:
            given += 1
            await slack.sender.drain(who.lane)
    return given


def _due(slack: Slack) -> list[int]:
    with slack.built.database.reading() as session:
        return reminders.due(session, slack.now())


def _fire(slack: Slack, reminder_id: int) -> Who | None:
    """Claim it and put it on its way in one transaction: if that fails, neither has happened."""
    with slack.built.database.unit_of_work() as session:
        due = reminders.claim(session, reminder_id, slack.now())
        if due is None:
            return None
        who = Who(due.team, due.user)
        made = blocks(slack, session, due)
        if made is None:
            return None
        # Snoozed, it fires again: the moment tells one from the other.
        slack.put(session, f"reminder:{due.id}:{slack.now().isoformat()}", who, made, conversation_id=_conversation(session, due))
        return who


def _conversation(session: Session, due: Due) -> str | None:
    """The conversation that the reminder's words come from."""
    same = (SlackSeatRow.team == due.team) & (SlackSeatRow.user == due.user) & (SlackSeatRow.about == due.activity_id)
    return session.scalar(select(SlackSeatRow.conversation_id).where(same))


def blocks(slack: Slack, session: Session, due: Due) -> list[kit.Block] | None:
    """What a reminder says now; None when there is nothing left to remind of."""
    activity, words = session.get(ActivityRow, due.activity_id), slack.words
    if activity is None:
        return None
    text = _text(slack, session, due, activity)
    if text is None:
        return None
    action = {"before": "prepare", "during": "carry_on", "after": "reflect", "step": "carry_on"}[due.kind]
    target = {"before": "prep", "during": "on", "after": "reflect", "step": "on"}[due.kind]
    buttons = [
        kit.button("go", words.button(action), f"{target}:{due.activity_id}"),
        kit.button("snooze", words.button("snooze"), str(due.id)),
        kit.button("stop", words.button("remind_stop"), str(due.id)),
    ]
    return [*kit.sections(text), *kit.actions(buttons, f"reminder:{due.id}")]


def _text(slack: Slack, session: Session, due: Due, activity: ActivityRow) -> str | None:
    words, title = slack.words, activity.title
    if due.kind is ReminderKind.STEP:
        step = session.get(NextStepRow, due.about)
        return words.text("reminder_step", title=title, what=step.what) if step is not None and step.state == "open" else None
    happens_on = activity.happens_on.date() if activity.happens_on else None
    day = day_in_words(happens_on, words) if happens_on else ""
    if due.kind is ReminderKind.BEFORE:
        return _before(slack, _begun(slack, session, due), title, day)
    # For a weekend the reminder of the day comes on the Friday.
    kind = "ahead" if due.kind is ReminderKind.DURING and happens_on not in (None, due.day) else due.kind
    return words.text(f"reminder_{kind}", title=title, day=day)


def _before(slack: Slack, talk: Talk | None, title: str, day: str) -> str:
    words = slack.words
    if talk is None:
        return words.text("reminder_before_unasked", title=title, day=day)
    if items := not_ready(talk, Stage.BEFORE, slack.built):
        return "\n".join([words.text("reminder_before", title=title, day=day), *(f"- {item}" for item in items)])
    ready = all_ready(talk, Stage.BEFORE, slack.built)
    return words.text("reminder_before_ready" if ready else "reminder_before_begun", title=title, day=day)


def _begun(slack: Slack, session: Session, due: Due) -> Talk | None:
    """The conversation about it; None when this person has not begun to get ready in it, or nothing of it is kept."""
    conversation_id = _conversation(session, due)
    try:
        talk = store.load_talk(session, store.conversation(session, conversation_id)) if conversation_id is not None else None
    except NotFoundError:
        return None
    begun = talk is not None and talk.kept and any(item.id in talk.answers for item in slack.built.checklists.stage(Stage.BEFORE).items)
    return talk if begun else None


# ── later, or not at all ──


async def snooze(slack: Slack, delivered: Delivered, reminder_id: str) -> Later | None:
    def work() -> tuple[datetime | None, str | None]:
        with slack.built.database.unit_of_work() as session:
            again = reminders.snooze(session, int(reminder_id), delivered.who.team, delivered.who.user, slack.now())
            return again, _source(session, delivered.who, reminder_id)

    try:
        again, source = await asyncio.to_thread(work)
    except (NotFoundError, ValueError):
        return _gone(slack, delivered)
    if again is None:
        return _replaced(slack, delivered, slack.words.text("snoozed_too_late"), source)
    day = day_in_words(again.date(), slack.words)
    return _replaced(slack, delivered, slack.words.text("snoozed", day=day, time=f"{again.hour}:{again.minute:02}"), source)


async def stop(slack: Slack, delivered: Delivered, reminder_id: str) -> Later | None:
    def work() -> str | None:
        with slack.built.database.unit_of_work() as session:
            reminders.stop(session, int(reminder_id), delivered.who.team, delivered.who.user)
            return _source(session, delivered.who, reminder_id)

    try:
        source = await asyncio.to_thread(work)
    except (NotFoundError, ValueError):
        return _gone(slack, delivered)
    return _replaced(slack, delivered, slack.words.text("stopped"), source)


def _gone(slack: Slack, delivered: Delivered) -> Later:
    """The activity was erased, or what they kept of it: the reminder went with it, and its buttons are still in Slack."""
    return lambda: slack.say(delivered.key, delivered.who, kit.sections(slack.words.text("reminder_gone")))


def _source(session: Session, who: Who, reminder_id: str) -> str | None:
    return _conversation(session, reminders.of_person(session, int(reminder_id), who.team, who.user))


def _replaced(slack: Slack, delivered: Delivered, said: str, conversation_id: str | None) -> Later:
    """The reminder's buttons give way to what was chosen. It goes with the conversation whose words it quotes."""
    body = delivered.body
    message = body.get("message") or {}
    kept = [block for block in message.get("blocks") or [] if block.get("type") != "actions"]
    made = [*kept, *kit.context([said])]
    channel = str((body.get("channel") or {}).get("id") or "")
    payload = {"channel": channel, "ts": str(message.get("ts") or ""), "blocks": made[: kit.MAX_BLOCKS], "text": said}

    def work() -> None:
        with slack.built.database.unit_of_work() as session:
            slack.sender.put(session, delivered.key, delivered.who, "chat.update", payload, conversation_id=conversation_id)

    async def rest() -> None:
        await asyncio.to_thread(work)
        await slack.sender.drain(delivered.who.lane)

    return rest
