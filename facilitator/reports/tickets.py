"""Exports that somebody asked for: what is in them, and how far each has got. Kept for a day; the file itself is never kept."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from facilitator.coordinators.rights import Viewer
from facilitator.errors import NotFoundError
from facilitator.reports.rows import Progress, What, how_many
from facilitator.storage.conversations import new_id, now
from facilitator.storage.database import Database
from facilitator.storage.models import ExportRow

KEPT = timedelta(days=1)
SILENT = timedelta(minutes=2)
"""A file that has not gone on for so long has stopped, whatever became of the process that sent it."""


class Form(StrEnum):
    CSV = "csv"
    XLSX = "xlsx"
    JSONL = "jsonl"


FORMS: dict[What, tuple[Form, ...]] = {what: (Form.JSONL,) if what is What.EVERYTHING else (Form.CSV, Form.XLSX) for what in What}


class ExportState(StrEnum):
    READY = "ready"
    SENDING = "sending"
    SENT = "sent"
    STOPPED = "stopped"


def ask(session: Session, viewer: Viewer, what: What, form: Form, activity_id: str | None) -> str:
    """Note down what is wanted and count it. Returns the export's id."""
    session.execute(delete(ExportRow).where(ExportRow.created_at < now() - KEPT))
    row = ExportRow(
        id=new_id(), coordinator_id=viewer.id, activity_id=activity_id, what=what, form=form, state=ExportState.READY,
        total=how_many(session, activity_id), done=0, rows=0, created_at=now(), changed_at=now(),
    )  # fmt: skip
    session.add(row)
    return row.id


def find(session: Session, export_id: str) -> ExportRow:
    """Raises NotFoundError: there is none, or it is more than a day old."""
    row = session.get(ExportRow, export_id)
    if row is None or row.created_at < now() - KEPT:
        raise NotFoundError("export")
    return row


def state_of(row: ExportRow) -> ExportState:
    state = ExportState(row.state)
    return ExportState.STOPPED if state is ExportState.SENDING and row.changed_at < now() - SILENT else state


def note(database: Database, export_id: str, state: ExportState, progress: Progress | None = None) -> None:
    """Write down how far a file has got."""
    values: dict[str, object] = {"state": state, "changed_at": now()}
    if progress:
        values |= {"done": progress.conversations, "rows": progress.rows}
    with database.unit_of_work() as session:
        session.execute(update(ExportRow).where(ExportRow.id == export_id).values(values))
