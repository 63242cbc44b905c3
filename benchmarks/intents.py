"""Intent pipelines side by side, each trained and run by Rasa itself.

    .venv-stock/bin/python benchmarks/intents.py [--clinc FOLDER] [--only NAME] [--diet]

Two sets: CLINC150 with ten examples an intent (public, nobody here wrote it; the folder of train.tsv, test.tsv and
out_of_scope_test.tsv) and our own bot/data/nlu with the held-out tests/evaluation/intents.tsv. Columns:

    accuracy    the likeliest intent is right, before the fallback
    kept, right with config.yml's fallback: share answered, and share of those that are right
    refused     out-of-scope messages that fell back
    sure        median confidence
    ms          of one core, a message at a time, median, the whole pipeline
    train       seconds, with sentence vectors not yet cached
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import io
import logging
import os
import statistics
import sys
import tempfile
import time
import types
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
os.environ.update(RASA_TELEMETRY_ENABLED="false", TF_CPP_MIN_LOG_LEVEL="3", OMP_NUM_THREADS="1", CUDA_VISIBLE_DEVICES="-1")
warnings.filterwarnings("ignore")

import yaml  # noqa: E402

CONFIG = ROOT / "config.yml"
WORDS: dict[str, Any] = {"name": "CountVectorsFeaturizer"}
PAIRS = {**WORDS, "max_ngram": 2}
LETTERS = {**WORDS, "analyzer": "char_wb", "min_ngram": 1, "max_ngram": 4}
TOKENS = {"name": "WhitespaceTokenizer"}
MEANING: dict[str, Any] = {"name": "bot.engine.sentence_featurizer.SentenceFeaturizer"}
SIX_LAYERS = {**MEANING, "layers": [1, 2, 3, 4, 5, 6]}
REGRESSION = {"name": "LogisticRegressionClassifier"}
KERNEL: dict[str, Any] = {"name": "bot.engine.intent_classifier.KernelIntentClassifier"}
DIET = {"name": "DIETClassifier", "epochs": 100, "entity_recognition": False}

CANDIDATES: dict[str, list[dict[str, Any]]] = {
    "counts, logistic regression": [TOKENS, WORDS, LETTERS, REGRESSION],
    "MiniLM, logistic regression": [TOKENS, MEANING, REGRESSION],
    "MiniLM scaled by 10, logistic regression": [TOKENS, {**MEANING, "scale": 10}, REGRESSION],
    "MiniLM scaled by 10, counts, logistic regression": [TOKENS, {**MEANING, "scale": 10}, WORDS, LETTERS, REGRESSION],
    "MiniLM, kernel ridge": [TOKENS, MEANING, KERNEL],
    "six layers, kernel ridge": [TOKENS, SIX_LAYERS, KERNEL],
    "six layers, words, kernel ridge": [TOKENS, SIX_LAYERS, PAIRS, KERNEL],
}
OURS = "config.yml"


@dataclass(frozen=True)
class Lesson:
    """What is learned and what is asked; a question has the intents that count as right, none if out of scope."""

    name: str
    train: list[tuple[str, str]]
    asked: list[tuple[str, set[str]]]
    out_of_scope: list[str]


def main() -> None:
    arguments = _arguments()
    _silence()
    _store_without_skops()
    lessons = [lesson for lesson in (_clinc(arguments.clinc), _own()) if lesson]
    print(f"{'pipeline':50s}{'set':9s}{'accuracy':>9s}{'kept':>7s}{'right':>7s}{'refused':>9s}{'sure':>6s}{'ms':>6s}{'train':>7s}")
    for name, pipeline in _candidates(arguments).items():
        for lesson in lessons:
            _print(name, lesson, _measure(pipeline, lesson))


def _silence() -> None:
    from rasa.utils.log_utils import configure_structlog

    configure_structlog(logging.ERROR)  # else Rasa prints every message it parses
    logging.disable(logging.WARNING)


def _store_without_skops() -> None:
    """Rasa stores its logistic regression with skops, which we leave out (0001). Here its own files of a moment ago are all it reads."""
    import joblib

    stored = types.ModuleType("skops.io")
    vars(stored).update(dump=joblib.dump, load=lambda path, trusted: joblib.load(path), get_untrusted_types=lambda file: [])
    package = types.ModuleType("skops")
    vars(package)["io"] = stored
    sys.modules.update({"skops": package, "skops.io": stored})


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clinc", type=Path, default=ROOT.parent / "shared" / "data" / "clinc150-10shot")
    parser.add_argument("--only", help="pipelines whose name holds this text")
    parser.add_argument("--diet", action="store_true", help="also the stock DIET pipeline: 13 minutes, 0.736 on CLINC150")
    return parser.parse_args()


def _candidates(arguments: argparse.Namespace) -> dict[str, list[dict[str, Any]]]:
    ours = yaml.safe_load(CONFIG.read_text(encoding="utf-8"))["pipeline"]
    fallback = ours[-1]
    chosen = {name: [*pipeline, fallback] for name, pipeline in CANDIDATES.items()} | {OURS: ours}
    if arguments.diet:
        chosen["stock: counts, DIET"] = [TOKENS, WORDS, LETTERS, DIET, fallback]
    return {name: pipeline for name, pipeline in chosen.items() if not arguments.only or arguments.only in name}


def _clinc(folder: Path) -> Lesson | None:
    if not folder.is_dir():
        print(f"no CLINC150 in {folder}: left out")
        return None
    train, test, outside = (_rows(folder / f"{name}.tsv") for name in ("train", "test", "out_of_scope_test"))
    asked = [(text, {label}) for text, label in test]
    return Lesson("CLINC150", train, asked, [text for text, _ in outside])


def _own() -> Lesson:
    held_out = _rows(ROOT / "tests" / "evaluation" / "intents.tsv")
    return Lesson("ours", _training_phrases(), [(text, set(label.split("|"))) for text, label in held_out], [])


def _training_phrases() -> list[tuple[str, str]]:
    from rasa.shared.nlu.training_data.loading import load_data

    return [(m.get("text"), m.get("intent")) for m in load_data(str(ROOT / "bot" / "data" / "nlu")).intent_examples]


def _rows(path: Path) -> list[tuple[str, str]]:
    lines = path.read_text(encoding="utf-8").rstrip("\n").split("\n")
    header = lines[0].split("\t")
    text, label = header.index("text"), header.index("label")
    return [(fields[text], fields[label]) for fields in (line.split("\t") for line in lines[1:])]


@dataclass(frozen=True)
class Result:
    """Figures of one pipeline on one set."""

    accuracy: float
    kept: float
    right: float
    refused: float
    sure: float
    ms: float
    train: float


def _measure(pipeline: list[dict[str, Any]], lesson: Lesson) -> Result:
    with tempfile.TemporaryDirectory() as folder:
        parser, seconds = _trained(pipeline, lesson.train, Path(folder))
        answers = parser.many([text for text, _ in lesson.asked])
        outside = parser.many(lesson.out_of_scope)
        ms = parser.milliseconds([f"{text} please" for text, _ in lesson.asked[:200]])
    accepted = [right for _, right in lesson.asked]
    kept = [(answer, right) for answer, right in zip(answers, accepted, strict=True) if not answer.fell_back]
    return Result(
        accuracy=_share(answer.likeliest in right for answer, right in zip(answers, accepted, strict=True)),
        kept=len(kept) / len(answers),
        right=_share(answer.likeliest in right for answer, right in kept),
        refused=_share(answer.fell_back for answer in outside),
        sure=statistics.median(answer.confidence for answer in answers),
        ms=ms,
        train=seconds,
    )


@dataclass(frozen=True)
class Answer:
    """What a pipeline made of a message; `likeliest` looks behind the fallback."""

    likeliest: str
    confidence: float
    fell_back: bool


class Parser:
    """A trained pipeline."""

    def __init__(self, model: str) -> None:
        from rasa.core.agent import Agent

        self._processor = Agent.load(model).processor

    def many(self, texts: list[str]) -> list[Answer]:
        """All at once, for speed."""
        from rasa.core.channels.channel import UserMessage
        from rasa.engine.constants import PLACEHOLDER_MESSAGE, PLACEHOLDER_TRACKER

        target = self._processor.model_metadata.nlu_target
        inputs = {PLACEHOLDER_MESSAGE: [UserMessage(text) for text in texts], PLACEHOLDER_TRACKER: None}
        parsed = self._processor.graph_runner.run(inputs, [target])[target] if texts else []
        return [_answer(message) for message in parsed]

    def milliseconds(self, texts: list[str]) -> float:
        """Median processor time of one message, each new to the caches; others may be using the machine."""
        from rasa.core.channels.channel import UserMessage

        times = []
        for text in texts:
            started = time.thread_time()
            asyncio.run(self._processor.parse_message(UserMessage(text)))
            times.append(time.thread_time() - started)
        return statistics.median(times) * 1000


def _answer(message: Any) -> Answer:
    ranking = message.get("intent_ranking")
    fell_back = message.get("intent")["name"] == "nlu_fallback"
    first = ranking[1] if fell_back else ranking[0]
    return Answer(first["name"], first["confidence"], fell_back)


def _trained(pipeline: list[dict[str, Any]], phrases: list[tuple[str, str]], folder: Path) -> tuple[Parser, float]:
    from rasa.model_training import train_nlu

    os.environ["RASA_CACHE_DIRECTORY"] = str(folder / "cache")
    uncached = [{**part, "cache": None} if "Featurizer" in part["name"] and "bot." in part["name"] else part for part in pipeline]
    config = {"recipe": "default.v1", "assistant_id": "benchmark", "language": "en", "pipeline": uncached}
    (folder / "config.yml").write_text(yaml.safe_dump(config), encoding="utf-8")
    (folder / "nlu.yml").write_text(yaml.safe_dump(_as_nlu(phrases), allow_unicode=True), encoding="utf-8")
    from facilitator.encoder import shared_encoder

    shared_encoder.cache_clear()
    started = time.perf_counter()
    with contextlib.redirect_stdout(io.StringIO()):
        model = train_nlu(str(folder / "config.yml"), str(folder / "nlu.yml"), str(folder))
    return Parser(str(model)), time.perf_counter() - started


def _as_nlu(phrases: list[tuple[str, str]]) -> dict[str, Any]:
    intents: dict[str, list[dict[str, str]]] = {}
    for text, intent in phrases:
        intents.setdefault(intent, []).append({"text": text})
    return {"version": "3.1", "nlu": [{"intent": name, "examples": examples} for name, examples in intents.items()]}


def _share(facts: Any) -> float:
    known = list(facts)
    return sum(known) / len(known) if known else float("nan")


def _print(name: str, lesson: Lesson, result: Result) -> None:
    figures = f"{result.accuracy:9.4f}{result.kept:7.3f}{result.right:7.3f}{result.refused:9.3f}{result.sure:6.2f}"
    print(f"{name:50s}{lesson.name:9s}{figures}{result.ms:6.1f}{result.train:7.1f}", flush=True)


if __name__ == "__main__":
    main()
