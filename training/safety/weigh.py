"""Write how a model reads each line it may learn from: `python training/safety/weigh.py BASE LINES.jsonl CHANGES.npz OUT.jsonl`.

OUT has the lines with one thing more, `right`: the probability that the model gives to a line's own kind, as typed. `train.py` reads those
that it doubts more often (docs/safety.md).
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from data import DOUBTED, read_rows
from train import scores, started_from

from models import KINDS, Screen


def main(base: str, lines: Path, changes: Path, out: Path) -> None:
    rows = read_rows(lines)
    found = scores(Screen(base, 0, started_from(changes)), [row["raw"] for row in rows])
    weighed = [{**row, "right": round(float(each[KINDS.index(row["kind"])]), 4)} for row, each in zip(rows, found, strict=True)]
    out.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in weighed), encoding="utf-8")
    doubted = sum(row["right"] < DOUBTED for row in weighed)
    print(f"{len(rows)} lines, {doubted} of them doubted, {sum(row['right'] < 0.5 for row in weighed)} misread")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]), Path(sys.argv[4]))
