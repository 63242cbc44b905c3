"""The must / must not table of DOMAIN section 3.2, row by row, on the words of `knowledge/support/uk.yml` and on the screen."""

from __future__ import annotations

import re

import pytest

from facilitator.safety.kinds import SafetyKind
from facilitator.safety.support import SPOKEN_KINDS, load_support
from facilitator.settings import ROOT

SUPPORT = load_support(ROOT / "knowledge" / "support" / "uk.yml")
CRISES = (SafetyKind.CRISIS_SELF, SafetyKind.CRISIS_OTHER)
EVERY = pytest.mark.parametrize("kind", SPOKEN_KINDS)
CRISIS = pytest.mark.parametrize("kind", CRISES)


def test_where_the_screen_may_be_wrong_it_says_so_and_all_else_is_the_same():
    assert set(SUPPORT.unsure) == set(CRISES)
    for kind, text in SUPPORT.unsure.items():
        opening, *rest = text.split("\n\n")
        assert "the wrong way" in opening and "sorry" in opening
        assert rest == SUPPORT.messages[kind].split("\n\n")[1:]


def words(kind: SafetyKind) -> str:
    return SUPPORT.messages[kind].casefold()


@EVERY
def test_acknowledges_what_was_said_first(kind):
    assert re.match(r"thank you for telling me|i am sorry this is so hard", words(kind))


@EVERY
def test_offers_a_free_line_open_day_and_night(kind):
    assert "116 123" in words(kind)
    assert "free, day or night" in words(kind)
    samaritans = next(line for line in SUPPORT.lines if "116 123" in line.contact)
    assert samaritans.href == "tel:116123"


@EVERY
def test_points_to_professional_help_and_to_a_trusted_person(kind):
    assert re.search(r"\bgp\b", words(kind))
    assert "someone you trust" in words(kind)


@CRISIS
def test_immediate_danger_999_with_someone_away_from_means(kind):
    text = words(kind)
    assert "999" in text and "a&e" in text
    assert "be with" in text
    assert re.search(r"away from", text)


@EVERY
def test_says_it_is_a_bot_and_not_watched_live(kind):
    assert "i am a bot, not a person" in words(kind)
    assert re.search(r"nobody is watching this chat live", words(kind))


@CRISIS
def test_says_it_is_no_clinician(kind):
    assert "or a doctor" in words(kind)


@EVERY
def test_the_person_can_come_back_with_answers_kept(kind):
    assert "are still here" in words(kind)


@EVERY
def test_never_judges_minimises_or_tells_to_cheer_up(kind):
    judging = ("calm down", "cheer up", "positive", "selfish", "attention", "don't be", "on the bright side", "have it worse", "you must")
    assert not [phrase for phrase in judging if phrase in words(kind)]


@EVERY
def test_never_agrees_that_there_is_no_hope_and_never_puts_people_off_help(kind):
    for phrase in ("hopeless", "no hope", "no point", "cannot help", "can't help", "nothing can"):
        assert phrase not in words(kind)


@CRISIS
def test_does_not_end_the_chat(kind):
    assert "you can stay here" in words(kind)
    assert not re.search(r"end (this|the) chat|goodbye|must stop", words(kind))


@EVERY
def test_promises_no_contact_and_gives_no_method_dose_diagnosis_or_benefit_advice(kind):
    text = words(kind)
    assert not re.search(r"will (call|contact|ring|phone|be in touch)", text)
    assert not re.search(r"overdose|tablet|paracetamol|rope|knife|bridge|\bmg\b|dose|diagnos|depression|medication", text)
    assert not re.search(r"universal credit|\bpip\b|benefit", text)
    assert "commit" not in text


@EVERY
def test_sentences_are_short(kind):
    for sentence in re.split(r"[.!?]\s+", SUPPORT.messages[kind]):
        assert len(sentence.split()) <= 20, sentence


def test_the_three_messages_differ():
    assert len(set(SUPPORT.messages.values())) == len(SPOKEN_KINDS)


@pytest.mark.parametrize(
    "text",
    ["I am stuck", "I feel overwhelmed by the questions", "this is a bit much for one day", "I'm tired, can we stop here?"],
)
def test_ordinary_strain_is_no_crisis(screen, text):
    assert not screen.screen(text).kind.is_crisis


def test_every_line_shown_has_a_source_and_can_be_tapped():
    assert all(line.source and re.match(r"tel:|sms:|https:", line.href) for line in SUPPORT.lines)
