"""A summary in words and in order: headings, paragraphs and points. Every way of writing it down starts from here."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from facilitator.summary.content import Answer, Part, Step, Summary, Thought
from facilitator.summary.words import SummaryWords
from facilitator.vocabulary import Rating

# What XML cannot hold, and marks that turn text round or hide it.
_UNFIT = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufff9-\uffff\ud800-\udfff]")


@dataclass(frozen=True)
class Heading:
    """Level 1 is the title, of which there is one; 2 a stage; 3 what is in it."""

    level: int
    text: str


@dataclass(frozen=True)
class Paragraph:
    text: str


@dataclass(frozen=True)
class Point:
    """One point of a list, with lines that belong to it. Any of them may have line breaks."""

    text: str
    details: tuple[str, ...] = ()


Block = Heading | Paragraph | Point


def tidy(text: str) -> str:
    """Text that every kind of document can hold: without control characters, lone surrogates and marks that hide or turn text round."""
    plain = re.sub(r"\r\n?|[\u2028\u2029\x0b\x0c\x85]", "\n", text)
    return unicodedata.normalize("NFC", _UNFIT.sub("", plain)).replace("\t", " ").strip()


def title(summary: Summary, words: SummaryWords) -> str:
    return words.say("title_of", activity=_one_line(summary.activity)) if summary.activity else words.say("title")


def outline(summary: Summary, words: SummaryWords, made_on: date) -> list[Block]:
    """The whole summary, top to bottom. Parts with nothing in them are left out; with nothing at all, it says so."""
    blocks: list[Block] = [Heading(1, title(summary, words)), *_about(summary, words, made_on)]
    if not summary.kept:
        return [*blocks, Paragraph(words.say("unkept"))]
    parts = [part for part in summary.parts if not part.is_empty]
    if not parts:
        return [*blocks, Paragraph(words.say("nothing"))]
    return [*blocks, *(block for part in parts for block in _part(part, words))]


def _about(summary: Summary, words: SummaryWords, made_on: date) -> Iterator[Block]:
    if summary.happens_on:
        yield Paragraph(words.say("about.happens_on", day=words.day(summary.happens_on)))
    if summary.pseudonym:
        yield Paragraph(words.say("about.pseudonym", name=_one_line(summary.pseudonym)))
    if summary.role:
        yield Paragraph(words.say("about.role", role=words.role(summary.role)))
    yield Paragraph(words.say("about.made_on", day=words.day(made_on)))
    if summary.kept:
        yield Paragraph(words.say("about.private"))


def _part(part: Part, words: SummaryWords) -> Iterator[Block]:
    yield Heading(2, words.say(f"stages.{part.stage}" if part.stage else "elsewhere"))
    if part.stage and not part.answers:
        yield Paragraph(words.say("nothing_here"))
    for rating in (*Rating, None):
        group = [answer for answer in part.answers if answer.rating is rating]
        yield from _list(words.say(f"groups.{rating or 'comment_only'}"), (_answer(answer, words) for answer in group))
    yield from _list(words.say("steps.heading"), (_step(step, words) for step in part.steps))
    yield from _list(words.say("reflections.heading"), (_thought(thought, words) for thought in part.thoughts))


def _list(heading: str, points: Iterable[Point]) -> Iterator[Block]:
    for number, point in enumerate(points):
        if number == 0:
            yield Heading(3, heading)
        yield point


def _answer(answer: Answer, words: SummaryWords) -> Point:
    comment = (words.say("comment", text=tidy(answer.comment)),) if answer.comment and tidy(answer.comment) else ()
    return Point(tidy(answer.question), comment)


def _step(step: Step, words: SummaryWords) -> Point:
    details = [words.say("steps.who", who=_one_line(words.who(step.who)) if step.who else words.say("steps.nobody"))]
    if step.due_on:
        details.append(words.say("steps.by", day=words.day(step.due_on)))
    return Point(tidy(step.what), (*details, words.say("steps.state", state=words.state(step.state))))


def _thought(thought: Thought, words: SummaryWords) -> Point:
    asked = (words.say("reflections.prompt", text=tidy(thought.prompt)),) if thought.prompt else ()
    return Point(tidy(thought.text), (*asked, words.say(f"reflections.{thought.visible_to}")))


def _one_line(text: str | None) -> str:
    return " ".join(tidy(text or "").split())
