"""The words of the interface: every key used, none missing, none in the script, all easy to read."""

from __future__ import annotations

import re

import pytest

from tests.browser.fake_api import ROOT, STRINGS, WIDGET

SCRIPTS = {path.name: path.read_text("utf-8") for path in WIDGET.glob("*.js")}
TEMPLATES = "".join(path.read_text("utf-8") for path in (ROOT / "web" / "templates").glob("*.html"))
ALL = "".join(SCRIPTS.values())
# The name of the thing itself, and names that are not ours to change.
HARD_NAMES = {"app_name"}
READING_AGE = 11


def syllables(word: str) -> int:
    """Groups of vowels, less a silent e. textstat's own count wants a dictionary from the internet."""
    word = re.sub(r"(?:[^laeiouy]es|[^dt]ed|[^laeiouy]e)$", "", word.lower().strip("'"))
    return max(1, len(re.findall(r"[aeiouy]+", word)))


def reading_age(text: str) -> float:
    """Flesch-Kincaid grade, plus five."""
    words = re.findall(r"[A-Za-z']+", text)
    sentences = max(1, len(re.findall(r"[.?!](?=\s|$)", text)))
    return 0.39 * len(words) / sentences + 11.8 * sum(map(syllables, words)) / len(words) - 15.59 + 5


def used() -> set[str]:
    keys = set(re.findall(r"""[(\s]['"]([a-z]+(?:_[a-z0-9]+)*)['"]""", ALL)) | set(re.findall(r"'([a-z_0-9]+)'", ALL))
    keys |= set(re.findall(r"strings\.(\w+)", TEMPLATES))
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


@pytest.mark.parametrize("key", [key for key in STRINGS if key != "direction"])
def test_sentences_are_short_and_easy(key: str) -> None:
    text = re.sub(r"\{\w+\}", "three", STRINGS[key])
    sentences = re.split(r"(?<=[.?!])\s+", text)
    assert max(len(sentence.split()) for sentence in sentences) <= 20
    if len(text.split()) >= 5 and key not in HARD_NAMES:
        assert reading_age(text) <= READING_AGE
