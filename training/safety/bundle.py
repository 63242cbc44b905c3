"""Put tuned members into the file that is committed: `python training/safety/bundle.py LINES.jsonl MEMBER.npz...` (the app's Python).

Lines written since `LINES.jsonl` adjust the heads here as they would when the screen loads, and all lines are then marked as known.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from facilitator.safety.classifier import content_of, load_classifier, mark_of
from facilitator.safety.material import load_examples
from facilitator.safety.spelling import load_spelling
from facilitator.safety.tuned import TunedModel
from facilitator.safety.windows import whole

FOLDER = Path(__file__).resolve().parents[2] / "knowledge" / "safety"
OUT = FOLDER / "tuned.npz"


def main(lines: Path, members: list[Path]) -> None:
    learned = {json.loads(line)["mark"] for line in lines.read_text(encoding="utf-8").splitlines()}
    parts: dict[str, np.ndarray] = {"members": np.array(len(members)), "lines": np.array(sorted(learned), dtype=np.uint64)}
    for number, member in enumerate(members):
        with np.load(member, allow_pickle=False) as file:
            parts.update({f"{number}/{name}": file[name] for name in file.files if name != "allow_pickle"})
    parts["content"] = np.array("")
    np.savez_compressed(OUT, **parts)
    spelling, examples = load_spelling(FOLDER / "spellings.yml"), load_examples(FOLDER)
    made = load_classifier(TunedModel(OUT), content_of(FOLDER), lambda: examples, lambda text: whole(spelling.prepare(text)), None)
    for number, (weights, biases) in enumerate(made.heads):
        parts[f"{number}/head.weights"], parts[f"{number}/head.biases"] = weights, biases
    parts["content"] = np.array(content_of(FOLDER))
    parts["lines"] = np.array(sorted({mark_of(line.text, line.kind) for line in examples}), dtype=np.uint64)
    np.savez_compressed(OUT, **parts)


if __name__ == "__main__":
    main(Path(sys.argv[1]), [Path(name) for name in sys.argv[2:]])
