"""A person at the chat, for tests: what they can see, press and type."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Locator, Page

from tests.browser.fake_api import FakeApi

# For a machine that is busy with other things. A test that passes does not wait for it.
PATIENCE_S = 20.0


class Chat:
    """A person at the chat page. Finds things the way a person does: by what they are called."""

    def __init__(self, page: Page, api: FakeApi) -> None:
        self.page = page
        self.api = api

    def open(self, path: str = "/") -> Chat:
        self.page.goto(self.api.url + path)
        self.page.locator("coproduction-chat[ready]").wait_for(state="attached")
        return self

    def begin(self) -> Chat:
        """Open the page and wait for the first question."""
        self.open()
        self.button("Keep my answers").wait_for()
        return self

    def agree(self) -> Chat:
        """Go on to the first question of the checklist, with answers kept."""
        self.begin()
        self.press("Keep my answers")
        self.press("I use services")
        self.button("Does not apply").wait_for()
        return self

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name, exact=True)

    def press(self, name: str) -> None:
        self.button(name).last.click()

    def type(self, words: str) -> None:
        self.field.fill(words)
        self.press("Send")

    @property
    def field(self) -> Locator:
        return self.page.get_by_label("Your message", exact=True)

    @property
    def messages(self) -> Locator:
        return self.page.locator("article:visible")

    def message(self, words: str) -> Locator:
        return self.page.locator("article", has_text=words)

    @property
    def last(self) -> Locator:
        return self.page.locator("article").last

    @property
    def error(self) -> Locator:
        return self.page.locator("#error")

    def until(self, happened: Callable[[], bool]) -> None:
        """Wait for something the page does not show, such as a request's arrival."""
        ends = time.monotonic() + PATIENCE_S
        while time.monotonic() < ends:
            if happened():
                return
            self.page.wait_for_timeout(20)
        raise AssertionError("it did not happen")

    def said(self) -> list[str]:
        """All that the live region has been given, oldest first."""
        lines: list[str] = self.page.evaluate("window.said ?? []")
        return lines

    def focused(self) -> str:
        words: str = self.page.evaluate(
            """(() => {
              let at = document.activeElement;
              while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
              return at ? [at.localName, at.getAttribute('aria-label') || at.id, at.textContent].filter(Boolean).join(' ') : '';
            })()"""
        )
        return words

    def stored(self) -> dict[str, Any]:
        found: dict[str, Any] = self.page.evaluate("({tab: {...sessionStorage}, device: {...localStorage}})")
        return found
