"""Each thing that can go wrong, once or twice, in the middle of turns: every acknowledged answer is there exactly once."""

from __future__ import annotations

import contextlib
import random
import socket
import threading
from collections.abc import Iterator

import pytest

from facilitator.checklist.content import Checklists, load_checklists
from facilitator.settings import ROOT
from tests.conversation.stack import Stack, running
from tests.faults.causes import Cause, far_database, of_processes
from tests.faults.inner_lines import with_inner_lines
from tests.faults.killing import go_wrong_and_see
from tests.faults.proxy import Line, Proxy


@pytest.fixture(scope="module")
def checklists() -> Checklists:
    return load_checklists(ROOT / "knowledge" / "checklist")


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with running(tmp_path_factory.mktemp("faults")) as started:
        yield started


@pytest.fixture(scope="module")
def far(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Stack, list[Cause]]]:
    with (
        far_database() as (address, of_database),
        with_inner_lines(tmp_path_factory.mktemp("far-stack"), address=address) as (started, of_lines),
    ):
        yield started, [*of_database, *of_lines]


@pytest.mark.parametrize("number", range(6), ids=["kill-web", "kill-actions", "kill-rasa", "freeze-rasa", "freeze-actions", "disk-full"])
def test_with_sqlite_every_acknowledged_answer_is_there_exactly_once(own: Stack, checklists: Checklists, number: int) -> None:
    outcome = go_wrong_and_see(own, checklists, of_processes(own)[number], random.Random(number))
    assert outcome.answers > 0
    assert outcome.is_clean, outcome


FAR = [
    *(f"postgresql-{what}" for what in ("stopped", "cut", "slow", "silent")),
    *(f"{line}-{what}" for line in ("web-to-rasa", "rasa-to-actions") for what in ("cut", "slow", "silent")),
]


@pytest.mark.parametrize("number", range(len(FAR)), ids=FAR)
def test_with_lines_that_fail_every_acknowledged_answer_is_there_exactly_once(far, checklists: Checklists, number: int) -> None:
    stack, causes = far
    outcome = go_wrong_and_see(stack, checklists, causes[number], random.Random(number))
    assert outcome.answers > 0
    assert outcome.is_clean, outcome


def test_the_proxy_passes_on_cuts_and_swallows() -> None:
    with socket.create_server(("127.0.0.1", 0)) as echo:

        def serve() -> None:
            connection, _ = echo.accept()
            with connection, contextlib.suppress(OSError):
                while said := connection.recv(100):
                    connection.sendall(said)

        threading.Thread(target=serve, daemon=True).start()
        proxy = Proxy(echo.getsockname()[1])
        with socket.create_connection(("127.0.0.1", proxy.port), 10) as line:
            line.sendall(b"hello")
            assert line.recv(100) == b"hello"
            proxy.set(Line.SILENT)
            line.sendall(b"are you there")
            line.settimeout(0.2)
            with pytest.raises(TimeoutError):
                line.recv(100)
            proxy.set(Line.GOOD)
            line.settimeout(10)
            assert line.recv(100) == b"are you there"
            proxy.set(Line.CUT)
            assert line.recv(100) == b""
        proxy.close()
