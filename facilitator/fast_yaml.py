"""The safe loader of YAML that reads ten times faster where libyaml is there; both build plain values only."""

from __future__ import annotations

from typing import Any

import yaml

SafeLoader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
