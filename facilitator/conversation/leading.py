"""Which move a whole message leads to by its own words, whatever the classifier took it for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from facilitator.conversation.corrections import (
    asks_for_own_words,
    changes_mind,
    correction,
    leaves_it,
    objects,
    wants_part_deleted,
    wants_reflection_deleted,
    wants_step_deleted,
)
from facilitator.conversation.moves.asking_back import repeat
from facilitator.conversation.moves.correcting import change_answer, delete_one, delete_reflection, delete_step, put_right, show_words
from facilitator.conversation.moves.leaving import back_to_stages, has_ended, start_over
from facilitator.conversation.moves.people import cannot_pass_on, offer_help
from facilitator.conversation.moves.reflecting import keep_reflection
from facilitator.conversation.moves.rights import who_sees
from facilitator.conversation.moves.walking import skip
from facilitator.conversation.moves.welcome import choose_stage, help_pick_stage
from facilitator.conversation.outright import (
    asks_to_pass_on,
    asks_who_reads,
    declines,
    has_said_all,
    is_bare_help,
    names_nothing,
    says_is_fine,
    stage_asked_for,
    starts_over,
    wants_menu,
)
from facilitator.conversation.turn import Library, Move, Outcome, Talk, Turn
from facilitator.vocabulary import Step

SETTING_UP = frozenset({Step.CONSENT, Step.ROLE, Step.STAGE, Step.DEPTH})
# What a question who reads all this is taken for by mistake.
_UNHEARD = frozenset({"ask_question", "explain_term", "nlu_fallback", "frustrated", "simplify", "human_help"})
# Where answers are asked for or have been: what is said of one is about that, and not kept as words of another.
_ANSWERED = frozenset({Step.ITEM, Step.COMMENT, Step.FINISHED, Step.SHARE_WORDS, Step.SHARE_RATINGS, Step.PAUSED, Step.STAGE, Step.DEPTH})


def said_outright(turn: Turn, talk: Talk) -> Move | None:
    """The move that the words themselves ask for; None when they ask for none of these."""
    text = turn.text or ""
    return next((move for asks, move in _ASKED if asks(text, turn, talk)), None)


def _go_to_stage(turn: Turn, talk: Talk, library: Library) -> Outcome:
    return choose_stage(replace(turn, intent=f"start_{stage_asked_for(turn.text or '')}"), talk, library)


def _is_answering(talk: Talk) -> bool:
    return talk.position.step in _ANSWERED


def _has_answered(talk: Talk) -> bool:
    return _is_answering(talk) and (bool(talk.answers) or any(talk.position.done.values()))


def _answers_a_prompt(talk: Talk) -> bool:
    return talk.position.step is Step.REFLECTION and talk.position.prompt is not None


def _calls_for_help(text: str, turn: Turn, talk: Talk) -> bool:
    return is_bare_help(text) and turn.intent != "human_help"


# The first that fits.
_ASKED: tuple[tuple[Callable[[str, Turn, Talk], bool], Move], ...] = (
    (lambda text, turn, talk: turn.intent in _UNHEARD and asks_who_reads(text), who_sees),
    (lambda text, turn, talk: talk.position.step is Step.ITEM and (declines(text) or leaves_it(text)), skip),
    (lambda text, turn, talk: talk.position.step is Step.ITEM and says_is_fine(text), repeat),
    (lambda text, turn, talk: _answers_a_prompt(talk) and names_nothing(text), keep_reflection),
    (lambda text, turn, talk: starts_over(text), start_over),
    (lambda text, turn, talk: bool(talk.kept) and wants_reflection_deleted(text), delete_reflection),
    (lambda text, turn, talk: bool(talk.kept) and wants_step_deleted(text), delete_step),
    (lambda text, turn, talk: has_said_all(text, may_answer=talk.position.step is Step.ITEM), has_ended),
    (lambda text, turn, talk: wants_menu(text), back_to_stages),
    (lambda text, turn, talk: stage_asked_for(text) is not None, _go_to_stage),
    (lambda text, turn, talk: _is_answering(talk) and wants_part_deleted(text), delete_one),
    (lambda text, turn, talk: _is_answering(talk) and asks_for_own_words(text), show_words),
    (lambda text, turn, talk: _has_answered(talk) and (correction(text) is not None or objects(text)), put_right),
    (lambda text, turn, talk: _has_answered(talk) and changes_mind(text), change_answer),
    (lambda text, turn, talk: asks_to_pass_on(text), cannot_pass_on),
    (lambda text, turn, talk: _calls_for_help(text, turn, talk) and talk.position.step in SETTING_UP, help_pick_stage),
    (_calls_for_help, offer_help),
)
