"""`facilitator up` on Rasa as it comes: `python -m benchmarks.twin.up`.

The same assistant, web app, actions and database, with rules only, as ours has. But Rasa keeps conversations in its own SQL tracker store,
whole, and calls actions, checks their answers and runs its graph in its own way. So what differs is what `bot/engine` does for speed.
"""

from __future__ import annotations

import sys
from functools import wraps
from pathlib import Path
from typing import Any

import yaml

from facilitator import supervise
from facilitator.cli.main import main

ENDPOINTS = {
    "action_endpoint": {"url": "${FACILITATOR_ACTIONS_URL}", "headers": {"Authorization": "Bearer ${FACILITATOR_ACTIONS_TOKEN}"}},
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
        text = text.replace(f"--{name} {name}.yml", f"--{name} {path}")
    config.write_text(text, encoding="utf-8")
    return config


ours = supervise.write_config
supervise.write_config = wraps(ours)(as_rasa_comes)

if __name__ == "__main__":
    sys.argv[1:] = ["up"]
    main()
