"""The latest of what was found, in memory. Short texts are known by hash: of what people type, no words are kept."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, Optional, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")
LONGEST = 60  # characters


class Latest(Generic[K, V]):
    """At most so many values; the one not asked for longest makes room. For one thread at a time."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._found: OrderedDict[K, V] = OrderedDict()

    def get(self, key: K) -> Optional[V]:
        found = self._found.get(key)
        if found is not None:
            self._found.move_to_end(key)
        return found

    def put(self, key: K, value: V) -> None:
        """Remember a value, which is not None."""
        self._found[key] = value
        self._found.move_to_end(key)
        while len(self._found) > self._most:
            self._found.popitem(last=False)


class LatestTexts(Generic[V]):
    """What was found of the latest short texts: "skip" means the same the tenth time. A story is told once, and is nobody's to keep."""

    def __init__(self, most: int = 1000) -> None:
        self._latest: Latest[bytes, V] = Latest(most)

    def get(self, text: str) -> Optional[V]:
        return self._latest.get(mark_of(text)) if len(text) <= LONGEST else None

    def put(self, text: str, value: V) -> None:
        """Remember it, unless the text is long."""
        if len(text) <= LONGEST:
            self._latest.put(mark_of(text), value)


def mark_of(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
