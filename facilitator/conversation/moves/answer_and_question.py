"""An answer and a question in one message: "yes, they told us. Will I get paid?". Both are heard."""

from __future__ import annotations

import re
from dataclasses import replace

from facilitator.conversation.moves.knowing import answer_question
from facilitator.conversation.moves.rights import who_sees
from facilitator.conversation.moves.walking import rate
from facilitator.conversation.outright import asks_who_reads
from facilitator.conversation.reading import RATINGS, begins_with_rating, is_bare_rating
from facilitator.conversation.turn import Library, Move, Outcome, Talk, Turn
from facilitator.knowledge.base import Decision
from facilitator.vocabulary import Step

# A comma does not end a sentence: "no, can I skip this?" answers nothing.
_TWO = re.compile(r"\s*(?P<told>[^?]+?)\s*[.!;\n]+\s+(?P<asked>[^?\n]+\?)\s*")


def answer_and_ask(turn: Turn, talk: Talk, library: Library) -> Outcome | None:
    """Note the answer, answer the question, and go on; None unless the first is plainly a rating and the second is known."""
    position = talk.position
    if position.step is not Step.ITEM or position.confirming or position.support or turn.text is None:
        return None
    both = _TWO.fullmatch(turn.text)
    rating, answer = (_rating_in(both["told"], library), _what_answers(both["asked"], library)) if both else (None, None)
    if both is None or rating is None or answer is None:
        return None
    rated = rate(replace(turn, intent=rating, text=both["told"], confidence=1.0), talk, library)
    told = answer(replace(turn, intent="ask_question", text=both["asked"]), rated.talk, library)
    return replace(told, says=(*rated.says[:1], *told.says), facts=(*rated.facts, *told.facts))


def _rating_in(told: str, library: Library) -> str | None:
    """The rating that a sentence is, in so many words; None when it only may be one."""
    for rating in RATINGS:
        if library.phrases.says(rating, told) or (is_bare_rating(told) and begins_with_rating(rating, told)):
            return rating
    return None


def _what_answers(asked: str, library: Library) -> Move | None:
    if asks_who_reads(asked):
        return who_sees
    return answer_question if library.knowledge.search(asked).decision is Decision.ANSWER else None
