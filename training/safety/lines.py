"""Write what the model learns from, as the screen will read it: `python training/safety/lines.py OUT.jsonl` (the app's Python)."""

from __future__ import annotations

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from facilitator.safety.classifier import mark_of
from facilitator.safety.material import load_examples
from facilitator.safety.spelling import load_spelling
from facilitator.safety.windows import whole

FOLDER = Path(__file__).resolve().parents[2] / "knowledge" / "safety"


def main(out: Path) -> None:
    spelling = load_spelling(FOLDER / "spellings.yml")
    with out.open("w", encoding="utf-8") as file:
        for line in load_examples(FOLDER):
            text = whole(spelling.prepare(line.text))
            row = {"text": text, "kind": line.kind.value, "group": line.group, "mark": mark_of(line.text, line.kind)}
            file.write(json.dumps(row, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
