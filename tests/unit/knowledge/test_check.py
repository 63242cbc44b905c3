from __future__ import annotations

from pathlib import Path

import pytest

from facilitator.errors import ContentError
from facilitator.knowledge.check import check
from facilitator.knowledge.content import load_content
from facilitator.settings import ROOT


def test_our_own_knowledge_has_no_faults() -> None:
    assert [str(fault) for fault in check(ROOT / "knowledge")] == []


def test_the_small_knowledge_has_no_faults(folder: Path) -> None:
    assert check(folder) == []


LONG = "This sentence goes on and on with one word after another " * 3 + "until it is far too long."
HARD = "Organisational transformation necessitates interdisciplinary collaboration. " * 3


@pytest.mark.parametrize(
    ("before", "after", "fault"),
    [
        ("## More\n", "## Much more\n", "has no `## More`"),
        ("## For staff\nYou can help.\n", "## For staff\n", "`For staff` has no words under it"),
        ("## For staff\nYou can help.\n\n## For leads\nYou can pay.\n", "## For leads\nPay.\n\n## For staff\nHelp.\n", "is out of order"),
        ("You can help.", "word " * 121, "has 121 words; 120 at most"),
        ("This is about vouchers", "word. " * 60 + "This is about vouchers", "words; 60 at most"),
        ("You can help.", LONG, "has a sentence of"),
        ("You can help.", HARD, "`For staff` reads at age"),
        ("You can help.", f"{'You can help. ' * 9}You can facilitate organisational transformation.", "has a sentence that reads at age"),
        ("title: Payment\n", "title: Remuneration and reimbursement of participants\n", "the title reads at age"),
        ("related: [rules]", "related: [nowhere]", "`related` names nowhere, which is no topic"),
        ("related: [rules]", "related: [pay]", "`related` names pay, which is this topic"),
        ("Source: framework", "Source: elsewhere", "`Source:` names elsewhere"),
        ("\nSource: framework", "", "has no `Source:` line"),
        ("- vouchers please\n- is there any vouchers\n", "", "has 2 lines under `People ask:`"),
        ("{#a-point}", "", "has no id of its own"),
        ("{#a-point}", "{#short}", "has no id of its own"),
        ("id: pay", "id: wages", "is not the file's name"),
        ("  - do you pay fares", "  - can we agree how to behave", "this phrasing is also in"),
        ("  - do you pay fares", "  - Tell me a joke!", "this phrasing is also in"),
        ("  - do you pay fares", "  - can I claim a taxi?", "this phrasing is also in"),
        ('    section: "Step 2: Payment"\n---', "---", "has neither a section nor an address"),
    ],
)
def test_every_sort_of_fault_is_found_with_its_file_and_line(folder: Path, before: str, after: str, fault: str) -> None:
    path = folder / "framework" / "pay.md"
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after, 1), encoding="utf-8")
    found = check(folder)
    assert any(fault in one.text for one in found), [str(one) for one in found]
    assert all(one.path.exists() for one in found)
    assert any(one.line for one in found)


def test_a_repeated_phrasing_names_both_places(folder: Path) -> None:
    asked = folder / "asked" / "rules.txt"
    asked.write_text("# ways to ask\nwill I be PAID?\n", encoding="utf-8")
    (fault,) = check(folder)
    assert (fault.path, fault.line) == (asked, 2)
    assert "pay.md:7" in fault.text


def test_a_glossary_entry_that_leads_nowhere_is_found(folder: Path) -> None:
    glossary = folder / "glossary.yml"
    glossary.write_text(glossary.read_text(encoding="utf-8").replace("topic: pay", "topic: gone"), encoding="utf-8")
    assert "names a topic that does not exist: gone" in check(folder)[0].text


def test_a_file_of_phrasings_for_no_topic_is_found_and_not_loaded(folder: Path) -> None:
    (folder / "asked" / "gone.txt").write_text("hello there you\n", encoding="utf-8")
    assert "is not named after a topic" in check(folder)[0].text
    with pytest.raises(ContentError, match="is not named after a topic"):
        load_content(folder)


@pytest.mark.parametrize(
    ("text", "fault", "line"),
    [
        ("no front matter", "does not begin with front matter", 1),
        ("---\nid: pay\n", "without a closing", 1),
        ("---\nid: [pay\n---\n", "not valid YAML", 3),
        ("---\njust words\n---\n", "not a block", 2),
    ],
)
def test_a_file_that_cannot_be_read_is_named_with_its_line(folder: Path, text: str, fault: str, line: int) -> None:
    path = folder / "framework" / "pay.md"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ContentError, match=fault) as raised:
        load_content(folder)
    assert (raised.value.path, raised.value.line) == (path, line)
    assert any(fault in one.text for one in check(folder))


def test_a_declined_file_must_hold_the_kinds_that_protect_people(folder: Path) -> None:
    path = folder / "declined.yml"
    path.write_text(path.read_text(encoding="utf-8").replace("id: clinical", "id: medical"), encoding="utf-8")
    with pytest.raises(ContentError, match="has no kind clinical"):
        load_content(folder)
