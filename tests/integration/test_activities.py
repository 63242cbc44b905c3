"""Activities and what people take away from them, on both databases; and the commands."""

from __future__ import annotations

from datetime import date

import pytest
from typer.testing import CliRunner

from facilitator.activities import LongerThanToldError, add_activity, edit_activity, find_by_code, list_activities, stage_for
from facilitator.cli.main import app
from facilitator.codes import JOIN_ALPHABET
from facilitator.errors import NotFoundError, SettingsError
from facilitator.periods import Periods
from facilitator.storage import conversations as store
from facilitator.storage.database import Database
from facilitator.storage.models import AnswerRow, ConversationRow, NextStepRow, ReflectionRow
from facilitator.summary.collect import collect
from facilitator.summary.content import Answer, Step, Thought
from facilitator.vocabulary import Rating, Role, Stage, StepState, VisibleTo

DAY = date(2027, 1, 14)
EVERYWHERE = Periods(raw_text_days=90, answer_days=365)


def added(database, *args, **options):
    with database.unit_of_work() as session:
        code = add_activity(session, *args, **options)
    with database.reading() as session:
        return find_by_code(session, code)


def test_an_activity_is_kept_as_given_and_found_however_its_code_is_typed(database):
    made = added(database, " Café plan ", "What we do", DAY, 30, 200)
    assert (made.title, made.description, made.happens_on, made.raw_text_days, made.answer_days) == (
        "Café plan",
        "What we do",
        DAY,
        30,
        200,
    )
    assert set(made.join_code) <= set(JOIN_ALPHABET)
    with database.reading() as session:
        assert find_by_code(session, f" {made.join_code[:3].lower()}-{made.join_code[3:]} ") == made
        assert find_by_code(session, "NOSUCH") is None


@pytest.mark.parametrize(
    ("title", "options"),
    [("", {}), ("  ", {}), ("x" * 201, {}), ("ok", {"description": "x" * 2001}), ("ok", {"raw_text_days": 0}), ("ok", {"answer_days": -1})],
)
def test_an_activity_that_makes_no_sense_is_refused(database, title, options):
    with database.unit_of_work() as session, pytest.raises(SettingsError):
        add_activity(session, title, **options)


def test_editing_changes_what_is_named_and_nothing_else(database):
    made = added(database, "Old", "Words", DAY)
    with database.unit_of_work() as session:
        edit_activity(session, made.join_code.lower(), EVERYWHERE, title="New", happens_on=None)
    with database.reading() as session:
        changed = find_by_code(session, made.join_code)
    assert (changed.title, changed.description, changed.happens_on, changed.id) == ("New", "Words", None, made.id)
    with database.unit_of_work() as session, pytest.raises(NotFoundError):
        edit_activity(session, "NOSUCH", EVERYWHERE, title="x")


def test_activities_are_listed_the_latest_first_and_those_without_a_date_last(database):
    for title, day in (("b", None), ("early", date(2026, 1, 1)), ("late", DAY), ("A", None)):
        added(database, title, happens_on=day)
    with database.reading() as session:
        assert [activity.title for activity in list_activities(session)] == ["late", "early", "A", "b"]


@pytest.mark.parametrize(
    ("today", "stage"),
    [(date(2027, 1, 13), Stage.BEFORE), (DAY, Stage.DURING), (date(2027, 1, 15), Stage.AFTER), (date(2026, 1, 1), Stage.BEFORE)],
)
def test_the_stage_fits_the_day(database, today, stage):
    assert stage_for(added(database, "x", happens_on=DAY), today) is stage
    assert stage_for(added(database, "y"), today) is None


# ── the summary ──


def person(session, activity_id: str, *, kept: bool | None = True) -> str:
    row = ConversationRow(
        id=store.new_id(), person_id=store.new_id(), activity_id=activity_id, pseudonym="Copper Lantern", kept=kept, role="carer",
        position={}, state="item", created_at=store.now(), last_active_at=store.now(),
    )  # fmt: skip
    session.add(row)
    session.flush()
    return row.id


@pytest.mark.parametrize("kept", [True, False, None])
@pytest.mark.parametrize(
    ("own", "longer", "told"),
    [
        ((30, None), {"raw_text_days": 31}, {"raw_text_days": 30}),
        ((30, None), {"raw_text_days": None}, {"raw_text_days": 30}),
        ((None, None), {"raw_text_days": 91, "answer_days": 366}, {"raw_text_days": 90, "answer_days": 365}),
    ],
)
def test_nothing_is_kept_longer_than_people_in_it_were_told(database, own, longer, told, kept):
    made = added(database, "Plan", "", DAY, *own)
    with database.unit_of_work() as session:
        edit_activity(session, made.join_code, EVERYWHERE, **longer)  # nobody is there yet
        edit_activity(session, made.join_code, EVERYWHERE, raw_text_days=own[0], answer_days=own[1])
        person(session, made.id, kept=kept)
    with pytest.raises(LongerThanToldError) as refused, database.unit_of_work() as session:
        edit_activity(session, made.join_code, EVERYWHERE, title="New", **longer)
    assert refused.value.told == told
    with database.reading() as session:
        assert find_by_code(session, made.join_code) == made


def test_what_is_kept_can_be_made_shorter_and_all_else_changed_while_people_are_there(database):
    made, other = added(database, "Plan", "", DAY, 400), added(database, "Other", "", DAY)
    with database.unit_of_work() as session:
        person(session, made.id)
        edit_activity(session, made.join_code, EVERYWHERE, title="New", raw_text_days=None, answer_days=365)
        edit_activity(session, other.join_code, EVERYWHERE, raw_text_days=999)
    with database.reading() as session:
        assert (changed := find_by_code(session, made.join_code)) is not None
    assert (changed.title, changed.raw_text_days, changed.answer_days) == ("New", None, 365)


def test_a_summary_holds_what_the_person_said_in_the_order_of_the_checklist(database, library):
    made = added(database, "Café plan", happens_on=DAY)
    first, second = library.checklists.stage(Stage.BEFORE).items[:2]
    with database.unit_of_work() as session:
        who = person(session, made.id)
        other = person(session, made.id)
        about = {"activity_id": made.id, "stage": "before", "created_at": store.now()}
        for number, (whose, item, rating, comment, old) in enumerate(
            [
                (who, second, "yes", None, None),
                (who, first, "yes", None, store.now()),
                (who, first, "not_yet", "no room", None),
                (other, first, "yes", "not mine", None),
            ]
        ):
            session.add(
                AnswerRow(
                    conversation_id=whose,
                    item=item.id,
                    topic=item.topic,
                    rating=rating,
                    comment=comment,
                    message_id=str(number),
                    superseded_at=old,
                    **about,
                )
            )
            session.flush()
        session.add(NextStepRow(id="s", conversation_id=who, what="Ring", who="staff", due_on=DAY, state="done", **about))
        session.add(
            ReflectionRow(
                conversation_id=who,
                activity_id=made.id,
                stage=None,
                prompt="p",
                text="Fine",
                visible_to="group",
                message_id="r",
                created_at=store.now(),
            )
        )
    with database.reading() as session:
        summary = collect(session, who, library.checklists, {"p": "What worked?"})
    parts = {part.stage: part for part in summary.parts}
    assert parts[Stage.BEFORE].answers == (
        Answer(first.ask(Role.CARER), Rating.NOT_YET, "no room"),
        Answer(second.ask(Role.CARER), Rating.YES),
    )
    assert parts[Stage.BEFORE].steps == (Step("Ring", "staff", DAY, StepState.DONE),)
    assert parts[None].thoughts == (Thought("Fine", "What worked?", VisibleTo.GROUP),)
    assert parts[Stage.DURING].is_empty
    assert (summary.kept, summary.activity, summary.happens_on, summary.pseudonym, summary.role) == (
        True,
        "Café plan",
        DAY,
        "Copper Lantern",
        Role.CARER,
    )


def test_the_summary_of_somebody_unkept_is_empty_and_of_nobody_is_an_error(database, library):
    made = added(database, "Café plan")
    with database.unit_of_work() as session:
        who = person(session, made.id, kept=False)
    with database.reading() as session:
        summary = collect(session, who, library.checklists)
        assert (summary.kept, summary.parts, summary.pseudonym) == (False, (), None)
        with pytest.raises(NotFoundError):
            collect(session, "nobody", library.checklists)


# ── the commands ──


@pytest.fixture
def run(tmp_path, monkeypatch):
    """The command line on a database of its own."""
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'cli.db'}")
    made = Database(f"sqlite:///{tmp_path / 'cli.db'}")
    made.upgrade()
    made.dispose()
    return lambda *args: CliRunner().invoke(app, ["activity", *args])


def code_in(output: str) -> str:
    return next(line for line in output.splitlines() if line.startswith("Join code: ")).removeprefix("Join code: ")


def test_new_prints_the_code_how_to_say_it_the_link_and_a_qr_code(run):
    done = run("new", "Café plan", "--date", "14 January 2027", "--description", "What we do")
    assert done.exit_code == 0
    code = code_in(done.output)
    assert "Date: Thursday 14 January 2027" in done.output
    assert f"/join/{code}\n" in done.output
    assert "On the phone: " in done.output
    assert "\u2588\u2588" in done.output


def test_show_list_and_edit_find_it_again(run, tmp_path):
    code = code_in(run("new", "Café plan", "--date", "2027-01-14").output)
    assert f"{code}  2027-01-14  Café plan" in run("list").output
    assert "Date: not set" in run("edit", code.lower(), "--date", "none", "--title", "New plan").output
    svg = tmp_path / "poster.svg"
    shown = run("show", code, "--svg", str(svg))
    assert shown.output.startswith("New plan\n")
    assert svg.read_text().startswith('<svg xmlns="http://www.w3.org/2000/svg"')


def test_the_command_makes_nothing_longer_than_people_were_told(run, tmp_path):
    code = code_in(run("new", "Plan", "--raw-text-days", "30").output)
    database = Database(f"sqlite:///{tmp_path / 'cli.db'}")
    with database.unit_of_work() as session:
        person(session, find_by_code(session, code).id)
    database.dispose()
    done = run("edit", code, "--raw-text-days", "31")
    assert isinstance(done.exception, LongerThanToldError)
    assert "were told: the chat is kept for 30 days." in str(done.exception)
    assert "The chat: kept for 29 days" in run("edit", code, "--raw-text-days", "29").output


def test_an_empty_list_says_what_to_do(run):
    assert "activity new" in run("list").output


@pytest.mark.parametrize("args", [("new", "x", "--date", "soon"), ("show", "NOSUCH"), ("edit", "NOSUCH", "--title", "x"), ("new", " ")])
def test_what_cannot_be_done_is_one_sentence(run, args):
    done = run(*args)
    assert isinstance(done.exception, SettingsError | NotFoundError)
    assert str(done.exception).endswith((".", "activity list"))
