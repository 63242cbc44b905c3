"""Putting an answer right: change it, hear that it was noted wrongly, take one answer out."""

from __future__ import annotations

from dataclasses import replace

from facilitator.checklist.position import come_back, revisit
from facilitator.conversation.asking import WHICH_ANSWER, WHICH_TO_DELETE, WHICH_WORDS, done_items, listed, return_to, then_ask
from facilitator.conversation.commands import goes_past
from facilitator.conversation.corrections import THIS, Correction, correction, means_the_last, wants_words_deleted
from facilitator.conversation.moves.walking import comment, rate
from facilitator.conversation.reading import PLACES, RATING_OF, is_yes_or_no, item_about, named_items, placed
from facilitator.conversation.turn import (
    AnswerErased,
    AnswerRecorded,
    Given,
    Library,
    Outcome,
    RequestForgotten,
    Say,
    Talk,
    Turn,
    WrittenErased,
)
from facilitator.conversation.words import these, words
from facilitator.vocabulary import Step

_INTENT_OF = {rating: intent for intent, rating in RATING_OF.items() if intent.startswith("answer_")}
_LEAVING_IT = ("deny", "answer_no", "no_comment")
_AN_ANSWER = these("one answer question")


def change_answer(turn: Turn, talk: Talk, library: Library) -> Outcome:
    """Answer an earlier item again, of this stage or another: the one named, or one picked from those answered."""
    done = done_items(talk)
    if not done:
        return then_ask(talk, library, Say("utter_nothing_to_change"))
    wanted = turn.entities.get("item")
    if wanted in done:
        return _change(talk, library, wanted)
    meant = meant_item(turn.text or "", talk, library)
    if meant is not None:
        return _change(talk, library, meant)
    position = talk.position
    if turn.text and position.item in done and position.step is Step.COMMENT and not _names_any(turn.text, talk, library):
        return _change(talk, library, position.item)
    return then_ask(talk.at(confirming=WHICH_ANSWER), library)


def put_right(turn: Turn, talk: Talk, library: Library) -> Outcome:
    """Somebody says that what was noted is not so: of the answer they name, else of the last one.

    What it should be is noted where they say so; else that question is asked again, and nothing is taken for an answer to another.
    """
    right = correction(turn.text or "")
    if not talk.kept:
        return then_ask(talk, library, Say("utter_thank_you"))
    if right is not None and right.what in ("", *THIS) and _waits_for_rating(talk):
        # their words were kept and they were asked which answer fits: this is that answer
        return rate(replace(turn, intent=_INTENT_OF[right.rating], text=None), talk, library)
    item = _spoken_of(turn.text or "", right, talk, library)
    if item is None:
        told = right is not None and right.told and talk.position.step in (Step.ITEM, Step.COMMENT)
        return comment(turn, talk, library) if told else then_ask(talk.at(confirming=WHICH_ANSWER), library)
    if right is None:
        changed = _change(talk, library, item)
        return replace(changed, says=(Say("utter_noted_wrongly"), *changed.says))
    of, given = library.checklists.item(item), talk.answers.get(item, Given(None))
    fact = AnswerRecorded(library.checklists.stage_of(item), item, of.topic, right.rating, None)
    answers = {**talk.answers, item: replace(given, rating=right.rating)}
    noted = Say("utter_put_right", values={"item": item, "rating": right.rating})
    return then_ask(replace(talk, answers=answers).at(confirming=None), library, noted, facts=(fact,))


def _waits_for_rating(talk: Talk) -> bool:
    given = talk.answers.get(talk.position.item or "")
    return talk.position.step is Step.ITEM and given is not None and given.rating is None


def which_answer(turn: Turn, talk: Talk, library: Library) -> Outcome | None:
    """Which answer to change, in words; None when the words name none."""
    if _leaves_it(turn):
        return return_to(talk.at(confirming=None), library, Say("utter_left_as_it_was"))
    meant = meant_item(turn.text or "", talk, library)
    return _change(talk, library, meant) if meant else None


def delete_one(turn: Turn, talk: Talk, library: Library) -> Outcome:
    """Take out one answer with its words: the one pressed, named or just given; else ask which."""
    if not talk.kept:
        return return_to(talk, library, Say("utter_nothing_kept"))
    given = _given(talk, library)
    if not given:
        return then_ask(talk, library, Say("utter_nothing_to_delete"))
    wanted = turn.entities.get("item") or _meant_to_go(turn.text or "", talk, library)
    words_only = wants_words_deleted(turn.text or "") or talk.position.confirming == WHICH_WORDS
    if wanted not in given:
        some_words = any(answer.comment for answer in talk.answers.values())
        asked = talk.at(confirming=WHICH_WORDS if words_only and some_words else WHICH_TO_DELETE)
        return then_ask(asked, library, facts=(RequestForgotten(),) if turn.typed else ())
    return _without(wanted, words_only, talk, library)


def _without(item: str, words_only: bool, talk: Talk, library: Library) -> Outcome:
    given = talk.answers[item]
    words_only = words_only and given.rating is not None
    left = {**talk.answers, item: replace(given, comment=None)}
    if not words_only:
        del left[item]
    fact = AnswerErased(item, words_only)
    said = Say("utter_words_deleted" if words_only else "utter_answer_deleted", values={"item": item})
    return return_to(replace(talk, answers=left).at(confirming=None, said_of=None), library, said, facts=(fact,))


def delete_step(turn: Turn, talk: Talk, library: Library) -> Outcome:
    """Take out a next step: the one named, the last, or the only one; else say which there are."""
    if not talk.next_steps:
        return return_to(talk, library, Say("utter_no_steps"))
    text = turn.text or ""
    named_so = item_about(text, {step_id: step.what for step_id, step in talk.next_steps.items()})
    is_last = len(talk.next_steps) == 1 or means_the_last(text)
    wanted = named_so or (list(talk.next_steps)[-1] if is_last else None)
    if wanted is None:
        return return_to(talk, library, Say("utter_steps", values={"steps": list(talk.next_steps)}), Say("utter_which_step_to_delete"))
    left = replace(talk, next_steps={step_id: step for step_id, step in talk.next_steps.items() if step_id != wanted})
    if talk.position.next_step == wanted:
        left = replace(left, position=come_back(left.position))
    return return_to(left, library, Say("utter_step_deleted"), facts=(WrittenErased(wanted),))


def delete_reflection(turn: Turn, talk: Talk, library: Library) -> Outcome:
    """Take out a reflection: the one named by its place, else the last."""
    if not talk.reflections:
        return return_to(talk, library, Say("utter_no_reflection"))
    text = turn.text or ""
    gone_id = placed(text, talk.reflections) if PLACES.keys() & set(words(text)) else talk.reflections[-1]
    if gone_id is None:
        return return_to(talk, library, Say("utter_not_deleted"))
    left = tuple(each for each in talk.reflections if each != gone_id)
    written = tuple(each for each in talk.position.written if each != gone_id)
    gone = replace(talk, reflections=left).at(written=written)
    if talk.position.step is Step.SHARE_REFLECTION and not written:
        gone = replace(gone, position=come_back(gone.position))
    return return_to(gone, library, Say("utter_reflection_deleted"), facts=(WrittenErased(gone_id),))


def which_to_delete(turn: Turn, talk: Talk, library: Library) -> Outcome | None:
    """Which answer, or whose words, to delete: pressed, or in words; None when the words name none."""
    if _leaves_it(turn):
        return return_to(talk.at(confirming=None), library, Say("utter_not_deleted"))
    text = turn.text or ""
    meant = turn.entities.get("item") or _meant_to_go(text, talk, library) or meant_item(text, talk, library)
    if meant is None or (turn.typed and meant not in _given(talk, library)):
        return None
    return delete_one(replace(turn, entities={"item": meant}), talk, library)


def show_words(turn: Turn, talk: Talk, library: Library) -> Outcome:
    """The person's own words, under what they were said of."""
    if not talk.kept:
        return return_to(talk, library, Say("utter_nothing_kept"))
    worded = [item for item in reversed(_given(talk, library)) if talk.answers[item].comment]
    return return_to(
        talk, library, Say("utter_your_words", values={"own": "words", "worded": worded}) if worded else Say("utter_no_words_kept")
    )


def meant_item(text: str, talk: Talk, library: Library) -> str | None:
    """The one item done that a text names, or speaks of in words of its own: "the bad news one"."""
    named = named_item(text, talk, library)
    if named is not None or _names_any(text, talk, library):
        return named
    return item_about(text, {item: _all_of(item, talk, library) for item in _done_or_given(talk, library)})


def named_item(text: str, talk: Talk, library: Library) -> str | None:
    """The one item done that a text names, by its words or its place ("the second one"); this stage's own goes first."""
    done = _done_or_given(talk, library)
    named = [item.id for item in named_items(text, tuple(map(library.checklists.item, done)))]
    here = [item_id for item_id in named if item_id in talk.position.done_here]
    if len(here or named) == 1:
        return (here or named)[0]
    return _placed(text, talk, library) if not named else None


def _placed(text: str, talk: Talk, library: Library) -> str | None:
    """ "The first one" of the list in hand, where there is one; but "the last one" is the latest answer, wherever the list shows it."""
    shown = [item for item in listed(talk) if library.checklists.has(item)]
    if talk.position.confirming == WHICH_ANSWER and "last" in words(text):
        return placed(text, shown[::-1])
    return placed(text, shown or talk.position.done_here)


def _all_of(item_id: str, talk: Talk, library: Library) -> str:
    """What was asked of an item, and what this person said."""
    item, given = library.checklists.item(item_id), talk.answers.get(item_id)
    return " ".join((item.short, item.question, item.ask(talk.role), given.comment or "" if given else ""))


def _leaves_it(turn: Turn) -> bool:
    """ "No", "leave them": pressed, or said and nothing more. "Not yet for the money one" is no leaving."""
    if turn.text is None:
        return turn.intent in _LEAVING_IT
    return goes_past(turn) or (turn.intent in _LEAVING_IT and is_yes_or_no(turn.text))


def _spoken_of(text: str, right: Correction | None, talk: Talk, library: Library) -> str | None:
    """The answer that is put right: the one named, else the one given last; None when one is named that is not there."""
    named_so = right.what if right else ""
    # "the bad news one should be no" speaks of an answer; "the news should be no secret" of the world
    find = named_item if right is not None and right.told and named_so.split()[-1] not in _AN_ANSWER else meant_item
    meant = find(named_so or text, talk, library)
    if meant is not None:
        return meant
    return _last(talk, library) if named_so in THIS or not named_so else None


def _last(talk: Talk, library: Library) -> str | None:
    """The answer given last: the one a comment is asked for, the one just spoken of, or the latest done."""
    position, done = talk.position, tuple(item for item in done_items(talk) if library.checklists.has(item))
    if position.step is Step.COMMENT and position.item in done:
        return position.item
    return position.said_of if position.said_of in done else next(iter(done), None)


def _done_or_given(talk: Talk, library: Library) -> tuple[str, ...]:
    """Everything done or spoken of: what is done first, the latest of it first."""
    return tuple(item for item in dict.fromkeys((*done_items(talk), *talk.answers)) if library.checklists.has(item))


def _given(talk: Talk, library: Library) -> tuple[str, ...]:
    """Everything answered, in ratings or in words alone: the latest first."""
    here = (talk.position.item,) if talk.position.item else ()
    return tuple(
        item for item in dict.fromkeys((*here, *_done_or_given(talk, library))) if item in talk.answers and library.checklists.has(item)
    )


def _meant_to_go(text: str, talk: Talk, library: Library) -> str | None:
    """The answer that a text asks to be deleted: the one named, or "that", which is the last. Only words go by what they speak of."""
    named = named_item(text, talk, library)
    if named is not None or _names_any(text, talk, library):
        return named
    if means_the_last(text):
        return next(iter(_given(talk, library)), None)
    return meant_item(text, talk, library) if wants_words_deleted(text) else None


def _names_any(text: str, talk: Talk, library: Library) -> bool:
    return bool(named_items(text, tuple(map(library.checklists.item, _done_or_given(talk, library)))))


def _change(talk: Talk, library: Library, item_id: str) -> Outcome:
    moved = replace(talk, position=revisit(talk.position, item_id, library.checklists.stage_of(item_id))).at(confirming=None)
    return then_ask(moved, library, Say("utter_changing", values={"item": item_id}))
