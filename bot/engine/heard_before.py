"""What was understood of words heard before.

"Yes", "skip" and "who can see this?" are typed all day, and mean the same intent each time: only what was said before tells them apart,
and that is not for the pipeline to say. Kept by hash, for short words alone: a story is told once, and is nobody's to keep.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Any

LONGEST = 60  # characters
_KEPT = ("intent", "intent_ranking")

Parsed = dict[str, Any]


class HeardBefore:
    """Remembers the latest `most` short texts of one model; another model starts afresh."""

    def __init__(self, most: int = 1000) -> None:
        self._most, self._model = most, object()
        self._heard: OrderedDict[bytes, Parsed] = OrderedDict()

    async def parsed(self, words: str, model: object, parse: Callable[[], Awaitable[Parsed]]) -> Parsed:
        """What `parse` says of these words, asked once for as long as they are remembered. Its intents and entities alone."""
        if model is not self._model:
            self._model, self._heard = model, OrderedDict()
        if len(words) > LONGEST:
            return _only_kept(await parse())
        heard, mark = self._heard, hashlib.sha256(words.encode("utf-8", "surrogatepass")).digest()
        if mark not in heard:
            found = _only_kept(await parse())
            if found["entities"]:
                return found  # an entity holds words
            heard[mark] = found
            if len(heard) > self._most:
                heard.popitem(last=False)
        heard.move_to_end(mark)
        return _only_kept(heard[mark])


def _only_kept(parsed: Parsed) -> Parsed:
    """A copy, as Rasa hands what it is given on to others."""
    kept = {name: parsed[name] for name in _KEPT if name in parsed}
    if "intent" in kept:
        kept["intent"] = dict(kept["intent"])
    if "intent_ranking" in kept:
        kept["intent_ranking"] = [dict(each) for each in kept["intent_ranking"]]
    return {**kept, "entities": [dict(each) for each in parsed["entities"]]}
