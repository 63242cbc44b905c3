"""A small knowledge base and an encoder that needs no model."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from facilitator.encoder import EmbeddingCache
from facilitator.knowledge.words import content_lemmas

DIMENSIONS = 768


class WordEncoder:
    """Vectors of the lemmas in a text: texts that share words are alike, in both halves, as with the real encoder's two layers."""

    def encode(self, texts: Sequence[str], cache: EmbeddingCache | None = None) -> NDArray[np.float32]:
        return np.stack([self.encode_one(text) for text in texts])

    def encode_one(self, text: str) -> NDArray[np.float32]:
        half = np.zeros(DIMENSIONS // 2, dtype=np.float32)
        for lemma in content_lemmas(text) or ["nothing"]:
            half[int(hashlib.sha256(lemma.encode()).hexdigest(), 16) % len(half)] += 1
        whole = np.concatenate([half, half])
        return whole / np.linalg.norm(whole)

    def disk_cache(self, path: Path) -> EmbeddingCache:
        return EmbeddingCache(path, "words", DIMENSIONS)


TOPIC = """---
id: {id}
title: {title}
section: "Step 2: {title}"
related: [{related}]
phrasings:
{phrasings}
sources:
  framework:
    title: "The framework"
    section: "Step 2: {title}"
---

## Short answer
{title} matters to all of us. Ask about it early.

## More
There is more to say of {title} here.

## For service users and carers
You can ask.

## For staff
You can help.

## For leads
You can pay.

## Example
This is made up. Ann asked.

## What you can do
- Ask about {title}.

### A point about {point} {{#a-point}}
This is about {point} and nothing else.

People ask:
- tell me about {point}
- what of {point}
- {point} please
- is there any {point}

Source: framework
"""

PAY = ["will i be paid", "how do i get my money", "is there a fee for this", "do you pay fares"]
RULES = ["what are the ground rules", "can we agree how to behave", "is it kept private", "who hears what i say"]
KINDS = {
    "clinical": ["should i stop my tablets", "am i ill", "what dose is safe", "is it bipolar"],
    "legal": ["can i appeal my section", "do i need a solicitor", "what is the law", "can i sue"],
    "benefits_personal": ["how much pip will i lose", "am i entitled to pip", "fill in my form", "what is the limit"],
    "care_personal": ["when is my appointment", "who is my nurse", "see my notes", "change my doctor"],
    "off_topic": ["what is the weather", "tell me a joke", "who won the match", "boil an egg"],
    "uncovered": ["how many trusts do it", "is there a job", "statistics please", "in new zealand"],
}


def write_topic(folder: Path, topic_id: str, title: str, point: str, phrasings: Sequence[str], related: str) -> Path:
    path = folder / "framework" / f"{topic_id}.md"
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = "\n".join(f"  - {phrasing}" for phrasing in phrasings)
    path.write_text(TOPIC.format(id=topic_id, title=title, point=point, phrasings=lines, related=related), encoding="utf-8")
    return path


def write_knowledge(folder: Path) -> Path:
    """A knowledge base of two topics without a fault."""
    write_topic(folder, "pay", "Payment", "vouchers", PAY, "rules")
    write_topic(folder, "rules", "Rules", "phones", RULES, "pay")
    glossary = "- term: fee\n  meaning: Money for your time.\n  topic: pay\n  also: [honorarium]\n"
    (folder / "glossary.yml").write_text(glossary, encoding="utf-8")
    kinds = ["kinds:"]
    for kind, examples in KINDS.items():
        kinds += [f"  - id: {kind}", f"    reply: utter_decline_{kind}", "    examples:", *(f"      - {example}" for example in examples)]
    (folder / "declined.yml").write_text("\n".join(kinds) + "\n", encoding="utf-8")
    (folder / "asked").mkdir(exist_ok=True)
    (folder / "asked" / "pay.txt").write_text("# more\ncan i claim a taxi\n", encoding="utf-8")
    return folder
