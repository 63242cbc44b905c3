"""`facilitator up` on Rasa as it comes: `python -m benchmarks.twin.up`.

The same assistant, web app, actions and database, with rules only, as ours has. But Rasa keeps conversations in its own SQL tracker store,
whole, and calls actions, checks their answers and runs its graph in its own way. So what differs is what `bot/engine` does for speed.
What is only set (the domain goes to no action that does not ask for it) is set here too.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import yaml

from facilitator import supervise
from facilitator.cli.main import main
from facilitator.settings import ROOT

ENDPOINTS = {
    "action_endpoint": yaml.safe_load((ROOT / "endpoints.yml").read_text(encoding="utf-8"))["action_endpoint"],
    "tracker_store": {"type": "SQL", "dialect": "sqlite"},
}
CREDENTIALS = {"benchmarks.twin.channel.PlainChannel": {"token": "${FACILITATOR_RASA_TOKEN}"}}


def as_rasa_comes(settings: Any, ports: supervise.Ports, model: Path) -> Path:
    """Supervisor's configuration, with other endpoints and another channel for Rasa."""
    config = ours(settings, ports, model)
    text = config.read_text(encoding="utf-8")
    store = {**ENDPOINTS["tracker_store"], "db": str(config.with_name("rasa.db"))}
    for name, content in (("endpoints", {**ENDPOINTS, "tracker_store": store}), ("credentials", CREDENTIALS)):
        path = config.with_name(f"{name}.yml")
        path.write_text(yaml.safe_dump(content), encoding="utf-8")
        before, text = text, text.replace(f"--{name} {name}.yml", f"--{name} {path}")
        assert text != before, f"supervisor starts Rasa without {name}.yml"
    config.write_text(text, encoding="utf-8")
    return config


ours = supervise.write_config
supervise.write_config = as_rasa_comes

if __name__ == "__main__":
    sys.argv[1:] = ["up"]
    main()
