"""The Home tab: my activities, what is not ready, my open next steps, and buttons to carry on."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from sqlalchemy.orm import Session

from facilitator.activities import Activity, stage_for
from facilitator.conversation.moves.next_steps import asked_of_me
from facilitator.conversation.turn import NextStep, Talk
from facilitator.reminders.store import members_of
from facilitator.storage import conversations as store
from facilitator.vocabulary import Stage
from web.slack import blocks as kit
from web.slack import others
from web.slack.activities import MOST_LISTED, day_in_words, mine, not_ready, when
from web.slack.calling import Refused, SignedOut, TryLater
from web.slack.context import Slack
from web.slack.receiving import Delivered, Later
from web.slack.seats import NO_ACTIVITY, Who

MOST_STEPS = 5


async def opened(slack: Slack, delivered: Delivered) -> Later | None:
    if delivered.event.get("tab", "home") != "home" or not delivered.who.user:
        return None
    return lambda: publish(slack, delivered.who)


async def publish(slack: Slack, who: Who) -> None:
    """Draw it afresh. It is drawn whenever it is opened, so a failure is not kept and tried again."""

    def work() -> list[kit.Block]:
        with slack.built.database.reading() as session:
            return blocks(slack, session, who)

    view = {"type": "home", "blocks": (await asyncio.to_thread(work))[: kit.MAX_VIEW_BLOCKS]}
    try:
        await slack.caller.call("views.publish", {"user_id": who.user, "view": view})
    except TryLater as later:
        await asyncio.sleep(min(later.after_s or 1.0, 30.0))
        await slack.caller.call("views.publish", {"user_id": who.user, "view": view})
    except (Refused, SignedOut):
        return


def blocks(slack: Slack, session: Session, who: Who) -> list[kit.Block]:
    words = slack.words
    found = mine(session, who, slack.today())
    seats = slack.desk.seats(session, who)
    talks = {seat.about: store.load_talk(session, store.conversation(session, seat.conversation_id)) for seat in seats}
    made = [kit.heading(words.text("home_title"))]
    made += kit.sections(words.text("home_none")) if not found else []
    reminded = {member.activity_id: member.reminded for member in members_of(session, who.team, who.user)}
    for activity in found[:MOST_LISTED]:
        made += _activity(slack, activity, talks.get(activity.id), reminded.get(activity.id))
    if len(found) > MOST_LISTED:
        made += kit.context([words.text("home_more", more=len(found) - MOST_LISTED)])
    buttons = [kit.button("go", words.button("new"), "new")]
    if NO_ACTIVITY in talks or not found:
        buttons.append(kit.button("go", words.button("talk"), f"on:{NO_ACTIVITY}"))
    return made + kit.actions(buttons, "home")


def _activity(slack: Slack, activity: Activity, talk: Talk | None, reminded: bool | None) -> list[kit.Block]:
    words = slack.words
    made: list[kit.Block] = [{"type": "divider"}, *kit.sections(activity.title), *kit.context([when(activity, words, slack.today())])]
    if talk is not None and talk.kept:
        stage = talk.position.stage or stage_for(activity, slack.today()) or Stage.BEFORE
        if items := not_ready(talk, stage, slack.built):
            made += kit.sections("\n".join([words.text("home_not_ready"), *(f"- {item}" for item in items)]))
        if steps := _steps(slack, talk.my_steps):
            made += kit.sections("\n".join([words.text("home_steps"), *steps]))
        made += _from_others(slack, talk)
    begin = ("prepare", "prep") if talk is None else ("carry_on", "on")
    offered = [begin, ("reflect", "reflect")]
    if reminded is not None:
        offered.append(("remind_stop", "quiet") if reminded else ("remind", "remind"))
    buttons = [kit.button("go", words.button(title), f"{target}:{activity.id}") for title, target in offered]
    return made + kit.actions(buttons, f"home:{activity.id}")


def _from_others(slack: Slack, talk: Talk) -> list[kit.Block]:
    """How many next steps of others wait for this person, as it is said in the conversation."""
    waiting = asked_of_me(talk)
    if not waiting:
        return []
    counted = others.counted(waiting[0], talk, slack.built.settings.address)
    return kit.sections(slack.words.said_otherwise(counted, talk, slack.built.library) or "")


def _steps(slack: Slack, steps: Mapping[str, NextStep]) -> list[str]:
    lines = []
    for step in list(steps.values())[:MOST_STEPS]:
        by = slack.words.text("step_by", day=day_in_words(step.due_on, slack.words)) if step.due_on else ""
        lines.append(f"- {step.what}{by and ' '}{by}")
    return lines
