"""Flags: the list, one flag, taking it on, and a written reply."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter, Response

from facilitator.codes import tidy_join_code
from facilitator.coordinators import flags as book
from facilitator.coordinators.audit import Action
from facilitator.coordinators.flags import FlagError, FlagFault, FlagState
from facilitator.vocabulary import FlagKind
from web.review import pages
from web.review.door import admit
from web.review.guard import ROOT, ReviewRoute, Seat, WordsSeat, to

HERE = f"{ROOT}/flags"
router = APIRouter(prefix=HERE, include_in_schema=False, route_class=ReviewRoute)
REPLY_FAULTS = frozenset({FlagFault.REPLY_EMPTY, FlagFault.REPLY_LONG, FlagFault.REPLY_DETAILS, FlagFault.NO_REPLY})


@router.get("")
def all_flags(seat: WordsSeat) -> Response:
    query = seat.request.query_params
    kind = FlagKind(query["kind"]) if query.get("kind") in set(FlagKind) else None
    state = FlagState(query["state"]) if query.get("state") in set(FlagState) else None
    code = tidy_join_code(query.get("activity", "")[:16])
    with seat.reading() as session:
        found = book.listed(session, seat.viewer, kind=kind, state=state, code=code, cursor=query.get("page", ""))
    return seat.page("flags", found=found, kinds=list(book.FIRST), states=list(FlagState), kind=kind, state=state, code=code)


@router.get("/{flag_id}")
def one(flag_id: str, seat: WordsSeat) -> Response:
    return _one(seat, flag_id)


@router.post("/{flag_id}/move")
def move(flag_id: str, seat: WordsSeat) -> Response:
    wanted, note = seat.fields.get("to"), admit(seat, seat.fields.get("note"))
    try:
        with seat.work() as session:
            if wanted in set(FlagState):
                book.move(session, seat.viewer, flag_id, FlagState(wanted), note.text)
            else:
                book.annotate(session, seat.viewer, flag_id, note.text)
    except FlagError as error:
        return _one(seat, flag_id, 422, error=error, note=seat.fields.get("note"))
    return to(f"{HERE}/{flag_id}", f"flag_{wanted}" if wanted in set(FlagState) else "flag_note", note.out)


@router.post("/{flag_id}/reply")
def reply(flag_id: str, seat: WordsSeat) -> Response:
    """A reply that holds somebody's details is not sent: its writer sees it without them first, as it may need other words."""
    text = seat.fields.get("reply")
    admitted = admit(seat, text, to_a_person=True)
    try:
        with seat.work() as session:
            if admitted.out:
                raise FlagError(FlagFault.REPLY_DETAILS)
            book.reply(session, seat.viewer, flag_id, text)
    except FlagError as error:
        return _one(seat, flag_id, 422, error=error, reply=admitted.text, out=admitted.out)
    return to(f"{HERE}/{flag_id}", "replied")


def _one(seat: Seat, flag_id: str, status: int = 200, *, error: FlagError | None = None, out: Sequence[str] = (), **more: Any) -> Response:
    with seat.work() as session:
        found = book.view(session, seat.viewer, flag_id)
        if found.words and found.conversation_id:
            seat.note(session, Action.WORDS_READ, f"flag:{found.line.id}", page="flag")
    errors = {}
    if error:
        said = pages.words()["faults"][error.fault]
        errors["reply" if error.fault in REPLY_FAULTS else "note"] = f"{pages.taken_out(out)} {said}".strip()
    return seat.page("flag", status, **{"flag": found, "errors": errors, "note": "", "reply": "", "max_reply": book.MAX_REPLY, **more})
