"""Everything held about one conversation, in one readable document: the same from the chat and from the command line.

A test compares this with the tables, column by column, so that what is added later is exported too (or left out for a stated reason).
"""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from facilitator.checklist.content import Checklists
from facilitator.errors import NotFoundError
from facilitator.storage.models import (
    ActivityRow,
    AnswerRow,
    ConversationNoteRow,
    ConversationRow,
    ConversationTagRow,
    FlagEventRow,
    FlagRow,
    LadderRow,
    MessageRow,
    NextStepRow,
    ReflectionRow,
    SlackSeatRow,
)


def document_of(session: Session, conversation_id: str, checklists: Checklists) -> dict[str, Any]:
    """All we hold of a conversation, oldest first, times in UTC. Raises NotFoundError."""
    row = session.get(ConversationRow, conversation_id)
    if row is None:
        raise NotFoundError("There is no such conversation.")
    activity = session.get(ActivityRow, row.activity_id) if row.activity_id else None
    return {
        "conversation_id": row.id,
        "person_id": row.person_id,
        "started_at": row.created_at,
        "last_active_at": row.last_active_at,
        "activity": activity.title if activity else None,
        "channel": row.channel,
        "language": row.lang,
        "simpler_words": row.simple,
        "known_as": row.pseudonym,
        "answers_kept": row.kept,
        "role": row.role,
        "coordinators_may_read_my_words": bool(row.share_words),
        "my_answers_count_in_group_results": bool(row.share_ratings),
        "answers": [_answer(checklists, found) for found in _all(session, AnswerRow, row.id)],
        "reflections": [_reflection(found) for found in _all(session, ReflectionRow, row.id)],
        "next_steps": [_next_step(checklists, found) for found in _all(session, NextStepRow, row.id)],
        "ladder": [{"at": found.created_at, "stands": found.stands, "wanted": found.wanted} for found in _all(session, LadderRow, row.id)],
        "messages": [_message(found) for found in _all(session, MessageRow, row.id) if found.text is not None],
        "noted_by_coordinators": [
            {"at": found.at, "as": found.kind, "note": found.text} for found in _all(session, ConversationNoteRow, row.id)
        ],
        "tagged_by_coordinators": [{"tag": found.tag} for found in _all(session, ConversationTagRow, row.id)],
        "raised_with_coordinators": [
            {"at": found.created_at, "about": found.kind, "state": found.state} for found in _all(session, FlagRow, row.id)
        ],
        "in_slack": [
            {"workspace": found.team, "member": found.user, "since": found.chosen_at} for found in _all(session, SlackSeatRow, row.id)
        ],
        "done_by_coordinators": [{"at": found.at, "as": found.state, "note": found.note} for found in _all(session, FlagEventRow, row.id)],
    }


def as_text(document: dict[str, Any]) -> str:
    """The document as indented JSON, every letter as it was written."""
    return json.dumps(document, indent=2, ensure_ascii=False, default=_plain) + "\n"


def write(document: dict[str, Any], data_dir: Path) -> Path:
    """Write the document under `exports/`, readable by its owner only. Returns its path.

    It goes after 30 days (`retention`), and when something of the conversation is deleted. Raises OSError.
    """
    folder = data_dir / "exports"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / f"conversation-{document['conversation_id']}.json"
    write_to(document, path)
    return path


def write_to(document: dict[str, Any], path: Path) -> None:
    """Write the document to a file that only its owner can read from then on, also where it was there before. Raises OSError."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "w", encoding="utf-8") as file:
        # closed to others before a word is in it; a terminal or a pipe stays as it is
        if stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            os.fchmod(file.fileno(), 0o600)
            file.truncate()
        file.write(as_text(document))


def _answer(checklists: Checklists, answer: AnswerRow) -> dict[str, Any]:
    return {
        "at": answer.created_at,
        "stage": answer.stage,
        "question": _question(checklists, answer.item),
        "rating": answer.rating,
        "comment": answer.comment,
        "changed_at": answer.superseded_at,
    }


def _reflection(reflection: ReflectionRow) -> dict[str, Any]:
    return {
        "at": reflection.created_at,
        "stage": reflection.stage,
        "prompt": reflection.prompt,
        "text": reflection.text,
        "visible_to": reflection.visible_to,
    }


def _next_step(checklists: Checklists, step: NextStepRow) -> dict[str, Any]:
    return {
        "at": step.created_at,
        "stage": step.stage,
        "question": _question(checklists, step.item) if step.item else None,
        "what": step.what,
        "who": step.who,
        "due_on": step.due_on,
        "state": step.state,
        "closed_at": step.closed_at,
    }


def _message(message: MessageRow) -> dict[str, Any]:
    return {"at": message.created_at, "author": message.author, "text": message.text, "understood_as": message.intent}


def _question(checklists: Checklists, item: str) -> str:
    return checklists.item(item).question if checklists.has(item) else item


def _all(session: Session, table: Any, conversation_id: str) -> Sequence[Any]:
    orders = {
        MessageRow: MessageRow.seq,
        NextStepRow: NextStepRow.created_at,
        ConversationTagRow: ConversationTagRow.tag,
        SlackSeatRow: SlackSeatRow.chosen_at,
    }
    order = orders.get(table)
    order = table.id if order is None else order
    return session.scalars(select(table).where(table.conversation_id == conversation_id).order_by(order)).all()


def _plain(value: object) -> str:
    if isinstance(value, date):  # a datetime is one
        return value.isoformat()
    raise TypeError(type(value).__name__)
