"""Which support message is said: in full once, then in short; and what is remembered of it, for as long as help is in hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from facilitator.checklist.position import Position
from facilitator.conversation.supporting import helped
from facilitator.conversation.turn import FlagRaised
from facilitator.safety.kinds import SafetyKind, Screened
from facilitator.vocabulary import FlagKind
from tests.talker import Talker

SELF, OTHER, DISTRESS = (Screened(kind, ("pattern",)) for kind in (SafetyKind.CRISIS_SELF, SafetyKind.CRISIS_OTHER, SafetyKind.DISTRESS))
GUESS = Screened(SafetyKind.CRISIS_SELF, ("classifier",), 0.3)


class Person(Talker):
    def tells(self, *found: Screened) -> list[str]:
        """What is said to one message after another."""
        said = []
        for each in found:
            talk, say = helped(self.talk, each)
            # as it is stored and read again
            self.talk = replace(talk, position=Position.from_json(talk.position.to_json()))
            said.append(say.response)
        return said


@pytest.fixture
def person(library) -> Person:
    person = Person(library)
    person.begin()
    return person


def test_the_whole_message_is_said_once_and_then_in_short(person):
    assert person.tells(SELF, SELF, SELF) == ["support_crisis_self", "support_crisis_self_again", "support_crisis_self_again"]


def test_another_kind_has_its_own_whole_message_and_neither_is_said_twice(person):
    said = person.tells(DISTRESS, OTHER, SELF, DISTRESS, OTHER)
    assert said == [
        "support_distress",
        "support_crisis_other",
        "support_crisis_self",
        "support_distress_again",
        "support_crisis_other_again",
    ]


def test_after_going_on_it_is_the_first_time_again(person):
    person.tells(SELF)
    person("resume")
    assert (person.position.support, person.position.support_kinds) == (False, ())
    assert person.tells(SELF) == ["support_crisis_self"]


def test_a_question_beside_it_does_not_make_it_the_first_time_again(person):
    person.tells(OTHER)
    person("ask_question", "who runs this?", 0.9)
    assert person.tells(OTHER) == ["support_crisis_other_again"]


def test_nothing_is_remembered_of_help_that_is_not_in_hand(person):
    person.tells(GUESS)
    person("pause")
    assert not {"support", "support_kinds", "support_unsure"} & set(person.position.to_json())


def test_a_position_stored_before_kinds_were_remembered_gets_the_whole_message(person):
    person.talk = person.talk.at(support=True)
    assert Position.from_json({"support": True}).support_kinds == ()
    assert person.tells(SELF, SELF) == ["support_crisis_self", "support_crisis_self_again"]
    assert not person.position.support_unsure


def test_the_question_keeps_its_number_while_help_is_in_hand(person):
    before = person.position.question_no
    person.tells(SELF, SELF)
    assert person.position.question_no == before + 1


# ── "I meant it" ──


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ((SELF,), "support_crisis_self_again"),
        ((OTHER,), "support_crisis_other_again"),
        ((DISTRESS,), "support_distress_again"),
        ((OTHER, DISTRESS), "support_crisis_other_again"),
        ((SELF, OTHER), "support_crisis_other_again"),
        ((OTHER, SELF, OTHER), "support_crisis_other_again"),
    ],
)
def test_somebody_who_meant_it_hears_of_what_they_told_and_not_of_something_else(person, found, said):
    """Who tells of a partner that hits them is not told to move away from what they could hurt themselves with."""
    person.tells(*found)
    assert person("nlu_fallback", "I'm serious", 0.3) == [said, "utter_ask_carry_on"]
    assert person.position.support
    assert [fact.kind for fact in person.facts if isinstance(fact, FlagRaised)] == [FlagKind.CRISIS]


# ── "it was a joke" ──


@pytest.mark.parametrize("found", [(SELF,), (OTHER,), (DISTRESS,), (GUESS, SELF), (SELF, GUESS)])
@pytest.mark.parametrize("text", ["it was a joke", "I'm fine, it was a joke"])
def test_nobody_is_told_that_plain_words_were_misread(person, found, text):
    person.tells(*found)
    assert person("nlu_fallback", text, 0.3) == ["utter_heard_safe", "utter_where_we_were", "utter_ask_item"]
    assert not person.position.support


@pytest.mark.parametrize("found", [(GUESS,), (GUESS, GUESS)])
def test_where_the_screen_was_unsure_it_says_sorry(person, found):
    person.tells(*found)
    assert person("nlu_fallback", "it was a joke", 0.3)[0] == "utter_misread"


def test_who_meant_it_was_not_misread_whatever_they_say_next(person):
    person.tells(GUESS)
    person("nlu_fallback", "I meant it", 0.3)
    assert person("nlu_fallback", "no, I was joking", 0.3)[0] == "utter_heard_safe"
