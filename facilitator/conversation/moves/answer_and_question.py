"""An answer and a question in one message: "Yes. Will I get paid?". Both are heard."""

from __future__ import annotations

import re
from dataclasses import replace

from facilitator.conversation.moves.knowing import answer_question
from facilitator.conversation.moves.rights import who_sees
from facilitator.conversation.moves.walking import rate
from facilitator.conversation.outright import asks_who_reads
from facilitator.conversation.reading import RATINGS, rating_alone
from facilitator.conversation.turn import Library, Move, Outcome, Talk, Turn
from facilitator.conversation.words import these, words
from facilitator.knowledge.base import Decision
from facilitator.vocabulary import Step

# Two sentences and no more, or what stands between would be lost. A comma ends none: "no, can I skip this?" answers nothing.
_TWO = re.compile(r"\s*(?P<told>[^?.!;\n]+?)\s*[.!;\n]+\s+(?P<asked>[^?.!;\n]+\?)\s*")
_MAY_BE_BOTH = frozenset({*RATINGS, "affirm", "deny", "ask_question", "ask_who_sees", "nlu_fallback"})
# A question that asks for something to be done here, or for a person, is not one for the knowledge base.
_REQUESTS = these(
    "talk speak ring call phone person human someone somebody help break pause stop skip back leave finish delete remove change example"
    " explain again repeat simpler easier summary download copy step steps reminder"
)


def answer_and_ask(turn: Turn, talk: Talk, library: Library) -> Outcome | None:
    """Note the answer, answer the question, and go on; None unless the first is nothing but a rating and the second is known."""
    position = talk.position
    if position.step is not Step.ITEM or position.confirming or position.support or turn.intent not in _MAY_BE_BOTH:
        return None
    both = _TWO.fullmatch(turn.text or "")
    if both is None:
        return None
    rating, answer = rating_alone(both["told"]), _what_answers(both["asked"], library)
    if rating is None or answer is None:
        return None
    rated = rate(replace(turn, intent=rating, text=both["told"], confidence=1.0), talk, library)
    answered = answer(replace(turn, intent="ask_question", text=both["asked"]), rated.talk, library)
    # all but the question that comes next: the answer returns to that
    return replace(answered, says=(*rated.says[:-1], *answered.says), facts=(*rated.facts, *answered.facts))


def _what_answers(asked: str, library: Library) -> Move | None:
    if asks_who_reads(asked):
        return who_sees
    if _REQUESTS & set(words(asked)):
        return None
    return answer_question if library.knowledge.search(asked).decision is Decision.ANSWER else None
