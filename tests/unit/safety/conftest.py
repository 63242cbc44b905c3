from __future__ import annotations

import pytest

from facilitator.safety.larger.model import LargerModel
from facilitator.safety.screen import SafetyScreen
from facilitator.safety.tuned import TunedModel
from facilitator.settings import ROOT

FOLDER = ROOT / "knowledge" / "safety"


@pytest.fixture(scope="session")
def screen() -> SafetyScreen:
    made = SafetyScreen(FOLDER, TunedModel(FOLDER / "tuned.npz"), larger=LargerModel(FOLDER / "larger.npz", ROOT / "models"))
    made.warm_up()
    return made


@pytest.fixture(scope="session")
def patterns_alone() -> SafetyScreen:
    return SafetyScreen(FOLDER)
