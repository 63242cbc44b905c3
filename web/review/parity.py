"""The parity page: how both sides rated each point, as far as it may be shown, with comments of those who let coordinators read them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Response

from facilitator.coordinators import overview
from facilitator.coordinators.audit import Action
from facilitator.coordinators.rights import Right
from facilitator.parity.figures import Side
from facilitator.parity.release import Rule
from facilitator.parity.store import parity_view
from facilitator.parity.view import ItemView, Movement
from facilitator.parity.words import ParityWords, load_parity_words
from facilitator.settings import ROOT as PROJECT
from facilitator.vocabulary import Rating, Stage
from web.review import charts, pages
from web.review.activities import HERE
from web.review.charts import Bars, Lines
from web.review.guard import CountsSeat, ReviewRoute

router = APIRouter(prefix=HERE, include_in_schema=False, route_class=ReviewRoute)
SCALE = ((0.0, "0"), (0.5, "0.5"), (1.0, "1"))


@router.get("/{code}/parity")
def parity(code: str, seat: CountsSeat) -> Response:
    query, built = seat.request.query_params, seat.parts.built
    stage = Stage(query["stage"]) if query.get("stage") in set(Stage) else None
    topic = query["topic"] if query.get("topic") in pages.topic_titles() else None
    with seat.work() as session:
        activity = seat.activity(session, code)
        view = parity_view(session, activity.id, built.checklists, rule=built.rule, stage=stage, topic=topic)
        said = overview.comments(session, activity.id) if seat.viewer.may(Right.WORDS) else {}
        said = {item.item: said[item.item] for item in view.items if item.item in said}
        if said:
            seat.note(session, Action.WORDS_READ, f"activity:{activity.id}", page="parity", items=len(said))
    words = parity_words(built.rule)
    return seat.page(
        "parity",
        activity=activity,
        view=view,
        items=[(item, built.checklists.item(item.item), item_chart(item, words)) for item in view.items],
        movements=[(movement, movement_chart(movement, words)) for movement in view.movements if any(s.items for s in movement.stages)],
        said=said,
        p=words,
        sides=list(Side),
        ratings=list(Rating),
        stage=stage,
        topic=topic,
        stages=list(Stage),
        asked=sorted({item.topic for stage in Stage for item in built.checklists.stage(stage).items}),
    )


def parity_words(rule: Rule) -> ParityWords:
    return load_parity_words(PROJECT / "knowledge" / "messages" / "parity.yml", rule)


def item_chart(item: ItemView, words: ParityWords) -> Bars | None:
    """Both sides of one item as bars; a hidden side has none, and the page says why."""
    rows = [
        (
            pages.words()["sides"][side],
            _numbers(figures.counts),
            pages.words()["parity"]["people"].format(number=sum(figures.counts.values())),
        )
        for side in Side
        if (figures := item.sides[side].figures)
    ]
    key = [(rating.value, pages.words()["ratings"][rating]) for rating in Rating]
    return charts.wholes(rows, key) if rows else None


def movement_chart(movement: Movement, words: ParityWords) -> Lines:
    named = [pages.words()["stages"][stage.stage] for stage in movement.stages]
    series = [(pages.words()["sides"][side], side.value, [stage.means[side] for stage in movement.stages]) for side in Side]
    return charts.over_time(named, series, SCALE)


def _numbers(counts: Mapping[Rating, Any]) -> dict[str, int]:
    return {rating.value: int(number) for rating, number in counts.items()}
