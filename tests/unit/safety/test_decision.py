"""The decision, apart from any model; and faults in the content files."""

from __future__ import annotations

from dataclasses import replace

import pytest

from facilitator.errors import ContentError
from facilitator.safety.evidence import Evidence, Limits, Probabilities, decide
from facilitator.safety.kinds import SafetyKind
from facilitator.safety.material import load_examples

RULE = (SafetyKind.CRISIS_SELF, "self-x")
LIMITS = Limits(crisis=0.3, distress=0.5)


def chances(self_=0.0, other=0.0, distress=0.0, piece=None, whole=None) -> Probabilities:
    risk = self_ + other
    return Probabilities(self_, other, distress, risk if piece is None else piece, risk if whole is None else whole)


@pytest.mark.parametrize(
    ("evidence", "kind"),
    [
        (Evidence(chances=chances()), SafetyKind.SAFE),
        (Evidence(chances=chances(self_=0.31)), SafetyKind.CRISIS_SELF),
        (Evidence(chances=chances(other=0.31)), SafetyKind.CRISIS_OTHER),
        (Evidence(chances=chances(self_=0.2, other=0.2)), SafetyKind.CRISIS_SELF),
        (Evidence(chances=chances(distress=0.5)), SafetyKind.DISTRESS),
        (Evidence(chances=chances(self_=0.28, distress=0.3)), SafetyKind.DISTRESS),
        (Evidence(sure=RULE, chances=chances()), SafetyKind.CRISIS_SELF),
        (Evidence(sure=(SafetyKind.DISTRESS, "low"), chances=chances()), SafetyKind.DISTRESS),
        (Evidence(sure=(SafetyKind.DISTRESS, "low"), chances=chances(other=0.9)), SafetyKind.CRISIS_OTHER),
        (Evidence(hint=RULE, chances=chances()), SafetyKind.SAFE),
        # a worrying piece that the whole message explains
        (Evidence(chances=chances(self_=0.9, piece=0.9, whole=0.02)), SafetyKind.SAFE),
        # a rule is overruled only where the larger model has read and sees nothing
        (Evidence(sure=RULE, chances=replace(chances(self_=0.2), larger=0.14)), SafetyKind.SAFE),
        (Evidence(sure=RULE, chances=replace(chances(self_=0.2), larger=0.16)), SafetyKind.CRISIS_SELF),
        (Evidence(sure=RULE, chances=replace(chances(), full=False)), SafetyKind.CRISIS_SELF),
        # patterns alone
        (Evidence(sure=RULE), SafetyKind.CRISIS_SELF),
        (Evidence(hint=RULE), SafetyKind.CRISIS_SELF),
        (Evidence(hint=RULE, framed=True), SafetyKind.SAFE),
        (Evidence(), SafetyKind.SAFE),
    ],
)
def test_the_gravest_kind_that_the_evidence_carries(evidence, kind):
    found = decide(evidence, LIMITS)
    assert found.kind is kind
    assert found.reduced is (evidence.chances is None)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("kind: crisis_self\ngroups:\n- about: a\n  lines: [one]\n", "there are no lines for"),
        ("kind: sad\ngroups: []\n", "unknown kind"),
        ("kind: safe\n", "no groups"),
        ("kind: safe\ngroups:\n- lines: [one]\n", "about"),
        ("kind: safe\ngroups:\n- about: a\n  lines: [yes]\n", "not text"),
        ("kind: safe\ngroups:\n- about: a\n  lines: ['to {place}']\n", "nothing to fill"),
    ],
)
def test_a_fault_in_the_lines_is_named(tmp_path, text, fault):
    (tmp_path / "lines.yml").write_text(text)
    with pytest.raises(ContentError, match=fault):
        load_examples(tmp_path)


def test_one_line_under_two_kinds_is_refused(tmp_path):
    for name, kind in (("a", "safe"), ("b", "distress")):
        (tmp_path / f"{name}.yml").write_text(f"kind: {kind}\ngroups:\n- about: x\n  lines: [The same line]\n")
    with pytest.raises(ContentError, match="also stands under safe"):
        load_examples(tmp_path)


def test_lines_of_one_set_and_theme_are_one_group(tmp_path):
    for kind in SafetyKind:
        (tmp_path / f"{kind}.yml").write_text(f"kind: {kind}\nset: pairs\ngroups:\n- about: x\n  lines: [a {kind} line]\n")
    assert {line.group for line in load_examples(tmp_path)} == {"pairs: x"}
