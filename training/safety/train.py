"""Tune a model of the screen: `python training/safety/train.py BASE LINES.jsonl OUT.npz [options]`. How to: docs/safety.md.

BASE is `minilm`, or the folder that the packages of requirements/model.txt are installed in. One fold of the themes is held out and
scored, so that limits are chosen on lines the model has not learned from. With `--start`, a committed file learns on: only lines that are
new to it are held out, and the others of them are read several times.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from data import Row, batches, fold_of, of_an_epoch, read_rows, varied
from torch import nn
from torch.nn import functional

from models import KINDS, NUMBERS, Screen

WEIGHTS = torch.tensor([1.0, 1.0, 1.3, 1.0])  # fewer lines are about distress


def scores(model: Screen, texts: Sequence[str]) -> np.ndarray:
    model.eval()
    tokens = [model.token_ids(text) for text in texts]
    found = np.zeros((len(texts), len(KINDS)), np.float32)
    with torch.no_grad(), torch.autocast("cpu", NUMBERS, enabled=NUMBERS is torch.bfloat16):
        for batch in batches([len(line) for line in tokens], 64, shuffle=False):
            found[batch] = model(*model.padded([tokens[at] for at in batch])).float().softmax(-1).numpy()
    model.train()
    return found


def summary(found: np.ndarray, rows: Sequence[Row]) -> str:
    kinds = np.array([row["kind"] for row in rows])
    crisis = found[:, 0] + found[:, 1]
    real, safe = crisis[np.char.startswith(kinds, "crisis")], crisis[kinds == "safe"]
    parts = [f"{len(real)} dangers, {len(safe)} safe"]
    for recall in (0.98, 0.95, 0.93):
        limit = np.quantile(real, 1 - recall)
        parts.append(f"at recall {recall} (limit {limit:.3f}) false alarms {np.mean(safe >= limit):.3f}")
    for alarms in (0.03, 0.05, 0.08):
        limit = np.quantile(safe, 1 - alarms)
        parts.append(f"at false alarms {alarms} (limit {limit:.3f}) recall {np.mean(real > limit):.3f}")
    return "; ".join(parts)


def started_from(path: Path | None) -> dict[str, np.ndarray]:
    """The parts of a committed file, or of a member; nothing when tuning starts from the published model."""
    return dict(np.load(path, allow_pickle=False)) if path else {}


def learn(rows: Sequence[Row], new: Sequence[Row], held: Sequence[Row], options: argparse.Namespace) -> Screen:
    """`new`: lines that `options.start` does not know."""
    model = Screen(options.base, options.rank, started_from(options.start))
    random.seed(options.seed)
    torch.manual_seed(options.seed)
    learned = [weight for weight in model.parameters() if weight.requires_grad]
    optimiser = torch.optim.AdamW(learned, lr=options.rate, weight_decay=0.01, betas=(0.9, 0.98))
    if held and options.start:
        print(f"at the start: {summary(scores(model, [row['text'] for row in held]), held)}", flush=True)
    started, done, steps = time.monotonic(), 0.0, 0
    while done < 1:
        lines = varied([*of_an_epoch(rows, options.share, options.doubted), *of_an_epoch(new, options.again, options.doubted)])
        tokens = [model.token_ids(text) for text, _ in lines]
        plan = batches([len(line) for line in tokens], options.batch, shuffle=True)
        losses = []
        for batch in plan:
            done = max(steps / (len(plan) * options.epochs), (time.monotonic() - started) / (60 * options.minutes))
            if done >= 1:
                break
            for group in optimiser.param_groups:
                group["lr"] = options.rate * min(1, (steps + 1) / 60) * min(1, max(0.02, (1 - done) * 2))
            with torch.autocast("cpu", NUMBERS, enabled=NUMBERS is torch.bfloat16):
                raw = model(*model.padded([tokens[at] for at in batch]))
            wanted = torch.tensor([KINDS.index(lines[at][1]) for at in batch])
            loss = functional.cross_entropy(raw.float(), wanted, weight=WEIGHTS, label_smoothing=0.05)
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(learned, 1.0)
            optimiser.step()
            losses.append(loss.item())
            steps += 1
            if steps % 100 == 0:
                print(f"step {steps} of epoch of {len(plan)}, done {done:.2f}, loss {np.mean(losses[-100:]):.3f}", flush=True)
        if held:
            print(f"after {steps} steps: {summary(scores(model, [row['text'] for row in held]), held)}", flush=True)
    return model


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("base")
    parser.add_argument("lines", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--rank", type=int, default=16)
    parser.add_argument("--rate", type=float, default=5e-4, help="0.0005 for the larger model, 0.001 for minilm")
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--epochs", type=float, default=4)
    parser.add_argument("--minutes", type=float, default=600, help="end by then, with the learning rate brought down in time")
    parser.add_argument("--folds", type=int, default=7)
    parser.add_argument("--hold", type=int, default=-1, help="the fold left out and scored; -1 learns from everything")
    parser.add_argument("--start", type=Path, help="a file of changes to go on from (knowledge/safety/larger.npz); its lines are known")
    parser.add_argument("--share", type=float, default=1, help="with --start: how many of the lines it knows are read in an epoch, 0 to 1")
    parser.add_argument("--again", type=float, default=3, help="with --start: how often a line that is new to it is read in an epoch")
    parser.add_argument("--doubted", type=int, default=2, help="how often a line is read that weigh.py found misread or nearly so")
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    rows = read_rows(options.lines)
    known = set(started_from(options.start).get("lines", np.array([])).tolist())
    new = [row for row in rows if known and row["mark"] != 0 and row["mark"] not in known]
    old = [row for row in rows if not known or row["mark"] == 0 or row["mark"] in known]
    out = {row["group"] for row in new or old if fold_of(row, options.folds) == options.hold}
    # what people say to get about in the chat is no test of hard lines
    held = [row for row in new or old if row["group"] in out and not row["group"].startswith("everyday chat")]
    model = learn([row for row in old if row["group"] not in out], [row for row in new if row["group"] not in out], held, options)
    np.savez(options.out, **model.export())
    if held:
        found = scores(model, [row["text"] for row in held]).tolist()
        kept = [{**row, "scores": row_scores} for row, row_scores in zip(held, found, strict=True)]
        options.out.with_suffix(".held.json").write_text(json.dumps(kept), encoding="utf-8")


if __name__ == "__main__":
    main()
