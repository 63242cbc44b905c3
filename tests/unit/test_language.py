"""English however it is written stays English; another language is never guessed at."""

from __future__ import annotations

import pytest
import yaml

from facilitator.language import is_english
from facilitator.settings import ROOT

ENGLISH = [
    "yes", "skip", "pip esa uc", "i dnt no wot u mean", "nah ur alrite mate", "wot payment do i get m8", "its well boring innit",
    "Priya Kowalski", "our co-pro lead is Siobhan", "nobody told us owt", "[name] was not asked", "???", "🙂", "12", "ok ta",
    "meh", "diolch", "the meeting was at Ysbyty Gwynedd",
]  # fmt: skip
OTHER = [
    "dw i ddim yn deall hyn o gwbl", "roedd yr ystafell yn rhy oer", "nie rozumiem tego pytania", "não entendi a pergunta",
    "no comprendo la pregunta", "je ne comprends pas la question", "Nu înțeleg întrebarea asta", "ma fahmin su'aashan aad i weydiisay",
    "मुझे समझ नहीं आया", "مجھے سمجھ نہیں آئی", "আমি বুঝতে পারিনি", "我听不懂", "я не розумію", "لا أفهم السؤال",
]  # fmt: skip


@pytest.mark.parametrize("text", ENGLISH)
def test_english_however_it_is_written(text):
    assert is_english(text)


@pytest.mark.parametrize("text", OTHER)
def test_another_language(text):
    assert not is_english(text)


def test_no_training_phrase_is_taken_for_another_language():
    wrong = []
    for path in (ROOT / "bot" / "data" / "nlu").glob("*.yml"):
        for block in yaml.safe_load(path.read_text(encoding="utf-8"))["nlu"]:
            wrong += [line for line in block["examples"].splitlines() if not is_english(line.removeprefix("- "))]
    assert wrong == []
