"""`/coproduction summary`: what a person has said so far, to themselves only."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from itertools import groupby

from facilitator.summary.outline import Block, Heading, Paragraph
from web.chat.takeaway import outline_of
from web.slack import blocks as kit
from web.slack.context import Slack
from web.slack.receiving import Delivered, Later
from web.slack.replying import Said, activity_meant, no_activity, respond


async def summary(slack: Slack, delivered: Delivered, said: Said) -> Later | None:
    activity = await activity_meant(slack, delivered.who, said.text)
    if activity is None and said.text:
        return no_activity(slack, delivered, said.text)
    conversation_id = await (slack.desk.sit(delivered.who, activity.id) if said.text and activity else slack.desk.where(delivered.who))
    talk = await asyncio.to_thread(slack.desk.talk, conversation_id)
    if not talk.kept:
        return respond(slack, delivered, kit.sections(slack.words.text("nothing_kept")))
    found = await asyncio.to_thread(outline_of, slack.parts, conversation_id, slack.desk.token(conversation_id), slack.today())
    return respond(slack, delivered, as_blocks(found), conversation_id=conversation_id)


def as_blocks(outline: Sequence[Block]) -> list[kit.Block]:
    """Titles as headings, and what stands between two of them as one text."""
    made: list[kit.Block] = []
    for is_title, some in groupby(outline, lambda block: isinstance(block, Heading) and block.level < 3):
        if is_title:
            made += [kit.heading(block.text) for block in some]
        else:
            made += kit.sections("\n".join(_lines(block) for block in some))
    return made


def _lines(block: Block) -> str:
    if isinstance(block, Heading):
        return f"\n*{block.text}*"
    if isinstance(block, Paragraph):
        return block.text
    return "\n".join([f"• {block.text}", *(f"    {detail}" for detail in block.details)])
