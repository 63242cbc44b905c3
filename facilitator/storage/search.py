"""Full-text search over what coordinators may read: one document for each conversation, in SQLite's FTS5 or PostgreSQL's own index.

A document holds what the person typed and what coordinators wrote to them, only while the person lets coordinators read their words. A
message marks its conversation as due; documents that are due are written before anybody searches, so that a turn pays nothing for a long
conversation. What is taken back, deleted or past its time leaves its document at once, in the same transaction.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, Select, column, delete, func, literal_column, or_, select, table, text, update
from sqlalchemy.orm import Session

from facilitator.storage.database import Database
from facilitator.storage.models import ConversationRow, MessageRow, SearchDocumentRow
from facilitator.vocabulary import Author

AT_A_TIME = 200
MOST_LETTERS = 200_000
MOST_WORDS = 12
# What the databases keep for searching, which is no table of ours.
INDEX_OBJECTS = re.compile(r"search_words|search_document_words")
COMMON = 3000
"""So many matches make a word common: of 60,000 conversations one in twenty, so that a page of 50 is found among the newest thousand."""
# As PostgreSQL has it: with a column of its own, worked out from the text.
_words = table(SearchDocumentRow.__tablename__, column("conversation_id"), column("search_words"))
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
    if session.get_bind().dialect.name == "postgresql":
        return select(_words.c.conversation_id).where(_stands_in(asked))
    index = table("search_words", column("rowid"))
    numbers = select(index.c.rowid).where(text("search_words MATCH :wanted").bindparams(wanted=_quoted(asked)))
    return select(SearchDocumentRow.conversation_id).where(SearchDocumentRow.number.in_(numbers))


def condition(session: Session, asked: str) -> ColumnElement[bool]:
    """That a conversation is one of those, for a query that lists conversations in order.

    PostgreSQL is told how to look. Few matches are found first and then put in order: its planner would rather walk the list and look
    into everybody's words. Of a common word the newest are found by walking: putting all of its conversations in order took a second.
    """
    found = matching(session, asked)
    if session.get_bind().dialect.name != "postgresql":
        return ConversationRow.id.in_(found)
    # counted by the words alone, which the index knows; whether they stand together it does not
    words = func.plainto_tsquery(literal_column("'english'"), " ".join(terms(asked)))
    together = select(_words.c.conversation_id).where(_words.c.search_words.op("@@")(words)).limit(COMMON)
    few = session.scalar(select(func.count()).select_from(together.subquery())) or 0
    if few < COMMON:
        return ConversationRow.id.in_(select(found.cte("hits").prefix_with("MATERIALIZED").c.conversation_id))
    # an offset keeps it from being turned into a join
    return select(_words.c.conversation_id).where(_words.c.conversation_id == ConversationRow.id, _stands_in(asked)).offset(0).exists()


def _stands_in(asked: str) -> ColumnElement[bool]:
    query = func.websearch_to_tsquery(literal_column("'english'"), _quoted(asked))
    return _words.c.search_words.op("@@", is_comparison=True)(query)


def _quoted(asked: str) -> str:
    return " ".join(f'"{term}"' for term in terms(asked))
