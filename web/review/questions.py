"""Questions without an answer, grouped when alike; and the answers that coordinators write to them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter, Response

from facilitator.coordinators import answers as book
from facilitator.coordinators import overview
from facilitator.coordinators.answers import AnswerError, AnswerState, Draft
from facilitator.coordinators.audit import Action
from facilitator.coordinators.questions import Question, grouped, unanswered
from facilitator.errors import FacilitatorError, NotFoundError
from facilitator.knowledge.reading import reading_age
from web.review import pages
from web.review.guard import ROOT, ManageSeat, ReviewRoute, Seat, WordsSeat, to
from web.review.telling import answers_it, tell_everyone

QUESTIONS, ANSWERS = f"{ROOT}/questions", f"{ROOT}/answers"
router = APIRouter(prefix=ROOT, include_in_schema=False, route_class=ReviewRoute)
MOST_AT_ONCE = 100


@router.get("/questions")
def all_questions(seat: WordsSeat) -> Response:
    with seat.work() as session:
        found = unanswered(session, seat.viewer)
        if found.questions:
            seat.note(session, Action.WORDS_READ, None, page="questions", shown=len(found.questions))
    return seat.page("questions", groups=grouped(found.questions, seat.parts.built.encoder.encode), hidden=found.hidden)


@router.get("/answers")
def all_answers(seat: WordsSeat) -> Response:
    with seat.reading() as session:
        rows = book.everything(session, seat.viewer)
    return seat.page("answers", rows=rows)


@router.get("/answers/new")
def new_page(seat: ManageSeat) -> Response:
    typed = Draft(credit=seat.parts.built.settings.facilitator_organisation or seat.viewer.name)
    return _form(seat, typed, _chosen(seat, seat.request.query_params.getlist("flag")))


@router.post("/answers/new")
def add(seat: ManageSeat) -> Response:
    questions = _chosen(seat, seat.fields.all("flag"))
    typed = _typed(seat)
    try:
        with seat.work() as session:
            code = seat.fields.get("activity")
            row = book.write(session, seat.viewer, typed, questions, seat.activity(session, code).id if code else None)
            if seat.fields.get("do") == "publish":
                book.move(session, seat.viewer, row.id, AnswerState.PUBLISHED)
    except AnswerError as error:
        return _form(seat, typed, questions, 422, error)
    if row.state == AnswerState.PUBLISHED:
        tell_everyone(seat.parts.built, seat.viewer, row.id)
        return to(f"{ANSWERS}/{row.id}", "answer_published")
    return to(f"{ANSWERS}/{row.id}", "answer_saved")


@router.get("/answers/{answer_id}")
def one(answer_id: str, seat: ManageSeat) -> Response:
    return _one(seat, answer_id)


@router.post("/answers/{answer_id}")
def change(answer_id: str, seat: ManageSeat) -> Response:
    typed = _typed(seat)
    try:
        with seat.work() as session:
            book.change(session, seat.viewer, answer_id, typed)
    except AnswerError as error:
        return _one(seat, answer_id, 422, typed, error)
    _refresh(seat)
    return to(f"{ANSWERS}/{answer_id}", "answer_saved")


@router.post("/answers/{answer_id}/move")
def move(answer_id: str, seat: ManageSeat) -> Response:
    wanted = seat.fields.get("to")
    if wanted not in set(AnswerState):
        raise NotFoundError("state")
    try:
        with seat.work() as session:
            book.move(session, seat.viewer, answer_id, AnswerState(wanted))
    except AnswerError as error:
        return _one(seat, answer_id, 422, None, error)
    if wanted == AnswerState.PUBLISHED:
        tell_everyone(seat.parts.built, seat.viewer, answer_id)
        return to(f"{ANSWERS}/{answer_id}", "answer_published")
    _refresh(seat)
    return to(f"{ANSWERS}/{answer_id}", "answer_withdrawn")


def _refresh(seat: Seat) -> None:
    """So that this page shows what the assistant says now; other processes see the change within a second or two."""
    refresh = getattr(seat.parts.built.knowledge, "refresh", None)
    if refresh is not None:
        refresh()


def _chosen(seat: Seat, given: Sequence[str]) -> Sequence[Question]:
    """The questions ticked, as far as they are this viewer's to read; their words are read, so that is noted."""
    ids = [int(one) for one in given[:MOST_AT_ONCE] if one.isascii() and one.isdigit() and len(one) < 10]
    if not ids:
        return ()
    with seat.work() as session:
        found = unanswered(session, seat.viewer, ids).questions
        if found:
            seat.note(session, Action.WORDS_READ, None, page="answer", shown=len(found))
    return found


def _typed(seat: Seat) -> Draft:
    return Draft(**{name: seat.fields.get(name) for name in ("question", "asks", "text", "credit")})


def _errors(error: AnswerError | None) -> dict[str, str]:
    return {name: pages.words()["faults"][fault] for name, fault in error.faults.items()} if error else {}


def _form(seat: Seat, typed: Draft, questions: Sequence[Question], status: int = 200, error: AnswerError | None = None) -> Response:
    with seat.reading() as session:
        activities = overview.own_activities(session, seat.viewer)
    asked_in = next((one.join_code for one in activities for question in questions if one.id == question.activity_id), "")
    # what was chosen stays chosen when the form comes back, "no activity" too
    own = seat.fields.get("activity") if error else asked_in
    return seat.page("answer_form", status, typed=typed, questions=questions, activities=activities, own=own, errors=_errors(error))


def _one(seat: Seat, answer_id: str, status: int = 200, typed: Draft | None = None, error: AnswerError | None = None) -> Response:
    with seat.reading() as session:
        row = book.answer(session, answer_id)
    shown = typed or Draft(row.question, "\n".join(row.asks), row.text, row.credit)
    context: dict[str, Any] = {"row": row, "typed": shown, "moves": book.MOVES[AnswerState(row.state)], "age": round(reading_age(row.text))}
    return seat.page("answer", status, **context, given=_given(seat, row.id, [row.question, *row.asks], row.state), errors=_errors(error))


def _given(seat: Seat, answer_id: str, asks: Sequence[str], state: str) -> list[tuple[str, bool]]:
    """Each way to ask, and whether the assistant answers it with this answer now."""
    if state != AnswerState.PUBLISHED:
        return []
    try:
        return [(ask, answers_it(seat.parts.built, ask, answer_id)) for ask in asks]
    except FacilitatorError:
        return []
