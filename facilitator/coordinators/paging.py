"""Pages of a long list, as quick at the end as at the start: each begins after a row, not after a number of rows."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, literal, tuple_
from sqlalchemy.orm import InstrumentedAttribute, Session

from facilitator.storage.models import UtcDateTime

SIZE = 50
Query = Select[*tuple[Any, ...]]
Key = ColumnElement[Any] | InstrumentedAttribute[Any]


@dataclass(frozen=True)
class Page[T]:
    """Some rows in order, and the cursors of the pages around them (None at an end)."""

    rows: Sequence[T]
    before: str | None = None
    after: str | None = None


def page_of(session: Session, query: Query, by: Sequence[Key], *, cursor: str = "", descending: bool = True, size: int = SIZE) -> Page[Any]:
    """The page that a cursor names; the first for none, or for one that cannot be read.

    Args:
        query: without an order. by: what to order by, together different for every row, all in the same direction; an index on it keeps
            the pages quick. cursor: `before` or `after` of another page.
    Returns:
        A page of entities, or of rows where the query selects several.
    """
    back, start = _read(cursor, by)
    down = descending != back
    if start is not None:
        here = tuple_(*by)
        there = tuple_(*(literal(value, column.type) for value, column in zip(start, by, strict=True)))
        query = query.where(here < there if down else here > there)
    query = query.add_columns(*by).order_by(*(column.desc() if down else column.asc() for column in by)).limit(size + 1)
    found = list(session.execute(query))
    more, found = len(found) > size, found[:size]
    if back:
        found.reverse()
    keys = [tuple(row)[-len(by) :] for row in found]
    rows = [row[0] if len(row) == len(by) + 1 else tuple(row)[: -len(by)] for row in found]
    return Page(
        rows,
        before=_write("b", keys[0]) if keys and (more if back else start is not None) else None,
        after=_write("a", keys[-1]) if keys and (start is not None if back else more) else None,
    )


def _write(direction: str, key: Sequence[Any]) -> str:
    plain = [value.isoformat() if isinstance(value, datetime) else value for value in key]
    return direction + base64.urlsafe_b64encode(json.dumps(plain, separators=(",", ":")).encode()).decode().rstrip("=")


def _read(cursor: str, by: Sequence[Key]) -> tuple[bool, list[Any] | None]:
    try:
        plain = json.loads(base64.urlsafe_b64decode(cursor[1:] + "=" * (-len(cursor[1:]) % 4)))
        if cursor[:1] not in ("a", "b") or not isinstance(plain, list) or len(plain) != len(by):
            return False, None
        return cursor[0] == "b", [_typed(value, column) for value, column in zip(plain, by, strict=True)]
    except ValueError:
        return False, None


def _typed(value: Any, column: Key) -> Any:
    if isinstance(column.type, UtcDateTime):
        return datetime.fromisoformat(str(value))
    if not isinstance(value, column.type.python_type):
        raise ValueError
    return value


def after(*key: Any) -> str:
    """The cursor of the page that begins straight after this place in the list."""
    return _write("a", key)
