from __future__ import annotations

from pathlib import Path

from facilitator.knowledge.base import Part
from facilitator.knowledge.content import load_content
from facilitator.knowledge.glossary import load_glossary
from facilitator.settings import ROOT

_TOPICS = """about-framework what-is-coproduction power-hierarchy-authority institutional-systems-resistance leadership-commitment
    time-preparation-purpose shared-values-language ground-rules roles-boundaries facilitation-brokering payment-benefits sharing-decisions
    trust-communication learning-reflection-mistakes equality-assets-experience flexible-frameworks emotional-support staff-support
    service-user-carer-support challenge-tensions change-vision-strategy change-motivate-staff change-lead-by-example
    change-invest-service-users change-knowledge-skills change-reflection conclusion"""


def test_every_topic_of_the_design_is_there() -> None:
    assert set(load_content(ROOT / "knowledge").topics) == set(_TOPICS.split())


def test_a_topic_is_read_whole(folder: Path) -> None:
    topic = load_content(folder).topics["pay"]
    assert (topic.id, topic.title, topic.section, topic.related) == ("pay", "Payment", "Step 2: Payment", ("rules",))
    assert topic.short.id == "pay#short"
    assert topic.short.text == "Payment matters to all of us. Ask about it early."
    assert topic.parts[Part.ACTIONS].text == "- Ask about Payment."
    (point,) = topic.points
    assert (point.id, point.title) == ("pay#a-point", "A point about vouchers")
    assert point.asks[0] == "tell me about vouchers"
    assert point.sources[0].section == "Step 2: Payment"
    assert "vouchers and nothing else." in point.text
    assert "People ask" not in point.text


def test_wrapped_lines_are_joined_and_lists_kept(folder: Path) -> None:
    path = folder / "framework" / "pay.md"
    text = path.read_text(encoding="utf-8").replace("You can help.", "You can\nhelp.\n\n- One thing\n  at a time\n- Two")
    path.write_text(text.replace("\n", "\r\n"), encoding="utf-8")
    assert load_content(folder).topics["pay"].parts[Part.STAFF].text == "You can help.\n\n- One thing at a time\n- Two"


def test_a_term_is_found_by_any_of_its_names_the_longest_first() -> None:
    glossary = load_glossary(ROOT / "knowledge" / "glossary.yml")
    ladder = glossary.explain("what is the engagement ladder please?")
    assert ladder is not None and ladder.term == "engagement ladder"
    named = glossary.explain("They CONSULTED us twice")
    assert named is not None and named.term == "consultation"
    spelt = glossary.explain("whats coproduction")
    assert spelt is not None and spelt.term == "co-production"
    assert glossary.explain("hello there") is None
    assert glossary.explain("") is None
