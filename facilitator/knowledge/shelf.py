"""Keeps a built index on disk, so that a process starts in about a second. One folder an index, named after its content.

An index is written beside its place and moved there whole; one that cannot be read is treated as absent.
"""

from __future__ import annotations

import fcntl
import json
import logging
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np

from facilitator.knowledge.bm25 import Bm25
from facilitator.knowledge.examples import Example, Labels
from facilitator.knowledge.index import Index, PassageIndex
from facilitator.knowledge.lexical import TermWeights, lemma_terms, letter_terms
from facilitator.knowledge.ridge import Ridge

logger = logging.getLogger(__name__)

_KEPT = 2  # the one in use and the one before, which another process may still be reading


def save_index(index: Index, place: Path) -> None:
    """Write `index` as the folder `place` and remove folders of older content beside it.

    Raises:
        OSError: the disk is full or may not be written.
    """
    place.parent.mkdir(parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(prefix=".making-", dir=place.parent))
    try:
        _write(index, beside)
        shutil.rmtree(place, ignore_errors=True)
        beside.replace(place)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    for older in _by_age(place.parent)[_KEPT:]:
        shutil.rmtree(older, ignore_errors=True)


def load_index(place: Path) -> Index | None:
    """The index kept at `place`; None when there is none or it cannot be read."""
    if not place.is_dir():
        return None
    try:
        return _read(place)
    except (OSError, ValueError, KeyError, AssertionError) as error:
        logger.warning("kept index not readable: %s", type(error).__name__)
        return None


@contextmanager
def building(folder: Path) -> Iterator[None]:
    """Hold the right to build: several processes notice a change at once, and one of them is enough."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _write(index: Index, folder: Path) -> None:
    arrays: dict[str, Any] = {
        "starts": index.starts,
        "vectors": index.vectors,
        "lemma_rarity": index.lemma_weights.rarity,
        "letter_rarity": index.letter_weights.rarity,
        "alphas": index.ridge.alphas,
        "lemmas": index.ridge.lemmas,
        "letters": index.ridge.letters,
        "passage_topics": index.passages.topics,
        "passage_vectors": index.passages.vectors,
        "passage_titles": index.passages.titles,
    }
    np.savez(folder / "arrays.npz", **arrays)
    texts: dict[str, Any] = {
        "topics": index.labels.topics,
        "kinds": index.labels.kinds,
        "examples": [(example.text, example.label, example.passage) for example in index.examples],
        "lemma_columns": list(index.lemma_weights.columns),
        "letter_columns": list(index.letter_weights.columns),
        "passages": index.passages.ids,
        "vocabulary": index.vocabulary,
    }
    (folder / "texts.json").write_text(json.dumps(texts, ensure_ascii=False), encoding="utf-8")
    for name, bm25 in (("by-wording", index.by_wording), ("by-topic", index.by_topic), ("by-passage", index.passages.words)):
        bm25.save(folder / name)


def _read(folder: Path) -> Index:
    with suppress(OSError):  # a folder that may only be read
        os.utime(folder)
    arrays = np.load(folder / "arrays.npz", allow_pickle=False)
    texts = json.loads((folder / "texts.json").read_text(encoding="utf-8"))
    labels = Labels(tuple(texts["topics"]), tuple(texts["kinds"]))
    passages = tuple(texts["passages"])
    return Index(
        labels=labels,
        examples=tuple(Example(*fields) for fields in texts["examples"]),
        starts=arrays["starts"],
        vectors=arrays["vectors"],
        lemma_weights=TermWeights(lemma_terms, _columns(texts["lemma_columns"]), arrays["lemma_rarity"]),
        letter_weights=TermWeights(letter_terms, _columns(texts["letter_columns"]), arrays["letter_rarity"]),
        ridge=Ridge(arrays["alphas"], arrays["lemmas"], arrays["letters"]),
        by_wording=Bm25.load(folder / "by-wording", len(labels.all)),
        by_topic=Bm25.load(folder / "by-topic", len(labels.topics)),
        passages=PassageIndex(
            passages,
            arrays["passage_topics"],
            arrays["passage_vectors"],
            arrays["passage_titles"],
            Bm25.load(folder / "by-passage", len(passages)),
        ),
        vocabulary=tuple(texts["vocabulary"]),
    )


def _columns(terms: list[str]) -> dict[str, int]:
    return {term: column for column, term in enumerate(terms)}


def _by_age(folder: Path) -> list[Path]:
    kept = (path for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))
    return sorted(kept, key=lambda path: path.stat().st_mtime, reverse=True)
