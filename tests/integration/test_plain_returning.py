"""The page without JavaScript, when the token has worn out, and when one chat gives way to another: no code is lost unseen."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest
from sqlalchemy import delete, select, update

from facilitator.activities import add_activity
from facilitator.errors import StorageUnavailableError
from facilitator.storage.models import AnswerRow, ConversationRow, FlagRow, MessageRow, TokenRow
from tests.integration.plain import Browser, code_in, rows
from tests.integration.web import Running, running

OVER = {
    "worn out": update(TokenRow).values(expires_at=TokenRow.created_at),
    "rotated": delete(TokenRow),  # docs/running.md, after a leak
}


def tokens(site: Running, change: Any) -> None:
    with site.built.database.unit_of_work() as session:
        session.execute(change)


async def on_day_91(site: Running, browser: Browser, way: str = "rotated") -> str:
    """A kept chat whose token opens it no more. Returns its code."""
    await browser.begin()
    code = code_in(browser)
    tokens(site, OVER[way])
    return code


def gone(site: Running) -> None:
    with site.built.database.unit_of_work() as session:
        session.delete(session.scalars(select(ConversationRow)).one())


def activity(site: Running, title: str = "Ward garden") -> str:
    with site.built.database.unit_of_work() as session:
        return add_activity(session, title)


# ── a token wears out; a code does not ──


@pytest.mark.parametrize("way", OVER)
async def test_a_chat_whose_token_has_worn_out_is_come_back_to_by_itself(site: Running, browser: Browser, way: str) -> None:
    code = await on_day_91(site, browser, way)
    await browser.get("/plain")
    assert browser.page is not None and browser.page.status_code == 200
    assert "Welcome back" in browser.text and "1 of 5" in browser.text and code_in(browser) == code
    await browser.get("/plain")
    assert browser.text.count("Welcome back") == 1, "come back to once, and the new token is held"
    assert len(rows(site, ConversationRow)) == 1


async def test_a_message_that_was_on_its_way_goes_on_in_the_chat_come_back_to_once(site: Running, browser: Browser) -> None:
    await on_day_91(site, browser)
    page, cookie = browser.page, browser.http.cookies["plain-chat"]
    await browser.type("why do you ask?")
    assert browser.page is not None and browser.page.status_code == 200 and "Welcome back" in browser.text
    browser.page = page
    browser.http.cookies.set("plain-chat", cookie, domain="chat.local", path="/plain")
    await browser.type("why do you ask?")
    assert len([row for row in rows(site, MessageRow) if row.text == "why do you ask?"]) == 1


async def test_a_button_pressed_on_an_old_page_counts_in_the_chat_come_back_to(site: Running, browser: Browser) -> None:
    await on_day_91(site, browser)
    await browser.choose("Partly")
    assert [row.rating for row in rows(site, AnswerRow)] == ["partly"]
    assert "anything you want to add" in browser.text


async def test_somebody_in_danger_is_heard_and_flagged_whose_token_has_worn_out(site: Running, browser: Browser) -> None:
    await on_day_91(site, browser)
    await browser.type("DANGER now")
    assert "Lifeline free on" in browser.text and "Your message" in browser.text
    assert [flag.kind for flag in rows(site, FlagRow)] == ["crisis"]


async def test_every_other_page_of_the_chat_comes_back_too(site: Running, browser: Browser) -> None:
    for path in ("/plain/answers", "/plain/summary?as=txt"):
        browser.http.cookies.clear()
        await on_day_91(site, browser)
        assert (await browser.http.get(path)).status_code == 200, path
        assert "Welcome back" in (await browser.get("/plain")).text
    tokens(site, OVER["rotated"])
    await browser.get("/plain/delete")
    await browser.send("/plain/delete")
    assert "Your answers are deleted" in browser.text and len(rows(site, ConversationRow)) == 1


async def test_a_code_that_opens_nothing_is_shown_once(site: Running, browser: Browser) -> None:
    code = await on_day_91(site, browser)
    page = browser.page
    gone(site)
    browser.page = page
    await browser.type("my long words")
    assert browser.page is not None and browser.page.status_code == 401
    assert "my long words" in browser.text and "You can copy them" in browser.text
    assert "could not open your last chat" in browser.text and "this is a new one" not in browser.text
    assert f"This code does not open it any more: {code}." in browser.text and "Your code to come back" not in browser.text
    assert "plain-chat" not in browser.http.cookies and "Try again" not in browser.text
    await browser.send("/plain/start")
    assert "kept" in browser.text and code not in browser.http.cookies["plain-chat"], "a press on Start is enough"


async def test_loading_the_page_of_a_deleted_chat_keeps_nobody_else_at_that_address_out(address: str, tmp_path: Any) -> None:
    import httpx

    site = running(address, tmp_path, facilitator_rate_limits="on")
    transport = httpx.ASGITransport(site.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://chat", follow_redirects=True) as http:
        mine = Browser(http)
        await on_day_91(site, mine)
        gone(site)
        said = [(await mine.get("/plain")).text for _ in range(12)]
        assert "It may have been deleted" in said[0] and not any("could not open your chat just now" in one for one in said)
        await mine.begin()
        code = code_in(mine)
        http.cookies.clear()
        await mine.get("/plain")
        await mine.send("/plain/come-back", resume_code=code)
        assert mine.page is not None and mine.page.status_code == 200 and "Welcome back" in mine.text
    site.built.database.dispose()


async def test_wrong_codes_are_counted_as_anywhere_and_a_right_one_is_kept_meanwhile(address: str, tmp_path: Any) -> None:
    import httpx

    site = running(address, tmp_path, facilitator_rate_limits="on")
    async with httpx.AsyncClient(transport=httpx.ASGITransport(site.app), base_url="http://chat", follow_redirects=True) as http:
        mine = Browser(http)
        code = await on_day_91(site, mine)
        for _ in range(10):
            assert (await http.post("/chat/conversations", json={"resume_code": "not a code"})).status_code == 404
        await mine.get("/plain")
        assert mine.page is not None and mine.page.status_code == 503
        assert "could not open your chat just now" in mine.text and "deleted" not in mine.text and "Try again" in mine.text
        assert code_in(mine) == code and code in http.cookies["plain-chat"]
    site.built.database.dispose()


async def test_a_chat_that_was_not_kept_ends_with_its_day_and_no_code_is_tried(site: Running, browser: Browser) -> None:
    await browser.begin(keep=False)
    tokens(site, OVER["rotated"])
    await browser.get("/plain")
    assert "nothing from it was kept" in browser.text and "You can start a new one" in browser.text
    assert "plain-chat" not in browser.http.cookies and "Your code to come back" not in browser.text


async def test_a_server_that_refuses_the_new_token_too_is_asked_once(
    site: Running, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    from facilitator.storage import conversations as store

    code = await on_day_91(site, browser)
    monkeypatch.setattr(store, "opened_by", lambda *_, **__: None)
    await browser.type("my long words")
    assert browser.page is not None and browser.page.status_code == 503 and "my long words" in browser.text
    assert code_in(browser) == code
    said = [row for row in rows(site, MessageRow) if row.text and row.text.startswith("Welcome back")]
    assert len(said) == 1


# ── one chat gives way to another ──


async def test_the_code_is_shown_before_a_link_to_another_activity_takes_the_chats_place(site: Running, browser: Browser) -> None:
    await browser.begin()
    code, other = code_in(browser), activity(site)
    await browser.get(f"/plain/join/{other}")
    assert "Ward garden" in browser.text and code_in(browser) == code and "will not be on this page any more" in browser.text
    assert browser.html.index(code) < browser.html.index('action="/plain/start"')
    await browser.get("/plain/again")
    assert code_in(browser) == code
    await browser.get(f"/plain/join/{other}")
    await browser.send("/plain/start")
    assert code not in browser.http.cookies["plain-chat"] and len(rows(site, ConversationRow)) == 2


@pytest.mark.parametrize("way", ["start", "come-back"])
async def test_a_page_that_did_not_know_of_the_chat_drops_nothing(site: Running, browser: Browser, way: str) -> None:
    """A link in a message is opened without our cookies, since another site began it; the form on that page then comes with them."""
    await browser.begin()
    elsewhere = code_in(browser)
    browser.http.cookies.clear()
    await browser.begin()
    code, other = code_in(browser), activity(site)
    held = browser.http.cookies["plain-chat"]
    del browser.http.cookies["plain-chat"]
    await browser.get(f"/plain/join/{other}")
    assert "Your code to come back" not in browser.text
    browser.http.cookies.set("plain-chat", held, domain="chat.local", path="/plain")
    await browser.send(f"/plain/{way}", **({"resume_code": elsewhere} if way == "come-back" else {}))
    assert code_in(browser) == code and "Ward garden" in browser.text and browser.http.cookies["plain-chat"] == held
    assert way == "start" or f'value="{elsewhere}"' in browser.html
    await browser.send(f"/plain/{way}", **({"resume_code": elsewhere} if way == "come-back" else {}))
    assert browser.http.cookies["plain-chat"] != held


async def test_a_start_that_was_pressed_twice_opens_one_chat(site: Running, browser: Browser) -> None:
    await browser.get("/plain")
    page = browser.page
    await browser.send("/plain/start")
    browser.page = page
    await browser.send("/plain/start")
    assert len(rows(site, ConversationRow)) == 1 and "Keep my answers" in browser.text


# ── what else went wrong on this page ──


async def test_a_code_that_does_not_fit_leaves_the_activity_on_the_page(site: Running, browser: Browser) -> None:
    other = activity(site)
    await browser.get(f"/plain/join/{other}")
    await browser.send("/plain/come-back", resume_code="wrong-code-here")
    assert "does not fit" in browser.text and "Ward garden" in browser.text
    await browser.send("/plain/start")
    assert [row.activity_id is not None for row in rows(site, ConversationRow)] == [True]


@pytest.mark.parametrize("path", ["delete", "again"])
async def test_an_old_form_is_called_old(browser: Browser, path: str) -> None:
    await browser.begin()
    await browser.get(f"/plain/{path}")
    browser.http.cookies.set("plain-form", "a newer one", domain="chat.local", path="/plain")
    await browser.send(f"/plain/{path}")
    assert browser.page is not None and browser.page.status_code == 403
    assert "out of date, so nothing was sent" in browser.text and "cannot be opened" not in browser.text


async def test_a_browser_that_holds_no_cookies_is_told_so(browser: Browser) -> None:
    await browser.get("/plain")
    browser.http.cookies.clear()
    await browser.send("/plain/start")
    assert browser.page is not None and browser.page.status_code == 403 and "turn on cookies" in browser.text


async def test_after_deleting_the_page_can_be_loaded_again(browser: Browser) -> None:
    await browser.begin()
    await browser.get("/plain/delete")
    await browser.send("/plain/delete")
    assert browser.page is not None and browser.page.request.method == "GET" and "Your answers are deleted" in browser.text
    await browser.get(str(browser.page.url))
    assert browser.page.status_code == 200 and "Start" in browser.text


async def test_nobody_in_danger_waits_for_a_database_that_does_not_answer(
    site: Running, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    await browser.begin()

    async def hanging(*_: Any) -> Any:
        await asyncio.sleep(60)

    def down(*_: Any) -> Any:
        raise StorageUnavailableError("down")

    monkeypatch.setattr(site.built.database, "unit_of_work", down)
    monkeypatch.setattr(site.parts.desk, "history", hanging)
    began = time.monotonic()
    await browser.type("DANGER")
    assert "Lifeline free on" in browser.text and time.monotonic() - began < 10
