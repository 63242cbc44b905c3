"""How it looks and sounds: the person's own choices, and what their device asks for."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.fake_api import STRINGS
from tests.browser.person import Chat

SPEECH = """
window.spoken = [];
Object.defineProperty(window, 'speechSynthesis', { value: {
  getVoices: () => window.voices,
  cancel: () => window.spoken.push('(hush)'),
  speak: ({ text, voice }) => window.spoken.push(`${voice.name}: ${text}`),
} });
window.SpeechSynthesisUtterance = class { constructor(text) { this.text = text; } };
window.voices = [{ name: 'Far', lang: 'en-GB', localService: false }, { name: 'Near', lang: 'en-GB', localService: true }];
"""
LISTENING = """
window.SpeechRecognition = class {
  start() { window.listener = this; }
  stop() { this.onend(); }
  hear(transcript) { const result = [{ transcript }]; result.isFinal = true; this.onresult({ resultIndex: 0, results: [result] }); }
};
"""


def choose(chat: Chat, *labels: str) -> None:
    chat.press("Menu")
    for label in labels:
        chat.page.get_by_role("dialog").get_by_text(label, exact=True).click()
    chat.press("Close")


def font_size(page: Page) -> float:
    return float(page.locator(".words").first.evaluate("(node) => parseFloat(getComputedStyle(node).fontSize)"))


def test_text_size_grows_stays_after_a_reload_and_moves_everything(chat: Chat) -> None:
    chat.agree()
    assert font_size(chat.page) == 19
    choose(chat, "Largest")
    assert font_size(chat.page) == 30
    assert chat.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    chat.page.reload()
    chat.button("Does not apply").wait_for()
    assert font_size(chat.page) == 30


@pytest.mark.browser(viewport={"width": 320, "height": 640})
def test_text_is_seventeen_pixels_on_a_phone(chat: Chat) -> None:
    chat.begin()
    assert font_size(chat.page) == 17


def test_the_style_of_the_page_around_does_not_leak_in(page: Page, chat: Chat) -> None:
    page.goto(f"{chat.api.url}/other-site")
    page.evaluate(
        "const style = new CSSStyleSheet(); style.replaceSync("
        "'html{font-size:62.5%} body{text-transform:uppercase;color:red;letter-spacing:1em} button{display:none}');"
        "document.adoptedStyleSheets=[style];"
    )
    chat.button("Open chat").click()
    words = page.locator(".words p").first
    # asked again until it holds: what the server sends may take the place of the very paragraph that is looked at
    expect(words).to_have_css("text-transform", "none")
    expect(words).to_have_css("letter-spacing", "normal")
    assert font_size(page) == 17


def test_the_page_around_can_theme_the_chat(page: Page, chat: Chat) -> None:
    chat.begin()
    page.evaluate(
        "const style = new CSSStyleSheet(); style.replaceSync('coproduction-chat{--cp-accent:rgb(120, 0, 120)}');"
        "document.adoptedStyleSheets=[style];"
    )
    assert chat.button("Send").evaluate("(node) => getComputedStyle(node).backgroundColor") == "rgb(120, 0, 120)"


def test_dark_can_be_chosen_on_a_light_device_and_undone(chat: Chat) -> None:
    chat.begin()
    paper = "(node) => getComputedStyle(node).backgroundColor"
    light = chat.page.locator(".chat").evaluate(paper)
    choose(chat, "Dark")
    assert chat.page.locator(".chat").evaluate(paper) != light
    choose(chat, "Same as my device")
    assert chat.page.locator(".chat").evaluate(paper) == light


@pytest.mark.browser(color_scheme="dark")
def test_light_can_be_chosen_on_a_dark_device(chat: Chat) -> None:
    chat.begin()
    dark = chat.page.locator(".chat").evaluate("(node) => getComputedStyle(node).backgroundColor")
    choose(chat, "Light")
    assert chat.page.locator(".chat").evaluate("(node) => getComputedStyle(node).backgroundColor") != dark


def test_more_space_meets_the_text_spacing_values(chat: Chat) -> None:
    chat.begin()
    choose(chat, "More space")
    values = chat.page.locator(".words p").first.evaluate(
        "(node) => { const s = getComputedStyle(node); const em = parseFloat(s.fontSize);"
        " return [parseFloat(s.lineHeight) / em, parseFloat(s.letterSpacing) / em, parseFloat(s.wordSpacing) / em]; }"
    )
    assert values[0] >= 1.5
    assert values[1] >= 0.12
    assert values[2] >= 0.16


def test_calm_view_shows_one_question_at_a_time(chat: Chat) -> None:
    chat.agree()
    choose(chat, "Calm view")
    chat.press("Yes")
    chat.button("No comment").wait_for()
    texts = chat.messages.all_inner_texts()
    assert len(texts) == 2
    assert "You chose Yes" in texts[0]
    assert "say more" in texts[1]
    chat.last.focus()
    chat.page.keyboard.press("Home")
    assert "You chose Yes" in chat.focused()


def test_simple_words_are_asked_for_now_and_in_later_chats(chat: Chat) -> None:
    chat.agree()
    choose(chat, "Simple words")
    expect(chat.page.get_by_role("dialog")).to_be_hidden()
    chat.until(lambda: ("PATCH", f"/chat/conversations/{chat.api.only.id}", {"simple": True}) in chat.api.requests)
    chat.page.evaluate("localStorage.removeItem('coproduction-chat')")
    chat.page.reload()
    chat.button("Keep my answers").wait_for()
    assert ("POST", "/chat/conversations", {"lang": "en", "simple": True}) in chat.api.requests


def test_read_aloud_is_off_until_chosen_and_uses_a_voice_on_the_device(chat: Chat) -> None:
    chat.page.add_init_script(SPEECH)
    chat.begin()
    assert chat.page.evaluate("spoken") == []
    choose(chat, "Read aloud")
    chat.press("Keep my answers")
    chat.button("I use services").wait_for()
    chat.until(lambda: chat.page.evaluate("spoken.at(-1) !== '(hush)'"))
    assert chat.page.evaluate("spoken.filter((line) => line !== '(hush)')") == [
        "Near: Which of these is nearest to you? I use services. I am a carer. I am staff."
    ]


def test_read_aloud_has_no_signs_and_no_links_in_it(chat: Chat) -> None:
    chat.page.add_init_script(SPEECH)
    chat.agree()
    choose(chat, "Read aloud")
    chat.type("Will I get paid for coming?")
    chat.message("Many groups pay").wait_for()
    chat.press("Yes")
    chat.until(lambda: chat.page.evaluate("spoken.some((line) => line.includes('more'))"))
    chat.api.say(chat.api.only, "summary", "What you said\n\nIn place:\n- fares\n- lunch")
    looks = "document.dispatchEvent(new Event('visibilitychange'))"
    chat.until(lambda: chat.page.evaluate(f"{looks}; spoken.some((line) => line.includes('fares'))"))
    heard = "\n".join(chat.page.evaluate("spoken"))
    assert "Near: Many groups pay people for their time. Tell me more.\n" in heard
    assert "Near: What you said. In place: fares. lunch." in heard
    assert "http" not in heard and "NDTi" not in heard and "- " not in heard


def test_read_aloud_waits_for_the_voices_to_come(chat: Chat) -> None:
    late = "window.come = window.voices; window.voices = [];"
    late += "speechSynthesis.addEventListener = (name, done) => { window.arrive = () => { window.voices = window.come; done(); }; };"
    chat.page.add_init_script(SPEECH + late)
    chat.begin()
    choose(chat, "Read aloud")
    chat.press("Keep my answers")
    chat.until(lambda: chat.page.evaluate("window.arrive !== undefined"))
    assert chat.page.evaluate("spoken.filter((line) => line !== '(hush)')") == []
    chat.page.evaluate("arrive()")
    chat.until(lambda: chat.page.evaluate("spoken.some((line) => line.startsWith('Near: Which of these'))"))


def test_read_aloud_says_so_when_there_is_no_voice_on_the_device(chat: Chat) -> None:
    chat.page.add_init_script(SPEECH + "window.voices = window.voices.slice(0, 1);")
    chat.begin()
    choose(chat, "Read aloud")
    chat.press("Keep my answers")
    chat.message("read aloud is off").wait_for()
    chat.press("Menu")
    expect(chat.page.get_by_label("Read aloud")).not_to_be_checked()


def test_speaking_puts_words_in_the_box_and_sends_nothing(chat: Chat) -> None:
    chat.page.add_init_script(LISTENING)
    chat.begin()
    expect(chat.button("Speak")).to_be_hidden()
    choose(chat, "Speak, not type")
    chat.press("Speak")
    expect(chat.page.locator(".status")).to_contain_text("Listening.")
    chat.page.evaluate("listener.hear(' keep my '); listener.hear('answers')")
    expect(chat.field).to_have_value("keep my answers")
    chat.press("Stop listening")
    expect(chat.button("Speak")).to_be_visible()
    assert not chat.api.sent()


def test_speaking_that_fails_says_so(chat: Chat) -> None:
    chat.page.add_init_script(LISTENING)
    chat.begin()
    choose(chat, "Speak, not type")
    chat.press("Speak")
    expect(chat.page.locator(".status")).to_contain_text("Listening.")
    chat.page.evaluate("listener.onerror(); listener.onend()")
    expect(chat.error).to_contain_text("We could not hear you.")


def test_a_summary_prints_on_its_own(chat: Chat) -> None:
    chat.page.add_init_script("window.print = () => { window.printed = true; };")
    chat.page.goto(f"{chat.api.url}/demo?state=summary")
    chat.press("Print this summary")
    assert chat.page.evaluate("printed")
    chat.page.emulate_media(media="print")
    expect(chat.messages).to_have_count(1)
    expect(chat.messages).to_contain_text("What you could do next")
    edges = "(node) => node.getBoundingClientRect().left"
    assert chat.messages.evaluate(edges) == pytest.approx(chat.page.locator(".brand").evaluate(edges), abs=1)
    expect(chat.field).to_be_hidden()
    chat.page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert chat.messages.count() > 1


def test_nothing_moves_when_less_motion_is_asked_for(chat: Chat) -> None:
    chat.page.goto(f"{chat.api.url}/demo?state=writing")
    writing = chat.page.locator(".writing")
    writing.wait_for()
    assert writing.evaluate("(node) => getComputedStyle(node).animationName") == "none"


@pytest.mark.browser(reduced_motion="no-preference")
def test_what_moves_stops_within_five_seconds(chat: Chat) -> None:
    chat.page.goto(f"{chat.api.url}/demo?state=writing")
    writing = chat.page.locator(".writing")
    writing.wait_for()
    seconds = writing.evaluate("(node) => parseFloat(getComputedStyle(node).animationDuration)")
    times = writing.evaluate("(node) => parseFloat(getComputedStyle(node).animationIterationCount)")
    assert 0 < seconds * times <= 5


def test_the_organisations_own_pages_are_in_the_menu_where_it_has_named_them(chat: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
    links = chat.page.get_by_role("dialog").get_by_role("link")
    chat.begin()
    chat.press("Menu")
    expect(links).to_have_count(0)
    monkeypatch.setitem(STRINGS, "privacy_url", "https://trust.example/privacy")
    monkeypatch.setitem(STRINGS, "complaints_url", "javascript:alert(1)")
    chat.page.reload()
    chat.press("Menu")
    expect(links).to_have_count(1)
    expect(links).to_have_attribute("href", "https://trust.example/privacy")
    expect(links).to_have_accessible_name("How we look after what you tell us (opens in a new tab)")
