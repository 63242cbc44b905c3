"""What the widget costs a phone: bytes of script and style, comments stripped, gzip. Fails above the limit.

Run it: `python web/widget/size.py`. Each file counts by itself, because each travels by itself.
"""

from __future__ import annotations

import gzip
import re
import sys
from pathlib import Path

LIMIT = 20_000
FOLDER = Path(__file__).parent
NOT_LOADED = {"types.js"}
BLOCK_COMMENT = re.compile(r"[ \t]*/\*.*?\*/(?:\n(?=\s))?", re.DOTALL)
LINE_COMMENT = re.compile(r"(^|\s)// .*$", re.MULTILINE)
BLANK_LINES = re.compile(r"\n\s*\n")


def stripped(text: str) -> str:
    """Comments out, and the lines they leave empty. Nothing is renamed or joined: what is measured still runs."""
    return BLANK_LINES.sub("\n", LINE_COMMENT.sub("", BLOCK_COMMENT.sub("", text))).lstrip()


def weigh(text: str) -> int:
    return len(gzip.compress(text.encode(), 9, mtime=0))


def files() -> list[Path]:
    return sorted(path for path in FOLDER.iterdir() if path.suffix in {".js", ".css"} and path.name not in NOT_LOADED)


def total() -> int:
    return sum(weigh(stripped(path.read_text("utf-8"))) for path in files())


def main() -> int:
    print(f"{'file':18} {'gzip, stripped':>15} {'gzip, as served':>16}")
    for path in files():
        text = path.read_text("utf-8")
        print(f"{path.name:18} {weigh(stripped(text)):15,} {weigh(text):16,}")
    served = sum(weigh(path.read_text("utf-8")) for path in files())
    print(f"{'total':18} {total():15,} {served:16,}   limit {LIMIT:,}")
    return int(total() > LIMIT)


if __name__ == "__main__":
    sys.exit(main())
