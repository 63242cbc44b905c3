"""Talking: choices, typing, the live region, the keyboard, what happens as messages come."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.fake_api import ITEMS, RATINGS
from tests.browser.person import Chat

SLOW = "Writing an answer."  # said on a busy machine; see below


def test_the_page_greets_and_asks_the_first_question(chat: Chat) -> None:
    chat.begin()
    expect(chat.messages).to_have_count(2)
    expect(chat.page.get_by_role("heading", level=1)).to_have_text("Co-production facilitator")
    expect(chat.page).to_have_title("Co-production facilitator")
    expect(chat.message("Getting ready")).to_have_count(0)


def test_a_choice_pressed_is_marked_and_the_others_fold_away(chat: Chat) -> None:
    chat.begin()
    chat.press("Keep my answers")
    expect(chat.page.get_by_role("button", name="You chose Keep my answers", pressed=True)).to_be_visible()
    expect(chat.button("Talk without keeping")).to_be_hidden()
    chat.button("I use services").wait_for()
    assert chat.api.sent()[0].keys() == {"client_message_id", "choice"}


def test_a_double_click_sends_once(chat: Chat) -> None:
    chat.begin()
    chat.api.delay = 0.2
    chat.button("Keep my answers").dblclick()
    chat.button("I use services").wait_for()
    assert len(chat.api.sent()) == 1


def test_send_pressed_twice_sends_once(chat: Chat) -> None:
    chat.begin()
    chat.field.fill("keep my answers")
    chat.button("Send").dblclick()
    chat.button("I use services").wait_for()
    assert len(chat.api.sent()) == 1
    expect(chat.error).to_be_hidden()


def test_what_is_typed_is_shown_as_text_and_never_as_markup(chat: Chat) -> None:
    chat.agree()
    chat.type("<img src=x onerror=alert(1)> <b>hello</b>")
    expect(chat.page.locator("article.person").last).to_contain_text("<b>hello</b>")
    assert chat.page.locator("article img, article b").count() == 0


def test_lists_and_paragraphs_are_what_they_look_like(chat: Chat) -> None:
    chat.agree()
    chat.api.say(chat.api.only, "summary", "Here it is.\n\nIn place:\n- fares\n- lunch\n\nNot yet:\n- dates\n\nThank you\nfor this.")
    chat.page.reload()
    summary = chat.page.locator("article.summary .words")
    assert summary.evaluate("(node) => [...node.children].map((each) => `${each.localName} ${each.textContent}`)") == [
        "p Here it is.", "p In place:", "ul fareslunch", "p Not yet:", "ul dates", "p Thank you\nfor this.",
    ]  # fmt: skip


def test_enter_sends_and_shift_enter_starts_a_line(chat: Chat) -> None:
    chat.agree()
    chat.field.press_sequentially("one")
    chat.field.press("Shift+Enter")
    chat.field.press_sequentially("two")
    chat.field.press("Enter")
    expect(chat.page.locator("article.person").last).to_contain_text("one\ntwo")
    chat.until(lambda: chat.api.sent()[-1].get("text") == "one\ntwo")
    expect(chat.field).to_have_value("")


def test_an_empty_message_gets_an_error_tied_to_the_field(chat: Chat) -> None:
    chat.begin()
    chat.press("Send")
    expect(chat.field).to_have_attribute("aria-invalid", "true")
    expect(chat.field).to_have_accessible_description(re.compile("Write something first"))
    expect(chat.field).to_be_focused()
    chat.field.press_sequentially("k")
    expect(chat.error).to_be_hidden()
    expect(chat.field).to_have_attribute("aria-invalid", "false")


def test_every_choice_can_be_typed_instead(chat: Chat) -> None:
    chat.agree()
    chat.type("partly")
    expect(chat.last).to_contain_text("Would you like to say more?")
    assert chat.api.only.answers == {0: "Partly"}


def test_sources_open_in_place_and_links_say_they_open_a_tab(chat: Chat) -> None:
    chat.agree()
    chat.type("Will I get paid for coming?")
    chat.page.get_by_text("Where this comes from").click()
    link = chat.page.get_by_role("link", name="Embedding co-production (NDTi, 2016) (opens in a new tab)")
    expect(link).to_be_visible()
    expect(link).to_have_attribute("rel", "noopener noreferrer")
    expect(chat.last).to_contain_text(ITEMS[0])


def test_what_an_answer_offers_can_be_pressed_beside_the_question_that_follows(chat: Chat) -> None:
    chat.agree()
    chat.type("Will I get paid for coming?")
    chat.message("Many groups pay").wait_for()
    expect(chat.page.get_by_role("group", name="More about this").get_by_role("button", name="Tell me more")).to_be_visible()
    expect(chat.button("Partly")).to_be_visible()
    chat.press("Tell me more")
    chat.message("Ask for the offer in writing").wait_for()
    expect(chat.page.get_by_role("button", name="You chose Tell me more", pressed=True)).to_be_visible()
    expect(chat.button("Partly")).to_have_count(1)
    chat.press("Partly")
    chat.button("No comment").wait_for()


def test_what_an_answer_offers_goes_when_the_person_goes_on_and_stays_gone_after_a_reload(chat: Chat) -> None:
    chat.agree()
    chat.type("Will I get paid for coming?")
    chat.button("Tell me more").wait_for()
    chat.page.reload()
    chat.button("Tell me more").wait_for()
    expect(chat.button("Partly")).to_have_count(1)
    chat.press("Partly")
    chat.button("No comment").wait_for()
    for _ in range(2):
        expect(chat.button("Tell me more")).to_have_count(0)
        expect(chat.button("No comment")).to_be_visible()
        chat.page.reload()
        chat.button("No comment").wait_for()


def test_progress_is_shown_in_words_and_read_out_when_it_changes(chat: Chat) -> None:
    chat.agree()
    expect(chat.page.get_by_role("progressbar", name="Before the activity: 0 of 5")).to_be_visible()
    chat.press("Yes")
    expect(chat.page.get_by_role("progressbar", name="Before the activity: 1 of 5")).to_be_visible()
    assert chat.said().count("1 of 5 questions done.") == 1


# Hearing it


def test_each_message_is_read_out_once_with_its_choices(chat: Chat) -> None:
    chat.begin()
    assert [line for line in chat.said() if "said" in line] == [
        "Facilitator said: Hello. I help people get ready to work together.",
        "Facilitator said: May I keep your answers? You can choose: Keep my answers, Talk without keeping.",
    ]
    chat.press("Keep my answers")
    chat.button("I use services").wait_for()
    assert [line for line in chat.said()[2:] if line != SLOW] == [
        "You chose Keep my answers",
        "Facilitator said: Which of these is nearest to you? You can choose: I use services, I am a carer, I am staff.",
    ]


def test_the_live_region_is_there_from_the_start_apart_from_the_messages_and_empties_itself(chat: Chat) -> None:
    chat.page.clock.install()
    chat.begin()
    region = chat.page.locator("[aria-live=polite]")
    expect(region).to_have_count(1)
    assert chat.page.locator(".scroll [aria-live], .scroll [role=log]").count() == 0
    assert chat.page.locator(".scroll").get_attribute("role") is None
    expect(region.locator("p")).to_have_count(2)
    chat.page.clock.fast_forward(8000)
    expect(region.locator("p")).to_have_count(0)


def test_the_page_read_in_order_makes_sense(chat: Chat) -> None:
    """The accessibility tree of a talk with a choice, a question, an answer with its source opened, a rating and a comment."""
    chat.page.clock.install()
    chat.agree()
    chat.type("Will I get paid for coming?")
    chat.page.get_by_text("Where this comes from").click()
    chat.press("Partly")
    chat.button("No comment").wait_for()
    chat.type("it was rushed")
    chat.message(ITEMS[1]).wait_for()
    chat.page.clock.fast_forward(8000)
    ratings = "\n".join(f'        - button "{title}"' for title in RATINGS)
    seen = chat.page.locator("main").aria_snapshot()
    assert seen == (
        """\
- main:
  - heading "Co-production facilitator" [level=1]
  - paragraph: From Anytown NHS Trust
  - button "Help now"
  - button "Menu"
  - button "Quick exit"
  - text: "Before the activity: 1 of 5"
  - 'progressbar "Before the activity: 1 of 5"'
  - region "Your chat":
    - article "Facilitator said":
      - paragraph: Hello. I help people get ready to work together.
    - article "Facilitator said":
      - paragraph: May I keep your answers?
      - group "Choose an answer":
        - button "You chose Keep my answers" [disabled] [pressed]
    - article "Facilitator said":
      - paragraph: Which of these is nearest to you?
      - group "Choose an answer":
        - button "You chose I use services" [disabled] [pressed]
    - article "Facilitator said":
      - paragraph: Do people know what this is for?
    - article "You said":
      - paragraph: Will I get paid for coming?
    - article "Facilitator said":
      - paragraph: Many groups pay people for their time.
      - group:
        - text: Where this comes from
        - list:
          - listitem:
            - link "Embedding co-production (NDTi, 2016) (opens in a new tab)":
              - /url: https://www.ndti.org.uk/
            - text: "Step 2: Payment"
    - article "Facilitator said":
      - paragraph: Do people know what this is for?
      - group "Choose an answer":
        - button "You chose Partly" [disabled] [pressed]
    - article "Facilitator said":
      - paragraph: Would you like to say more?
    - article "You said":
      - paragraph: it was rushed
    - article "Facilitator said":
      - paragraph: Do people know what they will be paid, when, and how?
      - group "Choose an answer":
"""
        + ratings
        + """
  - text: Your message
  - textbox "Your message"
  - button "Send"
  - paragraph: Press Enter to send. Press Shift and Enter for a new line."""
    )
    assert [line for line in chat.said() if line != SLOW] == [
        "Facilitator said: Hello. I help people get ready to work together.",
        "Facilitator said: May I keep your answers? You can choose: Keep my answers, Talk without keeping.",
        "You chose Keep my answers",
        "Facilitator said: Which of these is nearest to you? You can choose: I use services, I am a carer, I am staff.",
        "You chose I use services",
        f"Facilitator said: {ITEMS[0]} You can choose: {', '.join(RATINGS)}.",
        "Facilitator said: Many groups pay people for their time. You can choose: Tell me more.",
        f"Facilitator said: {ITEMS[0]} You can choose: {', '.join(RATINGS)}.",
        "You chose Partly",
        "Facilitator said: Would you like to say more? You can choose: No comment.",
        "1 of 5 questions done.",
        f"Facilitator said: {ITEMS[1]} You can choose: {', '.join(RATINGS)}.",
    ]


def test_writing_is_read_out_once_for_each_wait(chat: Chat) -> None:
    chat.begin()
    chat.api.delay = 1.2
    chat.press("Keep my answers")
    chat.page.get_by_text("Writing an answer.").locator("visible=true").first.wait_for()
    chat.button("I use services").wait_for()
    assert chat.said().count("Writing an answer.") == 1
    expect(chat.page.locator(".writing")).to_be_hidden()


def test_a_quick_answer_shows_no_writing_sign(chat: Chat) -> None:
    chat.agree()
    assert "Writing an answer." not in chat.said()


def test_what_comes_while_the_menu_is_open_is_read_out_when_it_closes(chat: Chat) -> None:
    chat.begin()
    chat.api.delay = 0.8
    chat.press("Keep my answers")
    chat.press("Menu")
    chat.message("Which of these is nearest to you?").wait_for(state="attached")
    assert not any("nearest" in line for line in chat.said())
    chat.press("Close")
    chat.until(lambda: chat.page.evaluate("window.said.some((line) => line.includes('nearest'))"))


# Focus and keys


def test_focus_stays_on_the_choice_that_was_pressed(chat: Chat) -> None:
    chat.begin()
    chat.button("Keep my answers").focus()
    chat.page.keyboard.press("Enter")
    chat.button("I use services").wait_for()
    assert "You chose Keep my answers" in chat.focused()
    chat.page.keyboard.press("Tab")
    assert chat.focused().startswith("button I use services") or "I use services" in chat.focused()


def test_focus_stays_in_the_field_when_an_answer_comes(chat: Chat) -> None:
    chat.agree()
    chat.type("yes")
    chat.field.focus()
    chat.button("No comment").wait_for()
    expect(chat.field).to_be_focused()


def test_arrow_keys_move_through_messages_and_escape_goes_to_the_field(chat: Chat) -> None:
    chat.agree()
    chat.last.focus()
    assert ITEMS[0] in chat.focused()
    chat.page.keyboard.press("ArrowUp")
    assert "Which of these" in chat.focused()
    chat.page.keyboard.press("Home")
    assert chat.focused().startswith("article Facilitator said")
    assert "Hello" in chat.focused()
    chat.page.keyboard.press("ArrowUp")
    assert "Hello" in chat.focused()
    chat.page.keyboard.press("End")
    assert ITEMS[0] in chat.focused()
    chat.page.keyboard.press("ArrowDown")
    assert ITEMS[0] in chat.focused()
    chat.page.keyboard.press("Escape")
    expect(chat.field).to_be_focused()


def test_tab_meets_one_message_only(chat: Chat) -> None:
    chat.agree()
    assert chat.page.locator("article[tabindex='0']").count() == 1
    chat.last.focus()
    chat.page.keyboard.press("ArrowUp")
    assert chat.page.locator("article[tabindex='0']").count() == 1


@pytest.mark.parametrize("opener", ["Menu", "Help now"])
def test_escape_closes_a_sheet_and_focus_goes_back(chat: Chat, opener: str) -> None:
    chat.begin()
    chat.button(opener).focus()
    chat.page.keyboard.press("Enter")
    expect(chat.page.get_by_role("dialog")).to_be_visible()
    chat.page.keyboard.press("Escape")
    expect(chat.page.get_by_role("dialog")).to_be_hidden()
    expect(chat.button(opener)).to_be_focused()


def test_keyboard_alone_does_the_before_stage(chat: Chat) -> None:
    chat.open()
    keys = chat.page.keyboard

    def go_to(name: str, back: bool = False) -> None:
        for _ in range(40):
            if name in chat.focused():
                return
            keys.press("Shift+Tab" if back else "Tab")
        raise AssertionError(f"Tab never reached {name}: at {chat.focused()}")

    def press(name: str) -> None:
        chat.button(name).last.wait_for()
        go_to(f"button {name}")
        keys.press("Enter")

    def write(words: str) -> None:
        go_to("textarea")
        keys.type(words)
        keys.press("Enter")

    press("Keep my answers")
    press("I use services")
    chat.button("Does not apply").wait_for()
    write("will I get paid for coming?")
    chat.message("Many groups pay people").wait_for()
    write("partly")
    chat.button("No comment").wait_for()
    write("We have not talked about it")
    expect(chat.last).to_contain_text(ITEMS[1])
    write("Pause")
    chat.button("Carry on").wait_for()
    go_to("Menu", back=True)
    keys.press("Enter")
    go_to("Change an answer")
    keys.press("Enter")
    expect(chat.last).to_contain_text(ITEMS[0])
    expect(chat.button("Menu")).to_be_focused()
    for _ in ITEMS:
        write("yes")
        chat.button("No comment").last.wait_for()
        write("no comment")
        expect(chat.last).not_to_contain_text("say more")
    expect(chat.last).to_contain_text("What you said")
    assert chat.api.only.answers[0] == "Yes"
    assert len(chat.api.only.answers) == 5


# New messages and scrolling


def test_reading_older_messages_is_not_interrupted(chat: Chat) -> None:
    chat.agree()
    chat.type("many")
    chat.message("Line 7.").wait_for()
    chat.api.delay = 0.4
    chat.type("will I get paid?")
    scroller = chat.page.locator(".scroll")
    scroller.evaluate("(node) => { node.scrollTop = 0; }")
    new = chat.button("New message")
    new.wait_for()
    assert scroller.evaluate("(node) => node.scrollTop") == 0
    new.click()
    expect(new).to_be_hidden()
    assert "Many groups pay" in chat.focused()


def test_a_long_answer_starts_at_its_first_line(chat: Chat) -> None:
    chat.agree()
    chat.type("many")
    first = chat.page.locator("article", has_text="Line 0.")
    first.wait_for()
    expect(first).to_be_in_viewport()


@pytest.mark.browser(viewport={"width": 320, "height": 560})
def test_a_welcome_a_little_longer_than_the_screen_starts_at_its_first_line(chat: Chat) -> None:
    chat.page.goto(f"{chat.api.url}/demo?state=welcome")
    chat.page.locator("html[data-shown]").wait_for()
    top = chat.page.locator("article").first.evaluate(
        "(node) => node.getBoundingClientRect().top - node.closest('.scroll').getBoundingClientRect().top"
    )
    assert top >= 0
    expect(chat.button("Talk without keeping")).not_to_be_in_viewport(ratio=1)


def test_embedded_messages_never_scroll_the_page_around_them(page: Page, chat: Chat) -> None:
    page.goto(f"{chat.api.url}/other-site")
    page.evaluate(
        "document.body.insertAdjacentHTML('afterbegin', '<main></main>');"
        "const style = new CSSStyleSheet(); style.replaceSync('main{padding:100vh 0}'); document.adoptedStyleSheets=[style];"
        "document.querySelector('coproduction-chat').remove();"
        "document.querySelector('main').append(document.createElement('coproduction-chat'));"
    )
    chat.button("Keep my answers").wait_for(state="attached")
    assert page.evaluate("scrollY") == 0


# On another site


def test_one_line_on_another_site_is_enough(page: Page, chat: Chat) -> None:
    page.goto(f"{chat.api.url}/other-site")
    chat.button("Open chat").click()
    chat.button("Keep my answers").wait_for()
    assert "Co-production facilitator" in chat.focused()
    chat.press("Keep my answers")
    chat.button("I am a carer").wait_for()
    chat.field.focus()
    page.keyboard.press("Escape")
    expect(chat.button("Open chat")).to_be_focused()
    expect(chat.field).to_be_hidden()
    chat.button("Open chat").click()
    assert len(chat.api.conversations) == 1


def test_nothing_is_asked_of_the_server_about_a_person_until_the_chat_is_opened(page: Page, chat: Chat) -> None:
    page.goto(f"{chat.api.url}/other-site")
    chat.button("Open chat").wait_for()
    assert not chat.api.conversations


def test_taking_the_element_off_the_page_leaves_nothing_running(page: Page, chat: Chat) -> None:
    chat.begin()
    page.evaluate("window.kept = document.querySelector('coproduction-chat'); kept.remove()")
    before = len(chat.api.requests)
    page.evaluate("dispatchEvent(new Event('online')); document.dispatchEvent(new Event('visibilitychange'))")
    page.wait_for_timeout(100)
    assert len(chat.api.requests) == before
    assert page.evaluate("kept.shadowRoot.childElementCount") == 0
    page.evaluate("document.querySelector('main').append(kept)")
    chat.button("Keep my answers").wait_for()
    assert len(chat.api.conversations) == 1


def test_the_join_code_of_the_page_goes_to_the_server(chat: Chat) -> None:
    chat.open("/join/ABC123")
    chat.button("Keep my answers").wait_for()
    assert chat.api.only.code == "ABC123"


def test_a_wrong_join_code_says_so_and_lets_the_person_go_on(chat: Chat) -> None:
    chat.open("/join/NOPE")
    chat.message("We do not know that code.").wait_for()
    chat.press("Start without the code")
    chat.button("Keep my answers").wait_for()
    assert chat.api.only.code is None
