"""How many people can chat at once: at human pace, in rising numbers, and flat out beside stock."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import aiohttp

from benchmarks import stock
from benchmarks.running import Sides, memory_mb, processor_s, stack_processes
from benchmarks.turns import said

PACE_S = 15.0
FLAT_OUT_PEOPLE = 8
ANSWER_S = 30.0
POLL_S = 0.5


@dataclass
class Taken:
    """What a run saw: milliseconds of each answered turn, and what went wrong by name."""

    ms: list[float] = field(default_factory=list)
    errors: dict[str, int] = field(default_factory=dict)

    def failed(self, name: str) -> None:
        self.errors[name] = self.errors.get(name, 0) + 1

    def at(self, share: float) -> float:
        ordered = sorted(self.ms)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else float("nan")

    def figures(self, seconds: float) -> dict[str, Any]:
        shares = {f"p{round(share * 100)}": self.at(share) for share in (0.5, 0.95, 0.99)}
        return {"turns": len(self.ms), "turns_a_second": len(self.ms) / seconds, **shares, "errors": sum(self.errors.values()),
                "errors_by_name": self.errors}  # fmt: skip


class Person:
    """Somebody at the chat API."""

    def __init__(self, http: aiohttp.ClientSession, url: str, number: int) -> None:
        self._http, self._url, self._turn = http, url, number * 13
        self._path, self._headers = "", {}

    async def open(self) -> None:
        """To the first question of the full stage."""
        opened = await self._post("/chat/conversations", {})
        self._path = f"/chat/conversations/{opened['conversation_id']}/messages"
        self._headers = {"Authorization": f"Bearer {opened['token']}"}
        for title in ("Keep", "I use", "Before", "Full"):
            choices = {c["title"]: c["id"] for m in opened["messages"] for c in m["choices"]}
            chosen = next(found for name, found in choices.items() if name.startswith(title))
            opened = await self._post(self._path, {"client_message_id": uuid4().hex, "choice": chosen})

    async def turn(self) -> None:
        """Say something and have its answer."""
        self._turn += 1
        body = {"client_message_id": uuid4().hex, "text": said(self._turn)}
        until = time.monotonic() + ANSWER_S
        while (await self._post(self._path, body))["state"] == "waiting":
            if time.monotonic() > until:
                raise TimeoutError
            await asyncio.sleep(POLL_S)

    async def _post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        async with self._http.post(self._url + path, json=body, headers=self._headers) as response:
            response.raise_for_status()
            return dict(await response.json())


async def _timed(taken: Taken, work: Callable[[], Awaitable[None]]) -> None:
    began = time.perf_counter()
    try:
        await work()
    except (aiohttp.ClientError, TimeoutError) as error:
        taken.failed(f"{type(error).__name__} {getattr(error, 'status', '')}".strip())
    else:
        taken.ms.append((time.perf_counter() - began) * 1000)


def _session() -> aiohttp.ClientSession:
    return aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0), timeout=aiohttp.ClientTimeout(total=60))


async def _opened(http: aiohttp.ClientSession, url: str, people: int) -> list[Person]:
    """People come in ten at a time, before the clock starts."""
    found = [Person(http, url, number) for number in range(people)]
    for start in range(0, people, 10):
        await asyncio.gather(*(person.open() for person in found[start : start + 10]))
    return found


async def _at_human_pace(sides: Sides, people: int, seconds: float) -> tuple[Taken, list[float]]:
    """Each person says something every PACE_S, from a moment of their own. Also the memory of ours in MB, every tenth."""
    taken, chance, memory = Taken(), random.Random(people), []  # noqa: S311 - when people happen to type
    async with _session() as http:
        group = await _opened(http, sides.ours.url, people)
        ends = time.monotonic() + seconds

        async def chat(person: Person, wait: float) -> None:
            due = time.monotonic() + wait
            while due < ends:
                await asyncio.sleep(max(0.0, due - time.monotonic()))
                await _timed(taken, person.turn)
                due = max(due + PACE_S, time.monotonic())

        async def weigh() -> None:
            while time.monotonic() < ends:
                memory.append(sum(memory_mb(found)["rss"] for found in stack_processes(sides.ours).values()))
                await asyncio.sleep(seconds / 10)

        await asyncio.gather(weigh(), *(chat(person, chance.uniform(0, PACE_S)) for person in group))
    return taken, memory


def human_pace(sides: Sides, numbers: Sequence[int], seconds: float) -> list[dict[str, Any]]:
    """One row for each number of people."""
    print(f"\n(b) People at human pace: a message every {PACE_S:.0f} s each, {seconds:.0f} s for each row")
    print(
        f"{'people':>7}{'turns':>8}{'a second':>10}{'p50 ms':>9}{'p95':>8}{'p99':>8}{'errors':>8}{'MB first':>10}{'MB last':>9}{'cores':>7}"
    )
    rows = []
    for people in numbers:
        before = sum(processor_s(found) for found in stack_processes(sides.ours).values())
        taken, memory = asyncio.run(_at_human_pace(sides, people, seconds))
        used = sum(processor_s(found) for found in stack_processes(sides.ours).values()) - before
        row = {"people": people, **taken.figures(seconds), "memory_mb": memory, "cores": used / seconds}
        rows.append(row)
        print(f"{people:>7}{row['turns']:>8}{row['turns_a_second']:>10.1f}{row['p50']:>9.0f}{row['p95']:>8.0f}{row['p99']:>8.0f}"
              f"{row['errors']:>8}{memory[0]:>10.0f}{memory[-1]:>9.0f}{row['cores']:>7.2f}", flush=True)  # fmt: skip
    return rows


async def _flat_out(work: Sequence[Callable[[], Awaitable[None]]], seconds: float) -> Taken:
    taken, ends = Taken(), time.monotonic() + seconds

    async def go_on(one: Callable[[], Awaitable[None]]) -> None:
        while time.monotonic() < ends:
            await _timed(taken, one)

    await asyncio.gather(*(go_on(one) for one in work))
    return taken


async def _race(sides: Sides, people: int, seconds: float, slices: int) -> dict[str, Taken]:
    """Ours and stock by turns, a slice of time each, all with conversations that began with the race."""
    found = {"ours": Taken(), "stock": Taken()}
    async with _session() as http:
        group = await _opened(http, sides.ours.url, people)
        theirs = [_stock_turns(http, sides.stock.url, number) for number in range(people)]
        for _ in range(slices):
            for name, work in (("ours", [person.turn for person in group]), ("stock", theirs)):
                taken = await _flat_out(work, seconds)
                found[name].ms += taken.ms
                for error, times in taken.errors.items():
                    found[name].errors[error] = found[name].errors.get(error, 0) + times
    return found


def _stock_turns(http: aiohttp.ClientSession, url: str, number: int) -> Callable[[], Awaitable[None]]:
    turn = 0

    async def one() -> None:
        nonlocal turn
        turn += 1
        async with http.post(f"{url}/webhooks/rest/webhook", json=stock.said(f"flat-{number}", turn)) as response:
            response.raise_for_status()
            await response.read()

    return one


def flat_out(sides: Sides, seconds: float, slices: int) -> dict[str, Any]:
    """As fast as answers come, ours beside stock."""
    found = asyncio.run(_race(sides, FLAT_OUT_PEOPLE, seconds, slices))
    rows = {name: taken.figures(seconds * slices) for name, taken in found.items()}
    ratio = rows["ours"]["turns_a_second"] / rows["stock"]["turns_a_second"]
    print(f"\n(b) Flat out: {FLAT_OUT_PEOPLE} people, no pauses, {slices} slices of {seconds:.0f} s each, by turns")
    print(f"{'':8}{'turns':>8}{'a second':>10}{'p50 ms':>9}{'p95':>8}{'errors':>8}")
    for name, row in rows.items():
        print(f"{name:8}{row['turns']:>8}{row['turns_a_second']:>10.1f}{row['p50']:>9.0f}{row['p95']:>8.0f}{row['errors']:>8}")
    print(f"  ours / stock: {ratio:.2f}")
    return {**rows, "ratio": ratio}
