"""The questions that stand beside the walk, and what going past one of them means."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from facilitator.conversation.moves import ladder, naming, next_steps, reflecting
from facilitator.conversation.turn import Library, Outcome, Talk
from facilitator.vocabulary import Step

_SKIP: Mapping[Step, Callable[[Talk, Library], Outcome]] = {
    Step.REFLECTION: reflecting.skip_prompt,
    Step.SHARE_REFLECTION: reflecting.leave,
    Step.STEP_WHAT: next_steps.leave,
    Step.STEP_WHO: next_steps.leave,
    Step.STEP_WHEN: next_steps.leave,
    Step.LADDER_STANDS: ladder.leave,
    Step.LADDER_WANTED: ladder.leave,
    Step.NAME: naming.leave,
}
_LEAVE = {**_SKIP, Step.REFLECTION: reflecting.leave}


def skip(talk: Talk, library: Library) -> Outcome | None:
    """Go past this one question; None at a step that is no aside."""
    go_past = _SKIP.get(talk.position.step)
    return go_past(talk, library) if go_past else None


def leave(talk: Talk, library: Library) -> Outcome | None:
    """ "No", "not now", "that is enough": None at a step that is no aside."""
    go = _LEAVE.get(talk.position.step)
    return go(talk, library) if go else None
