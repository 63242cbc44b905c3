"""Put tuned members into a file that is committed (the app's Python):

`python training/safety/bundle.py LINES.jsonl OUT.npz MEMBER.npz...`

OUT is `knowledge/safety/tuned.npz` or `larger.npz`. Members that started alike (training/safety/models.py) are averaged into one.
Lines that are not in LINES.jsonl are new to the model: the screen adjusts its heads to them when it loads.
`bundle.py --head knowledge/safety/tuned.npz` does that once and for all to the small model's file, so that no start has to;
`bundle.py --known` leaves its head as it is and only notes that no line is new to it.
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
MOST_RANK = 32  # 8 MB for the larger model
Parts = dict[str, np.ndarray]


def average(members: list[Parts]) -> Parts:
    """The mean of what the members changed. Low-rank changes are put side by side, which is their exact mean, then made small again."""
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
    for name in [name for name in found if name.endswith(".down")]:
        up = name.removesuffix("down") + "up"
        found[name], found[up] = thinned(found[name], found[up])
    return found


def thinned(down: np.ndarray, up: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The nearest pair of rank `MOST_RANK`: members that went on from one file differ little, so next to nothing is lost."""
    if down.shape[1] <= MOST_RANK:
        return down, up
    left, inner_left = np.linalg.qr(down.astype(np.float64))
    right, inner_right = np.linalg.qr(up.T.astype(np.float64))
    turn, sizes, other_turn = np.linalg.svd(inner_left @ inner_right.T)
    roots = np.sqrt(sizes[:MOST_RANK])
    thin_down, thin_up = left @ turn[:, :MOST_RANK] * roots, (right @ other_turn[:MOST_RANK].T * roots).T
    return thin_down.astype(np.float16), thin_up.astype(np.float16)


def main(lines: Path, out: Path, members: list[Path]) -> None:
    rows = [json.loads(line) for line in lines.read_text(encoding="utf-8").splitlines()]
    learned = {row["mark"] for row in rows if row["mark"]}
    known = {mark_of(line.text, line.kind) for line in load_examples(FOLDER)}
    parts = average([dict(np.load(member, allow_pickle=False)) for member in members])
    # named as they stand only when nothing is new
    content = content_of(FOLDER) if known <= learned else ""
    np.savez_compressed(out, **parts, lines=np.array(sorted(learned), dtype=np.uint64), content=np.array(content))


def adjust_head(path: Path) -> None:
    """The head that the screen would make of lines newer than the small model, kept in its file."""
    spelling, lines = load_spelling(FOLDER / "spellings.yml"), load_examples(FOLDER)
    model = load_classifier(TunedModel(path), content_of(FOLDER), lambda: lines, lambda text: whole(spelling.prepare(text)), None)
    weights, biases = model.head
    note_known(path, {"head.weights": weights, "head.biases": biases})


def note_known(path: Path, changes: Parts | None = None) -> None:
    """Every line as it stands is noted as known to the file, with other changes to it."""
    content, lines = content_of(FOLDER), load_examples(FOLDER)
    with np.load(path, allow_pickle=False) as file:
        parts = {name: file[name] for name in file.files}
    learned = {*parts["lines"].tolist(), *(mark_of(line.text, line.kind) for line in lines)}
    parts |= {**(changes or {}), "content": np.array(content), "lines": np.array(sorted(learned), dtype=np.uint64)}
    np.savez_compressed(path, **parts)


if __name__ == "__main__" and sys.argv[1] == "--head":
    adjust_head(Path(sys.argv[2]))
elif __name__ == "__main__" and sys.argv[1] == "--known":
    note_known(Path(sys.argv[2]))
elif __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), [Path(name) for name in sys.argv[3:]])
