"""Examples for the assistant to learn from, and tests of it, written by coordinators: two files that the team reads, moves and commits.

What a person typed is never copied here. They let coordinators read it, for as long as we keep it; a training file is read by everybody
and kept for ever. So the coordinator words the example anew, and one that is nearly the person's own words is refused.
"""

from __future__ import annotations

import fcntl
import os
import re
import secrets
from collections.abc import Callable, Sequence
from enum import StrEnum
from functools import cache
from pathlib import Path

from facilitator.checklist.content import read_yaml
from facilitator.coordinators.reviewing import ReviewError, ReviewFault
from facilitator.settings import ROOT

MAX_TEXT = 300
SAME_RUN = 5
"""So many words in a row from the message are its writer's own; shorter pieces anybody would say."""
_MARKUP = re.compile(r"[\[\]{}|<>`\t]")


class ExampleKind(StrEnum):
    TRAINING = "training"
    TEST = "test"


FILES = {ExampleKind.TRAINING: "nlu.yml", ExampleKind.TEST: "intents.tsv"}
_HEADS = {ExampleKind.TRAINING: 'version: "3.1"\nnlu:\n', ExampleKind.TEST: "id\ttext\tlabel\tby\n"}


@cache
def intents() -> tuple[str, ...]:
    """What the assistant can take a message for, by name."""
    listed = read_yaml(ROOT / "bot" / "domain.yml")["intents"]
    return tuple(sorted(str(name if isinstance(name, str) else next(iter(name))) for name in listed))


def add(folder: Path, kind: ExampleKind, text: str, intent: str, *, said: str, by: str, redact: Callable[[str], str]) -> Path:
    """Add an example to the file of its kind. Returns the file.

    Args:
        folder: the data folder. said: the message it is about. by: the coordinator's id. redact: what takes personal details out.
    Raises:
        ReviewError: nothing, too much, an intent there is none of, the person's own words, or personal details.
    """
    tidy = " ".join(_MARKUP.sub(" ", text).split()).lstrip("-#*/ ")
    _check(tidy, intent, said, redact)
    place = folder / "pending" / FILES[kind]
    place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    line = f"- intent: {intent}\n  examples: |\n    - {tidy}\n"
    if kind is ExampleKind.TEST:
        line = "\t".join((f"c{secrets.token_hex(4)}", tidy, intent, by)) + "\n"
    with place.open("a", encoding="utf-8") as file:
        # several processes may write; each writes whole lines, one at a time
        fcntl.flock(file, fcntl.LOCK_EX)
        file.write(("" if os.fstat(file.fileno()).st_size else _HEADS[kind]) + line)
    return place


def _check(text: str, intent: str, said: str, redact: Callable[[str], str]) -> None:
    if not text:
        raise ReviewError(ReviewFault.EXAMPLE_EMPTY)
    if len(text) > MAX_TEXT:
        raise ReviewError(ReviewFault.EXAMPLE_LONG)
    if intent not in intents():
        raise ReviewError(ReviewFault.EXAMPLE_INTENT)
    if too_close(text, said):
        raise ReviewError(ReviewFault.EXAMPLE_CLOSE)
    if redact(text) != text:
        raise ReviewError(ReviewFault.EXAMPLE_DETAILS)


def too_close(text: str, said: str) -> bool:
    """Whether a text has the words of a message: five of them in a row."""
    new, old = _words(text), _words(said)
    runs = {tuple(old[start : start + SAME_RUN]) for start in range(len(old) - SAME_RUN + 1)}
    return any(tuple(new[start : start + SAME_RUN]) in runs for start in range(len(new) - SAME_RUN + 1))


def _words(text: str) -> Sequence[str]:
    return re.findall(r"\w+", text.casefold())
