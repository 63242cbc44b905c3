"""TensorFlow, Keras and matplotlib are not there, Rasa does not miss them, and whatever would use one is told so."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import distributions
from pathlib import Path

import pytest

from bot.engine import left_out

ROOT = Path(__file__).resolve().parents[2]
HEAVY = {"tensorflow", "tensorflow-cpu", "tensorflow-hub", "keras", "tensorboard", "matplotlib", "pillow", "jax", "jaxlib"}


WATCH = """
from bot.engine import left_out
asked, plain = set(), left_out._LeftOut.__getattribute__
def noted(module, name):
    if not name.startswith("_"):
        asked.add(plain(module, "__name__") + "." + name)
    return plain(module, name)
left_out._LeftOut.__getattribute__ = noted
left_out.stand_in()
asked.clear()
import rasa.__main__, rasa.core.test, rasa.engine.recipes.default_components
print(*asked)
"""


def test_none_of_them_is_installed():
    assert HEAVY & {each.metadata["Name"].lower() for each in distributions()} == set()


def test_standing_in_again_changes_nothing():
    before = {name: sys.modules[name] for name in left_out.NAMES}
    left_out.stand_in()
    assert before == {name: sys.modules[name] for name in left_out.NAMES}


def test_every_name_is_one_that_rasa_asks_for():
    """And so is every module that holds no other: none stands here for nothing."""
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", WATCH], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    asked = set(done.stdout.split())
    wanted = {f"{module}.{name}" for module, names in left_out.NAMES.items() for name in names}
    wanted |= {name for name, names in left_out.NAMES.items() if not names and not any(f"{name}." in other for other in left_out.NAMES)}
    assert wanted - asked == set()


def test_a_component_that_needs_one_fails_and_says_why():
    from rasa.utils.tensorflow.models import RasaModel

    with pytest.raises(left_out.LeftOutError, match=r"keras\.Model is not installed"):
        RasaModel()


def test_a_name_that_does_not_stand_here_is_no_silent_success():
    import tensorflow

    with pytest.raises(AttributeError):
        tensorflow.constant(1)
    with pytest.raises(ImportError):
        import matplotlib.pyplot  # noqa: F401


def test_rasas_own_command_line_starts():
    done = subprocess.run([sys.executable, "-m", "bot.engine.command", "--version"], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert "3.6.21" in done.stdout
