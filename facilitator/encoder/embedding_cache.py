"""Vectors on disk, so that training and index builds encode a sentence once.

For text that is in the repository or in the knowledge base. Never used for what people type: a hash of a short
message can be guessed.
"""

from __future__ import annotations

import hashlib
import logging
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

logger = logging.getLogger(__name__)

_SCHEMA = "CREATE TABLE IF NOT EXISTS vectors (key BLOB PRIMARY KEY, vector BLOB NOT NULL) WITHOUT ROWID"
_CHUNK = 500  # SQLite's lowest limit on parameters in a statement is 999


class EmbeddingCache:
    """A SQLite file of vectors keyed by model and text.

    Losing it costs time, never correctness: a file that is damaged is replaced, and one that cannot be written
    is left alone. Several processes may share it.
    """

    def __init__(self, path: Path, model: str, dimensions: int) -> None:
        self._path = path
        self._model = model.encode()
        self._bytes = dimensions * 4

    def read(self, texts: Iterable[str]) -> dict[str, NDArray[np.float32]]:
        """The vectors known for `texts`; those that are not known are left out."""
        wanted = {self._key(text): text for text in texts}
        try:
            rows = self._select(list(wanted))
        except sqlite3.Error as error:
            self._discard(error)
            return {}
        return {wanted[key]: np.frombuffer(blob, dtype="<f4") for key, blob in rows if len(blob) == self._bytes}

    def write(self, vectors: Mapping[str, NDArray[np.float32]]) -> None:
        """Keep `vectors`; all of them or, when the file cannot be written, none."""
        rows = [(self._key(text), np.asarray(vector, dtype="<f4").tobytes()) for text, vector in vectors.items()]
        try:
            with self._open() as connection:
                connection.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?)", rows)
        except (sqlite3.Error, OSError) as error:
            logger.info("embedding cache not written: %s", type(error).__name__)

    def _key(self, text: str) -> bytes:
        return hashlib.sha256(self._model + b"\0" + text.encode("utf-8", "surrogatepass")).digest()

    def _select(self, keys: list[bytes]) -> list[tuple[bytes, bytes]]:
        if not self._path.exists():
            return []
        found: list[tuple[bytes, bytes]] = []
        with self._open() as connection:
            for start in range(0, len(keys), _CHUNK):
                chunk = keys[start : start + _CHUNK]
                marks = ",".join("?" * len(chunk))
                found += connection.execute(f"SELECT key, vector FROM vectors WHERE key IN ({marks})", chunk)  # noqa: S608 - marks only
        return found

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(self._path, timeout=10)
        try:
            with connection:  # commits, or rolls back
                connection.execute(_SCHEMA)
                yield connection
        finally:
            connection.close()

    def _discard(self, error: sqlite3.Error) -> None:
        logger.warning("embedding cache discarded: %s", type(error).__name__)
        # OperationalError is "locked" or "cannot open": the file may be sound and in use, so it stays
        if not isinstance(error, sqlite3.OperationalError):
            self._path.unlink(missing_ok=True)
