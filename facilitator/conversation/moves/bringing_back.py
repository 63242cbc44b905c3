"""What was said in an earlier stage and is still open, brought back when the next stage begins."""

from __future__ import annotations

from facilitator.conversation.moves.next_steps import asked_of_me, steps_say
from facilitator.conversation.turn import Library, Say, Talk
from facilitator.vocabulary import Rating, Stage

STILL_OPEN = frozenset({Rating.PARTLY, Rating.NOT_YET})
_EARLIER: dict[Stage, tuple[Stage, ...]] = {Stage.BEFORE: (), Stage.DURING: (Stage.BEFORE,), Stage.AFTER: (Stage.BEFORE, Stage.DURING)}


def brought_back(talk: Talk, library: Library) -> tuple[Say, ...]:
    """Points that were not in place, and next steps not done, of the stages before this one. Nothing where nothing is open."""
    earlier = _EARLIER[talk.position.stage] if talk.position.stage else ()
    items = [item.id for stage in earlier for item in library.checklists.stage(stage).items if _still_open(talk, item.id)]
    steps = {step_id: step for step_id, step in talk.open_steps.items() if step.stage in earlier}
    said = (Say("utter_open_items", values={"items": items}),) if items else ()
    own = (steps_say("utter_open_steps", talk, steps),) if steps else ()
    return (*said, *own, *(asked_of_me(talk) if earlier else ()))


def _still_open(talk: Talk, item_id: str) -> bool:
    given = talk.answers.get(item_id)
    return given is not None and given.rating in STILL_OPEN
