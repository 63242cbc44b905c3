"""The audit of packages says what it found, and above all what it could not ask."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import tomllib
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from facilitator.settings import ROOT

CLEAN = {"name": "a", "version": "1", "vulns": []}
FOUND = {"name": "b", "version": "2", "vulns": [{"id": "PYSEC-1", "aliases": ["CVE-1"], "fix_versions": ["3"]}]}
SKIPPED = {"name": "c", "skip_reason": "Dependency not found on PyPI"}
ACCEPTED = [{"ids": ["CVE-0", "CVE-1"], "package": "b", "version": "2", "why": "x" * 40}]


@pytest.fixture
def audit(tmp_path, monkeypatch) -> ModuleType:
    spec = importlib.util.spec_from_file_location("audit", ROOT / "scripts" / "audit.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def answering(monkeypatch: pytest.MonkeyPatch, *packages: dict[str, Any] | None) -> None:
    """Let pip-audit answer this; None for no answer at all."""
    said = "" if packages == (None,) else json.dumps({"dependencies": packages})
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: SimpleNamespace(stdout=said))


def with_accepted(audit: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Any, *entries: dict[str, str]) -> None:
    lines = ["finding = []"] if not entries else []
    for entry in entries:
        lines += ["[[finding]]", *(f'{name} = "{value}"' for name, value in entry.items())]
    (tmp_path / "accepted.toml").write_text("\n".join(lines), encoding="utf-8")
    monkeypatch.setattr(audit, "ACCEPTED", tmp_path / "accepted.toml")


def test_what_is_clean_passes(audit, monkeypatch, tmp_path, capsys):
    with_accepted(audit, monkeypatch, tmp_path)
    answering(monkeypatch, CLEAN)
    assert audit.main() == 0
    assert "NOT CHECKED" not in capsys.readouterr().out


def test_a_finding_that_is_not_explained_fails_and_is_named(audit, monkeypatch, tmp_path, capsys):
    with_accepted(audit, monkeypatch, tmp_path)
    answering(monkeypatch, CLEAN, FOUND)
    assert audit.main() == 1
    assert "b 2: CVE-1 PYSEC-1 (mended in 3)" in capsys.readouterr().err


def test_an_explanation_counts_for_that_version_and_that_finding_only(audit):
    assert audit.unexplained({"dependencies": [FOUND]}, ACCEPTED) == []
    assert audit.unexplained({"dependencies": [{**FOUND, "version": "2.1"}]}, ACCEPTED)
    assert audit.unexplained({"dependencies": [FOUND]}, [{**ACCEPTED[0], "ids": ["CVE-2"]}])


@pytest.mark.parametrize("packages", [(None,), (SKIPPED,)])
def test_what_could_not_be_asked_is_said_and_never_passes_for_a_release(audit, monkeypatch, tmp_path, capsys, packages):
    with_accepted(audit, monkeypatch, tmp_path)
    answering(monkeypatch, *packages)
    assert audit.main() == 0
    assert capsys.readouterr().out.count("NOT CHECKED") == len(audit.ENVIRONMENTS)
    monkeypatch.setenv("AUDIT", "required")
    assert audit.main() == 1


def test_packages_left_out_are_named(audit, monkeypatch, tmp_path, capsys):
    with_accepted(audit, monkeypatch, tmp_path)
    answering(monkeypatch, CLEAN, SKIPPED)
    audit.main()
    assert "1 packages: c" in capsys.readouterr().out


def test_an_explanation_of_what_is_gone_or_without_a_reason_is_a_fault(audit):
    assert audit.stale(ACCEPTED, {"b": "2"}) == []
    assert audit.stale(ACCEPTED, {"b": "3"}) and audit.stale(ACCEPTED, {})
    assert audit.stale([{**ACCEPTED[0], "why": "later"}], {"b": "2"})


def test_our_own_list_is_about_what_is_locked(audit):
    accepted = tomllib.loads(audit.ACCEPTED.read_text(encoding="utf-8"))["finding"]
    assert len(accepted) > 5
    assert audit.stale(accepted, audit.locked(ROOT / "requirements" / "rasa-dev.txt")) == []
