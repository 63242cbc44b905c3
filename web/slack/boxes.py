"""Boxes to write in (modals): what is sent off counts as if it had been typed.

A box closes once what is in it has been taken; until then it stays open with the words in it, and says why (`NotTaken`). Whatever has
become of the question or the conversation meanwhile, the words meet the safety screen first.
"""

from __future__ import annotations

import asyncio
from datetime import date
from typing import Any

from facilitator.conversation.asking import question
from facilitator.conversation.turn import Talk
from facilitator.errors import NotFoundError
from facilitator.storage import conversations as store
from facilitator.vocabulary import Step
from web.chat import limits as rules
from web.chat.desk import Received
from web.chat.door import NotScreened
from web.chat.problems import Problem
from web.chat.schemas import MessageOut
from web.slack import blocks as kit
from web.slack.activities import day_in_words
from web.slack.context import Slack
from web.slack.preparing import begin_again
from web.slack.receiving import Delivered, Later, NotTaken
from web.slack.seats import Who
from web.slack.talking import answer, readable

WORDS, STEP = "words", "next_step"


async def screened(slack: Slack, delivered: Delivered, text: str, conversation_id: str | None = None) -> str | None:
    """As `Slack.screened`, for what was written in a box.

    Raises:
        NotTaken: nobody knows whether this needs help. The box says whom to call, or at once the direct message where it has closed.
    """
    try:
        return await slack.screened(delivered.who, delivered.key, text, conversation_id)
    except NotScreened:
        raise NotTaken(again=False) from None


# ── opening ──


async def open_box(slack: Slack, delivered: Delivered, about: str) -> Later | None:
    """A box for a comment, a reflection or a next step; `about` says which conversation, and which of its questions."""
    conversation_id, _, number = about.partition(":")
    talk = await _talk_of(slack, delivered.who, conversation_id)
    if talk is None:
        return await begin_again(slack, delivered.key, delivered.who)
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


# ── sent off ──


async def written(slack: Slack, delivered: Delivered) -> Later | None:
    """A box was sent off."""
    view, who = delivered.body.get("view") or {}, delivered.who
    text = text_of(view, "text")
    if not text:
        raise NotTaken(slack.words.text("words_only"))
    conversation_id, _, number = str(view.get("private_metadata") or "").partition(":")
    goes_on = await asyncio.to_thread(slack.desk.goes_on, who, conversation_id)
    redacted = await screened(slack, delivered, text, conversation_id if goes_on else None)
    if redacted is None:
        return slack.after(conversation_id if goes_on else await slack.desk.where(who))
    if not await asyncio.to_thread(slack.desk.has_taken, conversation_id, delivered.key):
        await _still_asked(slack, who, conversation_id, number)
    received = await slack.desk.take(conversation_id, delivered.key, text=redacted)
    if view.get("callback_id") == STEP:
        return _rest_of_step(slack, delivered.key, view, conversation_id, received)
    return lambda: answer(slack, conversation_id, received)


async def _still_asked(slack: Slack, who: Who, conversation_id: str, number: str) -> None:
    """Whether the box can still be answered, and now. Raises NotTaken.

    Words for a question that has gone are not taken for the one in hand, nor added to an answer that may have been changed since.
    """
    talk = await _talk_of(slack, who, conversation_id)
    if talk is None:
        raise NotTaken(slack.words.text("box_ended"))
    if str(talk.position.question_no) != number:
        raise NotTaken(slack.words.text("box_moved_on"))
    if await asyncio.to_thread(slack.desk.waits, conversation_id):
        # It may answer the question: it may be these very words, as they were before they were changed.
        raise NotTaken
    try:
        await slack.parts.limits.check(rules.MESSAGES_BY_CONVERSATION, conversation_id)
    except Problem as problem:
        raise NotTaken(kit.read_aloud(slack.problem(problem.kind, **problem.values))) from None


def _rest_of_step(slack: Slack, key: str, view: dict[str, Any], conversation_id: str, received: Received) -> Later:
    """A next step in one go: what, who and when are the three answers that the conversation asks for."""
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
    if not await asyncio.to_thread(slack.desk.goes_on, who, conversation_id):
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


def text_of(view: dict[str, Any], block: str) -> str:
    """What was typed into a block of a box, as far as it can be read; empty when nothing was."""
    return readable(str(value(view, block, "text", "value") or ""))
