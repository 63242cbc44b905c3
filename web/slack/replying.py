"""What the commands have in common: what was typed, which activity is meant, and answering where the command was given."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from facilitator.activities import Activity
from web.slack import blocks as kit
from web.slack.activities import chosen
from web.slack.context import Slack
from web.slack.receiving import Delivered, Later
from web.slack.seats import Who


@dataclass(frozen=True)
class Said:
    """What was typed after a command's name. It has been screened; only `redacted` may be stored or passed on."""

    text: str = ""
    redacted: str = ""


Command = Callable[[Slack, Delivered, Said], Awaitable[Later | None]]


def respond(
    slack: Slack, delivered: Delivered, blocks: list[kit.Block], *, to_all: bool = False, conversation_id: str | None = None
) -> Later:
    """Answer where the command was typed. With a conversation, the words are that person's, and go with it."""
    url = str(delivered.body.get("response_url") or "")
    if not url:
        return lambda: slack.say(delivered.key, delivered.who, blocks)
    return lambda: slack.respond(delivered.key, delivered.who, url, blocks, to_all=to_all, conversation_id=conversation_id)


def after_that(slack: Slack, delivered: Delivered, done: Later) -> Later:
    """Do it, in the direct message; then say where the command was typed that there is something to read."""
    told = respond(slack, delivered, kit.sections(slack.words.text("see_message")))

    async def rest() -> None:
        await done()
        await told()

    return rest


async def activity_meant(slack: Slack, who: Who, code: str) -> Activity | None:
    """The activity with that code; without one, the next of this person's own."""

    def work() -> Activity | None:
        with slack.built.database.reading() as session:
            return chosen(session, who, code, slack.today())

    return await asyncio.to_thread(work)


def no_activity(slack: Slack, delivered: Delivered, code: str) -> Later:
    return respond(slack, delivered, kit.sections(slack.words.text("unknown_code" if code else "no_activity")))
