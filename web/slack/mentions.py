"""A mention in a channel: a question gets its answer in the thread; anything personal, and any crisis, is answered in private."""

from __future__ import annotations

import asyncio
import re

from web.chat.door import NotScreened
from web.chat.problems import Problem
from web.slack import blocks as kit
from web.slack.asking import answered, is_personal
from web.slack.context import Slack
from web.slack.receiving import Delivered, Later

# The mention of ourselves that an event begins with, or that stands anywhere in it.
_MENTION = re.compile(r"<@[A-Z0-9]+(?:\|[^>]*)?>")


async def mention(slack: Slack, delivered: Delivered) -> Later | None:
    event, who, key = delivered.event, delivered.who, delivered.key
    channel = str(event.get("channel") or "")
    if event.get("bot_id") or not who.user or channel.startswith("D"):
        return None  # a mention in the direct message is a message too
    text = kit.typed(_MENTION.sub("", str(event.get("text") or ""), count=1))
    if not text:
        return lambda: slack.say(key, who, kit.sections(slack.words.text("mentioned")))
    try:
        redacted = await slack.screened(who, key, text)
    except NotScreened:
        return slack.told(key, who, Problem(503, "unavailable"))
    if redacted is None:
        return slack.after(await slack.desk.where(who))
    thread = str(event.get("thread_ts") or event.get("ts") or "")

    async def rest() -> None:
        found = await asyncio.to_thread(answered, slack, redacted)
        if is_personal(slack, text, redacted) or not found.known:
            # In private, and nothing in the channel that says so.
            await slack.say(key, who, [*kit.sections(slack.words.text("in_private")), *found.blocks])
        else:
            await slack.say(key, who, found.blocks, channel=channel, thread_ts=thread)

    return rest
