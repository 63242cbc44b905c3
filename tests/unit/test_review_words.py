"""Every word the review app shows is written, every word written is shown, and none is long-winded."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from facilitator.coordinators.accounts import AccountFault, AccountState
from facilitator.coordinators.answers import MOVES, AnswerFault, AnswerState
from facilitator.coordinators.audit import Action
from facilitator.coordinators.conversations import CHANNELS, Length, Review
from facilitator.coordinators.flags import FIRST, FlagFault, FlagState
from facilitator.coordinators.overview import Lane
from facilitator.coordinators.passwords import PasswordFault
from facilitator.coordinators.reviewing import NOTE, UNMARKED, ReviewFault
from facilitator.coordinators.rights import RIGHTS, Post, Right
from facilitator.erasure import Asked
from facilitator.parity.figures import Side
from facilitator.privacy.entities import EntityType
from facilitator.reports.activity import Group
from facilitator.reports.rows import HEADS, What
from facilitator.reports.tickets import ExportState, Form
from facilitator.retention import Purged
from facilitator.settings import ROOT
from facilitator.vocabulary import Author, FlagKind, Rating, Role, Stage
from web.review.pages import topic_titles, words
from web.review.report import FIGURES

FOLDER = ROOT / "web" / "review"
# Blocks whose keys are the ids of something: the list itself is compared.
TABLES: dict[str, set[str]] = {
    "actions": {*Action},
    "kinds": {*FlagKind},
    "states": {*FlagState, "replied"},
    "posts": {*Post},
    "posts_about": {*Post},
    "roles": {*Role, "none"},
    "sides": {*Side},
    "stages": {*Stage},
    "ratings": {*Rating},
    "faults": {*AccountFault, *PasswordFault, *FlagFault, *ReviewFault, *AnswerFault},
    "channels": {*CHANNELS},
    "details": {*EntityType},
    "lengths": {*Length},
    "reviews": {*Review, "none"},
    "notes": {*Review, NOTE, UNMARKED},
    "authors": {*Author},
    "answer_states": {*AnswerState},
    "counts": set(Purged().counts()),
    "exports_about": {*What},
    "columns": {name for head in HEADS.values() for name in head} | ({*FIGURES} - {*Rating}),
}


def sentences(block: Any) -> Iterator[str]:
    for value in block.values():
        if isinstance(value, dict):
            yield from sentences(value)
        else:
            yield str(value)


def test_every_id_has_its_words_and_no_other():
    assert {name: set(words()[name]) for name in TABLES} == TABLES


def test_every_word_written_is_shown_somewhere_and_the_other_way_round():
    source = "\n".join(path.read_text("utf-8") for path in [*FOLDER.rglob("*.html"), *FOLDER.rglob("*.py")])
    named = set(re.findall(r"\bw\.(\w+)\.(\w+)", source)) | set(re.findall(r'words\(\)\["(\w+)"\]\["(\w+)"\]', source))
    named |= {("activity_form", name) for name in re.findall(r'wrong\["(\w+)"\]', source)}
    named -= {(block, method) for block, method in named if method in ("get", "items")}
    missing = {f"{block}.{key}" for block, key in named if key not in words().get(block, {})}
    assert missing == set()
    picked = {("steps", lane) for lane in Lane} | {("erasing", each) for each in Asked} | {("flag", f"to_{state}") for state in FlagState}
    picked |= {("answers", f"to_{state}") for states in MOVES.values() for state in states}
    picked |= {("activity_form", kind) for kind in ("new", "edit")} | {("sign_in", kind) for kind in ("wrong", "tries", "busy")}
    picked |= {("reflections", who) for who in ("coordinators", "group")} | {("steps", "for")}
    picked |= {("accounts", state) for state in AccountState}
    picked |= {("insights", name) for name in ("began", "short", "whole")}
    picked |= {("exports", each) for each in (*What, *Form)} | {("export", state) for state in ExportState}
    picked |= {("report", name) for group in Group for name in (group, f"{group}_about") if name != "too_few_about"}
    picked |= {("app", name) for name in re.findall(r'\("[/\w]*", "(\w+)", Right', source)}
    written = {(block, key) for block in words() if block not in {*TABLES, "done", "trouble"} for key in words()[block]}
    assert {f"{block}.{key}" for block, key in written - named - picked} == set()


def test_what_a_page_says_was_done_or_went_wrong_is_written():
    source = "\n".join(path.read_text("utf-8") for path in FOLDER.glob("*.py"))
    done = (
        set(re.findall(r'to\([^)\n]*, "(\w+)"(?:, [\w.]+)?\)', source))
        | {f"flag_{state}" for state in FlagState}
        | {"flag_note", "closed", "opened"}
    )
    assert done == set(words()["done"])
    trouble = set(re.findall(r'Refused\("(\w+)"\)', source)) | {"missing", "method", "large", "failed", "unavailable", "busy", "invalid"}
    assert trouble == set(words()["trouble"])


def test_sentences_are_short():
    for text in sentences(words()):
        for sentence in re.split(r"(?<=[.?!:])\s", text):
            assert len(sentence.split()) <= 20, sentence


def test_rights_grow_from_viewer_to_admin_and_flags_have_an_order():
    assert RIGHTS[Post.VIEWER] < RIGHTS[Post.COORDINATOR] < RIGHTS[Post.ADMIN] == set(Right)
    assert set(FIRST) == set(FlagKind) and FIRST[0] is FlagKind.CRISIS


def test_every_topic_of_the_framework_has_a_title():
    assert len(topic_titles()) >= 20 and all(title and title != key for key, title in topic_titles().items())
