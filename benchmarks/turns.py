"""How long a turn takes as a conversation grows, side by side in one run: ours through the whole stack, a new conversation of ours, the
stock assistant's bare REST channel, its rules-only twin, ours on Rasa as it comes (`twin/up.py`), and the rules-only twin of ours: a stage
of questions as a looping form with its actions (`twin/form`), which hears the same sentences. The twins run twice: in memory, as stock
comes, and with Rasa's own SQL store, as ours keeps conversations too.

One turn of each in turn, so that whatever else the machine does falls on all of them alike. A figure at turn N is of the WINDOW turns
around N, over all conversations. "Ours, at turn 10 again" is a conversation begun when another reached that mark: only it can be compared
fairly with turn 500, which comes minutes later.
"""

from __future__ import annotations

import itertools
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from benchmarks.running import Sides
from tests.conversation.stack import Caller, Stack

MARKS, YARDSTICK_MARKS = (10, 50, 100, 200, 500), (10, 50, 100, 200)
WINDOW = 20
OURS, AGAIN, STOCK = "ours", "ours, at turn 10 again", "stock, bare REST"
TWIN, TWIN_KEPT, PLAIN = "stock with rules, in memory", "stock with rules, SQL store", "ours on Rasa as it comes"
FORM, FORM_KEPT = "looping form, in memory", "looping form, SQL store"
# What a person does in the middle of a stage: asks, answers in words, goes back, looks how far they are. Goes round for ever.
SAYINGS = (
    "will I get paid for coming", "why do you ask?", "sort of but it was all a bit rushed for me", "how many are left?", "go back",
    "not yet because nobody has told us", "who can see this?", "can you give me an example", "go back", "skip",
)  # fmt: skip
# Nobody words a question or a comment twice alike, and vectors of texts seen before are remembered: each of these is said once.
_OWN_WORDS = (0, 2, 5)
_ENDINGS = [
    " ".join(words)
    for words in itertools.product(
        ("on mondays", "in march", "this time", "at the centre", "for the group", "since june", "over lunch", "by email"),
        ("as we said", "with the others", "like before", "at the start", "in the end", "with my friend", "on the phone", "by then"),
        ("I think", "really", "if I may", "at least", "for now", "so far", "you know"),
    )
]
Times = dict[str, dict[int, list[float]]]


def said(turn: int) -> str:
    """What is said in a turn."""
    place = turn % len(SAYINGS)
    return f"{SAYINGS[place]} {_ENDINGS[(turn * 7) % len(_ENDINGS)]}" if place in _OWN_WORDS else SAYINGS[place]


@dataclass
class Rounds:
    """A round is one turn of each side that is still in the race."""

    sides: Sides
    number: int
    marks: tuple[int, ...] = MARKS
    times: Times = field(default_factory=dict)

    def run(self) -> Times:
        ours, plain = opened(self.sides.ours), opened(self.sides.plain)
        forms = {FORM: self.sides.form, FORM_KEPT: self.sides.form_kept}
        for form in forms.values():
            form.hear(f"bench-{self.number}", "yes")
        for turn in range(self.marks[-1] + WINDOW // 2):
            mark = next((mark for mark in self.marks if abs(turn + 0.5 - mark) < WINDOW // 2), None)
            self._timed(OURS, mark, lambda t=turn: ours.type(said(t)))
            if turn < YARDSTICK_MARKS[-1] + WINDOW // 2:
                self._timed(STOCK, mark, lambda t=turn: self.sides.stock.say(f"bench-{self.number}", t))
                self._timed(TWIN, mark, lambda t=turn: self.sides.twin.say(f"bench-{self.number}", t))
                self._timed(TWIN_KEPT, mark, lambda t=turn: self.sides.twin_kept.say(f"bench-{self.number}", t))
                self._timed(PLAIN, mark, lambda t=turn: plain.type(said(t)))
                for who, form in forms.items():
                    self._timed(who, mark, lambda t=turn, form=form: form.hear(f"bench-{self.number}", said(t)))
            self._again(turn)
        return self.times

    def _again(self, turn: int) -> None:
        """Beside the turns around a mark, the first twenty of a new conversation, of which none is around its own mark but turn 10."""
        for mark in self.marks[1:]:
            if turn == mark - WINDOW // 2:
                self._new = opened(self.sides.ours)
            if 0 <= turn - (mark - WINDOW // 2) < WINDOW:
                self._timed(AGAIN, mark, lambda t=turn - (mark - WINDOW // 2): self._new.type(said(t)))

    def _timed(self, who: str, mark: int | None, work: Callable[[], object]) -> None:
        began = time.perf_counter()
        work()
        if mark is not None:
            self.times.setdefault(who, {}).setdefault(mark, []).append((time.perf_counter() - began) * 1000)


def opened(stack: Stack) -> Caller:
    """Somebody who keeps their answers and has come to the first question of the full stage."""
    caller = Caller(stack)
    caller.open()
    for title in ("Keep", "I use", "Before", "Full"):
        caller.choose(title)
    return caller


def measure(sides: Sides, conversations: int, marks: tuple[int, ...] = MARKS) -> dict[str, object]:
    """Run, print the table, and return milliseconds by side and turn, with the ratios that were asked for."""
    together: Times = {}
    for number in range(conversations):
        for who, by_mark in Rounds(sides, number, marks).run().items():
            for mark, times in by_mark.items():
                together.setdefault(who, {}).setdefault(mark, []).extend(times)
    figures = {who: {mark: _figures(times) for mark, times in by_mark.items()} for who, by_mark in together.items()}
    ratios = dict(_ratios(figures, marks))
    _print(figures, marks, ratios)
    return {"milliseconds": figures, "ratios": ratios, "conversations": conversations, "window": WINDOW}


def _figures(times: list[float]) -> dict[str, float]:
    ordered = sorted(times)
    at = {name: ordered[min(len(ordered) - 1, int(share * len(ordered)))] for name, share in (("p95", 0.95), ("p99", 0.99))}
    return {"p50": statistics.median(ordered), **at, "n": float(len(ordered))}


def _ratios(figures: dict[str, dict[int, dict[str, float]]], marks: tuple[int, ...]) -> Iterator[tuple[str, float]]:
    def p50(who: str, mark: int) -> float:
        return figures[who][mark]["p50"]

    last = marks[-1]
    yield f"turn {last} / turn 10 in the same minutes", p50(OURS, last) / p50(AGAIN, last)
    yield "whole stack at turn 10 / stock's bare REST at turn 10", p50(OURS, 10) / p50(STOCK, 10)
    for mark in (mark for mark in marks if mark in YARDSTICK_MARKS and mark != 10):
        yield f"whole stack / stock at turn {mark}", p50(OURS, mark) / p50(STOCK, mark)
        for other in (TWIN, TWIN_KEPT, FORM, FORM_KEPT, PLAIN):
            yield f"whole stack / {other} at turn {mark}", p50(OURS, mark) / p50(other, mark)


def _print(figures: dict[str, dict[int, dict[str, float]]], marks: tuple[int, ...], ratios: dict[str, float]) -> None:
    print("\n(a) Turn latency in milliseconds: p50, p95, p99 at the turn")
    print(f"{'':28}" + "".join(f"{mark:>22}" for mark in marks))
    for who in (OURS, AGAIN, PLAIN, STOCK, TWIN, TWIN_KEPT, FORM, FORM_KEPT):
        cells = (figures.get(who, {}).get(mark) for mark in marks)
        print(f"{who:28}" + "".join(f"{c['p50']:>8.1f}{c['p95']:>7.0f}{c['p99']:>7.0f}" if c else f"{'':22}" for c in cells))
    for name, ratio in ratios.items():
        print(f"  {name}: {ratio:.2f}")
    print("ours: chat API -> safety, redaction -> Rasa -> action -> SQLite; on Rasa as it comes, too.")
    print("the looping form: Rasa, and its SDK as a second process; stock and the same with rules: one process.")
