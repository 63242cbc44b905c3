"""Next steps: what is to be done, by whom, by when. Who is picked, never typed, so that nobody's name is kept by accident."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date

from facilitator.checklist.position import come_back, step_aside
from facilitator.conversation.asking import return_to, then_ask
from facilitator.conversation.turn import Choice, Library, NextStep, NextStepWritten, Outcome, Say, Talk, Turn
from facilitator.vocabulary import Step, StepState

SHOWN = 5
MAX_LENGTH = 500


def add(turn: Turn, talk: Talk, library: Library) -> Outcome:
    """Open a new next step. Words after a colon are the step itself: "next step: book the room"."""
    if talk.position.step is Step.CONSENT:
        return then_ask(talk, library, Say("utter_consent_first"))
    if not talk.kept:
        return return_to(talk, library, Say("utter_step_not_kept"))
    opened = replace(talk, position=step_aside(talk.position, Step.STEP_WHAT))
    _, colon, what = (turn.text or "").partition(":")
    if colon and what.strip():
        return write(replace(turn, text=what.strip()), opened, library)
    return then_ask(opened, library)


def write(turn: Turn, talk: Talk, library: Library) -> Outcome:
    """Keep what is to be done, then ask who."""
    return _new(turn.message_id, (turn.text or "").strip()[:MAX_LENGTH], talk, library)


def suggested(turn: Turn, talk: Talk, library: Library, suggestion: str) -> Outcome:
    """Keep one of the checklist's own suggestions. Named by item and place, so that the words come from the content."""
    item_id, _, place = suggestion.partition(":")
    steps = library.checklists.item(item_id).next_steps if library.checklists.has(item_id) else ()
    if not place.isdigit() or int(place) >= len(steps):
        return then_ask(talk, library)
    return _new(turn.message_id, steps[int(place)], talk, library)


def assign(who: str | None, talk: Talk, library: Library) -> Outcome:
    """Note who will do it (None leaves it open), then ask when."""
    return _changed(talk.at(step=Step.STEP_WHEN), library, talk, who=who)


def set_date(due_on: date | None, talk: Talk, library: Library) -> Outcome:
    """Note by when (None: no date), say the whole step back, and return."""
    step_id = talk.position.next_step
    step = talk.next_steps.get(step_id or "")
    back = replace(talk, position=come_back(talk.position))
    if step_id is None or step is None:
        return then_ask(back, library)
    written = replace(step, due_on=due_on)
    dated = replace(back, next_steps={**talk.next_steps, step_id: written})
    return return_to(dated, library, Say("utter_step_kept", values={"steps": [step_id]}), facts=(NextStepWritten(step_id, written),))


def leave(talk: Talk, library: Library) -> Outcome:
    """Go past the question in hand: no step at all, nobody named, or no date."""
    match talk.position.step:
        case Step.STEP_WHO:
            return assign(None, talk, library)
        case Step.STEP_WHEN:
            return set_date(None, talk, library)
    return return_to(replace(talk, position=come_back(talk.position)), library)


def show(turn: Turn, talk: Talk, library: Library) -> Outcome:
    """The person's next steps, with a choice to mark each open one as done."""
    if not talk.kept:
        return return_to(talk, library, Say("utter_step_not_kept"))
    says = (*((steps_say("utter_steps", talk, talk.next_steps),) if talk.next_steps else ()), *asked_of_me(talk))
    return return_to(talk, library, *(says or (Say("utter_no_steps"),)))


def asked_of_me(talk: Talk) -> tuple[Say, ...]:
    """What others asked this person or their role to do, one message each, so that each can be marked as done."""
    return tuple(
        Say(
            "utter_step_for_you",
            values={"others": "steps", "asked": step_id},
            choices=(Choice("{step_is_done}", "pick", {"done": step_id}),),
        )
        for step_id in list(talk.asked_of_me)[:SHOWN]
    )


def steps_say(response: str, talk: Talk, steps: Iterable[str], **values: object) -> Say:
    """Next steps in a list, and "done" choices for those still open."""
    listed = list(steps)
    opened = [step_id for step_id in listed if step_id in talk.open_steps][:SHOWN]
    choices = tuple(Choice("{step_done}", "pick", {"done": step_id}) for step_id in opened)
    return Say(response, values={"steps": listed, **values}, choices=choices)


def mark_done(step_id: str, talk: Talk, library: Library) -> Outcome:
    if step_id in talk.asked_of_me:
        theirs = replace(talk.asked_of_me[step_id], state=StepState.DONE)
        left = {key: step for key, step in talk.asked_of_me.items() if key != step_id}
        return return_to(replace(talk, asked_of_me=left), library, Say("utter_thank_you"), facts=(NextStepWritten(step_id, theirs),))
    step = talk.next_steps.get(step_id)
    if step is None:
        return return_to(talk, library, Say("utter_no_steps"))
    done = replace(step, state=StepState.DONE)
    changed = replace(talk, next_steps={**talk.next_steps, step_id: done})
    return return_to(changed, library, Say("utter_step_done", values={"steps": [step_id]}), facts=(NextStepWritten(step_id, done),))


def _new(step_id: str, what: str, talk: Talk, library: Library) -> Outcome:
    position = talk.position
    item = position.item if position.stage and position.item and library.checklists.stage_of(position.item) is position.stage else None
    step = NextStep(what, stage=position.stage, item=item)
    noted = replace(talk, next_steps={**talk.next_steps, step_id: step}).at(step=Step.STEP_WHO, next_step=step_id)
    return then_ask(noted, library, Say("utter_step_noted"), facts=(NextStepWritten(step_id, step),))


def _changed(moved: Talk, library: Library, talk: Talk, **changes: object) -> Outcome:
    step_id = talk.position.next_step
    step = talk.next_steps.get(step_id or "")
    if step_id is None or step is None:
        return then_ask(replace(talk, position=come_back(talk.position)), library)
    written = replace(step, **changes)  # type: ignore[arg-type]
    return then_ask(replace(moved, next_steps={**talk.next_steps, step_id: written}), library, facts=(NextStepWritten(step_id, written),))
