"""What the screen can say about a message."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


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
