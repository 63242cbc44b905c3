"""Whether the domain is empty, found out without writing it out.

Stock Rasa asks at every typed message, and each time makes an empty domain, slots and all, to compare ours with.
"""

from __future__ import annotations

from typing import Any

from bot.engine.replacing import replace_once


def install() -> None:
    """Make the empty domain once."""
    from rasa.shared.core.domain import Domain

    replace_once(Domain, "is_empty", _compared)


def _compared(_stock: Any) -> Any:
    from rasa.shared.core.domain import Domain

    nothing = Domain.empty().as_dict()

    def is_empty(self: Any) -> bool:
        return bool(self.as_dict() == nothing)

    return is_empty
