"""Nothing lost: reloads, broken lines, a server that goes away, refusals."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.fake_api import ITEMS, SUPPORT, Problem
from tests.browser.person import Chat

NOT_SENT = "Not sent yet. We will keep trying."


def test_a_reload_brings_back_what_was_said_and_reads_none_of_it_again(chat: Chat) -> None:
    chat.agree()
    chat.type("Will I get paid for coming?")
    chat.message("Many groups pay").wait_for()
    shown = chat.messages.all_inner_texts()
    chat.page.reload()
    chat.button("Does not apply").wait_for()
    assert chat.messages.all_inner_texts() == shown
    assert chat.said() == ["Your earlier messages are here."]
    assert len(chat.api.conversations) == 1
    chat.press("Yes")
    chat.button("No comment").wait_for()
    assert chat.api.only.answers == {0: "Yes"}


def test_a_long_history_comes_in_pages(chat: Chat) -> None:
    chat.agree()
    for number in range(60):
        chat.api.say(chat.api.only, "text", f"Older {number}")
    chat.page.reload()
    chat.message("Older 59").wait_for()
    expect(chat.messages).to_have_count(64)
    assert sum(path.endswith("/messages") and method == "GET" for method, path, _ in chat.api.requests) == 2


def test_words_not_yet_sent_survive_a_reload(chat: Chat) -> None:
    chat.begin()
    chat.field.fill("I was going to say")
    chat.page.reload()
    chat.button("Keep my answers").wait_for()
    expect(chat.field).to_have_value("I was going to say")


@pytest.mark.parametrize("fault", ["refuse", "drop"])
def test_a_broken_line_keeps_the_message_and_sends_it_again_with_the_same_id(chat: Chat, fault: str) -> None:
    """`drop` is the server killed after it acted and before it answered: stored once, shown once."""
    chat.agree()
    chat.api.next(fault)
    chat.type("Will I get paid for coming?")
    chat.message("Many groups pay").wait_for()
    first, second = chat.api.sent()[-2:]
    assert first == second
    expect(chat.page.locator("article.person", has_text="Will I get paid")).to_have_count(1)
    expect(chat.message("Many groups pay")).to_have_count(1)
    expect(chat.message(NOT_SENT)).to_have_count(0)
    assert [m["text"] for m in chat.api.only.messages if m["author"] == "person"].count("Will I get paid for coming?") == 1


def test_a_server_restarted_in_mid_conversation_loses_nothing(chat: Chat) -> None:
    chat.agree()
    chat.api.stop()
    chat.press("Partly")
    expect(chat.last.locator(".unsent")).to_contain_text(NOT_SENT)
    assert chat.said().count(NOT_SENT) == 1
    chat.api.start()
    chat.press("Try again now")
    chat.button("No comment").wait_for()
    assert chat.api.only.answers == {0: "Partly"}
    expect(chat.page.locator(".unsent")).to_have_count(0)


def test_an_unsent_message_goes_by_itself_when_the_connection_is_back(chat: Chat) -> None:
    chat.agree()
    chat.page.context.set_offline(True)
    expect(chat.page.locator(".status")).to_contain_text("You are offline.")
    chat.type("partly")
    expect(chat.page.get_by_text(NOT_SENT).first).to_be_visible()
    expect(chat.field).to_have_value("")
    chat.page.context.set_offline(False)
    chat.button("No comment").wait_for()
    expect(chat.page.locator(".status")).to_be_hidden()
    assert chat.said().count(NOT_SENT) == 1


@pytest.mark.parametrize("fault", ["refuse", "drop"])
def test_an_unsent_message_survives_a_reload_and_is_shown_once(chat: Chat, fault: str) -> None:
    chat.agree()
    chat.api.next(fault, *["refuse"] * 9)
    chat.type("partly")
    chat.page.locator(".unsent").wait_for()
    chat.api.faults.clear()
    chat.page.reload()
    chat.button("No comment").wait_for()
    expect(chat.messages.filter(has_text="Would you like to say more?")).to_have_count(1)
    ids = {body["client_message_id"] for body in chat.api.sent()[2:]}
    assert len(ids) == 1
    assert chat.api.only.answers == {0: "Partly"}
    assert sum(m["author"] == "person" for m in chat.api.only.messages) == 2  # what came before the yes is not kept


def test_a_message_sent_before_a_reload_and_answered_only_later_is_shown_once(chat: Chat) -> None:
    chat.agree()
    chat.api.next("drop", *["refuse"] * 9)
    chat.type("Will I get paid for coming?")
    chat.page.locator(".unsent").wait_for()
    chat.page.reload()
    chat.page.locator(".unsent").wait_for()
    chat.api.faults.clear()
    chat.press("Try again now")
    expect(chat.page.locator(".unsent")).to_have_count(0)
    expect(chat.page.locator(".unsent")).to_have_count(0)
    expect(chat.page.locator("article.person", has_text="Will I get paid")).to_have_count(1)
    expect(chat.message("Many groups pay")).to_have_count(1)


def test_messages_written_while_one_is_stuck_go_in_order(chat: Chat) -> None:
    chat.agree()
    chat.api.next(*["refuse"] * 2)
    chat.type("partly")
    chat.page.locator(".unsent").wait_for()
    chat.type("because of the fares")
    expect(chat.last).to_contain_text(ITEMS[1])
    assert chat.api.only.comments == ["because of the fares"]


def test_while_the_engine_wakes_the_message_is_kept_and_answered_later(chat: Chat) -> None:
    chat.agree()
    chat.api.next("wait")
    chat.type("partly")
    expect(chat.last).to_contain_text("I am still waking up.")
    expect(chat.page.locator(".status")).to_contain_text("It will come here by itself.")
    chat.api.release()
    chat.button("No comment").wait_for()
    expect(chat.page.locator("article.person")).to_have_count(1)
    expect(chat.page.locator(".status")).to_be_hidden()
    chat.press("No comment")
    expect(chat.last).to_contain_text(ITEMS[1])


def test_a_message_too_long_comes_back_with_the_reason_beside_the_field(chat: Chat) -> None:
    chat.agree()
    chat.api.next(Problem(413, "message-too-long", "That is too long. The limit is 12,000 letters."))
    chat.type("a very long story")
    expect(chat.error).to_have_text("That is too long. The limit is 12,000 letters.")
    expect(chat.field).to_have_value("a very long story")
    expect(chat.page.locator("article.person")).to_have_count(0)
    assert chat.said()[-1] == "That is too long. The limit is 12,000 letters."


def test_a_closed_choice_says_how_to_change_the_answer(chat: Chat) -> None:
    chat.agree()
    chat.api.next(Problem(409, "choice-closed", "To change your answer, type “change an answer”."))
    chat.press("Yes")
    expect(chat.error).to_contain_text("To change your answer")
    expect(chat.button("Partly")).to_be_hidden()


def test_a_choice_refused_for_another_reason_can_be_pressed_again(chat: Chat) -> None:
    chat.agree()
    chat.api.next(Problem(422, "invalid", "Sorry, that did not work."))
    chat.press("Yes")
    expect(chat.error).to_have_text("Sorry, that did not work.")
    chat.press("Yes")
    chat.button("No comment").wait_for()


def test_unavailable_brings_the_support_numbers_and_keeps_the_message(chat: Chat) -> None:
    chat.agree()
    down = Problem(503, "unavailable", "Sorry, we cannot take messages just now.", extra={"support": SUPPORT["lines"]})
    chat.api.next(down, down)
    chat.type("partly")
    expect(chat.page.locator(".unsent")).to_contain_text("Sorry, we cannot take messages just now.")
    expect(chat.messages.get_by_role("link", name="116 123")).to_have_attribute("href", "tel:116123")
    expect(chat.messages.get_by_role("link", name="116 123")).to_have_count(1)
    chat.button("No comment").wait_for(timeout=8000)


def test_too_fast_waits_as_long_as_the_server_says(chat: Chat) -> None:
    chat.page.clock.install()
    chat.agree()
    chat.api.next(Problem(429, "rate-limited", "Take a short break.", {"Retry-After": "20"}))
    chat.type("partly")
    expect(chat.page.locator(".unsent")).to_contain_text("Take a short break.")
    sent = len(chat.api.sent())
    chat.page.clock.fast_forward(15_000)
    assert len(chat.api.sent()) == sent
    chat.page.clock.fast_forward(6_000)
    chat.button("No comment").wait_for()


def test_an_old_chat_that_has_ended_starts_fresh_and_says_so(chat: Chat) -> None:
    chat.begin()
    chat.api.conversations.clear()
    chat.page.reload()
    chat.button("Keep my answers").wait_for()
    expect(chat.messages.first).to_contain_text("Your last chat has ended")
    assert any("Your last chat has ended" in line for line in chat.said())


def test_a_kept_chat_that_cannot_be_opened_points_to_the_code(chat: Chat) -> None:
    chat.agree()
    chat.api.conversations.clear()
    chat.page.reload()
    expect(chat.messages.first).to_contain_text("If you have a code, it is in the menu.")


def test_a_token_that_wore_out_is_renewed_with_the_code_and_nothing_is_lost(chat: Chat) -> None:
    chat.agree()
    chat.api.wear_out(chat.api.only)
    chat.type("partly")
    chat.button("No comment").wait_for()
    assert chat.api.only.answers == {0: "Partly"}
    chat.api.wear_out(chat.api.only)
    chat.page.reload()
    chat.button("No comment").wait_for()
    assert len(chat.api.conversations) == 1


def test_an_open_chat_with_nothing_to_show_says_it_is_open(chat: Chat) -> None:
    chat.begin()
    chat.press("Talk without keeping")
    chat.button("I use services").wait_for()
    chat.api.only.messages.clear()
    chat.page.reload()
    chat.message("This chat is still open.").wait_for()
    chat.type("I am a carer")
    chat.button("Does not apply").wait_for()


def test_a_chat_lost_while_writing_gives_the_words_back(chat: Chat) -> None:
    chat.agree()
    chat.api.conversations.clear()
    chat.type("something that matters")
    chat.button("Keep my answers").wait_for()
    expect(chat.field).to_have_value("something that matters")
    expect(chat.messages.first).to_contain_text("Your words are back in the box.")


def test_a_server_that_is_down_at_the_start_shows_numbers_and_keeps_trying(chat: Chat) -> None:
    chat.api.down.add("begin")
    chat.open()
    expect(chat.messages.last).to_contain_text("Sorry, the chat is not open just now.")
    expect(chat.messages.get_by_role("link", name="116 123")).to_be_visible()
    chat.type("hello")
    expect(chat.error).to_have_text("The chat is not open just now. Your words stay in the box.")
    expect(chat.field).to_have_value("hello")
    chat.api.down.clear()
    chat.button("Keep my answers").wait_for(timeout=10_000)
    expect(chat.message("not open just now")).to_have_count(0)
    expect(chat.error).to_be_hidden()


def test_help_now_works_with_the_network_down(chat: Chat) -> None:
    chat.begin()
    chat.page.context.set_offline(True)
    chat.press("Help now")
    expect(chat.page.get_by_role("dialog").get_by_role("link", name="116 123")).to_be_visible()


def test_help_now_shows_the_pages_own_numbers_when_the_list_cannot_be_fetched(chat: Chat) -> None:
    chat.api.down.add("support")
    chat.begin()
    chat.press("Help now")
    expect(chat.page.get_by_role("link", name="116 123")).to_be_visible()


def test_the_page_shows_the_numbers_when_the_chat_itself_cannot_load(chat: Chat) -> None:
    chat.api.down.add("strings")
    chat.open()
    chat.press("Menu")
    chat.page.get_by_label("Cymraeg").click()  # words that did not come with the page
    expect(chat.page.get_by_role("link", name="116 123")).to_be_visible()
    expect(chat.page.get_by_role("heading", level=1)).to_be_visible()
    chat.api.down.clear()
    chat.page.locator("coproduction-chat[ready] >> .chat[lang=cy]").wait_for(timeout=8000)


def test_the_page_shows_the_numbers_when_its_script_does_not_run(chat: Chat) -> None:
    chat.api.down.add("widget")
    chat.page.goto(chat.api.url)
    expect(chat.page.get_by_role("link", name="116 123")).to_be_visible()
