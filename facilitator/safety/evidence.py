"""What was found in one message, and the decision: a pure function, so that its limits can be chosen and tested."""

from __future__ import annotations

from dataclasses import dataclass

from facilitator.safety.kinds import SafetyKind, Screened


@dataclass(frozen=True)
class Probabilities:
    """The classifier's view of one message: of its most worrying piece, and of the whole (0 to 1).

    `self_`, `other` and `distress` are the highest of any piece; `whole` is the chance of either crisis in the message as
    a whole, or the same as the highest piece when it is too long to be read as one. `full` is False when the larger model was missing;
    `larger` is what it said by itself, None when it was not there or not asked.
    """

    self_: float
    other: float
    distress: float
    piece: float
    whole: float
    full: bool = True
    larger: float | None = None

    @property
    def risk(self) -> float:
        """A worrying piece counts less when the rest explains it ("…and I was nineteen, I run the allotment now")."""
        return float((self.piece * max(self.whole, 1e-6)) ** 0.5)

    @property
    def crisis(self) -> SafetyKind:
        return SafetyKind.CRISIS_SELF if self.self_ >= self.other else SafetyKind.CRISIS_OTHER


@dataclass(frozen=True)
class Evidence:
    """Everything the decision rests on.

    Attributes:
        sure: kind and id of the gravest rule found outside any frame; hint: the same inside a frame, or for a weak rule.
        framed: the message is about the past, a document, a story or a "what if".
        chances: None when there is no classifier.
    """

    sure: tuple[SafetyKind, str] | None = None
    hint: tuple[SafetyKind, str] | None = None
    framed: bool = False
    chances: Probabilities | None = None


@dataclass(frozen=True)
class Limits:
    """How likely a crisis, or distress, has to be. Chosen on held-out lines: docs/decisions/0007-safety-screen.md."""

    crisis: float = 0.15
    distress: float = 0.55
    crisis_small: float = 0.30  # when the larger model is missing
    overruled: float = 0.15  # what the larger model finds this safe is not what a rule took it for ("Please proofread: …")

    def crisis_for(self, chances: Probabilities) -> float:
        return self.crisis if chances.full else self.crisis_small


def decide(evidence: Evidence, limits: Limits) -> Screened:
    """The most serious kind that the evidence carries."""
    reduced = evidence.chances is None
    sure = None if _overruled(evidence.chances, limits) else evidence.sure
    if sure is not None and sure[0].is_crisis:
        return Screened(sure[0], (sure[1],), reduced=reduced)
    if evidence.chances is None:
        return _by_patterns(evidence)
    chances, risk = evidence.chances, evidence.chances.risk
    if risk >= limits.crisis_for(chances):
        return Screened(chances.crisis, ("classifier",), risk)
    if sure is not None:
        return Screened(sure[0], (sure[1],))
    # a risk just under the limit is not read as nothing: the person is offered a pause and the numbers
    if chances.distress + risk >= limits.distress:
        return Screened(SafetyKind.DISTRESS, ("classifier",), chances.distress)
    return Screened(SafetyKind.SAFE, ("classifier",), 1 - risk)


def _overruled(chances: Probabilities | None, limits: Limits) -> bool:
    return chances is not None and chances.larger is not None and chances.larger < limits.overruled


def _by_patterns(evidence: Evidence) -> Screened:
    """Without a classifier a hint counts by itself, unless the message is about something else."""
    found = evidence.sure or (None if evidence.framed else evidence.hint)
    if found is None:
        return Screened(SafetyKind.SAFE, reduced=True)
    return Screened(found[0], (found[1],), reduced=True)
