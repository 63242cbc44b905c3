"""The alert rules, by Prometheus' own promtool, and the load balancer's settings, by HAProxy itself."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

DEPLOY = Path(__file__).parents[2] / "deploy"


def run(*command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=DEPLOY / "prometheus", env={**os.environ, **environment}, capture_output=True, text=True, check=False, timeout=60
    )


def test_promtool_can_read_every_rule():
    done = run("promtool", "check", "rules", "alerts.yml")
    assert done.returncode == 0, done.stdout + done.stderr


def test_alerts_come_when_they_should_and_not_before():
    done = run("promtool", "test", "rules", "alerts_test.yml")
    assert done.returncode == 0, done.stdout + done.stderr


def test_haproxy_takes_the_balancers_settings():
    tokens = {"FACILITATOR_RASA_TOKEN": "one", "FACILITATOR_ACTIONS_TOKEN": "two"}
    done = run("haproxy", "-c", "-f", str(DEPLOY / "balancer" / "haproxy.cfg"), **tokens)
    assert done.returncode == 0, done.stdout + done.stderr


def test_only_what_may_be_done_twice_is_tried_twice():
    """Opening a conversation is not; a turn and an action are."""
    text = (DEPLOY / "balancer" / "haproxy.cfg").read_text(encoding="utf-8")
    tried = dict(re.findall(r"^backend (\w+)\n(?:.*\n)*?    retry-on (.+)$", text, flags=re.M))
    assert tried["web"] == "conn-failure"
    assert all("empty-response" in tried[name] for name in ("rasa", "actions"))
