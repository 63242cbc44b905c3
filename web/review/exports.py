"""Exports: choose one, see how much it holds, take the file, and see how far it has got. Nothing of a file stays here.

A page with its state in the database, and a file made while it is sent: why, in docs/decisions/0020-exports.md.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from datetime import date

from fastapi import APIRouter, Response
from fastapi.responses import StreamingResponse
from sqlalchemy.orm import Session

from facilitator.coordinators.audit import Action
from facilitator.coordinators.overview import own_activities
from facilitator.coordinators.rights import Post
from facilitator.errors import NotFoundError
from facilitator.reports import tickets
from facilitator.reports.files import as_csv, as_xlsx
from facilitator.reports.lines import as_lines
from facilitator.reports.rows import HEADS, Progress, Spoken, Told, What, rows
from facilitator.reports.tickets import FORMS, ExportState, Form
from facilitator.storage.models import ActivityRow, ExportRow
from web.review import pages
from web.review.guard import ROOT, CountsSeat, ReviewRoute, Seat, WordsSeat, to

HERE = f"{ROOT}/exports"
NOTED_EVERY_S = 1.0
TYPES = {
    Form.CSV: "text/csv; charset=utf-8",
    Form.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    Form.JSONL: "application/jsonl",
}
router = APIRouter(prefix=HERE, include_in_schema=False, route_class=ReviewRoute)


@router.get("")
def choose(seat: CountsSeat) -> Response:
    return _choose(seat)


@router.post("")
def ask(seat: WordsSeat) -> Response:
    try:
        what = What(seat.fields.get("what"))
        form = _form(what, seat.fields.get("form_of_it"))
        with seat.work() as session:
            export_id = tickets.ask(session, seat.viewer, what, form, _activity(seat, session))
    except (ValueError, NotFoundError):
        return _choose(seat, 422, errors={"activity": pages.words()["exports"]["wrong"]})
    return to(f"{HERE}/{export_id}")


@router.get("/{export_id}")
def state(export_id: str, seat: WordsSeat) -> Response:
    with seat.reading() as session:
        row = tickets.find(session, export_id)
        activity = session.get(ActivityRow, row.activity_id) if row.activity_id else None
    return seat.page("export", row=row, state=tickets.state_of(row), activity=activity)


@router.get("/{export_id}/file")
def file(export_id: str, seat: WordsSeat) -> Response:
    with seat.work() as session:
        row = tickets.find(session, export_id)
        activity = session.get(ActivityRow, row.activity_id) if row.activity_id else None
        about = f"activity:{row.activity_id}" if row.activity_id else None
        seat.note(session, Action.EXPORTED, about, what=row.what, form=row.form, conversations=row.total)
    name = f"{row.what}-{activity.join_code if activity else 'all'}-{date.today()}.{row.form}"
    return StreamingResponse(_sending(seat, row), media_type=TYPES[Form(row.form)], headers=_as_file(name))


def _as_file(name: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}"'}


def _form(what: What, wanted: str) -> Form:
    """The kind of file; where there is one kind only, that. Raises ValueError."""
    if len(FORMS[what]) == 1:
        return FORMS[what][0]
    if Form(wanted) not in FORMS[what]:
        raise ValueError(wanted)
    return Form(wanted)


def _activity(seat: Seat, session: Session) -> str | None:
    """The id of the activity chosen; None for everything, which only admins may take."""
    wanted = seat.fields.get("activity")
    if not wanted and seat.viewer.post is Post.ADMIN:
        return None
    found = [one.id for one in own_activities(session, seat.viewer) if one.join_code == wanted]
    if not found:
        raise NotFoundError("activity")
    return found[0]


def _choose(seat: Seat, status: int = 200, **more: object) -> Response:
    with seat.reading() as session:
        found = own_activities(session, seat.viewer)
    asked = seat.fields.get("activity") or seat.request.query_params.get("activity", "")
    typed = {"what": seat.fields.get("what"), "form_of_it": seat.fields.get("form_of_it"), "activity": asked}
    return seat.page("exports", status, **{"activities": found, "typed": typed, "everything": seat.viewer.post is Post.ADMIN, **more})


# ── the file ──


def _sending(seat: Seat, row: ExportRow) -> Iterator[bytes]:
    """The file, and beside it a note of how far it is, at most once a second."""
    database, seen = seat.parts.built.database, [Progress(0, 0)]
    noted, whole = time.monotonic(), False
    tickets.note(database, row.id, ExportState.SENDING, seen[0])
    try:
        for piece in _body(seat, row, lambda progress: seen.__setitem__(0, progress)):
            yield piece
            if time.monotonic() - noted > NOTED_EVERY_S:
                tickets.note(database, row.id, ExportState.SENDING, seen[0])
                noted = time.monotonic()
        whole = True
    finally:
        tickets.note(database, row.id, ExportState.SENT if whole else ExportState.STOPPED, seen[0])


def _body(seat: Seat, row: ExportRow, told: Told) -> Iterable[bytes]:
    what, database = What(row.what), seat.parts.built.database
    if what is What.EVERYTHING:
        return as_lines(database, row.activity_id, told)
    head, table = [pages.words()["columns"][name] for name in HEADS[what]], rows(database, what, row.activity_id, _spoken(seat), told)
    return as_xlsx(pages.words()["exports"][what], head, table) if row.form == Form.XLSX else as_csv(head, table)


def _spoken(seat: Seat) -> Spoken:
    built = seat.parts.built
    prompts = {prompt.id: prompt.question for prompt in built.looking_back.prompts}
    return Spoken(pages.words(), built.checklists, prompts, pages.topic_titles())
