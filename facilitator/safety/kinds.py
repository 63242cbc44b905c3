"""What the screen can say about a message."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

SURE = 0.6  # the classifier's chance of a crisis from which it is spoken of as one


class SafetyKind(StrEnum):
    CRISIS_SELF = "crisis_self"
    CRISIS_OTHER = "crisis_other"
    DISTRESS = "distress"
    SAFE = "safe"

    @property
    def is_crisis(self) -> bool:
        return self in (SafetyKind.CRISIS_SELF, SafetyKind.CRISIS_OTHER)


@dataclass(frozen=True)
class Screened:
    """One message, judged.

    Attributes:
        kind: the most serious thing found.
        reasons: ids of the patterns that decided, or `classifier`; safe to log, as they never hold the text.
        confidence: 1.0 when a pattern decided, else the classifier's probability of `kind` (0 to 1).
        reduced: True when the classifier was not available and patterns alone decided.
    """

    kind: SafetyKind
    reasons: tuple[str, ...] = ()
    confidence: float = 1.0
    reduced: bool = False

    @property
    def guessed(self) -> bool:
        """Whether nothing but the classifier speaks for it."""
        return self.kind is not SafetyKind.SAFE and self.reasons == ("classifier",)

    @property
    def unsure(self) -> bool:
        """A crisis that may well be none: the numbers are given all the same, and the words say that this may be a misreading."""
        return self.guessed and self.kind.is_crisis and self.confidence < SURE
