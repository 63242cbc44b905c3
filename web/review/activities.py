"""Activities: list, make, change, how people join, who takes part; next steps, reflections and the ladder."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from fastapi import APIRouter, Response

from facilitator import activities as book
from facilitator.activities import Changes, LongerThanToldError
from facilitator.checklist.looking_back import Rung
from facilitator.codes import join_link, qr_svg, spoken
from facilitator.coordinators import accounts, overview
from facilitator.coordinators.audit import Action
from facilitator.coordinators.overview import LadderMonth, Lane
from facilitator.coordinators.rights import Post, Right
from facilitator.dates import read_date
from facilitator.parity.figures import Side
from facilitator.periods import periods_of
from facilitator.vocabulary import Stage
from web.review import charts, pages
from web.review.charts import Lines
from web.review.guard import ROOT, CountsSeat, Fields, ManageSeat, ReviewRoute, Seat, WordsSeat, to

HERE = f"{ROOT}/activities"
MAX_DAYS = 3650
router = APIRouter(prefix=HERE, include_in_schema=False, route_class=ReviewRoute)


@router.get("")
def all_activities(seat: CountsSeat) -> Response:
    today = date.today()
    with seat.reading() as session:
        found = overview.own_activities(session, seat.viewer)
        people = overview.participation(session, [one.id for one in found])
    return seat.page("activities", rows=found, people=people, stages={one.id: book.stage_for(one, today) for one in found})


@router.get("/new")
def new_page(seat: ManageSeat) -> Response:
    return _form(seat, "new", {"title": "", "description": "", "happens_on": "", "raw_text_days": "", "answer_days": ""})


@router.post("/new")
def add(seat: ManageSeat) -> Response:
    changes, errors = read_form(seat.fields)
    if errors:
        return _form(seat, "new", _typed(seat.fields), 422, errors=errors)
    with seat.work() as session:
        code = book.add_activity(session, **changes)
        session.flush()
        activity = seat.activity(session, code)
        seat.note(session, Action.ACTIVITY_ADDED, f"activity:{activity.id}")
        if seat.viewer.post is not Post.ADMIN:
            accounts.set_owners(session, seat.viewer.id, activity.id, [seat.viewer.id])
    return to(f"{HERE}/{code}", "activity_added")


@router.get("/{code}")
def one(code: str, seat: CountsSeat) -> Response:
    with seat.reading() as session:
        activity = seat.activity(session, code)
        people = overview.participation(session, [activity.id])[activity.id]
        board = overview.board(session, activity.id, date.today())
        owners = accounts.owners_of(session, activity.id)
        called = [name for key, name in accounts.names(session).items() if key in owners]
    link = join_link(seat.parts.built.settings.address, activity.join_code)
    return seat.page(
        "activity",
        activity=activity,
        people=people,
        board=board,
        owners=called,
        link=link,
        qr=qr_svg(link, pages.words()["activity"]["qr"].format(title=activity.title)),
        aloud=spoken(activity.join_code),
        days=periods_of(activity, seat.parts.built.settings.periods),
        stage=book.stage_for(activity, date.today()),
        totals={stage: len(seat.parts.built.checklists.stage(stage).items) for stage in Stage},
    )


@router.get("/{code}/edit")
def edit_page(code: str, seat: ManageSeat) -> Response:
    with seat.reading() as session:
        found = seat.activity(session, code)
    known = {name: str(getattr(found, name) or "") for name in ("title", "description", "happens_on", "raw_text_days", "answer_days")}
    return _form(seat, "edit", known, activity=found)


@router.post("/{code}/edit")
def edit(code: str, seat: ManageSeat) -> Response:
    changes, errors = read_form(seat.fields)
    with seat.reading() as session:
        found = seat.activity(session, code)
    if not errors:
        errors = _edited(seat, found, changes)
    if errors:
        return _form(seat, "edit", _typed(seat.fields), 422, errors=errors, activity=found)
    return to(f"{HERE}/{found.join_code}", "activity_changed")


def _edited(seat: Seat, activity: book.Activity, changes: Changes) -> dict[str, str]:
    """Change it. What is wrong with that, by field, and then nothing is changed."""
    try:
        with seat.work() as session:
            book.edit_activity(session, activity.join_code, seat.parts.built.settings.periods, **changes)
            seat.note(session, Action.ACTIVITY_CHANGED, f"activity:{activity.id}", fields=sorted(changes))
    except LongerThanToldError as error:
        wrong = pages.words()["activity_form"]
        return {name: wrong["days_longer"].format(days=days) for name, days in error.told.items()}
    return {}


@router.get("/{code}/owners")
def owners_page(code: str, seat: ManageSeat) -> Response:
    with seat.reading() as session:
        activity = seat.activity(session, code)
        people = [row for row in accounts.everyone(session) if not row.closed_at and row.role != Post.ADMIN]
        owners = accounts.owners_of(session, activity.id)
    return seat.page("owners", activity=activity, people=people, owners=owners)


@router.post("/{code}/owners")
def set_owners(code: str, seat: ManageSeat) -> Response:
    """Whose it is. A coordinator cannot take themselves out, so that no activity is left to nobody by mistake."""
    with seat.work() as session:
        activity = seat.activity(session, code)
        stays = set() if seat.viewer.post is Post.ADMIN else {seat.viewer.id}
        accounts.set_owners(session, seat.viewer.id, activity.id, stays | set(seat.fields.all("owner")))
    return to(f"{HERE}/{activity.join_code}", "owners")


@router.get("/{code}/steps")
def steps(code: str, seat: CountsSeat) -> Response:
    """The board. Somebody who may read no words sees how many there are."""
    with seat.work() as session:
        activity = seat.activity(session, code)
        board = overview.board(session, activity.id, date.today())
        if seat.viewer.may(Right.WORDS) and any(board.steps.values()):
            seat.note(session, Action.WORDS_READ, f"activity:{activity.id}", page="steps")
    return seat.page("steps", activity=activity, board=board, lanes=list(Lane))


@router.get("/{code}/reflections")
def reflections(code: str, seat: WordsSeat) -> Response:
    cursor = seat.request.query_params.get("page", "")
    with seat.work() as session:
        activity = seat.activity(session, code)
        found = overview.thoughts(session, activity.id, cursor)
        if found.rows:
            seat.note(session, Action.WORDS_READ, f"activity:{activity.id}", page="reflections", shown=len(found.rows))
    asked = {prompt.id: prompt.question for prompt in seat.parts.built.looking_back.prompts}
    return seat.page("reflections", activity=activity, found=found, prompts=asked)


@router.get("/{code}/ladder")
def ladder(code: str, seat: WordsSeat) -> Response:
    rungs = seat.parts.built.looking_back.rungs
    with seat.reading() as session:
        activity = seat.activity(session, code)
        months = overview.ladder(session, activity.id, seat.parts.built.settings.facilitator_small_group)
    chart = rung_chart(months, rungs) if months else None
    return seat.page("ladder", activity=activity, months=months, chart=chart, rungs=rungs, sides=list(Side))


def rung_chart(months: Sequence[LadderMonth], rungs: Sequence[Rung]) -> Lines:
    """The average rung of each side by month."""
    number = {rung.id: rung.number for rung in rungs}
    named = [f"{terms_month(month.month)} {month.month.year}" for month in months]
    series = [(pages.words()["sides"][side], side.value, [_mean(month.sides[side], number) for month in months]) for side in Side]
    return charts.over_time(named, series, [(float(rung.number), str(rung.number)) for rung in rungs])


def terms_month(month: date) -> str:
    return str(pages.terms()["months"][str(month.month)])


def _mean(counts: Any, number: dict[str, int]) -> float | None:
    if not counts:
        return None
    return float(sum(number[rung] * people for rung, people in counts.items()) / sum(counts.values()))


# ── the form ──


def read_form(fields: Fields) -> tuple[Changes, dict[str, str]]:
    """What was typed, as an activity takes it; and what is wrong, by field."""
    wrong, errors = pages.words()["activity_form"], {}
    title, description = fields.get("title").strip(), fields.get("description").strip()
    if not 0 < len(title) <= book.MAX_TITLE:
        errors["title"] = wrong["title_error"]
    if len(description) > book.MAX_DESCRIPTION:
        errors["description"] = wrong["description_error"]
    day = read_date(fields.get("happens_on")[:60], date.today()) if fields.get("happens_on").strip() else None
    if day is None and fields.get("happens_on").strip():
        errors["happens_on"] = wrong["date_error"]
    days: dict[str, int | None] = {}
    for name in ("raw_text_days", "answer_days"):
        typed = fields.get(name).strip()
        days[name] = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 6 else None
        if typed and not 1 <= (days[name] or 0) <= MAX_DAYS:
            errors[name] = wrong["days_error"]
    changes: Changes = {
        "title": title,
        "description": description,
        "happens_on": day,
        "raw_text_days": days["raw_text_days"],
        "answer_days": days["answer_days"],
    }
    return changes, errors


def _typed(fields: Fields) -> dict[str, str]:
    return {name: fields.get(name) for name in ("title", "description", "happens_on", "raw_text_days", "answer_days")}


def _form(seat: Seat, kind: str, typed: dict[str, str], status: int = 200, **more: Any) -> Response:
    defaults = seat.parts.built.settings.periods
    return seat.page("activity_form", status, **{"kind": kind, "typed": typed, "defaults": defaults, "activity": None, **more})
