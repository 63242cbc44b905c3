"""The direct message: typed words, pressed choices, and boxes to write in, all through the same door and desk as the widget's."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import Any

import structlog

from facilitator.conversation.asking import question
from facilitator.conversation.turn import Talk
from facilitator.errors import ChoiceClosedError, ChoiceUnknownError, NotFoundError
from facilitator.storage import conversations as store
from facilitator.vocabulary import Step
from web.chat import limits as rules
from web.chat.desk import Received
from web.chat.door import NotScreened
from web.chat.problems import Problem
from web.chat.schemas import MAX_TEXT, MessageOut
from web.slack import blocks as kit
from web.slack.activities import day_in_words
from web.slack.context import Slack
from web.slack.receiving import Delivered, Later
from web.slack.seats import Who

log = structlog.get_logger("web")
# What a person wrote; anything else about a message (edits, joins, bots) is left alone.
_WRITTEN = (None, "file_share", "thread_broadcast")
WORDS, STEP = "words", "next_step"


async def message(slack: Slack, delivered: Delivered) -> Later | None:
    """Somebody wrote to us."""
    event = delivered.event
    if event.get("bot_id") or event.get("subtype") not in _WRITTEN or not delivered.who.user or event.get("channel_type") != "im":
        return None
    return await typed(slack, delivered.who, delivered.key, kit.typed(str(event.get("text") or "")))


async def typed(slack: Slack, who: Who, key: str, text: str, conversation_id: str | None = None) -> Later:
    """Words for a conversation: screened and redacted, stored, then answered."""
    text = _readable(text)
    if not text:
        return lambda: slack.say(key, who, kit.sections(slack.words.text("words_only")))
    found = conversation_id or await slack.desk.where(who)
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
        return None
    conversation_id, title = found
    try:
        received = await slack.desk.take(conversation_id, delivered.key, choice=choice_id)
    except ChoiceClosedError:
        return slack.told(delivered.key, delivered.who, Problem(409, "choice-closed"))
    except ChoiceUnknownError:
        return slack.told(delivered.key, delivered.who, Problem(422, "unknown-choice"))
    slack.sender.pressed(received.message_id, title)
    return lambda: answer(slack, conversation_id, received)


# ── boxes to write in ──


async def open_box(slack: Slack, delivered: Delivered, about: str) -> Later | None:
    """A box for a comment, a reflection or a next step; `about` says which conversation, and which of its questions."""
    conversation_id, _, number = about.partition(":")
    talk = await _talk_of(slack, delivered.who, conversation_id)
    if talk is None:
        return None
    if str(talk.position.question_no) != number:
        return slack.told(delivered.key, delivered.who, Problem(409, "choice-closed"))
    view = _step_box(slack, talk, about) if talk.position.step is Step.STEP_WHAT else _words_box(slack, talk, about)
    return lambda: slack.open_modal(str(delivered.body.get("trigger_id")), view)


def _words_box(slack: Slack, talk: Talk, about: str) -> kit.Block:
    words, step = slack.words, talk.position.step
    label = words.modal("reflection" if step is Step.REFLECTION else "comment")
    blocks = [kit.text_input("text", label, multiline=True, hint=words.modal("no_names"))]
    return kit.modal(WORDS, words.modal("words_title"), words.modal("save"), words.modal("close"), blocks, about)


def _step_box(slack: Slack, talk: Talk, about: str) -> kit.Block:
    words = slack.words
    options = [(choice, choice) for choice in _who_choices(slack, talk)]
    blocks = [
        kit.text_input("text", words.modal("step_what"), multiline=False, most=500, hint=words.modal("no_names")),
        kit.select_input("who", words.modal("step_who"), options, optional=True),
        kit.date_input("when", words.modal("step_when")),
    ]
    return kit.modal(STEP, words.modal("step_title"), words.modal("save"), words.modal("close"), blocks, about)


def _who_choices(slack: Slack, talk: Talk) -> list[str]:
    """The titles that the next question will offer."""
    asked = question(talk.at(step=Step.STEP_WHO), slack.built.library)
    return [kit.shortened(choice.title, kit.MAX_BUTTON) for choice in slack.built.wording.render(asked, talk, slack.built.library).choices]


async def box_written(slack: Slack, delivered: Delivered) -> Later | None:
    """A box was sent off. What is in it is what would have been typed."""
    view = delivered.body.get("view") or {}
    about = str(view.get("private_metadata") or "")
    conversation_id, _, number = about.partition(":")
    talk = await _talk_of(slack, delivered.who, conversation_id)
    if talk is None:
        return None
    if str(talk.position.question_no) != number:
        return slack.told(delivered.key, delivered.who, Problem(409, "choice-closed"))
    text = str(value(view, "text", "text", "value") or "")
    if view.get("callback_id") != STEP:
        return await typed(slack, delivered.who, delivered.key, text, conversation_id)
    return await _step_written(slack, delivered, view, conversation_id, text)


async def _step_written(slack: Slack, delivered: Delivered, view: dict[str, Any], conversation_id: str, text: str) -> Later:
    """A next step in one go: what, who and when are the three answers that the conversation asks for."""
    key, who = delivered.key, delivered.who
    try:
        redacted = await slack.screened(who, key, _readable(text) or "-", conversation_id)
    except NotScreened:
        return slack.told(key, who, Problem(503, "unavailable"))
    if redacted is None:
        return slack.after(conversation_id)
    received = await slack.desk.take(conversation_id, key, text=redacted)
    person = str(value(view, "who", "one", "selected_option", "value") or "")
    day = value(view, "when", "date", "selected_date")

    async def rest() -> None:
        # The questions in between have their answers: only the last reply is shown.
        let_on = await slack.sender.hold_back(conversation_id)
        try:
            await answers()
        finally:
            await let_on()
        await slack.sender.follow(conversation_id)

    async def answers() -> None:
        reply = await slack.desk.answer(conversation_id, received)
        chosen = _titled(reply.messages, person) or _left_open(reply.messages)
        if chosen is not None and slack.desk.talk(conversation_id).position.step is Step.STEP_WHO:
            taken = await slack.desk.take(conversation_id, store.digest(f"{key}:who"), choice=chosen)
            reply = await slack.desk.answer(conversation_id, taken)
            if slack.desk.talk(conversation_id).position.step is Step.STEP_WHEN:
                said = {"text": day_in_words(date.fromisoformat(str(day)), slack.words)} if day else {"choice": _left_open(reply.messages)}
                await slack.desk.answer(conversation_id, await slack.desk.take(conversation_id, store.digest(f"{key}:when"), **said))

    return rest


def _titled(messages: list[MessageOut], title: str) -> str | None:
    offered = [choice for said in messages for choice in said.choices]
    return next((choice.id for choice in offered if title and kit.shortened(choice.title, kit.MAX_BUTTON) == title), None)


def _left_open(messages: list[MessageOut]) -> str | None:
    """The choice that leaves it open: every such question has one, after all there is to pick."""
    asked = [said for said in messages if said.choices]
    return asked[-1].choices[-1].id if asked else None


async def _talk_of(slack: Slack, who: Who, conversation_id: str) -> Talk | None:
    if not await asyncio.to_thread(slack.desk.is_theirs, who, conversation_id):
        return None
    try:
        return await asyncio.to_thread(slack.desk.talk, conversation_id)
    except NotFoundError:
        return None


def value(view: dict[str, Any], block: str, *path: str) -> Any:
    """What was entered in a block of a box; None when nothing was."""
    found: Any = ((view.get("state") or {}).get("values") or {}).get(block) or {}
    for name in path:
        found = (found or {}).get(name)
    return found


def _readable(text: str) -> str:
    text = text.encode("utf-8", "ignore").decode("utf-8")
    return "".join(sign for sign in text if sign >= " " or sign in "\n\t").strip()
