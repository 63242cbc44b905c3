"""Getting ready, carrying on and looking back: where the conversation goes when a command or a button says so."""

from __future__ import annotations

import asyncio

from facilitator.conversation.moves import reflecting, welcome
from facilitator.vocabulary import Stage, Step
from web.slack import blocks as kit
from web.slack.context import Slack
from web.slack.receiving import Delivered, Later
from web.slack.replying import Said, activity_meant, after_that, no_activity
from web.slack.seats import Who


async def prepare(slack: Slack, delivered: Delivered, said: Said) -> Later | None:
    activity = await activity_meant(slack, delivered.who, said.text)
    if activity is None and said.text:
        return no_activity(slack, delivered, said.text)
    return after_that(slack, delivered, await begin(slack, delivered.key, delivered.who, activity.id if activity else None))


async def begin(slack: Slack, key: str, who: Who, activity_id: str | None) -> Later:
    """The short walk of the time before, in the direct message: from where they are, or from the beginning."""
    conversation_id = await slack.desk.sit(who, activity_id, stage=Stage.BEFORE)

    def work() -> None:
        talk = slack.desk.talk(conversation_id)
        position = talk.position
        ready = talk.kept is False or (talk.kept and talk.role is not None)
        walking = position.stage is Stage.BEFORE and position.step in (Step.ITEM, Step.COMMENT)
        if ready and not walking and not position.support and not position.confirming:
            slack.desk.make_moves(conversation_id, key, ("start_before", welcome.choose_stage), ("choose_quick", welcome.choose_depth))
        else:
            slack.desk.carry_on(conversation_id)

    await asyncio.to_thread(work)

    async def rest() -> None:
        await slack.sender.follow(conversation_id)
        if activity_id is not None:
            await slack.join(who, activity_id)

    return rest


async def carry_on(slack: Slack, who: Who, activity_id: str | None) -> Later:
    """Ask the question in hand again, in the direct message."""
    conversation_id = await slack.desk.sit(who, activity_id)
    await asyncio.to_thread(slack.desk.carry_on, conversation_id)
    return slack.after(conversation_id)


async def begin_again(slack: Slack, key: str, who: Who) -> Later:
    """What was pressed belongs to something that is gone: a chat, an activity, or what they deleted.

    Say so, and ask what is in hand now; where there is nothing, begin anew.
    """
    conversation_id = await slack.desk.where(who)
    await asyncio.to_thread(slack.desk.carry_on, conversation_id)

    async def rest() -> None:
        await slack.say(f"{key}:gone", who, kit.sections(slack.words.text("button_gone")))
        await slack.sender.follow(conversation_id)

    return rest


async def reflect(slack: Slack, delivered: Delivered, said: Said) -> Later | None:
    activity = await activity_meant(slack, delivered.who, said.text)
    if activity is None and said.text:
        return no_activity(slack, delivered, said.text)
    return after_that(slack, delivered, await look_back(slack, delivered.key, delivered.who, activity.id if activity else None))


async def look_back(slack: Slack, key: str, who: Who, activity_id: str | None) -> Later:
    conversation_id = await slack.desk.sit(who, activity_id)

    def work() -> None:
        if slack.desk.talk(conversation_id).kept is None:
            slack.desk.carry_on(conversation_id)
        else:
            slack.desk.make_moves(conversation_id, key, ("reflect", reflecting.reflect))

    await asyncio.to_thread(work)
    return slack.after(conversation_id)
