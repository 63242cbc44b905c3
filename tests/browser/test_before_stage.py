"""The real thing: a person walks the quick before stage in a browser, with the keyboard alone, and all they said is in the database."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page

from tests.conversation.stack import Stack, running

MAX_TABS = 60
FOCUSED = (
    "(() => { let at = document.activeElement; while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;"
    " return at ? (at.getAttribute('aria-label') || at.textContent || at.id || '').replace(/\\s+/g, ' ').trim() : ''; })()"
)


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with running(tmp_path_factory.mktemp("browser")) as started:
        yield started


class Keys:
    """Someone who has only a keyboard."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def choose(self, name: str) -> None:
        """Tab until a button of this name has focus, then press Enter; then wait for the next question."""
        asked = self.page.locator("article").count()
        self.page.get_by_role("button", name=name, exact=True).last.wait_for()
        for _ in range(MAX_TABS):
            self.page.keyboard.press("Tab")
            if self.page.evaluate(FOCUSED) == name and self._is_last(name):
                self.page.keyboard.press("Enter")
                return self._answered(asked, 1)
        raise AssertionError(f"Tab never reached {name!r}")

    def type(self, words: str) -> None:
        asked = self.page.locator("article").count()
        for _ in range(MAX_TABS):
            if self.page.evaluate("(() => { let at = document.activeElement; while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement; return at?.localName; })()") == "textarea":  # fmt: skip # noqa: E501
                break
            self.page.keyboard.press("Tab")
        self.page.keyboard.type(words)
        self.page.keyboard.press("Enter")
        self._answered(asked, 2)

    def _is_last(self, name: str) -> bool:
        """Whether the focused button is in the newest question (an old one of the same name is left alone)."""
        same: bool = self.page.evaluate(
            "(name) => { let at = document.activeElement; let root = document; while (at?.shadowRoot?.activeElement) {"
            " root = at.shadowRoot; at = root.activeElement; } const all = [...root.querySelectorAll('button')].filter("
            " b => b.textContent.replace(/\\s+/g, ' ').trim() === name && !b.disabled && b.getClientRects().length);"
            " return all.at(-1) === at; }",
            name,
        )
        return same

    def _answered(self, before: int, more: int) -> None:
        """The reply has come: a pressed choice becomes a marked button, typed words a message of their own."""
        self.page.wait_for_function(
            "([before, more]) => { const root = document.querySelector('coproduction-chat').shadowRoot;"
            " return root.querySelectorAll('article').length >= before + more; }",
            arg=[before, more],
            timeout=20_000,
        )
        self.page.wait_for_timeout(150)


def test_a_person_walks_the_before_stage_with_the_keyboard_alone(stack: Stack, page: Page) -> None:
    page.goto(stack.url)
    keys = Keys(page)
    for name in ("Keep my answers", "I am a carer, friend or family member", "Before: getting ready", "Short: 5 questions"):
        keys.choose(name)
    keys.choose("Partly")
    keys.type("only the ward manager has come so far")
    keys.type("sort of but it was rushed")
    keys.type("will I get paid for coming?")
    assert page.get_by_text("Where this comes from").count() >= 1
    keys.choose("Skip")
    keys.choose("Not yet")
    keys.choose("Nothing to add")
    keys.choose("Yes")
    keys.choose("Nothing to add")
    page.locator("article", has_text="That was the last question").wait_for()
    keys.choose("No, keep it to me")
    rows = stack.query("SELECT item, rating, comment, role FROM answer WHERE superseded_at IS NULL ORDER BY id")
    assert [row[:2] for row in rows] == [
        ("before-leadership", "partly"),
        ("before-purpose", "partly"),
        ("before-ground-rules", "skipped"),
        ("before-payment", "not_yet"),
        ("before-decisions", "yes"),
    ]
    assert rows[0][2] == "only the ward manager has come so far"
    assert {row[3] for row in rows} == {"carer"}
