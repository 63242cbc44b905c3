"""What the bot's side of a conversation repeats of what somebody said goes when that goes. Works inside the caller's unit of work.

A rating, a list of next steps, a rung stand in what fills a reply (`say`), in what an action said to a message (its outcome, for a call
that comes again), and on the choice that marks a step as done, which is also the text of whoever pressed it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from facilitator.storage.models import AnswerRow, ChoiceRow, LadderRow, MessageRow, OutcomeRow

EVER = datetime.max.replace(tzinfo=UTC)

_Values = Mapping[str, Any]


@dataclass(frozen=True)
class Taken:
    """What is gone. `items` and `rungs` say until when: what was said after that repeats an answer that is still there.

    `messages` are those in which it was said: a reply to one of them may name a rating without saying of what.
    """

    items: Mapping[str, datetime] = field(default_factory=dict)
    steps: Collection[str] = ()
    rungs: datetime | None = None
    messages: Collection[str] = ()


def forget(session: Session, conversation_id: str, taken: Taken) -> None:
    """Replies are put into words afresh without what is gone, and one that said nothing else says nothing."""
    replies = select(MessageRow).where(MessageRow.conversation_id == conversation_id, MessageRow.say.is_not(None))
    for reply in session.scalars(replies):
        left = _without(reply.say, taken, reply.created_at, reply.reply_to)
        if left != reply.say:
            reply.text, reply.say = None, left
    # changed and not deleted: should its message still wait for an answer, the call that comes again must not act again
    for outcome in session.scalars(select(OutcomeRow).where(OutcomeRow.conversation_id == conversation_id)):
        said = [_without(say, taken, outcome.created_at, outcome.message_id) for say in outcome.says]
        if said != outcome.says:
            outcome.says = [say for say in said if say is not None]
    if taken.steps:
        _forget_done_choices(session, conversation_id, taken.steps)
    session.flush()


def answered_again(session: Session, conversation_id: str, items: Collection[str]) -> dict[str, datetime]:
    """Since when replies may repeat an answer that is still there, of each of these items; `EVER` where none is."""
    own = (AnswerRow.conversation_id == conversation_id) & AnswerRow.item.in_(items)
    oldest = select(AnswerRow.item, func.min(AnswerRow.created_at)).where(own).group_by(AnswerRow.item)
    return dict.fromkeys(items, EVER) | {item: since for item, since in session.execute(oldest)}


def climbed_again(session: Session, conversation_id: str) -> datetime:
    """Since when replies may name a rung that is still there: to whoever answers again, the one before is named."""
    left = select(LadderRow.created_at).where(LadderRow.conversation_id == conversation_id).order_by(LadderRow.id)
    return session.scalar(left.offset(1).limit(1)) or EVER


def empty_messages(session: Session, conversation_id: str, message_ids: Collection[str]) -> None:
    """Take the words, and what was made of them, out of a person's messages; that something was sent stays."""
    theirs = (MessageRow.conversation_id == conversation_id) & MessageRow.id.in_(message_ids)
    session.execute(update(MessageRow).where(theirs).values(text=None, choice_id=None, intent=None, confidence=None))


def _forget_done_choices(session: Session, conversation_id: str, steps: Collection[str]) -> None:
    """The choice beside a step says what the step is, and so does the message of whoever pressed it."""
    offered = select(ChoiceRow).where(ChoiceRow.conversation_id == conversation_id, ChoiceRow.intent == "pick")
    about = [choice for choice in session.scalars(offered) if choice.entities.get("done") in steps]
    pressed = select(MessageRow.id).where(
        MessageRow.conversation_id == conversation_id, MessageRow.choice_id.in_([choice.id for choice in about])
    )
    empty_messages(session, conversation_id, session.scalars(pressed).all())
    for choice in about:
        session.delete(choice)


def _without(say: _Values | None, taken: Taken, at: datetime, message_id: str | None) -> dict[str, Any] | None:
    """What was said, without what is gone; None where nothing but that was said."""
    values = (say or {}).get("values") or {}
    left: _Values | None = values
    if message_id in taken.messages and "rating" in values:
        return None
    if taken.rungs is not None and at < taken.rungs and "rung" in values:
        return None
    for item, until in taken.items.items():
        left = _without_item(left, item) if left is not None and at < until else left
    for step in taken.steps:
        left = _without_step(left, step) if left is not None else None
    if left is None or say is None:
        return None
    return dict(say) if left == values else {**say, "values": dict(left)}


def _without_item(values: _Values, item: str) -> _Values | None:
    """What fills a reply, without how an item was rated; None where nothing but that was said."""
    if "rating" in values and values.get("item") == item:
        return None
    if item in values.get("items", ()):  # what is still open: to be among them says how it was rated
        still_open = [each for each in values["items"] if each != item]
        return {**values, "items": still_open} if still_open else None
    groups = values.get("groups", {})
    if not any(item in items for items in groups.values()):
        return values
    left = {rating: [each for each in items if each != item] for rating, items in groups.items()}
    return {**values, "groups": {rating: items for rating, items in left.items() if items}}


def _without_step(values: _Values, step: str) -> _Values:
    steps = values.get("steps", ())
    return {**values, "steps": [each for each in steps if each != step]} if step in steps else values
