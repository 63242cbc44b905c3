"""The report as a Word document: the same parts in the same order as the page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from facilitator.checklist.content import Checklists
from facilitator.coordinators.overview import Lane, Said
from facilitator.parity.figures import Side
from facilitator.reports.activity import Group, Report
from facilitator.reports.activity import Point as Asked
from facilitator.reports.fit import said
from facilitator.reports.word import Chart, Table, as_docx
from facilitator.summary.outline import Block, Heading, Paragraph, Point
from facilitator.vocabulary import Rating, Role
from web.review import pages

Part = Block | Table | Chart


def document(report: Report, checklists: Checklists, prompts: Mapping[str, str], organisation: str) -> bytes:
    """`prompts`: what was asked, by id."""
    return as_docx(list(_parts(report, checklists, prompts, organisation)), report.made_on)


def _parts(report: Report, checklists: Checklists, prompts: Mapping[str, str], organisation: str) -> Iterator[Part]:
    w = pages.words()["report"]
    activity = report.activity
    yield Heading(1, said(w["of"].format(title=activity.title)))
    if organisation:
        yield Paragraph(said(organisation))
    if activity.happens_on:
        yield Paragraph(w["day"].format(day=pages.day(activity.happens_on)))
    yield Paragraph(w["made"].format(day=pages.day(report.made_on)))
    yield Paragraph(w["sharing"] if report.shared else w["inside"])
    if activity.description:
        yield Paragraph(said(activity.description))
    yield from _people(report)
    yield from _figures(report, checklists)
    for group in (Group.APART, Group.NOT_YET, Group.IN_PLACE):
        yield Heading(2, w[group])
        yield from (_point(point, checklists) for point in report.points[group])
        if not report.points[group]:
            yield Paragraph(w["none"])
    if report.points[Group.TOO_FEW]:
        yield Paragraph(w["hidden"].format(number=len(report.points[Group.TOO_FEW])))
    yield from _steps(report)
    yield from _thoughts(report, prompts)


def _number(value: int | None) -> str:
    return pages.words()["parity"]["hidden"] if value is None else str(value)


def _people(report: Report) -> Iterator[Part]:
    w, all_words = pages.words()["report"], pages.words()
    yield Heading(2, w["people"])
    rows = [(all_words["roles"][role], _number(report.people[role])) for role in Role]
    yield Table(w["people_caption"], (all_words["activity"]["role"], all_words["activity"]["joined"]), rows)


def _figures(report: Report, checklists: Checklists) -> Iterator[Part]:
    w, all_words = pages.words()["report"], pages.words()
    yield Heading(2, w["both"])
    if not report.shown:
        yield Paragraph(w["no_figures"])
        return
    yield Paragraph(w["scale"])
    names = [checklists.item(point.item).short for point in report.shown]
    series = [(all_words["sides"][side], [point.means[side] or 0.0 for point in report.shown]) for side in Side]
    yield Chart(w["chart"], w["chart_desc"], names, series)
    head = (w["point"], all_words["parity"]["stage"], *(all_words["sides"][side] for side in Side), all_words["parity"]["gap_word"])
    rows = [
        (
            checklists.item(point.item).short,
            all_words["stages"][point.stage],
            *(f"{point.means[side]:.2f}" for side in Side),
            f"{abs(point.difference or 0):.2f}",
        )
        for point in report.shown
    ]
    yield Table(w["table"], head, rows)


def _point(point: Asked, checklists: Checklists) -> Point:
    return Point(checklists.item(point.item).question, tuple(_side(point, side) for side in Side))


def _side(point: Asked, side: Side) -> str:
    all_words, figures = pages.words(), point.sides[side]
    if figures is None:
        return f"{all_words['sides'][side]}: {all_words['parity']['hidden']}"
    shown = [(rating, figures.counts[rating]) for rating in Rating]
    counts = ", ".join(f"{all_words['ratings'][rating]} {_number(count)}" for rating, count in shown if count != 0)
    return f"{all_words['sides'][side]}: {counts}"


def _steps(report: Report) -> Iterator[Part]:
    w, lanes = pages.words()["report"], pages.words()["steps"]
    yield Heading(2, lanes["title"])
    yield Table(w["steps_caption"], [lanes[lane] for lane in Lane], [[_number(report.steps[lane]) for lane in Lane]])
    yield Paragraph(w["steps_about"])


def _thoughts(report: Report, prompts: Mapping[str, str]) -> Iterator[Part]:
    w = pages.words()["report"]
    if not report.words:
        return
    yield Heading(2, w["thoughts"])
    yield Paragraph(w["thoughts_about"])
    yield from (Point(said(one.text), tuple(_from(one, prompts))) for one in report.thoughts)


def _from(one: Said, prompts: Mapping[str, str]) -> Iterator[str]:
    all_words = pages.words()
    if one.prompt in prompts:
        yield all_words["reflections"]["asked"].format(question=prompts[one.prompt or ""])
    yield f"{said(one.pseudonym) if one.pseudonym else all_words['app']['no_name']}, {pages.day(one.at)}"
