"""`make bench-review`: how long list, filter and search pages take with 100,000 conversations and 3 million messages, on both databases.

Whole pages are asked for through the application, by an admin and by a coordinator of five activities, in a shuffled order. Printed are the
median and the 95th percentile by the wall clock, and the 95th percentile of CPU time that this process spent, which other programs on the
machine do not change (SQLite works inside it, PostgreSQL does not). Arguments: sqlite, postgresql, or neither for both; and perhaps a
number of conversations, for a try.
"""

from __future__ import annotations

import asyncio
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote

from benchmarks.review.crowd import NOW, SEED, Crowd, _id
from facilitator.coordinators.paging import after
from facilitator.coordinators.rights import Post
from tests import postgres
from tests.integration.review import people
from tests.integration.web import Running, running

CONVERSATIONS, MESSAGES = 100_000, 3_000_000
ROUNDS = 5
LIMIT_MS = {"postgresql": 300, "sqlite": 600}
LIST = "/review/conversations"


@dataclass(frozen=True)
class Asked:
    kind: str
    path: str


def pages(crowd: Crowd) -> list[Asked]:
    found = [Asked("list", LIST)]
    found += [Asked("list", f"{LIST}?page={after(_at(part), _id(part))}") for part in (100, 5_000, 20_000, 50_000, 80_000, 99_000)]
    filters = (
        "role=staff", "stage=after", "channel=slack", "review=follow_up", "review=none&words=yes", "flags=any", "flags=crisis", "tag=tag+7",
        "fallbacks=yes", "since=7", "activity=CDXYX2", "length=long", "length=medium&role=lead",
        "role=carer&stage=before&channel=slack&review=follow_up&words=yes", "role=lead&flags=crisis&fallbacks=yes&review=reviewed",
        "tag=tag+3&flags=any&stage=during&words=no",
    )  # fmt: skip
    found += [Asked("filter", f"{LIST}?{one}") for one in filters]
    ranks = (0, 5, 50, 500, 3_000, 10_000, 19_999)
    words = [crowd.words[rank] for rank in ranks]
    found += [Asked("search", f"{LIST}?q={word}") for word in words]
    found += [
        Asked("search", f"{LIST}?q={words[0]}+{words[2]}&role=staff&stage=after"),
        Asked("search", f"{LIST}?q={words[1]}&review=none"),
    ]
    found += [
        Asked("search", f"{LIST}?q={quote(chr(34) + words[0] + ' ' + words[1] + chr(34))}"),
        Asked("search", f"{LIST}?q={words[4]}&tag=tag+3"),
    ]
    found += [Asked("search", f"{LIST}?q={words[0]}&page={after(_at(part), _id(part))}") for part in (5_000, 60_000)]
    return found


def _at(number: int) -> str:
    return (NOW - timedelta(seconds=number * 300)).isoformat()


async def measure(system: Running, crowd: Crowd) -> dict[str, list[tuple[float, float]]]:
    admin = people.signed_in(system, people.account(system, "Ada", Post.ADMIN))
    own = people.signed_in(system, people.account(system, "Cora", Post.COORDINATOR, *crowd.activities[:5]))
    asked = [(browser, one) for browser in (admin, own) for one in pages(crowd)]
    for browser, one in asked:  # every page once before the clock runs
        response = await browser.http.get(one.path)
        assert response.status_code == 200, one.path
    took: dict[str, list[tuple[float, float]]] = {}
    shuffled = random.Random(SEED)  # noqa: S311
    for _ in range(ROUNDS):
        shuffled.shuffle(asked)
        for browser, one in asked:
            began, spent = time.perf_counter(), time.process_time()
            await browser.http.get(one.path)
            took.setdefault(one.kind, []).append(((time.perf_counter() - began) * 1000, (time.process_time() - spent) * 1000))
            took.setdefault(one.path, []).append(took[one.kind][-1])
    return took


@contextmanager
def loaded(address: str, folder: Path, crowd: Crowd) -> Iterator[Running]:
    system = running(address, folder)
    system.built.database.upgrade()
    began = time.perf_counter()
    crowd.load(system.built.database)
    print(f"loaded in {time.perf_counter() - began:.0f} s", flush=True)
    yield system
    system.built.database.dispose()


def show(name: str, took: dict[str, list[tuple[float, float]]]) -> None:
    print(f"{name}: milliseconds                      p50    p95  p95 of CPU   (limit {LIMIT_MS[name]})")
    for kind, times in took.items():
        wall, busy = ([pair[place] for pair in times] for place in (0, 1))
        if kind in ("list", "filter", "search") or _p95(wall) > LIMIT_MS[name] / 2:
            print(f"  {kind[:60]:<40}{statistics.median(wall):>8.0f}{_p95(wall):>7.0f}{_p95(busy):>9.0f}   of {len(times)}")


def _p95(values: list[float]) -> float:
    return sorted(values)[max(0, -(-len(values) * 95 // 100) - 1)]


def main() -> None:
    asked = [name for name in ("sqlite", "postgresql") if name in sys.argv[1:]] or ["sqlite", "postgresql"]
    conversations = next((int(one) for one in sys.argv[1:] if one.isdecimal()), CONVERSATIONS)
    for name in asked:
        with tempfile.TemporaryDirectory() as given:
            folder = Path(given)
            crowd = Crowd(conversations, conversations * (MESSAGES // CONVERSATIONS))
            if name == "sqlite":
                with loaded(f"sqlite:///{folder / 'crowd.db'}", folder, crowd) as system:
                    show(name, asyncio.run(measure(system, crowd)))
            else:
                with postgres.server() as server, loaded(server.address, folder, crowd) as system:
                    show(name, asyncio.run(measure(system, crowd)))


if __name__ == "__main__":
    main()
