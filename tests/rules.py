"""What bot/data/rules says, read for tests."""

from __future__ import annotations

from functools import cache

import yaml

from facilitator.settings import ROOT


@cache
def action_of_intent() -> dict[str, str]:
    """The action that each intent's rule chooses."""
    found: dict[str, str] = {}
    for path in sorted((ROOT / "bot" / "data" / "rules").glob("*.yml")):
        for rule in yaml.safe_load(path.read_text(encoding="utf-8"))["rules"]:
            intent, action = rule["steps"][0]["intent"], rule["steps"][1]["action"]
            assert intent not in found, f"two rules for {intent}"
            found[intent] = action
    return found
