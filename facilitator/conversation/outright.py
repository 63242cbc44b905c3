"""What a few whole messages say that the classifier has no intent for."""

from __future__ import annotations

import re

from facilitator.conversation.reading import ONESELF, looks_like_question
from facilitator.conversation.words import spaced, these, words
from facilitator.vocabulary import Stage

_STAGE_NAMED = {
    "before": Stage.BEFORE,
    "beforehand": Stage.BEFORE,
    "during": Stage.DURING,
    "after": Stage.AFTER,
    "afterwards": Stage.AFTER,
}


def stage_named(text: str) -> Stage | None:
    """The stage a text names; None when it names none or several. "What did I say before" is of any earlier time, and ends there."""
    named = [_STAGE_NAMED[word] for word in words(text) if word in _STAGE_NAMED]
    earlier = words(text)[-1:] == ["before"] and not {"about", "for", "in"} & set(words(text))
    return named[0] if len(named) == 1 and not earlier else None


_TO_STAGE = re.compile(
    r"(?:(?:please|can|could|i|we|you|want|to|let's|lets|i'd|like|take|me|now|ok) )*(?:go |switch |move |get )?(?:back|over|on) to "
    r"(?:the )?(?P<stage>before|during|after)(?: (?:questions?|bit|part|stage|ones?|section))?"
    r"(?: (?:please|now|then|where was i|where were we))?"
)


def stage_asked_for(text: str) -> Stage | None:
    """The stage that a text asks to go to: "back to during, where was I", "go on to the after questions"; the whole message."""
    found = _TO_STAGE.fullmatch(spaced(text))
    return _STAGE_NAMED[found["stage"]] if found else None


# fmt: off
_AGAIN = [these(said) for said in (
    "start over", "start again", "start over again", "begin again", "restart", "reset", "begin start", "go start", "back start",
    "beginning", "start beginning", "start first", "go back beginning", "go back start", "back beginning",
)]
# fmt: on
_ASKING_FOR = these(
    "can could may i we i'd i'll let let's lets like want to would please the a from at of just it this now ok me my take all whole thing"
)


def starts_over(text: str) -> bool:
    """ "Start over", "can I begin again please", "from the beginning": the whole message, and nothing of where from."""
    return set(words(text)) - _ASKING_FOR in _AGAIN


_THEM = r"(?:them|him|her|someone|somebody|staff|the staff|everyone|people|(?:the|my) \w+)"
_PASS_ON = re.compile(
    rf"(?:(?:please )?(?:can|could|will|would) you (?:please )?|(?=.* for (?:me|us)\b))"
    rf"(?:(?:tell|ask|let|inform|email|ring|phone|message|say (?:it|this|that) to) {_THEM}|pass (?:it|this|that) on(?: to {_THEM})?)"
    r"(?: know)?(?: (?:this|that|it|about it|so))?(?: for (?:me|us))?(?: please)?"
)


def asks_to_pass_on(text: str) -> bool:
    """ "Can you tell them for me": that something be passed on, and not what."""
    return _PASS_ON.fullmatch(spaced(text)) is not None


_HELP_WORDS = these("help please me i need some just can you could with this here want")


def is_bare_help(text: str) -> bool:
    """ "Help", "can you help me please": a call for help that says nothing of what with."""
    found = set(words(text))
    return "help" in found and found <= _HELP_WORDS


_SOMEBODY = (
    r"(?:nurses?|ward|doctors?|consultant|staff|team|family|husband|wife|son|daughter|mum|dad|manager|boss|you|they|anyone|anybody|someone)"
)
_HEARS = r"(?:read|see|find out|be told|get told|know)"
_OF_THIS = r"(?:this|it was me|it's me|its me|what i|that i|i wrote|i said)"
_WHO_READS = re.compile(
    r"\bwho(?: \w+){0,3} (?:read|reads|see|sees|has access|finds? out)\b|\bwho gets (?:told|(?:that|this|the) note|to (?:see|read))\b"
    rf"|\b{_SOMEBODY}(?: \w+){{0,4}} {_HEARS}(?: \w+){{0,2}} {_OF_THIS}\b"
)


def asks_who_reads(text: str) -> bool:
    """Whether a text asks who gets to read or hear of what is said here: "who exactly can read my words?", "would the nurse find out"."""
    return looks_like_question(text) and _WHO_READS.search(spaced(text)) is not None


def text_skips(text: str) -> bool:
    """ "Skip the ladder", "skip all this": whatever is in hand."""
    return words(text)[:1] == ["skip"] and len(words(text)) <= _SKIP_WORDS


_DECLINES = re.compile(
    r"(?:(?:no|nah|sorry|um|er|honestly|actually|please|thanks|ta) )*"
    r"(?:(?:i'd|id|i would|would) (?:really )?(?:rather|prefer) (?:not|leave (?:it|that))|(?:i )?(?:prefer|rather) not"
    r"|i (?:don't|dont|do not) (?:want|wish|feel like|fancy) (?:to(?! go on)|talking|saying|answering)"
    r"|i (?:won't|wont|will not) (?:say|answer)|(?:i'll |i will )?pass(?: on (?:this|that))?|i decline)"
    r"(?: (?:to|say|saying|answer|answering|talk|talking|about|discuss|go into|it|that|this|one|question|thanks|thank|you|please|if"
    r"|don't|dont|mind|now|today))*"
)


def declines(text: str) -> bool:
    """ "I'd rather not", "prefer not to say": the whole message. A question that somebody will not answer is no "not yet"."""
    return _DECLINES.fullmatch(spaced(text)) is not None


_OF_KEEPING = these(
    "me my i you your yours keep keeping kept save saving saved store stored record recorded recording answers data words delete log logged"
    " write down note noted consent permission trace file forget remember hold talk unrecorded withdraw"
)


def is_about_keeping(text: str) -> bool:
    """Whether a text taken for a yes or no to keeping answers speaks of that: of the writer, the bot, or what is kept."""
    return bool(_OF_KEEPING & set(words(text)))


_FINE = re.compile(
    r"(?:no )?(?:i'm|im|i am|we're|were) (?:all )?(?:fine|ok|okay|good|alright|grand)(?: (?:thanks|thank|you|ta|now|here|really))*"
)


def says_is_fine(text: str) -> bool:
    """ "I'm fine thanks": of the writer, and no answer to a question."""
    return _FINE.fullmatch(spaced(text)) is not None


_PUT_OFF = re.compile(r"(?:(?:no|oh|ok|actually|sorry) )*(?:never ?mind|forget it|(?:it )?(?:doesn't|doesnt|does not) matter)(?: \w+)?")


def takes_it_back(text: str) -> bool:
    """ "No, never mind", "doesn't matter": the whole message."""
    return _PUT_OFF.fullmatch(spaced(text)) is not None


_NOTHING_SAID = re.compile(
    r"(?:(?:no|well|um|er|honestly|absolutely|really|literally) )*(?:nothing|none|not (?:a lot|much|a thing)|nowt)"
    r"(?: (?:really|at all|comes to mind|much|so far|yet|to be honest|tbh))*"
)


def names_nothing(text: str) -> bool:
    """ "Nothing", "not a lot really": to a prompt ("What is working well?") that is an answer."""
    return _NOTHING_SAID.fullmatch(spaced(text)) is not None


_SKIP_WORDS = 5
_ALL = r"(?:(?:that's|thats|that is) (?:all|it|everything))"
_NOTHING = r"(?:(?:(?:i|we) have )?nothing (?:further|else|more)(?: to (?:add|say))?)"
_NO_MORE = re.compile(
    rf"(?:(?:no|ok|okay|right|well|i think|i am|i'm|im|we are|we're) )*(?:(?:all )?(?P<done>done|finished)|{_NOTHING}|{_ALL})"
    r"(?: from me| for now| now)?(?: (?:thanks|thank you|ta|please|cheers))*"
)


def has_said_all(text: str, *, may_answer: bool) -> bool:
    """ "That's all", "done, ta": the whole message, and nothing of what. `may_answer`: a bare "done" may be an answer here, and is none."""
    found = _NO_MORE.fullmatch(spaced(text))
    return found is not None and not (may_answer and found["done"])


def wants_menu(text: str) -> bool:
    """ "Main menu", "back to the menu please": the whole message."""
    return "menu" in words(text) and set(words(text)) <= _TO_MENU


_TO_MENU = these("main the menu please back to go take me can i want a")


_NOT_SO = tuple(
    re.compile(rf"\b(?:{rule})\b")
    for rule in (
        r"(?:i'?m|i am) (?:(?:really|totally|perfectly|honestly|quite|all|just|absolutely) )*"
        r"(?:(?:fine|ok|okay|safe|alright)(?! (?:now|again))"
        r"|not (?:suicidal|in (?:any )?danger|at risk|in crisis|going to (?:hurt|do|harm)|hurting|unsafe|upset|that bad))",
        r"joke|joking|joked|sarcas\w+|sarky|expression|figure of speech|turn of phrase|just a saying|nothing like that",
        r"misread|misunderst\w+|wrong end|not what i (?:meant|said|mean)",
        r"i (?:only )?meant (?:the|my|that the|about|it about|it as|in|at|for)",
        r"(?:didn't|didnt|did not|don't|dont) mean (?:it|that|me|like)|stop (?:giving|sending|telling)",
        r"(?:don't|dont|do not) need (?:help|the numbers?|any numbers?|those|these)|no need for (?:that|this|it|all)",
        r"no danger|not suicidal|over ?reacting|calm down|false alarm",
        r"(?:got|read|took) (?:it|me|that|this) (?:all )?wrong|(?:you're|youre|you are|that's|thats|that is|that was) wrong",
    )
)


# "It's no joke", "I'm not joking", "you didn't misread me"
_NO_JOKE = re.compile(
    r"\b(?:not|isn't|isnt|wasn't|wasnt|didn't|didnt|never|ain't|aint)(?: \w+){0,2} "
    r"(?:jok\w+|kidding|sarcas\w+|misread|misunderst\w+|exaggerat\w+)\b"
    r"|\bno (?:joke|kidding)\b"
)
_HOW = r"(?: (?:being|dead|deadly|very|really|totally|completely|so|actually|honestly))*"
# "I meant every word", "that was meant seriously", "you read me right"; but "I meant the meeting" is not so
_MEANT_SO = re.compile(
    r"\bi(?: really| did| do| actually| honestly)* mean(?:t)? (?:it|every|what|that)(?![\w'])(?! (?:as|about|in|the|for|to|like)\b)"
    r"|\b(?:meant|said|saying) (?:it |that )?(?:seriously|literally|for real)\b(?! as\b)"
    rf"|\b(?:i'?m|i am|i was|that's|that is|that was|it's|it is|it was){_HOW} serious\b|^(?:no )?(?:deadly|dead) serious$"
    r"|\b(?:that|it) was meant$|\byou (?:read|got|heard|understood) (?:me|it|that) (?:right|correctly)\b"
)
_TAKEN_BACK = these("not never don't dont didn't didnt wasn't wasnt isn't isnt doubt")
_NEAR = 4  # words


def means_it(text: str) -> bool:
    """Whether a text, after a support message, says that it was meant so: "I wasn't joking", "that was meant seriously"."""
    said = spaced(text)
    if _NO_JOKE.search(said):
        return True
    return any(not _TAKEN_BACK & set(said[: found.start()].split()[-_NEAR:]) for found in _MEANT_SO.finditer(said))


def is_safe(text: str) -> bool:
    """Whether a text, after a support message, says that it was not meant so: "I'm not suicidal, I meant the meeting", "it was a joke"."""
    said = spaced(text)
    return not means_it(text) and any(rule.search(said) for rule in _NOT_SO)


_WORRY = these(
    "worried worry worries worrying anxious scared afraid frightened concerned upset poorly unwell ill hospital sectioned struggling"
)


def tells_of_a_worry(text: str) -> bool:
    """Whether a text asks nothing and tells of a worry of the writer's own: "I am worried about my son"."""
    found = set(words(text))
    return bool(found & _WORRY and found & ONESELF) and not looks_like_question(text)
