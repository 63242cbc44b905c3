"""Reflections: a person's own words about how it went, kept for themselves unless they say otherwise."""

from __future__ import annotations

from facilitator.conversation.asking import then_ask
from facilitator.conversation.moves.plain_yes_no import leave_reflection
from facilitator.conversation.turn import Library, Outcome, ReflectionRecorded, Say, Talk, Turn
from facilitator.vocabulary import Step


def keep_reflection(turn: Turn, talk: Talk, library: Library) -> Outcome:
    """Keep what was typed, then return to where the person was."""
    if turn.text is None:
        return leave_reflection(talk, library)
    back = talk.at(step=talk.position.resume_step or Step.STAGE, resume_step=None)
    return then_ask(back, library, Say("utter_reflection_kept"), facts=(ReflectionRecorded(turn.text, talk.position.stage),))
