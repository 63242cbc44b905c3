"""What the group calls a person: a friendly made-up name, given to whoever keeps answers and changed by asking."""

from __future__ import annotations

from dataclasses import replace

from facilitator.checklist.position import come_back, step_aside
from facilitator.conversation.asking import return_to, then_ask
from facilitator.conversation.turn import Library, NameChosen, Outcome, Say, Talk, Turn
from facilitator.pseudonyms import NameFault
from facilitator.vocabulary import Step


def new_name(talk: Talk, library: Library) -> str | None:
    """A name that nobody in the activity has, the same one while the question in hand is. Nobody needs one outside an activity."""
    if talk.activity is None:
        return None
    taken = {*talk.activity.members, *talk.activity.taken}
    return library.pseudonyms.suggest(f"{talk.conversation_id} {talk.position.question_no}", taken)[0]


def change(turn: Turn, talk: Talk, library: Library) -> Outcome:
    if talk.position.step is Step.CONSENT:
        return then_ask(talk, library, Say("utter_consent_first"))
    if not talk.kept or talk.activity is None:
        return return_to(talk, library, Say("utter_no_name_needed"))
    return then_ask(replace(talk, position=step_aside(talk.position, Step.NAME)), library, Say("utter_name_now"))


def choose(name: str, talk: Talk, library: Library) -> Outcome:
    """Take one of the names on offer, or one of the person's own making."""
    fault = library.pseudonyms.fault(name)
    if fault is None and talk.activity and name.casefold() in {member.casefold() for member in talk.activity.members}:
        fault = NameFault.TAKEN
    if fault is not None:
        return then_ask(talk, library, Say(f"utter_name_{fault}"))
    renamed = replace(talk, pseudonym=name, position=come_back(talk.position))
    return return_to(renamed, library, Say("utter_name_kept"), facts=(NameChosen(name),))


def make_up(turn: Turn, talk: Talk, library: Library) -> Outcome:
    return choose((turn.text or "").strip(), talk, library)


def leave(talk: Talk, library: Library) -> Outcome:
    return return_to(replace(talk, position=come_back(talk.position)), library)
