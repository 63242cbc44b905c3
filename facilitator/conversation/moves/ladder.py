"""The ladder of co-production: where the group stands now and where it wants to be. Answered again, it shows movement."""

from __future__ import annotations

from dataclasses import replace

from facilitator.checklist.position import come_back, step_aside
from facilitator.conversation.asking import return_to, then_ask
from facilitator.conversation.turn import LadderAnswered, Library, Outcome, Say, Talk, Turn
from facilitator.vocabulary import Step


def climb(turn: Turn, talk: Talk, library: Library) -> Outcome:
    """Begin: where does the group stand?"""
    position = talk.position
    if position.step is Step.CONSENT:
        return then_ask(talk, library, Say("utter_consent_first"))
    if position.step in (Step.LADDER_STANDS, Step.LADDER_WANTED):
        return then_ask(talk, library)
    return then_ask(replace(talk, position=step_aside(position, Step.LADDER_STANDS)), library, Say("utter_ladder"))


def pick_rung(rung_id: str, talk: Talk, library: Library) -> Outcome:
    rung = library.looking_back.rung(rung_id)
    if talk.position.step is Step.LADDER_WANTED:
        back = replace(talk, position=come_back(talk.position))
        return return_to(
            back, library, Say("utter_ladder_kept" if talk.kept else "utter_ladder_not_kept"), facts=(LadderAnswered(wanted=rung.id),)
        )
    says = () if talk.rung is None else (_movement(talk.rung, rung.id, library),)
    moved = replace(talk, rung=rung.id if talk.kept else None).at(step=Step.LADDER_WANTED)
    return then_ask(moved, library, *says, facts=(LadderAnswered(stands=rung.id),))


def leave(talk: Talk, library: Library) -> Outcome:
    """Not sure, or enough: what was answered stays."""
    return return_to(replace(talk, position=come_back(talk.position)), library)


def _movement(before: str, now: str, library: Library) -> Say:
    steps = library.looking_back.rung(now).number - library.looking_back.rung(before).number
    response = "utter_ladder_same" if steps == 0 else "utter_ladder_up" if steps > 0 else "utter_ladder_down"
    return Say(response, values={"rung": before})
