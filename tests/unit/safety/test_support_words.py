"""The must / must not table of DOMAIN section 3.2, row by row, on the words of `knowledge/support/uk.yml` and on the screen."""

from __future__ import annotations

import re

import pytest
import yaml

from facilitator.conversation.turn import Say, Talk
from facilitator.errors import ContentError
from facilitator.knowledge.reading import reading_age
from facilitator.safety.kinds import SafetyKind
from facilitator.safety.support import SPOKEN_KINDS, load_support
from facilitator.settings import ROOT
from facilitator.vocabulary import Kind
from facilitator.wording import load_wording
from tests.unit.test_reading_age import EXCEPTIONS
from tests.unit.test_simple_words import YOUNGEST

SUPPORT = load_support(ROOT / "knowledge" / "support" / "uk.yml")
CRISES = (SafetyKind.CRISIS_SELF, SafetyKind.CRISIS_OTHER)
# The whole message, the same in simple words, and what is said to somebody who tells of the same again: each by itself.
FULL = {"usual": SUPPORT.messages, "simple": SUPPORT.simple}
WORDS = {**FULL, "again": SUPPORT.again}


def each(words: dict[str, dict[SafetyKind, str]], kinds: tuple[SafetyKind, ...]) -> pytest.MarkDecorator:
    found = {f"{kind}-{name}": texts[kind].casefold() for name, texts in words.items() for kind in kinds}
    return pytest.mark.parametrize("text", found.values(), ids=found.keys())


EVERY, CRISIS = each(WORDS, SPOKEN_KINDS), each(WORDS, CRISES)
EVERY_FULL = each(FULL, SPOKEN_KINDS)


def test_every_kind_has_words_for_the_first_time_for_the_next_and_in_simple_words():
    assert set(SUPPORT.messages) == set(SUPPORT.again) == set(SUPPORT.simple) == set(SPOKEN_KINDS)


@pytest.mark.parametrize(("unsure", "usual"), [(SUPPORT.unsure, SUPPORT.messages), (SUPPORT.simple_unsure, SUPPORT.simple)])
def test_where_the_screen_may_be_wrong_it_says_so_and_all_else_is_the_same(unsure, usual):
    assert set(unsure) == set(CRISES)
    for kind, text in unsure.items():
        opening, *rest = text.split("\n\n")
        assert "the wrong way" in opening and "sorry" in opening
        assert rest == usual[kind].split("\n\n")[1:]


@pytest.mark.parametrize("kind", SPOKEN_KINDS)
def test_what_is_said_again_is_less_than_half_as_long_or_as_short_as_can_be(kind):
    assert len(SUPPORT.again[kind].split()) <= max(len(SUPPORT.messages[kind].split()) / 2, 70)


@pytest.mark.parametrize("kind", SPOKEN_KINDS)
def test_simple_words_are_fewer_and_no_harder_and_give_the_same_numbers(kind):
    usual, simple = SUPPORT.messages[kind], SUPPORT.simple[kind]
    assert len(simple.split()) < len(usual.split())
    assert reading_age(simple, EXCEPTIONS) <= max(reading_age(usual, EXCEPTIONS), YOUNGEST)
    assert numbers(simple) == numbers(usual)


def numbers(text: str) -> set[str]:
    return {re.sub(r"\s", "", number) for number in re.findall(r"\d[\d ]+\d", text)}


def test_simple_words_are_said_to_whoever_has_them_on(library):
    spoken = load_wording(ROOT / "bot" / "domain.yml", ROOT / "knowledge" / "messages", SUPPORT)
    for name, simple in (("support_crisis_self", SUPPORT.simple), ("support_crisis_self_unsure", SUPPORT.simple_unsure)):
        say = Say(name, Kind.SUPPORT)
        assert spoken.render(say, Talk("c", simple=True), library).text == simple[SafetyKind.CRISIS_SELF]
        assert spoken.render(say, Talk("c"), library).text != simple[SafetyKind.CRISIS_SELF]
    again = Say("support_distress_again", Kind.SUPPORT)
    assert spoken.render(again, Talk("c", simple=True), library).text == SUPPORT.again[SafetyKind.DISTRESS]


@pytest.mark.parametrize("left_out", ["again", "unsure", "text"])
def test_a_message_without_its_words_is_no_message(tmp_path, left_out):
    content = yaml.safe_load((ROOT / "knowledge" / "support" / "uk.yml").read_text("utf-8"))
    del content["messages"]["crisis_other"][left_out]
    (tmp_path / "here.yml").write_text(yaml.safe_dump(content), "utf-8")
    with pytest.raises(ContentError, match=f"crisis_other has no {left_out}"):
        load_support(tmp_path / "here.yml")


def test_another_region_may_go_without_simple_words(tmp_path, library):
    content = yaml.safe_load((ROOT / "knowledge" / "support" / "uk.yml").read_text("utf-8"))
    for message in content["messages"].values():
        del message["simple"]
    (tmp_path / "here.yml").write_text(yaml.safe_dump(content), "utf-8")
    spoken = load_wording(ROOT / "bot" / "domain.yml", ROOT / "knowledge" / "messages", load_support(tmp_path / "here.yml"))
    said = spoken.render(Say("support_crisis_self", Kind.SUPPORT), Talk("c", simple=True), library)
    assert said.text == SUPPORT.messages[SafetyKind.CRISIS_SELF]


@EVERY
def test_acknowledges_what_was_said_first(text):
    assert re.match(r"thank you for telling me|i am sorry this is so hard|i hear you", text)


@EVERY
def test_offers_a_free_line_open_day_and_night(text):
    assert "116 123" in text
    assert "free, day or night" in text
    samaritans = next(line for line in SUPPORT.lines if "116 123" in line.contact)
    assert samaritans.href == "tel:116123"


@EVERY
def test_points_to_professional_help_and_to_a_trusted_person(text):
    assert re.search(r"\bgp\b", text)
    assert "someone you trust" in text


@CRISIS
def test_immediate_danger_999_with_someone_away_from_means(text):
    assert "999" in text and "a&e" in text
    assert "be with" in text
    assert re.search(r"away from", text)


@EVERY
def test_says_it_is_a_bot_and_not_watched_live(text):
    assert "i am a bot, not a person" in text
    assert re.search(r"nobody is watching this chat live", text)


@CRISIS
def test_says_it_is_no_clinician(text):
    assert "or a doctor" in text


@EVERY_FULL
def test_the_person_can_come_back_with_answers_kept(text):
    assert "are still here" in text


@EVERY
def test_never_judges_minimises_or_tells_to_cheer_up(text):
    judging = ("calm down", "cheer up", "positive", "selfish", "attention", "don't be", "on the bright side", "have it worse", "you must")
    assert not [phrase for phrase in judging if phrase in text]


@EVERY
def test_never_agrees_that_there_is_no_hope_and_never_puts_people_off_help(text):
    for phrase in ("hopeless", "no hope", "no point", "cannot help", "can't help", "nothing can"):
        assert phrase not in text


@CRISIS
def test_does_not_end_the_chat(text):
    assert "you can stay here" in text
    assert not re.search(r"end (this|the) chat|goodbye|must stop", text)


@EVERY
def test_promises_no_contact_and_gives_no_method_dose_diagnosis_or_benefit_advice(text):
    assert not re.search(r"will (call|contact|ring|phone|be in touch)", text)
    assert not re.search(r"overdose|tablet|paracetamol|rope|knife|bridge|\bmg\b|dose|diagnos|depression|medication", text)
    assert not re.search(r"universal credit|\bpip\b|benefit", text)
    assert "commit" not in text


@EVERY
def test_sentences_are_short(text):
    for sentence in re.split(r"[.!?]\s+", text):
        assert len(sentence.split()) <= 20, sentence


def test_the_three_messages_differ():
    for texts in WORDS.values():
        assert len(set(texts.values())) == len(SPOKEN_KINDS)


@pytest.mark.parametrize(
    "text",
    ["I am stuck", "I feel overwhelmed by the questions", "this is a bit much for one day", "I'm tired, can we stop here?"],
)
def test_ordinary_strain_is_no_crisis(screen, text):
    assert not screen.screen(text).kind.is_crisis


def test_every_line_shown_has_a_source_and_can_be_tapped():
    assert all(line.source and re.match(r"tel:|sms:|https:", line.href) for line in SUPPORT.lines)
