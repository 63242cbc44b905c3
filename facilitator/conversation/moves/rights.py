"""Who sees this, download, delete, and the two later layers of consent."""

from __future__ import annotations

from dataclasses import replace

from facilitator.checklist.position import Position, come_back, step_aside
from facilitator.conversation.asking import (
    DELETE,
    about_keeping,
    about_sharing,
    is_role_asked_again,
    periods,
    ratings_follow,
    return_to,
    then_ask,
)
from facilitator.conversation.corrections import wants_part_deleted
from facilitator.conversation.moves import correcting, naming
from facilitator.conversation.reading import sharing_named, takes_back
from facilitator.conversation.turn import AnswersErased, Library, Outcome, Say, SharingChosen, Talk, Turn
from facilitator.conversation.words import words
from facilitator.vocabulary import Step

_STEP_OF_LAYER = {"words": Step.SHARE_WORDS, "ratings": Step.SHARE_RATINGS}


def who_sees(turn: Turn, talk: Talk, library: Library) -> Outcome:
    if talk.kept is None:
        return before_choosing(talk, library)
    response = "utter_who_sees_kept" if talk.kept else "utter_who_sees_not_kept"
    counts = bool(talk.share_ratings and talk.role and talk.activity)
    sharing = (Say("utter_sharing_now", values={"words": bool(talk.share_words), "ratings": counts}),)
    return return_to(talk, library, Say(response, values=periods(talk, library)), *(sharing if talk.kept else ()))


def before_choosing(talk: Talk, library: Library) -> Outcome:
    """What both choices mean, for someone who asks before choosing."""
    return then_ask(talk, library, Say("utter_who_sees_before", values=periods(talk, library)))


def about_deleting(talk: Talk, library: Library) -> Outcome:
    """What would go and what would stay. A question is never a yes."""
    return then_ask(talk, library, Say("utter_about_deleting"))


def download(turn: Turn, talk: Talk, library: Library) -> Outcome:
    return return_to(talk, library, Say("utter_download" if talk.kept else "utter_nothing_kept"))


def delete(turn: Turn, talk: Talk, library: Library) -> Outcome:
    """One answer, where that is asked for; else all, and that is asked about once, for it cannot be undone."""
    if turn.entities.get("item") or wants_part_deleted(turn.text or ""):
        return correcting.delete_one(turn, talk, library)
    if not talk.kept:
        return return_to(talk, library, Say("utter_nothing_kept"))
    return then_ask(talk.at(confirming=DELETE), library)


def confirm_delete(talk: Talk, library: Library) -> Outcome:
    start = Position(question_no=talk.position.question_no)
    name = naming.new_name(talk, library)
    fresh = Talk(talk.conversation_id, start, simple=talk.simple, lang=talk.lang, pseudonym=name, activity=talk.activity)
    return then_ask(fresh, library, Say("utter_deleted"), about_keeping(fresh, library), facts=(AnswersErased(name),))


def keep_after_all(talk: Talk, library: Library) -> Outcome:
    return return_to(talk.at(confirming=None), library, Say("utter_not_deleted"))


def change_sharing(turn: Turn, talk: Talk, library: Library) -> Outcome:
    """Answer the sharing questions again, both or the one that is named, then return. Taking one back is done at once. Without a group
    there are no results to count in: only the one about words is asked."""
    if not talk.kept:
        return return_to(talk, library, Say("utter_nothing_kept"))
    said = turn.text or ""
    if {"keep", "keeping"} & set(words(said)) and takes_back(said):
        return then_ask(talk.at(confirming=DELETE), library, Say("utter_about_stopping"))
    layer = sharing_named(said)
    if layer is not None and takes_back(turn.text or ""):
        return _take_back(layer, talk, library)
    if layer == "ratings" and talk.activity is None:
        return return_to(talk, library, Say("utter_no_results"))
    position, first = talk.position, _STEP_OF_LAYER[layer or "words"]
    left = replace(position, step=first) if position.step in _STEP_OF_LAYER.values() else step_aside(position, first)
    asked = replace(talk, position=replace(left, alone=layer is not None))
    return then_ask(asked, library, *(() if layer else (about_sharing(asked),)))


def _take_back(layer: str, talk: Talk, library: Library) -> Outcome:
    changed = replace(talk, share_words=False) if layer == "words" else replace(talk, share_ratings=False)
    if layer == "ratings" and is_role_asked_again(talk):  # nobody needs it any more
        changed = replace(changed, position=come_back(talk.position))
    said = Say("utter_words_not_shared" if layer == "words" else "utter_ratings_not_shared")
    return return_to(changed, library, said, facts=(SharingChosen(layer, False),))


def answer_sharing(allowed: bool, talk: Talk, library: Library) -> Outcome:
    """Yes or no to a sharing question; the second follows the first where there is a group."""
    back = come_back(talk.position, default=Step.FINISHED)
    if talk.position.step is Step.SHARE_RATINGS:
        return _answer_ratings(allowed, replace(talk, position=back), library)
    said = Say("utter_words_shared" if allowed else "utter_words_not_shared")
    shared, facts = replace(talk, share_words=allowed), (SharingChosen("words", allowed),)
    if ratings_follow(talk):
        return then_ask(shared.at(step=Step.SHARE_RATINGS), library, said, facts=facts)
    return return_to(replace(shared, position=back), library, said, facts=facts)


def _answer_ratings(allowed: bool, back: Talk, library: Library) -> Outcome:
    """`back`: where they go on. Nobody is told that their answers count who is in no group, or has not said on which side they stand."""
    if allowed and back.activity is None:
        return then_ask(back, library, Say("utter_no_results"))
    chosen, facts = replace(back, share_ratings=allowed), (SharingChosen("ratings", allowed),)
    if not allowed:
        return then_ask(chosen, library, Say("utter_ratings_not_shared"), facts=facts)
    if chosen.role is not None:
        return then_ask(chosen, library, Say("utter_ratings_shared"), facts=facts)
    if Step.ROLE not in (back.position.step, *back.position.returns):  # else it waits there anyway
        chosen = replace(chosen, position=step_aside(back.position, Step.ROLE))
    return then_ask(chosen, library, Say("utter_ratings_need_role"), facts=facts)
