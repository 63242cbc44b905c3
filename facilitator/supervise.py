"""`facilitator up`: the three processes on one machine, kept running by supervisor until Ctrl-C.

Supervisor (the library) restarts what dies and stops everything in order. This module writes its configuration, says when each part is
ready, and passes a stop on. Inner tokens are new at every start and live in the environment only.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx

from facilitator.errors import FacilitatorError
from facilitator.settings import ROOT, Settings

RASA_PYTHON = ROOT / ".venv-rasa" / "bin" / "python"
# Rasa's own command line, without the packages it names and this assistant never uses.
RASA = (str(RASA_PYTHON), "-m", "bot.engine.command")
POLL_S = 0.25
STOP_WAIT_S = 20
QUIET = {
    "RASA_TELEMETRY_ENABLED": "false",
    # onnxruntime 1.32 looks for its maker's collector unless told not to before it is loaded
    "ORT_DISABLE_TELEMETRY": "1",
    "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
    "PYTHONUNBUFFERED": "1",
    # Two cores, three processes: a pool of threads in each only makes them wait for one another.
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    # Else each thread hoards memory of its own, which never goes back.
    "MALLOC_ARENA_MAX": "2",
}


class CannotStart(FacilitatorError):
    """Something on this machine stops us from starting; the text says what to do."""


@dataclass(frozen=True)
class Ports:
    web: int
    rasa: int
    actions: int


def run(settings: Settings, model: Path, tell: Callable[[str], None], first_link: str = "") -> int:
    """Start everything and stay until stopped. Returns the exit code. `first_link` opens the review app, while nobody has an account.

    Raises:
        CannotStart: the port is taken, or Rasa's environment is missing.
    """
    ports = choose_ports(settings)
    environment = inner_environment(settings, ports)
    config = write_config(settings, ports, model)
    supervisor = subprocess.Popen(  # noqa: S603
        [sys.executable, "-m", "facilitator.processes", sys.executable, "-m", "supervisor.supervisord", "-n", "-c", str(config)],
        cwd=ROOT,
        env=environment,
        start_new_session=True,
        stdout=subprocess.DEVNULL,
    )
    with _stopping_on_signals(supervisor):
        _announce(supervisor, settings, ports, environment, tell)
        if first_link and supervisor.poll() is None:
            tell(f"For coordinators, once, within a day: {first_link}")
        return supervisor.wait()


def choose_ports(settings: Settings) -> Ports:
    """The public port, checked to be free, and two free inner ones."""
    if not RASA_PYTHON.exists():
        raise CannotStart("Rasa's environment is missing. Run `make setup` first.")
    host, port = settings.facilitator_host, settings.facilitator_port
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise CannotStart(
                f"Port {port} on {host} cannot be used ({error.strerror}). "
                f"Stop what uses it, or choose another: FACILITATOR_PORT={port + 1} make run"
            ) from None
    return Ports(port, _free_port(), _free_port())


def inner_environment(settings: Settings, ports: Ports) -> dict[str, str]:
    """What the three processes are told. Tokens given in the environment are kept."""
    rasa_token = settings.facilitator_rasa_token.get_secret_value() or secrets.token_urlsafe(32)
    actions_token = settings.facilitator_actions_token.get_secret_value() or secrets.token_urlsafe(32)
    return {
        **os.environ,
        **QUIET,
        "DATABASE_URL": settings.database,
        "REDIS_URL": settings.redis_url.get_secret_value(),
        "FACILITATOR_RASA_TOKEN": rasa_token,
        "FACILITATOR_ACTIONS_TOKEN": actions_token,
        "FACILITATOR_RASA_URL": f"http://127.0.0.1:{ports.rasa}",
        "FACILITATOR_ACTIONS_URL": f"http://127.0.0.1:{ports.actions}/webhook",
        "FACILITATOR_ACTIONS_PORT": str(ports.actions),
        "FACILITATOR_ACTIONS_HOST": "127.0.0.1",
    }


def write_config(settings: Settings, ports: Ports, model: Path) -> Path:
    """Supervisor's configuration, in the data folder. Holds no secret: those are in the environment."""
    run_dir, logs = settings.data_dir / "run", settings.data_dir / "logs"
    for folder in (run_dir, logs):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    rasa = [*RASA, "run", "--model", str(model), "--interface", "127.0.0.1", "--port", str(ports.rasa)]
    rasa += ["--endpoints", "endpoints.yml", "--credentials", "credentials.yml"]
    programs = {"web": [sys.executable, "-m", "web.server"], "actions": [sys.executable, "-m", "bot.actions.server"], "rasa": rasa}
    blocks = [
        "[supervisord]\nnodaemon=true\nsilent=true\nuser="
        + _user()
        + f"\nlogfile={logs}/supervisor.log\npidfile={run_dir}/supervisor.pid\n"
        f"childlogdir={logs}\nlogfile_maxbytes=1MB\n"
        # what the processes write is for this user alone
        "umask=077\n"
    ]
    blocks += [_program(name, command, logs) for name, command in programs.items()]
    path = run_dir / "supervisor.conf"
    path.write_text("\n".join(blocks), encoding="utf-8")
    return path


def _program(name: str, command: list[str], logs: Path) -> str:
    line = " ".join(_quoted(part) for part in [sys.executable, "-m", "facilitator.processes", *command])
    return (
        f"[program:{name}]\ncommand={line}\ndirectory={_escaped(str(ROOT))}\nautorestart=true\nstartsecs=2\nstartretries=20\n"
        f"stopsignal=TERM\nstopwaitsecs=15\nkillasgroup=true\nredirect_stderr=true\n"
        f"stdout_logfile={_escaped(str(logs))}/{name}.log\nstdout_logfile_maxbytes=5MB\nstdout_logfile_backups=2\n"
    )


def _announce(
    supervisor: subprocess.Popen[bytes], settings: Settings, ports: Ports, environment: dict[str, str], tell: Callable[[str], None]
) -> None:
    """Say once for each part that it is ready, then what to open."""
    address = f"http://{settings.facilitator_host}:{ports.web}"
    waiting = {"web", "actions", "rasa", "database"}
    began = time.monotonic()
    with httpx.Client(timeout=3, trust_env=False) as client:
        while waiting and supervisor.poll() is None:
            for name in sorted(waiting & _ready_parts(client, address)):
                waiting.discard(name)
                tell(f"  {name} ready ({time.monotonic() - began:.0f} s)")
                if name == "web":
                    tell(f"\n  Open {address}\n")
            time.sleep(POLL_S)
    if supervisor.poll() is None:
        tell(f"Everything is ready. Open {address} (logs are in {settings.data_dir / 'logs'}). Stop with Ctrl-C.")


def _ready_parts(client: httpx.Client, address: str) -> set[str]:
    with contextlib.suppress(httpx.HTTPError):
        states = client.get(f"{address}/readyz").json()
        return {"web"} | {name for name, state in states.items() if state == "ready"}
    return set()


@contextlib.contextmanager
def _stopping_on_signals(supervisor: subprocess.Popen[bytes]) -> Iterator[None]:
    def stop(_signal: int, _frame: object) -> None:
        with contextlib.suppress(ProcessLookupError):
            supervisor.terminate()

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            supervisor.terminate()
        try:
            supervisor.wait(STOP_WAIT_S)
        except subprocess.TimeoutExpired:
            supervisor.kill()
        for number, handler in before.items():
            signal.signal(number, handler)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _user() -> str:
    import pwd

    return pwd.getpwuid(os.getuid()).pw_name


def _escaped(text: str) -> str:
    return text.replace("%", "%%")


def _quoted(text: str) -> str:
    escaped = _escaped(text)
    return f'"{escaped}"' if " " in escaped else escaped
