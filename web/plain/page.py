"""What a plain page shows, worked out from the conversation as the chat API gives it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import uuid4

from facilitator.vocabulary import Author, Kind, State
from web.chat import api
from web.chat.schemas import ChoiceOut, MessageOut, ProgressOut
from web.parts import Parts
from web.plain.cookies import Held

PAGE = 200
# Without a person's own words to tell where the newest turn began (they were not kept), this much of the end is shown.
RECENT = 6
_BLOCK = re.compile(r"\n{2,}|\n(?=- )")


@dataclass(frozen=True)
class Chat:
    """A conversation on a page: what is folded away, what is shown, and what can be pressed."""

    earlier: Sequence[MessageOut]
    newest: Sequence[MessageOut]
    choices: Sequence[ChoiceOut]
    beside: frozenset[str]  # ids of the newest messages whose own choices stand beside them, such as "Tell me more"
    progress: ProgressOut | None
    waiting: bool
    consenting: bool
    held: Held  # what the browser is to hold from now on
    message_id: str  # of the next message: sent twice, the same form is one message


async def chat_of(parts: Parts, held: Held) -> Chat:
    """Raises what the chat API raises: `Problem`, or an error of the domain."""
    messages: list[MessageOut] = []
    after: str | None = None
    while True:
        history = await api.read_messages(conversation_id=held.conversation_id, parts=parts, token=held.token, after=after, limit=PAGE)
        messages += history.messages
        held = held.after(history)
        if history.next is None or history.next == after:
            break
        after = history.next
    waiting = history.state is State.WAITING
    if not waiting:
        messages = [message for message in messages if message.kind is not Kind.NOTICE]
    start = _newest_turn(messages)
    return Chat(
        earlier=messages[:start],
        newest=messages[start:],
        choices=_open_choices(messages),
        beside=frozenset(message.id for message in messages[start:-1] if message.choices and message.kind is not Kind.QUESTION),
        progress=history.progress,
        waiting=waiting,
        consenting=history.state is State.CONSENT,
        held=held,
        message_id=uuid4().hex,
    )


def _newest_turn(messages: Sequence[MessageOut]) -> int:
    said = [number for number, message in enumerate(messages) if message.author is Author.PERSON]
    return said[-1] if said else max(0, len(messages) - RECENT)


def _open_choices(messages: Sequence[MessageOut]) -> Sequence[ChoiceOut]:
    """The last choices offered, unless one of them has been pressed."""
    offered = next((message.choices for message in reversed(messages) if message.choices), [])
    pressed = {message.chosen for message in messages}
    return [] if any(choice.id in pressed for choice in offered) else offered


def blocks(text: str) -> list[tuple[str, list[str]]]:
    """Paragraphs at blank lines, and lists of the lines that start with "- ": ("p", [text]) or ("ul", items)."""
    found: list[tuple[str, list[str]]] = []
    for part in _BLOCK.split(text.strip()):
        if not part.startswith("- "):
            found.append(("p", [part]))
        elif found and found[-1][0] == "ul":
            found[-1][1].append(part[2:])
        else:
            found.append(("ul", [part[2:]]))
    return found
