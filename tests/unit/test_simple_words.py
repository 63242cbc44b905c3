"""Simple words: what is said then is shorter, no harder to read, and leaves nothing to press out."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from facilitator.conversation.turn import Say, Talk
from facilitator.knowledge.reading import SHORTEST, reading_age
from facilitator.settings import ROOT
from facilitator.vocabulary import Kind
from tests.unit.test_reading_age import EXCEPTIONS

RESPONSES: dict[str, list[dict[str, Any]]] = yaml.safe_load((ROOT / "bot" / "domain.yml").read_text("utf-8"))["responses"]
SIMPLER: dict[str, str] = yaml.safe_load((ROOT / "knowledge" / "messages" / "simpler.yml").read_text("utf-8"))["answers"]
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
    if min(len(simple.split()), len(usual.split())) >= SHORTEST:
        assert reading_age(simple, EXCEPTIONS) <= max(reading_age(usual, EXCEPTIONS), YOUNGEST)


@pytest.mark.parametrize("name", sorted(VARIED))
def test_a_variation_is_filled_with_what_the_usual_one_is_filled_with(name: str) -> None:
    usual, simple = (set(re.findall(r"\{\w+\}", variant["text"])) for variant in VARIED[name])
    assert simple <= usual


def test_every_question_has_a_variation_in_simple_words() -> None:
    asked = {name for name in RESPONSES if name.startswith("utter_ask_")}
    assert asked - set(VARIED) == NEED_NONE


@pytest.fixture(scope="module")
def shorts() -> dict[str, str]:
    """The short answer of each topic, as its file has it."""
    found = {}
    for path in sorted((ROOT / "knowledge" / "framework").glob("*.md")):
        after = path.read_text("utf-8").split("## Short answer\n")[1]
        found[path.stem] = re.split(r"\n(?:People ask:|Source:|## )", after)[0].strip()
    return found


def test_every_topic_has_a_short_answer_in_simple_words(shorts: dict[str, str]) -> None:
    assert set(SIMPLER) == set(shorts)
    for topic, usual in shorts.items():
        assert len(SIMPLER[topic].split()) < len(usual.split()), topic
        assert reading_age(SIMPLER[topic], EXCEPTIONS) <= max(reading_age(usual, EXCEPTIONS), YOUNGEST), topic
        assert set(re.findall(r"\d{3}", SIMPLER[topic])) == set(re.findall(r"\b\d{3}\b", usual)) or topic == "about-framework", topic


def test_with_simple_words_on_an_answer_is_the_simpler_one_with_the_same_sources(wording, library) -> None:
    say = Say("utter_answer", Kind.ANSWER, {"passage": "payment-benefits#short"})
    usual, simple = (wording.render(say, Talk("c", simple=on), library) for on in (False, True))
    assert simple.text == SIMPLER["payment-benefits"] != usual.text
    assert simple.sources == usual.sources != ()


@pytest.mark.parametrize("response", ["utter_ask_role", "utter_ask_next", "utter_frustrated", "utter_ask_share_words"])
def test_the_same_can_be_pressed_in_simple_words(wording, library, response: str) -> None:
    usual, simple = (wording.render(Say(response, Kind.QUESTION), Talk("c", simple=on), library) for on in (False, True))
    assert usual.text != simple.text
    assert usual.choices == simple.choices != ()
