"""`facilitator up` in which web reaches Rasa, and Rasa reaches the actions, over lines that can fail.

Run as a program it is `facilitator up` with the two inner addresses replaced: `python -m tests.faults.inner_lines RASA_PORT ACTIONS_PORT`.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from facilitator import supervise
from facilitator.cli.main import main
from tests.conversation.stack import Stack
from tests.faults.causes import Cause, broken_line
from tests.faults.proxy import Proxy

WAITING = "a wait; “Your message is safe, I will answer it here”, then the answer"


def _command(stack: Stack, part: str) -> list[str]:
    with contextlib.suppress(OSError, KeyError):
        return Path(f"/proc/{stack.processes()[part]}/cmdline").read_text().split("\0")
    return []


@contextlib.contextmanager
def with_inner_lines(folder: Path, **changes: Any) -> Iterator[tuple[Stack, list[Cause]]]:
    """The running system, and what can go wrong on its inner lines."""
    with contextlib.closing(Proxy()) as to_rasa, contextlib.closing(Proxy()) as to_actions:
        command = [sys.executable, "-m", "tests.faults.inner_lines", str(to_rasa.port), str(to_actions.port)]
        stack = Stack(folder, command=command, **changes)
        stack.start(wait=False)
        try:
            # a process that has just been forked still has its parent's command
            stack.wait_until(lambda: {"web", "rasa", "actions"} <= stack.processes().keys() and "--port" in _command(stack, "rasa"), 60)
            rasa = _command(stack, "rasa")
            to_rasa.aim(int(rasa[rasa.index("--port") + 1]))
            to_actions.aim(int(stack.inner("FACILITATOR_ACTIONS_PORT")))
            stack.wait_until_ready()
            yield stack, [*_causes("web to Rasa", to_rasa), *_causes("Rasa to the actions", to_actions)]
        finally:
            stack.close()


def _causes(name: str, line: Proxy) -> list[Cause]:
    return broken_line(line, name, cut=WAITING, slow="answers that take seconds", silent=WAITING)


def _up(rasa_port: str, actions_port: str) -> None:
    as_it_is = supervise.inner_environment

    def over_lines(settings: Any, ports: supervise.Ports) -> dict[str, str]:
        addresses = {
            "FACILITATOR_RASA_URL": f"http://127.0.0.1:{rasa_port}",
            "FACILITATOR_ACTIONS_URL": f"http://127.0.0.1:{actions_port}/webhook",
        }
        return {**as_it_is(settings, ports), **addresses}

    supervise.inner_environment = over_lines  # type: ignore[assignment]
    sys.argv[1:] = ["up"]
    main()


if __name__ == "__main__":
    _up(*sys.argv[1:3])
