"""Remembers which rules fit where a conversation stands.

Stock Rasa holds every rule against the latest states at every prediction. Our rules are one action each, so people are in few states: what
was meant, and what was done before. Rasa asks first whether a rule fits somebody's very words: no rule of ours has words, so it is the same
whatever they are, and none of them is kept.
"""

from __future__ import annotations

import json
from typing import Any

from bot.engine.replacing import replace_once
from facilitator.encoder.latest import Latest

MOST = 2000
_WORDS = "text"


def install() -> None:
    """Replace how the rule policy looks for rules."""
    from rasa.core.policies.rule_policy import RulePolicy

    replace_once(RulePolicy, "_get_possible_keys", _remembering)


def _remembering(find: Any) -> Any:
    def remembered(self: Any, lookup: dict[str, str], states: list[dict[str, Any]]) -> set[str]:
        spoken = any(_WORDS in state.get("user", ()) for state in states)
        if spoken and _has_words(lookup):
            return set(find(self, lookup, states))
        known: Latest[tuple[int, str], frozenset[str]] = self.__dict__.setdefault("_facilitator_rules", Latest(MOST))
        # the policy keeps its tables for as long as it lives, so their addresses tell them apart
        place = (id(lookup), json.dumps([_without_words(state) for state in states] if spoken else states, sort_keys=True))
        keys = known.get(place)
        if keys is None:
            keys = frozenset(find(self, lookup, states))
            known.put(place, keys)
        return set(keys)

    return remembered


def _has_words(lookup: dict[str, str]) -> bool:
    """Whether a rule may fit or not by what was said; each is written as the states it asks for."""
    return any(f'"{_WORDS}"' in rule for rule in lookup)


def _without_words(state: dict[str, Any]) -> dict[str, Any]:
    user = state.get("user", {})
    return {**state, "user": {**user, _WORDS: True}} if _WORDS in user else state
