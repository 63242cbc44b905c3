"""Words of others stay out of Slack, which would keep them when they are taken back: how many there are is said, and where to read them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from facilitator.codes import join_link
from facilitator.conversation.turn import Say, Talk
from facilitator.storage.models import MessageRow

STEP = "utter_step_for_you"


def shows_others(say: Say) -> bool:
    """Whether a sentence of the page has words in it that somebody else wrote."""
    return "others" in say.values


def counted(say: Say, talk: Talk, address: str) -> Say:
    """The same, filled with nothing but how many there are and the page of the activity; `address` is where the chat opens."""
    waiting = talk.asked_of_me if say.values["others"] == "steps" else talk.shared
    link = join_link(address, talk.activity.code) if talk.activity else address
    return replace(say, values={"number": len(waiting), "link": link})


def told_once(rows: Sequence[MessageRow]) -> list[MessageRow]:
    """Of several next steps that others put down only the first: the number and the link speak of all of them."""
    steps = [row for row in rows if is_step(row)]
    return [row for row in rows if row not in steps[1:]]


def is_step(row: MessageRow) -> bool:
    return row.say is not None and row.say["response"] == STEP
