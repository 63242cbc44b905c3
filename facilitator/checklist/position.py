"""Where a person is, as a plain value. Every change makes a new one; nothing here knows of Rasa, the web or SQL."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from facilitator.checklist.content import Checklists, Item
from facilitator.safety.kinds import SafetyKind
from facilitator.vocabulary import STATE_OF_STEP, Depth, Stage, State, Step


@dataclass(frozen=True)
class Position:
    """The person's place in the conversation.

    `done` holds, for each stage, the items rated or skipped, in the order that was done. It says nothing of how they were rated.
    `back_to` is the item to return to once an earlier answer has been changed, `back_stage` the stage when it is another. `returns` are
    the steps that pauses, reflections and other asides came from, the latest last. `prompt` is the reflection prompt in hand, `written`
    the reflections of this round, `next_step` the next step being written down (ids, all of them). `alone`: the sharing question in
    hand was asked for by itself. `question_no` goes up whenever
    another question is asked: choices carry it, so that one pressed late is known to be late. `closed` names the walks ("before:quick")
    whose end has been marked. `focus` is the topic of the answer just given, `misses` how often in a row we did not understand.
    `said_of` is the item that something was just said of: what follows may be the rest of it. `explained`: something was just said, and the
    question in hand was then asked again; an "ok" to that is no answer to it. `beside` names the reply that has just asked something
    itself, so that a "no" to that is none to the question that waits. `support`: a support message was given, and whether to carry on is
    the question. While it is, `support_kinds` are the kinds given in full, the latest last, and `support_unsure` says that the screen was
    sure of none of them.
    """

    step: Step = Step.CONSENT
    stage: Stage | None = None
    depth: Depth | None = None
    item: str | None = None
    done: Mapping[Stage, tuple[str, ...]] = field(default_factory=dict)
    back_to: str | None = None
    back_stage: Stage | None = None
    returns: tuple[Step, ...] = ()
    prompt: str | None = None
    written: tuple[str, ...] = ()
    next_step: str | None = None
    alone: bool = False
    confirming: str | None = None
    support: bool = False
    support_kinds: tuple[SafetyKind, ...] = ()
    support_unsure: bool = False
    focus: str | None = None
    misses: int = 0
    said_of: str | None = None
    explained: bool = False
    beside: str | None = None
    question_no: int = 0
    closed: tuple[str, ...] = ()

    @property
    def question_key(self) -> tuple[object, ...]:
        """What makes two questions the same question."""
        return (self.step, self.stage, self.item, self.prompt, self.next_step, self.confirming, self.support)

    @property
    def state(self) -> State:
        return State.SUPPORT if self.support else STATE_OF_STEP[self.step]

    @property
    def asks_leave(self) -> bool:
        """Whether a yes would let something be kept, be read or be deleted: the question must have been seen."""
        return self.state is State.CONSENT or self.confirming is not None

    @property
    def done_here(self) -> tuple[str, ...]:
        """Items done in the stage being walked."""
        return self.done.get(self.stage, ()) if self.stage else ()

    def to_json(self) -> dict[str, Any]:
        """A JSON-safe form, without anything that equals its default."""
        values: dict[str, Any] = {}
        for name, default in _DEFAULTS.items():
            value = getattr(self, name)
            if value != default:
                values[name] = {str(k): list(v) for k, v in value.items()} if name == "done" else _plain(value)
        return values

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Position:
        """Read what `to_json` wrote. Raises ValueError when a value is not one of the vocabulary's."""
        known = {name: value for name, value in values.items() if name in _DEFAULTS}
        for name, kind in (("step", Step), ("stage", Stage), ("back_stage", Stage), ("depth", Depth)):
            if known.get(name) is not None:
                known[name] = kind(known[name])
        lists: tuple[tuple[str, Callable[[str], str]], ...] = (
            ("closed", str),
            ("returns", Step),
            ("support_kinds", SafetyKind),
            ("written", str),
        )
        for name, read in lists:
            if name in known:
                known[name] = tuple(read(value) for value in known[name])
        if "done" in known:
            known["done"] = {Stage(stage): tuple(items) for stage, items in known["done"].items()}
        return cls(**known)


_DEFAULTS: dict[str, Any] = Position().__dict__.copy()
_MOST_ASIDES = 8


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def step_aside(position: Position, step: Step) -> Position:
    """Leave the question in hand for another, remembering where to come back to."""
    if position.step is step:
        return position
    return replace(position, step=step, returns=(*position.returns, position.step)[-_MOST_ASIDES:])


def come_back(position: Position, *, default: Step = Step.STAGE) -> Position:
    """Return to the question that was left last; `default` when none was."""
    *earlier, last = position.returns or (default,)
    return replace(_without_its_own(position), step=last, returns=tuple(earlier))


def _without_its_own(position: Position) -> Position:
    """Drop what belongs to the aside being left, and nothing of one that waits beneath it."""
    match position.step:
        case Step.REFLECTION | Step.SHARE_REFLECTION:
            return replace(position, prompt=None, written=())
        case Step.STEP_WHAT | Step.STEP_WHO | Step.STEP_WHEN:
            return replace(position, next_step=None)
        case Step.SHARE_WORDS | Step.SHARE_RATINGS:
            return replace(position, alone=False)
    return position


@dataclass(frozen=True)
class Progress:
    stage: Stage
    answered: int
    total: int


def current_walk(position: Position, checklists: Checklists) -> tuple[Item, ...]:
    """The items being walked, or none outside a stage."""
    return checklists.stage(position.stage).walk(position.depth) if position.stage and position.depth else ()


def progress(position: Position, checklists: Checklists) -> Progress | None:
    """How many items of this walk are rated or skipped; None outside a stage."""
    walk = current_walk(position, checklists)
    if not walk or not position.stage:
        return None
    return Progress(position.stage, sum(item.id in position.done_here for item in walk), len(walk))


def start_walk(position: Position, checklists: Checklists) -> Position:
    """Stand at the first item of the chosen stage and depth that is not done, or at the end."""
    return _stand(replace(position, back_to=None, back_stage=None, returns=()), checklists)


def complete_item(position: Position) -> Position:
    """Mark the current item done (again, if it was done before)."""
    if not position.stage or not position.item:
        return position
    done = position.done_here if position.item in position.done_here else (*position.done_here, position.item)
    return replace(position, done={**position.done, position.stage: done})


def next_item(position: Position, checklists: Checklists) -> Position:
    """Move on: to the item a change came from, else to the next not done, else to the end of the stage."""
    return _stand(position, checklists)


def go_back(position: Position) -> Position | None:
    """Return to the item done before this one; None when there is none."""
    earlier = position.done_here
    if position.item in earlier:
        earlier = earlier[: earlier.index(position.item)]
    return revisit(position, earlier[-1], position.stage) if earlier else None


def revisit(position: Position, item_id: str, stage: Stage | None) -> Position:
    """Stand at an item answered before, in this stage or another, to answer it again, remembering where to return to."""
    here = position.item if position.item and position.item not in position.done_here else None
    left = position.stage if stage is not position.stage else None
    return replace(
        position,
        step=Step.ITEM,
        item=item_id,
        stage=stage,
        back_to=position.back_to or here,
        back_stage=position.back_stage or left,
        returns=(),
    )


def _stand(position: Position, checklists: Checklists) -> Position:
    position = replace(position, stage=position.back_stage or position.stage, back_stage=None)
    waiting = [item.id for item in current_walk(position, checklists) if item.id not in position.done_here]
    if position.back_to in waiting:
        return replace(position, step=Step.ITEM, item=position.back_to, back_to=None)
    if waiting:
        return replace(position, step=Step.ITEM, item=waiting[0], back_to=None)
    return replace(position, step=Step.FINISHED, item=None, back_to=None)
