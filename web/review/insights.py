"""Insights: how the chat is used, as drawings with their tables. Counts alone, so viewers see them too."""

from __future__ import annotations

from datetime import date

from fastapi import APIRouter, Response

from facilitator.coordinators.insights import Insights, Scope, insights
from facilitator.coordinators.overview import own_activities
from facilitator.coordinators.rights import Post
from facilitator.vocabulary import Stage
from web.review import charts, pages
from web.review.charts import Bars, Lines
from web.review.guard import ROOT, CountsSeat, ReviewRoute, Seat

router = APIRouter(prefix=f"{ROOT}/insights", include_in_schema=False, route_class=ReviewRoute)
PARTS = 4
LONGEST_LABEL = 24


@router.get("")
def page(seat: CountsSeat) -> Response:
    built, wanted = seat.parts.built, seat.request.query_params.get("activity", "")
    with seat.reading() as session:
        own = own_activities(session, seat.viewer)
        chosen = next((one for one in own if one.join_code == wanted), None)
        everything = seat.viewer.post is Post.ADMIN and chosen is None
        ids = frozenset({chosen.id}) if chosen else frozenset(one.id for one in own)
        scope = Scope(None if everything else ids, built.settings.facilitator_small_group if chosen else None)
        found = insights(session, scope, built.checklists, date.today())
    return seat.page(
        "insights",
        found=found,
        own=own,
        chosen=chosen,
        drawn=_drawn(found),
        reach={stage: _reach(found, stage, seat) for stage in Stage},
        checklists=built.checklists,
        stages=list(Stage),
    )


def _drawn(found: Insights) -> dict[str, Bars | Lines | None]:
    """The charts; one without anything to show is None."""
    w = pages.words()["insights"]
    return {
        "people": _weekly(found, "people", w["people"]),
        "turns": _weekly(found, "turns", w["turns"]),
        "unclear": _unclear(found),
        "done": _done(found),
        "asked": _lengths([(pages.topic_titles().get(name, name), number or 0) for name, number in found.asked], w["times"]),
        "gaps": charts.lengths([(_short(name), round(gap * 100), f"{gap:.2f}") for name, gap in found.gaps], "plain", w["gap"], 100)
        if found.gaps
        else None,
    }


def _weekly(found: Insights, name: str, label: str) -> Lines | None:
    values = [getattr(week, name) for week in found.weeks]
    top = max((value for value in values if value), default=0)
    if not top:
        return None
    top = _round_up(top)
    scale = [(top * part / PARTS, str(top * part // PARTS)) for part in range(PARTS + 1)]
    return charts.over_time(_steps(found), [(label, "use", values)], scale)


def _round_up(number: int) -> int:
    """The next number whose quarters are easy to read: 4, 8, 20, 40, 80, 200…"""
    tens = 1
    while True:
        for few in (4, 8, 20):
            if number <= few * tens:
                return few * tens
        tens *= 10


def _unclear(found: Insights) -> Lines | None:
    values = [None if week.unclear is None else week.unclear * 100 for week in found.weeks]
    if not any(value is not None for value in values):
        return None
    return charts.over_time(
        _steps(found), [(pages.words()["insights"]["unclear"], "use", values)], [(0.0, "0"), (50.0, "50"), (100.0, "100")]
    )


def _steps(found: Insights) -> list[str]:
    """Every third week is named, so that the names do not run into each other."""
    months = pages.terms()["months"]
    return [f"{week.monday.day} {months[str(week.monday.month)][:3]}" if place % 3 == 0 else "" for place, week in enumerate(found.weeks)]


def _done(found: Insights) -> Bars | None:
    w = pages.words()
    rows = [
        (f"{w['stages'][one.stage]}: {w['insights'][name]}", getattr(one, name))
        for one in found.done
        for name in ("began", "short", "whole")
    ]
    return _lengths([(label, number or 0) for label, number in rows], w["insights"]["people_word"])


def _reach(found: Insights, stage: Stage, seat: Seat) -> Bars | None:
    lists = seat.parts.built.checklists
    return _lengths([(lists.item(one.item).short, one.people or 0) for one in found.reach[stage]], pages.words()["insights"]["people_word"])


def _lengths(rows: list[tuple[str, int]], words: str) -> Bars | None:
    if not any(number for _, number in rows):
        return None
    return charts.lengths([(_short(label), number, str(number) if number else "–") for label, number in rows], "plain", words)


def _short(label: str) -> str:
    """A label that fits beside its bar; the table has it whole."""
    title = pages.topic_titles().get(label, label)
    return title if len(title) <= LONGEST_LABEL else f"{title[: LONGEST_LABEL - 2].rstrip()}…"
