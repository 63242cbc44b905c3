"""A coordinator's whole day by keyboard alone, with real people in the chat; and what people type does nothing in any page."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

from facilitator.coordinators import accounts
from facilitator.coordinators.rights import Post
from facilitator.knowledge.live import LiveKnowledge
from facilitator.reports import tickets
from facilitator.reports.rows import What
from facilitator.reports.tickets import Form
from facilitator.settings import ROOT, read_settings
from facilitator.storage import conversations as store
from facilitator.storage.answers import PublishedAnswers
from facilitator.storage.models import NextStepRow, ReflectionRow
from tests.browser.test_review import PAGES, Site, site
from tests.integration.review import people
from tests.integration.web import Person

__all__ = ["site"]
MOST_TABS = 250
PARKING = "is there somewhere to leave my car at the town hall?"
SCRIPT = '<script>window.owned=1</script><img src=x onerror="window.owned=1"><svg onload=alert(1)>'
FORMULA = '=HYPERLINK("http://127.0.0.1/x","click")'
TOWER = "a" + "\u0301" * 25_000
"""50 KB of marks on one letter."""


@pytest.fixture
def real(site: Site) -> Iterator[Site]:
    """With the real knowledge base, which reads answers from the database."""
    built = site.system.built
    settings = read_settings({})
    knowledge = LiveKnowledge(
        ROOT / "knowledge", built.settings.data_dir, cache_dir=settings.cache_dir, answers=PublishedAnswers(built.database)
    )
    built.__dict__["knowledge"] = knowledge
    built.__dict__.pop("library", None)
    yield site


# ── at the keyboard ──


def tab_to(page: Page, target: Locator) -> None:
    """Press Tab until it has the focus: what cannot be reached so, cannot be used without a mouse."""
    expect(target).to_have_count(1)
    for _ in range(MOST_TABS):
        if target.evaluate("node => node === document.activeElement"):
            return
        page.keyboard.press("Tab")
    pytest.fail(f"Tab does not reach {target}")


def press(page: Page, role: str, name: str | re.Pattern[str]) -> None:
    tab_to(page, page.get_by_role(role, name=name, exact=isinstance(name, str)))  # type: ignore[arg-type]
    page.keyboard.press("Enter")
    page.wait_for_load_state()


def fill(page: Page, label: str, words: str) -> None:
    tab_to(page, page.get_by_label(label, exact=True))
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.insert_text(words)


def heading(page: Page, text: str) -> None:
    """The page has this heading, and no fault that axe knows."""
    expect(page.get_by_role("heading", level=1)).to_have_text(text)
    found = Axe().run(page).response["violations"]
    assert [f"{rule['id']}: {[node['target'] for node in rule['nodes']]}" for rule in found] == [], page.url


# ── in the chat ──


def in_a_thread[T](work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Playwright has this thread's event loop."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(lambda: asyncio.run(work())).result()


def talk(url: str, code: str, role: str, ratings: list[str], question: str = "") -> Person:
    """Somebody in the chat, over HTTP: the short walk before, with these ratings, sharing all; then a question."""

    async def walk() -> Person:
        async with httpx.AsyncClient(base_url=url, timeout=60) as http:
            person = Person(http)
            await person.open(activity_code=code, role=role)
            await person.choose("Keep")
            await person.choose("Before")
            await person.choose("Short")
            for rating in ratings:
                await person.choose(rating)
                await person.choose("Nothing to add")
            await person.choose("Yes")
            await person.choose("Yes")
            if question:
                await person.type(question)
            return person

    return in_a_thread(walk)


def ask(url: str, person: Person, question: str) -> str:
    async def once() -> str:
        async with httpx.AsyncClient(base_url=url, timeout=60) as person.http:
            await person.type(question)
            return person.texts

    return in_a_thread(once)


def history(url: str, person: Person) -> list[str]:
    found = httpx.get(f"{url}/chat/conversations/{person.id}/messages?limit=200", headers=person.headers, timeout=60).json()["messages"]
    return [message["text"] for message in found]


# axe sets style attributes while it looks, which the page's own policy forbids.
@pytest.mark.browser(bypass_csp=True)
def test_a_coordinators_day_from_the_first_link_by_keyboard_alone(page: Page, real: Site) -> None:
    with real.system.built.database.unit_of_work() as session:
        token = accounts.first_link(session)
    page.goto(f"{real.url}/review/welcome/{token}")
    heading(page, "Choose a password")
    for label, words in (("Your name", "Ada"), ("Your e-mail", "ada@example.org"), ("Password", people.PASSWORD)):
        fill(page, label, words)
    page.keyboard.press("Enter")
    heading(page, "What needs you now")
    press(page, "link", "Make your first activity")
    heading(page, "New activity")
    fill(page, "Title", "Planning the garden")
    page.keyboard.press("Enter")
    heading(page, "Planning the garden")
    code = page.url.split("/activities/")[1].partition("?")[0]

    same = ["Partly"] * 4
    for role, first in (("service_user", "Not yet"), ("staff", "Yes")):
        for number in range(3):
            talk(real.url, code, role, [first, *same], PARKING if (role, number) == ("service_user", 2) else "")
    asker = talk(real.url, code, "carer", ["Partly", *same], "can I talk to a person")

    press(page, "link", "Both sides, side by side")
    heading(page, "Both sides, side by side")
    widest = page.locator("section.item").first
    expect(widest).to_contain_text("Gap:")
    expect(widest).to_contain_text("People who provide services see more in place.")
    gaps = [float(gap) for gap in re.findall(r"Gap: (\d\.\d\d)", page.locator("main").text_content() or "")]
    assert gaps and gaps == sorted(gaps, reverse=True) and gaps[0] > 0

    press(page, "link", "Questions")
    heading(page, "Questions without an answer")
    expect(page.locator("main")).to_contain_text(PARKING)
    press(page, "button", re.compile("Write an answer to these"))
    heading(page, "Write an answer")
    fill(page, "Question", "Can I park at the hall?")
    fill(page, "Other ways to ask it", "Is there parking at the town hall?\nWhere do I leave my car?")
    fill(page, "Answer", "Yes. There are ten spaces behind the hall.")
    press(page, "button", "Publish now")
    heading(page, "Answer: Can I park at the hall?")
    assert "There are ten spaces behind the hall." in ask(real.url, asker, PARKING)

    press(page, "link", "Flags")
    heading(page, "Flags")
    press(page, "link", re.compile("Asked for a person"))
    fill(page, "Your reply", "This is Ada. Ring me on the ward phone.")
    press(page, "button", "Send the reply")
    expect(page.get_by_role("status")).to_contain_text("Your reply is there.")
    assert "This is Ada. Ring me on the ward phone." in history(real.url, asker)
    fill(page, "Note", "Wrote back.")
    press(page, "button", "Close")
    expect(page.get_by_role("status")).to_have_text("The flag is closed.")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Asked for a person")
    press(page, "link", "Home")
    heading(page, "What needs you now")
    expect(page.locator("main")).to_contain_text("No flag is waiting.")

    press(page, "link", "Conversations")
    heading(page, "Conversations")
    fill(page, "Words", "car")
    page.keyboard.press("Enter")
    page.wait_for_load_state()
    press(page, "link", re.compile("People who use services"))
    expect(page.locator("main")).to_contain_text(PARKING)
    press(page, "button", "Mark as reviewed")
    expect(page.get_by_role("status")).to_have_text("The conversation is marked.")
    _take_the_report(page, code)


def _take_the_report(page: Page, code: str) -> None:
    """From the home page to the file, as the word processor will open it."""
    press(page, "link", "Home")
    press(page, "link", "Activities")
    press(page, "link", "Planning the garden")
    press(page, "link", "Report to print or share")
    heading(page, "Report: Planning the garden")
    tab_to(page, page.get_by_role("link", name="Take it as a Word document", exact=True))
    with page.expect_download() as taken:
        page.keyboard.press("Enter")
    assert re.fullmatch(rf"report-{code}-\d{{4}}-\d\d-\d\d\.docx", taken.value.suggested_filename)
    with ZipFile(taken.value.path()) as file:
        assert "Planning the garden" in file.read("word/document.xml").decode()


# ── what people type ──


@pytest.mark.browser(bypass_csp=True)
@pytest.mark.parametrize("planted", [SCRIPT, FORMULA, TOWER], ids=["script", "formula", "tower"])
def test_what_people_type_does_nothing_in_any_page(page: Page, site: Site, planted: str, tmp_path: Path) -> None:
    """With the page's own policy off, so that nothing but the page itself keeps a script from running."""
    system = site.system
    activity_id, code = people.activity(system, f"Garden {planted[:150]}")
    items = [item.id for item in system.built.checklists.stage("before").items[:2]]
    conversation = ""
    for role in ("service_user", "staff"):
        for _ in range(3):
            conversation, _ = people.person(system, activity_id, role)
            for item in items:
                people.says(system, conversation, item, "yes", planted)
    flag, question = (people.flag(system, conversation, kind, f"{planted} {kind}") for kind in ("crisis", "unanswered"))
    with system.built.database.unit_of_work() as session:
        from facilitator.coordinators import answers, reviewing
        from facilitator.coordinators.rights import Viewer
        from facilitator.storage.models import FlagRow

        viewer = Viewer("x", "Ada", "ada@example.org", Post.ADMIN)
        message = (session.get(FlagRow, flag) or FlagRow()).message_id or ""
        reviewing.annotate(session, viewer, conversation, planted[:2000], message)
        draft = answers.Draft(planted[:200], "", planted[:1200], planted[:120])
        answer = answers.write(session, viewer, draft, [], activity_id).id
        answers.move(session, viewer, answer, answers.AnswerState.PUBLISHED)
        store.conversation(session, conversation).search_due = True
        own = {"conversation_id": conversation, "activity_id": activity_id, "created_at": store.now()}
        session.add(ReflectionRow(text=planted, visible_to="group", message_id=store.new_id(), **own))
        session.add(NextStepRow(id=store.new_id(), what=planted, who="me", state="open", **own))
    site.values |= {"admin": people.account(system, "Ada", Post.ADMIN), "account": people.account(system, "Vera", Post.VIEWER, activity_id)}
    with system.built.database.unit_of_work() as session:
        ada = Viewer(site.values["admin"], "Ada", "ada@example.org", Post.ADMIN)
        export = tickets.ask(session, ada, What.ANSWERS, Form.XLSX, activity_id)
    values = {**site.values, "code": code, "flag": flag, "question": question, "answer": answer, "export": export}
    values |= {"conversation": conversation, "message": message}
    site.sign_in(page)
    alarms: list[str] = []
    page.on("dialog", lambda dialog: (alarms.append(dialog.message), dialog.dismiss()))
    page.set_viewport_size({"width": 1280, "height": 900})
    for path in PAGES:
        page.goto(f"{site.url}/review{path.format(**values)}")
        assert page.evaluate("window.owned") is None, path
        assert page.locator("main script, main svg[onload], main img").count() == 0, path
        assert page.evaluate("document.documentElement.scrollWidth") <= 1280, path
        assert page.evaluate("Math.max(0, ...[...document.querySelectorAll('.said')].map((box) => box.clientHeight))") < 700, path
    assert alarms == []
