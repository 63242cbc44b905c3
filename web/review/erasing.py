"""Erasing and forgetting on time, for admins: first what would go, then, once it is sure who asks, gone, with a certificate."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Response
from sqlalchemy.orm import Session

from facilitator import erasure
from facilitator.coordinators import audit
from facilitator.coordinators.audit import Action
from facilitator.erasure import Asked, Scope
from facilitator.errors import NotFoundError
from facilitator.retention import purge_all
from facilitator.storage.conversations import now
from web.review import pages
from web.review.guard import ROOT, AdminSeat, Fields, ReviewRoute, Seat, to
from web.review.sure import doubts, proof_of

HERE = f"{ROOT}/erasing"
MAX_DAYS = 36_500
router = APIRouter(prefix=HERE, include_in_schema=False, route_class=ReviewRoute)


@router.get("")
def erasing(seat: AdminSeat) -> Response:
    return _page(seat)


@router.post("/count")
def count(seat: AdminSeat) -> Response:
    """What would go. Nothing goes yet."""
    try:
        with seat.reading() as session:
            found = erasure.count(session, scope_of(session, seat.fields), seat.parts.built.settings.data_dir)
    except (NotFoundError, ValueError):
        return _page(seat, 422, errors={"id": pages.words()["erasing"]["missing"]})
    return _sure(seat, found)


@router.post("/erase")
def erase(seat: AdminSeat) -> Response:
    data_dir, database = seat.parts.built.settings.data_dir, seat.parts.built.database
    try:
        wrong = doubts(seat)
        if wrong is not None:
            with seat.reading() as session:
                found = erasure.count(session, scope_of(session, seat.fields), data_dir)
            return _sure(seat, found, 422, errors=wrong)
        with seat.work() as session:
            scope = scope_of(session, seat.fields)
            erased = erasure.erase(session, scope, data_dir)
            about = audit.mark(scope.conversations[0]) if scope.asked is Asked.CONVERSATIONS else _activity(scope)
            seat.note(session, Action.ERASED, about, request=scope.asked.value, conversations=erased.conversations)
    except (NotFoundError, ValueError):
        return _page(seat, 422, errors={"id": pages.words()["erasing"]["missing"]})
    document = erasure.certificate(erased, scope, at=now(), by=seat.viewer.email, scrubbed=erasure.scrub(database))
    erasure.store_certificate(document, data_dir)
    return seat.page("erased", document=document)


@router.post("/purge")
def purge(seat: AdminSeat) -> Response:
    done = _due(seat, dry_run=False)
    with seat.work() as session:
        seat.note(session, Action.PURGED, None, **done)
    return to(HERE, "purged")


def scope_of(session: Session, fields: Fields) -> Scope:
    """What a form asks for. Raises NotFoundError; ValueError for what is no request."""
    asked, which = Asked(fields.get("asked")), fields.get("id").strip()[:100]
    if asked is Asked.OLDER_THAN:
        days = int(which)
        if not 1 <= days <= MAX_DAYS:
            raise ValueError(asked)
        return erasure.older_than(session, days, now())
    if not which:
        raise NotFoundError("Nothing was named.")
    if asked is Asked.PERSON:
        return erasure.of_person(session, which)
    return erasure.of_activity(session, which) if asked is Asked.ACTIVITY else erasure.these([which])


def _activity(scope: Scope) -> str | None:
    return f"activity:{scope.activity_id}" if scope.activity_id else None


def _due(seat: Seat, *, dry_run: bool) -> dict[str, int]:
    settings = seat.parts.built.settings
    return purge_all(seat.parts.built.database, now(), settings.periods, data_dir=settings.data_dir, dry_run=dry_run).counts()


def _page(seat: Seat, status: int = 200, **more: Any) -> Response:
    typed = {"asked": seat.fields.get("asked"), "id": seat.fields.get("id")}
    return seat.page("erasing", status, proof=proof_of(seat), due=_due(seat, dry_run=True), kinds=list(Asked), typed=typed, **more)


def _sure(seat: Seat, found: erasure.Erased, status: int = 200, **more: Any) -> Response:
    typed = {"asked": seat.fields.get("asked"), "id": seat.fields.get("id")}
    return seat.page("erasing_sure", status, proof=proof_of(seat), found=found, typed=typed, **more)
