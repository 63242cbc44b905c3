"""Look up every locked package, of both environments, among known vulnerabilities: `.venv/bin/python scripts/audit.py`.

pip-audit asks; this reads its answer strictly. A finding that requirements/accepted-findings.toml does not explain is a failure, and so
is an explanation of something that is no longer locked. What could not be looked up is said: pip-audit alone calls a package that it
could not ask about "skipped" and ends well. Without a connection the check ends well too, saying so, unless AUDIT=required (a release).
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENTS = {"application (Python 3.12)": "dev.txt", "Rasa (Python 3.10)": "rasa-dev.txt"}
ACCEPTED = ROOT / "requirements" / "accepted-findings.toml"
SERVICES = ("pypi", "osv")
TIMEOUT_S = 300
Answer = Mapping[str, Any]


def locked(lock: Path) -> dict[str, str]:
    """Every package of a lock file and its version."""
    return dict(re.findall(r"^([a-z0-9.-]+)(?:\[[^]]*\])?==(\S+)", lock.read_text(encoding="utf-8"), flags=re.M))


def ask(lock: Path) -> Answer | None:
    """What pip-audit found, from the first service that knows the packages; None when none can be reached."""
    for service in SERVICES:
        command = [
            sys.executable,
            "-m",
            "pip_audit",
            "-s",
            service,
            "-r",
            str(lock),
            "--disable-pip",
            "--no-deps",
            "--aliases",
            "-f",
            "json",
        ]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)  # noqa: S603
            answer: Answer = json.loads(done.stdout)
        except (subprocess.TimeoutExpired, json.JSONDecodeError):
            continue
        if any("skip_reason" not in package for package in answer["dependencies"]):
            return answer
    return None


def unexplained(answer: Answer, accepted: Sequence[Mapping[str, Any]]) -> list[str]:
    """Findings that no entry of the list is about."""
    known = {(entry["package"], entry["version"], name) for entry in accepted for name in entry["ids"]}
    found = []
    for package in answer["dependencies"]:
        for finding in package.get("vulns", ()):
            names = {finding["id"], *finding.get("aliases", ())}
            if not any((package["name"], package["version"], name) in known for name in names):
                fixed = ", ".join(finding["fix_versions"]) or "no version"
                found.append(f"{package['name']} {package['version']}: {' '.join(sorted(names))} (mended in {fixed})")
    return found


def stale(accepted: Sequence[Mapping[str, Any]], locks: Mapping[str, str]) -> list[str]:
    """Entries about a version that is not locked any more, or that do not say why."""
    gone = [f"{one['ids'][0]}: {one['package']} {one['version']}" for one in accepted if locks.get(one["package"]) != one["version"]]
    silent = [f"{one['ids'][0]}: no reason given" for one in accepted if len(one.get("why", "")) < 40]
    return gone + silent


def main() -> int:
    accepted = tomllib.loads(ACCEPTED.read_text(encoding="utf-8"))["finding"]
    rasa = locked(ROOT / "requirements" / "rasa-dev.txt")
    faults = [f"no longer true in {ACCEPTED.name}: {fault}" for fault in stale(accepted, rasa)]
    unasked = 0
    for name, file in ENVIRONMENTS.items():
        lock = ROOT / "requirements" / file
        answer = ask(lock)
        packages = locked(lock)
        if answer is None:
            unasked += 1
            print(f"NOT CHECKED: {name}. No list of known vulnerabilities could be reached for its {len(packages)} packages.")
            continue
        skipped = [package["name"] for package in answer["dependencies"] if "skip_reason" in package]
        if skipped:
            unasked += 1
            print(f"NOT CHECKED: {name}, {len(skipped)} packages: {', '.join(skipped)}")
        faults += [f"{name}: {finding}" for finding in unexplained(answer, accepted)]
        print(f"{name}: {len(packages) - len(skipped)} packages looked up.")
    for fault in faults:
        print(fault, file=sys.stderr)
    return bool(faults) or (bool(unasked) and os.environ.get("AUDIT") == "required")


if __name__ == "__main__":
    raise SystemExit(main())
