"""The documents an organisation has added, one Markdown file each in `<data dir>/documents/`."""

from __future__ import annotations

import os
import re
import tempfile
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from facilitator.knowledge.documents.kinds import DocumentError
from facilitator.knowledge.documents.reading import Section, read_document

_HEADING = re.compile(r"^## ?", re.MULTILINE)


@dataclass(frozen=True)
class StoredDocument:
    """A document as kept. `id` names its file and begins the ids of its passages."""

    id: str
    title: str
    kind: str
    added: str
    sections: tuple[Section, ...]


class DocumentLibrary:
    """Args: folder: where the documents are kept; made when the first one is added."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def add(self, path: Path, title: str | None = None) -> StoredDocument:
        """Read a file and keep it. Nothing is kept unless all of it could be.

        Raises:
            DocumentError: it cannot be read, or a document of that title is there already.
        """
        read = read_document(path)
        title = " ".join((title or read.title or path.stem.replace("_", " ").replace("-", " ")).split())
        document_id = _slug(title)
        if not document_id:
            raise DocumentError(f"{path.name} has no title. Please give one with --title.")
        place = self.folder / f"{document_id}.md"
        if place.exists():
            raise DocumentError(f"“{title}” is there already. Remove it first: facilitator knowledge remove {document_id}")
        added = datetime.now(UTC).date().isoformat()
        document = StoredDocument(document_id, title, read.kind.value, added, _named(read.sections, title))
        self._write(place, document)
        return document

    def all(self) -> list[StoredDocument]:
        """Every document, in the order of their ids."""
        return [_read(path) for path in self.files()]

    def files(self) -> list[Path]:
        return sorted(path for path in self.folder.glob("*.md") if not path.name.startswith("."))

    def remove(self, document_id: str) -> StoredDocument:
        """Take a document out.

        Raises:
            DocumentError: there is none of that id.
        """
        path = self.folder / f"{document_id}.md"
        # an id becomes a path here, so only one that could have been made by `add` is looked for
        if document_id != _slug(document_id) or not path.exists():
            raise DocumentError("There is no such document. See: facilitator knowledge list")
        document = _read(path)
        path.unlink()
        return document

    def _write(self, place: Path, document: StoredDocument) -> None:
        import frontmatter

        body = "\n\n".join(f"## {section.heading}\n\n" + "\n\n".join(map(_escaped, section.paragraphs)) for section in document.sections)
        post = frontmatter.Post(body, title=document.title, kind=document.kind, added=document.added)
        self.folder.mkdir(parents=True, exist_ok=True)
        number, beside = tempfile.mkstemp(prefix=".adding-", dir=self.folder)
        try:
            with os.fdopen(number, "w", encoding="utf-8") as file:
                file.write(frontmatter.dumps(post) + "\n")
                file.flush()
                os.fsync(file.fileno())
            Path(beside).replace(place)
        finally:
            Path(beside).unlink(missing_ok=True)


def _read(path: Path) -> StoredDocument:
    import frontmatter

    try:
        post = frontmatter.loads(path.read_text(encoding="utf-8"))
        title, kind, added = (str(post.metadata[name]) for name in ("title", "kind", "added"))
    except Exception as error:  # OSError, YAML's own, a missing name: all mean that someone changed the file by hand
        fault = type(error).__name__
        raise DocumentError(f"{path.name} in the documents folder cannot be read ({fault}). Remove it and add it again.") from None
    sections = []
    for part in _HEADING.split(post.content)[1:]:
        heading, _, text = part.partition("\n")
        sections.append(Section(heading.strip(), tuple(block.strip() for block in text.split("\n\n") if block.strip())))
    return StoredDocument(path.stem, title, kind, added, tuple(sections))


def _named(sections: tuple[Section, ...], title: str) -> tuple[Section, ...]:
    """What stands before the first heading is named after the document."""
    return tuple(Section(section.heading or title, section.paragraphs) for section in sections)


def _escaped(paragraph: str) -> str:
    """A paragraph that cannot be taken for a heading or for two paragraphs."""
    return re.sub(r"\n\s*\n", "\n", _HEADING.sub("＃ ", paragraph))


def _slug(title: str) -> str:
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:60].rstrip("-")
