"""The knowledge base as the conversation uses it: loaded once, kept on disk, and read again when a file changes."""

from __future__ import annotations

import hashlib
import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from facilitator.encoder.memory import return_memory
from facilitator.errors import FacilitatorError, NoTablesYetError, StorageUnavailableError
from facilitator.knowledge import kept_vectors
from facilitator.knowledge.base import Found, Passage, Term, Topic
from facilitator.knowledge.build import all_passages, build_index
from facilitator.knowledge.content import Content, fingerprint, load_content, stamp
from facilitator.knowledge.documents.library import DocumentLibrary
from facilitator.knowledge.documents.search import index_documents
from facilitator.knowledge.documents.topics import document_topics
from facilitator.knowledge.index import Index
from facilitator.knowledge.search import Look, Searcher
from facilitator.knowledge.shelf import building, load_index, save_index
from facilitator.knowledge.vectorise import Vectors
from facilitator.knowledge.written import NoAnswers, WrittenAnswers, index_answers, topic_of

if TYPE_CHECKING:
    from facilitator.encoder import SentenceEncoder

logger = logging.getLogger(__name__)

_CHECK_EVERY = 1.0  # seconds

Stamp = tuple[tuple[str, int, int], ...]


@dataclass(frozen=True)
class _Loaded:
    """What the files hold. The search over them is made when somebody first searches: a process that only shows passages needs none."""

    stamp: Stamp
    content: Content
    topics: Mapping[str, Topic]
    passages: Mapping[str, Passage]
    make_searcher: Callable[[], Searcher]
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def searcher(self) -> Searcher:
        with self.lock:
            return self._made

    @cached_property
    def _made(self) -> Searcher:
        return self.make_searcher()


class LiveKnowledge:
    """Searches the framework and the organisation's own documents. Safe to use from several threads.

    A change to a file is noticed within a second and read in the background; until that is done, or if it fails, what was
    loaded before goes on answering.

    Args:
        folder: `knowledge/`. data_dir: where the organisation's documents are kept. cache_dir: where the index and the vectors are,
            which can be made again from the rest; by default in data_dir. encoder: for tests; one with `vectors.LAYERS`. answers: what
            coordinators have published.
    """

    def __init__(
        self,
        folder: Path,
        data_dir: Path,
        encoder: SentenceEncoder | None = None,
        cache_dir: Path | None = None,
        answers: WrittenAnswers | None = None,
    ) -> None:
        cache = cache_dir or data_dir / "cache"
        self._folder = folder
        self._shelf = cache / "knowledge"
        self._vectors = Vectors(cache / "knowledge.db", encoder)
        self.documents = DocumentLibrary(data_dir / "documents")
        self._answers = answers or NoAnswers()
        self._answers_stamp, self._answer_topics = "", list[Topic]()
        self._lock = threading.Lock()
        self._loaded: _Loaded | None = None
        self._reading: threading.Thread | None = None
        self._seen: Stamp = ()
        self._check_at = 0.0

    def search(self, text: str) -> Found:
        return self.look(text).found

    def look(self, text: str) -> Look:
        """Search and keep the reasons."""
        return self._current().searcher.look(text)

    def topic(self, topic_id: str) -> Topic:
        return self._current().topics[topic_id]

    def passage(self, passage_id: str) -> Passage:
        return self._current().passages[passage_id]

    def explain(self, text: str) -> Term | None:
        return self._current().content.glossary.explain(text)

    @property
    def content(self) -> Content:
        return self._current().content

    def refresh(self) -> None:
        """Read the files now.

        Raises:
            ContentError, DocumentError: a file is wrong; what was loaded before stays.
        """
        self._seen = self._stamp()
        self._loaded = self._load(self._seen)

    def _current(self) -> _Loaded:
        if self._loaded is None:
            with self._lock:
                if self._loaded is None:
                    self.refresh()
        elif time.monotonic() >= self._check_at:
            self._check_at = time.monotonic() + _CHECK_EVERY
            self._read_again_if_changed()
        assert self._loaded is not None, "refresh loads or raises"
        return self._loaded

    def _read_again_if_changed(self) -> None:
        if self._stamp() == self._seen or (self._reading and self._reading.is_alive()):
            return
        self._reading = threading.Thread(target=self._refresh_quietly, name="knowledge", daemon=True)
        self._reading.start()

    def _refresh_quietly(self) -> None:
        try:
            self.refresh()
        except (FacilitatorError, OSError) as error:
            # names a file and a line of our own content, never what anyone typed
            logger.error("knowledge not read again: %s", error)
        finally:
            return_memory()  # making the index again leaves over a hundred megabytes behind

    def _stamp(self) -> Stamp:
        files = ((path.name, (stat := path.stat()).st_mtime_ns, stat.st_size) for path in self.documents.files())
        return (*stamp(self._folder), *files, (self._stamp_of_answers(), 0, 0))

    def _stamp_of_answers(self) -> str:
        """While the database is away, what was known before stays."""
        try:
            return self._answers.stamp()
        except StorageUnavailableError:
            return self._answers_stamp

    def _written(self) -> list[Topic]:
        try:
            stamp = self._answers.stamp()
            self._answer_topics = [topic_of(answer) for answer in self._answers.published()]
            self._answers_stamp = stamp
        except StorageUnavailableError as error:
            # on a fresh machine nobody can have written one yet
            if self._answers_stamp or not isinstance(error, NoTablesYetError):
                logger.warning("written answers not read: the database is away")
        return self._answer_topics

    def _load(self, taken: Stamp) -> _Loaded:
        content = load_content(self._folder)
        sections = [section for document in self.documents.all() for section in document_topics(document)]
        written = self._written()
        topics = {topic.id: topic for topic in (*content.topics.values(), *sections, *written)}
        loaded = _Loaded(
            stamp=taken,
            content=content,
            topics=topics,
            passages={passage.id: passage for topic in topics.values() for passage in all_passages(topic)},
            make_searcher=lambda: self._searcher(content, sections, written),
        )
        if self._loaded is not None and "_made" in vars(self._loaded):
            # Somebody searches here: make the new search before it takes the place of the old one.
            _ = loaded.searcher
        return loaded

    def _searcher(self, content: Content, sections: Sequence[Topic], written: Sequence[Topic]) -> Searcher:
        documents = index_documents(sections, self._vectors.of_content) if sections else None
        kinds = {kind.id: kind for kind in content.kinds}
        answers = index_answers(written, self._vectors.of_question) if written else None
        return Searcher(self._index(content), kinds, self._vectors.of_question, documents, answers)

    def _index(self, content: Content) -> Index:
        place = self._shelf / f"{fingerprint(self._folder)}-{_code_fingerprint()}"
        found = load_index(place)
        if found is not None:
            return found
        with building(self._shelf):
            found = load_index(place)  # another process may just have built it
            if found is None:
                found = build_index(content, self._vectors.of_content)
                save_index(found, place)
        return found


@cache
def _code_fingerprint() -> str:
    """A digest of this package's code and kept vectors and of the model's name: an index built by others may hold other things."""
    from facilitator.encoder import MODEL_SHA256

    digest = hashlib.sha256(MODEL_SHA256.encode())
    for path in (*sorted(Path(__file__).parent.glob("*.py")), kept_vectors.FILE):
        digest.update(path.read_bytes() if path.exists() else b"")
    return digest.hexdigest()[:8]
