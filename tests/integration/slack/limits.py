"""Slack's documented limits on what an app sends, checked: https://docs.slack.dev/reference/block-kit and /reference/views."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

# Slack reads these in mrkdwn as a person, a channel, a group, a command or a link. Whatever a person typed must not become one.
_READ_AS = re.compile(r"<[@#!]|<(?:https?|mailto|tel):|<")
_BLOCKS = {"section", "actions", "context", "header", "divider", "input", "image"}
_ELEMENTS = {"button", "static_select", "plain_text_input", "datepicker", "radio_buttons", "overflow"}


class Broken(AssertionError):
    """A payload that Slack would refuse."""


def need(held: bool, what: str) -> None:
    if not held:
        raise Broken(what)


def check_message(payload: Mapping[str, Any]) -> None:
    """A message: at most 50 blocks and 40,000 characters of text, and words for those who do not see blocks."""
    need(bool(payload.get("text")), "a message needs text")
    need(len(payload["text"]) <= 40_000, "text: 40,000 characters")
    check_blocks(payload.get("blocks") or [], most=50, surface="message")
    need(_text_in(payload.get("blocks") or []) <= 11_000, "blocks: about 12,000 characters together (msg_blocks_too_long)")
    need(payload.get("link_names") in (None, False, 0), "link_names must be off")


def _text_in(part: Any) -> int:
    if isinstance(part, Mapping):
        return sum(len(value) if name == "text" and isinstance(value, str) else _text_in(value) for name, value in part.items())
    return sum(_text_in(one) for one in part) if isinstance(part, list) else 0


def check_view(view: Mapping[str, Any]) -> None:
    """A modal or Home tab: at most 100 blocks, titles of 24 characters, 3,000 of private metadata."""
    need(view["type"] in ("modal", "home"), "type of a view")
    check_blocks(view["blocks"], most=100, surface=view["type"])
    need(len(view.get("private_metadata") or "") <= 3000, "private_metadata: 3,000")
    need(len(view.get("callback_id") or "") <= 255, "callback_id: 255")
    if view["type"] == "modal":
        for name in ("title", "submit", "close"):
            check_text(view[name], most=24, only="plain_text")
        need(any(b["type"] == "input" for b in view["blocks"]) <= ("submit" in view), "inputs need a submit")
    need(len(str(view)) <= 250_000, "a view: 250 kB")


def check_blocks(blocks: Sequence[Mapping[str, Any]], *, most: int, surface: str) -> None:
    need(len(blocks) <= most, f"{len(blocks)} blocks, {most} allowed")
    named = [block["block_id"] for block in blocks if "block_id" in block]
    need(len(named) == len(set(named)), "block_id: each once")
    for block in blocks:
        need(block["type"] in _BLOCKS, f"unknown block {block['type']}")
        need(len(block.get("block_id") or "") <= 255, "block_id: 255")
        need(block["type"] != "input" or surface == "modal", "input blocks are for modals")
        _BLOCK_CHECKS.get(block["type"], lambda _block: None)(block)


def _section(block: Mapping[str, Any]) -> None:
    check_text(block["text"], most=3000)


def _header(block: Mapping[str, Any]) -> None:
    check_text(block["text"], most=150, only="plain_text")


def _context(block: Mapping[str, Any]) -> None:
    need(1 <= len(block["elements"]) <= 10, "context: 1 to 10 elements")
    for element in block["elements"]:
        check_text(element, most=3000)


def _actions(block: Mapping[str, Any]) -> None:
    elements = block["elements"]
    need(1 <= len(elements) <= 25, f"actions: {len(elements)} elements, 25 allowed")
    ids = [element["action_id"] for element in elements]
    need(len(ids) == len(set(ids)), "action_id: each once in a block")
    for element in elements:
        check_element(element)


def _input(block: Mapping[str, Any]) -> None:
    check_text(block["label"], most=2000, only="plain_text")
    if "hint" in block:
        check_text(block["hint"], most=2000, only="plain_text")
    check_element(block["element"])


def check_element(element: Mapping[str, Any]) -> None:
    need(element["type"] in _ELEMENTS, f"unknown element {element['type']}")
    need(1 <= len(element["action_id"]) <= 255, "action_id: 255")
    if element["type"] == "button":
        check_text(element["text"], most=75, only="plain_text")
        need(len(element.get("value") or "") <= 2000, "value: 2,000")
        need(len(element.get("url") or "") <= 3000, "url: 3,000")
    if element["type"] == "static_select":
        need(1 <= len(element["options"]) <= 100, "options: 1 to 100")
        for option in element["options"]:
            check_text(option["text"], most=75, only="plain_text")
            need(1 <= len(option["value"]) <= 150, "option value: 150")
        if "initial_option" in element:
            need(element["initial_option"] in element["options"], "initial_option: one of the options")
    if element["type"] == "plain_text_input":
        need(0 <= element.get("min_length", 0) <= 3000 and 1 <= element.get("max_length", 3000) <= 3000, "lengths: 3,000")
        need(len(element.get("initial_value") or "") <= element.get("max_length", 3000), "initial_value fits")


def check_text(text: Mapping[str, Any], *, most: int, only: str | None = None) -> None:
    need(text["type"] in ("plain_text", "mrkdwn"), "type of a text")
    need(only is None or text["type"] == only, f"{only} only")
    need(1 <= len(text["text"]) <= most, f"{len(text['text'])} characters, {most} allowed")
    need(bool(text["text"].strip()), "text is empty")
    if text["type"] == "mrkdwn":
        need(text.get("verbatim") is True, "verbatim, or names and links are read into it")
        need(not _READ_AS.search(text["text"]), "something in the text would be read as a mention or a link")
        need(re.sub(r"&(?:amp|lt|gt);", "", text["text"]).count("&") == 0, "an & that is not escaped")


_BLOCK_CHECKS = {"section": _section, "header": _header, "context": _context, "actions": _actions, "input": _input}
