"""The page without JavaScript, in a browser whose JavaScript is off; and what axe says of each of its pages."""

from __future__ import annotations

import gzip
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import uvicorn
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from facilitator.storage.models import ConversationRow
from tests.browser.test_widget_accessibility import LOOKS, violations
from tests.integration.web import Running, running

# What one plain page may cost: HTML, style, icon. There is no script.
MAX_BYTES = 12_000
SMALL = """() => [...document.querySelectorAll('button, a, summary, textarea, input:not([type=hidden])')]
  .map((node) => [node.textContent.trim() || node.id, node.getBoundingClientRect(), node])
  .filter(([, { width, height }, node]) => width && (width < 44 || height < 44) && !node.closest('.skip'))
  .map(([name, { width, height }]) => `${name}: ${width} x ${height}`)"""


@pytest.fixture
def site(tmp_path: Any) -> Iterator[tuple[str, Running]]:
    up = running(f"sqlite:///{tmp_path / 'plain.db'}", tmp_path)
    up.built.database.upgrade()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = uvicorn.Server(uvicorn.Config(up.app, port=port, log_level="error", ws="none"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    yield f"http://127.0.0.1:{port}", up
    server.should_exit = True
    thread.join(10)


@pytest.fixture
def unscripted(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(java_script_enabled=False, viewport={"width": 320, "height": 640})
    context.set_default_timeout(5000)
    yield context.new_page()
    context.close()


def begin(page: Page, url: str) -> None:
    page.goto(f"{url}/plain")
    page.get_by_role("button", name="Start").click()
    for name in ("Keep my answers", "I use services", "Before: getting ready", "Short: 5 questions"):
        page.get_by_role("button", name=name).click()


def test_without_javascript_the_full_page_leads_here_and_a_person_answers(site: tuple[str, Running], unscripted: Page) -> None:
    url, up = site
    unscripted.goto(url)
    unscripted.get_by_role("link", name="Use the plain page instead").click()
    begin(unscripted, url)
    unscripted.get_by_role("button", name="Partly").click()
    unscripted.get_by_label("Your message", exact=True).fill("it was rushed")
    unscripted.get_by_role("button", name="Send").click()
    expect(unscripted.get_by_text("Before the activity: 1 of 5")).to_be_visible()
    up.rasa.failing = True
    unscripted.get_by_label("Your message", exact=True).fill("pause")
    unscripted.get_by_role("button", name="Send").click()
    expect(unscripted.get_by_role("link", name="See if the answer is here")).to_be_visible()
    up.rasa.failing = False
    for _ in range(20):
        unscripted.get_by_role("link", name="See if the answer is here").click()
        if not unscripted.get_by_role("link", name="See if the answer is here").count():
            break
        unscripted.wait_for_timeout(500)
    expect(unscripted.locator("article.person", has_text="pause")).to_have_count(1)
    unscripted.go_back()
    unscripted.goto(f"{url}/plain/say")
    expect(unscripted).to_have_url(f"{url}/plain")


def _said(words: str) -> Callable[[Page, str, Running], None]:
    def go(page: Page, url: str, up: Running) -> None:
        begin(page, url)
        page.get_by_label("Your message", exact=True).fill(words)
        page.get_by_role("button", name="Send").click()

    return go


def _down(page: Page, url: str, up: Running) -> None:
    begin(page, url)
    up.rasa.failing = True
    page.get_by_role("button", name="Partly").click()


def _welsh(page: Page, url: str, up: Running) -> None:
    begin(page, url)
    page.goto(f"{url}/plain?lang=cy")


def _at(path: str) -> Callable[[Page, str, Running], None]:
    def go(page: Page, url: str, up: Running) -> None:
        begin(page, url)
        page.goto(url + path)

    return go


def _gone(page: Page, url: str, up: Running) -> None:
    begin(page, url)
    with up.built.database.unit_of_work() as session:
        session.delete(session.scalars(select(ConversationRow)).one())
    page.get_by_label("Your message", exact=True).fill("it was rushed")
    page.get_by_role("button", name="Send").click()


STATES: dict[str, Callable[[Page, str, Running], None]] = {
    "start": lambda page, url, up: page.goto(f"{url}/plain") and None,
    "question": lambda page, url, up: begin(page, url),
    "error": _said(""),
    "crisis": _said("DANGER"),
    "waiting": _down,
    "Welsh": _welsh,
    "delete": _at("/plain/delete"),
    "start again": _at("/plain/again"),
    "another activity": _at("/plain/join/ABC234"),
    "gone": _gone,
    "problem": lambda page, url, up: page.goto(f"{url}/plain/answers") and None,
}


@pytest.mark.browser(bypass_csp=True)
@pytest.mark.parametrize("state", STATES)
def test_every_plain_page_passes_axe_and_fits(site: tuple[str, Running], page: Page, state: str) -> None:
    STATES[state](page, *site)
    for look, (media, viewport) in LOOKS.items():
        page.emulate_media(**media)  # type: ignore[arg-type]
        page.set_viewport_size(viewport)  # type: ignore[arg-type]
        assert violations(page) == [], look
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), look
        assert page.evaluate(SMALL) == [], look
        assert page.locator("#help a").first.is_visible()


@pytest.mark.parametrize("lang", ["en", "cy"])
@pytest.mark.parametrize("width", [320, 360, 412, 768])
def test_what_is_jumped_to_is_seen_from_its_beginning(site: tuple[str, Running], browser: Browser, width: int, lang: str) -> None:
    """Help now and Quick exit stay in sight on a phone as high as this; the newest message begins below them, and so does the menu."""
    context = browser.new_context(viewport={"width": width, "height": 640})
    page = context.new_page()
    page.goto(f"{site[0]}/plain?lang={lang}")
    page.locator("form[action='/plain/start'] button").click()
    for name in ("Keep my answers", "I use services", "Before: getting ready", "Short: 5 questions", "Partly"):
        page.get_by_role("button", name=name).click()
    for jump in (None, "#menu", "#help"):
        if jump:
            page.locator(f".tools a[href='{jump}']").click()
        page.wait_for_load_state()  # before it has all come, there may be nothing yet of the name that the address asks for
        top, bottom = page.evaluate("[':target', 'header'].map((name) => document.querySelector(name).getBoundingClientRect())")
        assert top["top"] >= bottom["bottom"], jump
    context.close()


def test_a_plain_page_is_small(site: tuple[str, Running], page: Page, capsys: pytest.CaptureFixture[str]) -> None:
    bodies: dict[str, int] = {}
    page.on("response", lambda got: got.ok and bodies.update({got.url.removeprefix(site[0]): len(gzip.compress(got.body(), 9))}))
    begin(page, site[0])
    page.wait_for_load_state("networkidle")
    with capsys.disabled():
        print(f"\nplain page: {sum(bodies.values()):,} bytes gzip in {len(bodies)} files: {bodies}")
    assert sum(bodies.values()) <= MAX_BYTES
    assert not any(name.endswith(".js") for name in bodies)
