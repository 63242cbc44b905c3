"""How well and how fast search answers.

    .venv/bin/python -m benchmarks.knowledge [--cold] [--calibrate]

By default: the blind set tests/evaluation/knowledge.tsv, and times with vectors at hand. --cold also builds an index with nothing at
hand. --calibrate scores our own wordings by indexes that have not seen them, and prints the weights learnt, to be copied into
facilitator/knowledge/fusion.py and passages.py. Times are of this machine and of one thread; run it on an idle one.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from facilitator.evaluation import knowledge_figures, read_tsv
from facilitator.knowledge.content import load_content
from facilitator.knowledge.live import LiveKnowledge
from facilitator.knowledge.vectorise import Vectors
from facilitator.settings import ROOT, read_settings

BLIND = ROOT / "tests" / "evaluation" / "knowledge.tsv"
KNOWLEDGE = ROOT / "knowledge"


def main() -> dict[str, float]:
    wanted = _options()
    cache = read_settings().cache_dir
    results = {**quality(cache), **times(cache)}
    if wanted.cold:
        with tempfile.TemporaryDirectory() as folder:
            results["cold_build_s"] = _seconds(lambda: LiveKnowledge(KNOWLEDGE, Path(folder)).search("hello"))
    if wanted.calibrate:
        results.update(calibrate(cache))
    for name, value in results.items():
        print(f"{name:32} {value:10.4f}")
    return results


def quality(cache: Path) -> dict[str, float]:
    """The blind set's figures: wordings nobody who wrote the content has seen."""
    with tempfile.TemporaryDirectory() as folder:  # no organisation's documents
        base = LiveKnowledge(KNOWLEDGE, Path(folder), cache_dir=cache)
        rows = read_tsv(BLIND, ("id", "text", "topics"))
        figures = knowledge_figures(rows, base.search, frozenset(base.content.topics), BLIND)
        decisions = [str(base.search(row["text"]).decision) for row in rows if row["topics"]]
    return {
        "blind_top1": figures.top1,
        "blind_top3": figures.top3,
        "blind_declined_wrongly": figures.declined_wrongly,
        "blind_answered_wrongly": figures.answered_wrongly,
        "blind_offered_inside": decisions.count("offer") / len(decisions),
    }


def times(cache: Path) -> dict[str, float]:
    """Seconds to build with vectors at hand and to load what was built; milliseconds of one search."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        vectors = cache / "knowledge.db"
        (folder / "cache").mkdir()
        if vectors.exists():
            (folder / "cache" / "knowledge.db").write_bytes(vectors.read_bytes())
        build = _seconds(lambda: LiveKnowledge(KNOWLEDGE, folder).search("hello"))
        load = _seconds(lambda: LiveKnowledge(KNOWLEDGE, folder).search("hello"))
        base = LiveKnowledge(KNOWLEDGE, folder)
        texts = [row["text"] for row in read_tsv(BLIND, ("id", "text", "topics"))]
        base.search("warm")
        # a space more, so that no vector is remembered from the run before
        spent = [_seconds(lambda text=text: base.search(f"{text} ")) * 1000 for text in texts]  # type: ignore[misc]
    middle, slow = (float(value) for value in np.percentile(spent, [50, 95]))
    return {"build_s": build, "load_s": load, "search_p50_ms": middle, "search_p95_ms": slow}


def calibrate(cache: Path) -> dict[str, float]:
    from benchmarks.knowledge_calibration import hold_out, learn, learn_passages
    from facilitator.knowledge.fusion import weigh

    held = hold_out(load_content(KNOWLEDGE), Vectors(cache / "knowledge.db").of_content)
    fusion = learn(held)
    weights, right = learn_passages(held)
    print(fusion)
    print("passages", weights.round(2))
    inside = [one for one in held if one.label < len(one.index.labels.topics)]
    shares = [(weigh(one.index, one.signals, fusion).topics, one.label) for one in inside]
    ranks = [int((topics > topics[label]).sum()) for topics, label in shares]
    return {
        "held_out_top1": float(np.mean([rank == 0 for rank in ranks])),
        "held_out_top3": float(np.mean([rank < 3 for rank in ranks])),
        "held_out_passage_right": right,
    }


def _seconds(run: Callable[[], object]) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cold", action="store_true")
    parser.add_argument("--calibrate", action="store_true")
    return parser.parse_known_args()[0]


if __name__ == "__main__":
    main()
