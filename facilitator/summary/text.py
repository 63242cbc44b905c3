"""The summary as plain text."""

from __future__ import annotations

from collections.abc import Iterable

from facilitator.summary.outline import Block, Heading, Point

_BREAK = "\n    "
_UNDER = {1: "=", 2: "-"}


def as_text(blocks: Iterable[Block]) -> str:
    """Lines people can paste anywhere. What somebody typed never begins a line, so it is no heading and no spreadsheet's formula."""
    lines: list[str] = []
    for block in blocks:
        if isinstance(block, Heading):
            under = _UNDER.get(block.level)
            lines += ["", block.text, *([under * len(block.text)] if under else [])]
        elif isinstance(block, Point):
            lines += [f"  \u2022 {_indented(block.text)}", *(f"    {_indented(detail)}" for detail in block.details)]
        else:
            lines.append(block.text)
    return "\n".join(lines).lstrip("\n") + "\n"


def _indented(text: str) -> str:
    return text.replace("\n", _BREAK)
