"""Remembers which rules fit where a conversation stands.

Stock Rasa holds every rule against the latest states at every prediction. Our rules are one action each, so people are in few states: what
was meant, and what was done before. Rasa asks first whether a rule fits somebody's very words: that is looked up each time, as no words of
people are kept here.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from functools import wraps
from typing import Any

_MARK = "_facilitator_remembered"
MOST = 2000


def install() -> None:
    """Replace how the rule policy looks for rules. Doing it twice is the same as once."""
    from rasa.core.policies.rule_policy import RulePolicy

    find = RulePolicy._get_possible_keys
    if getattr(find, _MARK, False):
        return

    @wraps(find)
    def remembered(self: Any, lookup: dict[str, str], states: list[dict[str, Any]]) -> set[str]:
        if any("text" in state.get("user", ()) for state in states):
            return set(find(self, lookup, states))
        known: OrderedDict[tuple[int, str], frozenset[str]] = self.__dict__.setdefault("_facilitator_rules", OrderedDict())
        # the policy keeps its tables for as long as it lives, so their addresses tell them apart
        place = (id(lookup), json.dumps(states, sort_keys=True))
        if place not in known:
            known[place] = frozenset(find(self, lookup, states))
            if len(known) > MOST:
                known.popitem(last=False)
        known.move_to_end(place)
        return set(known[place])

    setattr(remembered, _MARK, True)
    RulePolicy._get_possible_keys = remembered
