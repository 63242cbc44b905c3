"""The direct message: the whole conversation by buttons and boxes, the same as in the widget."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from facilitator.safety.kinds import SafetyKind, Screened
from facilitator.storage.models import AnswerRow, Base, ConversationRow, FlagRow, MessageRow, NextStepRow, SlackSeatRow
from tests.integration.slack.people import event, part_of, rows
from tests.integration.web import WordScreen
from tests.slack_server import buttons_of, words_of

RATINGS = ["Yes", "Partly", "Not yet", "Not sure", "Does not apply", "Skip"]


async def test_the_first_words_are_a_welcome_and_a_choice(sam):
    text = await sam.say("hello")
    assert "I am a computer program" in text
    assert list(buttons_of(sam.last)) == ["Keep my answers", "Talk without keeping"]


async def test_the_whole_short_walk_before_by_buttons_and_box_with_a_question_and_a_changed_answer(system, sam, slack):
    await sam.begin()
    assert list(buttons_of(sam.last))[:6] == RATINGS
    assert "Before: 0 of " in sam.text
    first = sam.text
    await sam.press("Partly")
    assert "anything you want to add" in sam.text
    await sam.press("Write a comment")
    await sam.fill(slack.views[-1], text="Not everybody has <had> the papers & Priya is away")
    comment = next(row.comment for row in rows(system, AnswerRow) if row.comment)
    assert comment == "Not everybody has <had> the papers & [name] is away"
    answer = await sam.say("will i get paid for coming?")
    assert "payment-benefits short" in answer and "Step 2" in answer and "We were talking about" in answer
    await sam.say("back")
    await sam.say("change my answer about payment")
    while "That is the end of this part" not in "\n".join(slack.texts(sam.dm)):
        if any(title == "Yes" for title in buttons_of(sam.last)):
            await sam.press("Yes")
        else:
            await sam.press(next(iter(buttons_of(sam.last))))
    current = [row for row in rows(system, AnswerRow) if row.superseded_at is None]
    assert len(current) == 5 and {row.role for row in current} == {"staff"}
    assert first != sam.text


async def test_an_answer_is_changed_and_the_first_one_is_history(system, sam):
    await sam.begin()
    await sam.press("Not yet")
    await sam.press("Nothing to add")
    await sam.say("back")
    await sam.press("Yes")
    kept = rows(system, AnswerRow)
    assert [row.rating for row in kept if row.superseded_at is None] == ["yes"]
    assert [row.rating for row in kept if row.superseded_at] == ["not_yet"]


async def test_a_choice_is_picked_by_its_number(system, sam):
    await sam.begin()
    await sam.say("2")
    assert [row.rating for row in rows(system, AnswerRow)] == ["partly"]


async def test_a_used_control_gives_way_to_what_was_chosen_and_one_message_is_one_turn(sam, slack):
    await sam.say("hello")
    before = len(slack.messages[sam.dm])
    used = sam.last
    await sam.press("Keep")
    assert buttons_of(used) == {} and "You chose: Keep my answers" in words_of(used)
    assert len(slack.messages[sam.dm]) == before + 1
    asked = sam.last
    await sam.say("what is parity?")
    assert buttons_of(asked) == {} and "You chose" not in words_of(asked)
    assert sum(bool(buttons_of(message)) for message in slack.messages[sam.dm]) == 1


async def test_a_control_pressed_again_or_too_late_changes_nothing(system, sam, slack):
    await sam.begin()
    late = dict(sam.last)
    await sam.press("Yes")
    await sam.press("Nothing to add")
    answered = len(rows(system, AnswerRow))
    await sam.press("Not yet", message=late)
    assert len(rows(system, AnswerRow)) == answered
    assert "We have moved on from that question" in sam.text


@pytest.mark.parametrize(("first", "then"), [("Keep", "Talk"), ("Talk", "Keep")])
async def test_of_two_controls_pressed_while_rasa_is_slow_the_first_counts_and_is_the_one_that_is_named(
    system, sam, slack, monkeypatch, first, then
):
    await sam.say("hello")
    asked = sam.last
    buttons = buttons_of(asked)
    titles = [next(title for title in buttons if title.startswith(beginning)) for beginning in (first, then)]
    system.rasa.failing = True
    with monkeypatch.context() as slow:
        slow.setattr(part_of(system).slack.sender, "follow", _nothing)
        for title in titles:
            assert (await sam.send_press(buttons[title], asked)).status_code == 200
        await part_of(system).receiver.settle(120)
    system.rasa.failing = False
    [conversation] = rows(system, ConversationRow)
    await system.parts.delivery.deliver(conversation.id)
    await sam.door.settle()
    assert f"You chose: {titles[0]}" in words_of(asked) and titles[1] not in words_of(asked)
    assert "We have moved on from that question" in "\n".join(slack.texts(sam.dm))
    assert [row.kept for row in rows(system, ConversationRow)] == [first == "Keep"]


async def _nothing(_conversation_id):
    pass


async def test_somebody_elses_control_does_nothing(system, sam, ann):
    await sam.begin()
    await ann.press("Yes", message=sam.last)
    assert rows(system, AnswerRow) == []


async def test_a_next_step_is_written_in_one_box(system, sam, slack):
    await sam.begin()
    await sam.press("Not yet")
    await sam.press("Plan a next step")
    await sam.press("Write a next step")
    await sam.fill(slack.views[-1], text="Book the room with the ramp", who="Staff", when="2027-03-14")
    step = rows(system, NextStepRow)[0]
    assert (step.what, step.who, step.due_on.isoformat()) == ("Book the room with the ramp", "staff", "2027-03-14")
    assert "I have kept this next step" in sam.text


async def test_a_next_step_from_a_box_is_one_reply_even_while_what_waits_is_being_sent(system, sam, slack):
    await sam.begin()
    for title in ("Not yet", "Plan a next step", "Write a next step"):
        await sam.press(title)
    part, before = part_of(system), len(slack.messages[sam.dm])
    answer = part.slack.desk.answer

    async def answer_and_send(*args):
        reply = await answer(*args)
        await part.slack.sender.send_all()
        return reply

    part.slack.desk.answer = answer_and_send
    await sam.fill(slack.views[-1], text="Ask about travel", who="Staff", when="2027-03-14")
    assert len(slack.messages[sam.dm]) == before + 1
    assert "I have kept this next step" in sam.text and "By when" not in sam.text


async def test_a_next_step_with_nobody_and_no_day_is_kept_too(system, sam, slack):
    await sam.begin()
    await sam.press("Not yet")
    await sam.press("Plan a next step")
    await sam.press("Write a next step")
    await sam.fill(slack.views[-1], text="Ask about travel")
    step = rows(system, NextStepRow)[0]
    assert (step.what, step.who, step.due_on) == ("Ask about travel", None, None)


async def test_nothing_typed_becomes_a_mention_or_a_link(sam, slack):
    await sam.begin()
    await sam.press("Not yet")
    await sam.press("Plan a next step")
    await sam.say("tell &lt;!channel&gt; and <@U0009> about <https://example.org|this> &amp; *that*")
    await sam.press("Staff")
    await sam.press("No date")
    # the fake refuses text that would be read as one; here is what is read instead
    assert "&lt;!channel&gt; and [name] about https://example.org &amp; *that*" in "\n".join(slack.texts(sam.dm))


async def test_words_of_somebody_whose_answers_are_not_kept_are_nowhere(system, sam):
    await sam.say("hello")
    await sam.press("Talk without keeping")
    await sam.press("Before")
    await sam.press("Short")
    await sam.press("Partly")
    await sam.say("heliotrope meetings")
    assert rows(system, AnswerRow) == []
    with system.built.database.reading() as session:
        everything = [str(row) for table in Base.metadata.sorted_tables for row in session.execute(select(table))]
    assert not any("heliotrope" in row for row in everything)


async def test_each_person_has_a_conversation_of_their_own_and_none_is_the_widgets(system, sam, ann):
    await sam.begin()
    await ann.begin()
    conversations = rows(system, ConversationRow)
    assert len({row.id for row in conversations}) == 2 and {row.channel for row in conversations} == {"slack"}
    assert all(row.resume_code_hash is None for row in conversations)
    assert {(seat.team, seat.user) for seat in rows(system, SlackSeatRow)} == {("T0001", "U0001"), ("T0001", "U0002")}


async def test_keeping_after_a_no_gives_no_code_in_slack(system, sam, slack):
    await sam.say("hello")
    await sam.press("Talk without keeping")
    await sam.say("keep my answers after all")
    assert "I will keep your answers" in "\n".join(slack.texts(sam.dm)) and "code" not in "\n".join(slack.texts(sam.dm))
    [row] = rows(system, ConversationRow)
    assert (row.kept, row.resume_code_hash) == (True, None)


async def test_the_widget_cannot_open_what_was_said_in_slack(system, http, sam):
    await sam.begin()
    found = rows(system, ConversationRow)[0].id
    for token in ("", "x", system.app.state.slack.slack.desk.token(found)):
        reply = await http.get(f"/chat/conversations/{found}/messages", headers={"Authorization": f"Bearer {token}"})
        assert reply.status_code == 401


@pytest.mark.parametrize("word", ["DANGER", "DISTRESS"])
async def test_danger_is_met_with_the_support_message_and_rasa_never_sees_it(system, sam, word):
    await sam.begin()
    before = len(system.rasa.seen)
    text = await sam.say(f"I am in {word} now")
    assert "999" in text or "116 123" in text
    assert len(system.rasa.seen) == before
    assert [flag.kind for flag in rows(system, FlagRow)] == ["crisis" if word == "DANGER" else "distress"]


async def test_a_second_danger_is_heard_in_short_and_flagged_like_the_first(system, sam):
    await sam.begin()
    first, second = await sam.say("I am in DANGER"), await sam.say("in DANGER still")
    assert "Lifeline" in first and "Lifeline" not in second
    assert "I hear you" in second and "999" in second and "116 123" in second
    assert [flag.kind for flag in rows(system, FlagRow)] == ["crisis", "crisis"]


async def test_i_will_do_it_is_an_offer_where_who_is_asked_and_may_be_a_hint_anywhere_else(system, sam, monkeypatch):
    guess = Screened(SafetyKind.CRISIS_SELF, ("classifier",), 0.9)
    safe = Screened(SafetyKind.SAFE)
    monkeypatch.setattr(WordScreen, "screen", lambda self, text: guess if text == "I will do it" else safe)
    await sam.begin()
    await sam.press("Not yet")
    await sam.press("Plan a next step")
    await sam.say("Ask about travel")
    assert "By when" in await sam.say("I will do it")
    assert rows(system, FlagRow) == []
    await sam.press("No date")
    await sam.say("I will do it")
    assert [flag.kind for flag in rows(system, FlagRow)] == ["crisis"]


async def test_danger_in_the_very_first_words_is_met_too(system, sam):
    await sam.say("I am in DANGER")
    assert len(rows(system, FlagRow)) == 1
    assert any(row.kind == "support" for row in rows(system, MessageRow))
    assert "999" in sam.text or "116 123" in sam.text


async def test_what_a_person_did_not_write_is_left_alone(door, sam, slack):
    for changes in ({"bot_id": "B1"}, {"subtype": "message_changed"}, {"subtype": "message_deleted"}, {"channel_type": "channel"}):
        body = event("message_im", text="hello", channel=sam.dm, **changes)
        assert (await door.event(body)).status_code == 200
    await door.settle()
    assert slack.messages[sam.dm] == []


async def test_a_picture_without_words_gets_a_kind_answer(sam):
    assert "I can only read words" in await sam.say("", subtype="file_share")


async def test_a_message_that_is_too_long_is_refused_kindly_and_nothing_of_it_is_stored(system, sam):
    await sam.begin()
    text = await sam.say("heliotrope " * 1200)
    assert "too long" in text
    assert not any("heliotrope" in (row.text or "") for row in rows(system, MessageRow))
