"""What people whose words are not stored have just said: in memory only, until it is answered."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

MOST = 10_000
# In characters, which are one to four bytes each: some 80 a message at most times, 12,000 where somebody means harm.
MOST_SIGNS = 16_000_000


@dataclass(frozen=True)
class Words:
    """What somebody said: `{"text": …}` or `{"intent": …}`.

    Where that is a choice of a question, `answers` is the question's number, and `else_says` what is left of it without the question.
    """

    body: Mapping[str, Any]
    answers: int | None = None
    else_says: Words | None = None


class HeldWords:
    """Words of messages by the message's id. There is room for so much; what was held the longest makes room. For several threads."""

    def __init__(self, most: int = MOST, most_signs: int = MOST_SIGNS) -> None:
        self._most, self._most_signs = most, most_signs
        self._words: OrderedDict[str, tuple[float, Words]] = OrderedDict()
        self._signs = 0
        self._lock = threading.Lock()

    def hold(self, message_id: str, words: Words) -> None:
        with self._lock:
            if message_id in self._words:
                return
            self._words[message_id] = time.monotonic(), words
            self._signs += _signs(words)
            while len(self._words) > self._most or self._signs > self._most_signs:
                self._drop(next(iter(self._words)))

    def get(self, message_id: str) -> Words | None:
        held = self._words.get(message_id)
        return held[1] if held is not None else None

    def drop(self, *message_ids: str) -> None:
        with self._lock:
            for message_id in message_ids:
                self._drop(message_id)

    def held_for(self, seconds: float) -> list[str]:
        """The messages whose words have been held for so long."""
        before = time.monotonic() - seconds
        with self._lock:
            return [message_id for message_id, (since, _) in self._words.items() if since <= before]

    def _drop(self, message_id: str) -> None:
        held = self._words.pop(message_id, None)
        self._signs -= _signs(held[1]) if held is not None else 0


def _signs(words: Words) -> int:
    return len(str(words.body.get("text", "")))
