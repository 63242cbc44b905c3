"""For people who keep their answers: summaries to take away, chats of several activities, a choice still marked after a reload."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.person import Chat


@pytest.mark.parametrize(("item", "form"), [("Download my summary (Word)", "docx"), ("Download my summary (text)", "txt")])
def test_a_summary_is_downloaded(chat: Chat, item: str, form: str) -> None:
    chat.agree()
    chat.press("Menu")
    with chat.page.expect_download() as download:
        chat.press(item)
    assert download.value.suggested_filename == f"my-summary.{form}"
    expect(chat.message("It is saved with your downloads.")).to_be_visible()


def test_a_summary_opens_to_be_printed_with_its_own_style(chat: Chat) -> None:
    chat.page.context.add_init_script("window.print = () => { window.printed = true; }")
    chat.agree()
    chat.press("Menu")
    with chat.page.expect_popup() as opened:
        chat.press("Print my summary")
    page = opened.value
    page.get_by_role("heading", name="My summary").wait_for()
    assert page.locator("p").evaluate("(node) => getComputedStyle(node).color") == "rgb(1, 2, 3)"
    chat.page.evaluate("document.querySelector('coproduction-chat').setAttribute('exit-url', '/elsewhere')")
    with page.expect_event("close"):
        chat.press("Quick exit")


def test_what_went_wrong_is_said_in_the_menu(chat: Chat) -> None:
    chat.agree()
    chat.api.down.add("summary")
    chat.press("Menu")
    chat.press("Download my summary (Word)")
    expect(chat.page.get_by_role("dialog").get_by_role("alert").first).to_have_text("We cannot make it just now.")
    expect(chat.page.get_by_role("heading", name="Your answers")).to_be_visible()


def test_someone_who_keeps_nothing_is_offered_no_summary(chat: Chat) -> None:
    chat.begin()
    chat.press("Talk without keeping")
    chat.button("I am a carer").wait_for()
    chat.press("Menu")
    expect(chat.button("Download my answers")).to_be_visible()
    expect(chat.button("Print my summary")).to_be_hidden()


def keep(chat: Chat, path: str) -> None:
    chat.open(path)
    chat.press("Keep my answers")
    chat.button("I use services").wait_for()


def test_two_activities_stay_apart_and_the_menu_goes_from_one_to_the_other(chat: Chat) -> None:
    keep(chat, "/join/TREE42")
    chat.press("I use services")
    chat.button("Does not apply").wait_for()
    first = chat.api.only.token
    keep(chat, "/join/LAKE77")
    assert chat.api.linked == [None, f"Bearer {first}"], "the server is told that this is the same person"
    chat.press("Menu")
    chat.press("Redesigning the ward")
    chat.page.wait_for_url("**/join/TREE42")
    expect(chat.message("Do people know what this is for?")).to_be_visible()
    chat.press("Menu")
    expect(chat.button("A new crisis café")).to_be_visible()
    expect(chat.button("Redesigning the ward")).to_have_count(0)


def test_after_going_from_chat_to_chat_back_from_quick_exit_returns_to_neither(chat: Chat) -> None:
    keep(chat, "/join/TREE42")
    chat.page.goto(f"{chat.api.url}/elsewhere?first")
    keep(chat, "/join/LAKE77")
    chat.press("Menu")
    chat.press("Redesigning the ward")
    chat.page.wait_for_url("**/join/TREE42")
    chat.button("I use services").wait_for()
    chat.page.evaluate("document.querySelector('coproduction-chat').setAttribute('exit-url', '/elsewhere')")
    chat.press("Quick exit")
    chat.page.wait_for_url("**/elsewhere")
    chat.page.go_back()
    assert chat.page.url.endswith("?first")


def test_a_chat_that_is_not_kept_is_not_offered(chat: Chat) -> None:
    chat.open("/join/TREE42")
    chat.press("Talk without keeping")
    chat.button("I am a carer").wait_for()
    keep(chat, "/join/LAKE77")
    chat.press("Menu")
    expect(chat.page.get_by_text("Your other chats:")).to_be_hidden()
    assert chat.api.linked == [None, None]


def test_the_yes_to_keeping_is_still_marked_after_a_reload(chat: Chat) -> None:
    chat.agree()
    chat.page.reload()
    chat.button("Does not apply").wait_for()
    marked = chat.page.locator('button[aria-pressed="true"]')
    expect(marked).to_have_text(["You chose Keep my answers", "You chose I use services"])
    assert chat.page.locator("article.person").count() == 0
