"""Full-text search over what coordinators may read: one document for each conversation, in SQLite's FTS5 or PostgreSQL's own index.

A document holds what the person typed and what coordinators wrote to them, only while the person lets coordinators read their words. A
message marks its conversation as due; documents that are due are written before anybody searches, so that a turn pays nothing for a long
conversation. What is taken back, deleted or past its time leaves its document at once, in the same transaction.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

from sqlalchemy import Select, column, delete, func, literal_column, or_, select, table, text, update
from sqlalchemy.orm import Session

from facilitator.storage.database import Database
from facilitator.storage.models import ConversationRow, MessageRow, SearchDocumentRow
from facilitator.vocabulary import Author

AT_A_TIME = 200
MOST_LETTERS = 200_000
MOST_WORDS = 12
# What the databases keep for searching, which is no table of ours.
INDEX_OBJECTS = re.compile(r"search_words|search_document_words")
_TERM = re.compile(r'"([^"]*)"|(\S+)')


def forget(session: Session, conversation_ids: Collection[str]) -> None:
    """Take conversations out of the search, at once."""
    session.execute(delete(SearchDocumentRow).where(SearchDocumentRow.conversation_id.in_(conversation_ids)))


def rewrite(session: Session, conversation_ids: Collection[str]) -> None:
    """Words of these conversations go: out of the search with them, and what is left is written again before the next search."""
    forget(session, conversation_ids)
    session.execute(update(ConversationRow).where(ConversationRow.id.in_(conversation_ids)).values(search_due=True))


def catch_up(database: Database, rounds: int = 50) -> bool:
    """Write the documents that are due, some at a time. False when there is more to do."""
    for _ in range(rounds):
        with database.reading() as session:
            if session.scalar(_due().limit(1)) is None:
                return True
        with database.unit_of_work() as session:
            _write_due(session)
    return False


def _due() -> Select[Any]:
    return select(ConversationRow.id).where(ConversationRow.search_due.is_(True))


def _write_due(session: Session) -> None:
    rows = session.scalars(
        select(ConversationRow).where(ConversationRow.search_due.is_(True)).limit(AT_A_TIME).with_for_update(skip_locked=True)
    )
    found = list(rows)
    readable = [row.id for row in found if row.kept and row.share_words]
    forget(session, [row.id for row in found])
    session.flush()
    words = _words_of(session, readable)
    session.add_all(SearchDocumentRow(conversation_id=one, text=words[one]) for one in readable if words.get(one))
    for row in found:
        row.search_due = False


def _words_of(session: Session, conversation_ids: Collection[str]) -> dict[str, str]:
    """What was typed in each, the newest first: of a very long conversation the beginning cannot be searched."""
    typed = or_(
        (MessageRow.author == Author.PERSON) & MessageRow.choice_id.is_(None),
        MessageRow.author == Author.COORDINATOR,
    )
    query = (
        select(MessageRow.conversation_id, MessageRow.text)
        .where(MessageRow.conversation_id.in_(conversation_ids), typed, MessageRow.text.is_not(None))
        .order_by(MessageRow.seq.desc())
    )
    found: dict[str, list[str]] = {}
    for conversation_id, words in session.execute(query):
        found.setdefault(conversation_id, []).append(words or "")
    return {one: "\n".join(parts)[:MOST_LETTERS] for one, parts in found.items()}


# ── asking ──


def terms(asked: str) -> list[str]:
    """The words and "quoted phrases" of a search, without signs that a database would take for commands."""
    found = (" ".join(re.findall(r"\w+", quoted or plain)) for quoted, plain in _TERM.findall(asked))
    return [term for term in found if term][:MOST_WORDS]


def matching(session: Session, asked: str) -> Select[Any]:
    """Selects the ids of conversations in which every word and phrase stands, in any of its forms. `asked` has at least one word."""
    wanted = terms(asked)
    if session.get_bind().dialect.name == "postgresql":
        query = func.websearch_to_tsquery(literal_column("'english'"), " ".join(f'"{term}"' for term in wanted))
        words = func.to_tsvector(literal_column("'english'"), SearchDocumentRow.text)
        return select(SearchDocumentRow.conversation_id).where(words.op("@@")(query))
    index = table("search_words", column("rowid"))
    numbers = select(index.c.rowid).where(text("search_words MATCH :wanted").bindparams(wanted=" ".join(f'"{term}"' for term in wanted)))
    return select(SearchDocumentRow.conversation_id).where(SearchDocumentRow.number.in_(numbers))
