"""Tables as CSV and XLSX, made while they are sent: neither is ever whole in memory or on disk."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime
from itertools import batched
from xml.sax.saxutils import escape

from facilitator.reports.fit import csv_cell, xlsx_cell

Cell = str | int | float | date | None
Row = Sequence[Cell]

ROWS_AT_A_TIME = 200
ROWS_IN_A_SHEET = 1_000_000
"""Excel holds 1,048,576; a longer table goes on in another sheet."""


def as_csv(head: Sequence[str], rows: Iterable[Row]) -> Iterator[bytes]:
    """UTF-8 with the mark by which Excel knows it, lines ended as RFC 4180 says."""
    yield "\ufeff".encode()
    for some in batched(_with_head(head, rows), ROWS_AT_A_TIME):
        written = io.StringIO(newline="")
        csv.writer(written, lineterminator="\r\n").writerows([_plain(cell, csv_cell) for cell in row] for row in some)
        yield written.getvalue().encode()


def as_xlsx(title: str, head: Sequence[str], rows: Iterable[Row]) -> Iterator[bytes]:
    """A workbook of one sheet, or of as many as the rows need. `title` names the sheets."""
    pipe = _Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as book:
        sheets = 0
        waiting = iter(rows)
        for first in waiting:
            sheets += 1
            yield from _sheet(book, pipe, sheets, head, _at_most(first, waiting))
        if not sheets:
            sheets = 1
            yield from _sheet(book, pipe, sheets, head, ())
        for name, text in _parts(title, sheets):
            book.writestr(name, text)
        yield pipe.take()
    yield pipe.take()


def _with_head(head: Sequence[str], rows: Iterable[Row]) -> Iterator[Row]:
    yield head
    yield from rows


def _at_most(first: Row, waiting: Iterator[Row]) -> Iterator[Row]:
    yield first
    for _ in range(ROWS_IN_A_SHEET - 1):
        row = next(waiting, None)
        if row is None:
            return
        yield row


def _plain(cell: Cell, text: Callable[[str], str]) -> str | int | float:
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return f"{cell:%Y-%m-%d %H:%M}"
    if isinstance(cell, date):
        return cell.isoformat()
    return text(cell) if isinstance(cell, str) else cell


# ── XLSX: the few parts of a workbook that are needed (ECMA-376) ──


class _Pipe(io.RawIOBase):
    """What a zip file is written to: it cannot be wound back, so that each piece can be sent and forgotten."""

    def __init__(self) -> None:
        super().__init__()
        self._pieces: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, piece: object) -> int:
        data = bytes(piece)  # type: ignore[call-overload]
        self._pieces.append(data)
        return len(data)

    def take(self) -> bytes:
        found, self._pieces = b"".join(self._pieces), []
        return found


_MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
_LINKS = 'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
_KIND = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
TEXT, HEAD = 1, 2
"""Styles of `_STYLES`, by place. `quotePrefix` is the apostrophe: text stays text when somebody edits the cell or saves it as CSV."""
_STYLES = (
    f'{_XML}<styleSheet {_MAIN}><fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>'
    '<font><b/><sz val="11"/><name val="Calibri"/></font></fonts><fills count="2"><fill><patternFill patternType="none"/></fill>'
    '<fill><patternFill patternType="gray125"/></fill></fills>'
    '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs><cellXfs count="3">'
    '<xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
    '<xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0" quotePrefix="1" applyAlignment="1">'
    '<alignment vertical="top" wrapText="1"/></xf>'
    '<xf numFmtId="0" fontId="1" fillId="0" borderId="0" xfId="0" quotePrefix="1" applyFont="1"/></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
)


def _sheet(book: zipfile.ZipFile, pipe: _Pipe, number: int, head: Sequence[str], rows: Iterable[Row]) -> Iterator[bytes]:
    with book.open(f"xl/worksheets/sheet{number}.xml", "w") as part:
        widths = "".join(f'<col min="{at}" max="{at}" width="{_width(name)}" customWidth="1"/>' for at, name in enumerate(head, 1))
        frozen = '<sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" state="frozen"/></sheetView></sheetViews>'
        part.write(f"{_XML}<worksheet {_MAIN}>{frozen}<cols>{widths}</cols><sheetData>{_row(head, HEAD)}".encode())
        for some in batched(rows, ROWS_AT_A_TIME):
            part.write("".join(_row(row, TEXT) for row in some).encode())
            yield pipe.take()
        part.write(b"</sheetData></worksheet>")


def _width(name: str) -> int:
    return max(12, min(40, len(name) + 4))


def _row(row: Row, style: int) -> str:
    return f"<row>{''.join(_cell(_plain(cell, xlsx_cell), style) for cell in row)}</row>"


def _cell(cell: str | int | float, style: int) -> str:
    if not isinstance(cell, str):
        return f"<c><v>{cell}</v></c>"
    return f'<c s="{style}" t="inlineStr"><is><t xml:space="preserve">{escape(cell)}</t></is></c>' if cell else "<c/>"


def _parts(title: str, sheets: int) -> Iterator[tuple[str, str]]:
    numbers = range(1, sheets + 1)
    pages = "".join(f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{_TYPE}.worksheet+xml"/>' for n in numbers)
    yield (
        "[Content_Types].xml",
        (
            f'{_XML}<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
            '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>'
            f'<Override PartName="/xl/styles.xml" ContentType="{_TYPE}.styles+xml"/>{pages}</Types>'
        ),
    )
    yield "_rels/.rels", _links([("rId1", "officeDocument", "xl/workbook.xml")])
    named = "".join(f'<sheet name="{_name(title, n, sheets)}" sheetId="{n}" r:id="rId{n}"/>' for n in numbers)
    yield "xl/workbook.xml", f"{_XML}<workbook {_MAIN} {_LINKS}><sheets>{named}</sheets></workbook>"
    links = [(f"rId{n}", "worksheet", f"worksheets/sheet{n}.xml") for n in numbers]
    yield "xl/_rels/workbook.xml.rels", _links([*links, (f"rId{sheets + 1}", "styles", "styles.xml")])
    yield "xl/styles.xml", _STYLES


def _links(links: Iterable[tuple[str, str, str]]) -> str:
    body = "".join(f'<Relationship Id="{key}" Type="{_KIND}/{kind}" Target="{target}"/>' for key, kind, target in links)
    return f'{_XML}<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{body}</Relationships>'


def _name(title: str, number: int, sheets: int) -> str:
    return escape(title[:25], {'"': "&quot;"}) + (f" {number}" if sheets > 1 else "")
