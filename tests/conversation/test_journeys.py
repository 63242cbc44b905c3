"""Journeys of many kinds of people over the chat API of the running system: what they say, what they see, what is kept and what is not.

A step is typed as it stands; with a star before it, it is the beginning of a choice that is pressed. A journey that fails somebody today is
marked `fails_people` with what goes wrong; it asserts what should happen, and tells us (strictly) once it does.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import create_engine, text

from facilitator.activities import add_activity
from facilitator.storage.database import Database
from tests.conversation.stack import Caller, Stack

KEEP = ("*Keep", "*I use services", "*Before", "*Short")
UNKEPT = ("*Talk without", "*Before", "*Short")
LEADERS, PURPOSE, RULES, PAYMENT, DECISIONS = (
    f"before-{name}" for name in ("leadership", "purpose", "ground-rules", "payment", "decisions")
)
CRISIS_NUMBER = "116 123"


def fails_people(reason: str) -> pytest.MarkDecorator:
    return pytest.mark.xfail(strict=True, reason=reason)


# ── helpers ──


def go(caller: Caller, *steps: str) -> Caller:
    for step in steps:
        if step.startswith("*"):
            caller.choose(step[1:])
        else:
            caller.type(step)
    return caller


def someone(stack: Stack, *steps: str, **opened: Any) -> Caller:
    caller = Caller(stack)
    caller.open(**opened)
    return go(caller, *steps)


def back_on_another_device(person: Caller, code: str | None = None) -> Caller:
    other = Caller(person.stack)
    other.open(resume_code=code or person.opened["resume_code"])
    return other


def walked(caller: Caller) -> str:
    progress = caller.last["progress"]
    return f"{progress['stage']} {progress['answered']}/{progress['total']}" if progress else ""


def answers(caller: Caller) -> dict[str, str]:
    rows = caller.stack.query("SELECT item, rating FROM answer WHERE conversation_id = :id AND superseded_at IS NULL", id=caller.id)
    return {row[0]: row[1] for row in rows}


def comments(caller: Caller) -> dict[str, str]:
    rows = caller.stack.query("SELECT item, comment FROM answer WHERE conversation_id = :id AND superseded_at IS NULL", id=caller.id)
    return {row[0]: row[1] for row in rows if row[1]}


def ratings_over_time(caller: Caller, item: str) -> list[str]:
    """The ratings an item has had, oldest first; a row added for a comment alone does not count."""
    rows = caller.stack.query("SELECT rating FROM answer WHERE conversation_id = :id AND item = :item ORDER BY id", id=caller.id, item=item)
    given = [row[0] for row in rows]
    return [rating for place, rating in enumerate(given) if place == 0 or given[place - 1] != rating]


def kept_rows(caller: Caller, table: str, *columns: str) -> list[tuple[Any, ...]]:
    return caller.stack.query(f"SELECT {', '.join(columns)} FROM {table} WHERE conversation_id = :id ORDER BY created_at", id=caller.id)


def said(caller: Caller) -> str:
    """Everything that is stored of what this person or the bot said, in one text."""
    return "\n".join(str(row[0]) for row in kept_rows(caller, "message", "text") if row[0])


def of_conversation(caller: Caller, column: str) -> Any:
    return caller.stack.query(f"SELECT {column} FROM conversation WHERE id = :id", id=caller.id)[0][0]


def change(stack: Stack, sql: str, **values: Any) -> None:
    engine = create_engine(stack.database_address)
    with engine.begin() as connection:
        connection.execute(text(sql), values)
    engine.dispose()


def away_for(caller: Caller, time: timedelta) -> None:
    """As if nothing had been heard of this person for so long."""
    then = (datetime.now(UTC) - time).strftime("%Y-%m-%d %H:%M:%S.%f")
    change(caller.stack, "UPDATE conversation SET last_active_at = :then WHERE id = :id", then=then, id=caller.id)


def activity(stack: Stack, title: str, days_from_now: int | None) -> str:
    database = Database(stack.database_address)
    with database.unit_of_work() as session:
        code = add_activity(session, title, happens_on=None if days_from_now is None else date.today() + timedelta(days=days_from_now))
    database.dispose()
    return code


def summary(caller: Caller, form: str) -> Any:
    return caller.http.get(f"/chat/conversations/{caller.id}/summary", params={"as": form}, headers=caller.headers)


@pytest.fixture
def leaflet(stack: Stack) -> Iterator[str]:
    """The join code of an activity in three weeks."""
    yield activity(stack, "The crisis leaflet", 21)


@pytest.fixture
def group(stack: Stack) -> str:
    """The join code of an activity without a day: its people are asked which stage, as those in none are."""
    return activity(stack, "The garden", None)


# ── 1. type-only and button-only people ──


def test_a_tired_service_user_types_everything_in_short_words(stack: Stack, leaflet: str) -> None:
    joined = f" {leaflet[:3].lower()} {leaflet[3:].lower()} "
    person = someone(stack, "ok keep them", activity_code=joined)
    assert "most like you" in person.question
    go(person, "i use services")
    assert "time before" in person.seen, "the date chose the stage"
    go(person, "short one")
    assert walked(person) == "before 0/5"
    go(person, "yeah", "nah")
    assert walked(person) == "before 1/5"
    go(person, "no", "no", "dunno", "skip it", "pass", "partly", "nothing to add")
    assert walked(person) == "before 5/5"
    assert "That is the end of this part" in person.seen
    assert answers(person) == {LEADERS: "yes", PURPOSE: "not_yet", RULES: "not_sure", PAYMENT: "skipped", DECISIONS: "partly"}
    go(person, "no", "yes")
    assert person.last["state"] == "finished"
    assert (of_conversation(person, "share_words"), of_conversation(person, "share_ratings")) == (0, 1)


def test_a_service_user_sees_where_the_group_agrees_and_where_it_does_not(stack: Stack, leaflet: str) -> None:
    person = someone(stack, "*Keep", "*I use services", "*Short", activity_code=leaflet)
    asked = person.question
    go(person, "do staff think the same?")
    assert "cannot show you" in person.seen and person.question == asked
    for role, answer in (("*I am a carer", "*Not yet"), ("*I work in services", "*Yes")):
        for _ in range(3):
            someone(stack, "*Keep", role, "*Short", answer, activity_code=leaflet)
    change(
        stack,
        "UPDATE conversation SET share_ratings = 1 WHERE activity_id = (SELECT id FROM activity WHERE join_code = :code)",
        code=leaflet,
    )
    go(person, "how does the group see it")
    assert "carers: 0 yes, 0 partly, 3 not yet. Staff and leads: 3 yes, 0 partly, 0 not yet." in person.seen
    assert person.question == asked
    go(person, "summary", "*How the group sees it")
    assert "3 not yet" in person.seen


def test_a_carer_who_never_types_does_a_full_stage_a_next_step_a_reflection_and_the_ladder(stack: Stack, leaflet: str) -> None:
    person = someone(stack, "*Keep", "*I am a carer", "*Full", activity_code=leaflet)
    for place in range(10):
        assert walked(person) == f"before {place}/10"
        assert person.question.startswith(f"{place + 1} of 10.")
        go(person, "*Partly")
        if place == 0:
            offered = [title for title in person.choices if title == "Plan a next step"]
            go(person, f"*{offered[0]}")
            suggestion = next(title for title in person.choices if title != "No next step")
            go(person, f"*{suggestion}", "*I will", "*By the day itself")
            assert suggestion.rstrip(".") in person.seen
        go(person, "*Nothing to add")
    go(person, "*Yes", "*No, keep it", "*Where are we on the ladder", "*3.", "*I am not sure")
    assert kept_rows(person, "ladder", "stands", "wanted") == [("informing", None)]
    go(person, "*Write a reflection", "*Ask me one thing", "*Skip this one", "*That is enough")
    assert person.last["state"] == "finished"
    assert kept_rows(person, "reflection", "id") == []
    [(_, who, due, stage)] = kept_rows(person, "next_step", "what", "who", "due_on", "stage")
    assert (who, due, stage) == ("me", (date.today() + timedelta(days=21)).isoformat(), "before")
    assert set(answers(person).values()) == {"partly"} and len(answers(person)) == 10


@pytest.mark.parametrize(
    ("steps", "asked"),
    [
        pytest.param(("*Talk without", "*Before", "look at something else"), "What would you like to think about", id="depth"),
        pytest.param(
            ("*Talk without", "how it is going"),
            "How much time",
            id="stage",
        ),
    ],
)
def test_a_choice_of_the_first_questions_can_be_typed_by_its_title(stack: Stack, steps: tuple[str, ...], asked: str) -> None:
    person = someone(stack, *steps)
    assert "did not quite follow" not in person.seen
    assert asked in person.question


def test_someone_who_only_types_plans_a_next_step_with_nobody_and_no_date(stack: Stack) -> None:
    person = someone(stack, *KEEP, "*Not yet", "plan a next step", "book a room with a lift")
    assert "Who will do it" in person.question
    go(person, "leave it open")
    assert "By when" in person.question
    go(person, "no date")
    assert walked(person) == "before 1/5"
    assert "anything you want to add" in person.question
    assert kept_rows(person, "next_step", "what", "who", "due_on") == [("book a room with a lift", None, None)]


def test_words_that_fit_no_option_never_lead_out_of_a_next_step(stack: Stack) -> None:
    person = someone(stack, "*Keep", "*I am a carer", "*After", "*Full", "*Not yet", "*Plan a next step", "book a room", "before the day")
    assert walked(person) == "after 1/12"
    assert "Who will do it" in person.question or "By when" in person.question


def test_i_will_do_it_is_an_offer_not_danger(stack: Stack) -> None:
    person = someone(stack, *KEEP, "*Not yet", "*Plan a next step", "write down the rules", "i will do it")
    assert "By when" in person.question
    assert kept_rows(person, "flag", "kind") == []


@pytest.mark.parametrize(
    "words",
    ["no date", "whenever"],
)
def test_no_date_in_words_keeps_the_step_and_the_place(stack: Stack, words: str) -> None:
    person = someone(
        stack, "*Keep", "*I use services", "*During", "*Short", "*Not yet", "*Plan a next step", "write down the rules", "*I will", words
    )
    assert walked(person) == "during 1/5"
    assert "anything you want to add" in person.question
    assert kept_rows(person, "next_step", "what", "due_on") == [("write down the rules", None)]


@pytest.mark.parametrize(
    ("words", "due"),
    [("tomorrow", timedelta(days=1)), ("in 3 weeks", timedelta(weeks=3)), ("before the meeting", timedelta(days=21)), ("never", None)],
)
def test_days_in_words_are_understood(stack: Stack, leaflet: str, words: str, due: timedelta | None) -> None:
    person = someone(
        stack, "*Keep", "*I lead", "*Short", "*Not yet", "*Plan", "write down the rules", "the staff", words, activity_code=leaflet
    )
    wanted = (date.today() + due).isoformat() if due else None
    assert kept_rows(person, "next_step", "who", "due_on") == [("staff", wanted)]


@pytest.mark.parametrize(
    ("words", "reader"),
    [("just me", "me"), ("nobody", "me"), ("no", "me"), ("the organisers", "coordinators"), ("the whole group", "group")],
)
def test_who_may_read_a_reflection_in_words(stack: Stack, leaflet: str, words: str, reader: str) -> None:
    person = someone(stack, "*Keep", "*I use services", "*Short", "write a reflection", "it went well", words, activity_code=leaflet)
    assert kept_rows(person, "reflection", "text", "visible_to") == [("it went well", reader)]
    assert person.question.startswith("1 of 5.")


@pytest.mark.parametrize(
    "words",
    [
        "not sure",
        "no one else",
        "nobody else please",
    ],
)
def test_unsure_who_may_read_it_keeps_it_private(stack: Stack, words: str) -> None:
    person = someone(stack, *KEEP, "write a reflection", "it went well", words)
    assert "pick one" not in person.seen and person.last["state"] == "item"
    assert kept_rows(person, "reflection", "visible_to") == [("me",)]


def test_someone_who_only_types_is_not_sure_on_the_ladder(stack: Stack) -> None:
    person = someone(stack, *KEEP, "where are we on the ladder", "informing", "not sure")
    assert "Please pick one" not in person.seen
    assert person.last["state"] == "item"
    assert kept_rows(person, "ladder", "stands", "wanted") == [("informing", None)]


def test_a_rung_can_be_named_by_its_number(stack: Stack) -> None:
    person = someone(stack, *KEEP, "where are we on the ladder", "number 4")
    assert "would you like it to be" in person.question


# ── 2. one word, not sure, skip, long paragraphs, slow typists ──


def test_not_sure_to_everything_is_a_whole_journey_and_the_count_is_always_right(stack: Stack) -> None:
    person = someone(stack, "*Keep", "*I would rather not say", "*During", "*Full")
    total = person.last["progress"]["total"]
    for place in range(total):
        assert person.question.startswith(f"{place + 1} of {total}.")
        assert walked(person) == f"during {place}/{total}"
        go(person, "*Not sure")
        assert walked(person) == f"during {place + 1}/{total}"
        assert "not sure" in person.seen
        go(person, "*Nothing")
    assert "Not sure:" in person.seen
    assert "In place" not in person.seen
    assert set(answers(person).values()) == {"not_sure"} and len(answers(person)) == total


def test_someone_in_simple_words_skips_everything_and_nobody_asks_why(stack: Stack, group: str) -> None:
    person = someone(stack, simple=True, activity_code=group)
    assert "I am a computer" in person.seen
    go(person, "skip")
    assert person.last["state"] == "consent" and "any choice is fine" in person.seen
    go(person, "yes keep", "skip", "before", "short")
    for place in range(5):
        assert walked(person) == f"before {place}/5"
        assert len(person.question.split()) <= 14, person.question
        go(person, "skip")
    go(person, "skip", "skip")
    assert person.last["state"] == "finished"
    assert set(answers(person).values()) == {"skipped"} and len(answers(person)) == 5
    assert (of_conversation(person, "share_words"), of_conversation(person, "share_ratings")) == (None, None)


def test_consent_in_simple_words_still_says_who_sees_it_and_for_how_long(stack: Stack) -> None:
    person = someone(stack, simple=True)
    assert "365 days" in person.seen or "a year" in person.seen
    assert "read" in person.seen


def test_one_word_answers_do_a_whole_stage(stack: Stack) -> None:
    person = someone(stack, "keep", "carer", "during", "quick", "yes", "no", "partly", "no", "unsure", "nothing", "n/a", "nope", "no", "no")
    assert walked(person) == "during 5/5"
    ratings = {"trust": "yes", "equality": "partly", "emotional-support": "not_sure", "tensions": "not_applicable", "payment": "not_yet"}
    assert answers(person) == {f"during-{name}": rating for name, rating in ratings.items()}
    assert comments(person) == {}


LONG = (
    "I have been using services for about eleven years and in that time I have been asked to lots of these meetings and most of the time "
    "nothing happens after. This time the head of service did come and she said she would write to us, but so far only two of the six "
    "things she promised have been done and I do not know who to ask about the rest."
)


def test_a_long_story_is_kept_word_for_word_and_the_person_says_which_answer_fits(stack: Stack) -> None:
    person = someone(stack, *KEEP, LONG)
    assert "Which answer fits best" in person.seen
    assert walked(person) == "before 0/5"
    go(person, "*Partly")
    assert walked(person) == "before 1/5"
    assert comments(person) == {LEADERS: LONG}
    assert answers(person) == {LEADERS: "partly"}


LONG_NO = [
    pytest.param(
        "I do not really know what it is for. Somebody sent a letter but it was all long words and my support worker had to read it to me "
        "and even she was not certain what they wanted from us.",
        id="read to me",
    ),
    pytest.param(
        "The letter came late and it did not say what it was for or who would be there, so my husband rang up and they said somebody would "
        "ring back but nobody has yet.",
        id="rang up",
    ),
]


@pytest.mark.parametrize("words", LONG_NO)
def test_a_long_no_is_never_stored_as_a_yes(stack: Stack, words: str) -> None:
    person = someone(stack, *KEEP, "*Skip", words)
    assert answers(person).get(PURPOSE) in (None, "not_yet", "not_sure", "partly")
    assert comments(person) == {PURPOSE: words}


def test_a_slow_phone_sends_the_same_message_twice_and_it_counts_once(stack: Stack) -> None:
    person = someone(stack, *KEEP, "*Partly")
    first = person.type("it was all very rushed and nobody told us why", "slow-1")
    again = person.type("it was all very rushed and nobody told us why", "slow-1")
    assert first["messages"] == again["messages"]
    assert walked(person) == "before 1/5"
    assert comments(person) == {LEADERS: "it was all very rushed and nobody told us why"}


def test_one_answer_in_several_short_messages_stays_with_its_question(stack: Stack) -> None:
    person = someone(stack, *KEEP, "*Partly", "it was", "a bit rushed", "and nobody told us why")
    assert answers(person).get(PURPOSE) is None
    assert all(piece in comments(person).get(LEADERS, "") for piece in ("it was", "a bit rushed", "and nobody told us why"))


@pytest.mark.parametrize(
    "words",
    [
        "ask the boss to come along",
        "send the papers in large print",
        "more tea breaks",
        "get the manager to reply",
        "stop using long words",
        "summary in easy read",
    ],
)
def test_a_next_step_in_plain_words_is_a_next_step(stack: Stack, words: str) -> None:
    person = someone(stack, *KEEP, "*Not yet", "*Plan a next step", words)
    assert "Who will do it" in person.question
    go(person, "*Leave it open", "*No date")
    assert kept_rows(person, "next_step", "what") == [(words,)]


@pytest.mark.parametrize(
    "words", ["we need a break", "the staff are great", "everyone should get a copy", "can you tell them to use plain words"]
)
def test_a_comment_in_plain_words_is_a_comment(stack: Stack, words: str) -> None:
    person = someone(stack, *KEEP, "*Not yet", words)
    assert comments(person) == {LEADERS: words}


@pytest.mark.parametrize(
    "words",
    ["delete the jargon", "the ladder on the wall was useful", "go back to the old room", "carry on as we are", "I want to be heard more"],
)
def test_a_reflection_in_plain_words_is_a_reflection(stack: Stack, words: str) -> None:
    person = someone(stack, *KEEP, "write a reflection", words)
    assert kept_rows(person, "reflection", "text") == [(words,)]


def test_a_choice_pressed_twice_and_a_choice_pressed_late(stack: Stack) -> None:
    person = someone(stack, *KEEP)
    yes, partly = person.choices["Yes"], person.choices["Partly"]
    first = person.post({"client_message_id": "p1", "choice": yes})
    twice = person.post({"client_message_id": "p2", "choice": yes})
    assert first.json()["messages"] == twice.json()["messages"]
    late = person.post({"client_message_id": "p3", "choice": partly})
    assert late.status_code == 409
    problem = late.json()
    assert problem["type"].endswith("choice-closed")
    assert "change my answer" in problem["detail"]
    assert late.headers["content-type"].startswith("application/problem+json")
    assert answers(person) == {LEADERS: "yes"}
    assert kept_rows(person, "answer", "rating") == [("yes",)]


# ── 3. interruptions ──


def test_questions_inside_a_next_step_inside_a_comment_come_back_one_by_one(stack: Stack) -> None:
    person = someone(stack, *KEEP, "partly", "why does that matter?")
    assert "anything you want to add" in person.question
    go(person, "*Plan a next step")
    what = person.question
    go(person, "what is co-production?")
    assert person.sources and person.question == what
    go(person, "who can see this?")
    assert person.question == what
    go(person, "write down who decides what")
    who = person.question
    assert "Who will do it" in who
    go(person, "who will see it?")
    assert person.question == who
    go(person, "me", "why?")
    assert "By when" in person.question
    go(person, "next Tuesday")
    assert "anything you want to add" in person.question
    assert "leaders backing this" in person.seen, "says where we were"
    go(person, "she did write to us but only once")
    assert walked(person) == "before 1/5" and person.question.startswith("2 of 5.")
    assert comments(person) == {LEADERS: "she did write to us but only once"}
    [(what_kept, who_kept, due)] = kept_rows(person, "next_step", "what", "who", "due_on")
    assert (what_kept, who_kept) == ("write down who decides what", "me")
    assert date.fromisoformat(due).weekday() == 1 and date.fromisoformat(due) > date.today()


def test_a_question_inside_a_guided_reflection_inside_a_comment(stack: Stack) -> None:
    person = someone(stack, *KEEP, "*Yes", "I want to write a reflection", "*Ask me one thing", "will I get paid?")
    assert person.sources and "working well" in person.question
    go(person, "we all had a say", "example please")
    assert "not working" in person.question
    go(person, "*Skip this one", "the room was too small", "*That is enough", "why?")
    assert "Who may read" in person.question
    go(person, "*Everyone")
    assert "anything you want to add" in person.question, "back in the comment"
    go(person, "yes the boss came to see us all")
    assert person.question.startswith("2 of 5.")
    assert comments(person) == {LEADERS: "yes the boss came to see us all"}
    shared = kept_rows(person, "reflection", "prompt", "text", "visible_to")
    assert shared == [("working", "we all had a say", "group"), ("changing", "the room was too small", "group")]


def test_that_is_enough_ends_the_reflection_not_the_chat(stack: Stack) -> None:
    person = someone(stack, *KEEP, "write a reflection", "ask me one thing at a time", "we all had a say", "that is enough")
    assert "Who may read" in person.question


def test_a_pause_in_a_guided_reflection_comes_back_to_the_same_prompt(stack: Stack) -> None:
    person = someone(stack, *KEEP, "write a reflection", "*Ask me one thing", "the tea was good")
    asked = person.question
    go(person, "I need a break")
    assert person.last["state"] == "paused"
    other = back_on_another_device(person)
    assert other.question == asked
    go(other, "the room was cold")
    assert kept_rows(other, "reflection", "prompt", "text") == [("working", "the tea was good"), ("not-working", "the room was cold")]


def test_a_detour_to_the_ladder_never_loses_the_place(stack: Stack) -> None:
    person = someone(
        stack, *KEEP, "*Yes", "I want to write a reflection", "the staff were lovely but the room was cold", "what is the ladder?"
    )
    go(person, "the group")
    assert "How much time" not in person.question
    assert person.last["progress"]["stage"] == "before"


def test_the_same_question_gets_the_same_answer_wherever_it_is_asked(stack: Stack) -> None:
    person = someone(stack, "*Talk without")
    heard = []
    for step in ("*Before", "*Short", "*Yes", "*Partly"):
        go(person, "what is co-production?")
        heard.append([m["text"] for m in person.last["messages"] if m["kind"] == "answer"])
        go(person, step)
    assert heard[0] and all(answer == heard[0] for answer in heard)


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        pytest.param("how long do you keep it", "365 days", id="how long"),
        pytest.param("will this affect my care", "health record", id="my care"),
        pytest.param("what happens if i say no", "talk all the same", id="if no"),
    ],
)
def test_questions_before_consent_are_answered(stack: Stack, asked: str, told: str) -> None:
    person = someone(stack, asked)
    assert told in person.seen
    assert person.last["state"] == "consent"


def test_someone_unsure_which_role_is_helped_with_the_roles(stack: Stack) -> None:
    person = someone(stack, "*Keep", "whats the difference between these")
    assert "during" not in person.seen
    assert "most like you" in person.question


# ── 4. pauses, second devices, wrong codes ──


def test_a_lead_comes_back_on_another_phone_with_a_code_spelled_in_many_ways(stack: Stack) -> None:
    person = someone(stack, "*Keep", "*I lead", "*Before", "*Full", "yes but only on paper", "*Partly")
    code = person.opened["resume_code"]
    for spelled in (code.upper(), code.replace("-", " "), f"  {code.replace('-', ', ').title()} ", code.replace("-", "–"), f"{code}."):
        other = back_on_another_device(person, spelled)
        assert other.id == person.id and other.token != person.token
        assert "2 of 10" in other.seen
        assert "anything you want to add" in other.question
    go(other, "the forms take weeks")
    go(person, "skip")
    assert walked(person) == "before 3/10", "the first phone still works"
    assert comments(person)["before-barriers"] == "the forms take weeks"


@pytest.mark.parametrize("spelled", ["{joined}", "my code is {code}"])
def test_small_slips_in_a_code_are_forgiven(stack: Stack, spelled: str) -> None:
    person = someone(stack, "*Keep")
    code = person.opened["resume_code"]
    assert back_on_another_device(person, spelled.format(code=code, joined=code.replace("-", ""))).id == person.id


def test_wrong_codes_say_the_same_and_give_nothing_away(stack: Stack) -> None:
    person, unkept, chosen_not = someone(stack, "*Keep"), someone(stack), someone(stack, "*Talk without")
    nearly = person.opened["resume_code"][:-1] + ("x" if person.opened["resume_code"][-1] != "x" else "y")
    told = set()
    for code in (nearly, "wrong-code-here", *(p.opened["resume_code"] for p in (unkept, chosen_not) if p.opened.get("resume_code"))):
        response = person.http.post("/chat/conversations", json={"resume_code": code})
        assert response.status_code == 404
        assert person.id not in response.text
        told.add(response.text)
    joined = person.http.post("/chat/conversations", json={"activity_code": "ZZZZZZ"})
    assert joined.status_code == 404
    assert len(told) == 1


def test_months_later_and_the_day_has_passed_nothing_is_lost(stack: Stack) -> None:
    code = activity(stack, "Redesigning the waiting room", 2)
    person = someone(stack, "*Keep", "*I work in services", "*Short", "*Not yet", "the manager is on leave", "*Partly", activity_code=code)
    away_for(person, timedelta(days=80))
    passed = datetime.combine(date.today() - timedelta(days=78), datetime.min.time()).replace(hour=12)
    change(stack, "UPDATE activity SET happens_on = :day WHERE join_code = :code", day=str(passed), code=code)
    other = back_on_another_device(person)
    assert "Welcome back" in other.seen and "2 of 5" in other.seen
    assert "anything you want to add" in other.question
    go(other, "carry on", "nothing to add")
    assert walked(other) == "before 2/5"
    go(other, "the activity has happened now", "*Short")
    assert walked(other) == "after 0/5"
    assert "leaders backing this" in other.seen, "what was not in place before is brought back"
    assert answers(other) == {LEADERS: "not_yet", PURPOSE: "partly"}
    assert comments(other) == {LEADERS: "the manager is on leave"}


def test_coming_back_after_the_day_says_so_and_offers_the_look_back(stack: Stack) -> None:
    code = activity(stack, "The welcome pack", 1)
    person = someone(stack, "*Keep", "*I use services", "*Short", "*Not yet", "*Nothing", activity_code=code)
    passed = datetime.combine(date.today() - timedelta(days=30), datetime.min.time()).replace(hour=12)
    change(stack, "UPDATE activity SET happens_on = :day WHERE join_code = :code", day=str(passed), code=code)
    other = back_on_another_device(person)
    assert "has gone by" in other.seen
    go(other, "*Look back on it", "*Short")
    assert walked(other) == "after 0/5"


def test_stop_then_hello_then_carry_on(stack: Stack) -> None:
    person = someone(stack, *KEEP, "*Yes", "*Nothing")
    asked = person.question
    go(person, "stop")
    assert person.last["state"] == "paused" and walked(person) == "before 1/5"
    go(person, "hi")
    assert person.last["state"] == "paused"
    go(person, "carry on")
    assert person.question == asked
    assert "what this is for" in person.seen, "says where we were"


# ── 5. consent, refusals, changing one's mind ──


def test_someone_who_refuses_has_it_all_and_leaves_nothing_behind(stack: Stack) -> None:
    person = someone(stack, "no thank you", "before", "short", "not yet, the staff never told us a thing", "*Yes", "will I be paid?")
    assert person.sources
    go(person, "what have I said", "write a reflection", "add a next step", "download my answers", "skip", "*Partly", "skip")
    assert walked(person) == "before 5/5"
    assert "nothing for me to show" in person.seen or "not to keep" in person.seen
    assert said(person) == "" and answers(person) == {}
    for table in ("reflection", "next_step", "ladder"):
        assert kept_rows(person, table, "id") == []
    assert of_conversation(person, "kept") == 0
    assert "staff never" not in summary(person, "txt").text
    tracked = stack.query("SELECT state FROM tracker_state WHERE conversation_id = :id", id=person.id)
    assert all("staff" not in row[0] for row in tracked)


def test_unlogged_and_away_too_long_is_a_fresh_start(stack: Stack) -> None:
    person = someone(stack, *UNKEPT, "*Yes")
    away_for(person, timedelta(hours=25))
    refused = person.post({"client_message_id": "late", "text": "hello"})
    assert refused.status_code == 401
    assert "start again" in refused.json()["detail"]
    assert someone(stack).last["state"] == "consent"


def test_someone_who_keeps_after_all_has_their_answers_kept_from_then_on(stack: Stack) -> None:
    person = someone(stack, *UNKEPT, "*Yes", "not yet, nobody told us", "keep my answers after all")
    assert "was not kept" in person.seen, "what was said earlier is gone, and that is said"
    go(person, "*I use services", "*Short")
    assert walked(person) == "before 0/5", "and it can be said again"
    go(person, "*Skip", "*Skip", "*Partly", "only half of us were there", "*Skip")
    assert of_conversation(person, "kept") == 1
    assert "nobody told us" not in said(person)
    assert comments(person) == {RULES: "only half of us were there"}


def test_someone_who_keeps_after_all_is_asked_who_they_are(stack: Stack) -> None:
    person = someone(stack, *UNKEPT, "*Yes", "keep my answers after all")
    assert "most like you" in person.question


def test_what_is_counted_after_keeping_after_all_is_what_is_kept(stack: Stack) -> None:
    person = someone(stack, *UNKEPT, "*Yes", "*Partly", "keep my answers after all", "*I use services", "*Short", "*Skip")
    assert person.last["progress"]["answered"] == len(answers(person)) == 1


def test_someone_who_kept_can_say_stop_keeping_at_a_question(stack: Stack) -> None:
    person = someone(stack, *KEEP, "*Yes", "*Nothing", "stop keeping my answers")
    assert "I am keeping your answers" not in person.seen
    assert of_conversation(person, "kept") != 1 or "delete" in person.question


@pytest.mark.parametrize("words", ["stop keeping my answers", "talk without keeping", "please don't keep what I say any more"])
def test_taking_consent_back_is_never_kept_as_a_comment(stack: Stack, words: str) -> None:
    person = someone(stack, *KEEP, "*Yes", words)
    assert comments(person) == {}
    assert "kept that" not in person.seen


def test_sharing_can_be_given_and_taken_back_by_choice(stack: Stack, group: str) -> None:
    person = someone(stack, *KEEP, *["*Skip"] * 5, "sure", "nah", activity_code=group)
    assert (of_conversation(person, "share_words"), of_conversation(person, "share_ratings")) == (1, 0)
    go(person, "who can see this?")
    assert "may read your words: yes" in person.seen
    go(person, "*Change this", "*No, keep it", "*Yes")
    assert (of_conversation(person, "share_words"), of_conversation(person, "share_ratings")) == (0, 1)
    assert person.last["state"] == "finished"


def test_a_yes_to_group_results_never_shares_words(stack: Stack, group: str) -> None:
    said = (*KEEP, *["*Skip"] * 5, "*No", "*No", "actually my answers can count in the group results", "yes")
    person = someone(stack, *said, activity_code=group)
    assert of_conversation(person, "share_words") == 0
    assert of_conversation(person, "share_ratings") == 1


def test_who_said_nothing_of_themselves_is_asked_before_their_answers_count(stack: Stack, group: str) -> None:
    person = someone(stack, "*Keep", "*I would rather not say", "*Before", "*Short", *["*Skip"] * 5, "*No", "yes", activity_code=group)
    assert "most like you" in person.question and "will count" not in person.seen
    go(person, "id rather not say")
    assert "cannot count your answers" in person.seen and person.last["state"] == "finished"
    go(person, "I am a carer")
    assert "will count" in person.seen and of_conversation(person, "role") == "carer"


def test_in_no_group_nobody_is_asked_to_count_in_its_results(stack: Stack) -> None:
    person = someone(stack, *KEEP, *["*Skip"] * 5, "*No")
    assert person.last["state"] == "finished"
    go(person, "actually my answers can count in the group results")
    assert "no group here yet" in person.seen and of_conversation(person, "share_ratings") is None


def test_a_sharing_question_that_was_skipped_is_not_asked_again(stack: Stack, group: str) -> None:
    person = someone(stack, *KEEP, *["*Skip"] * 5, "skip", "no", activity_code=group)
    assert person.last["state"] == "finished"
    go(person, "change my answer about ground rules", "*Partly", "*Nothing")
    assert person.last["state"] == "finished"


# ── 6. changed answers ──


def test_answers_changed_by_place_by_name_and_from_the_end_keep_their_history(stack: Stack) -> None:
    person = someone(stack, *KEEP, "*Yes", "*Nothing", "*Partly", "*Nothing", "*Not yet", "*Nothing")
    asked = person.question
    go(person, "change the second one")
    assert "what this is for" in person.seen and walked(person) == "before 3/5"
    go(person, "not yet", "nothing to add")
    assert person.question == asked, "back to the open question"
    go(person, "actually i got the first question wrong, it should be no")
    assert person.question == asked
    go(person, "*Skip", "*Skip", "*No", "change my answer about ground rules", "yes", "we wrote them on the wall")
    assert person.last["state"] == "finished" and walked(person) == "before 5/5"
    go(person, "change an answer", "the last one", "partly", "nothing to add")
    assert ratings_over_time(person, LEADERS) == ["yes", "not_yet"]
    assert ratings_over_time(person, PURPOSE) == ["partly", "not_yet"]
    assert ratings_over_time(person, RULES) == ["not_yet", "yes"]
    assert ratings_over_time(person, DECISIONS) == ["skipped", "partly"]
    assert comments(person) == {RULES: "we wrote them on the wall"}
    go(person, "*Go on to: during", "*Short", "change my answer about the leaders", "*Yes", "*Nothing")
    assert walked(person) == "during 0/5"
    assert ratings_over_time(person, LEADERS) == ["yes", "not_yet", "yes"]


def test_changing_an_answer_by_name_works_where_a_comment_is_asked_for(stack: Stack) -> None:
    person = someone(
        stack, *KEEP, "*Yes", "*Nothing", "*Skip", "*Not yet", "*Nothing", "*Yes", "I want to change my mind about ground rules"
    )
    assert comments(person) == {}
    assert "ground rules" in person.seen


def test_back_and_leaving_an_answer_as_it_was(stack: Stack) -> None:
    person = someone(stack, *KEEP, "*Yes", "*Nothing", "*Partly")
    go(person, "back")
    assert walked(person) == "before 2/5"
    go(person, "back", "skip")
    assert "left that answer as it was" in person.seen
    assert answers(person) == {LEADERS: "yes", PURPOSE: "partly"}


# ── 7. rights in the middle ──


def test_delete_is_asked_about_and_no_changes_nothing(stack: Stack) -> None:
    person = someone(stack, *KEEP, "yes it is all sorted")
    asked = person.question
    go(person, "delete my answers", "*No")
    assert "Nothing has been deleted" in person.seen and person.question == asked
    assert answers(person) == {LEADERS: "yes"}


def test_delete_halfway_is_done_at_once_and_says_so(stack: Stack) -> None:
    person = someone(stack, *KEEP, "yes it is all sorted", "delete everything")
    reply = person.post({"client_message_id": "delete", "choice": person.choices["Yes, delete everything"]}).json()
    assert answers(person) == {} and "sorted" not in said(person)
    assert reply["state"] == "consent"
    assert "deleted" in reply["messages"][0]["text"]


def test_a_question_about_deleting_deletes_nothing(stack: Stack) -> None:
    person = someone(stack, *KEEP, "yes it is all sorted", "delete my answers")
    person.post({"client_message_id": "what", "text": "hang on, what gets deleted?"})
    assert answers(person) == {LEADERS: "yes"}


def test_no_keep_them_is_a_no_to_deleting(stack: Stack) -> None:
    person = someone(stack, *KEEP, "yes it is all sorted", "delete my answers", "no keep them")
    assert "Nothing has been deleted" in person.seen


def test_who_sees_it_and_a_copy_at_any_step(stack: Stack) -> None:
    person = someone(stack, "*Keep")
    for step in ("*I use", "*Before", "*Short", "*Yes", "*Nothing"):
        asked = person.question
        go(person, "who can see this?")
        assert "coordinator" in person.seen.lower() and person.question == asked
        go(person, "how do I download my answers?")
        assert "Download my answers" in person.seen and person.question == asked
        go(person, step)
    exported = person.http.get(f"/chat/conversations/{person.id}/export", headers=person.headers).json()
    assert exported["answers_kept"] is True
    assert exported["coordinators_may_read_my_words"] is False


# ── 8. feelings, danger, other languages ──


def test_a_cross_person_is_heard_and_nothing_is_stored_as_an_answer(stack: Stack) -> None:
    person = someone(stack, *KEEP)
    asked = person.question
    for words in ("what a load of rubbish", "you lot never listen", "this is bollocks"):
        go(person, words)
        assert "sorry" in person.seen and "Talk to a person" in person.choices
    go(person, "*Talk to a person")
    assert "Ann on 01632 960001" in person.seen and CRISIS_NUMBER in person.seen
    go(person, "carry on")
    assert person.question == asked
    assert answers(person) == {}
    assert len(kept_rows(person, "flag", "kind")) == 1


@pytest.mark.parametrize("words", ["just tell me when i get paid", "what are we still waiting for"])
def test_a_demand_is_answered_not_stored_as_a_rating(stack: Stack, words: str) -> None:
    person = someone(stack, *KEEP, words)
    assert answers(person).get(LEADERS) is None


@pytest.mark.parametrize("words", ["got to go", "sorry gotta run", "right I need to go now"])
def test_somebody_who_has_to_go_has_answered_nothing(stack: Stack, words: str) -> None:
    person = someone(stack, *KEEP, words)
    assert answers(person) == {}


def test_a_reason_that_begins_with_no_is_a_no(stack: Stack) -> None:
    person = someone(stack, *KEEP, "no because its always the same people who decide")
    assert answers(person) == {LEADERS: "not_yet"}
    assert comments(person) == {LEADERS: "no because its always the same people who decide"}


def test_distress_in_a_comment_then_danger_in_a_reflection_and_the_place_is_kept(stack: Stack) -> None:
    person = someone(stack, "*Keep", "*I am a carer", "*Before", "*Short", "*Not yet", "I feel so low, I can't cope with all this")
    assert person.last["state"] == "support" and CRISIS_NUMBER in person.seen
    go(person, "*Carry on")
    assert "leaders backing this" in person.seen and "anything you want to add" in person.question
    go(person, "nobody asked us", "write a reflection", "I want to kill myself")
    assert person.last["state"] == "support" and "999" in person.seen
    assert walked(person) == "before 1/5"
    go(person, "*Leave it for now", "carry on")
    assert person.last["state"] == "reflection"
    go(person, "it helped to be heard", "only me")
    assert person.question.startswith("2 of 5.")
    assert comments(person) == {LEADERS: "nobody asked us"}
    assert kept_rows(person, "reflection", "text", "visible_to") == [("it helped to be heard", "me")]
    assert {row[0] for row in kept_rows(person, "flag", "kind")} == {"distress", "crisis"}


def test_danger_from_someone_unlogged_leaves_kind_and_time_only(stack: Stack) -> None:
    person = someone(stack, *UNKEPT, "*Yes", "I have taken an overdose")
    assert "999" in person.seen and person.last["state"] == "support"
    go(person, "*Carry on")
    assert person.last["state"] == "item" and walked(person) == "before 1/5"
    assert kept_rows(person, "flag", "kind") == [("crisis",)]
    assert said(person) == ""


@pytest.mark.parametrize(
    "words",
    [
        "add a next step",
        "I want to plan a next step",
        "i did my next step",
        "I want to do the last one",
        "I want to do it again",
    ],
)
def test_the_checklists_own_words_never_raise_the_alarm(stack: Stack, words: str) -> None:
    person = someone(stack, *KEEP, words)
    assert person.last["state"] != "support", person.seen


def test_words_typed_after_a_support_message_are_not_taken_for_a_role(stack: Stack) -> None:
    person = someone(stack, *KEEP, "*Not yet", "I feel so low, I can't cope with all this", "ring the ward manager")
    assert "You told me who you are" not in person.seen


def test_someone_writing_in_welsh_has_buttons_a_person_and_every_letter(stack: Stack) -> None:
    person = someone(stack, "Shwmae, dw i ddim yn siarad Saesneg yn dda")
    assert "Talk to a person" in person.choices and person.last["state"] == "consent"
    go(person, "*Keep", "*I use", "*Before", "*Short", "*Partly", "Doedden nhw ddim yn gwrando arnom ni yn y cyfarfod")
    assert comments(person) == {LEADERS: "Doedden nhw ddim yn gwrando arnom ni yn y cyfarfod"}
    go(person, "Rwyf eisiau marw")
    assert person.last["state"] == "support" and "999" in person.seen


def test_someone_writing_in_polish_at_a_question_is_offered_a_person(stack: Stack) -> None:
    person = someone(stack, *KEEP, "Nie wiem co to znaczy, nie rozumiem tego pytania")
    assert any("person" in title.lower() for title in person.choices)
    assert answers(person).get(LEADERS) is None


# ── 9. activities, stages, what is brought back, what is taken away ──


def test_one_person_in_two_activities_has_two_conversations(stack: Stack, leaflet: str) -> None:
    person = someone(stack, "*Keep", "*I use services", "*Short", "*Yes", "*Nothing", activity_code=leaflet)
    other = Caller(stack)
    response = other.http.post("/chat/conversations", json={"activity_code": activity(stack, "Crisis cafe", -5)}, headers=person.headers)
    opened = response.json()
    other.id, other.token = opened["conversation_id"], opened["token"]
    other._took(opened)
    assert "Crisis cafe" in other.seen and other.id != person.id
    assert of_conversation(other, "person_id") == of_conversation(person, "person_id")
    go(other, "*Keep", "*I work in services")
    assert "time after" in other.seen
    go(other, "*Short", "*Not yet", "*Nothing")
    go(person, "*Partly")
    assert walked(other) == "after 1/5" and walked(person) == "before 2/5"
    assert set(answers(person)) == {LEADERS, PURPOSE}
    assert not set(answers(other)) & set(answers(person))


def test_joining_a_second_activity_with_a_resume_code_does_not_ignore_it(stack: Stack, leaflet: str) -> None:
    person = someone(stack, "*Keep", "*I use services", activity_code=leaflet)
    second = activity(stack, "The garden project", 9)
    response = person.http.post("/chat/conversations", json={"activity_code": second, "resume_code": person.opened["resume_code"]})
    assert response.status_code == 422 or "The garden project" in response.text


def test_quick_then_full_asks_only_the_rest(stack: Stack) -> None:
    person = someone(
        stack, "*Keep", "*I work in services", "*Before", "*Short", "*Yes", "*Nothing", "*Partly", "rushed", *["*Skip"] * 3, "*No"
    )
    go(person, "i want to do the full one")
    assert walked(person) == "before 5/10" and person.question.startswith("6 of 10.")
    for place in range(6, 11):
        assert person.question.startswith(f"{place} of 10.")
        go(person, "*Not sure", "*Nothing")
    assert walked(person) == "before 10/10"
    assert len(answers(person)) == 10
    assert comments(person) == {PURPOSE: "rushed"}


def test_the_full_stage_after_the_quick_one_ends_with_its_summary(stack: Stack) -> None:
    person = someone(stack, "*Keep", "*I work in services", "*Before", "*Short", *["*Skip"] * 5, "*No", "i want to do the full one")
    go(person, *["*Skip"] * 5)
    assert "what you said about" in person.seen


def test_the_whole_way_with_things_brought_back_and_taken_away(stack: Stack) -> None:
    code = activity(stack, "The recovery garden", 0)
    person = someone(stack, "*Keep", "*I use services", activity_code=code)
    assert "during" in person.seen or "the activity itself" in person.seen, "today is the day"
    go(person, "*Look at something", "*Before", "*Short", "*Not yet", "*Plan", "write down who decides what", "staff", "*In a week")
    go(person, "they are only on the website", *["*Skip"] * 4, "*Yes", "*Yes", "during", "*Short")
    assert "leaders backing this" in person.seen and "who decides what" in person.seen
    go(person, *["*Partly", "*Nothing"] * 5, "after", "*Short")
    assert "leaders backing this" in person.seen and "trust and honesty" in person.seen and "who decides what" in person.seen
    go(person, "what are my next steps", "*Done: write down")
    assert kept_rows(person, "next_step", "state") == [("done",)]
    for words in ("The recovery garden", "write down who decides what", "they are only on the website"):
        assert words in summary(person, "txt").text
        assert words in summary(person, "html").text
    word = summary(person, "docx")
    assert word.status_code == 200
    document = zipfile.ZipFile(io.BytesIO(word.content)).read("word/document.xml").decode()
    assert "who decides what" in document
    assert summary(person, "pdf").status_code == 422
    assert Caller(stack).http.get(f"/chat/conversations/{person.id}/summary", params={"as": "txt"}).status_code == 401


def test_what_was_said_before_can_be_seen_from_after(stack: Stack) -> None:
    person = someone(stack, *KEEP, "*Not yet", "*Nothing", "i want to do the after part", "*Short", "what did I say about before?")
    assert "leaders backing this" in person.seen


def test_others_in_the_group_are_named_only_as_they_wish_and_see_what_is_theirs(stack: Stack, leaflet: str) -> None:
    first = someone(stack, "*Keep", "*I use services", "*Short", "change my name", "Robin", activity_code=leaflet)
    assert of_conversation(first, "pseudonym") == "Robin" and first.question.startswith("1 of 5.")
    second = someone(stack, "*Keep", "*I work in services", "*Short", "*Not yet", "*Plan", "book the hall", "Robin", activity_code=leaflet)
    go(second, "before the day", "*Nothing", "write a reflection", "we should start later in the day", "everyone")
    go(second, "write a reflection", "I was nervous", "only me")
    go(first, "what are my next steps")
    assert "book the hall" in first.seen
    go(first, "what have others said")
    assert "start later" in first.seen and "nervous" not in first.seen
    assert "book the hall" not in said(first) and "start later" not in said(first)


def test_without_an_activity_a_reflection_is_for_oneself(stack: Stack) -> None:
    person = someone(
        stack, "*Keep", "*I am a carer", "help me choose", "*After", "*Short", "reflection please", "it went ok really", "private"
    )
    assert kept_rows(person, "reflection", "text", "visible_to", "activity_id") == [("it went ok really", "me", None)]
    go(person, "what have others said")
    assert "not part of a group" in person.seen
    assert walked(person) == "after 0/5"


def test_one_question_left_is_said_in_good_english(stack: Stack) -> None:
    person = someone(stack, *UNKEPT, *["*Skip"] * 4, "how many are left?")
    assert "are 1 left" not in person.seen
