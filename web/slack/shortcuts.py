"""The message shortcut "Save as reflection": a person's own words, looked over in a box and then kept with their reflections."""

from __future__ import annotations

import asyncio

from sqlalchemy import select

from facilitator.conversation.turn import ReflectionRecorded
from facilitator.storage import conversations as store
from facilitator.storage.facts import write_facts
from facilitator.storage.models import ReflectionRow
from web.slack import blocks as kit
from web.slack.activities import is_there, listed, mine
from web.slack.boxes import screened, text_of, value
from web.slack.context import Slack
from web.slack.receiving import Delivered, Later, NotTaken
from web.slack.seats import NO_ACTIVITY

REFLECTION = "save_reflection"


async def save_reflection(slack: Slack, delivered: Delivered) -> Later | None:
    """Open the box. Words of somebody else are theirs: they are not filled in."""
    message, words = delivered.body.get("message") or {}, slack.words
    own = str(message.get("user") or "") == delivered.who.user
    text = kit.typed(str(message.get("text") or "")) if own else ""

    def work() -> list[tuple[str, str]]:
        with slack.built.database.reading() as session:
            return listed(mine(session, delivered.who, slack.today()))

    about = [*await asyncio.to_thread(work), (words.text("about_none"), NO_ACTIVITY)]
    blocks = [
        *([] if own else kit.sections(words.text("not_your_words"))),
        kit.text_input("text", words.modal("reflection"), multiline=True, hint=words.modal("no_names"), value=text),
        kit.select_input("about", words.modal("reflection_about"), about, optional=False),
    ]
    view = kit.modal(REFLECTION, words.modal("reflection_title"), words.modal("save"), words.modal("close"), blocks)
    return lambda: slack.open_modal(str(delivered.body.get("trigger_id")), view)


async def reflection_written(slack: Slack, delivered: Delivered) -> Later | None:
    """Keep it, for the person only. Where nothing is kept, nothing is: the conversation asks about that first."""
    view, who, key = delivered.body.get("view") or {}, delivered.who, delivered.key
    text = text_of(view, "text")
    if not text:
        raise NotTaken(slack.words.text("words_only"))
    about = str(value(view, "about", "one", "selected_option", "value") or NO_ACTIVITY)
    there = about != NO_ACTIVITY and await asyncio.to_thread(is_there, slack.built.database, about)
    conversation_id = await slack.desk.sit(who, about if there else None)
    redacted = await screened(slack, delivered, text, conversation_id)
    if redacted is None:
        return slack.after(conversation_id)

    def work() -> bool:
        with slack.built.database.unit_of_work() as session:
            row = store.conversation(session, conversation_id, for_change=True)
            position = store.load_position(row)
            if row.kept and session.scalar(select(ReflectionRow.id).where(ReflectionRow.message_id == key)) is None:
                write_facts(session, row, (ReflectionRecorded(redacted, position.stage),), key)
            return bool(row.kept)

    kept = await asyncio.to_thread(work)

    async def rest() -> None:
        await slack.say(f"{key}:told", who, kit.sections(slack.words.text("reflection_kept" if kept else "reflection_not_kept")))
        if not kept:
            await asyncio.to_thread(slack.desk.carry_on, conversation_id)
        await slack.sender.follow(conversation_id)

    return rest
