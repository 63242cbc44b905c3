"""What goes wrong on purpose: each begins, lasts a while, and ends."""

from __future__ import annotations

import contextlib
import os
import resource
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tests import postgres
from tests.conversation.stack import Stack
from tests.faults.proxy import Line, Proxy
from tests.redis_server import RedisServer

INNER = ("web", "actions", "rasa")


@dataclass(frozen=True)
class Cause:
    """`lasts_s`: least and most seconds between begin and end; none for a kill, which is over at once. `sees`: what a person sees."""

    name: str
    begin: Callable[[], None]
    end: Callable[[], None]
    lasts_s: tuple[float, float]
    sees: str
    killed: str = ""


def of_processes(stack: Stack) -> list[Cause]:
    """Parts killed or frozen, and no room on the disk."""
    kills = [_kill(stack, part) for part in INNER]
    freezes = [_freeze(stack, part) for part in ("rasa", "actions")]
    return [*kills, *freezes, _full_disk(stack)]


def _nothing() -> None:
    """A kill needs no end: supervisor starts the part again."""


def _kill(stack: Stack, part: str) -> Cause:
    sees = {
        "web": "no answer for a moment; the page sends the same message again",
        "actions": "“Your message is safe, I will answer it here”, then the answer",
        "rasa": "“Your message is safe, I will answer it here”, then the answer",
    }[part]
    return Cause(f"`kill -9` of {part}", lambda: _signal(stack, part, signal.SIGKILL), _nothing, (0, 0), sees, killed=part)


def _freeze(stack: Stack, part: str) -> Cause:
    """As if the machine it is on were out of reach: connections open, and nothing answers."""
    return Cause(
        f"{part} frozen",
        lambda: _signal(stack, part, signal.SIGSTOP),
        lambda: _signal(stack, part, signal.SIGCONT),
        (1, 4),
        "a wait; after ten seconds “Your message is safe”, then the answer",
    )


def _signal(stack: Stack, part: str, number: int) -> None:
    os.kill(stack.processes()[part], number)


def _full_disk(stack: Stack) -> Cause:
    """No process of ours can write a byte to a file (its limit of file sizes is nearly nothing), as on a full disk."""

    def limit(most: int) -> None:
        for part, found in stack.processes().items():
            if part in INNER:
                resource.prlimit(found, resource.RLIMIT_FSIZE, (most, resource.RLIM_INFINITY))

    return Cause(
        "disk full",
        lambda: limit(1),
        lambda: limit(resource.RLIM_INFINITY),
        (1, 3),
        "“We cannot save messages just now”, with the support numbers; the words stay in the box",
    )


def broken_line(proxy: Proxy, name: str, *, cut: str, slow: str, silent: str) -> list[Cause]:
    """Three ways for a line to fail, each with what a person sees."""

    def cause(kind: Line, what: str, sees: str) -> Cause:
        return Cause(f"{name} {what}", lambda: proxy.set(kind), lambda: proxy.set(Line.GOOD), (1, 4), sees)

    return [cause(Line.CUT, "cut", cut), cause(Line.SLOW, "slow (0.2 s a piece)", slow), cause(Line.SILENT, "silent", silent)]


@contextlib.contextmanager
def far_database() -> Iterator[tuple[str, list[Cause]]]:
    """A PostgreSQL behind a line that can fail: its address, and what can go wrong with it."""
    saving = "“We cannot save messages just now”, with the support numbers; the words stay in the box"

    with postgres.server() as server, contextlib.closing(Proxy(server.port)) as proxy:
        stopped = Cause("PostgreSQL stopped", server.stop, server.start, (1, 3), saving)
        lines = broken_line(proxy, "line to PostgreSQL", cut=saving, slow="answers that take seconds", silent="a wait, then the answer")
        yield f"postgresql://tests@127.0.0.1:{proxy.port}/postgres", [stopped, *lines]


def of_redis(redis: RedisServer) -> list[Cause]:
    """The store of Rasa's locks and of counts goes, or hears and does not answer."""

    def freeze(number: int) -> Callable[[], None]:
        def send() -> None:
            assert redis.process is not None
            redis.process.send_signal(number)

        return send

    nothing = "nothing, or an answer that takes a second"
    return [
        Cause("Redis stopped", redis.stop, redis.start, (1, 4), nothing),
        Cause("Redis frozen", freeze(signal.SIGSTOP), freeze(signal.SIGCONT), (1, 4), nothing),
    ]
