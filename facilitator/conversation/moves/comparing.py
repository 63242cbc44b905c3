"""How the group sees it: what each side answered, as far as it has been released for everybody in the activity to see."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from facilitator.conversation.asking import return_to, then_ask
from facilitator.conversation.moves.asking_back import stage_wanted
from facilitator.conversation.turn import Choice, Library, Outcome, Say, Talk, Turn
from facilitator.parity.figures import VALUES, Side
from facilitator.parity.view import ItemView, ParityView, alike, apart
from facilitator.vocabulary import Stage, Step

MOST_APART, MOST_ALIKE = 3, 2


def show_group(turn: Turn, talk: Talk, library: Library) -> Outcome:
    """How both sides answered the stage that is named, else the one in hand, else the one that fits the day."""
    if talk.position.step is Step.CONSENT:
        return then_ask(talk, library, Say("utter_consent_first"))
    if not talk.kept:
        return return_to(talk, library, Say("utter_group_for_members"))
    if talk.activity is None or talk.group is None:
        return return_to(talk, library, Say("utter_group_none"))
    stage = stage_wanted(turn) or talk.position.stage or talk.activity.suits or Stage.BEFORE
    first, *more = _says(talk.group.only(stage=stage), stage)
    beside = (*_other_stages(talk.group, stage), *_others_words(talk))
    return return_to(talk, library, replace(first, choices=beside), *more)


def _says(view: ParityView, stage: Stage) -> tuple[Say, ...]:
    """All of it from released figures, so that it can tell nothing more than they do."""
    about = {"stage": stage, "few": view.small_group, "step": view.step}
    people = [{"side": side, "number": _most_people(view.items, side)} for side in Side]
    if all(side["number"] is None for side in people):
        return (Say("utter_group_hidden", values=about),)
    shown = Say("utter_group_view", values={**about, "people": people})
    if all(item.gap is None for item in view.items):
        return (shown, Say("utter_group_one_side"))
    far, near = _points(apart(view.items, MOST_APART)), _points(alike(view.items, MOST_ALIKE))
    said = Say("utter_group_apart", values={"apart": far}) if far else Say("utter_group_close")
    return (shown, said, *((Say("utter_group_alike", values={"alike": near}),) if near else ()))


def _most_people(items: Iterable[ItemView], side: Side) -> int | None:
    """The most people of a side in any figures shown; None where none are. How many there are in all is no released figure."""
    return max((figures.raters for item in items if (figures := item.sides[side].figures)), default=None)


def _points(items: Iterable[ItemView]) -> list[Mapping[str, object]]:
    return [{"item": item.item} | {side: _counts(item, side) for side in Side} for item in items]


def _counts(item: ItemView, side: Side) -> dict[str, int]:
    figures = item.sides[side].figures
    return {rating: figures.counts.get(rating, 0) for rating in VALUES} if figures else {}


def _other_stages(view: ParityView, stage: Stage) -> Iterable[Choice]:
    """A choice for each other stage of which something can be shown."""
    shown = {item.stage for item in view.items if any(side.figures for side in item.sides.values())}
    return (Choice(f"{{group_view_{other}}}", "group_view", {"stage": other}) for other in Stage if other in shown and other is not stage)


def _others_words(talk: Talk) -> tuple[Choice, ...]:
    return (Choice("{read_shared}", "read_shared"),) if talk.shared else ()
