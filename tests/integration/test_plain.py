"""The page without JavaScript: the same conversation, by forms and redirects."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from facilitator.storage.models import AnswerRow, ConversationRow, FlagRow, MessageRow
from tests.integration.plain import Browser, code_in, rows
from tests.integration.web import Running, running


async def test_a_person_walks_the_whole_quick_before_stage(site: Running, browser: Browser) -> None:
    await browser.begin()
    ratings = ("Yes", "Partly", "Not yet", "Not sure", "Does not apply")
    for number, rating in enumerate(ratings):
        await browser.choose(rating)
        if 'value="' in browser.html and "Nothing to add" in browser.text:
            await (browser.type(f"note {number}") if number == 1 else browser.choose("Nothing to add"))
    assert "That is the end of this part" in browser.text
    answers = [row for row in rows(site, AnswerRow) if row.superseded_at is None]
    assert [row.rating for row in answers] == ["yes", "partly", "not_yet", "not_sure", "not_applicable"]
    assert answers[1].comment == "note 1"


async def test_a_choice_is_picked_by_its_number(site: Running, browser: Browser) -> None:
    await browser.begin()
    await browser.type("2")
    assert [row.rating for row in rows(site, AnswerRow)] == ["partly"]


async def test_what_an_answer_offers_can_be_pressed_beside_the_question_that_follows(browser: Browser) -> None:
    await browser.begin()
    await browser.type("will I get paid for coming?")
    assert "1 of 5" in browser.text
    await browser.choose("Tell me more")
    assert "payment-benefits more" in browser.text
    await browser.choose("Yes")
    assert "anything you want to add" in browser.text


async def test_the_cookie_is_out_of_reach_and_for_plain_alone(browser: Browser) -> None:
    await browser.get("/plain")
    await browser.send("/plain/start")
    [cookie] = [header for header in browser.cookies() if header.startswith("plain-chat")]
    assert "HttpOnly" in cookie and "SameSite=strict" in cookie and "Path=/plain" in cookie
    assert "Max-Age" not in cookie, "nothing stays on the device before the person has agreed"
    await browser.choose("Keep")
    assert any("Max-Age" in header for header in browser.cookies() if header.startswith("plain-chat"))
    assert browser.page is not None and browser.page.headers["cache-control"] == "no-store"


async def test_names_are_taken_out_and_the_screen_looks_first(site: Running, browser: Browser) -> None:
    await browser.begin()
    await browser.type("ask Priya about it")
    assert "Priya" not in browser.html and "[name]" in browser.html
    await browser.type("DANGER now")
    assert "116 123" in browser.text
    assert [flag.kind for flag in rows(site, FlagRow)] == ["crisis"]


async def test_a_second_danger_is_heard_in_short_and_without_a_chat_in_full(browser: Browser) -> None:
    await browser.begin()
    await browser.type("DANGER now")
    await browser.type("still in DANGER")
    assert browser.text.count("Lifeline free on") == 1 and "I hear you" in browser.text
    browser.page = await browser.http.post("/plain/say", data={"text": "DANGER", "form": "not ours"})
    assert "Lifeline free on" in browser.text and "I hear you" not in browser.text


async def test_support_comes_even_without_a_chat_or_a_valid_form(browser: Browser) -> None:
    await browser.get("/plain")
    browser.page = await browser.http.post("/plain/say", data={"text": "DANGER", "form": "not ours"})
    assert browser.page.status_code == 200
    assert "Thank you for telling me" in browser.text


async def test_when_nobody_could_look_the_page_says_so_and_keeps_the_words(
    site: Running, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(text: str) -> Any:
        raise RuntimeError

    await browser.get("/plain")
    monkeypatch.setattr(site.built.screen, "screen", broken)
    browser.page = await browser.http.post("/plain/say", data={"text": "it is all too much", "form": "not ours"})
    assert browser.page.status_code == 503
    assert "it is all too much" in browser.text and "116 123" in browser.text


async def test_support_comes_with_the_database_down(site: Running, browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    await browser.begin()
    from facilitator.errors import StorageUnavailableError

    def down(*_: Any) -> Any:
        raise StorageUnavailableError("down")

    monkeypatch.setattr(site.built.database, "unit_of_work", down)
    monkeypatch.setattr(site.built.database, "reading", down)
    await browser.type("DANGER")
    assert "Thank you for telling me" in browser.text
    await browser.get("/plain")
    assert browser.page is not None and browser.page.status_code == 503
    assert "116 123" in browser.text


async def test_words_that_could_not_be_stored_stay_in_the_box(site: Running, browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    await browser.begin()
    from facilitator.errors import StorageUnavailableError

    def down(*_: Any) -> Any:
        raise StorageUnavailableError("down")

    monkeypatch.setattr(site.built.database, "unit_of_work", down)
    await browser.type("words I took long over")
    assert browser.page is not None and browser.page.status_code == 503
    assert re.search(r"<textarea[^>]*>\s*words I took long over</textarea>", browser.html)
    assert 'aria-describedby="error"' in browser.html


async def test_a_form_sent_twice_is_one_message_and_changed_words_are_another(site: Running, browser: Browser) -> None:
    await browser.begin()
    before, page = len(rows(site, MessageRow)), browser.page
    await browser.type("why do you ask?")
    once = len(rows(site, MessageRow))
    browser.page = page
    await browser.type("why do you ask?")
    assert len(rows(site, MessageRow)) == once > before
    browser.page = page
    await browser.type("how far am i")
    assert len(rows(site, MessageRow)) > once


async def test_nothing_is_lost_while_the_assistant_is_down(site: Running, browser: Browser) -> None:
    await browser.begin()
    site.rasa.failing = True
    await browser.type("why do you ask?")
    assert "Your message is safe" in browser.text
    assert 'http-equiv="refresh"' not in browser.html.lower(), "a page that loads itself again takes a screen reader's place away"
    await browser.get("/plain")
    assert "why do you ask?" in browser.text
    site.rasa.failing = False
    await site.parts.delivery.deliver(rows(site, ConversationRow)[0].id)
    await browser.get("/plain")
    assert "The answer is not here yet" not in browser.text
    assert len([row for row in rows(site, MessageRow) if row.text == "why do you ask?"]) == 1


async def test_of_two_buttons_pressed_while_the_assistant_is_slow_the_first_counts_and_the_other_is_said_to_be_late(
    site: Running, browser: Browser
) -> None:
    await browser.begin()
    asked, site.rasa.failing = browser.page, True
    for title in ("Skip", "Yes"):
        browser.page = asked
        await browser.choose(title)
    site.rasa.failing = False
    await site.parts.delivery.deliver(rows(site, ConversationRow)[0].id)
    await browser.get("/plain")
    assert "We have moved on from that question" in browser.text and "2 of 5" in browser.text
    assert [row.rating for row in rows(site, AnswerRow)] == ["skipped"]


async def test_an_empty_message_is_answered_beside_the_field(browser: Browser) -> None:
    await browser.begin()
    await browser.type("  ")
    assert browser.page is not None and browser.page.status_code == 422
    assert "Write something first" in browser.text
    assert "<title>Problem:" in browser.html


async def test_a_form_from_another_site_does_nothing(site: Running, browser: Browser) -> None:
    await browser.begin()
    count = len(rows(site, MessageRow))
    for path in ("say", "delete", "again", "simple", "start", "come-back"):
        response = await browser.http.post(f"/plain/{path}", data={"text": "hello", "resume_code": "a-b-c", "form": "guess"})
        assert response.status_code == 403, path
    assert len(rows(site, MessageRow)) == count
    assert len(rows(site, ConversationRow)) == 1


async def test_a_person_comes_back_with_their_code(site: Running, browser: Browser) -> None:
    await browser.begin()
    code, kept = code_in(browser), rows(site, ConversationRow)[0].id
    browser.http.cookies.clear()
    await browser.get("/plain")
    await browser.send("/plain/come-back", resume_code="wrong-code-here")
    assert browser.page is not None and browser.page.status_code == 404
    assert 'value="wrong-code-here"' in browser.html and "does not fit" in browser.text
    await browser.send("/plain/come-back", resume_code=f"My code is {code.upper().replace('-', ' ')}")
    assert "Welcome back" in browser.text and "1 of 5" in browser.text
    assert browser.http.cookies["plain-chat"].startswith(kept)
    assert code_in(browser) == code, "the other device shows it too"


async def test_the_code_is_in_the_menu_of_someone_who_keeps_answers_and_of_nobody_else(browser: Browser) -> None:
    await browser.get("/plain")
    await browser.send("/plain/start")
    assert "Your code to come back" not in browser.text
    await browser.choose("Talk")
    assert "Your code to come back" not in browser.text
    assert browser.http.cookies["plain-chat"].endswith("..."), "a code that opens nothing any more is not held"


@pytest.mark.parametrize("away", [False, True])
async def test_the_code_given_with_a_yes_after_a_no_is_in_the_menu_and_leads_back(site: Running, browser: Browser, away: bool) -> None:
    await browser.begin(keep=False)
    site.rasa.failing = away
    await browser.type("keep my answers after all")
    if away:
        site.rasa.failing = False
        await site.parts.delivery.deliver(rows(site, ConversationRow)[0].id)
        await browser.get("/plain")
    code = code_in(browser)
    browser.http.cookies.clear()
    await browser.get("/plain")
    await browser.send("/plain/come-back", resume_code=code)
    assert "Welcome back" in browser.text


@pytest.mark.parametrize("way", ["delete", "again"])
async def test_the_code_leaves_the_browser_with_the_chat(browser: Browser, way: str) -> None:
    await browser.begin()
    assert code_in(browser) in browser.http.cookies["plain-chat"]
    await browser.get(f"/plain/{way}")
    await browser.send(f"/plain/{way}")
    assert "plain-chat" not in browser.http.cookies and "Your code to come back" not in browser.text


async def test_answers_can_be_downloaded_and_deleted(site: Running, browser: Browser) -> None:
    await browser.begin()
    await browser.choose("Yes")
    document = (await browser.http.get("/plain/answers")).json()
    assert document["answers"][0]["rating"] == "yes"
    await browser.get("/plain/delete")
    await browser.send("/plain/delete")
    assert "Your answers are deleted" in browser.text
    assert rows(site, AnswerRow) == []
    assert "plain-chat" not in browser.http.cookies


async def test_a_summary_can_be_read_printed_and_kept(browser: Browser) -> None:
    await browser.begin()
    await browser.choose("Yes")
    page = await browser.http.get("/plain/summary?as=html")
    assert page.status_code == 200 and "style-src 'sha256-" in page.headers["content-security-policy"]
    for form in ("docx", "txt"):
        file = await browser.http.get(f"/plain/summary?as={form}")
        assert f"my-summary.{form}" in file.headers["content-disposition"] and len(file.content) > 100


async def test_quick_exit_leaves_nothing_of_a_chat_that_is_not_kept(browser: Browser) -> None:
    await browser.begin(keep=False)
    response = await browser.http.get("/plain/exit", follow_redirects=False)
    assert response.status_code == 303 and response.headers["location"].startswith("https://")
    assert not list(browser.http.cookies)


async def test_quick_exit_lets_someone_who_keeps_answers_come_back(browser: Browser) -> None:
    await browser.begin()
    await browser.http.get("/plain/exit", follow_redirects=False)
    assert list(browser.http.cookies) == ["plain-chat"]


async def test_a_chat_that_is_gone_gives_the_words_back(site: Running, browser: Browser) -> None:
    await browser.begin()
    page = browser.page
    with site.built.database.unit_of_work() as session:
        session.delete(session.scalars(select(ConversationRow)).one())
    browser.page = page
    await browser.type("my long words")
    assert browser.page is not None and browser.page.status_code == 401
    assert "my long words" in browser.text
    assert "/plain/start" in browser.html


async def test_an_unknown_activity_says_so(browser: Browser) -> None:
    await browser.get("/plain/join/NOPE99")
    await browser.send("/plain/start")
    assert browser.page is not None and browser.page.status_code == 404
    assert "That code does not fit" in browser.text


async def test_the_support_numbers_and_exit_are_on_every_page(browser: Browser) -> None:
    await browser.begin()
    for path in ("/plain", "/plain/delete", "/plain/again", "/plain/join/ABC234"):
        await browser.get(path)
        assert "116 123" in browser.text, path
        assert "/plain/exit" in browser.html, path
        assert "<script" not in browser.html and "style=" not in browser.html


async def test_the_organisations_own_pages_are_on_every_page_where_it_has_named_them(address, tmp_path) -> None:
    site = running(address, tmp_path, facilitator_privacy_url="https://trust.example/privacy")
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=site.app), base_url="http://chat.test") as http:
        for path in ("/plain", "/plain/join/ABC234"):
            page = (await http.get(path)).text
            assert '<a href="https://trust.example/privacy">How we look after what you tell us</a>' in page
            assert "How to complain" not in page
        strings = (await http.get("/chat/strings?lang=cy")).json()
    assert strings["privacy_url"] == "https://trust.example/privacy" and "complaints_url" not in strings
    site.built.database.dispose()


async def test_welsh_around_english_messages(browser: Browser) -> None:
    await browser.get("/plain?lang=cy")
    assert '<html lang="cy"' in browser.html
    await browser.send("/plain/start")
    assert '<html lang="cy"' in browser.html
    assert re.search(r'class="words" dir="auto" lang="en"', browser.html)


async def test_both_full_pages_lead_here_without_javascript(browser: Browser) -> None:
    await browser.get("/")
    assert "<noscript><p>" in browser.html and 'href="/plain"' in browser.html
    await browser.get("/join/ABC234")
    assert 'href="/plain/join/ABC234"' in browser.html
