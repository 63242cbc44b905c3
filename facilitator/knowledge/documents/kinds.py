"""What a file is, told from its content: a name can say anything."""

from __future__ import annotations

import zipfile
from enum import StrEnum
from pathlib import Path

from facilitator.errors import FacilitatorError

LARGEST = 20 * 1024 * 1024
_LARGEST_UNPACKED = 200 * 1024 * 1024
_OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_PICTURES = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"II*\x00", b"MM\x00*")


class DocumentKind(StrEnum):
    MARKDOWN = "Markdown"
    WORD = "Word"
    PDF = "PDF"


class DocumentError(FacilitatorError):
    """A document cannot be used. The text says why in plain words and never holds any of the document's own."""


def kind_of(path: Path) -> DocumentKind:
    """The kind of a file.

    Raises:
        DocumentError: it is missing, empty, over 20 MB, or no Markdown, Word or PDF file.
    """
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            start = file.read(1024)
    except OSError as error:
        raise DocumentError(f"{path.name} cannot be read ({error.strerror}).") from None
    if not size:
        raise DocumentError(f"{path.name} is empty.")
    if size > LARGEST:
        raise DocumentError(f"{path.name} is larger than 20 MB. Please split it, or take its pictures out.")
    return _kind(path, start)


def _kind(path: Path, start: bytes) -> DocumentKind:
    if start.lstrip().startswith(b"%PDF-"):
        return DocumentKind.PDF
    if start.startswith(b"PK"):
        _check_word(path)
        return DocumentKind.WORD
    if start.startswith(_OLD_OFFICE):
        raise DocumentError(f"{path.name} is an old Word file, or has a password. Please save it as .docx without one.")
    if start.startswith(_PICTURES):
        raise DocumentError(f"{path.name} is a picture. Only the words of a document can be searched.")
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise DocumentError(f"{path.name} is not Markdown (as UTF-8 text), Word (.docx) or PDF.") from None
    if "\x00" in text:
        raise DocumentError(f"{path.name} is not Markdown, Word (.docx) or PDF.")
    return DocumentKind.MARKDOWN


def _check_word(path: Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
            unpacked = sum(member.file_size for member in archive.infolist())
    except (zipfile.BadZipFile, OSError, ValueError):
        raise DocumentError(f"{path.name} is damaged and cannot be opened.") from None
    if "word/document.xml" not in names:
        raise DocumentError(f"{path.name} is not a Word document. Markdown, Word (.docx) and PDF can be read.")
    if unpacked > _LARGEST_UNPACKED:
        raise DocumentError(f"{path.name} unpacks to more than 200 MB and is not opened.")
