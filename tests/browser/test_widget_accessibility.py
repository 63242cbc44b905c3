"""WCAG: axe on every state in every look, target sizes, reflow, text spacing, focus."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.fake_api import WIDGET
from tests.browser.person import Chat

EXAMPLES: list[dict[str, Any]] = json.loads((WIDGET / "demo" / "examples.json").read_text("utf-8"))
IDS = [example["id"] for example in EXAMPLES]
LOOKS: dict[str, tuple[dict[str, Any], dict[str, int]]] = {
    "light": ({"color_scheme": "light", "forced_colors": "none"}, {"width": 1024, "height": 768}),
    "dark, 320 px": ({"color_scheme": "dark", "forced_colors": "none"}, {"width": 320, "height": 640}),
    "forced colours, 400 % zoom": ({"color_scheme": "light", "forced_colors": "active"}, {"width": 320, "height": 256}),
}
STATES = {"consent", "setup", "item", "comment", "reflection", "support", "paused", "finished", "waiting"}
KINDS = {"text", "question", "answer", "support", "summary", "notice"}
# What the chat itself can be doing, whatever the server says. A new one belongs here and in examples.json.
SITUATIONS = {
    "chosen", "writing", "not-sent", "choice-not-sent", "too-long", "choice-closed", "unavailable", "rate-limited", "cannot-connect",
    "bad-code", "earlier", "new-message", "ended", "deleted", "menu", "delete-ask", "code", "help", "calm", "large", "other-writing",
}  # fmt: skip
# The states that issue 5 names, and the examples that show them. 320 px, dark and forced colours are looks: every state has them all.
PROMISED = {
    "welcome": {"welcome"}, "consent": {"welcome"}, "rating": {"rating", "chosen"}, "comment": {"comment"},
    "answer with sources": {"answer"}, "crisis": {"crisis"}, "error": {"too-long", "unavailable", "summary-failed", "bad-code"},
    "offline": {"offline", "not-sent"}, "summary": {"summary", "kept-menu"}, "next step": {"next-step"}, "ladder": {"ladder"},
    "reflection": {"reflection"}, "returning": {"returning", "earlier"}, "Welsh": {"welsh", "welsh-menu"},
    "right to left": {"rtl", "rtl-menu"},
}  # fmt: skip
SIDEWAYS = """() => {
  const root = document.querySelector('coproduction-chat').shadowRoot;
  const wide = [document.documentElement, ...root.querySelectorAll('.scroll, .sheet, header, .foot, button, article')]
    .filter((node) => node.scrollWidth > node.clientWidth + 1 && node.clientWidth);
  return wide.map((node) => `${node.localName}.${node.className} ${node.scrollWidth} > ${node.clientWidth}`);
}"""
SMALL = """() => {
  const root = document.querySelector('coproduction-chat').shadowRoot;
  const dialog = root.querySelector('dialog[open]');
  const found = [...(dialog ?? root).querySelectorAll('button, a, summary, textarea, input:not([type]), .option')];
  return found.map((node) => [node.textContent.trim() || node.id, node.getBoundingClientRect(), node])
    .filter(([, { width, height }]) => width && (width < 44 || height < 44))
    .map(([name, { width, height }]) => `${name}: ${width} x ${height}`);
}"""


def show(chat: Chat, state: str) -> None:
    chat.page.goto(f"{chat.api.url}/demo?state={state}")
    chat.page.locator("html[data-shown]").wait_for()


def violations(page: Page) -> list[str]:
    """Every rule of WCAG 2.0 to 2.2, A and AA, and axe's own good practice. Naming the tags also turns on what is off by default."""
    page.wait_for_load_state()
    rules = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"]}
    found = Axe().run(page, options=rules).response["violations"]
    return [f"{rule['id']}: {[node['target'] for node in rule['nodes']]}" for rule in found]


# axe sets style attributes while it looks, which the page's own policy forbids.
@pytest.mark.browser(bypass_csp=True)
@pytest.mark.parametrize("state", IDS)
def test_every_state_passes_axe_fits_and_has_large_targets(chat: Chat, state: str) -> None:
    show(chat, state)
    for look, (media, viewport) in LOOKS.items():
        chat.page.emulate_media(**media)
        chat.page.set_viewport_size(viewport)  # type: ignore[arg-type]
        assert violations(chat.page) == [], look
        assert chat.page.evaluate(SIDEWAYS) == [], look
        assert chat.page.evaluate(SMALL) == [], look


@pytest.mark.browser(bypass_csp=True)
@pytest.mark.parametrize(("path", "down"), [("/demo", "strings"), ("/", "widget")])
def test_pages_pass_axe_without_their_script(chat: Chat, path: str, down: str) -> None:
    chat.api.down.add(down)
    chat.page.goto(chat.api.url + path)
    assert violations(chat.page) == []


def test_every_state_and_kind_has_an_example() -> None:
    replies = [reply for example in EXAMPLES for reply in replies_of(example)]
    assert {reply["state"] for reply in replies if "state" in reply} == STATES
    messages = [message for reply in replies for message in reply.get("messages", [])]
    assert {message["kind"] for message in messages} == KINDS
    assert {message["author"] for message in messages} == {"bot", "person", "coordinator"}
    assert set(IDS) >= SITUATIONS
    assert {state: ids - set(IDS) for state, ids in PROMISED.items() if ids - set(IDS)} == {}
    assert {media["color_scheme"] for media, _ in LOOKS.values()} == {"light", "dark"}
    assert {media["forced_colors"] for media, _ in LOOKS.values()} == {"none", "active"}
    assert 320 in {viewport["width"] for _, viewport in LOOKS.values()}
    assert len(IDS) == len(set(IDS))


def replies_of(example: dict[str, Any]) -> list[dict[str, Any]]:
    nested = [example.get("say", {}).get("reply"), example.get("then", {}).get("arrive")]
    return [reply for reply in [example.get("start"), example.get("history"), *nested] if reply]


@pytest.mark.parametrize("viewport", [{"width": 1024, "height": 768}, {"width": 320, "height": 256}], ids=["large", "400 %"])
def test_focus_is_always_visible_and_never_hidden(chat: Chat, viewport: Any) -> None:
    chat.page.set_viewport_size(viewport)
    show(chat, "earlier")
    seen = set()
    for _ in range(14):
        chat.page.keyboard.press("Tab")
        place = chat.page.evaluate("""() => {
          const root = document.querySelector('coproduction-chat').shadowRoot;
          const node = root.activeElement;
          if (!node) return null;
          const { left, top, width, height } = node.getBoundingClientRect();
          const x = Math.min(Math.max(left + width / 2, 1), innerWidth - 1);
          const y = Math.min(Math.max(top + height / 2, 1), innerHeight - 1);
          const over = root.elementFromPoint(x, y);
          return {
            name: node.textContent || node.id,
            clear: node.contains(over) || over?.contains(node),
            outline: getComputedStyle(node).outlineStyle,
            inside: top < innerHeight && top + height > 0,
          };
        }""")
        if place:
            seen.add(place["name"])
            assert place["clear"], place
            assert place["inside"], place
            assert place["outline"] == "solid", place
    assert {"Help now", "Menu", "Quick exit", "Send", "Yes"} <= seen


@pytest.mark.browser(viewport={"width": 320, "height": 640})
def test_on_the_smallest_phone_the_heading_is_one_line_and_the_tools_are_one_row(chat: Chat) -> None:
    """So that more of the message is seen. With larger text they wrap, as they may."""
    chat.begin()
    assert len({box["y"] for box in (each.bounding_box() for each in chat.page.locator(".tools button").all()) if box}) == 1
    heading = chat.page.get_by_role("heading", level=1)
    assert heading.evaluate("(node) => node.clientHeight < 2 * parseFloat(getComputedStyle(node).lineHeight)")


def test_text_spacing_set_by_the_reader_breaks_nothing(chat: Chat) -> None:
    chat.page.set_viewport_size({"width": 320, "height": 640})
    for state in ["answer", "menu", "not-sent"]:
        show(chat, state)
        chat.page.evaluate("""() => {
          const style = new CSSStyleSheet();
          style.replaceSync('* { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important }'
            + 'p { margin-block-end: 2em !important }');
          document.querySelector('coproduction-chat').shadowRoot.adoptedStyleSheets = [style];
        }""")
        assert chat.page.evaluate(SIDEWAYS) == []


def test_lines_are_seventy_characters_or_fewer(chat: Chat) -> None:
    show(chat, "answer")
    characters = chat.page.locator(".answer .words").evaluate("""(node) => {
      const probe = document.createElement('span');
      probe.textContent = 'a quiet room helps people to think and to say what they need to say';
      node.append(probe);
      const each = probe.getBoundingClientRect().width / probe.textContent.length;
      probe.remove();
      return node.clientWidth / each;
    }""")
    assert characters <= 75  # the widest a box may be; words wrap before its edge
    longest = chat.page.locator(".answer .words").evaluate("""(node) => {
      const text = node.querySelector('p').firstChild, range = document.createRange();
      let line = 0, top = null, most = 0;
      for (let i = 0; i < text.length; i += 1) {
        range.setStart(text, i); range.setEnd(text, i + 1);
        const here = range.getBoundingClientRect().top;
        line = here === top ? line + 1 : 1;
        top = here; most = Math.max(most, line);
      }
      return most;
    }""")
    assert longest <= 70


def test_the_language_and_direction_are_set(chat: Chat) -> None:
    show(chat, "other-writing")
    assert chat.page.locator(".chat").get_attribute("lang") == "en"
    arabic = chat.page.locator(".person .words")
    assert arabic.evaluate("(node) => getComputedStyle(node).direction") == "rtl"
    expect(chat.page.locator("html")).to_have_attribute("dir", "ltr")


def test_help_now_is_in_the_same_place_in_every_state(page: Page, chat: Chat) -> None:
    places = set()
    for state in ["welcome", "crisis", "not-sent", "cannot-connect", "summary"]:
        show(chat, state)
        tools = page.locator("header button").all_inner_texts()
        places.add(tuple(tools))
    assert places == {("Help now", "Menu", "Quick exit")}


# Colours, from the tokens themselves: axe sees only what happens to be on the page

LEAST: dict[float, dict[str, str]] = {
    7: {"ink": "paper surface tint help-tint"},
    4.5: {
        "quiet": "paper surface tint help-tint",
        "accent": "paper surface tint",
        "on-accent": "accent",
        "help": "surface help-tint",
        "error": "paper surface tint",
        "paper": "ink",
    },
    3: {"edge": "paper surface", "focus": "paper surface halo"},
}
PAIRS = [(over, under, least) for least, pairs in LEAST.items() for over, grounds in pairs.items() for under in grounds.split()]


def blocks() -> dict[str, dict[str, str]]:
    text = (WIDGET / "tokens.css").read_text("utf-8")
    found = [dict(re.findall(r"--cp-([\w-]+): (#\w+);", block)) for block in re.findall(r"\{([^{}]*--cp-ink: #[^{}]*)\}", text)]
    light, dark, chosen = found
    assert dark == chosen, "the two dark blocks of tokens.css differ"
    return {"light": light, "dark": dark}


def luminance(colour: str) -> float:
    digits = colour.lstrip("#")
    digits = "".join(2 * digit for digit in digits) if len(digits) == 3 else digits
    parts = [int(digits[n : n + 2], 16) / 255 for n in (0, 2, 4)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("over", "under", "least"), PAIRS)
def test_colours_are_far_enough_apart(theme: str, over: str, under: str, least: float) -> None:
    tokens = blocks()[theme]
    light, dark = sorted([luminance(tokens[over]), luminance(tokens[under])], reverse=True)
    ratio = (light + 0.05) / (dark + 0.05)
    assert ratio >= least, f"{over} on {under}: {ratio:.2f}"
