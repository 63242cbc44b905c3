"""Published answers, for the knowledge base: the database is their record, so every process on every machine answers alike."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select

from facilitator.knowledge.written import WrittenAnswer
from facilitator.storage.database import Database
from facilitator.storage.models import WrittenAnswerRow

PUBLISHED = "published"


class PublishedAnswers:
    """Both raise StorageUnavailableError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def stamp(self) -> str:
        newest = select(func.count(), func.max(WrittenAnswerRow.changed_at)).where(WrittenAnswerRow.state == PUBLISHED)
        with self._database.reading() as session:
            count, changed = session.execute(newest).one()
        return f"{count} {changed}"

    def published(self) -> Sequence[WrittenAnswer]:
        query = (
            select(WrittenAnswerRow).where(WrittenAnswerRow.state == PUBLISHED).order_by(WrittenAnswerRow.created_at, WrittenAnswerRow.id)
        )
        with self._database.reading() as session:
            return [WrittenAnswer(row.id, row.question, tuple(row.asks), row.text, row.credit) for row in session.scalars(query)]
