"""`/coproduction`: the word after it says what to do. Whatever is typed meets the door first, whichever the command."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from rapidfuzz import fuzz, process

from web.chat.door import NotScreened
from web.slack import blocks as kit
from web.slack.asking import answered
from web.slack.context import Slack
from web.slack.inviting import invite, new, show_status
from web.slack.preparing import prepare, reflect
from web.slack.receiving import Delivered, Later
from web.slack.replying import Command, Said, after_that, respond
from web.slack.summing_up import summary

CLOSE_ENOUGH = 60
LONGEST = 3000


async def command(slack: Slack, delivered: Delivered) -> Later | None:
    """Somebody typed `/coproduction …`."""
    text = kit.typed(str(delivered.body.get("text") or ""))[:LONGEST]
    word, _, rest = text.partition(" ")
    known = COMMANDS.get(word.lower() or "help")
    typed = text if known is None else rest.strip()
    try:
        # Somebody in danger may type anything anywhere.
        redacted = await slack.screened(delivered.who, delivered.key, typed) if typed else ""
    except NotScreened:
        return respond(slack, delivered, slack.problem("unavailable"))
    if redacted is None:
        return after_that(slack, delivered, slack.after(await slack.desk.where(delivered.who)))
    if known is None:
        return respond(slack, delivered, _suggestion(slack, word))
    return await known(slack, delivered, Said(typed, redacted))


def _suggestion(slack: Slack, word: str) -> list[kit.Block]:
    close = process.extractOne(word.lower(), list(COMMANDS), scorer=fuzz.ratio, score_cutoff=CLOSE_ENOUGH)
    said = slack.words.text("did_you_mean", command=close[0]) if close else slack.words.text("unknown_command")
    return kit.sections(said)


async def ask(slack: Slack, delivered: Delivered, said: Said) -> Later | None:
    """A question, answered for this person only."""
    if not said.text:
        return respond(slack, delivered, kit.sections(slack.words.text("ask_what")))

    async def rest() -> None:
        found = await asyncio.to_thread(answered, slack, said.redacted)
        await respond(slack, delivered, found.blocks)()

    return rest


async def show_help(slack: Slack, delivered: Delivered, _said: Said) -> Later | None:
    lines = [slack.words.text("help_line", command=name, what=what) for name, what in slack.words.commands.items()]
    return respond(slack, delivered, kit.sections("\n".join([slack.words.text("help"), *lines])))


COMMANDS: Mapping[str, Command] = {
    "prep": prepare,
    "new": new,
    "invite": invite,
    "status": show_status,
    "summary": summary,
    "reflect": reflect,
    "ask": ask,
    "help": show_help,
}
