"""Every figure that the dashboard, the alerts and the autoscaling name is one that /metrics really gives."""

from __future__ import annotations

import json
import re

import pytest
from prometheus_client.exposition import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from facilitator.safety.kinds import SafetyKind
from facilitator.settings import ROOT
from facilitator.vocabulary import FlagKind
from web.metrics import Metrics

DASHBOARD = json.loads((ROOT / "deploy" / "grafana" / "coproduction.json").read_text(encoding="utf-8"))
ALERTS = (ROOT / "deploy" / "prometheus" / "alerts.yml").read_text(encoding="utf-8")
ADAPTER = (ROOT / "deploy" / "prometheus" / "adapter-rules.yml").read_text(encoding="utf-8")
QUERIES = [target["expr"] for panel in DASHBOARD["panels"] for target in panel["targets"]]
NAME = re.compile(r"\b(?:facilitator|process|python)_[a-z0-9_]+")
OUTCOMES = {"answered", "waiting", "support", "repeated", "refused", "failed"}
GIVEN_ANOTHER_NAME = {"facilitator_turns_per_second"}  # by prometheus-adapter


def served() -> set[str]:
    """Every name that can stand at the start of a line of /metrics."""
    names = set()
    for family in text_string_to_metric_families(generate_latest(Metrics().registry).decode()):
        endings = {"counter": ["_total"], "histogram": ["_bucket", "_sum", "_count"]}.get(family.type, [""])
        names |= {family.name + ending for ending in endings}
    return names


@pytest.mark.parametrize("text", [*QUERIES, ALERTS, ADAPTER])
def test_every_figure_named_is_one_that_is_served(text):
    named = set(NAME.findall(text)) - GIVEN_ANOTHER_NAME
    assert named <= served()


def test_something_is_named_at_all():
    assert len({name for query in QUERIES for name in NAME.findall(query)}) >= 12
    assert len(set(NAME.findall(ALERTS))) >= 6


def test_every_figure_of_ours_is_on_the_dashboard():
    """A figure that nobody ever sees is not worth its cost."""
    shown = {name for query in QUERIES for name in NAME.findall(query)}
    ours = {name for name in served() if name.startswith("facilitator_") and not name.endswith(("_sum", "_count", "_created"))}
    assert ours <= shown


def test_every_outcome_and_kind_named_exists():
    text = "\n".join([*QUERIES, ALERTS])
    for listed in re.findall(r'outcome(?:=~|!=|=)"([^"]+)"', text):
        assert set(listed.split("|")) <= OUTCOMES
    for kind in re.findall(r'kind!?="([^"]+)"', text):
        assert kind in set(FlagKind) | set(SafetyKind)


def test_the_dashboard_reads_only_rules_that_are_recorded():
    recorded = set(re.findall(r"record: (\S+)", ALERTS))
    read = set(re.findall(r"\bfacilitator:[a-z0-9:]+", "\n".join([*QUERIES, *re.findall(r"expr: (.+)", ALERTS)])))
    assert read and read <= recorded


def test_every_alert_says_what_to_do_and_the_guide_knows_it():
    guide = (ROOT / "docs" / "running.md").read_text(encoding="utf-8")
    alerts = re.findall(r"- alert: (\w+)\n(?:.*\n)*?\s+do: (.+)", ALERTS)
    assert len(alerts) == ALERTS.count("- alert:") >= 8
    assert [name for name, _ in alerts if f"`{name}`" not in guide] == []


def test_panels_lie_beside_one_another_and_have_a_title():
    places = [(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in DASHBOARD["panels"]]
    assert len(set(places)) == len(places)
    assert all(panel["title"] for panel in DASHBOARD["panels"])
