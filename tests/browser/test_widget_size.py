"""What it costs a phone: bytes, and the time until it can be used on a slow line."""

from __future__ import annotations

import re

import pytest

from tests.browser.fake_api import size
from tests.browser.person import Chat


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


def test_it_can_be_used_within_a_second_on_slow_4g(chat: Chat, capsys: pytest.CaptureFixture[str]) -> None:
    """Slow 4G as Lighthouse has it: 150 ms there and back, 1.6 megabits a second. The best of three: a busy machine only adds."""
    line = chat.page.context.new_cdp_session(chat.page)
    line.send("Network.enable")
    slow = {"offline": False, "latency": 150, "downloadThroughput": 200_000, "uploadThroughput": 94_000}
    line.send("Network.emulateNetworkConditions", slow)
    chat.page.add_init_script(
        "new MutationObserver(() => { if (!window.usable && document.querySelector('coproduction-chat[ready]'))"
        " requestAnimationFrame(() => { window.usable ??= performance.now(); }); })"
        ".observe(document, { subtree: true, attributes: true, attributeFilter: ['ready'] });"
    )
    chat.api.keep_alive = True
    times = []
    for _ in range(3):
        chat.begin()
        times.append(chat.page.evaluate("usable"))
        chat.page.evaluate("sessionStorage.clear()")
    usable = min(times)
    with capsys.disabled():
        print(f"\nusable after {usable:.0f} ms on slow 4G")
    assert usable <= 1000
