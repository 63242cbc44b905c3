"""One browser for the run, one page and one fake server for each test. A page that logs an error fails its test."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.browser.fake_api import FakeApi
from tests.browser.person import PATIENCE_S, Chat

# Chromium without the parts that draw windows: three fifths of the processor time. CHROMIUM=/usr/bin/chromium is the whole of it.
CHROMIUM = Path(os.environ.get("CHROMIUM", "/usr/bin/chromium-headless-shell"))
PATIENCE_MS = PATIENCE_S * 1000
expect.set_options(timeout=PATIENCE_MS)
FLAGS = [
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "browser(**options): what the browser says of itself, as for Playwright's `new_context`")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        wanted = "run `apt-get install chromium-headless-shell`, or set CHROMIUM"
        pytest.fail(f"The browser tests need Chromium at {CHROMIUM}: {wanted}.", pytrace=False)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def api() -> Iterator[FakeApi]:
    fake = FakeApi()
    yield fake
    fake.stop()


# Writes down every line the live region is given, from the first moment, as a screen reader would hear it.
LISTEN = """
window.said = [];
const heard = new WeakSet();
const listen = (root) => {
  if (heard.has(root)) return root;
  heard.add(root);
  new MutationObserver((changes) => {
    for (const { target, addedNodes } of changes) {
      if (!(target instanceof Element) || target.getAttribute('aria-live') !== 'polite') continue;
      for (const node of addedNodes) window.said.push(node.textContent);
    }
  }).observe(root, { childList: true, subtree: true });
  return root;
};
const attach = Element.prototype.attachShadow;
Element.prototype.attachShadow = function (init) {
  return listen(attach.call(this, init));
};
// A root that came with the page's own markup is there before any script, and nobody attaches it.
new MutationObserver(() => {
  const root = document.querySelector('coproduction-chat')?.shadowRoot;
  if (root) listen(root);
}).observe(document, { childList: true, subtree: true });
"""


@pytest.fixture
def page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """Options by marker: `@pytest.mark.browser(viewport=..., color_scheme=...)`."""
    marker = request.node.get_closest_marker("browser")
    options: dict[str, Any] = {"viewport": {"width": 1024, "height": 768}, "reduced_motion": "reduce"} | (marker.kwargs if marker else {})
    context = browser.new_context(**options)
    context.set_default_timeout(PATIENCE_MS)
    context.add_init_script(LISTEN)
    page = context.new_page()
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda message: wrong.append(message.text) if is_our_error(message.type, message.text) else None)
    yield page
    context.close()
    assert not wrong, f"the page logged errors: {wrong}"


def is_our_error(kind: str, text: str) -> bool:
    """The browser itself logs every refused request; those are part of the tests."""
    return kind in {"error", "warning"} and not text.startswith("Failed to load resource")


@pytest.fixture
def chat(page: Page, api: FakeApi) -> Chat:
    return Chat(page, api)
