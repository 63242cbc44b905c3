"""One turn: from what was understood to what is said and what is remembered. Pure; the service writes it down."""

from __future__ import annotations

from dataclasses import replace

from facilitator.checklist.position import come_back
from facilitator.conversation.asking import DELETE, WHICH_ANSWER
from facilitator.conversation.moves import choosing, naming, next_steps, plain_yes_no
from facilitator.conversation.moves.asking_back import repeat
from facilitator.conversation.moves.knowing import answer_question
from facilitator.conversation.moves.people import not_understood
from facilitator.conversation.moves.reflecting import keep_reflection
from facilitator.conversation.moves.rights import about_deleting, answer_sharing, confirm_delete, keep_after_all
from facilitator.conversation.moves.walking import comment, rate, which_answer
from facilitator.conversation.reading import (
    COMMAND_CONFIDENCE,
    asks_after_all,
    begins_with_no,
    is_bare_ok,
    is_bare_rating,
    is_command,
    is_yes_or_no,
    likely_rating,
    looks_like_question,
    says_who,
)
from facilitator.conversation.turn import Library, Move, Outcome, Talk, Turn
from facilitator.vocabulary import Kind, Step

_FREE_TEXT = {Step.COMMENT: comment, Step.REFLECTION: keep_reflection, Step.STEP_WHAT: next_steps.write, Step.NAME: naming.make_up}
_SHARING_WORDS = {"consent_yes": True, "consent_no": False, "answer_yes": True, "answer_no": False}
_DELETING_WORDS = {"affirm": True, "answer_yes": True, "delete_data": True, "deny": False, "answer_no": False, "consent_yes": False}
_SETTING_UP = frozenset({Step.CONSENT, Step.ROLE, Step.STAGE, Step.DEPTH})
# Plainly about something else than the list in hand.
_WAYS_OUT = frozenset(
    {"start_before", "start_during", "start_after", "other_language", "frustrated", "greet", "thanks"}
    | {"ladder", "next_steps", "add_next_step", "change_name"}
)
# What "ok" straight after an answer may be taken for.
_RATED_OR_AGREED = frozenset({"affirm", "answer_yes", "answer_partly", "answer_no", "answer_unsure", "consent_yes"})
# What nobody says who is still away.
_CARRYING_ON = frozenset(
    {"answer_yes", "answer_partly", "answer_no", "answer_unsure", "answer_not_applicable", "add_comment", "no_comment", "skip", "back"}
)
# Asked beside the point: the confirmation, or the question whether to carry on, still stands.
_ASIDE = frozenset(
    {"affirm", "deny", "explain_why", "simplify", "repeat", "ask_who_sees", "ask_question", "nlu_fallback", "other_language", "thanks"}
)


def respond(move: Move, turn: Turn, talk: Talk, library: Library) -> Outcome:
    """Carry out a move, unless the step in hand claims the words themselves.

    Someone writing a comment or a reflection may write anything: unless it is plainly an instruction or a question, it is that
    comment. A yes or no to a sharing question, or to "delete everything?", is that answer, however it was worded.
    """
    move, turn = _plain_yes_no(move, turn, talk)
    here = _unpaused(turn, talk)
    rating = likely_rating(turn) if here.position.step is Step.ITEM and not here.position.confirming else None
    if rating is not None:
        turn, move = replace(turn, intent=rating), rate
    elif asks_after_all(turn):
        turn, move = replace(turn, intent="ask_question"), answer_question
    elif turn.intent.startswith("role_") and here.position.step not in _SETTING_UP and not says_who(turn):
        turn, move = replace(turn, intent="nlu_fallback"), not_understood
    outcome = _claimed(turn, here, library) or move(turn, _put_aside(turn, here), library)
    return replace(outcome, talk=_settle(talk, outcome))


def _plain_yes_no(move: Move, turn: Turn, talk: Talk) -> tuple[Move, Turn]:
    """A bare yes or no is about the question in hand, not about keeping answers, unless that is the question."""
    if turn.text is None or talk.position.step is Step.CONSENT or not is_yes_or_no(turn.text):
        return move, turn
    if turn.intent == "consent_yes":
        return plain_yes_no.yes, replace(turn, intent="affirm")
    return (plain_yes_no.no, replace(turn, intent="deny")) if turn.intent == "consent_no" else (move, turn)


def _unpaused(turn: Turn, talk: Talk) -> Talk:
    """Somebody who answers while paused has come back: no need to say so first. A bare yes or no is about coming back."""
    position = talk.position
    if position.step is not Step.PAUSED or position.support or position.confirming or turn.intent not in _CARRYING_ON:
        return talk
    if turn.intent in ("answer_yes", "answer_no") and (turn.text is None or is_bare_rating(turn.text)):
        return talk
    return replace(talk, position=come_back(position))


def _claimed(turn: Turn, talk: Talk, library: Library) -> Outcome | None:
    position = talk.position
    if position.focus is not None and turn.intent in _RATED_OR_AGREED and is_bare_ok(turn.text or ""):
        return repeat(turn, talk, library)
    if position.confirming == DELETE and (said := _said_of_deleting(turn, talk, library)) is not None:
        return said
    if position.confirming == WHICH_ANSWER and (turn.typed or turn.intent == "deny"):
        return which_answer(turn, talk, library)
    if position.support or position.confirming:
        return None
    if position.step in (Step.SHARE_WORDS, Step.SHARE_RATINGS) and turn.intent in _SHARING_WORDS:
        return answer_sharing(_SHARING_WORDS[turn.intent], talk, library)
    if position.step is Step.STEP_WHAT and turn.typed and turn.intent in ("add_next_step", "next_steps"):
        return next_steps.write(turn, talk, library)
    picked = choosing.in_words(turn, talk, library)
    if picked is not None or is_command(turn, library.phrases, topic_in_hand=position.focus is not None):
        return picked
    if position.step in choosing.LISTS:
        way_out = turn.intent in _WAYS_OUT and turn.confidence >= COMMAND_CONFIDENCE
        return None if way_out else choosing.not_on_the_list(turn, talk, library)
    keep = _FREE_TEXT.get(position.step)
    return keep(turn, talk, library) if keep else None


def _said_of_deleting(turn: Turn, talk: Talk, library: Library) -> Outcome | None:
    if turn.typed and looks_like_question(turn.text or ""):
        return about_deleting(talk, library)
    if turn.typed and begins_with_no(turn.text or ""):
        return keep_after_all(talk, library)
    if turn.intent in _DELETING_WORDS:
        return (confirm_delete if _DELETING_WORDS[turn.intent] else keep_after_all)(talk, library)
    return None


def _put_aside(turn: Turn, talk: Talk) -> Talk:
    """Anything that is neither an answer to the open confirmation nor an aside takes it back."""
    return talk if turn.intent in _ASIDE else talk.at(confirming=None, support=False)


def _settle(before: Talk, outcome: Outcome) -> Talk:
    """What every turn shares: the question's number, the topic in hand, how often in a row we missed the meaning."""
    position = outcome.talk.position
    # The topic is in hand ("and for carers?", "why?") only straight after an answer about it.
    focus = position.focus if any(say.kind is Kind.ANSWER for say in outcome.says) else None
    misses = position.misses if position.misses > before.position.misses else 0
    moved = position.question_key != before.position.question_key
    number = before.position.question_no + (1 if moved else 0)
    return replace(outcome.talk, position=replace(position, focus=focus, misses=misses, question_no=number))
