"""Words that may be a name or a plain word: what stands around them says which. One line at least for each rule of `surroundings`."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("ask dawn about the kettle", "ask [name] about the kettle"),
        ("tell kez he owes me a quid", "tell [name] he owes me a quid"),
        ("bill reckons its fine", "[name] reckons its fine"),
        ("i think hope said it was ok", "i think [name] said it was ok"),
        ("is angel still running it", "is [name] still running it"),
        ("where's angel put the keys", "where's [name] put the keys"),
        ("it's rose who does the newsletter", "it's [name] who does the newsletter"),
        ("it’s kez who does it", "it’s [name] who does it"),
        ("me and will are doing the stall", "me and [name] are doing the stall"),
        ("Faith will bring the flipchart", "[name] will bring the flipchart"),
        ("Would Penny mind if we swap", "Would [name] mind if we swap"),
        ("Is Grace in today", "Is [name] in today"),
        ("i'm blessing, carer for my dad", "i'm [name], carer for my dad"),
        ("I met Harmony Quayson there", "I met [name] there"),
        ("my nurse blessing she is very kind", "my nurse [name] she is very kind"),
        ("its debs again", "its [name] again"),
        ("it's debs again", "it's [name] again"),
        ("this is kez calling", "this is [name] calling"),
        ("Fatoumata here", "[name] here"),
        ("thank you, Rosalind", "thank you, [name]"),
        ("cheers, bez xx", "cheers, [name] xx"),
        ("Mark marked the agenda", "[name] marked the agenda"),
        ("bernadette quillfeather and she came too", "[name] and she came too"),
        ("keith and sue didnt come", "[name] and [name] didnt come"),
        ("name: tonez, number to follow", "name: [name], number to follow"),
        ("I trust in Shirley", "I trust in [name]"),
        ("I rely on Heather", "I rely on [name]"),
    ],
)
def test_a_person(redact, text, left):
    assert redact(text) == left


@pytest.mark.parametrize(
    "text",
    [
        "we ask for patience and time",
        "my GP in Shirley is good",
        "the jack for the projector broke",
        "at the mo its fine",
        "faith will grow if we listen",
        "the night team on Rowan were lovely",
        "a ray of sunshine",
        "they will rob us of hope",
        "Murphy's law applies here",
        "we went to Nando's after",
        "the Alzheimer's Society came",
        "May's meeting was cancelled",
        "it's who you know",
        "it's fine who said no",
        "will will be there",
        "we need more hope and joy",
        "i will mark it on the rota",
    ],
)
def test_nobody(redact, text):
    assert redact(text) == text
