"""What was understood of words heard before.

"Yes", "skip" and "who can see this?" are typed all day, and mean the same intent each time: only what was said before tells them apart,
and that is not for the pipeline to say. Kept by hash, for short words alone: a story is told once, and is nobody's to keep.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from facilitator.encoder.latest import LatestTexts

_KEPT = ("intent", "intent_ranking")

Parsed = dict[str, Any]


class HeardBefore:
    """Remembers the latest `most` short texts of one model; another model starts afresh."""

    def __init__(self, most: int = 1000) -> None:
        self._most, self._model = most, object()
        self._heard: LatestTexts[Parsed] = LatestTexts(most)

    async def parsed(self, words: str, model: object, parse: Callable[[], Awaitable[Parsed]]) -> Parsed:
        """What `parse` says of these words, asked once for as long as they are remembered. Its intents and entities alone."""
        if model is not self._model:
            self._model, self._heard = model, LatestTexts(self._most)
        heard = self._heard
        known = heard.get(words)
        if known is None:
            known = _only_kept(await parse())
            if not known["entities"]:  # an entity holds words
                heard.put(words, known)
        return _only_kept(known)


def _only_kept(parsed: Parsed) -> Parsed:
    """A copy, as Rasa hands what it is given on to others."""
    kept = {name: parsed[name] for name in _KEPT if name in parsed}
    if "intent" in kept:
        kept["intent"] = dict(kept["intent"])
    if "intent_ranking" in kept:
        kept["intent_ranking"] = [dict(each) for each in kept["intent_ranking"]]
    return {**kept, "entities": [dict(each) for each in parsed["entities"]]}
