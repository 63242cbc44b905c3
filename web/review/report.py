"""The report of an activity as a page to print and as a Word document; and its figures as a table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from fastapi import APIRouter, Response
from fastapi.responses import StreamingResponse

from facilitator.coordinators.audit import Action
from facilitator.coordinators.overview import Said
from facilitator.coordinators.rights import Right
from facilitator.parity.figures import Side
from facilitator.reports.activity import Group, Point, Report, report
from facilitator.reports.files import Row, as_csv, as_xlsx
from facilitator.reports.tickets import Form
from facilitator.vocabulary import Rating, Role
from web.review import charts, pages, report_word
from web.review.activities import HERE
from web.review.charts import Pairs
from web.review.exports import TYPES
from web.review.guard import CountsSeat, ReviewRoute, Seat
from web.review.parity import SCALE, movement_chart, parity_words

SHARING = "sharing"
FIGURES = ("stage", "topic", "item", "question", "side", *Rating, "mean", "gap")
router = APIRouter(prefix=HERE, include_in_schema=False, route_class=ReviewRoute)


@router.get("/{code}/report")
def page(code: str, seat: CountsSeat) -> Response:
    found = _collect(seat, code)
    words = parity_words(seat.parts.built.rule)
    return seat.page(
        "report",
        report=found,
        activity=found.activity,
        chart=pair_chart(found, seat) if found.shown else None,
        movements=[(one, movement_chart(one, words)) for one in found.movements if any(stage.items for stage in one.stages)],
        groups=[group for group in Group if group is not Group.TOO_FEW],
        stages=by_stage(found.thoughts),
        prompts=prompts_of(seat),
        p=words,
        sides=list(Side),
        ratings=list(Rating),
        roles=list(Role),
        checklists=seat.parts.built.checklists,
    )


@router.get("/{code}/report/word")
def word(code: str, seat: CountsSeat) -> Response:
    found = _collect(seat, code, form="docx")
    built = seat.parts.built
    body = report_word.document(found, built.checklists, prompts_of(seat), built.settings.facilitator_organisation)
    kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    return Response(body, media_type=kind, headers=_as_file(found, "report", "docx"))


@router.get("/{code}/figures")
def figures(code: str, seat: CountsSeat) -> Response:
    """Both sides of every point: counts, averages and gaps, as far as they may be shown."""
    form = Form.CSV if seat.request.query_params.get("form") == Form.CSV else Form.XLSX
    found = _collect(seat, code, form=form.value, figures=True)
    head = [_column(name) for name in FIGURES]
    table = figure_rows(found, seat)
    title = pages.words()["report"]["figures"]
    body = as_csv(head, table) if form is Form.CSV else as_xlsx(title, head, table)
    return StreamingResponse(body, media_type=TYPES[form], headers=_as_file(found, "figures", form.value))


def _collect(seat: Seat, code: str, **taken: object) -> Report:
    """The report; what is taken away, and whose words are shown, is audited."""
    shared, may = seat.request.query_params.get("for") == SHARING, seat.viewer.may(Right.WORDS) and "figures" not in taken
    with seat.work() as session:
        activity = seat.activity(session, code)
        found = report(
            session,
            activity,
            seat.parts.built.checklists,
            rule=seat.parts.built.rule,
            today=date.today(),
            words=may,
            shared=shared,
        )
        holds = bool(found.thoughts)
        if taken:
            seat.note(session, Action.EXPORTED, f"activity:{activity.id}", what="report", words=holds, sharing=shared, **taken)
        elif holds:
            seat.note(session, Action.WORDS_READ, f"activity:{activity.id}", page="report")
    return found


def _as_file(found: Report, what: str, ending: str) -> dict[str, str]:
    kind = f"-{SHARING}" if found.shared else ""
    name = f"{what}-{found.activity.join_code}{kind}-{found.made_on}.{ending}"
    return {"Content-Disposition": f'attachment; filename="{name}"'}


def prompts_of(seat: Seat) -> dict[str, str]:
    return {prompt.id: prompt.question for prompt in seat.parts.built.looking_back.prompts}


def by_stage(thoughts: Sequence[Said]) -> list[tuple[str | None, list[Said]]]:
    """Reflections by stage, in the order of the stages; those of none last."""
    found: dict[str | None, list[Said]] = {stage: [] for stage in ("before", "during", "after", None)}
    for one in thoughts:
        found[one.stage].append(one)
    return [(stage, those) for stage, those in found.items() if those]


def pair_chart(found: Report, seat: Seat) -> Pairs:
    """Every point that both sides can be shown for, the widest gap first."""
    rows = [
        (
            seat.parts.built.checklists.item(point.item).short,
            {side.value: mean for side, mean in point.means.items() if mean is not None},
            f"{abs(point.difference or 0):.2f}",
        )
        for point in found.shown
    ]
    return charts.pairs(rows, SCALE, [(side.value, pages.words()["sides"][side]) for side in Side])


def figure_rows(found: Report, seat: Seat) -> Iterator[Row]:
    for group in Group:
        for point in found.points[group]:
            for side in Side:
                yield _figure_row(point, side, seat)


def _figure_row(point: Point, side: Side, seat: Seat) -> Row:
    said, item, one = pages.words(), seat.parts.built.checklists.item(point.item), point.sides[side]
    about = (said["stages"][point.stage], pages.topic_titles()[point.topic], point.item, item.question, said["sides"][side])
    hidden = said["parity"]["hidden"]
    if one is None:
        return (*about, *(hidden for _ in Rating), hidden, None)
    counts = (hidden if one.counts[rating] is None else one.counts[rating] for rating in Rating)
    gap = None if point.difference is None else round(abs(point.difference), 2)
    return (*about, *counts, hidden if one.mean is None else round(one.mean, 2), gap)


def _column(name: str) -> str:
    words = pages.words()
    return str(words["ratings"].get(name) or words["columns"][name])
