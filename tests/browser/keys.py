"""Someone at the chat who has only a keyboard."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect

MAX_TABS = 60
# What has focus, looked for inside the chat too, and the root it is in.
AT = (
    "let root = document, at = root.activeElement; while (at?.shadowRoot?.activeElement) { root = at.shadowRoot; at = root.activeElement; }"
)
NAME = "const name = (each) => (each.getAttribute('aria-label') || each.textContent || '').replace(/\\s+/g, ' ').trim();"
# The newest button of a name: an old one, or one that was answered, is left alone.
ON_BUTTON = (
    f"(wanted) => {{ {AT} {NAME} const all = [...root.querySelectorAll('button')].filter((each) => name(each) === wanted"
    " && !each.getAttribute('aria-disabled') && each.getClientRects().length); return at !== null && all.at(-1) === at; }"
)
IN_BOX = f"() => {{ {AT} return at?.localName === 'textarea'; }}"


class Keys:
    """Presses Tab until it is there, then Enter; waits for what comes of it."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def choose(self, name: str, then: str) -> None:
        """Press the newest button of this name, and wait until the newest message says `then`."""
        self.page.get_by_role("button", name=name, exact=True).last.wait_for()
        self._tab_until(ON_BUTTON, name)
        self.page.keyboard.press("Enter")
        self.hears(then)

    def type(self, words: str, then: str) -> None:
        self.send(words)
        self.hears(then)

    def send(self, words: str) -> None:
        self._tab_until(IN_BOX)
        self.page.keyboard.type(words)
        self.page.keyboard.press("Enter")

    def hears(self, words: str) -> None:
        expect(self.newest).to_contain_text(words)

    @property
    def newest(self) -> Locator:
        return self.page.locator("article").last

    def _tab_until(self, is_there: str, wanted: str = "the message box") -> None:
        for _ in range(MAX_TABS):
            if self.page.evaluate(is_there, wanted):
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"Tab never reached {wanted!r}")
