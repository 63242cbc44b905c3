"""Fills an empty database with the demo, by letting made-up people do what real ones do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import select, update

from facilitator.activities import add_activity, find_by_code
from facilitator.bootstrap import KNOWLEDGE, Bootstrap
from facilitator.conversation.turn import NextStepWritten
from facilitator.demo.script import Cast, Script, load_script
from facilitator.demo.talking import Talker
from facilitator.errors import SettingsError
from facilitator.parity.store import parity_view
from facilitator.storage import conversations as store
from facilitator.storage.database import Database
from facilitator.storage.facts import write_facts
from facilitator.storage.models import ActivityRow, ConversationRow, NextStepRow
from facilitator.vocabulary import Stage, StepState

SCRIPT = KNOWLEDGE / "demo.yml"
HELD = -6
"""The day of the activity, seen from today; so this week's list has it."""
DAYS = {Stage.BEFORE: (-40, 3), Stage.DURING: (-6, 0), Stage.AFTER: (-5, 0)}
"""For each stage: the day on which the first person came, and how many days later each next one did."""


class NotEmptyError(SettingsError):
    """The database holds something already. What is somebody's is never mixed with made-up people."""


def build(built: Bootstrap, say: Callable[[str], None]) -> str:
    """Make the demo. Returns the activity's join code.

    Raises:
        NotEmptyError: there is an activity or a conversation already.
    """
    script, database = load_script(SCRIPT), built.database
    check_empty(database)
    today = date.today()
    with database.unit_of_work() as session:
        code = add_activity(session, script.title, script.description, today + timedelta(days=HELD))
        add_activity(session, script.quiet_title, script.quiet_description, today + timedelta(days=5))
        session.flush()
        found = find_by_code(session, code)
        assert found is not None
    people = _take_part(built, found.id, script, today, say)
    with database.unit_of_work() as session:
        parity_view(session, found.id, built.checklists, rule=built.rule)
        session.execute(update(ActivityRow).values(created_at=_at(today, -45)))
    say(f"{len(people)} made-up people have taken part.")
    return code


def check_empty(database: Database) -> None:
    with database.reading() as session:
        for table in (ConversationRow.id, ActivityRow.id):
            if session.scalar(select(table).limit(1)) is not None:
                raise NotEmptyError(
                    "This database holds something already, so the demo leaves it alone. "
                    "Set FACILITATOR_DATA_DIR to a new folder to see the demo there."
                )


def _take_part(built: Bootstrap, activity_id: str, script: Script, today: date, say: Callable[[str], None]) -> list[Talker]:
    talkers = [(Talker(built, activity_id, cast), cast) for cast in script.people]
    for stage in Stage:
        for place, (talker, cast) in enumerate(talkers):
            if stage is Stage.BEFORE or cast.answers.get(stage):
                began = store.now()
                _come(built, talker, cast, stage, today)
                first, apart = DAYS[stage]
                talker.dates_back(
                    began - timedelta(minutes=5) if stage is Stage.BEFORE else began, _at(today, first + apart * place, place)
                )
        say(f"{stage.capitalize()}: done.")
    return [talker for talker, _ in talkers]


def _come(built: Bootstrap, talker: Talker, cast: Cast, stage: Stage, today: date) -> None:
    """What one person does in one stage."""
    if stage is Stage.BEFORE:
        talker.begins()
    talker.walks(stage)
    if stage is Stage.BEFORE:
        talker.asks()
        for step in cast.steps:
            _tend(built, talker.plans(step), talker, step, today)
        if cast.upset:
            talker.is_upset()
    if stage is Stage.AFTER:
        talker.looks_back()
    talker.climbs(stage)


def _tend(built: Bootstrap, step_id: str, talker: Talker, step: Mapping[str, Any], today: date) -> None:
    """Say that a step is done, as its writer would; or let its day have passed."""
    with built.database.unit_of_work() as session:
        row = store.conversation(session, talker.id)
        known = store.load_talk(session, row).next_steps[step_id]
        if step.get("done"):
            write_facts(session, row, [NextStepWritten(step_id, replace(known, state=StepState.DONE))], step_id)
        if step.get("late"):
            session.execute(update(NextStepRow).where(NextStepRow.id == step_id).values(due_on=today - timedelta(days=3)))


def _at(today: date, days: int, place: int = 0) -> datetime:
    return datetime.combine(today + timedelta(days=days), time(9 + place % 8, 7 * place % 60), UTC)
