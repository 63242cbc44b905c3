"""One way to put ours in the place of something of Rasa's."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any


def replace_once(owner: Any, name: str, make: Callable[[Any], Any]) -> None:
    """Put `make(stock)` in the place of `owner`'s `name`; `stock` stays within reach as its `__wrapped__`.

    Nothing happens where `make` has done so before, though others may have wrapped it since.
    """
    stock, mark = getattr(owner, name), f"_facilitator_{make.__module__}_{make.__qualname__}"
    if getattr(stock, mark, False):
        return
    ours = wraps(stock)(make(stock))
    setattr(ours, mark, True)
    setattr(owner, name, ours)
