"""Short texts about which something was found before: "skip" is as harmless the tenth time as the first.

Kept by hash, and only that it was so: no words. A story is told once, and is nobody's to keep.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict

LONGEST = 60  # characters
MOST = 1000


class SaidBefore:
    """Remembers the latest `most` short texts that were added. For one thread."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._marks: OrderedDict[bytes, None] = OrderedDict()

    def __contains__(self, text: str) -> bool:
        mark = _mark(text)
        if mark not in self._marks:
            return False
        self._marks.move_to_end(mark)
        return True

    def add(self, text: str) -> None:
        """Remember it, unless it is long."""
        if len(text) > LONGEST:
            return
        self._marks[_mark(text)] = None
        if len(self._marks) > self._most:
            self._marks.popitem(last=False)


def _mark(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
