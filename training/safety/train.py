"""Tune the screen's encoder and its head: `python training/safety/train.py LINES.jsonl OUT.npz [options]`. How to: docs/safety.md.

Low-rank changes to every linear layer, plus biases and layer norms, are learned with a head of four kinds on the mean of the last layer.
One fold of the groups is held out and scored, so that limits are chosen on lines the model has not learned from.
"""

# ruff: noqa: S311 - run as a script; chance here chooses examples, no secrets
from __future__ import annotations

import argparse
import hashlib
import json
import random
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from base_model import LAYERS, NORMS, load_base

from facilitator.encoder.tokenizer import token_ids

KINDS = ("crisis_self", "crisis_other", "distress", "safe")
WEIGHTS = torch.tensor([1.0, 1.0, 1.5, 1.0])  # fewer lines are about distress
MOST_TOKENS = 80
EVERYDAY_SHARE = 1 / 3  # of the plain everyday lines, anew in each epoch


class LowRank(nn.Module):
    """A frozen linear layer and what is learned on top of it: `down` then `up`. The bias is learned whole."""

    def __init__(self, plain: nn.Linear, rank: int) -> None:
        super().__init__()
        self.register_buffer("weight", plain.weight.detach().to(torch.bfloat16))
        self.bias = nn.Parameter(plain.bias.detach().clone())
        self.down = nn.Parameter(torch.randn(rank, plain.in_features) / plain.in_features**0.5 / 2)
        self.up = nn.Parameter(torch.zeros(plain.out_features, rank))

    def forward(self, states: torch.Tensor) -> torch.Tensor:
        change = functional.linear(functional.linear(states, self.down), self.up) * 2.0
        return functional.linear(states, self.weight) + self.bias.to(states.dtype) + change


class Screen(nn.Module):
    def __init__(self, rank: int) -> None:
        super().__init__()
        self.bert, self.names = load_base()
        for name, weight in self.bert.named_parameters():
            weight.requires_grad = "encoder" in name and "LayerNorm" in name
        for name in self.names:
            owner, attribute = name.rsplit(".", 1)
            setattr(self.bert.get_submodule(owner), attribute, LowRank(self.bert.get_submodule(name), rank))
        self.head = nn.Linear(384, len(KINDS))
        self.drop = nn.Dropout(0.2)

    def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        states = self.bert(input_ids=ids, attention_mask=mask).last_hidden_state.float()
        weights = mask[..., None].float()
        return self.head(self.drop((states * weights).sum(1) / weights.sum(1)))

    def export(self) -> dict[str, np.ndarray]:
        """What changed, by the names of the ONNX file: `<matrix>.down` and `.up` to multiply and add, other names to replace."""
        parts: dict[str, np.ndarray] = {}
        for name, matrix in self.names.items():
            layer = self.bert.get_submodule(name)
            parts[f"{matrix}.down"] = (layer.down.detach().numpy().T * 2.0).astype(np.float16)
            parts[f"{matrix}.up"] = layer.up.detach().numpy().T.astype(np.float16)
            parts[f"inner.{name}.bias"] = layer.bias.detach().numpy().astype(np.float32)
        for layer in range(LAYERS):
            for norm in NORMS:
                for key, value in self.bert.get_submodule(f"encoder.layer.{layer}.{norm}").named_parameters():
                    parts[f"inner.encoder.layer.{layer}.{norm}.{key}"] = value.detach().numpy().astype(np.float32)
        parts["head.weights"], parts["head.biases"] = self.head.weight.detach().numpy(), self.head.bias.detach().numpy()
        return parts


def fold_of(group: str, folds: int) -> int:
    return int(hashlib.sha256(group.encode()).hexdigest(), 16) % folds


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


def padded(tokens: Sequence[Sequence[int]]) -> tuple[torch.Tensor, torch.Tensor]:
    ids = torch.zeros(len(tokens), max(map(len, tokens)), dtype=torch.long)
    mask = torch.zeros_like(ids)
    for row, line in enumerate(tokens):
        ids[row, : len(line)], mask[row, : len(line)] = torch.tensor(line), 1
    return ids, mask


def varied(rows: Sequence[dict[str, str]]) -> list[tuple[str, int]]:
    """The lines of one epoch: a quarter with a safe sentence before, after or on both sides, a tenth with a slip."""
    safe = [row["text"] for row in rows if row["kind"] == "safe" and len(row["text"].split()) < 30]
    lines = []
    for row in rows:
        if "everyday" in row["group"] and random.random() > EVERYDAY_SHARE:
            continue
        text = row["text"]
        if random.random() < 0.25 and len(text.split()) < 40:
            before, after = random.choice([(True, False), (False, True), (True, True)])
            stop = random.choice([" . ", " . ", " "])
            text = stop.join([*([random.choice(safe)] if before else []), text, *([random.choice(safe)] if after else [])])
        if random.random() < 0.1:
            text = slipped(text)
        lines.append((text, KINDS.index(row["kind"])))
    return lines


def slipped(text: str) -> str:
    """One word with a letter left out, swapped or doubled."""
    words = text.split()
    place = random.randrange(len(words))
    word = words[place]
    if len(word) > 3:
        at = random.randrange(len(word) - 1)
        slips = (word[:at] + word[at + 1 :], word[:at] + word[at + 1] + word[at] + word[at + 2 :], word[: at + 1] + word[at:])
        words[place] = random.choice(slips)
    return " ".join(words)


def scores(model: Screen, texts: Sequence[str]) -> np.ndarray:
    model.eval()
    tokens = [token_ids(text) for text in texts]
    found = np.zeros((len(texts), len(KINDS)), np.float32)
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
        for batch in batches([len(line) for line in tokens], 64, shuffle=False):
            found[batch] = model(*padded([tokens[at] for at in batch])).float().softmax(-1).numpy()
    model.train()
    return found


def summary(found: np.ndarray, rows: Sequence[dict[str, str]]) -> str:
    kinds = np.array([row["kind"] for row in rows])
    crisis = found[:, 0] + found[:, 1]
    real, safe = crisis[np.char.startswith(kinds, "crisis")], crisis[kinds == "safe"]
    limit = np.quantile(real, 0.02)
    noticed = (found[kinds == "distress"].argmax(1) != 3).mean()
    parts = [f"at recall 0.98 (limit {limit:.3f}) false alarms {np.mean(safe >= limit):.3f}", f"distress noticed {noticed:.3f}"]
    parts += [f"limit {at}: recall {np.mean(real >= at):.3f}, false alarms {np.mean(safe >= at):.3f}" for at in (0.2, 0.35, 0.5)]
    return "; ".join(parts)


def learn(rows: Sequence[dict[str, str]], held: Sequence[dict[str, str]], options: argparse.Namespace) -> Screen:
    model = Screen(options.rank)
    learned = [weight for weight in model.parameters() if weight.requires_grad]
    optimiser = torch.optim.AdamW(learned, lr=options.rate, weight_decay=0.01)
    started, done, steps = time.monotonic(), 0.0, 0
    while done < 1:
        lines = varied(rows)
        tokens = [token_ids(text)[:MOST_TOKENS] for text, _ in lines]
        plan = batches([len(line) for line in tokens], options.batch, shuffle=True)
        losses = []
        for batch in plan:
            done = max(steps / (len(plan) * options.epochs), (time.monotonic() - started) / (60 * options.minutes))
            if done >= 1:
                break
            for group in optimiser.param_groups:
                group["lr"] = options.rate * min(1, (steps + 1) / 60) * max(0.02, 1 - done)
            with torch.autocast("cpu", torch.bfloat16):
                raw = model(*padded([tokens[at] for at in batch]))
            wanted = torch.tensor([lines[at][1] for at in batch])
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
    parser.add_argument("lines", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--rank", type=int, default=16)
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--epochs", type=float, default=4)
    parser.add_argument("--minutes", type=float, default=600, help="end by then, with the learning rate brought down in time")
    parser.add_argument("--folds", type=int, default=7)
    parser.add_argument("--hold", type=int, default=-1, help="the fold left out and scored; -1 learns from everything")
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    random.seed(options.seed)
    torch.manual_seed(options.seed)
    rows = [json.loads(line) for line in options.lines.read_text(encoding="utf-8").splitlines()]
    held = [row for row in rows if fold_of(row["group"], options.folds) == options.hold]
    model = learn([row for row in rows if fold_of(row["group"], options.folds) != options.hold], held, options)
    np.savez(options.out, **model.export())
    if held:
        found = scores(model, [row["text"] for row in held]).tolist()
        kept = [{**row, "scores": row_scores} for row, row_scores in zip(held, found, strict=True)]
        options.out.with_suffix(".held.json").write_text(json.dumps(kept), encoding="utf-8")


if __name__ == "__main__":
    main()
