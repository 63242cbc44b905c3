"""The direct message: typed words and pressed choices, through the same door and desk as the widget's."""

from __future__ import annotations

import asyncio

import structlog

from facilitator.errors import ChoiceClosedError, ChoiceUnknownError
from web.chat import limits as rules
from web.chat.desk import Received
from web.chat.door import NotScreened
from web.chat.problems import Problem
from web.chat.schemas import MAX_TEXT
from web.slack import blocks as kit
from web.slack.context import Slack
from web.slack.preparing import begin_again
from web.slack.receiving import Delivered, Later
from web.slack.seats import Who

log = structlog.get_logger("web")
# What a person wrote; anything else about a message (edits, joins, bots) is left alone.
_WRITTEN = (None, "file_share", "thread_broadcast")


async def message(slack: Slack, delivered: Delivered) -> Later | None:
    """Somebody wrote to us."""
    event = delivered.event
    if event.get("bot_id") or event.get("subtype") not in _WRITTEN or not delivered.who.user or event.get("channel_type") != "im":
        return None
    return await typed(slack, delivered.who, delivered.key, kit.typed(str(event.get("text") or "")))


async def typed(slack: Slack, who: Who, key: str, text: str) -> Later:
    """Words for the conversation somebody is in: screened and redacted, stored, then answered."""
    text = readable(text)
    if not text:
        return lambda: slack.say(key, who, kit.sections(slack.words.text("words_only")))
    found = await slack.desk.where(who)
    try:
        redacted = await slack.screened(who, key, text, found, lambda: slack.desk.asks_who(found, slack.desk.token(found)))
        if redacted is None:
            return slack.after(found)
        if len(text) > MAX_TEXT:
            raise Problem(413, "message-too-long", limit=f"{MAX_TEXT:,}")
        await slack.parts.limits.check(rules.MESSAGES_BY_CONVERSATION, found)
    except NotScreened:
        return slack.told(key, who, Problem(503, "unavailable"))
    except Problem as problem:
        return slack.told(key, who, problem)
    received = await slack.desk.take(found, key, text=redacted)
    return lambda: answer(slack, found, received)


async def answer(slack: Slack, conversation_id: str, received: Received) -> None:
    await slack.desk.answer(conversation_id, received)
    await slack.sender.follow(conversation_id)


async def choose(slack: Slack, delivered: Delivered, choice_id: str) -> Later | None:
    """A choice was pressed."""
    found = await asyncio.to_thread(slack.desk.conversation_of, delivered.who, choice_id)
    if found is None:
        return await begin_again(slack, delivered.key, delivered.who)
    conversation_id, title = found
    try:
        received = await slack.desk.take(conversation_id, delivered.key, choice=choice_id)
    except ChoiceClosedError:
        return slack.told(delivered.key, delivered.who, Problem(409, "choice-closed"))
    except ChoiceUnknownError:
        return slack.told(delivered.key, delivered.who, Problem(422, "unknown-choice"))
    slack.sender.pressed(received.message_id, title)
    return lambda: answer(slack, conversation_id, received)


def readable(text: str) -> str:
    """Without signs that no reader can show."""
    text = text.encode("utf-8", "ignore").decode("utf-8")
    return "".join(sign for sign in text if sign >= " " or sign in "\n\t").strip()
