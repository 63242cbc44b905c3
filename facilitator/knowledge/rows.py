"""Reads the knowledge files that are lists of blocks, and keeps the line of every block."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from facilitator.errors import ContentError
from facilitator.fast_yaml import SafeLoader


def read_text(path: Path) -> str:
    """The text of a file.

    Raises:
        ContentError: it cannot be read or is not UTF-8.
    """
    try:
        return path.read_text(encoding="utf-8-sig").replace("\r\n", "\n")
    except OSError as error:
        raise ContentError(path, None, f"cannot be read ({error.strerror})") from None
    except UnicodeDecodeError:
        raise ContentError(path, None, "is not UTF-8 text") from None


def load_yaml(text: str) -> tuple[yaml.Node | None, Any]:
    """The nodes of a YAML text, which know their lines, and its plain value.

    Raises:
        yaml.MarkedYAMLError: it is not YAML.
    """
    loader = SafeLoader(text)
    try:
        node = loader.get_single_node()
        return node, loader.construct_document(node) if node is not None else None
    finally:
        loader.dispose()


def read_blocks(path: Path, name: str | None = None) -> list[tuple[int, Mapping[str, Any]]]:
    """The blocks of a YAML list with their lines. The list is the whole file, or stands under `name`.

    Raises:
        ContentError: the file cannot be read, or holds something else.
    """
    text = read_text(path)
    try:
        node, value = load_yaml(text)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        raise ContentError(path, line, f"is not valid YAML ({error.problem})") from None
    if name is not None and isinstance(node, yaml.MappingNode):
        node = next((block for key, block in node.value if key.value == name), None)
        value = value.get(name)
    if not isinstance(node, yaml.SequenceNode) or not all(isinstance(block, dict) for block in value):
        raise ContentError(path, 1, f"is not a list of blocks{f' under `{name}:`' if name else ''}")
    return [(block_node.start_mark.line + 1, block) for block_node, block in zip(node.value, value, strict=True)]
