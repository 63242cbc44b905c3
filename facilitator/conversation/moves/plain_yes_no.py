"""A bare yes or no means what the question in front of the person makes it mean."""

from __future__ import annotations

from dataclasses import replace

from facilitator.conversation.asking import only, then_ask
from facilitator.conversation.moves import asides, leaving, rights, walking, welcome
from facilitator.conversation.reading import is_yes_or_no
from facilitator.conversation.turn import Library, Outcome, Say, Talk, Turn
from facilitator.vocabulary import Kind, Step


def yes(turn: Turn, talk: Talk, library: Library) -> Outcome:
    position = talk.position
    if position.support:
        return leaving.resume(turn, talk, library)
    match position.step:
        case Step.CONSENT:
            return welcome.choose_keeping(replace(turn, intent="consent_yes"), talk, library)
        case Step.ITEM:
            return walking.rate(replace(turn, intent="answer_yes"), talk, library)
        case Step.STAGE if talk.simple:
            return then_ask(talk, library, Say("utter_simple_stage"))
        case Step.COMMENT if turn.text is not None and not is_yes_or_no(turn.text):
            return walking.comment(turn, talk, library)
        case Step.COMMENT | Step.REFLECTION | Step.STEP_WHAT:
            return only(talk, Say("utter_go_ahead_comment", Kind.QUESTION))
        case Step.SHARE_WORDS | Step.SHARE_RATINGS:
            return rights.answer_sharing(True, talk, library)
        case Step.PAUSED:
            return leaving.resume(turn, talk, library)
    return then_ask(talk, library)


def no(turn: Turn, talk: Talk, library: Library) -> Outcome:
    position = talk.position
    if position.support:
        return leaving.pause(turn, talk, library)
    aside = asides.leave(talk, library)
    if aside is not None:
        return aside
    match position.step:
        case Step.CONSENT:
            return welcome.choose_keeping(replace(turn, intent="consent_no"), talk, library)
        case Step.ITEM:
            return walking.rate(replace(turn, intent="answer_no"), talk, library)
        case Step.COMMENT:
            return walking.no_comment(turn, talk, library)
        case Step.SHARE_WORDS | Step.SHARE_RATINGS:
            return rights.answer_sharing(False, talk, library)
        case Step.ROLE:
            return welcome.skip_role(talk, library)
        case Step.STAGE if talk.simple:  # "Has your group met yet?"
            return welcome.choose_stage(replace(turn, intent="start_before"), talk, library)
        case Step.PAUSED | Step.FINISHED:
            return only(talk, Say("utter_goodbye"))
    return then_ask(talk, library)
