"""The real thing in a browser: the quick before stage with the keyboard alone, and parts of the system killed in mid-turn."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.keys import Keys
from tests.conversation.stack import Stack, running

WORDS = "only the ward manager knows so far"
# Until a killed part runs again and the widget, which waits longer after each try, has tried again.
RECOVERY_MS = 120_000


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with running(tmp_path_factory.mktemp("browser")) as started:
        yield started


def set_up(page: Page, stack: Stack, role: str) -> Keys:
    page.goto(stack.url)
    keys = Keys(page)
    keys.choose("Keep my answers", "most like you")
    keys.choose(role, "What would you like to think about?")
    keys.choose("Before: getting ready", "How much time")
    keys.choose("Short: 5 questions", "1 of 5")
    return keys


def test_a_person_walks_the_before_stage_with_the_keyboard_alone(stack: Stack, page: Page) -> None:
    keys = set_up(page, stack, "I am a carer, friend or family member")
    keys.choose("Partly", "anything you want to add")
    keys.type("only the ward manager has come so far", "2 of 5")
    keys.type("sort of but it was rushed", "3 of 5")

    keys.type("will I get paid for coming?", "3 of 5")
    assert page.get_by_text("Where this comes from").count() >= 1

    keys.type("change an answer", "Which answer do you want to change?")
    keys.type("1", "Do you know what this activity is for?")
    keys.choose("Yes", "3 of 5")  # there are words with it already: none are asked for again

    keys.type("pause", "carry on")
    assert heard(page) == shown(page)
    page.reload()
    keys.choose("Carry on", "3 of 5")
    keys.choose("Skip", "4 of 5")
    keys.choose("Not yet", "anything you want to add")
    keys.choose("Nothing to add", "5 of 5")
    keys.choose("Yes", "anything you want to add")
    keys.choose("Nothing to add", "read")
    expect(page.locator("article", has_text="That is the end of this part")).to_have_count(1)
    keys.choose("No, keep it to me", "What would you like to do next?")

    rows = stack.query("SELECT item, rating, comment, role FROM answer WHERE superseded_at IS NULL ORDER BY item")
    assert [row[:3] for row in rows] == [
        ("before-decisions", "yes", None),
        ("before-ground-rules", "skipped", None),
        ("before-leadership", "partly", "only the ward manager has come so far"),
        ("before-payment", "not_yet", None),
        ("before-purpose", "yes", "sort of but it was rushed"),
    ]
    assert {row[3] for row in rows} == {"carer"}


def shown(page: Page) -> list[str]:
    """Each message of the facilitator, in order."""
    return [" ".join(words.split()) for words in page.locator("article.bot .words").all_inner_texts()]


def heard(page: Page) -> list[str]:
    """What a screen reader said by itself that begins "Facilitator said", without the choices."""
    lines: list[str] = page.evaluate("window.said")
    said = [line.removeprefix("Facilitator said: ") for line in lines if line.startswith("Facilitator said: ")]
    return [line.partition(" You can choose: ")[0] for line in said]


@pytest.mark.parametrize("killed", ["web", "rasa", "actions"])
def test_a_part_killed_between_request_and_response_leaves_the_message_stored_once_and_shown_once(
    stack: Stack, page: Page, killed: str
) -> None:
    """Rasa is held still, so that the message is stored and its answer cannot have left when the part is killed with `kill -9`."""
    keys = set_up(page, stack, "I use services")
    keys.choose("Partly", "anything you want to add")
    parts = stack.processes()
    os.kill(parts["rasa"], signal.SIGSTOP)
    try:
        keys.send(WORDS)
        stack.wait_until(lambda: times(stack, "message", "text") == 1, 30)
        os.kill(parts[killed], signal.SIGKILL)
    finally:
        if killed != "rasa":
            os.kill(parts["rasa"], signal.SIGCONT)
    expect(keys.newest).to_contain_text("2 of 5", timeout=RECOVERY_MS)
    assert stack.processes()[killed] != parts[killed], "it was not killed"
    is_there_once(stack, page)
    page.reload()
    keys.hears("2 of 5")
    is_there_once(stack, page)
    keys.choose("Yes", "anything you want to add")


def is_there_once(stack: Stack, page: Page) -> None:
    expect(page.locator("article", has_text=WORDS)).to_have_count(1)
    expect(page.locator("article", has_text="2 of 5")).to_have_count(1)
    expect(page.locator(".unsent")).to_have_count(0)
    assert times(stack, "message", "text") == times(stack, "answer", "comment") == 1


def times(stack: Stack, table: str, column: str) -> int:
    """How often the words are there in the newest conversation."""
    newest = "(SELECT conversation_id FROM message ORDER BY seq DESC LIMIT 1)"
    [[count]] = stack.query(f"SELECT count(*) FROM {table} WHERE {column} = :words AND conversation_id = {newest}", words=WORDS)
    return int(count)
