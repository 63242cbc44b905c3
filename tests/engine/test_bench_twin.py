"""The twin that turns are measured beside can be trained by Rasa as it is locked here: that comes and goes with versions."""

from __future__ import annotations

import shutil
from pathlib import Path

from rasa.model_training import train

FORM = Path(__file__).resolve().parents[2] / "benchmarks" / "twin" / "form"


def test_the_looping_form_can_be_trained_and_stored(tmp_path: Path) -> None:
    folder = tmp_path / "form"
    shutil.copytree(FORM, folder)
    made = train(str(folder / "domain.yml"), str(folder / "config.yml"), [str(folder / "data")], output=str(tmp_path / "models"))
    assert made.code == 0 and made.model is not None and Path(made.model).is_file()
