"""What docker-compose.yml and deploy/ promise, read from the files: no container engine is needed."""

from __future__ import annotations

import http.server
import os
import re
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import yaml

from facilitator import supervise, training
from facilitator.settings import ROOT, Settings

COMPOSE_TEXT = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
SCALED_TEXT = (ROOT / "docker-compose.scaled.yml").read_text(encoding="utf-8")
COMPOSE = yaml.safe_load(COMPOSE_TEXT)
SERVICES = COMPOSE["services"]
DOCKERFILES = {path.name: path.read_text(encoding="utf-8") for path in sorted((ROOT / "deploy").glob("*.Dockerfile"))}
SECRETS = ROOT / "deploy" / "make-secrets"
# Read by the programs inside, not by us.
NOT_OURS = {"FORWARDED_ALLOW_IPS", "RASA_TELEMETRY_ENABLED", "PIP_INDEX_URL", "UV_INDEX_URL"}
IMAGES = {"PYTHON_3_12", "PYTHON_3_10", "POSTGRES_IMAGE", "REDIS_IMAGE", "HAPROXY_IMAGE"}


def settings_names() -> set[str]:
    return {name.upper() for name in Settings.model_fields}


def rasa_names() -> set[str]:
    """The variables that Rasa fills into its own files."""
    texts = [(ROOT / name).read_text(encoding="utf-8") for name in ("endpoints.yml", "credentials.yml")]
    return {name for text in texts for name in re.findall(r"\$\{([A-Z_]+)\}", text)}


def final_stage(dockerfile: str) -> str:
    return DOCKERFILES[dockerfile].split("\nFROM ")[-1].replace("\\\n", " ")


def copied(dockerfile: str) -> list[str]:
    """What the Dockerfile copies from the project, all stages."""
    lines = re.findall(r"^COPY (?!--)(.+)$", DOCKERFILES[dockerfile], flags=re.M)
    return [source for line in lines for source in line.split()[:-1]]


def test_the_parts_of_the_design_are_all_there():
    assert set(SERVICES) == {"web", "actions", "rasa", "migrate", "postgres", "redis"}


def test_only_web_can_be_reached_and_by_default_from_this_machine_only():
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["web"]
    assert SERVICES["web"]["ports"] == ["${FACILITATOR_HOST:-127.0.0.1}:${FACILITATOR_PORT:-8000}:8000"]


def test_everything_but_web_is_on_a_network_without_a_way_in_or_out():
    assert COMPOSE["networks"]["inside"]["internal"] is True
    assert {name: service["networks"] for name, service in SERVICES.items() if service["networks"] != ["inside"]} == {
        "web": ["front", "inside"]
    }


@pytest.mark.parametrize("name", SERVICES)
def test_every_container_runs_as_an_ordinary_user_and_can_change_nothing_of_itself(name):
    service = SERVICES[name]
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", service["user"])
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    assert not service.get("privileged")
    assert not any("docker.sock" in str(volume) for volume in service.get("volumes", []))


@pytest.mark.parametrize("name", SERVICES)
def test_every_image_is_pinned_or_built_here(name):
    image = SERVICES[name]["image"]
    wanted = r"coproduction-[a-z]+:local" if "build" in SERVICES[name] else r"\$\{[A-Z]+_IMAGE:-[a-z]+:\d+(\.\d+)+-bookworm\}"
    assert re.fullmatch(wanted, image)


@pytest.mark.parametrize("dockerfile", DOCKERFILES)
def test_images_start_from_a_pinned_python_and_end_as_an_ordinary_user(dockerfile):
    text = DOCKERFILES[dockerfile]
    [base] = re.findall(r"^ARG PYTHON=(.+)$", text, flags=re.M)
    assert re.fullmatch(r"python:3\.\d+\.\d+-slim-bookworm", base)
    assert base in COMPOSE_TEXT, "docker-compose.yml builds from another base"
    stages = set(re.findall(r"^FROM \S+ AS (\S+)", text, flags=re.M))
    assert set(re.findall(r"^FROM (\S+)", text, flags=re.M)) - stages == {"${PYTHON}"}
    assert re.findall(r"^USER (.+)$", final_stage(dockerfile), flags=re.M) == ["10001:10001"]


@pytest.mark.parametrize("dockerfile", DOCKERFILES)
def test_images_hold_only_packages_whose_hashes_are_locked(dockerfile):
    installs = re.findall(r"(?:pip install|pip sync) .*", DOCKERFILES[dockerfile])
    assert len(installs) >= 2
    assert all("--require-hashes" in line for line in installs)
    assert not re.search(r"apt-get|curl|wget|https?://(?!127)", DOCKERFILES[dockerfile])


@pytest.mark.parametrize("dockerfile", DOCKERFILES)
def test_what_an_image_copies_exists_and_is_let_through(dockerfile):
    let_through = [line[1:] for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines() if line.startswith("!")]
    for source in copied(dockerfile):
        assert (ROOT / source).exists(), source
        assert any(source == entry or source.startswith(f"{entry}/") for entry in let_through), f"{source} is left out by .dockerignore"


def test_nothing_that_holds_answers_or_secrets_is_let_into_an_image():
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert next(line for line in lines if not line.startswith("#")) == "*"
    assert not [line for line in lines if re.match(r"!(\.|var|deploy/?$|deploy/secrets|models|tests|\*)", line)]


def test_the_file_that_is_committed_holds_no_secret():
    assert not re.search(r"(?i)(password|token|secret)\s*[:=]\s*['\"]?[a-z0-9/+]{8,}", COMPOSE_TEXT)
    assert not re.search(r"://[^/\s]+:[^/\s]+@", COMPOSE_TEXT)
    for name in ("postgres_password", "redis_password", "rasa_token", "actions_token", "database_url", "redis_url"):
        assert COMPOSE["secrets"][name] == {"file": f"deploy/secrets/{name}"}


def test_secrets_reach_containers_as_files_only():
    secret = {name for name, field in Settings.model_fields.items() if "SecretStr" in str(field.annotation)}
    for service in SERVICES.values():
        given = service.get("environment", {})
        assert not {name.upper() for name in secret} & set(given)
        for name, value in given.items():
            if name.endswith("_FILE"):
                assert str(value).removeprefix("/run/secrets/") in service["secrets"]
        assert set(service.get("secrets", [])) <= set(COMPOSE["secrets"])


@pytest.mark.parametrize("name", ["web", "actions", "migrate", "rasa"])
def test_every_variable_named_is_one_that_something_reads(name):
    known = settings_names() | rasa_names() | NOT_OURS
    given = {variable.removesuffix("_FILE") for variable in SERVICES[name]["environment"]}
    assert given <= known


def test_every_choice_left_to_the_env_file_is_a_setting_or_an_image():
    choices = set(re.findall(r"\$\{([A-Z0-9_]+)", COMPOSE_TEXT + SCALED_TEXT))
    assert choices <= settings_names() | IMAGES


def test_the_sample_env_file_names_what_exists_and_holds_no_secret():
    sample = (ROOT / ".env.example").read_text(encoding="utf-8")
    named = set(re.findall(r"^#?([A-Z0-9_]+)=", sample, flags=re.M))
    assert named <= settings_names() | IMAGES
    public = {f"FACILITATOR_{page}_URL" for page in ("PUBLIC", "PRIVACY", "ACCESSIBILITY", "COMPLAINTS")}
    assert {name for name in named if re.search("TOKEN|URL|PASSWORD", name)} == public
    assert set(re.findall(r"\$\{([A-Z0-9_]+)", COMPOSE_TEXT + SCALED_TEXT)) <= named


def test_rasa_is_given_every_variable_that_its_files_name():
    given = {variable.removesuffix("_FILE") for variable in SERVICES["rasa"]["environment"]}
    assert rasa_names() <= given


def test_web_and_actions_say_the_same_about_who_keeps_answers_and_for_how_long():
    told = {
        "FACILITATOR_ORGANISATION",
        "FACILITATOR_CONTACT",
        "FACILITATOR_RAW_TEXT_DAYS",
        "FACILITATOR_ANSWER_DAYS",
    }
    web, actions = SERVICES["web"]["environment"], SERVICES["actions"]["environment"]
    assert {name: web[name] for name in told} == {name: actions[name] for name in told}


def test_every_folder_that_is_written_to_is_a_volume_shared_by_web_and_actions():
    image = final_stage("app.Dockerfile")
    for variable, folder in (("FACILITATOR_DATA_DIR", "/data"), ("FACILITATOR_CACHE_DIR", "/cache")):
        assert f"{variable}={folder}" in image
        for name in ("web", "actions"):
            assert SERVICES[name]["environment"][variable] == folder
            assert f"{folder[1:]}:{folder}" in SERVICES[name]["volumes"]


def test_every_part_says_whether_it_is_well_and_starts_again():
    for name, service in SERVICES.items():
        if name == "migrate":
            assert service["restart"] == "no"
        else:
            assert service["restart"] == "unless-stopped"
            assert service["healthcheck"]["test"][0] in ("CMD", "CMD-SHELL")
    assert "/healthz" in str(SERVICES["web"]["healthcheck"]), "web must not be restarted because another part is down"


def test_the_page_does_not_wait_for_rasa():
    assert set(SERVICES["web"]["depends_on"]) == {"migrate"}


@pytest.mark.parametrize("dockerfile", DOCKERFILES)
def test_onnxruntime_tells_nobody_that_it_runs(dockerfile):
    assert "ORT_DISABLE_TELEMETRY=1" in final_stage(dockerfile)


def test_telemetry_is_off_and_rasas_own_api_stays_shut():
    image = final_stage("rasa.Dockerfile")
    assert "RASA_TELEMETRY_ENABLED=false" in image
    assert SERVICES["rasa"]["environment"]["RASA_TELEMETRY_ENABLED"] == "false"
    command = re.search(r"^CMD (.+)$", image, flags=re.M)
    assert command and "--enable-api" not in command[1]


def test_the_container_quietens_rasa_as_facilitator_up_does():
    image = final_stage("rasa.Dockerfile")
    assert [name for name, value in supervise.QUIET.items() if f"{name}={value}" not in image and name != "PYTHONUNBUFFERED"] == []


def test_the_image_trains_on_everything_the_model_is_made_from():
    sources = [source for source in training._SOURCES if not source.startswith("requirements")]
    inside = copied("rasa.Dockerfile")
    assert [source for source in sources if source not in inside] == []


def test_the_entry_script_hands_rasa_the_words_in_the_files(tmp_path):
    (tmp_path / "url").write_text("postgresql://u:p@db/x\n", encoding="utf-8")
    done = _entry({"DATABASE_URL_FILE": str(tmp_path / "url"), "FACILITATOR_RASA_TOKEN": "as given"})
    assert done.returncode == 0
    assert done.stdout == "postgresql://u:p@db/x|as given\n"


def test_the_entry_script_stops_with_the_name_of_a_file_that_is_not_there(tmp_path):
    done = _entry({"DATABASE_URL_FILE": str(tmp_path / "none")})
    assert done.returncode == 1
    assert "DATABASE_URL_FILE" in done.stderr


def _entry(environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    command = [str(ROOT / "deploy" / "rasa-entry"), "sh", "-c", 'echo "$DATABASE_URL|$FACILITATOR_RASA_TOKEN"']
    return subprocess.run(command, env={"PATH": os.environ["PATH"], **environment}, capture_output=True, text=True, check=False)


def test_made_secrets_fit_together_and_are_kept_the_second_time(tmp_path):
    script = tmp_path / "make-secrets"
    script.write_bytes(SECRETS.read_bytes())
    first, again = [_made(script) for _ in range(2)]
    assert set(first) == set(COMPOSE["secrets"])
    assert first == again
    assert first["database_url"] == f"postgresql://facilitator:{first['postgres_password']}@postgres/facilitator"
    assert first["redis_password"] in first["redis_url"]
    tokens = [first[name] for name in ("rasa_token", "actions_token", "postgres_password", "redis_password")]
    assert len(set(tokens)) == 4
    assert all(re.fullmatch(r"[0-9a-f]{64}", token) for token in tokens)
    assert (tmp_path / "secrets").stat().st_mode & 0o077 == 0


def _made(script: Path) -> dict[str, str]:
    subprocess.run(["sh", str(script)], check=True, capture_output=True)
    return {path.name: path.read_text(encoding="utf-8") for path in (script.parent / "secrets").iterdir()}


class Guarded(http.server.BaseHTTPRequestHandler):
    """Answers 200 to the right token, 503 to no token, 401 to another."""

    def do_GET(self) -> None:
        given = self.headers.get("Authorization")
        self.send_response(200 if given == "Bearer right" else 401 if given else 503)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        return


@pytest.mark.parametrize(("environment", "arguments", "code"), [
    ({"TOKEN": "right"}, ["TOKEN"], 0),
    ({"TOKEN": "wrong"}, ["TOKEN"], 1),
    ({}, [], 1),
])  # fmt: skip
def test_a_health_check_asks_with_the_token_and_believes_only_200(environment, arguments, code):
    with http.server.HTTPServer(("127.0.0.1", 0), Guarded) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        assert _health(f"http://127.0.0.1:{server.server_port}/", arguments, environment) == code
        thread.join()


def test_a_health_check_reads_the_token_from_its_file(tmp_path):
    (tmp_path / "token").write_text("right\n", encoding="utf-8")
    with http.server.HTTPServer(("127.0.0.1", 0), Guarded) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        assert _health(f"http://127.0.0.1:{server.server_port}/", ["TOKEN"], {"TOKEN_FILE": str(tmp_path / "token")}) == 0
        thread.join()


def _health(address: str, arguments: list[str], environment: dict[str, str]) -> int:
    script = str(ROOT / "deploy" / "healthy.py")
    return subprocess.run([sys.executable, script, address, *arguments], env=environment, check=False).returncode


# ── two of everything: docker-compose.scaled.yml ──


class Added(yaml.SafeLoader):
    """Knows Compose's `!reset`, which takes away what the first file gave."""


RESET = object()
Added.add_constructor("!reset", lambda _loader, _node: RESET)
SCALED = yaml.load(SCALED_TEXT, Loader=Added)


def merged(first: object, second: object) -> object:
    """As Compose joins two files, for what ours use: maps are joined, lists added to, anything else replaced."""
    if isinstance(first, dict) and isinstance(second, dict):
        joined = {**first, **{name: merged(first.get(name), value) for name, value in second.items()}}
        return {name: value for name, value in joined.items() if value is not RESET}
    return [*first, *second] if isinstance(first, list) and isinstance(second, list) else second


BOTH = merged(COMPOSE, SCALED)["services"]


def test_scaled_there_are_two_of_everything_that_can_be_two():
    assert {name for name, service in BOTH.items() if service.get("deploy", {}).get("replicas") == 2} == {"web", "rasa", "actions"}


def test_scaled_only_the_balancer_can_be_reached():
    assert [name for name, service in BOTH.items() if "ports" in service] == ["balancer"]
    assert BOTH["balancer"]["ports"] == SERVICES["web"]["ports"]
    assert BOTH["balancer"]["networks"] == ["front", "inside"]


def test_scaled_every_call_between_the_parts_goes_through_the_balancer():
    web, rasa = BOTH["web"]["environment"], BOTH["rasa"]["environment"]
    assert web["FACILITATOR_RASA_URL"] == "http://balancer:5005"
    assert web["FACILITATOR_ACTIONS_HOST"] == "balancer"
    assert rasa["FACILITATOR_ACTIONS_URL"] == "http://balancer:5055/webhook"
    settings = (ROOT / "deploy" / "balancer" / "haproxy.cfg").read_text(encoding="utf-8")
    for name, port in (("web", 8000), ("rasa", 5005), ("actions", 5055)):
        assert f"bind :{port}\n" in settings
        assert f"server-template {name} 2 {name}:{port} " in settings


def test_scaled_both_copies_share_limits_and_locks_in_redis():
    for name in ("web", "rasa"):
        assert BOTH[name]["environment"]["REDIS_URL_FILE"] == "/run/secrets/redis_url"
        assert "redis_url" in BOTH[name]["secrets"]


def test_the_balancer_is_as_closed_as_the_others():
    balancer = BOTH["balancer"]
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", balancer["user"])
    assert balancer["read_only"] is True and balancer["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in balancer["security_opt"]
    assert re.fullmatch(r"\$\{HAPROXY_IMAGE:-haproxy:\d+(\.\d+)+-bookworm\}", balancer["image"])
    assert set(balancer["secrets"]) <= set(COMPOSE["secrets"])
    assert not re.search(r"(?i)(password|token|secret)\s*[:=]\s*['\"]?[a-z0-9/+]{8,}", str(SCALED).replace("/run/secrets", ""))
