from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from facilitator.knowledge.base import Decision, Part
from facilitator.knowledge.documents.kinds import LARGEST, DocumentError, DocumentKind
from facilitator.knowledge.documents.library import DocumentLibrary
from facilitator.knowledge.documents.reading import read_document
from facilitator.knowledge.documents.topics import document_topics
from facilitator.knowledge.live import LiveKnowledge
from facilitator.settings import ROOT, read_settings
from tests.unit.knowledge.papers import write_pdf, write_word

INTRO = "This policy says what members can claim when they come to our meetings and how they are paid back afterwards."
MILEAGE = "You can claim 45p a mile for your own car. Parking is paid back with a receipt."


@pytest.fixture
def markdown(tmp_path: Path) -> Path:
    path = tmp_path / "expenses.md"
    path.write_text(f"# Expenses policy\n\n{INTRO}\n\n## Mileage\n\n{MILEAGE}\n\n- one\n- two *and* [three](x)\n", encoding="utf-8")
    return path


@pytest.fixture
def word(tmp_path: Path) -> Path:
    pieces = [("Title", "Expenses policy"), ("Normal", INTRO), ("Heading 1", "Mileage"), ("Normal", MILEAGE), ("List Bullet", "one")]
    return write_word(tmp_path / "expenses.docx", "Expenses policy", pieces, [["Room", "Floor"], ["Oak", "1"]])


@pytest.fixture
def pdf(tmp_path: Path) -> Path:
    half = len(INTRO) // 2
    cut = INTRO.index(" ", half)
    lines = [(18, "Expenses policy"), (11, ""), (11, INTRO[:cut]), (11, INTRO[cut + 1 :]), (14, "Mileage"), (11, MILEAGE)]
    return write_pdf(tmp_path / "expenses.pdf", [lines], "Expenses policy")


@pytest.fixture
def library(tmp_path: Path) -> DocumentLibrary:
    return DocumentLibrary(tmp_path / "documents")


@pytest.mark.parametrize("kind", DocumentKind)
def test_each_kind_is_read_by_its_headings(kind: DocumentKind, request: pytest.FixtureRequest) -> None:
    path = request.getfixturevalue(kind.name.lower())
    read = read_document(path)
    assert (read.kind, read.title) == (kind, "Expenses policy")
    assert [section.heading for section in read.sections] == ["Expenses policy", "Mileage"]
    assert read.sections[0].paragraphs == (INTRO,)
    assert read.sections[1].paragraphs[0] == MILEAGE


def test_lists_and_tables_are_kept_as_lines(markdown: Path, word: Path) -> None:
    markdown.write_text(markdown.read_text(encoding="utf-8") + "\n| Room | Floor |\n|---|---|\n| Oak | 1 |\n", encoding="utf-8")
    assert read_document(markdown).sections[1].paragraphs[1:] == ("- one", "- two and three", "Room | Floor", "Oak | 1")
    assert read_document(word).sections[1].paragraphs[1:] == ("- one", "Room | Floor\nOak | 1")


def test_the_kind_is_told_by_content_and_not_by_name(pdf: Path, tmp_path: Path) -> None:
    assert read_document(pdf.rename(tmp_path / "policy.docx")).kind is DocumentKind.PDF


def _zip(path: Path, name: str) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(name, "<x/>")
    return path


def _bad_files(folder: Path, pdf: Path, word: Path) -> dict[str, Path]:
    def write(name: str, content: bytes) -> Path:
        (folder / name).write_bytes(content)
        return folder / name

    return {
        "is empty": write("empty.md", b""),
        "larger than 20 MB": write("huge.md", b"a" * (LARGEST + 1)),
        "looks like a scan": write_pdf(folder / "scan.pdf", [[], []]),
        "damaged or locked": write("cut.pdf", pdf.read_bytes()[:60]),
        "damaged and cannot be opened": write("cut.docx", word.read_bytes()[:400]),
        "is a picture": write("photo.pdf", b"\x89PNG\r\n\x1a\n" + b"0" * 50),
        "old Word file, or has a password": write("old.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"0" * 50),
        "is not a Word document": _zip(folder / "sheet.docx", "xl/workbook.xml"),
        "damaged or locked and": _zip(folder / "hollow.docx", "word/document.xml"),
        "is not Markdown": write("latin.md", "Café".encode("latin-1")),
        "is not Markdown, Word": write("binary.md", b"abc\x00def"),
        "fewer than 20 words": write("short.md", b"# Title\n\nToo short."),
        "cannot be read": folder / "missing.md",
    }


def test_a_file_that_cannot_be_used_gets_a_clear_error_and_adds_nothing(
    tmp_path: Path, pdf: Path, word: Path, library: DocumentLibrary
) -> None:
    for fault, path in _bad_files(tmp_path, pdf, word).items():
        with pytest.raises(DocumentError, match=fault):
            library.add(path)
    assert library.all() == []
    assert not library.folder.exists() or list(library.folder.iterdir()) == []


def test_a_pdf_with_a_password_is_refused(pdf: Path, tmp_path: Path, library: DocumentLibrary) -> None:
    from pypdf import PdfWriter

    writer = PdfWriter(clone_from=pdf)
    writer.encrypt("secret", algorithm="RC4-128")
    locked = tmp_path / "locked.pdf"
    writer.write(locked)
    with pytest.raises(DocumentError, match="has a password"):
        library.add(locked)


def test_a_document_is_added_listed_and_removed(library: DocumentLibrary, markdown: Path) -> None:
    added = library.add(markdown, "Our expenses, 2026!")
    assert (added.id, added.title) == ("our-expenses-2026", "Our expenses, 2026!")
    assert library.all() == [added]
    with pytest.raises(DocumentError, match="is there already"):
        library.add(markdown, "our expenses 2026")
    assert library.remove(added.id) == added
    assert library.all() == []
    with pytest.raises(DocumentError, match="There is no such document"):
        library.remove(added.id)


@pytest.mark.parametrize("document_id", ["../expenses", "/etc/passwd", "", ".", "a/b"])
def test_only_an_id_of_ours_can_be_removed(library: DocumentLibrary, markdown: Path, document_id: str) -> None:
    library.add(markdown)
    with pytest.raises(DocumentError, match="There is no such document"):
        library.remove(document_id)
    assert markdown.exists()


def test_text_that_looks_like_a_heading_stays_text(library: DocumentLibrary, tmp_path: Path) -> None:
    path = tmp_path / "code.md"
    path.write_text(f"# Notes\n\n{INTRO}\n\n```\n## not a heading\n\nstill one block\n```\n", encoding="utf-8")
    library.add(path)
    (document,) = library.all()
    assert [section.heading for section in document.sections] == ["Notes"]
    assert len(document.sections[0].paragraphs) == 2


def test_nothing_is_left_when_writing_fails(library: DocumentLibrary, markdown: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", fail)
    with pytest.raises(OSError, match="No space"):
        library.add(markdown)
    assert list(library.folder.iterdir()) == []


def test_a_long_section_is_cut_into_passages_that_fit_a_phone(library: DocumentLibrary, tmp_path: Path) -> None:
    path = tmp_path / "long.md"
    path.write_text("# Long\n\n" + "This is a sentence of exactly nine short words. " * 30 + "\n\n" + "word " * 150, encoding="utf-8")
    library.add(path)
    (document,) = library.all()
    (topic,) = document_topics(document)
    pieces = [topic.short, *topic.points]
    assert all(len(piece.text.split()) <= 60 for piece in pieces)
    assert len({piece.id for piece in pieces}) == len(pieces)
    assert topic.short.text.endswith("words.")
    assert " ".join(" ".join(piece.text.split()) for piece in pieces) == " ".join(topic.parts[Part.MORE].text.split())


def test_answers_from_a_document_cite_its_title_and_section(real: LiveKnowledge, tmp_path: Path, markdown: Path) -> None:
    own = LiveKnowledge(ROOT / "knowledge", tmp_path / "var", cache_dir=read_settings({}).cache_dir)
    own.documents.add(markdown)
    found = own.search("how much do we get for each mile in our own car")
    assert found.decision is Decision.ANSWER
    passage = own.passage(found.hits[0].passage)
    assert (passage.sources[0].title, passage.sources[0].section) == ("Expenses policy", "Mileage")
    assert own.topic(found.hits[0].topic).short == passage


def test_a_document_changes_neither_what_is_declined_nor_other_answers(real: LiveKnowledge, tmp_path: Path) -> None:
    path = tmp_path / "leaflet.md"
    path.write_text(f"# Medicines leaflet\n\nSertraline is taken once a day. Do not stop your tablets. {INTRO}\n", encoding="utf-8")
    own = LiveKnowledge(ROOT / "knowledge", tmp_path / "var", cache_dir=read_settings({}).cache_dir)
    own.documents.add(path)
    assert own.search("should i stop taking my sertraline tablets").reply == "utter_decline_clinical"
    for question in ("who has the power", "what if i get upset", "what does a facilitator do"):
        assert own.search(question).hits[0] == real.search(question).hits[0]
