"""Pictures of the states people meet most, at three widths, light and dark: `scripts/screenshots`."""

from __future__ import annotations

from playwright.sync_api import Page, sync_playwright

from tests.browser.conftest import CHROMIUM, FLAGS
from tests.browser.fake_api import ROOT, FakeApi

FOLDER = ROOT / "docs" / "images"
SIZES = {320: 640, 768: 1024, 1280: 800}
# Seen by everyone: in every size and look. Others: where they are hardest to get right.
EVERY = ("welcome", "rating", "answer", "next-step")
NAMES = {"rating": "question"}
SOME = {
    "crisis": [(320, "light"), (768, "dark")],
    "summary": [(768, "light")],
    "ladder": [(320, "light"), (1280, "dark")],
    "returning": [(320, "dark"), (1280, "light")],
    "not-sent": [(320, "light")],
    "help": [(320, "dark"), (1280, "light")],
    "kept-menu": [(320, "light"), (1280, "light")],
    "welsh": [(320, "light")],
    "rtl": [(320, "light"), (1280, "dark")],
}


def shots() -> list[tuple[str, int, str]]:
    every = [(state, width, look) for state in EVERY for width in SIZES for look in ("light", "dark")]
    return every + [(state, width, look) for state, where in SOME.items() for width, look in where]


def take(page: Page, url: str, state: str, width: int, look: str) -> None:
    page.set_viewport_size({"width": width, "height": SIZES[width]})
    page.emulate_media(color_scheme=look)  # type: ignore[arg-type]
    page.goto(f"{url}/demo?state={state}")
    page.locator("html[data-shown]").wait_for()
    page.screenshot(path=FOLDER / f"chat-{NAMES.get(state, state)}-{width}-{look}.png")


def main() -> None:
    for old in FOLDER.glob("chat-*.png"):
        old.unlink()
    api = FakeApi()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page(reduced_motion="reduce")
        for shot in shots():
            take(page, api.url, *shot)
        browser.close()
    api.stop()
    print(f"{len(shots())} pictures in {FOLDER.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
