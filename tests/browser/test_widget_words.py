"""The words of the interface: every key used, none missing, none in the script, all short."""

from __future__ import annotations

import re

import pytest

from tests.browser.fake_api import ROOT, STRINGS, WIDGET

SCRIPTS = {path.name: path.read_text("utf-8") for path in WIDGET.glob("*.js")}
TEMPLATES = "".join(path.read_text("utf-8") for path in (ROOT / "web" / "templates").glob("*.html"))
ALL = "".join(SCRIPTS.values())
PLAIN = "".join(path.read_text("utf-8") for path in (ROOT / "web" / "plain").glob("*.py"))


def used() -> set[str]:
    keys = set(re.findall(r"""[(\s]['"]([a-z]+(?:_[a-z0-9]+)*)['"]""", ALL)) | set(re.findall(r"'([a-z_0-9]+)'", ALL))
    keys |= set(re.findall(r"strings\.(\w+)", TEMPLATES))
    keys |= set(re.findall(r'"([a-z]+(?:_[a-z]+)+)"', PLAIN))
    prefixes = re.findall(r"t\(`(\w+_)\$\{", ALL)
    return keys | {key for key in STRINGS if key.startswith(tuple(prefixes))}


def test_every_key_the_script_asks_for_is_in_the_catalogue() -> None:
    asked = set(re.findall(r"\bt\('([a-z_0-9]+)'", ALL)) | set(re.findall(r"strings\.(\w+)", TEMPLATES))
    assert asked - STRINGS.keys() == set()


def test_no_key_is_left_over() -> None:
    assert STRINGS.keys() - used() == set()


def test_every_value_is_one_line_of_words() -> None:
    assert all(isinstance(value, str) and value.strip() == value and "\n" not in value for value in STRINGS.values())


@pytest.mark.parametrize("name", SCRIPTS)
def test_no_sentence_lives_in_the_script(name: str) -> None:
    code = re.sub(r"/\*.*?\*/|(^|\s)//.*$", "", SCRIPTS[name], flags=re.DOTALL | re.MULTILINE)
    assert re.findall(r"""['"`]([A-Z][a-z]+ [a-z][^'"`]*)['"`]""", code) == []


@pytest.mark.parametrize("key", STRINGS)
def test_sentences_are_short(key: str) -> None:
    """How hard they are to read is measured for all files together, in tests/unit/test_reading_age.py."""
    text = re.sub(r"\{\w+\}", "three", STRINGS[key])
    assert max(len(sentence.split()) for sentence in re.split(r"(?<=[.?!])\s+", text)) <= 20
