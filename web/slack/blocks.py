"""Pieces of Block Kit within Slack's documented limits. Text is escaped here, once: nothing in it becomes a mention, a channel or a link.

https://docs.slack.dev/reference/block-kit
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import batched
from typing import Any

Block = dict[str, Any]

MAX_SECTION = 3000
MAX_BUTTON = 75
MAX_VALUE = 2000
MAX_ELEMENTS = 25
MAX_CONTEXT = 10
MAX_BLOCKS = 50
# All the words of one message. Slack says 12,000 "with a buffer" and has refused 11,341: slackapi/bolt-js issues 2509 and 2867.
MAX_WORDS = 9_000
MAX_VIEW_BLOCKS = 100
MAX_TITLE = 24
MAX_OPTIONS = 100
MAX_INPUT = 3000
MAX_NOTICE = 3000
# Where a long text is parted, the best place first.
_BREAKS = ("\n\n", "\n", ". ", " ")


def escaped(text: str) -> str:
    """The three signs that Slack reads as its own; without them there is no <@someone>, <!channel> or <link>."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def typed(text: str) -> str:
    """What a person typed in Slack as they meant it: people and channels unnamed, links as their address, the three signs restored."""
    text = re.sub(r"<@[^>]*>|<!subteam\^[^>]*>", "[name]", text)
    text = re.sub(r"<[#!]([^>|]*)(?:\|([^>]*))?>", lambda found: found[2] or found[1], text)
    text = re.sub(r"<(?:mailto:|tel:)?([^>|]+)(?:\|[^>]*)?>", r"\1", text)
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&").strip()


def shortened(text: str, most: int) -> str:
    """At most so many characters, cut between words where there is a place."""
    if len(text) <= most:
        return text
    cut = text[: most - 1]
    return (cut[: cut.rindex(" ")] if " " in cut[most // 2 :] else cut).rstrip() + "…"


def split(text: str, most: int = MAX_SECTION) -> list[str]:
    """The whole text in parts of at most so many characters once escaped, parted between paragraphs, lines, sentences or words."""
    parts, rest = [], text.strip()
    while rest:
        size = _fits(rest, most)
        if size < len(rest):
            found = (rest[:size].rfind(sign) + len(sign.rstrip()) for sign in _BREAKS if sign in rest[:size].rstrip()[1:])
            size = next((place for place in found if place > size // 3), size)
        parts.append(rest[:size].strip())
        rest = rest[size:].strip()
    return [part for part in parts if part]


def _fits(text: str, most: int) -> int:
    """How many characters fit once escaped; an escaped sign is never cut in two."""
    if len(escaped(text[:most])) <= most:
        return min(len(text), most)
    size = 0
    for place, sign in enumerate(text):
        size += len(escaped(sign))
        if size > most:
            return place
    return len(text)


# ── blocks ──


def plain(text: str, most: int) -> Block:
    return {"type": "plain_text", "text": shortened(text, most), "emoji": False}


def sections(text: str) -> list[Block]:
    """The text, as many sections as it needs."""
    return [{"type": "section", "text": {"type": "mrkdwn", "text": escaped(part), "verbatim": True}} for part in split(text)]


def heading(text: str) -> Block:
    return {"type": "header", "text": plain(text, 150)}


def context(texts: Iterable[str]) -> list[Block]:
    """Small print; ten pieces a block."""
    pieces = [{"type": "mrkdwn", "text": escaped(shortened(text, 1000)), "verbatim": True} for text in texts if text.strip()]
    return [{"type": "context", "elements": list(some)} for some in batched(pieces, MAX_CONTEXT)]


def button(action: str, title: str, value: str, *, url: str | None = None) -> Block:
    """One control. `action` says what it does and, within a block, which one it is."""
    made = {"type": "button", "action_id": action, "text": plain(title, MAX_BUTTON), "value": value[:MAX_VALUE]}
    return made | ({"url": url} if url else {})


def actions(buttons: Sequence[Block], block_id: str) -> list[Block]:
    """Controls in a row, as many blocks as they need. No two in a block may have the same `action_id`, so they are numbered."""
    numbered = [{**one, "action_id": f"{one['action_id']}:{place}"} for place, one in enumerate(buttons)]
    groups = enumerate(batched(numbered, MAX_ELEMENTS))
    return [{"type": "actions", "block_id": f"{block_id}:{number}"[:255], "elements": list(some)} for number, some in groups]


def text_input(
    block_id: str, label: str, *, multiline: bool, most: int = MAX_INPUT, hint: str = "", value: str = "", optional: bool = False
) -> Block:
    element: Block = {"type": "plain_text_input", "action_id": "text", "multiline": multiline, "min_length": 1, "max_length": most}
    if value:
        element["initial_value"] = value[:most]
    made: Block = {"type": "input", "block_id": block_id, "optional": optional, "label": plain(label, 2000), "element": element}
    return made | ({"hint": plain(hint, 2000)} if hint.strip() else {})


def date_input(block_id: str, label: str) -> Block:
    return {"type": "input", "block_id": block_id, "optional": True, "label": plain(label, 2000),
            "element": {"type": "datepicker", "action_id": "date"}}  # fmt: skip


def select_input(block_id: str, label: str, options: Sequence[tuple[str, str]], *, optional: bool) -> Block:
    """One of a list: pairs of title and value, at most a hundred."""
    listed = [{"text": plain(title, MAX_BUTTON), "value": value[:150]} for title, value in options[:MAX_OPTIONS]]
    element: Block = {"type": "static_select", "action_id": "one", "options": listed}
    if not optional:
        element["initial_option"] = listed[0]
    return {"type": "input", "block_id": block_id, "optional": optional, "label": plain(label, 2000), "element": element}


def modal(callback: str, title: str, submit: str, close: str, blocks: Sequence[Block], about: str = "") -> Block:
    return {
        "type": "modal", "callback_id": callback, "title": plain(title, MAX_TITLE), "submit": plain(submit, MAX_TITLE),
        "close": plain(close, MAX_TITLE), "private_metadata": about[:MAX_INPUT], "blocks": list(blocks)[:MAX_VIEW_BLOCKS],
    }  # fmt: skip


def messages(blocks: Sequence[Block]) -> list[list[Block]]:
    """Blocks in as many messages as they need: fifty each, and no more words than one message holds."""
    made: list[list[Block]] = []
    words = 0
    for block in blocks:
        size = _words_in(block)
        if not made or len(made[-1]) == MAX_BLOCKS or words + size > MAX_WORDS:
            made.append([])
            words = 0
        made[-1].append(block)
        words += size
    return made


def _words_in(part: Any) -> int:
    """How many characters of text there are in a block, wherever they are."""
    if isinstance(part, dict):
        return sum(len(value) if name == "text" and isinstance(value, str) else _words_in(value) for name, value in part.items())
    return sum(_words_in(one) for one in part) if isinstance(part, list) else 0


def read_aloud(blocks: Sequence[Block]) -> str:
    """The text of a message for notifications and screen readers, which do not read blocks."""
    words = [block["text"]["text"] for block in blocks if block["type"] in ("section", "header")]
    joined = "\n".join(words)
    return joined if len(joined) <= MAX_NOTICE else joined[: joined.rindex(" ", 0, MAX_NOTICE)] + " …"
