"""Every way set-up can fail ends in one sentence saying what to do. Neighbouring programs are played by small scripts on PATH."""

from __future__ import annotations

import hashlib
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from facilitator.settings import ROOT, Settings
from facilitator.supervise import CannotStart, choose_ports

TOOLS = ("bash", "dirname", "awk", "grep", "tail", "rm", "mv", "cat", "env")
PLENTY = "echo 'Filesystem 1024-blocks Used Available Capacity Mounted'; echo 'disk 1 1 99999999 1% /'"


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


class Machine:
    """A machine with only what it is given."""

    def __init__(self, folder: Path) -> None:
        self.project, self.bin = folder / "project", folder / "bin"
        self.bin.mkdir()
        for part in ("scripts", "requirements"):
            shutil.copytree(ROOT / part, self.project / part)
        for tool in TOOLS:
            (self.bin / tool).symlink_to(shutil.which(tool) or tool)
        self.has("df", PLENTY)
        self.has("python3", f'exec {shutil.which("python3")} "$@"')

    def has(self, name: str, script: str) -> None:
        path = self.bin / name
        path.write_text(f"#!/bin/bash\n{script}\n")
        path.chmod(0o755)

    def set_up(self) -> tuple[int, str]:
        environment = {"PATH": str(self.bin), "HOME": os.environ.get("HOME", "/")}
        done = subprocess.run(
            [self.project / "scripts" / "setup", "app"], env=environment, capture_output=True, text=True, timeout=60, check=False
        )
        return done.returncode, done.stderr.strip().splitlines()[-1]


def test_without_python_it_says_to_install_it(machine):
    (machine.bin / "python3").unlink()
    assert machine.set_up() == (1, "Python 3 is not installed. Please install Python 3 (with pip and venv) and run this again.")


def test_without_room_it_says_how_much_is_needed(machine):
    machine.has("df", PLENTY.replace("99999999", "1048576"))
    machine.has("uv", "exit 0")
    code, said = machine.set_up()
    assert code == 1
    assert said.startswith("The disk has 1 GB free and set-up needs about 5 GB.")


def test_without_the_right_python_it_says_which(machine):
    machine.has("uv", 'case "$1" in venv) exit 2;; esac')
    code, said = machine.set_up()
    assert code == 1
    assert said.startswith("Python 3.10 was not found and could not be fetched. Please install it")


def test_without_a_network_it_says_so_and_that_nothing_is_lost(machine):
    machine.has("uv", 'case "$1" in pip) exit 2;; esac')
    code, said = machine.set_up()
    assert code == 1
    assert "could not be installed" in said
    assert "If this machine has no network, connect it" in said


def test_what_went_wrong_in_the_middle_is_done_again(machine):
    machine.has("uv", 'case "$1" in pip) exit 2;; esac')
    machine.set_up()
    assert not list(machine.project.glob(".venv*/.synced"))


def test_a_taken_port_says_how_to_choose_another():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(CannotStart, match=f"FACILITATOR_PORT={port + 1} make run"):
            choose_ports(Settings(facilitator_port=port))


@pytest.fixture
def prepared(machine) -> Machine:
    """Everything is installed but the larger safety model."""
    machine.has("python3", f'exec {sys.executable} "$@"')  # a launcher such as pyenv's needs more tools than are here
    for folder, lock in ((".venv", "app"), (".venv-rasa", "rasa")):
        (machine.project / folder / "bin").mkdir(parents=True)
        digest = hashlib.sha256((machine.project / "requirements" / f"{lock}.txt").read_bytes()).hexdigest()
        (machine.project / folder / ".synced").write_text(f"{digest}\n")
    for part in ("knowledge/safety/larger.npz", "facilitator/safety/larger/build.py"):
        (machine.project / part).parent.mkdir(parents=True)
        (machine.project / part).write_text("as committed")
    (machine.bin / "mkdir").symlink_to(shutil.which("mkdir") or "mkdir")
    return machine


def command(machine: Machine, script: str) -> None:
    path = machine.project / ".venv" / "bin" / "facilitator"
    path.write_text(f"#!/bin/bash\n{script}\n")
    path.chmod(0o755)


def test_without_the_larger_safety_model_set_up_goes_on_and_says_what_works(prepared):
    prepared.has("uv", 'case "$*" in *--target*) exit 2;; esac')
    command(prepared, "exit 1")
    code, said = prepared.set_up()
    assert code == 0
    assert said.startswith(
        "The larger safety model could not be made. The small one works alone until then. If this machine has no network"
    )


def test_the_larger_safety_model_is_made_once(prepared):
    calls = prepared.project / "calls"
    prepared.has("uv", f'echo "uv $*" >> {calls}')
    command(prepared, f'echo "made $1 $2" >> {calls}; [ -n "$2" ] && : > models/safety-1.onnx || exit 1')
    (prepared.project / "models").mkdir()
    for _ in range(2):
        done = subprocess.run(
            [prepared.project / "scripts" / "setup", "app"], env={"PATH": str(prepared.bin), "HOME": "/"}, timeout=60, check=False
        )
        assert done.returncode == 0
    assert calls.read_text().count("made safety-model .cache/base-model") == 1
    assert calls.read_text().count("--require-hashes") == 1
