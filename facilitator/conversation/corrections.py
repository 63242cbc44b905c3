"""What people say of an answer that was noted: that it is wrong, what it should be, that it should go. Each rule can be read aloud.

All of them read whole messages of ordinary length: what is told about the world ("they should remove the first ten minutes") is none.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from facilitator.conversation.words import words
from facilitator.vocabulary import Rating

_MOST_WORDS = 40  # a longer message tells something; and no rule is slow on so few
_RATING_WORDS = {
    Rating.YES: ("yes", "yeah", "yep", "in place"),
    Rating.PARTLY: ("partly", "part", "sort of", "half", "kind of", "partial", "partially"),
    Rating.NOT_YET: ("not yet", "no", "nope", "not in place"),
    Rating.NOT_SURE: ("not sure", "unsure", "don't know", "dont know", "dunno", "i don't know", "i dont know"),
    Rating.NOT_APPLICABLE: ("does not apply", "doesn't apply", "doesnt apply", "not applicable", "n a", "na"),
}
_RATINGS = {said: rating for rating, names in _RATING_WORDS.items() for said in names}
# longest first: "not sure" is not "no"
_NAMED = "|".join(sorted(map(re.escape, _RATINGS), key=len, reverse=True))
# "This should be in place" is said of the world, and of what is missing there
_NAMED_OF_ANSWERS = "|".join(sorted((re.escape(said) for said in _RATINGS if "place" not in said), key=len, reverse=True))
# What may follow a rating that was the point: a reason. "Part of every meeting", "no jargon", "half an hour" are no ratings.
_REASON = r"(?P<reason> (?:because|cos|coz|since|not|but|we|they|i|it|she|he|nobody|please|thanks|ta|now|instead|for|really)\b.*)?"
_OPENING = r"(?:(?:no|nope|oh|ah|oi|hey|er|um|and|but|so|sorry|wait|hang on|hold on|actually|please|bot) )*"
_ASKING = r"(?:(?:please|ok|hi|can|could|may|would|i|you|i'd|like|want|wanted|wish|only|just|to|let|me|sorry|no|and|actually|need) )*"
THIS = frozenset({"it", "that", "this", "that one", "this one", "the last one", "my answer", "the answer", "my last answer", "last one"})
_SHOULD_BE = r"(?:should be|should have been|shd be|shud be|ought to be|needs to be|is really|was really|is actually)"
_SET = r"(?:change|switch|swap|alter|amend|update|correct|make|set|mark|put)"
_SET_TO = re.compile(rf"{_ASKING}{_SET} (?P<what>.+?) (?:to|into|as|down as|be) (?:a |an )?(?P<rating>{_NAMED}){_REASON}")
_OUGHT_TO_BE = re.compile(rf"{_OPENING}(?P<what>.+?) {_SHOULD_BE} (?:a |an )?(?P<rating>{_NAMED_OF_ANSWERS}){_REASON}")
_MADE = re.compile(rf"{_ASKING}(?:make|put|mark) (?P<what>it|that|that one|this one|the last one) (?:a |an )?(?P<rating>{_NAMED}){_REASON}")
_I_SAID = re.compile(
    rf"(?P<opened>(?:(?:no|nope|oi|hey|sorry|wait|but|hang on|hold on) )*)i (?:said|meant|put|typed) (?P<rating>{_NAMED}){_REASON}"
)
_I_SAID_SO = re.compile(rf"\bi (?:said|meant|should have said|should have put|shd have said) (?P<rating>{_NAMED}){_REASON}$")

_CHANGING = re.compile(
    rf"{_OPENING}(?:i (?:want|need|would like|d like) to |i'd like to |(?:can|could|may) i |let me |i've |ive |i have |i )?"
    r"chang(?:e|ed) my (?:mind|answers?) ?(?:about|on|for|to)\b.*"
)
_IT_IS = r"(?:that|this|it|which)(?:'?s| is| was)"
_IT_IS_NOT = rf"(?:{_IT_IS} not|(?:that|this|it) (?:isn't|isnt|wasn't|wasnt))"
_NEVER = r"(?:never|didn't|didnt|did not|haven't|havent|have not)"
_YOU_HAVE = r"you(?:'ve|ve| have)?"
_MINE = r"(?:say|said|meant|mean|put|answered|wrote|typed|told you)"
_WRONG = r"(?:wrong|not right|not true|not correct|incorrect|a mistake)"
_WRONG_SAID_OF = r"(?:i|you|about|answer|one|again|way|there|mate|that (?:was|is) about)"
# "I didn't say it at the time because I was scared" tells of another day
_NO_STORY = r"(?!.*\b(?:because|cos|coz|at the time|back then|until|when|then|loud|anyone|them|him|her)\b)"
_OBJECTIONS = tuple(
    re.compile(_OPENING + rule)
    for rule in (
        rf"(?:{_IT_IS}|you're|youre|you are) (?:all |just |totally )?{_WRONG}(?: {_WRONG_SAID_OF}\b.*)?",
        rf"you(?:'ve| have)? got (?:it|that|me) (?:all |just |totally )?(?:wrong|mixed up|back to front)(?: {_WRONG_SAID_OF}\b.*)?",
        r"(?:that|the|my)(?: last| first| other)? (?:one|answer) (?:was|is) (?:wrong|not right|a mistake)(?: (?:i|it|you|please)\b.*)?",
        rf"i (?:should have|shd have|should of) (?:said|put) (?:{_NAMED}){_REASON}",
        rf"{_IT_IS} (?:the )?(?:exact |complete |total )?(?:opposite|reverse)(?: of what i\b.*)?",
        rf"{_IT_IS_NOT} (?:at all |really )?what i(?:'d| have| was)? ?{_MINE}(?: (?:i|to|it|you|at all|about)\b.*)?",
        rf"{_IT_IS_NOT} (?:at all |really )?what i (?:am|was) saying(?: (?:i|it|you|at all)\b.*)?",
        rf"{_NO_STORY}i {_NEVER} (?:even )?{_MINE}(?: (?:that|it|this|yes|no|partly|not|so)\b.*)?",
        rf"{_YOU_HAVE} (?:put|noted|wrote|written|recorded|marked|said i said)(?: (?:me|down|as|a|an))* "
        rf"(?:{_NAMED}|the wrong|it wrong|wrong)\b.*",
        rf"{_YOU_HAVE} (?:misread|misunderstood|misheard|twisted|got me wrong|got the wrong|mixed (?:me|it|that|them|up))\b.*",
        r"(?:no )+not that(?: one)?(?: i\b.*)?",
        r"i (?:don't|dont|do not|didn't|didnt|did not|should not|shouldn't|would not|wouldn't) want (?:it|that|this) "
        r"(?:recorded|noted|put|down)\b.*",
    )
)

_REMOVE = r"(?:delete|remove|erase|get rid of|take out|take back|take away|scrub|wipe|scrap|rub out|cross out|strike out)"
_NOT_ALL = r"(?!.*\b(?:everything|it all|all of|all my|the lot|every)\b)"
_PARTS = (
    r"(?:my|the|that|this) (?:\w+ )?(?:answer|rating|comment)|my (?:\w+ )?(?:sentences?|words?)|the sentences? (?:about|on|where|i)"
    r"|the words? (?:about|i)|(?:first|second|third|fourth|fifth|last|that|this) one(?= (?:only|please|now|and|too)\b|$)"
    r"|bit about (?:me|my|the)|part about (?:me|my)|from what i (?:wrote|said|typed)"
    r"|what (?:i|you)(?:'ve|ve| have)? (?:put|said|typed|wrote|noted)|(?:one|some|two|a few) of my (?:answers|comments|words)"
)
_PART = re.compile(rf"{_ASKING}{_REMOVE} {_NOT_ALL}(?:.*\b)?(?:{_PARTS})\b.*")
_THAT = re.compile(rf"{_ASKING}(?:delete|remove|erase|scrap|scrub|wipe) that(?: (?:please|now|then|again|one))*")
_OF_OURS = r"(?:delete|remove|erase|get rid of|scrub|wipe|scrap)"
_STEP = re.compile(rf"{_ASKING}{_OF_OURS} (?:\w+ ){{0,3}}next step(?: (?:about|on|for|to|i|please|now)\b.*)?")
_REFLECTION = re.compile(
    rf"{_ASKING}{_OF_OURS} (?:(?:the|my|that|this|last|first|second|third) ){{1,3}}refl?ect?i?on(?: (?:please|now|again|i|it was)\b.*)?"
)
# "Delete that", "take out the last answer please", "delete what I just wrote"
_THE_LAST = re.compile(
    r"\b(?:that|this|last)(?: (?:one|answer|comment|bit|sentence|part))?(?: (?:please|now|then|only))?$"
    r"|\bi(?:'ve)? just (?:said|wrote|typed|put)\b"
)
_ALL = re.compile(r"\b(?:everything|all(?! right)|the lot|the whole|every)\b")
# to confirm what cannot be undone, "all" alone is too little: "all right then"
_ALL_GONE = re.compile(rf"\b{_REMOVE}\b|\b(?:everything|all of it|the lot)\b")
_WORDS_ALONE = re.compile(
    r"\b(?:sentences?|words?|comments?|notes?|what (?:i|i've) (?:wrote|written|typed|said about)|mention|bit about|part about|name)\b"
)
_LEAVES = re.compile(
    r"(?:(?:no|just|please|let's|lets) )*(?:leave|keep) (?:them|it|that|those|everything)(?: all)?"
    r"(?: (?:as|how) (?:they|it) (?:are|is|were|was))?"
    r"(?: (?:there|here|for now|for today|now|please|thanks))*|(?:none|neither)(?: of (?:them|those))?"
)
_SEEN = r"(?:see |show me |tell me |read back )"
_OWN_WORDS = tuple(
    re.compile(_ASKING + rule)
    for rule in (
        r"(?:see|show|read|list|view|look at)(?: me)?(?: back)? (?:all )?(?:my|the) (?:own |exact )?(?:words|comments?|notes?)\b"
        r"(?: (?:please|back|again|i .*|you .*|for .*|on .*|about .*))?",
        rf"{_SEEN}?what (?:did i|have i) (?:write|written|type|typed)\b.*",
        rf"{_SEEN}what (?:i've|i have|i) (?:written|wrote|typed)\b.*",
        rf"{_SEEN}?(?:what|which) (?:of my )?words (?:have you|did you|you have|you've|you) (?:kept|keep|got|saved|stored)\b.*",
    )
)


@dataclass(frozen=True)
class Correction:
    """What somebody says an answer should be.

    `what` is how they named the answer, empty when they did not. `told`: said as a statement ("trust should be partly"), which is no
    correction where it names no answer ("lunch should be partly hot").
    """

    rating: Rating
    what: str = ""
    told: bool = False


def correction(text: str) -> Correction | None:
    """The answer that a text says should be another: "change trust to partly", "the second one should be no", "no, I said no"."""
    said = _plain(text)
    if found := _SET_TO.fullmatch(said):
        return Correction(_RATINGS[found["rating"]], found["what"])
    # "make it half, because two hours is too long", "it should be in place but it isn't": with a reason it is of the world
    if (found := _MADE.fullmatch(said)) and not found["reason"]:
        return Correction(_RATINGS[found["rating"]], found["what"])
    if (found := _OUGHT_TO_BE.fullmatch(said)) and not (found["reason"] and found["what"] in THIS):
        return Correction(_RATINGS[found["rating"]], found["what"], told=True)
    found = _I_SAID.fullmatch(said)
    if found is None or (found["reason"] and not found["opened"]):
        found = _I_SAID_SO.search(said) if objects(text) else None
    return Correction(_RATINGS[found["rating"]]) if found else None


def objects(text: str) -> bool:
    """Whether a text says that what was noted is not so: "that's wrong", "I never said yes", "that is not what I meant"."""
    said = _plain(text)
    return any(rule.fullmatch(said) for rule in _OBJECTIONS)


def wants_part_deleted(text: str) -> bool:
    """Whether a text asks for one answer or some words to go, and not for all: "delete my first answer only"."""
    said = _plain(text)
    return _PART.fullmatch(said) is not None or _THAT.fullmatch(said) is not None


def wants_step_deleted(text: str) -> bool:
    """ "Delete the next step about the room"."""
    return _STEP.fullmatch(_plain(text)) is not None


def wants_reflection_deleted(text: str) -> bool:
    """ "Delete that last reflection"."""
    return _REFLECTION.fullmatch(_plain(text)) is not None


def means_the_last(text: str) -> bool:
    """Whether a text that asks for something to be deleted means what was said last."""
    return _THE_LAST.search(_plain(text)) is not None


_ONE = re.compile(r"\b(?:one|last|first|second|third|comment|answer|sentence|bit|part|word)\b")


def names_one(text: str) -> bool:
    """Whether a text, at the question whether to delete everything, speaks of one thing: "yes, that one", "yes, the last comment"."""
    said = _plain(text)
    return _ONE.search(said) is not None and _ALL.search(said) is None


def means_all(text: str) -> bool:
    """ "Delete everything", "all of it please": at a list of answers too, that is a wish for all to go."""
    return _ALL.search(_plain(text)) is not None and not wants_part_deleted(text)


def asks_to_delete(text: str) -> bool:
    """Whether a text, at the question whether to delete everything, says so itself: "delete it all"."""
    return _ALL_GONE.search(_plain(text)) is not None


def wants_words_deleted(text: str) -> bool:
    """Whether a text, which asks for something of an answer to be deleted, asks for words and not for the answer."""
    said = _plain(text)
    keeps = re.search(r"\b(?:leave|keep) (?:the|my) (?:answer|rating)", said) is not None
    return _WORDS_ALONE.search(said) is not None and (keeps or re.search(r"\b(?:answer|rating)\b", said) is None)


def leaves_it(text: str) -> bool:
    """ "Leave them as they are", "keep them all", "none of them": the whole message."""
    return _LEAVES.fullmatch(_plain(text)) is not None


def changes_mind(text: str) -> bool:
    """ "I want to change my mind about ground rules", "I've changed my answer on the money"."""
    return _CHANGING.fullmatch(_plain(text)) is not None


def asks_for_own_words(text: str) -> bool:
    """Whether a text asks to see the words that the writer typed: "what did I write", "show me my words"."""
    said = _plain(text)
    return any(rule.fullmatch(said) for rule in _OWN_WORDS)


def _plain(text: str) -> str:
    """The words, one space apart; nothing where there are too many."""
    found = words(text.replace("=", " should be ").replace("n/a", "na")) if len(text) < _MOST_WORDS * 20 else []
    return " ".join(found) if len(found) <= _MOST_WORDS else ""
