"""Everything we hold about one person's conversation, in one readable document."""

from __future__ import annotations

import asyncio
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from facilitator.storage.models import AnswerRow, ConversationRow, MessageRow, ReflectionRow
from web.parts import Parts


async def export_of(parts: Parts, conversation_id: str, token: str) -> dict[str, Any]:
    """Raises Problem 401 when the token does not open the conversation."""

    def work() -> dict[str, Any]:
        with parts.built.database.reading() as session:
            row = parts.desk.admit(session, conversation_id, token)
            return _document(parts, session, row)

    return await asyncio.to_thread(work)


def _document(parts: Parts, session: Session, row: ConversationRow) -> dict[str, Any]:
    return {
        "conversation_id": row.id,
        "started_at": row.created_at,
        "answers_kept": row.kept,
        "role": row.role,
        "coordinators_may_read_my_words": bool(row.share_words),
        "my_answers_count_in_group_results": bool(row.share_ratings),
        "answers": [_answer(parts, answer) for answer in _all(session, AnswerRow, row.id, AnswerRow.id)],
        "reflections": [
            {"at": r.created_at, "stage": r.stage, "text": r.text, "visible_to": r.visible_to}
            for r in _all(session, ReflectionRow, row.id, ReflectionRow.id)
        ],
        "messages": [
            {"at": m.created_at, "author": m.author, "text": m.text}
            for m in _all(session, MessageRow, row.id, MessageRow.seq)
            if m.text is not None
        ],
    }


def _answer(parts: Parts, answer: AnswerRow) -> dict[str, Any]:
    known = parts.built.checklists.has(answer.item)
    return {
        "at": answer.created_at,
        "stage": answer.stage,
        "question": parts.built.checklists.item(answer.item).question if known else answer.item,
        "rating": answer.rating,
        "comment": answer.comment,
        "changed_at": answer.superseded_at,
    }


def _all(session: Session, table: Any, conversation_id: str, order: Any) -> Any:
    return session.scalars(select(table).where(table.conversation_id == conversation_id).order_by(order))
