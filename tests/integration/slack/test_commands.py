"""`/coproduction` and the Home tab: make an activity, invite, prepare, see how it stands, look back, ask."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from facilitator import erasure
from facilitator.conversation.turn import Talk
from facilitator.reminders.store import plan_all
from facilitator.storage import conversations as store
from facilitator.storage.models import (
    ActivityRow,
    AnswerRow,
    Base,
    ConversationRow,
    FlagRow,
    ReflectionRow,
    ReminderRow,
    SlackMemberRow,
    SlackOutRow,
)
from facilitator.vocabulary import Depth
from tests.integration.slack.people import part_of, rows
from tests.integration.web import Person
from tests.slack_server import buttons_of, words_of

SOON = (store.now() + timedelta(days=5)).date()


async def made(system, sam, slack, title="Ward review", **values) -> ActivityRow:
    await sam.command("new")
    await sam.fill(slack.views[-1], **{"title": title, "when": SOON.isoformat(), **values})
    return rows(system, ActivityRow)[-1]


async def test_help_lists_every_command(system, sam):
    answer = await sam.command("help")
    for command in ("prep", "new", "invite", "status", "summary", "reflect", "ask", "help"):
        assert f"/coproduction {command}:" in answer
    assert await sam.command("") == answer


@pytest.mark.parametrize(("typed", "meant"), [("statsu", "status"), ("Pepr", "prep"), ("sumary", "summary"), ("invit ABC", "invite")])
async def test_a_slip_of_the_finger_gets_a_suggestion(sam, typed, meant):
    assert f'Did you mean "/coproduction {meant}"' in await sam.command(typed)


async def test_what_is_like_nothing_leads_to_help(sam):
    assert "/coproduction help" in await sam.command("xylophone")


async def test_new_then_invite_then_somebody_joins_in_the_widget_and_status_shows_it(system, http, sam, slack):
    await sam.command("new")
    view = slack.views[-1]
    assert [block["element"]["type"] for block in view["blocks"]] == ["plain_text_input", "datepicker", "plain_text_input"]
    await sam.fill(view, title="Ward review with Priya", when=SOON.isoformat(), who="people on the ward and staff")
    activity = rows(system, ActivityRow)[0]
    assert (activity.title, activity.happens_on.date()) == ("Ward review with [name]", SOON)
    assert activity.description == "people on the ward and staff"
    assert activity.join_code in sam.text and f"https://chat.example.org/join/{activity.join_code}" in sam.text

    invited = await sam.command("invite", channel="C0042")
    link = f"https://chat.example.org/join/{activity.join_code}"
    assert slack.responses[-1]["response_type"] == "in_channel" and link in invited
    assert buttons_of(slack.responses[-1])["Open it"]["url"] == link
    picture = slack.messages["C0042"][-1]
    assert picture["file"].startswith(b"\x89PNG")

    before = await sam.command("status")
    assert "People who use services, and carers: nobody so far" in before
    person = Person(http)
    page = await http.get(link.removeprefix("https://chat.example.org"))
    assert activity.join_code in page.text
    await person.open(activity_code=activity.join_code)
    await person.choose("Keep")
    await person.choose("I use services")
    after = await sam.command("status")
    assert "People who use services, and carers: fewer than 3" in after and "nobody so far" in after
    assert rows(system, ConversationRow)[-1].channel == "widget"


async def test_where_the_picture_may_not_be_put_the_person_is_told_how(system, sam, slack):
    activity = await made(system, sam, slack)
    slack.fail(methods=("files.completeUploadExternal",), body={"ok": False, "error": "not_in_channel"}, refused=True)
    told = await sam.command("invite")
    assert activity.join_code in told and "/invite @Co-production" in told
    assert slack.responses[-1]["response_type"] == "ephemeral"


async def test_status_shows_figures_by_stage_and_role_and_hides_small_groups(system, sam, slack):
    activity = await made(system, sam, slack)
    items = [item.id for item in system.built.checklists.stage("before").items]
    with system.built.database.unit_of_work() as session:
        for number, role in enumerate(["service_user"] * 3 + ["staff"] * 3 + ["lead"]):
            about = {"person_id": f"p{number}", "activity_id": activity.id, "channel": "widget", "kept": True, "role": role, "lang": "en"}
            times = {"created_at": store.now(), "last_active_at": store.now()}
            session.add(ConversationRow(id=f"c{number}", share_ratings=True, simple=False, position={}, state="item", **about, **times))
            session.flush()
            rating = "yes" if role != "service_user" else "not_yet"
            answer = {
                "item": items[0],
                "topic": "x",
                "stage": "before",
                "rating": rating,
                "message_id": f"m{number}",
                "created_at": store.now(),
            }
            session.add(AnswerRow(conversation_id=f"c{number}", activity_id=activity.id, role=role, **answer))
    shown = await sam.command("status")
    assert "Before:" in shown and "0 yes, 0 partly, 3 not yet" in shown
    assert "Staff and leads: 4 yes" in shown and "Leads: 1" not in shown
    assert "After: not shown, too few people so far" in shown
    assert f"{system.built.checklists.item(items[0]).short}: 100" in shown


async def test_status_counts_nobody_who_does_not_keep_answers(system, sam, slack):
    activity = await made(system, sam, slack)
    before = await sam.command("status")
    with system.built.database.unit_of_work() as session:
        for number in range(6):
            talk = Talk(store.new_id(), kept=None if number % 2 else False, role="staff")
            store.add_conversation(session, talk, activity_id=activity.id, channel="widget", resume_code=None)
    assert await sam.command("status") == before


async def test_prep_begins_the_short_before_walk_of_the_next_activity(system, sam, slack):
    activity = await made(system, sam, slack)
    assert "I have written to you" in await sam.command("prep")
    assert activity.title in sam.text and "Keep my answers" in buttons_of(sam.last)
    await sam.press("Keep")
    await sam.press("I lead or pay")
    await sam.press("Short")
    assert "Before: 0 of 5" in sam.text
    await sam.press("Partly")
    await sam.command("prep")  # carries on
    assert "anything you want to add" in sam.text
    conversation = rows(system, ConversationRow)[0]
    assert (conversation.activity_id, conversation.role, conversation.channel) == (activity.id, "lead", "slack")


async def test_prep_straight_to_the_questions_for_somebody_who_is_set_up(system, sam, slack):
    await made(system, sam, slack)
    await sam.command("prep")
    await sam.press("Keep")
    await sam.press("I work in services")
    await sam.press("Look at something else")
    await sam.command("prep")
    assert "Before: 0 of 5" in sam.text and "Yes" in buttons_of(sam.last)


async def test_prep_without_any_activity_is_the_conversation_by_itself(system, sam):
    await sam.command("prep")
    await sam.press("Talk without")
    assert "Short" in "".join(buttons_of(sam.last))


async def test_somebody_else_prepares_by_the_code_and_two_activities_are_two_conversations_of_one_person(system, sam, ann, slack):
    first = await made(system, sam, slack)
    second = await made(system, sam, slack, title="Another")
    for activity in (first, second):
        await ann.command(f"prep {activity.join_code.lower()}")
        await ann.press("Keep")
        await ann.press("I work in services")
    found = rows(system, ConversationRow)
    assert {row.activity_id for row in found} == {first.id, second.id} and len({row.person_id for row in found}) == 1
    assert "I do not know that code" in await ann.command("prep NOSUCH")


async def test_summary_is_for_the_person_only(system, sam, slack):
    await sam.begin()
    await sam.press("Not yet")
    await sam.say("the papers came late")
    text = await sam.command("summary")
    assert slack.responses[-1]["response_type"] == "ephemeral" and "the papers came late" in text
    assert [block["text"]["text"] for block in slack.responses[-1]["blocks"] if block["type"] == "header"][1:] == ["Before the activity"]
    assert "*Not yet in place*\n• " in text and "---" not in text


async def test_a_summary_that_waits_for_slack_is_never_sent_once_all_is_deleted_and_that_it_was_is_said(system, sam, slack):
    await sam.begin()
    await sam.press("Not yet")
    await sam.say("the papers came late")
    slack.limit(600, methods=("respond",))
    await sam.command("summary")
    assert "the papers came late" in str([row.payload for row in rows(system, SlackOutRow)])
    await sam.say("delete everything")
    await sam.press("Yes, delete everything")
    assert "I have deleted everything you said here" in sam.text
    sender = part_of(system).slack.sender
    sender._now = lambda: store.now() + timedelta(seconds=601)
    await sender.send_all()
    assert rows(system, SlackOutRow) == [] and slack.responses == []


async def test_summary_without_anything_kept_says_so(sam):
    assert "You have not asked me to keep" in await sam.command("summary")


async def test_reflect_asks_to_look_back(system, sam, slack):
    await sam.begin()
    await sam.command("reflect")
    await sam.press("Write it here")
    await sam.fill(slack.views[-1], text="It was rushed")
    assert [row.text for row in rows(system, ReflectionRow)] == ["It was rushed"]


async def test_ask_is_answered_for_the_person_only_with_its_source(sam, slack):
    text = await sam.command("ask will I get paid for coming?")
    assert "payment-benefits short" in text and "From: Embedding" in text
    assert slack.responses[-1]["response_type"] == "ephemeral"
    assert "cover" in (await sam.command("ask what about the moon?")).lower()
    assert "type your question" in await sam.command("ask")


@pytest.mark.parametrize("typed", ["ask should I be in DANGER?", "I am in DANGER", "prep I am in DANGER", "status DANGER", "help DANGER"])
async def test_danger_typed_after_the_command_is_answered_in_private(system, sam, slack, typed):
    answer = await sam.command(typed)
    assert "I have written to you" in answer and slack.responses[-1]["response_type"] == "ephemeral"
    assert [flag.kind for flag in rows(system, FlagRow)] == ["crisis"]
    assert "999" in sam.text or "116 123" in sam.text


async def test_danger_in_a_box_is_answered_in_private_and_nothing_is_made(system, sam, slack):
    await sam.command("new")
    await sam.fill(slack.views[-1], title="DANGER", who="me")
    assert rows(system, ActivityRow) == [] and len(rows(system, FlagRow)) == 1
    assert slack.responses == []


async def test_who_makes_an_activity_is_reminded_of_it_in_their_own_time_zone(system, sam, slack):
    slack.time_zone = "Europe/Lisbon"
    await made(system, sam, slack)
    assert [(row.user, row.time_zone, row.reminded) for row in rows(system, SlackMemberRow)] == [("U0001", "Europe/Lisbon", True)]


# ── the Home tab ──


async def test_home_of_somebody_new_offers_to_begin(sam):
    view = await sam.home()
    assert list(buttons_of(view)) == ["New activity", "Talk to me"]


async def test_home_shows_activities_what_is_not_ready_and_my_next_steps(system, sam, slack):
    await made(system, sam, slack)
    await sam.command("prep")
    for title in ("Keep", "I work in services", "Short", "Not yet", "Plan a next step", "Write a next step"):
        await sam.press(title)
    await sam.fill(slack.views[-1], text="Book a bigger room", who="I will", when=SOON.isoformat())
    for title in ("Plan a next step", "Write a next step"):
        await sam.press(title)
    await sam.fill(slack.views[-1], text="Ask for travel costs", who="Carers")
    view = await sam.home()
    assert "Ask for travel costs" not in words_of(view)
    text = words_of(view)
    item = system.built.checklists.stage("before").walk(Depth.QUICK)[0]
    assert "Ward review" in text and item.short in text and "Book a bigger room (by " in text
    assert {"Carry on", "Look back", "No more reminders"} <= set(buttons_of(view))
    before = len(slack.messages[sam.dm])
    await sam.press_button(buttons_of(view)["Carry on"], {})
    assert len(slack.messages[sam.dm]) == before + 1 and buttons_of(sam.last)


async def test_reminders_are_turned_off_and_on_at_home(system, sam, slack):
    await made(system, sam, slack)
    await sam.press_button(buttons_of(await sam.home())["No more reminders"], {})
    assert [row.reminded for row in rows(system, SlackMemberRow)] == [False]
    await sam.press_button(buttons_of(slack.homes[sam.user])["Remind me"], {})
    assert [row.reminded for row in rows(system, SlackMemberRow)] == [True]


async def test_home_stays_within_slacks_limits_with_many_activities(system, sam, slack):
    for number in range(15):
        await made(system, sam, slack, title=f"Meeting {number}")
    assert "There are 5 more" in words_of(await sam.home())


# ── words of others ──


async def somebody_in_the_widget(http, activity) -> Person:
    """They put two next steps down for staff and share a reflection with the group, each with a word that is looked for."""
    person = Person(http)
    await person.open(activity_code=activity.join_code)
    for title in ("Keep", "I use services", "Short", "Not yet"):
        await person.choose(title)
    for what in ("heliotrope ramp at the door", "heliotrope cups for the tea"):
        await person.choose("Plan a next step")
        await person.type(what)
        await person.choose("Staff")
        await person.choose("No date")
    await person.type("I want to reflect")
    await person.type("we were heard, heliotrope and all")
    await person.choose("Everyone")
    return person


async def test_words_of_others_are_nowhere_in_slack_and_how_many_there_are_and_where_to_read_them_is(system, http, sam, slack):
    activity = await made(system, sam, slack)
    await somebody_in_the_widget(http, activity)
    link = f"https://chat.example.org/join/{activity.join_code}"
    await sam.command("prep")
    for title in ("Keep", "I work in services", "Short"):
        await sam.press(title)
    shared = await sam.say("what did others share")
    assert "shared with the group: 1." in shared and link in shared
    steps = await sam.say("what are my next steps")
    assert "for you, or for everyone in your role: 2." in steps and steps.count(link) == 1
    assert "This is done" not in buttons_of(sam.last), "what is not read here is not marked as done here"
    at_home = words_of(await sam.home())
    assert "for you, or for everyone in your role: 2." in at_home and link in at_home
    await sam.press("Yes")
    await sam.say("I want to reflect")
    await sam.press("Read what others shared")
    for typed in ("summary", "status", "reflect", "prep"):
        await sam.command(typed)
    assert "heliotrope" not in f"{slack.calls} {slack.responses} {rows(system, SlackOutRow)}"


async def test_taken_back_in_the_widget_a_thought_counts_no_more_in_slack(system, http, sam, slack):
    activity = await made(system, sam, slack)
    writer = await somebody_in_the_widget(http, activity)
    await sam.command("prep")
    for title in ("Keep", "I work in services", "Short"):
        await sam.press(title)
    await writer.type("delete everything")
    await writer.choose("Yes, delete")
    assert "No one has shared anything" in await sam.say("what did others share")
    assert "next steps for you" not in words_of(await sam.home()).lower()


async def test_a_person_s_own_next_steps_and_words_are_shown_to_them_in_slack(system, sam, slack):
    await made(system, sam, slack)
    await sam.command("prep")
    for title in ("Keep", "I work in services", "Short", "Not yet", "Plan a next step"):
        await sam.press(title)
    await sam.say("book a bigger room")
    await sam.press("I will")
    await sam.press("No date")
    assert "book a bigger room" in await sam.say("what are my next steps")
    assert "book a bigger room" in words_of(await sam.home())


async def test_how_the_group_sees_it_is_the_same_in_slack(system, http, sam, slack):
    activity = await made(system, sam, slack)
    await sam.command("prep")
    for title in ("Keep", "I work in services", "Short"):
        await sam.press(title)
    assert "cannot show you how your group sees" in await sam.say("how does the group see it")
    for role, title in (("I use services", "Not yet"), ("I work in services", "Yes")):
        for _ in range(3):
            person = Person(http)
            await person.open(activity_code=activity.join_code)
            for choice in ("Keep", role, "Short", title):
                await person.choose(choice)
    with system.built.database.unit_of_work() as session:
        for row in session.scalars(select(ConversationRow).where(ConversationRow.channel == "widget")):
            row.share_ratings = True
    assert "carers: 0 yes, 0 partly, 3 not yet. Staff and leads: 3 yes, 0 partly, 0 not yet." in await sam.say("how does the group see it")


# ── erasing and leaving ──


async def test_erasing_a_person_takes_their_slack_name_and_reminders_too(system, sam, slack, tmp_path):
    await made(system, sam, slack)
    await sam.command("prep")
    await sam.press("Keep")
    part = part_of(system)
    with system.built.database.unit_of_work() as session:
        plan_all(session, part.slack.now())
    assert rows(system, ReminderRow)
    found = rows(system, ConversationRow)[0]
    with system.built.database.unit_of_work() as session:
        erased = erasure.erase(session, erasure.of_person(session, found.person_id), tmp_path)
    assert erased.deleted["slack_member"] == 1
    assert rows(system, SlackMemberRow) == rows(system, ReminderRow) == rows(system, ConversationRow) == []
    with system.built.database.reading() as session:
        everything = "\n".join(str(row) for table in Base.metadata.sorted_tables for row in session.execute(select(table)))
    assert "U0001" not in everything
