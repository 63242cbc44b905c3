"""Simple words: what is said then is shorter, no harder to read, and leaves nothing to press out."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from facilitator.conversation.turn import Say, Talk
from facilitator.knowledge.reading import reading_age
from facilitator.settings import ROOT
from facilitator.vocabulary import Kind
from tests.unit.test_reading_age import LEAST_WORDS, NAMES

RESPONSES: dict[str, list[dict[str, Any]]] = yaml.safe_load((ROOT / "bot" / "domain.yml").read_text("utf-8"))["responses"]
VARIED = {name: variants for name, variants in RESPONSES.items() if len(variants) > 1}
# Their words come from the checklist, which has simpler ones of its own; or they are as short as can be.
NEED_NONE = {"utter_ask_item", "utter_ask_item_again", "utter_ask_prompt", "utter_ask_consent", "utter_ask_step_who"}

YOUNGEST = 9  # we write for nine to eleven; below that the measure swings on a single word


def plain(text: str) -> str:
    return re.sub(r"\{\w*\}", "three", text)


@pytest.mark.parametrize("name", sorted(VARIED))
def test_a_variation_in_simple_words_is_shorter_and_no_harder(name: str) -> None:
    usual, simple = (plain(variant["text"]) for variant in VARIED[name])
    assert len(simple.split()) <= len(usual.split())
    if min(len(simple.split()), len(usual.split())) >= LEAST_WORDS:
        assert reading_age(simple, NAMES) <= max(reading_age(usual, NAMES), YOUNGEST)


@pytest.mark.parametrize("name", sorted(VARIED))
def test_a_variation_is_filled_with_what_the_usual_one_is_filled_with(name: str) -> None:
    usual, simple = (set(re.findall(r"\{\w+\}", variant["text"])) for variant in VARIED[name])
    assert simple <= usual


def test_every_question_has_a_variation_in_simple_words() -> None:
    asked = {name for name in RESPONSES if name.startswith("utter_ask_")}
    assert asked - set(VARIED) == NEED_NONE


@pytest.mark.parametrize("response", ["utter_ask_role", "utter_ask_next", "utter_frustrated", "utter_ask_share_words"])
def test_the_same_can_be_pressed_in_simple_words(wording, library, response: str) -> None:
    usual, simple = (wording.render(Say(response, Kind.QUESTION), Talk("c", simple=on), library) for on in (False, True))
    assert usual.text != simple.text
    assert usual.choices == simple.choices != ()
