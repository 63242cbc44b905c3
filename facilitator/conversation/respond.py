"""One turn: from what was understood to what is said and what is remembered. Pure; the service writes it down."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from facilitator.checklist.position import Position, come_back
from facilitator.conversation.asking import DELETE, HELPING, WHICH_ANSWER, WHICH_TO_DELETE, WHICH_WORDS, return_to, settled, then_ask
from facilitator.conversation.commands import COMMANDS, goes_past, is_command, is_no_move
from facilitator.conversation.corrections import (
    asks_to_delete,
    correction,
    leaves_it,
    means_all,
    names_one,
    wants_part_deleted,
)
from facilitator.conversation.leading import SETTING_UP, said_outright
from facilitator.conversation.moves import asides, choosing, naming, next_steps, plain_yes_no
from facilitator.conversation.moves.answer_and_question import answer_and_ask
from facilitator.conversation.moves.asking_back import repeat
from facilitator.conversation.moves.correcting import (
    delete_one,
    named_item,
    put_right,
    which_answer,
    which_to_delete,
)
from facilitator.conversation.moves.knowing import answer_question
from facilitator.conversation.moves.leaving import carry_on_safe, pause, resume, stay_with
from facilitator.conversation.moves.people import find_person, hear_worry, not_understood, offer_help
from facilitator.conversation.moves.reflecting import keep_reflection
from facilitator.conversation.moves.rights import about_deleting, answer_sharing, confirm_delete, keep_after_all
from facilitator.conversation.moves.walking import comment, say_more
from facilitator.conversation.options import tells_more
from facilitator.conversation.outright import (
    declines,
    is_about_keeping,
    is_bare_help,
    is_safe,
    means_it,
    stage_named,
    takes_it_back,
    tells_of_a_worry,
    text_skips,
)
from facilitator.conversation.pieces import goes_on, is_unfinished, says_nothing_yet
from facilitator.conversation.reading import (
    COMMAND_CONFIDENCE,
    RATINGS,
    asks,
    asks_after_all,
    begins_with_no,
    half_a_yes,
    is_bare_ok,
    is_bare_rating,
    is_yes_or_no,
    looks_like_question,
    may_be_a_rating,
    rates_in_words,
    says_who,
    says_yes,
    takes_back,
)
from facilitator.conversation.turn import Library, Move, Outcome, Say, Talk, Turn
from facilitator.conversation.words import denies, these, words
from facilitator.knowledge.base import Decision
from facilitator.vocabulary import Step

_FREE_TEXT = {Step.COMMENT: comment, Step.REFLECTION: keep_reflection, Step.STEP_WHAT: next_steps.write, Step.NAME: naming.make_up}
_SHARING_WORDS = {"consent_yes": True, "consent_no": False, "answer_yes": True, "answer_no": False}
_DELETING_WORDS = {"affirm": True, "answer_yes": True, "delete_data": True, "deny": False, "answer_no": False, "consent_yes": False}
# At a list of answers, words that name none of them.
_NAMES_NONE = frozenset({"change_answer", "nlu_fallback", "add_comment", "delete_data"})
# After a support message these are no wish, and nothing is written down of them.
_NO_WISH = frozenset({"nlu_fallback", "add_comment", "other_language", "frustrated"})
_STAGES = frozenset({"start_before", "start_during", "start_after"})
# Plainly about something else than the list in hand: said in so many words, for "before the day" may be half of an answer;
_WAYS_OUT = _STAGES | {"greet", "thanks"}
# or felt, or not to be guessed at, however it is said.
_HEARD = frozenset({"other_language", "frustrated"})
# At a list these may be a way of picking: "the group can see it" is no consent, "nobody needs to" no "no".
_MAY_PICK = these("affirm deny no_comment consent_yes consent_no change_sharing read_shared group_view ask_who_sees")
_AGREES = frozenset({"affirm", "answer_yes", "consent_yes"})
_NOT_TO_ONESELF = these("going on sharing shared share reading")
_SHARING = frozenset({Step.SHARE_WORDS, Step.SHARE_RATINGS})
_CONSENTS = frozenset({Step.CONSENT}) | _SHARING
_WHICH: Mapping[str, Callable[[Turn, Talk, Library], Outcome | None]] = {
    WHICH_ANSWER: which_answer,
    WHICH_TO_DELETE: which_to_delete,
    WHICH_WORDS: which_to_delete,
}
_POLITE = frozenset({"greet", "thanks"})
# Where a comment leaves people.
_AFTER_WORDS = frozenset({Step.ITEM, Step.SHARE_WORDS, Step.SHARE_RATINGS, Step.FINISHED})
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
    move, turn = _met_yet(*_plain_yes_no(move, _half_a_yes(turn, talk), talk), talk)
    outcome = answer_and_ask(turn, talk, library) or _carried_out(move, turn, _unpaused(turn, talk), library)
    return settled(talk, outcome)


def _carried_out(move: Move, turn: Turn, here: Talk, library: Library) -> Outcome:
    if _is_the_rest(turn, here, library):
        return say_more(turn, here, library)
    if _tells_something(turn, here, library):
        turn, move = replace(turn, intent="add_comment"), comment
    elif asks_after_all(turn):
        turn, move = replace(turn, intent="ask_question"), answer_question
    elif here.position.step not in SETTING_UP and _is_a_worry(turn, library):
        move = hear_worry
    elif here.position.step not in SETTING_UP and _is_doubtful(turn):
        turn, move = replace(turn, intent="nlu_fallback"), not_understood
    return _claimed(turn, here, library) or move(turn, _put_aside(turn, here), library)


def _tells_something(turn: Turn, talk: Talk, library: Library) -> bool:
    """Whether words typed at a question were taken for something else, and rather answer it: they are kept, and the rating is asked for."""
    position = talk.position
    if position.step is not Step.ITEM or position.confirming or position.support:
        return False
    if _is_no_consent(turn):
        return True  # "nothing in writing", said of the payment
    return may_be_a_rating(turn) or (bool(talk.kept) and is_no_move(turn, library.phrases) and stage_named(turn.text or "") is None)


def _is_no_consent(turn: Turn) -> bool:
    """Whether words taken for a yes or no to keeping answers speak of nothing of that kind."""
    text = turn.text or ""
    taken = turn.typed and turn.intent in ("consent_yes", "consent_no") and not is_yes_or_no(text)
    return taken and not is_about_keeping(text)


def _is_doubtful(turn: Turn) -> bool:
    """Words taken for a role or a stage that name neither: "ring the ward manager", "it was"."""
    if turn.intent in _STAGES:
        return turn.typed and says_nothing_yet(turn.text or "")
    return turn.intent.startswith("role_") and not says_who(turn)


def _is_a_worry(turn: Turn, library: Library) -> bool:
    """A worry told, taken for a role ("my son") or for a question that nobody asked and that would be declined."""
    if turn.text is None or not tells_of_a_worry(turn.text):
        return False
    if turn.intent.startswith("role_") or turn.intent == "nlu_fallback":
        return True
    return turn.intent == "ask_question" and library.knowledge.search(turn.text).decision is Decision.DECLINE


def _is_the_rest(turn: Turn, talk: Talk, library: Library) -> bool:
    """Whether words typed at a question belong to those before: people send one answer in pieces ("it was", "a bit rushed", "and cold").

    They do when they begin in the middle of a sentence, or when what came before ended in the middle of one.
    """
    position, text = talk.position, turn.text
    if position.said_of is None or text is None or position.support or position.confirming or position.step not in _AFTER_WORDS:
        return False
    if is_yes_or_no(text) or asks(text) or is_command(turn, library.phrases):
        return False
    given = talk.answers.get(position.said_of)
    last = given.comment.rsplit("\n", 1)[-1] if given and given.comment else ""
    return goes_on(text) or (is_unfinished(last) and not any(library.phrases.says(rating, text) for rating in RATINGS))


def _half_a_yes(turn: Turn, talk: Talk) -> Turn:
    """At a question "yeah ish" is partly, however surely it was taken for a yes."""
    position = talk.position
    at_question = position.step is Step.ITEM and not (position.confirming or position.support)
    if not at_question or turn.intent != "answer_yes" or not half_a_yes(turn.text or ""):
        return turn
    return replace(turn, intent="answer_partly", confidence=1.0)


def _plain_yes_no(move: Move, turn: Turn, talk: Talk) -> tuple[Move, Turn]:
    """A bare yes or no is about the question in hand, not about keeping answers, unless that is the question."""
    if turn.text is None or talk.position.step is Step.CONSENT or not is_yes_or_no(turn.text):
        return move, turn
    if turn.intent == "consent_yes":
        return plain_yes_no.yes, replace(turn, intent="affirm")
    return (plain_yes_no.no, replace(turn, intent="deny")) if turn.intent == "consent_no" else (move, turn)


def _met_yet(move: Move, turn: Turn, talk: Talk) -> tuple[Move, Turn]:
    """In simple words the question of the stage is whether the group has met: "not yet" is an answer to that."""
    if not talk.simple or talk.position.step is not Step.STAGE or turn.text is None or not is_bare_rating(turn.text):
        return move, turn
    if turn.intent == "answer_yes":
        return plain_yes_no.yes, replace(turn, intent="affirm")
    return (plain_yes_no.no, replace(turn, intent="deny")) if turn.intent == "answer_no" else (move, turn)


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
    if _has_only_heard(turn, position):
        return repeat(turn, talk, library)
    if _agrees_without_a_yes(turn, position, library):
        return then_ask(talk, library)
    if position.beside and (said := _said_beside(turn, talk, library)) is not None:
        return said
    if position.confirming == DELETE and (said := _said_of_deleting(turn, talk, library)) is not None:
        return said
    if position.confirming in _WHICH and (turn.typed or turn.intent in ("deny", "delete_data")):
        return _said_of_which(turn, talk, library)
    if position.support:
        return _said_of_support(turn, talk, library)
    if position.confirming:
        return None
    return _in_words(turn, talk, library)


def _said_beside(turn: Turn, talk: Talk, library: Library) -> Outcome | None:
    """What is said to a reply that asked something itself: no answer to the question that waits behind it."""
    if turn.text is None or talk.position.confirming or talk.position.support:
        return None
    text, rates, helping = turn.text, turn.intent in RATINGS, talk.position.beside == HELPING
    if helping:
        short = is_bare_rating(text) and (rates or is_yes_or_no(text) or begins_with_no(text))  # "no", "I don't know"
        if short or leaves_it(text):
            return return_to(talk, library)
        return offer_help(turn, talk, library) if rates else None
    if talk.position.step is not Step.ITEM:
        return None  # where words are asked for, the step itself knows
    if is_yes_or_no(text) or leaves_it(text) or takes_it_back(text):
        return return_to(talk, library)
    return comment(turn, talk, library) if rates else None


def _in_words(turn: Turn, talk: Talk, library: Library) -> Outcome | None:
    """What the words themselves say at the step in hand: its own answers, a few things said outright, or what is to be kept."""
    position = talk.position
    if _keeps_the_words(turn, position):
        return answer_sharing(False, talk, library)
    if position.step in _SHARING and turn.intent in _SHARING_WORDS:
        return answer_sharing(_SHARING_WORDS[turn.intent], talk, library)
    if position.step is Step.SHARE_REFLECTION and _is_more_of_it(turn, talk, library):
        return keep_reflection(turn, talk, library)
    picked = choosing.in_words(turn, talk, library)
    if picked is not None:
        return picked
    if (outright := said_outright(turn, talk)) is not None:
        return outright(turn, talk, library)
    return _kept_or_led(turn, talk, library)


def _is_more_of_it(turn: Turn, talk: Talk, library: Library) -> bool:
    """Whether words at the question who may read a reflection are the rest of it: "it was not easy to speak up" names no reader."""
    text = turn.text or ""
    if goes_on(text):
        return True
    aside = turn.intent in ("answer_unsure", "skip", "back", "resume") or declines(text)
    return not aside and tells_more(text) and said_outright(turn, talk) is None and not is_command(turn, library.phrases)


def _kept_or_led(turn: Turn, talk: Talk, library: Library) -> Outcome | None:
    """Words where words are asked for are kept, and at a list asked about again, unless they are for the bot."""
    position = talk.position
    keep = _FREE_TEXT.get(position.step)
    if keep and turn.intent in _POLITE and library.phrases.says(turn.intent, turn.text or ""):
        return None  # "hello", another day, is no comment
    if is_command(turn, library.phrases, topic_in_hand=position.focus is not None):
        return keep(turn, talk, library) if keep and _asks_nothing_we_know(turn, library) else None
    if position.step in choosing.LISTS:
        if text_skips(turn.text or ""):
            return asides.leave(talk, library)
        return None if _leads_out(turn, library) else choosing.not_on_the_list(turn, talk, library)
    return keep(turn, talk, library) if keep else None


def _asks_nothing_we_know(turn: Turn, library: Library) -> bool:
    """Words without a question's sign, taken for one that has no sure answer: "can we have it upstairs". They are rather kept."""
    text = turn.text or ""
    is_asked = turn.intent != "ask_question" or text.rstrip().endswith("?")
    return not is_asked and turn.typed and library.knowledge.search(text).decision is not Decision.ANSWER


def _leads_out(turn: Turn, library: Library) -> bool:
    if turn.intent in _HEARD or turn.intent in COMMANDS - _MAY_PICK:
        # no words are kept at a list, so a reading that is as sure as this may lead away from it
        return turn.confidence >= COMMAND_CONFIDENCE
    return turn.intent in _WAYS_OUT and library.phrases.says(turn.intent, turn.text or "")


def _has_only_heard(turn: Turn, position: Position) -> bool:
    """Whether an "ok" says that something was read: an answer, or what was said of a question about consent. It agrees to nothing."""
    heard = position.focus is not None or position.explained
    return heard and turn.intent in _RATED_OR_AGREED and is_bare_ok(turn.text or "")


def _agrees_without_a_yes(turn: Turn, position: Position, library: Library) -> bool:
    """Whether something typed at a question about consent was taken for a yes and is no plain one, or was typed before that was asked: it
    lets others keep or read."""
    asked = position.step in _CONSENTS and not position.confirming and not position.support and not _keeps_the_words(turn, position)
    if not asked or turn.text is None or turn.intent not in _AGREES:
        return False
    if turn.unseen:
        return True
    # at the questions who may read, "keep it" is no yes
    said_so = turn.intent == "consent_yes" and turn.confidence >= COMMAND_CONFIDENCE and position.step is Step.CONSENT
    return not (said_so or says_yes(turn.text) or library.phrases.says(turn.intent, turn.text))


def _keeps_the_words(turn: Turn, position: Position) -> bool:
    """ "Keep it", "keep them to me" at a question who may read: the button that says no has the same words."""
    text = turn.text or ""
    goes_on_sharing = turn.intent == "resume" or _NOT_TO_ONESELF & set(words(text))
    return position.step in _SHARING and words(text)[:1] == ["keep"] and not goes_on_sharing and not looks_like_question(text)


def _said_of_which(turn: Turn, talk: Talk, library: Library) -> Outcome | None:
    """At "which answer do you want to change, or delete?": never taken for an answer to the question that waits behind it."""
    text = turn.text or ""
    if correction(text) is not None:
        return put_right(turn, talk, library)
    if turn.intent == "delete_data" and means_all(text):
        return then_ask(talk.at(confirming=DELETE), library)
    said = _WHICH[talk.position.confirming or ""](turn, talk, library)
    stays = is_yes_or_no(text) or turn.intent in RATINGS or turn.intent in _NAMES_NONE
    return said or (then_ask(talk, library) if stays and not looks_like_question(text) else None)


def _said_of_support(turn: Turn, talk: Talk, library: Library) -> Outcome | None:
    """After a support message: help, that it was meant so, or that it was not. Anything else that asks for nothing is no answer to the
    question that waits behind it, unless it is one in so many words."""
    text = turn.text or ""
    if is_bare_help(text):
        return find_person(turn, talk, library)
    if means_it(text) and not _asks_for_something(turn):
        return stay_with(turn, talk, library)
    if is_safe(text):
        return carry_on_safe(turn, talk, library)
    if leaves_it(text) or turn.intent in ("no_comment", "back"):
        return pause(turn, talk, library)
    if turn.intent == "skip":
        return resume(turn, talk, library)
    if turn.typed and _tells_of_no_wish(turn):
        return then_ask(talk, library)
    rates = turn.typed and turn.intent in RATINGS and not is_yes_or_no(text)
    return then_ask(talk, library) if rates and not rates_in_words(turn, library.phrases) else None


def _tells_of_no_wish(turn: Turn) -> bool:
    """Whether words tell something and ask for nothing: "my sister is on her way"."""
    told = turn.intent in _NO_WISH or turn.intent.startswith("role_")
    return told and not looks_like_question(turn.text or "")


def _asks_for_something(turn: Turn) -> bool:
    """Whether words were surely taken for a wish: to talk to a person, to pause, to delete."""
    return turn.intent in COMMANDS - {"affirm", "deny", "change_answer", "no_comment"} and turn.confidence >= COMMAND_CONFIDENCE


def _said_of_deleting(turn: Turn, talk: Talk, library: Library) -> Outcome | None:
    text = turn.text or ""
    if turn.typed and goes_past(turn):
        return keep_after_all(talk, library)
    if turn.typed and turn.intent == "consent_no" and is_about_keeping(text) and takes_back(text) and not asks_to_delete(text):
        return then_ask(talk, library, Say("utter_about_stopping"))  # "stop keeping what I say" is no "no" to deleting it
    if turn.typed and _means_one(turn, talk, library):
        return delete_one(turn, talk.at(confirming=None), library)
    if turn.typed and looks_like_question(text):
        return None if turn.intent == "ask_who_sees" else about_deleting(talk, library)
    if turn.typed and (begins_with_no(text) or denies(text)):
        return keep_after_all(talk, library)
    if turn.typed and turn.intent in RATINGS and turn.intent not in _DELETING_WORDS:
        return then_ask(talk, library)  # "maybe", "yeah kinda": neither, and no answer to the question behind
    if turn.intent not in _DELETING_WORDS:
        return None
    if not _DELETING_WORDS[turn.intent]:
        return keep_after_all(talk, library)
    if turn.unseen:
        return then_ask(talk, library)
    # it cannot be undone: nothing but a plain yes will do
    plain = not turn.typed or is_yes_or_no(text) or asks_to_delete(text) or library.phrases.says(turn.intent, text)
    return confirm_delete(talk, library) if plain else then_ask(talk, library)


def _means_one(turn: Turn, talk: Talk, library: Library) -> bool:
    """Whether somebody asked to confirm that all should go means one answer: "only the first one!", "yes, that one"."""
    text = turn.text or ""
    if begins_with_no(text):
        return False
    agrees = turn.intent in _AGREES | {"delete_data"} and not looks_like_question(text) and not denies(text)
    only_one = "only" in words(text) and named_item(text, talk, library) is not None
    return wants_part_deleted(text) or (agrees and names_one(text)) or only_one


def _put_aside(turn: Turn, talk: Talk) -> Talk:
    """Anything that is neither an answer to the open confirmation nor an aside takes it back."""
    return talk if turn.intent in _ASIDE else talk.at(confirming=None, support=False)
