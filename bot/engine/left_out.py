"""What Rasa names as it starts and this assistant never uses: TensorFlow, Keras and matplotlib are not installed.

Rasa 3.6.21 imports every component it has, DIET and TED among them, to know their names, and what draws the figures of its tests. Ours
need neither (config.yml), so those packages would be 1 GB of disk and a quarter of a GB of memory for their names alone, with all
their known vulnerabilities. Empty classes bear the names instead. Whatever would use one fails at once and says so.
"""

from __future__ import annotations

import sys
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any, NoReturn

# Each module that Rasa imports as it starts, with the classes and functions it names there.
NAMES: dict[str, tuple[str, ...]] = {
    "tensorflow": ("SparseTensor", "Tensor", "TensorShape", "TensorSpec"),
    "tensorflow.keras": (),
    "tensorflow.keras.backend": (),
    "tensorflow.keras.callbacks": ("Callback",),
    "tensorflow.keras.layers": ("AbstractRNNCell", "Dense", "Dropout", "Layer"),
    "tensorflow.keras.metrics": ("Metric",),
    "tensorflow.keras.utils": ("Sequence",),
    "tensorflow.python": (),
    "tensorflow.python.eager": (),
    "tensorflow.python.eager.wrap_function": ("WrappedFunction",),
    "tensorflow.types": (),
    "tensorflow.types.experimental": ("TensorLike",),
    "keras": ("Model",),
    "keras.utils": (),
    "keras.utils.control_flow_util": ("smart_cond",),
    "keras.utils.tf_utils": (),
    "matplotlib": (),
    "matplotlib.ticker": ("FormatStrFormatter",),
}


class LeftOutError(RuntimeError):
    """Something used a package that is not installed here."""


def stand_in() -> None:
    """Put the empty classes where Rasa looks for the packages. Call it before anything imports Rasa; again, it does nothing."""
    for name, classes in NAMES.items():
        if isinstance(sys.modules.get(name), _LeftOut):
            continue
        module = _LeftOut(name)
        module.__spec__, module.__path__ = ModuleSpec(name, None, is_package=True), []
        for each in classes:
            setattr(module, each, _named(f"{name}.{each}"))
        sys.modules[name] = module
        above, _, last = name.rpartition(".")
        if above:
            setattr(sys.modules[above], last, module)


class _LeftOut(ModuleType):
    __path__: list[str]


def _named(name: str) -> type:
    def use(_cls: type, *_arguments: Any, **_more: Any) -> NoReturn:
        raise LeftOutError(f"{name} is not installed: no component of config.yml needs it (docs/decisions/0001-two-environments.md)")

    return type(name.rpartition(".")[2], (), {"__new__": use})
