"""Pausing, coming back and stopping. Nothing is lost by any of them."""

from __future__ import annotations

from facilitator.conversation.asking import only, question, return_to, then_ask
from facilitator.conversation.turn import Library, Outcome, Say, Talk, Turn
from facilitator.vocabulary import Step


def pause(turn: Turn, talk: Talk, library: Library) -> Outcome:
    if talk.position.step is Step.PAUSED:
        return return_to(talk, library)
    paused = talk.at(step=Step.PAUSED, resume_step=_step_to_resume(talk), support=False, confirming=None)
    return then_ask(paused, library, Say("utter_paused" if talk.kept else "utter_paused_not_kept"))


def stop(turn: Turn, talk: Talk, library: Library) -> Outcome:
    stopped = talk.at(step=Step.PAUSED, resume_step=_step_to_resume(talk), support=False, confirming=None)
    return then_ask(stopped, library, Say("utter_stopped" if talk.kept else "utter_stopped_not_kept"))


def resume(turn: Turn, talk: Talk, library: Library) -> Outcome:
    """Carry on from where the person was."""
    position = talk.position
    if position.support or position.confirming:
        return return_to(talk.at(support=False, confirming=None), library)
    if position.step is not Step.PAUSED:
        return return_to(talk, library)
    back = talk.at(step=position.resume_step or Step.STAGE, resume_step=None)
    return return_to(back, library, Say("utter_welcome_back"))


def say_goodbye(turn: Turn, talk: Talk, library: Library) -> Outcome:
    if talk.position.step is Step.FINISHED:
        return only(talk, Say("utter_goodbye"))
    return pause(turn, talk, library)


def returned(talk: Talk, library: Library) -> Outcome:
    """What someone sees who comes back with their code: where they were, and how to carry on."""
    position = talk.position
    if position.step is Step.PAUSED:
        talk = talk.at(step=position.resume_step or Step.STAGE, resume_step=None)
    return Outcome(talk, (Say("utter_welcome_back"), question(talk, library)))


def _step_to_resume(talk: Talk) -> Step:
    position = talk.position
    if position.step in (Step.PAUSED, Step.REFLECTION):
        return position.resume_step or Step.STAGE
    return position.step
