"""Small talk, asking for a person, being cross, and not being understood."""

from __future__ import annotations

from dataclasses import replace

from facilitator.conversation.asking import only, return_to, then_ask
from facilitator.conversation.moves.knowing import answer_question
from facilitator.conversation.moves.walking import comment
from facilitator.conversation.reading import looks_like_question
from facilitator.conversation.turn import FlagRaised, Library, Outcome, Say, Talk, Turn
from facilitator.vocabulary import FlagKind, Kind, Step

MISSES_BEFORE_HELP = 2


def thank(turn: Turn, talk: Talk, library: Library) -> Outcome:
    return then_ask(talk, library, Say("utter_you_are_welcome"))


def say_what_i_am(turn: Turn, talk: Talk, library: Library) -> Outcome:
    return return_to(talk, library, Say("utter_what_i_am"))


def find_person(turn: Turn, talk: Talk, library: Library) -> Outcome:
    """Say how to reach a person, and let coordinators know that one was asked for."""
    notice = library.notice
    response = "utter_person" if notice.contact else "utter_person_unnamed"
    said = Say(response, values={"contact": notice.contact, "organisation": notice.organisation})
    return return_to(talk, library, said, facts=(FlagRaised(FlagKind.ASKED_FOR_PERSON),))


def offer_help(turn: Turn, talk: Talk, library: Library) -> Outcome:
    """ "Help": with what is not said, so say what there is."""
    return then_ask(talk, library, Say("utter_help"))


def cannot_pass_on(turn: Turn, talk: Talk, library: Library) -> Outcome:
    """Asked to tell somebody, say what carries words to others here."""
    return return_to(talk, library, Say("utter_cannot_pass_on"))


def hear_worry(turn: Turn, talk: Talk, library: Library) -> Outcome:
    """A worry of the writer's own is kept where words can be, and a person is offered: nothing was asked, so nothing is refused."""
    if talk.position.step is not Step.ITEM or not talk.kept:
        return return_to(talk, library, Say("utter_worry"))
    kept = comment(turn, talk, library)
    return replace(kept, says=(Say("utter_worry_kept"), *kept.says[-1:]))


def hear_frustration(turn: Turn, talk: Talk, library: Library) -> Outcome:
    """Hear it, offer a way out; the question waits until the person chooses."""
    return only(talk, Say("utter_frustrated", Kind.TEXT))


def speak_english(turn: Turn, talk: Talk, library: Library) -> Outcome:
    """A message in another language is never guessed at; a comment in one keeps every letter."""
    if talk.position.step in (Step.ITEM, Step.COMMENT) and talk.kept and turn.text:
        kept = comment(turn, talk, library)
        return replace(kept, says=(Say("utter_other_language_kept"), *kept.says[-1:])) if talk.position.step is Step.ITEM else kept
    return return_to(talk, library, Say("utter_other_language"))


def not_understood(turn: Turn, talk: Talk, library: Library) -> Outcome:
    """Try the knowledge base, keep the words as a comment, or ask in plain words; after two misses offer help."""
    text = turn.text or ""
    if looks_like_question(text):
        return answer_question(turn, talk, library)
    if talk.position.step is Step.ITEM and talk.kept and len(text.split()) > 1:
        return comment(turn, talk, library)
    misses = talk.position.misses + 1
    missed = talk.at(misses=misses)
    if misses >= MISSES_BEFORE_HELP:
        return then_ask(missed, library, Say("utter_unclear_help"))
    return then_ask(missed, library, Say("utter_unclear"))
