"""Two of everything, and one of each is killed while people answer: nothing acknowledged is lost or doubled, and nobody waits for long."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from facilitator.checklist.content import load_checklists
from facilitator.settings import ROOT
from tests.faults.doubled import Doubled, doubled
from tests.faults.doubling import Lost, change_secrets, lose

# six processes and two servers are started, on a machine that may be busy
pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Doubled]:
    with doubled(tmp_path_factory.mktemp("doubled")) as started:
        yield started


# One after another, with how long each takes: `make doubled`.
@pytest.mark.parametrize("copies", [["web-1", "rasa-2", "actions-1"], ["redis"]], ids=["one-of-each", "redis"])
def test_one_of_each_can_die_under_load(system: Doubled, copies: list[str]) -> None:
    lost: Lost = lose(system, load_checklists(ROOT / "knowledge" / "checklist"), copies, seed=7)
    assert lost.answers > 0
    assert (lost.lost, lost.doubled, lost.changed) == (0, 0, 0), lost
    assert lost.others_went_on_s < 25, lost


def test_work_is_shared_by_both_copies(system: Doubled) -> None:
    for part in ("rasa", "actions"):
        logs = [(system.folder / f"{part}-{number}.log").read_text(encoding="utf-8", errors="replace") for number in (1, 2)]
        mark = {"rasa": "turn answered", "actions": "action="}[part]
        assert all(mark in log for log in logs), part


def test_secrets_can_be_changed_while_people_answer(system: Doubled) -> None:
    before = dict(system.tokens)
    changed: Lost = change_secrets(system, load_checklists(ROOT / "knowledge" / "checklist"), seed=8)
    assert changed.answers > 0
    assert (changed.lost, changed.doubled, changed.changed) == (0, 0, 0), changed
    for part in ("rasa", "actions"):
        path = {"rasa": "/webhooks/facilitator/health", "actions": "/ready"}[part]
        for token, status in ((before[part], 401), (system.tokens[part], 200)):
            headers = {"Authorization": f"Bearer {token}"}
            asked = httpx.get(f"http://127.0.0.1:{system.ports[f'{part}-1']}{path}", headers=headers, timeout=10, trust_env=False)
            assert asked.status_code == status, (part, asked.text)
