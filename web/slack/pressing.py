"""Buttons, in a message or on the Home tab: what each leads to."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from facilitator.reminders import store as reminders
from web.slack import boxes, home, inviting, preparing, reminding, talking
from web.slack.activities import is_there
from web.slack.context import Slack
from web.slack.receiving import Delivered, Later
from web.slack.replying import Said
from web.slack.seats import NO_ACTIVITY


async def pressed(slack: Slack, delivered: Delivered) -> Later | None:
    actions = delivered.body.get("actions") or [{}]
    name, value = str(actions[0].get("action_id") or "").partition(":")[0], str(actions[0].get("value") or "")
    action = BUTTONS.get(name)
    return await action(slack, delivered, value) if action is not None else None


async def go(slack: Slack, delivered: Delivered, target: str) -> Later | None:
    """Begin, carry on, look back, be reminded or not: of one activity, or none."""
    what, _, about = target.partition(":")
    activity = None if about in ("", NO_ACTIVITY) else about
    who, key = delivered.who, delivered.key
    if what == "new":
        return await inviting.new(slack, delivered, Said())
    if what in ("quiet", "remind") and activity:
        return await _reminded(slack, delivered, activity, wanted=what == "remind")
    if activity and not await asyncio.to_thread(is_there, slack.built.database, activity):
        return await preparing.begin_again(slack, key, who)
    if what == "prep":
        return await preparing.begin(slack, key, who, activity)
    if what == "reflect":
        return await preparing.look_back(slack, key, who, activity)
    return await preparing.carry_on(slack, who, activity)


async def _reminded(slack: Slack, delivered: Delivered, activity_id: str, *, wanted: bool) -> Later:
    def work() -> None:
        with slack.built.database.unit_of_work() as session:
            for member in reminders.members_of(session, delivered.who.team, delivered.who.user):
                if member.activity_id == activity_id:
                    reminders.set_reminded(session, member, wanted=wanted)

    await asyncio.to_thread(work)
    return lambda: home.publish(slack, delivered.who)


BUTTONS: Mapping[str, Callable[[Slack, Delivered, str], Awaitable[Later | None]]] = {
    "choose": talking.choose,
    "write": boxes.open_box,
    "go": go,
    "snooze": reminding.snooze,
    "stop": reminding.stop,
}
