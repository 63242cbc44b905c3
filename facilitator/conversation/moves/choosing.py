"""Picking from a list, by pressing or in words. Each step's list is in `conversation/options`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from facilitator.conversation.asking import then_ask
from facilitator.conversation.moves import asides, ladder, leaving, naming, next_steps, reflecting, welcome
from facilitator.conversation.options import (
    doer,
    due_date,
    is_no_choice,
    keeps_to_oneself,
    mentioned,
    named,
    numbered,
    options,
    says_somebody_will,
    who_and_when,
)
from facilitator.conversation.reading import is_bare_rating, looks_like_question
from facilitator.conversation.turn import Library, Outcome, Say, Talk, Turn
from facilitator.conversation.words import denies
from facilitator.dates import read_date
from facilitator.vocabulary import Step, VisibleTo

_RUNGS = frozenset({Step.LADDER_STANDS, Step.LADDER_WANTED})
_NAMED_IN_WORDS = frozenset({Step.STEP_WHAT, Step.NAME})
LISTS = frozenset({Step.STEP_WHO, Step.STEP_WHEN, Step.SHARE_REFLECTION, Step.LADDER_STANDS, Step.LADDER_WANTED})


def pick(turn: Turn, talk: Talk, library: Library) -> Outcome:
    """What a pressed choice stands for: its entity names the list, its value the thing."""
    for entity, value in turn.entities.items():
        if entity in _ANYWHERE:
            return _ANYWHERE[entity](value, talk, library)
        if any(option.entity == entity and option.value == value for option in options(talk, library)):
            return _AT_STEP[entity](value, turn, talk, library)
    return then_ask(talk, library)


def in_words(turn: Turn, talk: Talk, library: Library) -> Outcome | None:
    """What was typed at a list, read as one of its options; None when it names none of them."""
    if turn.text is None:
        return None
    if talk.position.step is Step.STEP_WHO:
        return _who(turn.text, turn, talk, library)
    if talk.position.step is Step.SHARE_REFLECTION and keeps_to_oneself(turn.text):
        return reflecting.share(VisibleTo.ME, talk, library)
    said = turn.text
    offered = options(talk, library)
    option = named(said, offered)
    if option is None and talk.position.step in _RUNGS and not looks_like_question(turn.text) and not denies(turn.text):
        option = numbered(said, offered) or mentioned(said, offered)
    if option is not None:
        return _AT_STEP[option.entity](option.value, turn, talk, library)
    if talk.position.step in LISTS and (turn.intent == "answer_unsure" or is_no_choice(turn.text)):
        return asides.leave(talk, library)
    if talk.position.step in _NAMED_IN_WORDS and turn.intent == "answer_unsure" and is_bare_rating(turn.text):
        return asides.leave(talk, library)  # "not sure" is no next step, and nobody's name
    if talk.position.step is Step.STEP_WHEN:
        due_on = read_date(turn.text, turn.today)
        return next_steps.set_date(due_on, talk, library) if due_on else None
    return None


def _who(text: str, turn: Turn, talk: Talk, library: Library) -> Outcome | None:
    """Who will do it, and by when if that is said with it: "me, by Friday"."""
    who, when = who_and_when(text)
    option = named(doer(who), options(talk, library))
    if option is None:
        return asides.leave(talk, library) if turn.intent == "answer_unsure" or is_no_choice(text) else None
    assigned = next_steps.assign(option.value, talk, library)
    due_on = read_date(when, turn.today) if when else None
    if due_on is None:
        return assigned
    dated = next_steps.set_date(due_on, assigned.talk, library)
    return replace(dated, facts=(*assigned.facts, *dated.facts))


def not_on_the_list(turn: Turn, talk: Talk, library: Library) -> Outcome:
    """Say kindly that it has to be one of these, and ask again. Whoever is named in a next step is left out: no names are kept."""
    if talk.position.step is Step.STEP_WHO and says_somebody_will(turn.text or ""):
        left_open = next_steps.assign(None, talk, library)
        return replace(left_open, says=(Say("utter_step_who_open"), *left_open.says))
    return then_ask(talk, library, Say("utter_no_such_date" if talk.position.step is Step.STEP_WHEN else "utter_pick_one"))


_AT_STEP: Mapping[str, Callable[[str, Turn, Talk, Library], Outcome]] = {
    "stage": lambda value, turn, talk, library: welcome.choose_stage(replace(turn, intent=f"start_{value}"), talk, library),
    "suggestion": lambda value, turn, talk, library: next_steps.suggested(turn, talk, library, value),
    "who": lambda value, turn, talk, library: next_steps.assign(value, talk, library),
    "when": lambda value, turn, talk, library: next_steps.set_date(due_date(value, turn.today, talk), talk, library),
    "visible": lambda value, turn, talk, library: reflecting.share(VisibleTo(value), talk, library),
    "rung": lambda value, turn, talk, library: ladder.pick_rung(value, talk, library),
    "reflect": lambda value, turn, talk, library: reflecting.guide(talk, library),
    "name": lambda value, turn, talk, library: naming.choose(value, talk, library),
}
_ANYWHERE: Mapping[str, Callable[[str, Talk, Library], Outcome]] = {
    "done": next_steps.mark_done,
    "sharing": lambda value, talk, library: reflecting.share_earlier(talk, library),
    "other": lambda value, talk, library: leaving.something_else(talk, library),
}
