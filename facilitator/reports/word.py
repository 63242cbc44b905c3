"""Word documents with tables and a chart that Word draws itself: its bars can be read, copied and restyled, and have words for who cannot
see them."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from xml.sax.saxutils import escape

from facilitator.reports.fit import said
from facilitator.summary.outline import Block, Heading
from facilitator.summary.word import add, describe

LOOKS = ("0D5559", "B3261E")
_MAIN = "http://schemas.openxmlformats.org/drawingml/2006/main"
_CHART = "http://schemas.openxmlformats.org/drawingml/2006/chart"
_EMU_PER_CM = 360_000
WIDTH_CM, ROW_CM, ROOM_CM = 16, 1.0, 2.5


@dataclass(frozen=True)
class Table:
    caption: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True)
class Chart:
    """Bars from 0 to 1, one of each series for every name. `words` say what is to be seen."""

    title: str
    words: str
    names: Sequence[str]
    series: Sequence[tuple[str, Sequence[float]]]


def as_docx(blocks: Sequence[Block | Table | Chart], made_on: date) -> bytes:
    """A .docx file with real headings, lists and tables whose first row is their head."""
    from docx import Document

    document = Document()
    for number, block in enumerate(blocks, 1):
        if isinstance(block, Table):
            _table(document, block)
        elif isinstance(block, Chart):
            _chart(document, block, number)
        else:
            add(document, block)
    describe(document, next((block.text for block in blocks if isinstance(block, Heading)), ""), made_on)
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


def _table(document: Any, block: Table) -> None:
    from docx.oxml import OxmlElement
    from docx.shared import Pt

    document.add_paragraph(said(block.caption), style="Caption")
    table = document.add_table(rows=1, cols=len(block.head), style="Table Grid")
    for row in (block.head, *block.rows):
        cells = table.rows[0].cells if row is block.head else table.add_row().cells
        for cell, text in zip(cells, row, strict=True):
            cell.text = said(text)
            for run in cell.paragraphs[0].runs:
                run.font.size, run.font.bold = Pt(9), row is block.head or None
    # said again on the next page, and read out as the head by screen readers
    table.rows[0]._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))
    document.add_paragraph()


# ── the chart: a part of its own beside the document (ECMA-376, part 1, section 21.2) ──


def _chart(document: Any, block: Chart, number: int) -> None:
    from docx.opc.constants import RELATIONSHIP_TYPE
    from docx.opc.packuri import PackURI
    from docx.opc.part import Part
    from docx.oxml import parse_xml

    kind = "application/vnd.openxmlformats-officedocument.drawingml.chart+xml"
    part = Part(PackURI(f"/word/charts/chart{number}.xml"), kind, _chart_xml(block).encode(), document.part.package)
    link = document.part.relate_to(part, RELATIONSHIP_TYPE.CHART)
    paragraph = document.add_paragraph()
    paragraph.add_run()._r.append(parse_xml(_drawing_xml(block, number, link)))


def _drawing_xml(block: Chart, number: int, link: str) -> str:
    width, height = int(WIDTH_CM * _EMU_PER_CM), int((ROOM_CM + ROW_CM * len(block.names)) * _EMU_PER_CM)
    words = escape(said(f"{block.title}. {block.words}"), {'"': "&quot;"})
    return (
        '<w:drawing xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" '
        'xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing" '
        f'xmlns:a="{_MAIN}" xmlns:c="{_CHART}" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">'
        f'<wp:inline distT="0" distB="0" distL="0" distR="0"><wp:extent cx="{width}" cy="{height}"/>'
        f'<wp:docPr id="{1000 + number}" name="chart {number}" descr="{words}"/><wp:cNvGraphicFramePr/>'
        f'<a:graphic><a:graphicData uri="{_CHART}"><c:chart r:id="{link}"/></a:graphicData></a:graphic></wp:inline></w:drawing>'
    )


def _chart_xml(block: Chart) -> str:
    series = "".join(_series(place, name, block.names, values) for place, (name, values) in enumerate(block.series))
    axis = (
        '<c:catAx><c:axId val="1"/><c:scaling><c:orientation val="maxMin"/></c:scaling><c:delete val="0"/><c:axPos val="l"/>'
        '<c:majorTickMark val="none"/><c:minorTickMark val="none"/><c:tickLblPos val="low"/><c:crossAx val="2"/></c:catAx>'
        '<c:valAx><c:axId val="2"/><c:scaling><c:orientation val="minMax"/><c:max val="1"/><c:min val="0"/></c:scaling>'
        '<c:delete val="0"/><c:axPos val="t"/><c:majorGridlines/><c:numFmt formatCode="0.0" sourceLinked="0"/>'
        '<c:majorTickMark val="none"/><c:minorTickMark val="none"/><c:tickLblPos val="nextTo"/><c:crossAx val="1"/>'
        '<c:majorUnit val="0.5"/></c:valAx>'
    )
    return (
        f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<c:chartSpace xmlns:c="{_CHART}" xmlns:a="{_MAIN}">'
        '<c:roundedCorners val="0"/><c:chart><c:autoTitleDeleted val="1"/><c:plotArea><c:layout/>'
        f'<c:barChart><c:barDir val="bar"/><c:grouping val="clustered"/><c:varyColors val="0"/>{series}'
        f'<c:gapWidth val="60"/><c:axId val="1"/><c:axId val="2"/></c:barChart>{axis}</c:plotArea>'
        '<c:legend><c:legendPos val="b"/><c:overlay val="0"/></c:legend><c:plotVisOnly val="1"/></c:chart></c:chartSpace>'
    )


def _series(place: int, name: str, names: Sequence[str], values: Sequence[float]) -> str:
    def points(texts: Sequence[str]) -> str:
        inside = "".join(f'<c:pt idx="{at}"><c:v>{escape(said(text))}</c:v></c:pt>' for at, text in enumerate(texts))
        return f'<c:ptCount val="{len(texts)}"/>{inside}'

    numbers = points([f"{value:.4f}" for value in values])
    return (
        f'<c:ser><c:idx val="{place}"/><c:order val="{place}"/><c:tx><c:v>{escape(name)}</c:v></c:tx>'
        f'<c:spPr><a:solidFill><a:srgbClr val="{LOOKS[place]}"/></a:solidFill></c:spPr><c:invertIfNegative val="0"/>'
        f"<c:cat><c:strLit>{points(names)}</c:strLit></c:cat>"
        f"<c:val><c:numLit><c:formatCode>0.00</c:formatCode>{numbers}</c:numLit></c:val></c:ser>"
    )
