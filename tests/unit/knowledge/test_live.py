from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from facilitator.errors import ContentError, NoTablesYetError, StorageUnavailableError
from facilitator.knowledge import live
from facilitator.knowledge.base import Decision
from facilitator.knowledge.live import LiveKnowledge
from facilitator.knowledge.written import WrittenAnswer
from tests.unit.knowledge.stand_ins import WordEncoder


@pytest.fixture(autouse=True)
def look_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "_CHECK_EVERY", 0.0)


def settle(base: LiveKnowledge) -> None:
    """Notice what changed, and wait until it has been read."""
    base.content  # noqa: B018
    for thread in threading.enumerate():
        if thread.name == "knowledge":
            thread.join(30)


def edit(path: Path, before: str, after: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after), encoding="utf-8")


def test_topics_passages_and_terms_are_found_by_id(small: LiveKnowledge) -> None:
    assert small.topic("pay").title == "Payment"
    assert small.passage("rules#a-point").title == "A point about phones"
    term = small.explain("is there an honorarium")
    assert term is not None and term.term == "fee"
    with pytest.raises(KeyError):
        small.topic("gone")
    with pytest.raises(KeyError):
        small.passage("pay#gone")


def test_a_search_finds_the_topic_and_its_point(small: LiveKnowledge) -> None:
    assert small.search("will i be paid").hits[0].topic == "pay"
    assert small.search("tell me about phones").hits[0].passage == "rules#a-point"
    assert small.search("should i stop my tablets").reply == "utter_decline_clinical"


def test_what_reading_again_leaves_behind_is_given_back(folder: Path, small: LiveKnowledge, monkeypatch: pytest.MonkeyPatch) -> None:
    given_back: list[str] = []
    monkeypatch.setattr(live, "return_memory", lambda: given_back.append(threading.current_thread().name))
    small.search("will i be paid")
    settle(small)
    assert given_back == []
    edit(folder / "framework" / "pay.md", "title: Payment", "title: Paying")
    settle(small)
    assert small.topic("pay").title == "Paying" and given_back == ["knowledge"]


def test_the_index_is_kept_on_disk_and_used_again(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = LiveKnowledge(folder, tmp_path / "var", WordEncoder()).search("will i be paid")  # type: ignore[arg-type]

    def must_not_run(*_: object) -> None:
        raise AssertionError("built again")

    monkeypatch.setattr(live, "build_index", must_not_run)
    again = LiveKnowledge(folder, tmp_path / "var", WordEncoder()).search("will i be paid")  # type: ignore[arg-type]
    assert [(hit.topic, hit.passage) for hit in again.hits] == [(hit.topic, hit.passage) for hit in first.hits]
    assert again.hits[0].score == pytest.approx(first.hits[0].score, abs=1e-5)


@pytest.mark.parametrize("name", ["arrays.npz", "texts.json", "by-topic/vocab.index.json"])
def test_a_damaged_index_is_built_again(folder: Path, tmp_path: Path, name: str) -> None:
    LiveKnowledge(folder, tmp_path / "var", WordEncoder()).search("hello")  # type: ignore[arg-type]
    (kept,) = (path for path in (tmp_path / "var" / "cache" / "knowledge").iterdir() if path.is_dir())
    (kept / name).write_bytes(b"{")
    again = LiveKnowledge(folder, tmp_path / "var", WordEncoder())  # type: ignore[arg-type]
    assert again.search("will i be paid").hits[0].topic == "pay"


def test_a_change_is_noticed_and_older_indexes_are_cleared_away(small: LiveKnowledge, folder: Path, tmp_path: Path) -> None:
    small.search("hello")
    for round_ in range(4):
        edit(folder / "framework" / "pay.md", "Ask about it early.", f"Ask about it early. {'Now. ' * (round_ + 1)}".strip())
        settle(small)
        edit(folder / "framework" / "pay.md", f"Ask about it early. {'Now. ' * (round_ + 1)}".strip(), "Ask about it early.")
        settle(small)
    assert small.topic("pay").short.text.endswith("Ask about it early.")
    kept = [path for path in (tmp_path / "var" / "cache" / "knowledge").iterdir() if path.is_dir()]
    assert len(kept) == 2


def test_a_new_phrasing_is_learnt(small: LiveKnowledge, folder: Path) -> None:
    assert small.search("zebra crossing").decision is not Decision.ANSWER
    (folder / "asked" / "rules.txt").write_text("zebra crossing\nzebra crossing rules\nany zebra crossing\n", encoding="utf-8")
    settle(small)
    assert small.search("zebra crossing").hits[0].topic == "rules"


def test_a_faulty_file_leaves_what_was_loaded_in_place(small: LiveKnowledge, folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    small.search("hello")
    edit(folder / "framework" / "pay.md", "## More\n", "## Oops\n")
    with caplog.at_level(logging.ERROR):
        settle(small)
    assert small.search("will i be paid").hits[0].topic == "pay"
    assert "pay.md" in caplog.text
    with pytest.raises(ContentError, match=r"pay\.md"):
        small.refresh()


def test_a_process_that_starts_with_a_faulty_file_says_which(folder: Path, tmp_path: Path) -> None:
    edit(folder / "framework" / "pay.md", "## More\n", "## Oops\n")
    base = LiveKnowledge(folder, tmp_path / "var", WordEncoder())  # type: ignore[arg-type]
    with pytest.raises(ContentError, match=r"pay\.md"):
        base.search("hello")


def test_many_threads_may_search_at_once(small: LiveKnowledge, folder: Path) -> None:
    wrong: list[str] = []

    def ask(question: str, topic: str) -> Callable[[], None]:
        def run() -> None:
            for _ in range(20):
                if small.search(question).hits[0].topic != topic:
                    wrong.append(question)

        return run

    threads = [threading.Thread(target=ask(*pair)) for pair in (("will i be paid", "pay"), ("is it kept private", "rules")) * 3]
    for thread in threads:
        thread.start()
    edit(folder / "framework" / "rules.md", "Ask about it early.", "Ask early.")
    for thread in threads:
        thread.join()
    assert wrong == []


def test_the_files_are_looked_at_once_a_second_at_most(small: LiveKnowledge, monkeypatch: pytest.MonkeyPatch) -> None:
    small.search("hello")
    monkeypatch.setattr(live, "_CHECK_EVERY", 60.0)
    small.search("hello")
    looks: list[float] = []
    monkeypatch.setattr(small, "_stamp", lambda: looks.append(time.monotonic()))
    for _ in range(5):
        small.search("hello")
    assert looks == []


class Answers:
    """Where published answers are kept, or what is wrong there."""

    def __init__(self, fault: Exception | None) -> None:
        self.fault = fault

    def stamp(self) -> str:
        if self.fault:
            raise self.fault
        return "1 today"

    def published(self) -> list[WrittenAnswer]:
        return []


@pytest.mark.parametrize(
    ("fault", "said"),
    [(None, []), (NoTablesYetError("new"), []), (StorageUnavailableError("away"), ["written answers not read: the database is away"])],
    ids=["there", "not set up yet", "away"],
)
def test_a_database_that_is_away_is_warned_of_and_one_that_was_never_made_is_not(
    folder: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture, fault: Exception | None, said: list[str]
) -> None:
    base = LiveKnowledge(folder, tmp_path / "var", WordEncoder(), answers=Answers(fault))  # type: ignore[arg-type]
    assert base.search("will i be paid").hits[0].topic == "pay"
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING] == said


def test_tables_that_were_there_and_are_gone_are_warned_of(folder: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    answers = Answers(None)
    base = LiveKnowledge(folder, tmp_path / "var", WordEncoder(), answers=answers)  # type: ignore[arg-type]
    base.search("will i be paid")
    answers.fault = NoTablesYetError("gone")
    base.refresh()
    assert "written answers not read: the database is away" in caplog.text
