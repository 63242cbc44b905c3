"""The review app in a browser: axe on every page at two widths, nothing too wide, large targets, and a first day by keyboard."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import uvicorn
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from facilitator.coordinators import accounts, answers, reviewing, sessions
from facilitator.coordinators.rights import Post, Viewer
from facilitator.reports import tickets
from facilitator.reports.rows import What
from facilitator.reports.tickets import Form
from facilitator.storage import conversations as store
from facilitator.storage.models import FlagRow
from tests.integration.review import people
from tests.integration.web import Running, running

WIDTHS = ({"width": 1280, "height": 900}, {"width": 320, "height": 700})
PAGES = [
    "", "/me", "/me/two-factor", "/accounts", "/accounts/{account}", "/activities", "/activities/new", "/activities/{code}",
    "/activities/{code}/edit", "/activities/{code}/owners", "/activities/{code}/parity", "/activities/{code}/steps",
    "/activities/{code}/reflections", "/activities/{code}/ladder", "/conversations", "/conversations?q=words&role=staff",
    "/conversations/{conversation}", "/conversations/{conversation}?at={message}",
    "/questions", "/answers", "/answers/new?flag={question}", "/answers/{answer}",
    "/flags", "/flags/{flag}", "/audit", "/erasing", "/nowhere",
    "/activities/{code}/report", "/activities/{code}/report?for=sharing", "/exports", "/exports/{export}", "/insights",
    "/insights?activity={code}",
]  # fmt: skip
SMALL = """() => [...document.querySelectorAll('button, .button, input:not([type=hidden]), select, textarea, summary, nav a')]
  .map((node) => [node, node.getBoundingClientRect()])
  .filter(([node, box]) => box.width && !node.matches('.skip, [type=radio], [type=checkbox]') && box.height < 43.5)
  .map(([node, box]) => `${node.outerHTML.slice(0, 80)}: ${box.height}`)"""


@dataclass
class Site:
    url: str
    system: Running
    values: dict[str, str]

    def sign_in(self, page: Page) -> None:
        with self.system.built.database.unit_of_work() as session:
            made = sessions.start(session, accounts.account(session, self.values["admin"]), complete=True)
        page.context.add_cookies([{"name": "review-session", "value": made.token, "url": f"{self.url}/review"}])


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """The real application over HTTP, with one activity that people have answered in."""
    system = running(f"sqlite:///{tmp_path / 'review.db'}", tmp_path)
    system.built.database.upgrade()
    server = uvicorn.Server(uvicorn.Config(system.app, host="127.0.0.1", port=0, log_level="error", access_log=False))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield Site(f"http://127.0.0.1:{port}", system, {})
    server.should_exit = True
    thread.join(10)
    system.built.database.dispose()


@pytest.fixture
def busy(site: Site) -> Site:
    system = site.system
    activity_id, code = people.activity(system, "Planning the garden together, all the way from the first ideas to the first summer")
    items = [item.id for stage in system.built.checklists.stages for item in system.built.checklists.stage(stage).items[:2]]
    for role in ("service_user", "staff"):
        for _ in range(3):
            conversation, _ = people.person(system, activity_id, role)
            for number, item in enumerate(items):
                said = "a comment " * 20 + "withoutanyspaces" * 30
                people.says(system, conversation, item, "yes" if role == "staff" else ("partly", "not_yet")[number % 2], said)
    people.account(system, "Cora", Post.COORDINATOR, activity_id)
    flag = people.flag(system, conversation, "crisis", "words of theirs, " * 9 + "withoutanyspaces" * 30)
    with system.built.database.unit_of_work() as session:
        message = session.get(FlagRow, flag).message_id
        store.conversation(session, conversation).search_due = True
        viewer = Viewer("x", "Ada", "ada@example.org", Post.ADMIN)
        reviewing.annotate(session, viewer, conversation, "a note " * 30, message or "")
        reviewing.set_tags(session, viewer, conversation, "garden, food")
        draft = answers.Draft("Is there parking?", "Can I park?", "Yes, behind the hall.", "Test Trust")
        answer = answers.write(session, viewer, draft, [], activity_id).id
    question = people.flag(system, conversation, "unanswered", "is there parking " * 9 + "withoutanyspaces" * 30)
    site.values |= {
        "question": str(question),
        "answer": answer,
        "admin": people.account(system, "Ada", Post.ADMIN),
        "account": people.account(system, "Vera", Post.VIEWER, activity_id),
        "code": code,
        "flag": str(flag),
        "conversation": conversation,
        "message": message or "",
    }
    with system.built.database.unit_of_work() as session:
        ada = Viewer(site.values["admin"], "Ada", "ada@example.org", Post.ADMIN)
        site.values["export"] = tickets.ask(session, ada, What.ANSWERS, Form.XLSX, activity_id)
    return site


def violations(page: Page) -> list[str]:
    return [f"{rule['id']}: {[node['target'] for node in rule['nodes']]}" for rule in Axe().run(page).response["violations"]]


def check(page: Page) -> None:
    for width in WIDTHS:
        page.set_viewport_size(width)  # type: ignore[arg-type]
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            assert violations(page) == [], (page.url, width, scheme)
        assert page.evaluate("document.documentElement.scrollWidth") <= width["width"], (page.url, width)
        assert page.evaluate(SMALL) == [], (page.url, width)


# axe sets style attributes while it looks, which the page's own policy forbids.
@pytest.mark.browser(bypass_csp=True)
def test_every_page_passes_axe_fits_and_has_large_targets(page: Page, busy: Site) -> None:
    busy.sign_in(page)
    for path in PAGES:
        page.goto(f"{busy.url}/review{path.format(**busy.values)}")
        for summary in page.locator("summary").all():
            summary.click()
        check(page)


def test_what_a_bar_counts_stands_beside_it_and_not_in_it(page: Page, busy: Site) -> None:
    busy.sign_in(page)
    page.goto(f"{busy.url}/review/activities/{busy.values['code']}/parity")
    room = page.locator("svg:has(text.note)").first.evaluate("""(drawing) => {
      const edges = (what, side) => [...drawing.querySelectorAll(what)].map((each) => each.getBoundingClientRect()[side]);
      return Math.min(...edges('text.note', 'left')) - Math.max(...edges('rect', 'right'));
    }""")
    assert room > 0


@pytest.mark.browser(bypass_csp=True)
def test_the_way_in_passes_axe(page: Page, site: Site) -> None:
    with site.system.built.database.unit_of_work() as session:
        token = accounts.first_link(session)
    for path in ("/sign-in", f"/welcome/{token}"):
        page.goto(f"{site.url}/review{path}")
        check(page)
    page.get_by_role("button").click()
    expect(page.get_by_role("alert")).to_be_visible()
    check(page)


@pytest.mark.browser(java_script_enabled=False)
def test_a_first_day_by_keyboard_without_javascript(page: Page, site: Site) -> None:
    with site.system.built.database.unit_of_work() as session:
        token = accounts.first_link(session)
    page.goto(f"{site.url}/review/welcome/{token}")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the main part")).to_be_focused()
    for label, words in (("Your name", "Ada"), ("Your e-mail", "ada@example.org"), ("Password", people.PASSWORD)):
        page.keyboard.press("Tab")
        expect(page.get_by_label(label)).to_be_focused()
        page.keyboard.type(words)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("What needs you now")
    page.get_by_role("link", name="Make your first activity").press("Enter")
    page.get_by_label("Title").focus()
    page.keyboard.type("Planning the garden")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Planning the garden")
    expect(page.get_by_role("img", name="QR code to join Planning the garden")).to_be_visible()
