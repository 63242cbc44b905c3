"""The audit, for admins: who did what, and whether it is whole."""

from __future__ import annotations

from fastapi import APIRouter, Response
from sqlalchemy import select

from facilitator.coordinators import accounts
from facilitator.coordinators import audit as book
from facilitator.coordinators.audit import Action, AuditBrokenError
from facilitator.coordinators.paging import page_of
from facilitator.storage.models import AuditRow
from web.review.guard import ROOT, AdminSeat, ReviewRoute

router = APIRouter(prefix=f"{ROOT}/audit", include_in_schema=False, route_class=ReviewRoute)


@router.get("")
def all_events(seat: AdminSeat) -> Response:
    query = seat.request.query_params
    action = query["action"] if query.get("action") in set(Action) else ""
    who, about = query.get("who", "")[:64], query.get("about", "")[:100]
    wanted = select(AuditRow)
    for value, column in ((action, AuditRow.action), (who, AuditRow.actor), (about, AuditRow.about)):
        wanted = wanted.where(column == value) if value else wanted
    with seat.reading() as session:
        found = page_of(session, wanted, [AuditRow.seq], cursor=query.get("page", ""))
        called = accounts.names(session)
    return seat.page("audit", found=found, called=called, actions=list(Action), action=action, who=who, about=about)


@router.post("/check")
def check(seat: AdminSeat) -> Response:
    with seat.reading() as session:
        try:
            whole, broken = book.check(session), None
        except AuditBrokenError as error:
            whole, broken = None, error.seq
    return seat.page("audit_check", whole=whole, broken=broken)
