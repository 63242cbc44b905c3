"""What somebody typed, made harmless: on a page, in a table that a spreadsheet opens, in a Word document."""

from __future__ import annotations

import re
import unicodedata

from facilitator.summary.outline import tidy

MARKS_IN_A_ROW = 3
MAX_CELL = 32_767
"""The longest text a cell of an XLSX file may hold; a longer one makes Excel call the file broken."""
CUT = "…"
# What makes a spreadsheet calculate. The wide forms are read like the narrow ones by programs set to Japanese or Chinese.
_BEGINS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_EXCEL_ESCAPE = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")


def said(text: str) -> str:
    """What somebody typed, without signs that hide or turn text round, and without towers of marks."""
    plain, marks = [], 0
    for sign in tidy(text):
        marks = marks + 1 if unicodedata.category(sign) in ("Mn", "Me") else 0
        if marks <= MARKS_IN_A_ROW:
            plain.append(sign)
    return "".join(plain)


def csv_cell(text: str) -> str:
    """Text that no spreadsheet takes for a formula: an apostrophe goes before one that begins like it."""
    plain = said(text)
    return f"'{plain}" if plain.lstrip(" ").startswith(_BEGINS_A_FORMULA) else plain


def xlsx_cell(text: str) -> str:
    """Text for a cell that is typed as text (so it is never calculated), as long as Excel allows, with nothing Excel reads as an escape."""
    plain = said(text)
    plain = plain if len(plain) <= MAX_CELL else plain[: MAX_CELL - len(CUT)] + CUT
    return _EXCEL_ESCAPE.sub("_x005F_", plain)
