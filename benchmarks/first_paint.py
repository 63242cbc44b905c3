"""How long until the pages can be seen and used on a poor phone. Asserts nothing; run it: `python -m benchmarks.first_paint`.

The line and the processor are Lighthouse's "mobile, slow 4G" (its `mobileSlow4G`, in core/config/constants.js, by DevTools): 562.5 ms of
delay a request and 1,474.56 kbit/s down, 675 kbit/s up (150 ms and 1.6 Mbit/s, less what DevTools cannot imitate), processor 4 times
slower. Also by Lighthouse's first figures themselves (150 ms, 1,638.4 kbit/s), which its simulation starts from.
The server is the stand-in of the browser tests, on this machine: what is measured is the page, not Rasa.
"""

from __future__ import annotations

import statistics
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, sync_playwright

from tests.browser.conftest import CHROMIUM, FLAGS
from tests.browser.fake_api import FakeApi

RUNS = 5
KBIT = 1000 / 8
# name: (delay of a request in ms, bytes a second down, bytes a second up)
LINES = {
    "150 ms, 1.6 Mbit/s": (150, 1638.4 * KBIT, 750 * KBIT),
    "DevTools' slow 4G": (562.5, 1474.56 * KBIT, 675 * KBIT),
}
SLOWER = 4
MARK = """
new MutationObserver(() => {
  if (window.usable || !document.querySelector('coproduction-chat[ready]')) return;
  requestAnimationFrame(() => { window.usable ??= performance.now(); });
}).observe(document, { subtree: true, attributes: true, attributeFilter: ['ready'] });
"""
FIRST_PAINT = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime"


def visit(browser: Browser, url: str, line: tuple[float, float, float]) -> dict[str, float]:
    """Milliseconds to the first words on the screen, and to a chat that can be used, with nothing cached."""
    context = browser.new_context(viewport={"width": 360, "height": 640})
    page = context.new_page()
    devtools = context.new_cdp_session(page)
    devtools.send("Network.enable")
    delay, down, up = line
    devtools.send(
        "Network.emulateNetworkConditions", {"offline": False, "latency": delay, "downloadThroughput": down, "uploadThroughput": up}
    )
    devtools.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    page.add_init_script(MARK)
    page.goto(url)
    page.wait_for_function("window.usable")
    found = {"first paint": page.evaluate(FIRST_PAINT), "usable": page.evaluate("usable")}
    context.close()
    return found


def main() -> dict[str, Any]:
    api = FakeApi()
    api.keep_alive = True
    results: dict[str, Any] = {}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=Path(CHROMIUM), args=FLAGS)
        print(f"{'line, processor 4 times slower':32} {'what':12} {'middle':>8} {'slowest':>8}   of {RUNS} visits, ms")
        for name, line in LINES.items():
            visits = [visit(browser, f"{api.url}/", line) for _ in range(RUNS)]
            for what in visits[0]:
                times = [each[what] for each in visits]
                results.setdefault(name, {})[what] = {"median": statistics.median(times), "slowest": max(times)}
                print(f"{name:32} {what:12} {statistics.median(times):8.0f} {max(times):8.0f}")
        browser.close()
    api.stop()
    return results


if __name__ == "__main__":
    main()
