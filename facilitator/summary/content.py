"""What a summary holds. Nothing here is in words yet but the person's own and the questions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from facilitator.vocabulary import Rating, Role, Stage, StepState, VisibleTo


@dataclass(frozen=True)
class Answer:
    """One question and its current answer; `rating` is None while only a comment has been given."""

    question: str
    rating: Rating | None
    comment: str | None = None


@dataclass(frozen=True)
class Step:
    """Something to be done. `who` is a role, `me` or a pseudonym; None while nobody is named."""

    what: str
    who: str | None = None
    due_on: date | None = None
    state: StepState = StepState.OPEN


@dataclass(frozen=True)
class Thought:
    """A reflection, the question it answers if there was one, and who may see it."""

    text: str
    prompt: str | None = None
    visible_to: VisibleTo = VisibleTo.ME


@dataclass(frozen=True)
class Part:
    """One stage, or what belongs to none (`stage` None)."""

    stage: Stage | None
    answers: tuple[Answer, ...] = ()
    steps: tuple[Step, ...] = ()
    thoughts: tuple[Thought, ...] = ()

    @property
    def is_empty(self) -> bool:
        return not (self.answers or self.steps or self.thoughts)


@dataclass(frozen=True)
class Summary:
    """One person's summary. Someone whose answers are not kept has no parts."""

    kept: bool
    parts: tuple[Part, ...] = ()
    activity: str | None = None
    happens_on: date | None = None
    pseudonym: str | None = None
    role: Role | None = None
