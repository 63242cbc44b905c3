"""One activity, all roles, all three stages, over the chat API: what is stored equals what people said, changes and skips included."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from facilitator.activities import add_activity
from facilitator.checklist.content import Checklists, load_checklists
from facilitator.settings import ROOT
from facilitator.storage.database import Database
from facilitator.vocabulary import Role, Stage
from tests.conversation.stack import Caller, Stack

ROLE_TITLES = {Role.SERVICE_USER: "I use services", Role.CARER: "I am a carer", Role.STAFF: "I work", Role.LEAD: "I lead"}
RATINGS = {
    "Yes": "yes",
    "Partly": "partly",
    "Not yet": "not_yet",
    "Not sure": "not_sure",
    "Does not apply": "not_applicable",
    "Skip": "skipped",
}


@pytest.fixture(scope="module")
def checklists() -> Checklists:
    return load_checklists(ROOT / "knowledge" / "checklist")


@pytest.fixture(scope="module")
def join_code(stack: Stack) -> str:
    database = Database(stack.database_address)
    with database.unit_of_work() as session:
        code = add_activity(session, "The crisis leaflet", happens_on=date.today() + timedelta(days=30))
    database.dispose()
    return code


@pytest.mark.parametrize("role", list(Role))
def test_each_role_walks_all_three_stages_and_what_is_stored_is_what_they_said(role, stack, checklists, join_code):
    person = Person(Caller(stack), checklists, seed=list(Role).index(role))
    opened = person.caller.open(activity_code=join_code)
    assert "The crisis leaflet" in person.caller.seen
    person.caller.choose("Keep")
    person.caller.choose(ROLE_TITLES[role])
    assert "look at the time before" in person.caller.seen
    person.walk(Stage.BEFORE, start=False)
    person.change_one_answer(Stage.BEFORE)
    person.walk(Stage.DURING)
    person = person.on_another_device(opened["resume_code"])
    person.walk(Stage.AFTER)
    person.change_one_answer(Stage.BEFORE)
    person.check_stored(role)


class Person:
    """Answers every item of a full walk, by button and in words in turn, and remembers what was said."""

    def __init__(self, caller: Caller, checklists: Checklists, seed: int) -> None:
        self.caller, self.checklists, self.count = caller, checklists, seed
        self.said: dict[str, tuple[str, str | None]] = {}
        self.history: list[tuple[str, str]] = []

    def on_another_device(self, code: str) -> Person:
        other = Person(Caller(self.caller.stack), self.checklists, self.count)
        other.said, other.history = self.said, self.history
        came_back = other.caller.open(resume_code=code)
        assert came_back["conversation_id"] == self.caller.id
        assert "This is how far you got" in other.caller.seen
        return other

    def walk(self, stage: Stage, *, start: bool = True) -> None:
        if start:
            self.caller.type(f"I want to do the {stage} part")
        self.caller.choose("Full")
        for item in self.checklists.stage(stage).items:
            self._answer(item.id)
        while self.caller.last["state"] == "consent":
            self.caller.choose("Yes")
        assert self.caller.last["state"] == "finished"

    def _answer(self, item: str) -> None:
        title = list(RATINGS)[self.count % len(RATINGS)]
        self.count += 1
        self.caller.choose(title)
        comment = None
        if self.caller.last["state"] == "comment":
            if self.count % 2:
                comment = f"my words about it, number {self.count}"
                self.caller.type(comment)
            else:
                self.caller.choose("Nothing to add")
        self.said[item] = (RATINGS[title], comment)
        self.history.append((item, RATINGS[title]))

    def change_one_answer(self, stage: Stage) -> None:
        item = next(item for item in self.checklists.stage(stage).items if self.said[item.id][0] not in ("partly", "skipped"))
        self.caller.type(f"change my answer about {item.short}")
        if item.short[:1].upper() + item.short[1:] in self.caller.choices:
            self.caller.choose(item.short[:1].upper() + item.short[1:])
        self.caller.choose("Partly")
        if self.caller.last["state"] == "comment":
            self.caller.choose("Nothing to add")
        self.said[item.id] = ("partly", self.said[item.id][1])
        self.history.append((item.id, "partly"))

    def check_stored(self, role: Role) -> None:
        rows = self.caller.stack.query(
            "SELECT item, rating, comment, role, superseded_at FROM answer WHERE conversation_id = :id ORDER BY id", id=self.caller.id
        )
        current = {item: (rating, comment) for item, rating, comment, _, superseded in rows if superseded is None}
        assert current == self.said
        assert {row[3] for row in rows} == {role}
        ratings_in_order = [(item, rating) for item, rating, *_ in rows]
        assert [pair for place, pair in enumerate(ratings_in_order) if pair not in ratings_in_order[:place]] == self.history
