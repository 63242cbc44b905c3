"""A seeded crowd for measuring the review app: so many conversations, each with messages, some with flags and tags.

Words follow Zipf's law over made-up words, so that a search can be for a word nearly everybody uses or for one that few do. Rows go in by
COPY (PostgreSQL) or executemany (SQLite). The search documents are those `facilitator.storage.search` would write of the same messages.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

from sqlalchemy import Table

from facilitator.storage.database import Database
from facilitator.storage.models import ActivityRow, Base, ConversationRow, ConversationTagRow, FlagRow, MessageRow, SearchDocumentRow
from facilitator.vocabulary import FlagKind, Role, Stage

SEED = 20270114
ACTIVITIES = 50
WORDS = 20_000
POOL = 30_000
NOW = datetime(2027, 1, 14, 12, tzinfo=UTC)
BATCH = 20_000
Rows = Iterator[tuple[Any, ...]]


class Crowd:
    """Rows of every table, the same for the same seed."""

    def __init__(self, conversations: int, messages: int) -> None:
        self.conversations, self.each = conversations, messages // conversations
        self._random = random.Random(SEED)  # noqa: S311
        self.words = [_word(number) for number in range(WORDS)]
        weights = [1 / (rank + 3) for rank in range(WORDS)]
        lengths = self._random.choices(range(3, 24), k=POOL)
        drawn = iter(self._random.choices(self.words, weights, k=sum(lengths)))
        self._pool = [" ".join(islice(drawn, length)) for length in lengths]
        self.activities = [f"activity{number:04}" for number in range(ACTIVITIES)]
        self._activity_of: dict[str, str] = {}

    def load(self, database: Database) -> None:
        write(database, ActivityRow, ("id", "title", "description", "join_code", "created_at"), self._activities())
        shared: list[tuple[str, list[str]]] = []
        about = (
            "id person_id pseudonym activity_id channel kept role lang simple share_words share_ratings position state stage messages "
            "fallbacks review search_due created_at last_active_at"
        )
        write(database, ConversationRow, about.split(), self._conversations(shared))
        columns = "id conversation_id author kind text say client_message_id reply_to status choice_id intent confidence created_at"
        typed: dict[str, list[str]] = {one: words for one, words in shared}
        write(database, MessageRow, columns.split(), self._messages(typed))
        write(
            database, SearchDocumentRow, ("conversation_id", "text"), ((one, "\n".join(reversed(words))) for one, words in shared if words)
        )
        columns = "conversation_id activity_id message_id kind state created_at wants_answer"
        write(database, FlagRow, columns.split(), self._flags())
        write(database, ConversationTagRow, ("conversation_id", "tag"), self._tags())
        _settle(database)

    def _activities(self) -> Rows:
        for number, one in enumerate(self.activities):
            yield one, f"Activity {number}", "", f"CD{number:04}".translate(str.maketrans("01", "XY")), NOW

    def _conversations(self, shared: list[tuple[str, list[str]]]) -> Rows:
        pick, chance = self._random.choice, self._random.random
        for number in range(self.conversations):
            kept, readable = chance() < 0.9, chance() < 0.6
            one = _id(number)
            if kept and readable:
                shared.append((one, []))
            stage, last = pick(list(Stage)), NOW - timedelta(seconds=number * 300 + int(chance() * 300))
            position = json.dumps({"step": "item", "stage": stage, "depth": "full", "item": "before-purpose", "question_no": number % 40})
            yield (
                *(
                    one,
                    f"person{number}",
                    f"Quiet Heron {number}" if kept else None,
                    self._activity_of.setdefault(one, pick(self.activities)),
                    pick(("widget", "widget", "slack")),
                ),
                *(kept, pick(list(Role)), "en", False, readable, readable, position, "item", stage, self.each),
                *(int(chance() < 0.2), pick((None, None, None, "reviewed", "follow_up")), False, last - timedelta(days=2), last),
            )

    def _messages(self, typed: dict[str, list[str]]) -> Rows:
        pool, size = self._pool, len(self._pool)
        say = json.dumps({"response": "utter_ask_item", "kind": "question", "values": {"item": "before-purpose"}, "choices": []})
        for number in range(self.conversations):
            one, at, words = _id(number), NOW - timedelta(seconds=number * 300), typed.get(_id(number))
            for turn in range(self.each):
                text, message = pool[(number * 7919 + turn * 104729) % size], f"m{number:012}{turn:05}"
                if turn % 2:
                    yield message, one, "bot", "question", text, say, None, f"m{number:012}{turn - 1:05}", None, None, None, None, at
                    continue
                pressed = turn % 4 == 0
                if words is not None and not pressed:
                    words.append(text)
                choice = f"c{number}" if pressed else None
                yield message, one, "person", "text", text, None, message, None, "answered", choice, "answer_yes", 0.93, at

    def _flags(self) -> Rows:
        for number in range(0, self.conversations, 20):
            kind = list(FlagKind)[number // 20 % len(FlagKind)]
            one, state = _id(number), ("open", "seen", "closed", "closed")[number // 20 % 4]
            yield one, self._activity_of[one], f"m{number:012}00000", kind, state, NOW, False

    def _tags(self) -> Rows:
        for number in range(0, self.conversations, 10):
            yield _id(number), f"tag {number // 10 % 40}"


def _id(number: int) -> str:
    return f"{number:032x}"


def _word(number: int) -> str:
    """A word of syllables, a different one for each number."""
    syllables = ("ba", "ke", "li", "mo", "nu", "pra", "so", "ti", "ve", "zu")
    return "".join(syllables[int(digit)] for digit in f"{number:05}"[::-1])


def write(database: Database, row: type[Base], columns: Sequence[str], rows: Iterable[tuple[Any, ...]]) -> None:
    table: Table = row.__table__  # type: ignore[assignment]
    (_copy if database.engine.dialect.name == "postgresql" else _insert)(database, table.name, columns, rows)


def _copy(database: Database, table: str, columns: Sequence[str], rows: Iterable[tuple[Any, ...]]) -> None:
    connection = database.engine.raw_connection()
    try:
        with connection.cursor() as cursor, cursor.copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN") as copy:  # type: ignore[attr-defined]
            for row in rows:
                copy.write_row(row)
        connection.commit()
    finally:
        connection.close()


def _insert(database: Database, table: str, columns: Sequence[str], rows: Iterable[tuple[Any, ...]]) -> None:
    sql = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"  # noqa: S608
    waiting = iter(rows)
    connection = database.engine.raw_connection()
    try:
        cursor = connection.cursor()
        cursor.execute("PRAGMA cache_size=-400000")
        cursor.execute("BEGIN")
        while batch := [tuple(map(_plain, row)) for row in islice(waiting, BATCH)]:
            cursor.executemany(sql, batch)
        cursor.execute("COMMIT")
    finally:
        connection.close()


def _plain(value: Any) -> Any:
    """As SQLAlchemy stores a time in SQLite."""
    return value.strftime("%Y-%m-%d %H:%M:%S.%f") if isinstance(value, datetime) else value


def _settle(database: Database) -> None:
    """What either database does by itself when it has been in use for a while."""
    connection = database.engine.raw_connection()
    try:
        if database.engine.dialect.name == "postgresql":
            connection.dbapi_connection.autocommit = True  # type: ignore[union-attr]
        connection.cursor().execute("VACUUM ANALYZE" if database.engine.dialect.name == "postgresql" else "ANALYZE")
    finally:
        connection.close()
