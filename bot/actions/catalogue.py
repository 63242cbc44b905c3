"""The actions that are served, by name. Nothing goes live by being imported."""

from __future__ import annotations

from types import ModuleType

from bot.actions import asking, knowing, leaving, people, rights, walking, welcome, yes_no
from bot.actions.base import FacilitatorAction

_MODULES: tuple[ModuleType, ...] = (welcome, walking, yes_no, asking, knowing, leaving, rights, people)


def action_classes() -> list[type[FacilitatorAction]]:
    """Every action class, in the order of the modules above."""
    found = [value for module in _MODULES for value in vars(module).values() if isinstance(value, type)]
    return [value for value in found if issubclass(value, FacilitatorAction) and value is not FacilitatorAction]
