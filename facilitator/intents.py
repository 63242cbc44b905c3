"""What the trained assistant takes messages for, asked of Rasa's own Python without a server."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass

from facilitator.errors import FacilitatorError
from facilitator.settings import ROOT
from facilitator.supervise import QUIET, RASA_PYTHON

_HELPER = ROOT / "bot" / "engine" / "evaluate_helper.py"
_LIMIT_S = 1800


class IntentsUnavailable(FacilitatorError):
    """Rasa's environment or a trained model is missing, or the helper failed; the text says what to do."""


@dataclass(frozen=True)
class Intent:
    """The intent after the fallback, and how sure the classifier was of it."""

    name: str
    confidence: float


def classify(texts: Sequence[str]) -> list[Intent]:
    """The intent of every text, by the newest model in `models/`.

    Raises:
        IntentsUnavailable: it cannot be asked.
    """
    if not RASA_PYTHON.exists():
        raise IntentsUnavailable("Rasa's environment is not there yet. Run `make setup` first.")
    done = subprocess.run(  # noqa: S603
        [str(RASA_PYTHON), str(_HELPER), str(ROOT / "models")],
        input="".join(json.dumps(text) + "\n" for text in texts),
        capture_output=True,
        text=True,
        encoding="utf-8",
        cwd=ROOT,
        env={**os.environ, **QUIET, "PYTHONPATH": str(ROOT)},
        timeout=_LIMIT_S,
        check=False,
    )
    answers = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    if done.returncode != 0 or len(answers) != len(texts):
        # the helper's last line is its own sentence, or the name of an error: never a message
        reason = done.stderr.strip().splitlines()[-1:] or ["it said nothing"]
        raise IntentsUnavailable(f"The model could not be asked: {reason[0]}")
    return [Intent(str(answer["intent"]), float(answer["confidence"])) for answer in answers]
