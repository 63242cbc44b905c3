"""Make `facilitator/privacy/second_opinion.npz` (the app's Python, one core, some ten minutes):

`python training/privacy/make.py [OUT.npz] [--leave-out SET]... [--cache FOLDER]`

SET is a labelled set of tests/evaluation, such as `privacy-ninth`, to measure on what was never learned; those in `variants.UNLEARNED`
never are. The cache keeps what the encoder made of the training texts, by set; delete it when facilitator/encoder or
facilitator/privacy/word_features.py changes.
The same texts and the same machine give the same file.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import variants

from facilitator.encoder.states import WIDTH, WordStates
from facilitator.privacy.lexicon import load_lexicon
from facilitator.privacy.names import NameFinder
from facilitator.privacy.second_opinion import MODEL
from facilitator.privacy.tokens import read_words
from facilitator.privacy.word_features import WordFeatures

HIDDEN, EPOCHS, BATCH, DROPPED, RATE, DECAY = 64, 3, 512, 0.3, 2e-3, 0.02
Rows = tuple[np.ndarray, np.ndarray]


def rows_of(texts: Iterable[variants.Text], states: WordStates, features: WordFeatures) -> Rows:
    """Numbers (float16) and label for each word: 1 in a person's name, 0 not. Words of other details are left out."""
    numbers, labels = [], []
    for row in texts:
        words = read_words(row.text)
        if not words:
            continue
        inner, known = states.read(row.text, [(word.start, word.end) for word in words])
        kinds = [{kind for start, end, kind in row.details if word.start < end and start < word.end} for word in words]
        used = known & np.array([not kind or "PERSON" in kind for kind in kinds])
        numbers.append(np.hstack([inner, features.of(words)])[used].astype(np.float16))
        labels.append(np.array(["PERSON" in kind for kind in kinds], dtype=np.float32)[used])
    return np.vstack(numbers), np.concatenate(labels)


def nameless_texts() -> list[str]:
    """Texts of the other sets in which the rules find nobody: next to all of them name nobody."""
    finder = NameFinder(load_lexicon())
    texts = []
    for pattern in variants.NAMELESS:
        for path in sorted(variants.EVALUATION.glob(pattern)):
            lines = path.read_text(encoding="utf-8").split("\n")
            place = lines[0].split("\t").index("text")
            texts += [line.split("\t")[place] for line in lines[1:] if line]
    return [text for text in texts if not any(finder.find(text))]


def learn(parts: list[Rows], seed: int = 0) -> dict[str, np.ndarray]:
    """One hidden layer, by Adam with decay and dropout; the numbers' means and spreads are part of its weights."""
    chance = np.random.default_rng(seed)
    numbers = np.vstack([part for part, _ in parts]).astype(np.float32)
    labels = np.concatenate([part for _, part in parts])
    mean, spread = numbers[::7].mean(axis=0), numbers[::7].std(axis=0) + 0.1
    numbers -= mean
    numbers /= spread
    width = numbers.shape[1]
    weights = [
        chance.uniform(-1, 1, (width, HIDDEN)).astype(np.float32) / width**0.5,
        np.zeros(HIDDEN, np.float32),
        chance.uniform(-1, 1, HIDDEN).astype(np.float32) / HIDDEN**0.5,
        np.zeros(1, np.float32),
    ]
    first, second = ([np.zeros_like(weight) for weight in weights] for _ in range(2))
    steps, step = EPOCHS * (len(labels) // BATCH), 0
    for _ in range(EPOCHS):
        order = chance.permutation(len(labels))
        for at in range(0, len(order) - BATCH + 1, BATCH):
            some = order[at : at + BATCH]
            gradients = _gradients(numbers[some], labels[some], weights, chance)
            step += 1
            rate = RATE * max(0.01, 1 - step / steps)
            for weight, gradient, near, square in zip(weights, gradients, first, second, strict=True):
                near += 0.1 * (gradient - near)
                square += 0.001 * (gradient**2 - square)
                weight *= 1 - rate * DECAY
                weight -= rate * (near / (1 - 0.9**step)) / (np.sqrt(square / (1 - 0.999**step)) + 1e-8)
    inner, bias, outer, offset = weights
    scaled = inner / spread[:, None]
    return {
        "inner": scaled.astype(np.float16),
        "bias": (bias - mean @ scaled.astype(np.float16).astype(np.float32)).astype(np.float32),
        "outer": outer,
        "offset": offset,
    }


def glance(parts: list[Rows], seed: int = 0) -> dict[str, np.ndarray]:
    """What the lists, the spelling and the neighbours say without the encoder, from all words of names and two in five others."""
    chance = np.random.default_rng(seed)
    picked = [(labels == 1) | (chance.random(len(labels)) < 0.4) for _, labels in parts]
    numbers = np.vstack([rows[some][:, WIDTH:].astype(np.float32) for (rows, _), some in zip(parts, picked, strict=True)])
    labels = np.concatenate([labels[some] for (_, labels), some in zip(parts, picked, strict=True)])
    model = LogisticRegression(C=0.3, max_iter=60).fit(numbers, labels)
    return {"glance": model.coef_[0].astype(np.float32), "glance_offset": model.intercept_.astype(np.float32)}


def _gradients(numbers: np.ndarray, labels: np.ndarray, weights: list[np.ndarray], chance: np.random.Generator) -> list[np.ndarray]:
    inner, bias, outer, offset = weights
    numbers = numbers * ((chance.random(numbers.shape, dtype=np.float32) >= DROPPED) / np.float32(1 - DROPPED))
    hidden = numbers @ inner + bias
    kept = (hidden > 0) * ((chance.random(hidden.shape, dtype=np.float32) >= DROPPED) / np.float32(1 - DROPPED))
    shown = hidden * kept
    wrong = (1 / (1 + np.exp(-np.clip(shown @ outer + offset, -30, 30))) - labels) / np.float32(len(labels))
    back = wrong[:, None] * outer * kept
    return [numbers.T @ back, back.sum(axis=0), shown.T @ wrong, wrong.sum(keepdims=True)]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("out", nargs="?", type=Path, default=MODEL)
    parser.add_argument("--leave-out", action="append", default=[], choices=variants.LABELLED)
    parser.add_argument("--cache", type=Path)
    given = parser.parse_args()
    states, features = WordStates(), WordFeatures(load_lexicon())

    def rows(name: str, texts: Iterable[variants.Text]) -> Rows:
        kept = given.cache / f"{name}.npz" if given.cache else None
        if kept and kept.exists():
            with np.load(kept) as file:
                return file["numbers"], file["labels"]
        made = rows_of(texts, states, features)
        if kept:
            kept.parent.mkdir(parents=True, exist_ok=True)
            np.savez(kept, numbers=made[0], labels=made[1])
        return made

    parts = [rows(name, variants.variants(name)) for name in variants.LABELLED if name not in given.leave_out]
    parts += [rows("sentences", variants.sentences()), rows("nameless", variants.nameless(nameless_texts()))]
    np.savez_compressed(given.out, **learn(parts), **glance(parts))
    print(given.out, sum(len(labels) for _, labels in parts), "words")


if __name__ == "__main__":
    main()
