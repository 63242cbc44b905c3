"""The weaknesses we live with (requirements/accepted-findings.toml) are not reached: what they are in is not imported, called or installed
while Rasa loads the trained model and reads messages. In a process of its own, as other tests import what they like.
"""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest
import tomli

ROOT = Path(__file__).resolve().parents[2]
FINDINGS = tomli.loads((ROOT / "requirements" / "accepted-findings.toml").read_text(encoding="utf-8"))["finding"]
PROOFS = ("not_imported", "not_called", "not_installed")
MESSAGES = ("hello there", "not yet because nobody told us", "/restart", '{"a": [1, 2]}', "what is co-production?")
QUIET = {"RASA_TELEMETRY_ENABLED": "false", "PYTHONPATH": str(ROOT)}

WATCH = """
import asyncio, importlib, json, sys, warnings
warnings.simplefilter("ignore")
watched, messages, model, also = json.loads(sys.argv[1])
reached = []

def watch(name):
    parts = name.split(".")
    for cut in range(len(parts) - 1, 0, -1):
        try:
            place = importlib.import_module(".".join(parts[:cut]))
        except ModuleNotFoundError:
            continue
        break
    for part in parts[cut:-1]:
        place = getattr(place, part)
    real = getattr(place, parts[-1])
    def noted(*args, **kwargs):
        reached.append(name)
        return real(*args, **kwargs)
    setattr(place, parts[-1], noted)

from bot.engine.left_out import stand_in
stand_in()
import rasa.core.run, rasa.server, bot.engine.channel
from rasa.core.agent import load_agent
before = set(sys.modules)
for name in watched:
    watch(name)
brought = set(sys.modules) - before
agent = asyncio.run(load_agent(model_path=model))
assert agent.is_ready()
for message in messages:
    assert asyncio.run(agent.parse_message(message))["intent"]
exec(also)
print(json.dumps({"reached": sorted(set(reached)), "imported": sorted(set(sys.modules) - brought)}))
"""


def seen(also: str = "") -> dict:
    """What was called and imported while Rasa loaded its model and read some messages; and then whatever `also` does."""
    model = max((ROOT / "models").glob("coproduction-*.tar.gz"), key=lambda path: path.stat().st_mtime)
    watched = sorted({name for finding in FINDINGS for name in finding.get("not_called", ())})
    asked = json.dumps([watched, MESSAGES, str(model), also])
    done = subprocess.run([sys.executable, "-c", WATCH, asked], capture_output=True, text=True, env=QUIET, cwd=ROOT, timeout=240)
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def loaded() -> dict:
    return seen()


def test_every_accepted_finding_says_how_it_is_shown_to_be_out_of_reach():
    assert FINDINGS
    assert [finding["ids"] for finding in FINDINGS if sum(proof in finding for proof in PROOFS) != 1] == []


@pytest.mark.parametrize("finding", FINDINGS, ids=[f"{one['package']} {one['ids'][0]}" for one in FINDINGS])
def test_what_the_finding_is_in_is_not_reached(loaded, finding):
    if "not_installed" in finding:
        assert importlib.util.find_spec(finding["not_installed"]) is None
    elif "not_imported" in finding:
        assert finding["not_imported"] not in loaded["imported"]
    else:
        assert set(finding["not_called"]) & set(loaded["reached"]) == set()


def test_what_is_reached_would_be_noticed():
    found = seen(
        "import google.protobuf.json_format as j; from google.protobuf.struct_pb2 import Struct; j.Parse('{}', Struct()); import wheel"
    )
    assert "google.protobuf.json_format.Parse" in found["reached"]
    assert "wheel" in found["imported"]
