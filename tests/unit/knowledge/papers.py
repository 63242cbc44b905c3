"""Small Word and PDF files for tests, made here so that no binary file is kept."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

Piece = tuple[int, str]  # size of the letters, and the words


def write_word(path: Path, title: str, pieces: Sequence[tuple[str, str]], table: Sequence[Sequence[str]] = ()) -> Path:
    """Pieces are (style, words); the table comes last."""
    import docx

    document = docx.Document()
    document.core_properties.title = title
    for style, text in pieces:
        document.add_paragraph(text, style=style)
    if table:
        grid = document.add_table(rows=0, cols=len(table[0]))
        for row in table:
            for cell, text in zip(grid.add_row().cells, row, strict=True):
                cell.text = text
    document.save(str(path))
    return path


def write_pdf(path: Path, pages: Sequence[Sequence[Piece]], title: str = "") -> Path:
    """Each page a list of lines; a line with no words leaves a gap."""
    kids = [4 + 2 * number for number in range(len(pages))]
    objects = {
        1: "<< /Type /Catalog /Pages 2 0 R >>",
        2: f"<< /Type /Pages /Kids [{' '.join(f'{kid} 0 R' for kid in kids)}] /Count {len(kids)} >>",
        3: "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    }
    for kid, lines in zip(kids, pages, strict=True):
        objects[kid] = (
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /Font << /F1 3 0 R >> >> /Contents {kid + 1} 0 R >>"
        )
        stream = _stream(lines)
        objects[kid + 1] = f"<< /Length {len(stream)} >>\nstream\n{stream}\nendstream"
    info = max(objects) + 1
    objects[info] = f"<< /Title ({title}) >>"
    path.write_bytes(_file(objects, info))
    return path


def _stream(lines: Sequence[Piece]) -> str:
    parts, height = ["BT"], 800
    for size, text in lines:
        height -= 16 if text else 14
        escaped = text.replace("(", r"\(").replace(")", r"\)")
        parts.append(f"/F1 {size} Tf 1 0 0 1 50 {height} Tm ({escaped}) Tj")
    return "\n".join([*parts, "ET"])


def _file(objects: dict[int, str], info: int) -> bytes:
    body, places = b"%PDF-1.4\n", {}
    for number, text in sorted(objects.items()):
        places[number] = len(body)
        body += f"{number} 0 obj\n{text}\nendobj\n".encode("latin-1")
    start = len(body)
    rows = "".join(f"{places[number]:010d} 00000 n \n" for number in sorted(places))
    table = f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{rows}"
    trailer = f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R /Info {info} 0 R >>\nstartxref\n{start}\n%%EOF\n"
    return body + (table + trailer).encode("latin-1")
