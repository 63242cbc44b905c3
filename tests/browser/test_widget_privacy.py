"""What stays on the device, what leaves it, and getting away."""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.person import Chat


def menu(chat: Chat, item: str) -> None:
    chat.press("Menu")
    chat.page.get_by_role("dialog").get_by_text(item, exact=True).click()


def test_a_chat_that_is_not_kept_stays_in_the_tab(chat: Chat) -> None:
    chat.begin()
    chat.press("Talk without keeping")
    chat.button("I use services").wait_for()
    stored = chat.stored()
    assert chat.api.only.token in stored["tab"]["coproduction-chat"]
    assert stored["device"] == {}


def test_a_chat_that_is_kept_moves_to_the_device(chat: Chat) -> None:
    chat.agree()
    stored = chat.stored()
    assert chat.api.only.token in stored["device"]["coproduction-chat"]
    assert "coproduction-chat" not in stored["tab"]


def test_nothing_that_was_said_is_stored_once_it_is_sent(chat: Chat) -> None:
    chat.agree()
    chat.type("a phrase nobody else would write")
    chat.message("I did not catch that.").wait_for()
    assert "a phrase nobody" not in json.dumps(chat.stored())


def test_words_that_are_deleted_leave_the_page_too(chat: Chat) -> None:
    chat.agree()
    chat.press("Partly")
    chat.type("a phrase nobody else would write")
    chat.message("paid").wait_for()
    chat.type("delete that")
    chat.message("I have deleted what you said.").wait_for()
    expect(chat.message("a phrase nobody else would write")).to_have_count(0)
    expect(chat.message("Do people know what this is for?")).to_have_count(1)  # what was asked stays, in its place and once
    expect(chat.message("I have deleted what you said.")).to_have_count(1)
    assert sum("I have deleted what you said." in line for line in chat.said()) == 1
    assert sum("Do people know what this is for?" in line for line in chat.said()) == 1  # what stayed is not read out again


def test_words_deleted_while_the_answer_was_slow_leave_the_page_too(chat: Chat) -> None:
    chat.agree()
    chat.press("Partly")
    chat.type("a phrase nobody else would write")
    chat.message("paid").wait_for()
    chat.api.next("wait")
    chat.type("delete that")
    chat.message("I am still waking up.").wait_for()
    chat.api.release()
    chat.message("I have deleted what you said.").wait_for()
    expect(chat.message("a phrase nobody else would write")).to_have_count(0)
    expect(chat.message("I have deleted what you said.")).to_have_count(1)


def test_deleted_words_go_at_the_next_try_when_the_page_cannot_be_read_anew_at_once(chat: Chat) -> None:
    chat.agree()
    chat.press("Partly")
    chat.type("a phrase nobody else would write")
    chat.message("paid").wait_for()
    chat.api.down.add("history")
    chat.type("delete that")
    chat.message("I have deleted what you said.").wait_for()
    expect(chat.message("Do people know what this is for?")).to_have_count(1)  # the page is not left empty
    chat.api.down.discard("history")
    expect(chat.message("a phrase nobody else would write")).to_have_count(0)
    expect(chat.message("I have deleted what you said.")).to_have_count(1)


def test_focus_on_a_button_that_deletes_goes_to_the_box(chat: Chat) -> None:
    chat.agree()
    chat.press("Partly")
    chat.type("a phrase nobody else would write")
    chat.message("paid").wait_for()
    chat.type("delete")
    chat.button("Delete that").focus()
    chat.page.keyboard.press("Enter")
    chat.message("I have deleted what you said.").wait_for()
    expect(chat.field).to_be_focused()


def test_a_kept_chat_opens_in_a_new_tab_and_an_unkept_one_does_not(chat: Chat, page: Page) -> None:
    chat.begin()
    other = Chat(page.context.new_page(), chat.api)
    other.begin()
    assert len(chat.api.conversations) == 2
    other.press("Keep my answers")
    other.button("I use services").wait_for()
    third = Chat(page.context.new_page(), chat.api).open()
    third.button("I use services").wait_for()
    assert len(chat.api.conversations) == 2


def test_an_unkept_chat_goes_on_after_a_reload_of_its_tab(chat: Chat) -> None:
    chat.begin()
    chat.press("Talk without keeping")
    chat.button("I use services").wait_for()
    chat.page.reload()
    chat.button("I use services").wait_for()
    assert len(chat.api.conversations) == 1


def test_each_join_code_has_its_own_chat(chat: Chat) -> None:
    for code in ["ONE", "TWO", "ONE"]:
        chat.open(f"/join/{code}")
        chat.messages.nth(1).wait_for()
        if chat.button("Keep my answers").count():
            chat.press("Keep my answers")
        chat.button("I use services").wait_for()
    assert sorted(str(c.code) for c in chat.api.conversations.values()) == ["ONE", "TWO"]


def test_quick_exit_leaves_nothing_of_an_unkept_chat_and_back_does_not_return(chat: Chat, page: Page) -> None:
    page.goto(f"{chat.api.url}/elsewhere?first")
    chat.open()
    page.evaluate("document.querySelector('coproduction-chat').setAttribute('exit-url', '/elsewhere')")
    chat.button("Keep my answers").wait_for()
    chat.field.fill("something private")
    chat.press("Quick exit")
    page.wait_for_url("**/elsewhere")
    assert chat.stored() == {"tab": {}, "device": {}}
    page.go_back()
    assert page.url.endswith("?first")


def test_quick_exit_hides_the_chat_at_once_even_if_the_next_page_is_slow(chat: Chat, page: Page) -> None:
    chat.agree()
    page.route("**/slow", lambda route: None)
    page.evaluate("document.querySelector('coproduction-chat').setAttribute('exit-url', '/slow')")
    left = page.evaluate("""() => {
      const { shadowRoot } = document.querySelector('coproduction-chat');
      shadowRoot.querySelector('.exit').click();
      const shown = [document.body.innerText.trim(), shadowRoot.querySelectorAll('article').length, document.title];
      return [...shown, localStorage['coproduction-chat']];
    }""")
    assert left[:3] == ["", 0, ""]
    assert chat.api.only.token in left[3]


def test_delete_asks_in_words_and_then_leaves_nothing(chat: Chat) -> None:
    chat.agree()
    menu(chat, "Delete my answers")
    expect(chat.page.get_by_text("We cannot bring it back.")).to_be_visible()
    chat.press("No, keep my answers")
    assert chat.api.conversations
    menu(chat, "Delete my answers")
    chat.press("Yes, delete my answers")
    chat.button("Start a new chat").wait_for()
    assert not chat.api.conversations
    assert "coproduction-chat" not in json.dumps(list(chat.stored()["device"]) + list(chat.stored()["tab"]))
    assert chat.said()[-1] == "Your answers are deleted. Nothing from this chat is left on this device."
    chat.press("Start a new chat")
    chat.button("Keep my answers").wait_for()


def test_delete_that_fails_says_so_and_keeps_the_chat(chat: Chat) -> None:
    chat.agree()
    chat.page.context.set_offline(True)
    menu(chat, "Delete my answers")
    chat.press("Yes, delete my answers")
    expect(chat.error).to_contain_text("We cannot reach the chat just now.")
    expect(chat.button("Does not apply")).to_be_visible()
    assert chat.stored()["device"]


def test_download_saves_a_file(chat: Chat) -> None:
    chat.agree()
    chat.press("Yes")
    chat.button("No comment").wait_for()
    with chat.page.expect_download() as download:
        menu(chat, "Download my answers")
    assert download.value.suggested_filename == "my-answers.json"
    assert json.loads(download.value.path().read_text()) == {"answers": {"0": "Yes"}}


def test_a_chat_can_be_taken_off_the_device_and_its_code_brings_it_back(chat: Chat) -> None:
    chat.agree()
    code = chat.api.resume_code(chat.api.only)
    chat.press("Menu")
    expect(chat.page.get_by_text(f"Your code to come back is {code}.")).to_be_visible()
    chat.page.get_by_text("Take this chat off this device").click()
    chat.press("Yes, take it off")
    chat.message("The chat is off this device.").wait_for()
    assert chat.stored()["device"] == {}
    chat.press("Start a new chat")
    chat.button("Keep my answers").wait_for()

    menu(chat, "I have a code")
    chat.press("Open my chat")
    field = chat.page.get_by_label("Your code", exact=True)
    expect(field).to_be_focused()
    expect(field).to_have_accessible_description(re.compile("Type or paste your code first."))
    field.fill("WRONG")
    chat.press("Open my chat")
    chat.page.get_by_text("That code does not work.").wait_for()
    field.fill(code)
    chat.press("Open my chat")
    expect(chat.page.get_by_role("dialog")).to_be_hidden()
    expect(chat.last).to_contain_text("Welcome back.")
    chat.button("Does not apply").wait_for()
    chat.until(lambda: chat.page.evaluate("window.said.some((line) => line.includes('Welcome back'))"))


@pytest.mark.parametrize("item", ["Summary", "Pause", "Change an answer", "Talk to a person", "Who sees this?"])
def test_menu_items_are_words_the_person_could_have_typed(chat: Chat, item: str) -> None:
    chat.agree()
    menu(chat, item)
    expect(chat.page.locator("article.person").last).to_contain_text(item)
    chat.until(lambda: chat.api.sent()[-1].get("text") == item)


def test_storage_that_is_blocked_costs_only_coming_back(chat: Chat) -> None:
    chat.page.add_init_script(
        "for (const name of ['localStorage', 'sessionStorage'])"
        " Object.defineProperty(window, name, { get() { throw new Error('blocked'); } });"
    )
    chat.agree()
    chat.press("Yes")
    chat.button("No comment").wait_for()


def test_the_page_asks_only_its_own_server(chat: Chat) -> None:
    asked: list[str] = []
    chat.page.on("request", lambda request: asked.append(request.url))
    chat.agree()
    assert asked
    assert all(url.startswith(chat.api.url) for url in asked)


def test_no_link_from_the_server_can_run_a_script(chat: Chat) -> None:
    chat.agree()
    bad = [{"title": "Bad", "section": "x", "url": "javascript:alert(1)"}]
    chat.api.say(chat.api.only, "answer", "An answer.", sources=bad)
    chat.page.reload()
    chat.page.get_by_text("Where this comes from").click()
    expect(chat.page.get_by_text("Bad", exact=True)).to_be_visible()
    assert chat.page.locator("article a").count() == 0
