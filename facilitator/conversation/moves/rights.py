"""Who sees this, download, delete, and the two later layers of consent."""

from __future__ import annotations

from dataclasses import replace

from facilitator.checklist.position import Position, come_back, step_aside
from facilitator.conversation.asking import DELETE, about_keeping, return_to, then_ask
from facilitator.conversation.turn import AnswersErased, Library, Outcome, Say, SharingChosen, Talk, Turn
from facilitator.vocabulary import Step


def who_sees(turn: Turn, talk: Talk, library: Library) -> Outcome:
    notice = library.notice
    values = {"organisation": notice.organisation, "contact": notice.contact, "answer_days": notice.answer_days}
    response = "utter_who_sees_kept" if talk.kept else "utter_who_sees_not_kept"
    sharing = (Say("utter_sharing_now", values={"words": bool(talk.share_words), "ratings": bool(talk.share_ratings)}),)
    return return_to(talk, library, Say(response, values=values), *(sharing if talk.kept else ()))


def download(turn: Turn, talk: Talk, library: Library) -> Outcome:
    return return_to(talk, library, Say("utter_download" if talk.kept else "utter_nothing_kept"))


def delete(turn: Turn, talk: Talk, library: Library) -> Outcome:
    """Ask once before deleting: it cannot be undone."""
    if not talk.kept:
        return return_to(talk, library, Say("utter_nothing_kept"))
    return then_ask(talk.at(confirming=DELETE), library)


def confirm_delete(talk: Talk, library: Library) -> Outcome:
    start = Position(question_no=talk.position.question_no)
    name = None
    if talk.activity:
        name = library.pseudonyms.suggest(f"{talk.conversation_id} {start.question_no}", talk.activity.members)[0]
    fresh = Talk(talk.conversation_id, start, simple=talk.simple, lang=talk.lang, pseudonym=name, activity=talk.activity)
    return then_ask(fresh, library, Say("utter_deleted"), about_keeping(library), facts=(AnswersErased(name),))


def keep_after_all(talk: Talk, library: Library) -> Outcome:
    return return_to(talk.at(confirming=None), library, Say("utter_not_deleted"))


def change_sharing(turn: Turn, talk: Talk, library: Library) -> Outcome:
    """Answer the two sharing questions again, then return."""
    if not talk.kept:
        return return_to(talk, library, Say("utter_nothing_kept"))
    position = talk.position
    asked = replace(position, step=Step.SHARE_WORDS) if position.step is Step.SHARE_RATINGS else step_aside(position, Step.SHARE_WORDS)
    return then_ask(replace(talk, position=asked), library, Say("utter_about_sharing"))


def answer_sharing(allowed: bool, talk: Talk, library: Library) -> Outcome:
    """Yes or no to a sharing question; the second follows the first."""
    position = talk.position
    if position.step is Step.SHARE_WORDS:
        said = Say("utter_words_shared" if allowed else "utter_words_not_shared")
        moved = replace(talk, share_words=allowed).at(step=Step.SHARE_RATINGS)
        return then_ask(moved, library, said, facts=(SharingChosen("words", allowed),))
    said = Say("utter_ratings_shared" if allowed else "utter_ratings_not_shared")
    moved = replace(talk, share_ratings=allowed, position=come_back(position, default=Step.FINISHED))
    return then_ask(moved, library, said, facts=(SharingChosen("ratings", allowed),))
