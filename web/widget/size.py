"""The widget as phones get it, and what that costs: bytes of script and style, comments stripped, gzip. Fails above the limit.

Run it: `python web/widget/size.py`. The modules that every visit needs travel joined in one file: on a slow line each file is a wait
of its own, and compresses worse. The files as written need none of this: a browser runs them one by one just as well.
"""

from __future__ import annotations

import gzip
import re
import sys
from pathlib import Path

LIMIT = 20_000
FOLDER = Path(__file__).parent
ENTRY = "register.js"
NOT_LOADED = {"types.js"}
BLOCK_COMMENT = re.compile(r"[ \t]*/\*.*?\*/(?:\n(?=\s))?", re.DOTALL)
LINE_COMMENT = re.compile(r"(^|\s)// .*$", re.MULTILINE)
BLANK_LINES = re.compile(r"\n\s*\n")
IMPORT = re.compile(r"^import \{[^}]*\} from '\./([\w-]+\.js)';\n", re.MULTILINE)
EXPORT = re.compile(r"^export (?=(?:async )?(?:class|const|function)\b)", re.MULTILINE)


def stripped(text: str) -> str:
    """Comments out, and the lines they leave empty. Nothing is renamed: what is measured still runs."""
    return BLANK_LINES.sub("\n", LINE_COMMENT.sub("", BLOCK_COMMENT.sub("", text))).lstrip()


def modules(entry: Path) -> list[Path]:
    """The entry and everything it imports, each after what it needs."""
    found: list[Path] = []

    def visit(path: Path) -> None:
        for name in IMPORT.findall(path.read_text("utf-8")):
            visit(path.parent / name)
        if path not in found:
            found.append(path)

    visit(entry)
    return found


def joined(entry: Path) -> str:
    """One module from several. Their top-level names must differ, which tests/browser/test_widget_size.py checks."""
    return "".join(EXPORT.sub("", IMPORT.sub("", stripped(path.read_text("utf-8")))) for path in modules(entry))


def inline() -> str:
    """The joined script as it stands inside a page, where it has no address of its own and modules are named from the root."""
    script = joined(FOLDER / ENTRY).replace("import.meta.url", f"`${{location.origin}}/widget/{ENTRY}`")
    return script.replace("import('./", "import('/widget/")


def served(path: Path) -> str:
    """A script or style as it is sent."""
    return joined(path) if path.name == ENTRY else stripped(path.read_text("utf-8"))


def weigh(text: str) -> int:
    return len(gzip.compress(text.encode(), 9, mtime=0))


def files() -> list[Path]:
    """What is fetched: the style sheets, the joined script, and the modules that only some people load."""
    inside = set(modules(FOLDER / ENTRY)) - {FOLDER / ENTRY}
    return sorted(
        path for path in FOLDER.iterdir() if path.suffix in {".js", ".css"} and path.name not in NOT_LOADED and path not in inside
    )


def total() -> int:
    return sum(weigh(served(path)) for path in files())


def main() -> int:
    print(f"{'file':14} {'gzip, stripped':>15} {'gzip, with comments':>20}")
    whole = 0
    for path in files():
        sources = modules(path) if path.name == ENTRY else [path]
        commented = weigh("".join(source.read_text("utf-8") for source in sources))
        whole += commented
        print(f"{path.name:14} {weigh(served(path)):15,} {commented:20,}")
    print(f"{'total':14} {total():15,} {whole:20,}   limit {LIMIT:,}")
    return int(total() > LIMIT)


if __name__ == "__main__":
    sys.exit(main())
