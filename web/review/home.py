"""Home: what needs me now. And what is at no other address."""

from __future__ import annotations

from datetime import date

from fastapi import APIRouter, Response

from facilitator.activities import stage_for
from facilitator.coordinators import conversations, flags, overview
from facilitator.coordinators.rights import Right
from facilitator.errors import NotFoundError
from web.review.guard import ROOT, CountsSeat, ReviewRoute, SelfSeat

router = APIRouter(prefix=ROOT, include_in_schema=False, route_class=ReviewRoute)
elsewhere = APIRouter(prefix=ROOT, include_in_schema=False, route_class=ReviewRoute)


@router.get("")
def home(seat: CountsSeat) -> Response:
    today = date.today()
    with seat.reading() as session:
        waiting = flags.counts(session, seat.viewer)
        activities = overview.own_activities(session, seat.viewer)
        near = overview.this_week(activities, today)
        people = overview.participation(session, [one.id for one in near])
        follow_up = conversations.to_follow_up(session, seat.viewer) if seat.viewer.may(Right.WORDS) else 0
    return seat.page(
        "home",
        waiting=waiting,
        near=near,
        people=people,
        activities=len(activities),
        follow_up=follow_up,
        stages={a.id: stage_for(a, today) for a in near},
    )


@elsewhere.api_route("/{path:path}", methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
def nothing_here(path: str, seat: SelfSeat) -> Response:
    """What is not there looks the same to everybody outside as what is: the sign-in page."""
    raise NotFoundError("page")
