"""The Helm chart, rendered and linted by Helm's own library and held strictly against Kubernetes' schemas. No cluster is needed.

Run with `.venv-deploy/bin/python -m pytest tests/deploy` (`make check-deploy`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml
from helm_python import HelmError
from helm_python.chart import Chart, lint

ROOT = Path(__file__).parents[2]
CHART = ROOT / "deploy" / "helm"
KUBERNETES = ("1.27", "1.31", "1.34")
NEEDED = {
    "images": {"application": "registry.invalid/app@sha256:1", "rasa": "registry.invalid/rasa@sha256:2"},
    "existingSecret": "our-secrets",
}
EVERYTHING = {
    **NEEDED,
    "ingress": {"enabled": True, "host": "chat.example.org", "tlsSecret": "certificate"},
    "slack": {"enabled": True},
    "oidc": {"enabled": True, "issuer": "https://login.example.org/staff", "clientId": "us", "name": "Our Trust", "cidr": "192.0.2.7/32"},
    "autoscaling": {"turns": {"enabled": True}},
    "forwardedAllowIps": "10.1.0.0/16",
}
PARTS = ("web", "rasa", "actions")


def rendered(values: dict[str, Any]) -> list[dict[str, Any]]:
    with Chart.load(CHART) as chart:
        texts = chart.render(values, name="co", namespace="people")
    return [found for text in texts.values() for found in yaml.safe_load_all(text) if found]


@pytest.fixture(scope="module", params=["needed", "everything"])
def objects(request: pytest.FixtureRequest) -> list[dict[str, Any]]:
    return rendered(NEEDED if request.param == "needed" else EVERYTHING)


def only(objects: list[dict[str, Any]], kind: str, name: str) -> dict[str, Any]:
    [found] = [each for each in objects if each["kind"] == kind and each["metadata"]["name"] == f"co-{name}"]
    return found


def pods(objects: list[dict[str, Any]]) -> Iterator[tuple[str, dict[str, Any]]]:
    for each in objects:
        if each["kind"] in ("Deployment", "Job"):
            yield each["metadata"]["name"], each["spec"]["template"]["spec"]


def containers(pod: dict[str, Any]) -> list[dict[str, Any]]:
    return [*pod.get("initContainers", []), *pod["containers"]]


@pytest.mark.parametrize("values", [NEEDED, EVERYTHING], ids=["needed", "everything"])
def test_helm_lint_has_nothing_to_say(values):
    report = lint(CHART, values, strict=True)
    assert report["errors"] == []
    assert [m for m in report["messages"] if m["severity"] >= 2] == []


@pytest.mark.parametrize("version", KUBERNETES)
def test_every_object_is_valid_for_kubernetes_and_names_nothing_it_does_not_know(objects, version):
    for each in objects:
        kubernetes_validate.validate(each, version, strict=True)


def test_the_schemas_would_notice_a_misspelt_field(objects):
    broken = only(objects, "Deployment", "web")
    pod = {**broken["spec"]["template"]["spec"], "terminationGracePeriodSecond": 3}
    wrong = {**broken, "spec": {**broken["spec"], "template": {**broken["spec"]["template"], "spec": pod}}}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, "1.31", strict=True)


@pytest.mark.parametrize("missing", ["images", "existingSecret"])
def test_what_has_no_safe_default_stops_the_release_by_name(missing):
    with pytest.raises(HelmError, match=missing):
        rendered({name: value for name, value in NEEDED.items() if name != missing})


def test_a_token_among_the_settings_is_refused():
    with pytest.raises(HelmError):
        rendered({**NEEDED, "settings": {"FACILITATOR_RASA_TOKEN": "in the open"}})


def test_every_container_runs_as_an_ordinary_user_and_can_change_nothing_of_itself(objects):
    for name, pod in pods(objects):
        assert pod["securityContext"]["runAsNonRoot"] is True and pod["securityContext"]["runAsUser"] > 0, name
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert pod["automountServiceAccountToken"] is False
        for container in containers(pod):
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }
            assert container["resources"]["limits"]["memory"] and container["resources"]["requests"]["cpu"]


def test_secrets_are_named_never_held_and_reach_containers_as_files_only(objects):
    assert not [each for each in objects if each["kind"] == "Secret"]
    for name, pod in pods(objects):
        for container in containers(pod):
            for variable in container.get("env", []):
                assert "valueFrom" not in variable
                if re.search("TOKEN|SECRET|DATABASE_URL|REDIS_URL", variable["name"]):
                    assert variable["name"].endswith("_FILE") and variable["value"].startswith("/run/secrets/app/"), name


def test_every_part_has_probes_a_budget_and_grows(objects):
    for part in PARTS:
        [container] = only(objects, "Deployment", part)["spec"]["template"]["spec"]["containers"]
        assert {"startupProbe", "readinessProbe", "livenessProbe"} <= set(container)
        assert only(objects, "PodDisruptionBudget", part)["spec"]["minAvailable"] == 1
        grows = only(objects, "HorizontalPodAutoscaler", part)["spec"]
        assert grows["minReplicas"] == 2 and grows["metrics"][0]["resource"]["name"] == "cpu"
        assert "replicas" not in only(objects, "Deployment", part)["spec"], "two would fight over the number"


def test_turns_a_second_count_beside_the_processor_when_switched_on():
    objects = rendered(EVERYTHING)
    for part in PARTS:
        metrics = only(objects, "HorizontalPodAutoscaler", part)["spec"]["metrics"]
        assert [m["type"] for m in metrics] == ["Resource", "Pods" if part == "web" else "External"]
        assert "facilitator_turns_per_second" in str(metrics[1])
    assert "facilitator_turns_per_second" in (ROOT / "deploy" / "prometheus" / "adapter-rules.yml").read_text(encoding="utf-8")


def test_web_is_not_restarted_or_taken_away_because_another_part_is_down(objects):
    [web] = only(objects, "Deployment", "web")["spec"]["template"]["spec"]["containers"]
    assert {web[probe]["httpGet"]["path"] for probe in ("startupProbe", "readinessProbe", "livenessProbe")} == {"/healthz"}


def test_rasa_can_be_reached_by_web_alone_and_everything_else_is_forbidden(objects):
    nothing = only(objects, "NetworkPolicy", "nothing")["spec"]
    assert nothing["policyTypes"] == ["Ingress", "Egress"] and "ingress" not in nothing and "egress" not in nothing
    for name, pod_labels in ((part, only(objects, "Deployment", part)["spec"]["template"]["metadata"]["labels"]) for part in PARTS):
        assert nothing["podSelector"]["matchLabels"].items() <= pod_labels.items(), name
    [way_in] = only(objects, "NetworkPolicy", "rasa")["spec"]["ingress"]
    [caller] = way_in["from"]
    assert caller == {"podSelector": {"matchLabels": only(objects, "Deployment", "web")["spec"]["selector"]["matchLabels"]}}
    for each in objects:
        if each["kind"] == "Service":
            assert each["spec"].get("type", "ClusterIP") == "ClusterIP"
        if each["kind"] == "Ingress":
            assert "co-web" in str(each["spec"]) and "rasa" not in str(each["spec"])


def test_only_with_slack_may_anything_speak_to_the_internet():
    def everywhere(values: dict[str, Any]) -> list[str]:
        found = [each for each in rendered(values) if each["kind"] == "NetworkPolicy" and "0.0.0.0/0" in str(each["spec"])]
        return [each["metadata"]["name"] for each in found]

    assert everywhere(NEEDED) == []
    assert everywhere(EVERYTHING) == ["co-web"]


def test_the_provider_of_sign_in_is_reached_by_web_alone_and_its_secret_is_a_file():
    objects = rendered({**NEEDED, "oidc": {**EVERYTHING["oidc"], "port": 8443}})
    policies = [each for each in objects if each["kind"] == "NetworkPolicy" and "192.0.2.7/32" in str(each["spec"])]
    assert [each["metadata"]["name"] for each in policies] == ["co-web"]
    [rule] = [rule for rule in policies[0]["spec"]["egress"] if "192.0.2.7/32" in str(rule)]
    assert rule["ports"] == [{"port": 8443}]
    given = {each["name"]: each["value"] for each in containers(dict(pods(objects))["co-web"])[-1]["env"] if "OIDC" in each["name"]}
    assert given == {
        "FACILITATOR_OIDC_ISSUER": "https://login.example.org/staff",
        "FACILITATOR_OIDC_CLIENT_ID": "us",
        "FACILITATOR_OIDC_CLIENT_SECRET_FILE": "/run/secrets/app/oidc-client-secret",
        "FACILITATOR_OIDC_NAME": "Our Trust",
    }
    for part in ("rasa", "actions"):
        assert "OIDC" not in str(dict(pods(objects))[f"co-{part}"])


@pytest.mark.parametrize("missing", ["issuer", "clientId", "cidr"])
def test_half_of_a_sign_in_is_refused_with_what_is_missing(missing):
    with pytest.raises(HelmError, match=f"oidc.{missing}"):
        rendered({**NEEDED, "oidc": {**EVERYTHING["oidc"], missing: ""}})


def test_tables_are_brought_up_to_date_before_anything_new_starts(objects):
    job = only(objects, "Job", "migrate")
    assert job["metadata"]["annotations"]["helm.sh/hook"] == "pre-install,pre-upgrade"
    assert job["spec"]["template"]["spec"]["containers"][0]["command"] == ["facilitator", "db", "upgrade"]
    hooked = [each["kind"] for each in objects if "helm.sh/hook" in each["metadata"].get("annotations", {})]
    assert hooked == ["Job"], "the job may need nothing that comes later"


def test_selectors_pick_their_own_pods_and_no_others(objects):
    labels = {part: only(objects, "Deployment", part)["spec"]["template"]["metadata"]["labels"] for part in PARTS}
    for part in PARTS:
        selector = only(objects, "Service", part)["spec"]["selector"]
        assert [name for name, own in labels.items() if selector.items() <= own.items()] == [part]


def test_every_variable_is_one_that_something_reads(objects):
    settings = (ROOT / "facilitator" / "settings.py").read_text(encoding="utf-8").upper()
    rasa = (ROOT / "endpoints.yml").read_text(encoding="utf-8") + (ROOT / "credentials.yml").read_text(encoding="utf-8")
    for _, pod in pods(objects):
        for container in containers(pod):
            for variable in container.get("env", []):
                name = variable["name"].removesuffix("_FILE")
                assert re.search(rf"\b{name}\b", settings + rasa) or name in ("FORWARDED_ALLOW_IPS", "RASA_TELEMETRY_ENABLED"), name
