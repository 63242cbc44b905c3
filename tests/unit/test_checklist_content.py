"""Checklists are read strictly: a fault names the file and the line."""

from __future__ import annotations

import shutil

import pytest

from facilitator.checklist.content import load_checklists
from facilitator.checklist.looking_back import load_looking_back
from facilitator.errors import ContentError
from facilitator.settings import ROOT
from facilitator.vocabulary import Depth, Role, Stage

REAL = ROOT / "knowledge" / "checklist"
STEP_1_AND_2 = {
    "power-hierarchy-authority", "institutional-systems-resistance", "leadership-commitment", "time-preparation-purpose",
    "shared-values-language", "ground-rules", "roles-boundaries", "facilitation-brokering", "payment-benefits", "sharing-decisions",
}  # fmt: skip


@pytest.fixture
def folder(tmp_path):
    shutil.copytree(REAL, tmp_path / "checklist")
    return tmp_path / "checklist"


def test_before_covers_all_ten_topics_of_steps_1_and_2():
    before = load_checklists(REAL).stage(Stage.BEFORE)
    assert {item.topic for item in before.items} == STEP_1_AND_2
    assert len(before.walk(Depth.QUICK)) == 5


def test_simple_words_win_over_the_roles_wording():
    item = load_checklists(REAL).item("before-payment")
    assert item.ask(Role.STAFF) != item.ask(Role.SERVICE_USER)
    assert item.ask(Role.STAFF, simple=True) == item.simple


def test_the_stages_together_cover_every_topic_but_the_general_ones():
    checklists = load_checklists(REAL)
    covered = {item.topic for stage in Stage for item in checklists.stage(stage).items}
    topics = {path.stem for path in (ROOT / "knowledge" / "framework").glob("*.md")}
    assert topics - covered == {"about-framework", "what-is-coproduction", "conclusion"}


@pytest.mark.parametrize(
    ("file", "old", "new", "fault"),
    [
        ("reflection.yml", "    why: The things", "    because: The things", "working has no why"),
        ("reflection.yml", "id: not-working", "id: working", "two prompts have the same id"),
        ("ladder.yml", "  section: Think", "  by: Think", "only with its credit"),
        ("ladder.yml", "rungs:", "steps:", "rungs is missing"),
    ],
)
def test_a_fault_in_the_prompts_or_the_ladder_is_named(folder, file, old, new, fault):
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(ContentError, match=fault) as refused:
        load_looking_back(folder)
    assert refused.value.path == path


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("topic: payment-benefits", "topic: pay", "names a topic that does not exist"),
        ("      service_user: ", "      patient: ", "unknown role"),
        ("    short: payment and benefits", "    brief: payment", "has no short"),
        ("items:", "items: [", "not valid YAML"),
        ("stage: before", "stage: after", "this file is for"),
    ],
)
def test_a_fault_names_the_file_and_the_line(folder, old, new, fault):
    path = folder / "before.yml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    topics = frozenset(p.stem for p in (ROOT / "knowledge" / "framework").glob("*.md"))
    with pytest.raises(ContentError, match=fault) as refused:
        load_checklists(folder, topics)
    assert refused.value.path == path
    assert refused.value.line


def test_an_item_id_in_two_stages_is_refused(folder):
    (folder / "during.yml").write_text((folder / "before.yml").read_text().replace("stage: before", "stage: during", 1))
    with pytest.raises(ContentError, match="is also in"):
        load_checklists(folder)


def test_a_missing_file_is_a_clear_error(folder):
    (folder / "after.yml").unlink()
    with pytest.raises(ContentError, match="cannot be read"):
        load_checklists(folder)
