"""Unanswered questions: grouped, answered, live without training, credited, and told to those who asked to be told."""

from __future__ import annotations

import numpy as np
import pytest
from sqlalchemy import select, update

from facilitator.coordinators.questions import Question, grouped
from facilitator.coordinators.rights import Post
from facilitator.errors import StorageUnavailableError
from facilitator.knowledge.live import LiveKnowledge
from facilitator.settings import ROOT, read_settings
from facilitator.storage import conversations as store
from facilitator.storage.answers import PublishedAnswers
from facilitator.storage.models import AuditRow, ConversationRow, FlagRow, MessageRow, WrittenAnswerRow
from tests.integration.review import people
from tests.integration.review.test_conversations import talker
from tests.integration.web import Running

PARKING = "is there somewhere to leave my car at the town hall?"
TYPED = {
    "question": "Can I park at the hall?",
    "asks": "Is there parking at the town hall?\nWhere do I leave my car?",
    "text": "Yes. There are ten spaces behind the hall.",
    "credit": "Test Trust",
}


@pytest.fixture
def real(system: Running) -> Running:
    """With the real knowledge base, which reads answers from the database."""
    made = LiveKnowledge(
        ROOT / "knowledge",
        system.built.settings.data_dir,
        cache_dir=read_settings({}).cache_dir,
        answers=PublishedAnswers(system.built.database),
    )
    system.built.__dict__["knowledge"] = made
    system.built.__dict__.pop("library", None)
    return system


@pytest.fixture
def ours(system):
    activity_id, code = people.activity(system, "Garden")
    cora = people.account(system, "Cora", Post.COORDINATOR, activity_id)
    return activity_id, code, people.signed_in(system, cora)


def flags(system: Running) -> list[FlagRow]:
    with system.built.database.reading() as session:
        return list(session.scalars(select(FlagRow).order_by(FlagRow.id)))


async def test_an_answer_goes_live_without_training_and_reaches_those_who_asked_to_be_told(real, ours):
    _, code, cora = ours
    person, quiet = await talker(real, code), await talker(real, code)
    await person.type(PARKING)
    assert "outside what I know" in person.texts
    await person.choose("Tell me if somebody answers")
    assert "you will find it here when you come back" in person.texts
    await quiet.type("is there a place to leave my car by the town hall?")
    await cora.get("/review/questions")
    assert "Asked 2 times" in cora.text and PARKING in cora.text and "Wants to be told." in cora.text
    ids = "&".join(f"flag={flag.id}" for flag in flags(real))
    await cora.get(f"/review/answers/new?{ids}")
    assert PARKING in cora.text and 'value="Test Trust"' in cora.html
    await cora.send("/review/answers/new", **TYPED, do="publish", flag=[flag.id for flag in flags(real)], activity=code)
    assert "The answer is live." in cora.text and "does not give this answer" not in cora.text and "gives this answer" in cora.text
    assert [(flag.state, flag.told_at is not None) for flag in flags(real)] == [("closed", True), ("closed", False)]
    history = (await person.http.get(f"/chat/conversations/{person.id}/messages", headers=person.headers)).json()["messages"]
    told = history[-1]
    assert told["kind"] == "answer" and "There are ten spaces behind the hall." in told["text"] and told["author"] == "bot"
    assert told["sources"][0]["title"] == "Test Trust"
    stranger = await talker(real, code)
    await stranger.type("can I park my car at the hall")
    assert "There are ten spaces behind the hall." in stranger.texts
    assert stranger.last["messages"][0]["sources"][0] == {"title": "Test Trust", "section": "Can I park at the hall?", "url": None}
    with real.built.database.reading() as session:
        noted = session.scalars(select(AuditRow).where(AuditRow.action == "knowledge_changed")).all()
    assert [row.details["state"] for row in noted] == ["draft", "published"] and "car" not in str([row.details for row in noted])


async def test_a_draft_is_not_given_and_a_withdrawn_answer_no_longer(real, ours):
    _, code, cora = ours
    person = await talker(real, code)
    await cora.get("/review/answers/new")
    await cora.send("/review/answers/new", **TYPED, do="draft", activity=code)
    assert "The answer is saved." in cora.text and "draft" in cora.text
    here = cora.path
    await person.type(PARKING)
    assert "ten spaces" not in person.texts
    await cora.send(f"{here}/move", to="published")
    await person.type(PARKING)
    assert "ten spaces" in person.texts
    await cora.get(here)
    await cora.send(here, **(TYPED | {"text": "Yes, but only on Sundays."}))
    await person.type(PARKING)
    assert "only on Sundays" in person.texts
    await cora.get(here)
    await cora.send(f"{here}/move", to="withdrawn")
    await person.type(PARKING)
    assert "only on Sundays" not in person.texts and "outside what I know" in person.texts
    await cora.get(here)
    await cora.send(f"{here}/move", to="published")
    stale = people.Browser(cora.http, cora.page)
    await stale.get(here)
    with real.built.database.unit_of_work() as session:
        session.scalars(select(WrittenAnswerRow)).one().state = "withdrawn"
    await stale.send(f"{here}/move", to="withdrawn")
    assert stale.status == 422 and "Someone else has changed this answer." in stale.text


async def test_somebody_who_shares_no_words_is_told_too_and_their_question_is_shown_to_nobody(real, ours):
    _, code, cora = ours
    person = await talker(real, code, share=False)
    await person.type(PARKING)
    await person.choose("Tell me if somebody answers")
    await cora.get("/review/questions")
    assert "1 more are from people who do not let coordinators read their words." in cora.text and "my car" not in cora.text
    [flag] = flags(real)
    await cora.get(f"/review/answers/new?flag={flag.id}")
    assert "my car" not in cora.text
    await cora.send("/review/answers/new", **TYPED, do="publish", activity=code)
    [flag] = flags(real)
    assert (flag.state, flag.told_at is not None) == ("closed", True)
    history = (await person.http.get(f"/chat/conversations/{person.id}/messages", headers=person.headers)).json()["messages"]
    assert "ten spaces" in history[-1]["text"]


async def test_nobody_is_told_twice_and_nobody_who_has_left(real, ours):
    _, code, cora = ours
    person, gone = await talker(real, code), await talker(real, code)
    for one in (person, gone):
        await one.type(PARKING)
        await one.choose("Tell me if somebody answers")
    await cora.get("/review/answers/new")
    await cora.send("/review/answers/new", **TYPED, do="draft", flag=[flag.id for flag in flags(real)], activity=code)
    here = cora.path
    await gone.http.delete(f"/chat/conversations/{gone.id}", headers=gone.headers)
    for state in ("published", "withdrawn", "published"):
        await cora.get(here)
        await cora.send(f"{here}/move", to=state)
        assert cora.status == 200
    with real.built.database.reading() as session:
        told = session.scalars(select(MessageRow).where(MessageRow.text.contains("ten spaces"))).all()
    assert [message.conversation_id for message in told] == [person.id]


@pytest.mark.parametrize(
    ("field", "value", "fault"),
    [
        ("question", "", "Please write the question"),
        ("question", "is there somewhere to leave my car please", "These are the person's own words."),
        ("asks", "\n".join(f"way {number}" for number in range(21)), "20 ways to ask or fewer"),
        ("text", " ", "Please write an answer"),
        ("credit", "x" * 121, "Please say who answers"),
        ("activity", "", "choose an activity that is yours"),
    ],
)
async def test_an_answer_that_cannot_be_is_said_and_nothing_typed_is_lost(system, ours, field, value, fault):
    _, code, cora = ours
    person = await talker(system, code)
    await person.type(PARKING)
    [flag] = flags(system)
    await cora.get(f"/review/answers/new?flag={flag.id}")
    await cora.send("/review/answers/new", **{**TYPED, "flag": flag.id, "activity": code, "do": "publish", field: value})
    assert cora.status == 422 and fault in cora.text
    assert (TYPED["text"] in cora.text or field == "text") and PARKING in cora.text
    with system.built.database.reading() as session:
        assert session.scalars(select(WrittenAnswerRow)).all() == []


@pytest.mark.parametrize("share", [True, False])
async def test_a_persons_own_words_come_into_no_draft_by_changing_it_whether_they_may_be_read_still_or_not(system, ours, share):
    _, code, cora = ours
    person = await talker(system, code)
    await person.type(PARKING)
    [flag] = flags(system)
    await cora.get(f"/review/answers/new?flag={flag.id}")
    await cora.send("/review/answers/new", **TYPED, flag=flag.id, activity=code, do="draft")
    with system.built.database.unit_of_work() as session:
        session.execute(update(ConversationRow).values(share_words=share))
    await cora.send(cora.path, **(TYPED | {"asks": f"where is parking\n{PARKING}"}))
    assert cora.status == 422 and "These are the person's own words." in cora.text
    with system.built.database.reading() as session:
        assert PARKING not in session.scalars(select(WrittenAnswerRow)).one().asks


LIKE_IT = "is there parking at the town hall please"


async def answered(system, code, cora, *, share: bool) -> str:
    """A published answer that somebody's question was matched with by itself, whose words are like it. Returns the answer's page."""
    person = await talker(system, code, share=share)
    await person.type(LIKE_IT)
    await person.choose("Tell me if somebody answers")
    await cora.get("/review/answers/new")
    await cora.send("/review/answers/new", **TYPED, do="publish", activity=code)
    assert [(flag.state, flag.told_at is not None) for flag in flags(system)] == [("closed", True)]
    return cora.path


@pytest.mark.parametrize("share", [True, False])
async def test_an_answer_can_be_mended_though_somebody_asks_in_words_that_are_like_it(real, ours, share):
    _, code, cora = ours
    here = await answered(real, code, cora, share=share)
    mended = TYPED | {"text": "Yes. Ring 0123.", "question": "Where is the car park?", "asks": f"{TYPED['asks']}\nwhere do cars go"}
    await cora.send(here, **mended)
    assert cora.status == 200 and "The answer is saved." in cora.text
    with real.built.database.reading() as session:
        row = session.scalars(select(WrittenAnswerRow)).one()
    assert (row.text, row.question, len(row.asks)) == ("Yes. Ring 0123.", "Where is the car park?", 3)


async def test_a_refusal_gives_away_no_words_that_may_not_be_read(real, ours):
    _, code, cora = ours
    here = await answered(real, code, cora, share=False)
    await cora.send(here, **(TYPED | {"asks": f"{TYPED['asks']}\nparking at the town hall please"}))
    assert cora.status == 200 and "The answer is saved." in cora.text


async def test_words_that_may_be_read_come_into_no_published_answer(real, ours):
    _, code, cora = ours
    here = await answered(real, code, cora, share=True)
    await cora.send(here, **(TYPED | {"asks": f"{TYPED['asks']}\nparking at the town hall please"}))
    assert cora.status == 422 and "These are the person's own words." in cora.text


async def test_that_an_answer_belongs_to_no_activity_stays_chosen_when_the_form_comes_back(system, ours):
    _, code, _ = ours
    person = await talker(system, code)
    await person.type(PARKING)
    [flag] = flags(system)
    ada = people.signed_in(system, people.account(system, "Ada", Post.ADMIN))
    await ada.get(f"/review/answers/new?flag={flag.id}")
    assert f'<option value="{code}" selected>' in ada.html
    await ada.send("/review/answers/new", **(TYPED | {"text": ""}), flag=flag.id, activity="", do="draft")
    assert ada.status == 422 and '<option value="" selected>' in ada.html and ada.html.count(" selected>") == 1


async def test_questions_that_may_not_be_read_push_none_off_the_page_and_those_past_their_time_are_not_called_so(system, ours, monkeypatch):
    monkeypatch.setattr("facilitator.coordinators.questions.NEWEST", 2)
    activity_id, _, cora = ours
    people.flag(system, people.person(system, activity_id)[0], "unanswered", PARKING)
    for _ in range(3):
        people.flag(system, people.person(system, activity_id, share=False)[0], "unanswered", "where is lunch")
    people.flag(system, people.person(system, activity_id)[0], "unanswered")  # its words are past their time
    await cora.get("/review/questions")
    assert PARKING in cora.text and "lunch" not in cora.text and "3 more are from people" in cora.text


async def test_coordinators_look_after_the_answers_of_their_activities_alone(system, ours):
    _, code, cora = ours
    other, _ = people.activity(system, "Theirs")
    otto = people.signed_in(system, people.account(system, "Otto", Post.COORDINATOR, other))
    person = await talker(system, code)
    await person.type(PARKING)
    [flag] = flags(system)
    await otto.get("/review/questions")
    assert "my car" not in otto.text and "more are from" not in otto.text
    await otto.get(f"/review/answers/new?flag={flag.id}")
    assert "my car" not in otto.text
    await otto.send("/review/answers/new", **TYPED, activity=code, do="draft")
    assert otto.status == 422
    await cora.get("/review/answers/new")
    await cora.send("/review/answers/new", **TYPED, activity=code, do="draft")
    here = cora.path
    await otto.get("/review/answers")
    assert "park at the hall" not in otto.text
    assert (await otto.get(here)).status == 404


async def test_somebody_who_keeps_nothing_is_offered_no_promise(system, ours):
    from tests.integration.web import Person

    person = Person(people.client(system))
    await person.begin(keep=False)
    await person.type(PARKING)
    assert all(c["title"] != "Tell me if somebody answers" for m in person.last["messages"] for c in m["choices"])
    assert flags(system) == []


def test_with_the_database_away_what_was_published_goes_on_being_given(real, ours, monkeypatch):
    activity_id, _, _ = ours
    with real.built.database.unit_of_work() as session:
        about = {"activity_id": activity_id, "state": "published", "by": "x", "created_at": store.now(), "changed_at": store.now()}
        session.add(WrittenAnswerRow(id="one", question="Can I park at the hall?", asks=[], text="Yes.", credit="Trust", **about))
    knowledge = real.built.knowledge
    assert knowledge.search("can i park at the hall").hits[0].topic == "answer-one"

    def away(self):
        raise StorageUnavailableError("away")

    monkeypatch.setattr(PublishedAnswers, "stamp", away)
    monkeypatch.setattr(PublishedAnswers, "published", away)
    knowledge.refresh()
    assert knowledge.search("can i park at the hall").hits[0].topic == "answer-one"
    assert knowledge.passage("answer-one#short").text == "Yes."


def test_a_question_about_somebodys_own_health_is_declined_whatever_was_written(real, ours):
    activity_id, _, _ = ours
    with real.built.database.unit_of_work() as session:
        about = {"activity_id": activity_id, "state": "published", "by": "x", "created_at": store.now(), "changed_at": store.now()}
        session.add(WrittenAnswerRow(id="one", question="Should I stop taking my tablets?", asks=[], text="Yes.", credit="Trust", **about))
    real.built.knowledge.refresh()
    assert real.built.knowledge.search("should i stop taking my tablets?").reply == "utter_decline_clinical"


def test_alike_questions_stand_together_the_largest_group_first():
    def asked(number: int, text: str) -> Question:
        return Question(number, "c", "m", None, None, text, store.now(), wants_answer=False)

    texts = {
        "parking": [1, 0, 0],
        "lunch": [0, 1, 0],
        "a car park": [0.8, 0.6, 0],
        "food": [0.1, 0.99, 0],
        "cars": [0.95, 0.3, 0],
        "odd": [0, 0, 1],
    }
    questions = [asked(number, text) for number, text in enumerate(texts)]
    vectors = np.array(list(texts.values()), dtype=np.float32)
    groups = grouped(questions, lambda found: vectors / np.linalg.norm(vectors, axis=1, keepdims=True))
    assert [[question.text for question in group] for group in groups] == [["parking", "a car park", "cars"], ["lunch", "food"], ["odd"]]
    assert grouped([], lambda found: vectors) == []
