"""Replies as Block Kit: a turn is one message, its last question with controls, where they are in small print."""

from __future__ import annotations

from collections.abc import Sequence

from facilitator.conversation.turn import Talk
from facilitator.vocabulary import Author, Kind, Step
from web.chat.schemas import MessageOut, ProgressOut
from web.slack import blocks as kit
from web.slack.blocks import Block
from web.slack.words import Words

# Where words are asked for, they can be written in a box.
WRITTEN = frozenset({Step.ITEM, Step.COMMENT, Step.REFLECTION, Step.STEP_WHAT})


def shown(
    messages: Sequence[MessageOut], talk: Talk, progress: ProgressOut | None, words: Words, *, live: bool = True, chosen: str | None = None
) -> list[Block]:
    """What the bot said in a turn. Not `live`: without controls, with what was chosen instead (where that is known)."""
    said = _without_repeats([message for message in messages if message.author != Author.PERSON])
    made = [block for message in said for block in _message(message, talk, words, live=live, last=message is said[-1])]
    if chosen is not None:
        made += kit.context([words.text("chosen", choice=chosen)])
    if live and progress is not None and talk.position.step in (Step.ITEM, Step.COMMENT):
        stage = words.tables["stages"][progress.stage]
        made += kit.context([words.text("progress", stage=stage, done=progress.answered, all=progress.total)])
    return made


def has_controls(made: Sequence[Block]) -> bool:
    return any(block["type"] == "actions" for block in made)


def _without_repeats(messages: Sequence[MessageOut]) -> list[MessageOut]:
    """Of several questions only the last is still open; a notice that an answer will follow goes when the answer is there."""
    asked = [message.id for message in messages if message.kind is Kind.QUESTION]
    answered = bool(messages) and messages[-1].kind is not Kind.NOTICE
    return [
        message
        for message in messages
        if (message.kind is not Kind.QUESTION or message.id == asked[-1]) and not (message.kind is Kind.NOTICE and answered)
    ]


def _message(message: MessageOut, talk: Talk, words: Words, *, live: bool, last: bool) -> list[Block]:
    made = kit.sections(message.text)
    made += kit.context(words.text("source", title=source.title, section=source.section) for source in message.sources)
    return made + (_controls(message, talk, words, last=last) if live else [])


def _controls(message: MessageOut, talk: Talk, words: Words, *, last: bool) -> list[Block]:
    choices = message.choices
    long = [choice for choice in choices if len(choice.title) > kit.MAX_BUTTON]
    # A title that does not fit on a button is read in full above it.
    above = kit.sections("\n".join(f"{number}. {choice.title}" for number, choice in enumerate(choices, 1))) if long else []
    titles = [f"{number}. {choice.title}" if long else choice.title for number, choice in enumerate(choices, 1)]
    buttons = [kit.button("choose", title, choice.id) for title, choice in zip(titles, choices, strict=True)]
    step = talk.position.step
    open_now = last and message.kind is Kind.QUESTION and not talk.position.support and not talk.position.confirming
    if open_now and step in WRITTEN and talk.kept:
        value = f"{talk.conversation_id}:{talk.position.question_no}"
        buttons.append(kit.button("write", words.button(f"write_{step}"), value))
    return above + (kit.actions(buttons, f"say:{message.id}") if buttons else [])
