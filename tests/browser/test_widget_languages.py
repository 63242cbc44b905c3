"""The interface in another language, around messages in English; and from right to left."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.fake_api import CATALOGUES, STRINGS
from tests.browser.person import Chat


@pytest.mark.parametrize("lang", sorted(CATALOGUES))
def test_every_catalogue_has_the_same_keys_and_placeholders(lang: str) -> None:
    assert CATALOGUES[lang].keys() == STRINGS.keys()
    for key, english in STRINGS.items():
        assert set(re.findall(r"\{\w+\}", str(CATALOGUES[lang][key]))) == set(re.findall(r"\{\w+\}", english)), key
    assert CATALOGUES[lang]["language"] == lang
    assert {key: CATALOGUES[lang][key] for key in STRINGS if key.startswith("say_")} == {
        key: value for key, value in STRINGS.items() if key.startswith("say_")
    }, "what the assistant is sent is English"


def test_the_address_can_ask_for_welsh(chat: Chat) -> None:
    chat.open("/?lang=cy")
    expect(chat.button("Help nawr")).to_be_visible()
    expect(chat.page.locator("html")).to_have_attribute("lang", "cy")
    expect(chat.page.locator(".chat")).to_have_attribute("lang", "cy")
    hello = chat.message("Hello. I help").locator(".words")
    expect(hello).to_have_attribute("lang", "en")
    expect(chat.button("Keep my answers")).to_have_attribute("lang", "en")
    expect(chat.message("Eich dewis chi yw hwn")).to_be_visible()


def test_a_marked_choice_says_so_in_the_language_of_the_interface(chat: Chat) -> None:
    chat.open("/?lang=cy")
    chat.page.get_by_role("button", name="Keep my answers", exact=True).click()
    mark = chat.page.locator(".mark-chosen")
    expect(mark).to_have_text("Eich dewis ")
    expect(mark).to_have_attribute("lang", "cy")


def test_a_person_changes_the_language_and_nothing_is_lost(chat: Chat) -> None:
    chat.agree()
    chat.field.fill("half a thought")
    chat.press("Menu")
    chat.page.get_by_label("Cymraeg", exact=True).check()
    expect(chat.page.get_by_role("heading", name="Dewislen")).to_be_visible()
    chat.until(lambda: "lang" in chat.page.evaluate("document.querySelector('coproduction-chat').shadowRoot.activeElement?.name ?? ''"))
    chat.page.keyboard.press("Escape")
    expect(chat.page.get_by_label("Eich neges", exact=True)).to_have_value("half a thought")
    expect(chat.message("Do people know what this is for?")).to_be_visible()
    chat.page.reload()
    expect(chat.button("Dewislen")).to_be_visible()


def test_the_menu_sends_what_the_assistant_understands(chat: Chat) -> None:
    chat.agree()
    chat.open("/?lang=cy")
    chat.press("Dewislen")
    chat.press("Saib")
    chat.until(lambda: bool(chat.api.sent()) and chat.api.sent()[-1].get("text") == "Pause")


def test_the_screen_reader_hears_which_words_are_english(chat: Chat) -> None:
    chat.page.add_init_script("window.langs = []; setInterval(() => { for (const each of document.querySelector('coproduction-chat')"
                              "?.shadowRoot?.querySelectorAll('[aria-live] span') ?? []) langs.push(each.lang); }, 20)")  # fmt: skip
    chat.open("/?lang=cy")
    chat.until(lambda: "Dywedodd yr hwylusydd: Hello. I help people get ready to work together." in chat.said())
    chat.until(lambda: "en" in chat.page.evaluate("langs"))
