"""Whether the domain is empty, found out without writing it out.

Stock Rasa asks at every typed message, and each time makes an empty domain, slots and all, to compare ours with.
"""

from __future__ import annotations

from functools import wraps
from typing import Any

_MARK = "_facilitator_compared"


def install() -> None:
    """Make the empty domain once. Doing it twice is the same as once."""
    from rasa.shared.core.domain import Domain

    if getattr(Domain.is_empty, _MARK, False):
        return
    nothing = Domain.empty().as_dict()

    @wraps(Domain.is_empty)
    def is_empty(self: Any) -> bool:
        return bool(self.as_dict() == nothing)

    setattr(is_empty, _MARK, True)
    Domain.is_empty = is_empty
