"""Pictures of the states people meet most, at three widths, light and dark: `scripts/screenshots`. WebP, for its size."""

from __future__ import annotations

import base64
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn
from playwright.sync_api import Page, sync_playwright

from facilitator.coordinators import accounts, sessions
from facilitator.coordinators.rights import Post
from facilitator.demo.build import build
from tests.browser.conftest import CHROMIUM, FLAGS
from tests.browser.fake_api import ROOT, FakeApi
from tests.integration.review import people
from tests.integration.web import running

FOLDER = ROOT / "docs" / "images"
SIZES = {320: 640, 768: 1024, 1280: 800}
LOOKS = ("light", "dark")
QUALITY = 82
# Seen by everyone: in every size and look. Others: where they are hardest to get right.
EVERY = ("welcome", "rating", "answer", "crisis", "summary")
NAMES = {"rating": "question"}
SOME = {
    "next-step": [(320, "light"), (768, "dark")],
    "ladder": [(320, "light"), (1280, "dark")],
    "returning": [(320, "dark"), (1280, "light")],
    "not-sent": [(320, "light")],
    "help": [(320, "dark"), (1280, "light")],
    "kept-menu": [(320, "light"), (1280, "light")],
    "welsh": [(320, "light")],
    "rtl": [(320, "light"), (1280, "dark")],
}
REVIEW = {"home": "", "parity": "/activities/{code}/parity"}


def shots() -> list[tuple[str, int, str]]:
    every = [(state, width, look) for state in EVERY for width in SIZES for look in LOOKS]
    return every + [(state, width, look) for state, where in SOME.items() for width, look in where]


def take(page: Page, address: str, name: str, width: int, look: str) -> None:
    page.set_viewport_size({"width": width, "height": SIZES[width]})
    page.emulate_media(color_scheme=look)  # type: ignore[arg-type]
    page.goto(address)
    if "/demo" in address:
        page.locator("html[data-shown]").wait_for()
    wire = page.context.new_cdp_session(page)
    picture = wire.send("Page.captureScreenshot", {"format": "webp", "quality": QUALITY})
    wire.detach()
    (FOLDER / f"{name}-{width}-{look}.webp").write_bytes(base64.b64decode(picture["data"]))


@contextmanager
def review_app(folder: Path) -> Iterator[tuple[str, str, str]]:
    """The real application with the made-up activity of `facilitator demo`: its address, the activity's code, and a session."""
    system = running(f"sqlite:///{folder / 'review.db'}", folder)
    system.built.database.upgrade()
    code = build(system.built, lambda text: None)
    ann = people.account(system, "Ann", Post.ADMIN)
    with system.built.database.unit_of_work() as session:
        token = sessions.start(session, accounts.account(session, ann), complete=True).token
    server = uvicorn.Server(uvicorn.Config(system.app, host="127.0.0.1", port=0, log_level="error", access_log=False))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        thread.join(0.02)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/review", code, token
    server.should_exit = True
    thread.join(10)
    system.built.database.dispose()


def chat(page: Page) -> int:
    api = FakeApi()
    for state, width, look in shots():
        take(page, f"{api.url}/demo?state={state}", f"chat-{NAMES.get(state, state)}", width, look)
    api.stop()
    return len(shots())


def review(page: Page) -> int:
    with tempfile.TemporaryDirectory() as folder, review_app(Path(folder)) as (address, code, token):
        page.context.add_cookies([{"name": "review-session", "value": token, "url": address}])
        places = [(name, width, look) for name in REVIEW for width in SIZES for look in LOOKS]
        for name, width, look in places:
            take(page, address + REVIEW[name].format(code=code), f"review-{name}", width, look)
    return len(places)


def main() -> None:
    for old in FOLDER.glob("*-*-*.*"):
        old.unlink()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page(reduced_motion="reduce")
        taken = chat(page) + review(page)
        browser.close()
    size = sum(picture.stat().st_size for picture in FOLDER.glob("*.webp"))
    print(f"{taken} pictures in {FOLDER.relative_to(ROOT)}, {size // 1000} kB")


if __name__ == "__main__":
    main()
