"""Everything we hold about one person's conversation, in one readable document."""

from __future__ import annotations

import asyncio
from typing import Any

from facilitator.exporting import document_of
from web.parts import Parts


async def export_of(parts: Parts, conversation_id: str, token: str) -> dict[str, Any]:
    """Raises Problem 401 when the token does not open the conversation."""

    def work() -> dict[str, Any]:
        with parts.built.database.reading() as session:
            row = parts.desk.admit(session, conversation_id, token)
            return document_of(session, row.id, parts.built.checklists)

    return await asyncio.to_thread(work)
