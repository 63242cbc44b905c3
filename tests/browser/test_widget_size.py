"""What it costs a phone: bytes, and the time until it can be used on a slow line."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest

from tests.browser.fake_api import size
from tests.browser.person import Chat

# Slow 4G as Lighthouse has it: 150 ms there and back, 1,638.4 kbit/s. Ten packets go at first (RFC 6928).
TRIP_MS, BYTES_A_MS, FIRST_WINDOW = 150, 204.8, 14_600


def test_script_and_style_fit_in_twenty_kilobytes(capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        print()
        assert size.main() == 0


def test_stripping_takes_comments_and_nothing_else() -> None:
    source = "/** A note. */\nconst at = 'http://x'; // why\n\n  // alone\nrun(at);\n"
    assert size.stripped(source) == "const at = 'http://x';\nrun(at);\n"


def test_joining_keeps_every_module_once_and_after_what_it_needs() -> None:
    entry = size.FOLDER / size.ENTRY
    order = [path.name for path in size.modules(entry)]
    assert order[-1] == size.ENTRY and len(set(order)) == len(order)
    assert set(order) == {path.name for path in size.FOLDER.glob("*.js")} - size.NOT_LOADED - {"speech.js"}
    assert re.findall(r"^(?:import|export) ", size.joined(entry), re.MULTILINE) == []


def test_no_two_modules_share_a_name_at_the_top() -> None:
    """Joined, the second would be an error."""
    names = re.findall(r"^(?:async )?(?:class|const|function) (\w+)", size.joined(size.FOLDER / size.ENTRY), re.MULTILINE)
    assert sorted(names) == sorted(set(names)) and "CoproductionChat" in names


USABLE = """
new MutationObserver(() => { if (!window.usable && document.querySelector('coproduction-chat[ready]'))
  requestAnimationFrame(() => { window.usable ??= performance.now(); }); })
  .observe(document, { subtree: true, attributes: true, attributeFilter: ['ready'] });
"""


def trips(sent: int) -> int:
    """There and back to connect, for TLS 1.3 and for the request, and once more for each window after the first: they double."""
    further, window, room = 0, FIRST_WINDOW, FIRST_WINDOW
    while room < sent:
        further, window = further + 1, window * 2
        room += window
    return 3 + further


def test_it_can_be_used_within_a_second_on_slow_4g(chat: Chat, capsys: pytest.CaptureFixture[str]) -> None:
    """By arithmetic, as a busy machine is no slower a line: one answer is all that the chat waits for, and so many bytes take so long.

    The time is measured too, and printed: `benchmarks/first_paint.py` says what it means.
    """
    line = chat.page.context.new_cdp_session(chat.page)
    line.send("Network.enable")
    slow = {"offline": False, "latency": TRIP_MS, "downloadThroughput": BYTES_A_MS * 1000, "uploadThroughput": 94_000}
    line.send("Network.emulateNetworkConditions", slow)
    chat.page.add_init_script(USABLE)
    chat.page.route(lambda url: urlsplit(url).path != "/", lambda route: None)  # whatever else it asks for is never answered
    chat.open()
    chat.until(lambda: chat.page.evaluate("window.usable") is not None)
    sent = chat.page.evaluate("performance.getEntriesByType('navigation')[0].transferSize")
    reckoned = trips(sent) * TRIP_MS + sent / BYTES_A_MS
    with capsys.disabled():
        measured = chat.page.evaluate("usable")
        print(f"\none answer of {sent:,} bytes: {reckoned:.0f} ms on slow 4G by reckoning; {measured:.0f} ms measured on this machine")
    assert reckoned <= 1000
