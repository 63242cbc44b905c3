"""Put tuned members into a file that is committed (the app's Python):

`python training/safety/bundle.py LINES.jsonl OUT.npz MEMBER.npz...`

OUT is `knowledge/safety/tuned.npz` or `larger.npz`. Members that started alike (training/safety/models.py) are averaged into one.
Lines that are not in LINES.jsonl are new to the model: the screen adjusts its heads to them when it loads.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from facilitator.safety.classifier import content_of, mark_of
from facilitator.safety.material import load_examples

FOLDER = Path(__file__).resolve().parents[2] / "knowledge" / "safety"
Parts = dict[str, np.ndarray]


def average(members: list[Parts]) -> Parts:
    """The mean of what the members changed. Low-rank changes are put side by side, which is their exact mean."""
    share = 1 / len(members)
    found: Parts = {}
    for name, first in members[0].items():
        values = [member[name].astype(np.float32) for member in members]
        if name.endswith(".down"):
            found[name] = np.hstack(values).astype(np.float16)
        elif name.endswith(".up"):
            found[name] = (np.vstack(values) * share).astype(np.float16)
        else:
            found[name] = np.mean(values, axis=0).astype(first.dtype)
    return found


def main(lines: Path, out: Path, members: list[Path]) -> None:
    rows = [json.loads(line) for line in lines.read_text(encoding="utf-8").splitlines()]
    learned = {row["mark"] for row in rows if row["mark"]}
    known = {mark_of(line.text, line.kind) for line in load_examples(FOLDER)}
    parts = average([dict(np.load(member, allow_pickle=False)) for member in members])
    # named as they stand only when nothing is new
    content = content_of(FOLDER) if known <= learned else ""
    np.savez_compressed(out, **parts, lines=np.array(sorted(learned), dtype=np.uint64), content=np.array(content))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), [Path(name) for name in sys.argv[3:]])
