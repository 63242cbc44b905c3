"""Lines as a model is taught them: in batches of like length, and a little different each time."""

# ruff: noqa: S311 - chance here chooses examples, no secrets
from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

EVERYDAY_SHARE = 1 / 3  # of the plain everyday lines, anew in each epoch
DOUBTED = 0.9  # where the model that is learned on gives a line's kind less than this
AS_TYPED = 0.6  # the rest is read as the screen prepares it: short forms opened, slips mended
_JOINS = (". ", ". ", " . ", " ", ", ", " and ", "\n")

Row = dict[str, Any]


def read_rows(path: Path) -> list[Row]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def fold_of(row: Row, folds: int) -> int:
    """The lines of a theme are all in one fold, so that nothing is tested that its twin has taught."""
    return int(hashlib.sha256(row["group"].encode()).hexdigest(), 16) % folds


def batches(lengths: Sequence[int], size: int, shuffle: bool) -> list[list[int]]:
    """Indexes in batches of like length, so that little is computed on padding."""
    order = list(range(len(lengths)))
    if shuffle:
        random.shuffle(order)
    found = []
    for start in range(0, len(order), size * 25):
        alike = sorted(order[start : start + size * 25], key=lengths.__getitem__)
        found += [alike[at : at + size] for at in range(0, len(alike), size)]
    if shuffle:
        random.shuffle(found)
    return found


def of_an_epoch(rows: Sequence[Row], times: float, doubted: int) -> list[Row]:
    """Each line as often as it is read in one epoch: `times` on average, and at least `doubted` times where weigh.py found doubt."""
    whole, part = divmod(times, 1)
    found: list[Row] = []
    for row in rows:
        drawn = int(whole) + (random.random() < part)
        found += [row] * (max(doubted, drawn) if float(row.get("right", 1)) < DOUBTED else drawn)
    return found


def varied(rows: Sequence[Row]) -> list[tuple[str, str]]:
    """Text and kind of each line of one epoch: a quarter with a safe sentence before, after or on both sides, a tenth with a slip."""
    safe = [row for row in rows if row["kind"] == "safe" and len(row["text"].split()) < 30]
    lines = []
    for row in rows:
        if "everyday" in row["group"] and random.random() > EVERYDAY_SHARE:
            continue
        text = _worded(row)
        if random.random() < 0.25 and len(text.split()) < 40:
            before, after = random.choice([(True, False), (False, True), (True, True)])
            around = [_worded(random.choice(safe)) for wanted in (before, after) if wanted]
            text = _joined([*around[:before], text, *around[before:]])
        lines.append((slipped(text) if random.random() < 0.1 else text, row["kind"]))
    return lines


def slipped(text: str) -> str:
    """One word with a letter left out, swapped or doubled."""
    words = text.split()
    if not words:
        return text
    place = random.randrange(len(words))
    word = words[place]
    if len(word) > 3:
        at = random.randrange(len(word) - 1)
        slips = (word[:at] + word[at + 1 :], word[:at] + word[at + 1] + word[at] + word[at + 2 :], word[: at + 1] + word[at:])
        words[place] = random.choice(slips)
    return " ".join(words)


def _worded(row: Row) -> str:
    return row["raw"] if random.random() < AS_TYPED else row["text"]


def _joined(parts: Sequence[str]) -> str:
    text = parts[0]
    for part in parts[1:]:
        text += (" " if text[-1:] in ".!?" else random.choice(_JOINS)) + part
    return text
