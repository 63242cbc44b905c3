"""Write what the models learn from, as typed and as the screen reads it: `python training/safety/lines.py OUT.jsonl` (the app's Python)."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from facilitator.checklist.content import read_yaml
from facilitator.safety.classifier import mark_of
from facilitator.safety.material import load_examples
from facilitator.safety.spelling import as_typed, load_spelling
from facilitator.safety.windows import whole

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "knowledge" / "safety"
_MARKED = re.compile(r"\[([^\]]+)\](\([^)]*\)|\{[^}]*\})")
# Things said in the chat that may be about more than the chat: not taught as safe.
NOT_TAUGHT = frozenset(["someone help me please", "i've had enough", "end it here", "leave me alone"])


def chat() -> Iterator[tuple[str, str]]:
    """What people say to get about in the chat (bot/data/nlu), each once, with the file and intent it stands under."""
    seen = set(NOT_TAUGHT)
    for path in sorted((ROOT / "bot" / "data" / "nlu").glob("*.yml")):
        for block in read_yaml(path)["nlu"]:
            for line in str(block.get("examples", "")).splitlines():
                text = _MARKED.sub(r"\1", line.strip().removeprefix("- ")).strip()
                if text and text.casefold() not in seen:
                    seen.add(text.casefold())
                    yield text, f"{path.stem}/{block.get('intent')}"


def main(out: Path) -> None:
    spelling = load_spelling(FOLDER / "spellings.yml")
    rows = [(line.text, line.kind.value, line.group, mark_of(line.text, line.kind)) for line in load_examples(FOLDER)]
    rows += [(text, "safe", f"everyday chat: {place}", 0) for text, place in chat()]
    with out.open("w", encoding="utf-8") as file:
        for typed, kind, group, mark in rows:
            row = {"raw": as_typed(typed), "text": whole(spelling.prepare(typed)), "kind": kind, "group": group, "mark": mark}
            file.write(json.dumps(row, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
