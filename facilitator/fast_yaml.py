"""The safe loader of YAML, in its faster form where libyaml is there: `bot/domain.yml` in 25 ms, not 209. Both build plain values only."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from yaml import SafeLoader
else:
    try:
        from yaml import CSafeLoader as SafeLoader
    except ImportError:
        from yaml import SafeLoader

__all__ = ["SafeLoader"]
