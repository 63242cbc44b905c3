"""First turns: what is kept, who the person is, which stage, quick or full."""

from __future__ import annotations

from dataclasses import replace

from facilitator.checklist.position import come_back, start_walk
from facilitator.conversation.asking import (
    DELETE,
    about_date,
    about_keeping,
    advance_setup,
    is_role_asked_again,
    return_to,
    role_of,
    then_ask,
)
from facilitator.conversation.moves import naming
from facilitator.conversation.moves.bringing_back import brought_back
from facilitator.conversation.reading import takes_back
from facilitator.conversation.turn import Fact, KeepingChosen, Library, NameChosen, Outcome, RoleChosen, Say, Talk, Turn
from facilitator.vocabulary import Depth, Stage, Step


def open_conversation(talk: Talk, library: Library) -> Outcome:
    """The first words of a new conversation."""
    joined = (Say("utter_joined"),) if talk.activity else ()
    return then_ask(talk, library, Say("utter_welcome"), *joined, about_keeping(talk, library))


def greet(turn: Turn, talk: Talk, library: Library) -> Outcome:
    return then_ask(talk, library, Say("utter_greet"))


def choose_keeping(turn: Turn, talk: Talk, library: Library) -> Outcome:
    """Keep my answers, or talk without keeping (consent layer 2)."""
    keep = turn.intent != "consent_no" and not (turn.text and takes_back(turn.text))
    if talk.kept is not None and talk.kept == keep:
        return then_ask(talk, library, Say("utter_kept_already" if keep else "utter_not_kept_already"))
    if talk.kept and not keep:
        # Taking consent back is a deletion, so it is asked about first; and a no to that goes on keeping, which is said too.
        return then_ask(talk.at(confirming=DELETE), library, Say("utter_about_stopping"))
    if keep and talk.kept is False and talk.position.stage:
        return _keep_from_now(talk, library)
    chosen, facts = _keeping(talk, library) if keep else _not_keeping(talk)
    if talk.position.step is Step.CONSENT or not talk.position.stage:
        chosen = advance_setup(chosen)
    said = Say("utter_kept" if keep else "utter_not_kept")
    return then_ask(chosen, library, said, *_your_name(chosen), *about_date(talk, chosen), facts=facts)


def _keeping(talk: Talk, library: Library) -> tuple[Talk, tuple[Fact, ...]]:
    """Answers are kept from now on, and in an activity the person has a name for the group."""
    name = None if talk.pseudonym else naming.new_name(talk, library)
    if name is None:
        return replace(talk, kept=True), (KeepingChosen(True),)
    return replace(talk, kept=True, pseudonym=name), (KeepingChosen(True), NameChosen(name))


def _not_keeping(talk: Talk) -> tuple[Talk, tuple[Fact, ...]]:
    """Nothing is kept: nor who they are, should that have been said already."""
    return replace(talk, kept=False, role=None, pseudonym=None), (KeepingChosen(False),)


def _your_name(talk: Talk) -> tuple[Say, ...]:
    return (Say("utter_your_name"),) if talk.activity and talk.pseudonym else ()


def _keep_from_now(talk: Talk, library: Library) -> Outcome:
    """Keep after all, in the middle: what was said before was not kept, so the walk begins again, and the role is asked first."""
    fresh = replace(talk.position, done={}, closed=(), item=None, back_to=None, back_stage=None, returns=())
    kept, facts = _keeping(talk, library)
    begun = advance_setup(replace(kept, position=fresh))
    return then_ask(begun, library, Say("utter_kept_from_now"), *_your_name(begun), facts=facts)


def choose_role(turn: Turn, talk: Talk, library: Library) -> Outcome:
    """Say who you are here. Set once, before the first answer, or for answers to count that were given without it. Not written down of
    somebody who keeps nothing, so there it changes nothing."""
    if talk.kept is None or talk.position.step is Step.CONSENT:
        return then_ask(talk, library, Say("utter_consent_first"))
    if not talk.kept:
        return then_ask(talk, library, Say("utter_role_not_kept"))
    if talk.role is not None and any(talk.position.done.values()):
        return then_ask(talk, library, Say("utter_role_is_set"))
    role = role_of(turn.intent)
    chosen = replace(talk, role=role)
    facts = (RoleChosen(role),)
    says: tuple[Say, ...] = (Say("utter_role_noted", values={"role": role}),)
    if talk.role is None and talk.share_ratings and talk.activity:
        says = (*says, Say("utter_ratings_shared"))
    if is_role_asked_again(talk):
        return return_to(replace(chosen, position=come_back(talk.position)), library, *says, facts=facts)
    if talk.position.step is Step.ROLE:
        chosen = advance_setup(chosen)
    return then_ask(chosen, library, *says, *about_date(talk, chosen), facts=facts)


def skip_role(talk: Talk, library: Library) -> Outcome:
    """Go on without saying. Asked again before answers can count for a side; whoever still would rather not say is told what that means."""
    if is_role_asked_again(talk):
        return return_to(replace(talk, position=come_back(talk.position)), library, Say("utter_role_needed"))
    stage = talk.position.stage or (talk.activity.suits if talk.activity else None)
    moved = talk.at(stage=stage, step=Step.DEPTH if stage else Step.STAGE)
    return then_ask(moved, library, Say("utter_role_skipped"), *about_date(talk, moved))


def choose_stage(turn: Turn, talk: Talk, library: Library) -> Outcome:
    stage = Stage(turn.intent.removeprefix("start_"))
    position = talk.position
    if position.step is Step.CONSENT:
        return then_ask(talk.at(stage=stage), library, Say("utter_consent_first"))
    if position.step is Step.ROLE and not is_role_asked_again(talk):
        return then_ask(talk.at(stage=stage), library)
    if position.stage is stage and position.step in (Step.ITEM, Step.COMMENT):
        return then_ask(talk, library, Say("utter_stage_already", values={"stage": stage}))
    moved = talk.at(stage=stage, depth=None, item=None, back_to=None, back_stage=None, step=Step.DEPTH, returns=())
    return then_ask(moved, library)


_HELP = {Step.CONSENT: "utter_why_consent", Step.ROLE: "utter_help_role", Step.DEPTH: "utter_why_depth"}


def help_pick_stage(turn: Turn, talk: Talk, library: Library) -> Outcome:
    """Help with the choice in front of the person; outside set-up, with choosing what to think about."""
    step = talk.position.step
    if step in (Step.STAGE, Step.FINISHED):
        return then_ask(talk.at(step=Step.STAGE, stage=None, depth=None), library, Say("utter_help_pick"))
    return then_ask(talk, library, Say(_HELP.get(step, "utter_help_pick")))


def choose_depth(turn: Turn, talk: Talk, library: Library) -> Outcome:
    """The short walk or all of it. Changing in mid-walk keeps every answer."""
    depth = Depth(turn.intent.removeprefix("choose_"))
    position = talk.position
    if position.stage is None or position.step in (Step.CONSENT, Step.ROLE, Step.STAGE):
        return then_ask(talk, library)
    return begin_walk(talk.at(depth=depth), library)


def begin_walk(talk: Talk, library: Library) -> Outcome:
    moved = replace(talk, position=start_walk(talk.position, library.checklists))
    if moved.position.step is Step.FINISHED:
        return then_ask(moved, library, Say("utter_stage_done_already", values={"stage": moved.position.stage}))
    return then_ask(moved, library, Say("utter_begin", values={"stage": moved.position.stage}), *brought_back(moved, library))
