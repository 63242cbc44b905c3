"""One answer sent in several short messages: what is half of something, by its own words."""

from __future__ import annotations

from facilitator.conversation.reading import asks, is_turned_round, is_yes_or_no
from facilitator.conversation.words import these, words

_JOINING = these("and but because cos coz plus also except although though especially nor")
# Where nobody stops who has finished.
_ENDING = _JOINING | these("a an the my our your very quite than if")
_HALF_WORDS = 3  # "it was", "the staff were"; "we know who they are" is whole
_TO_BE = these("am is are was were be been being has had i'm i've it's there's that's they're we're felt feels seemed seems")


def goes_on(text: str) -> bool:
    """Whether a text begins as the rest of something: "and nobody told us why", "because of the rain"; not "and for carers?"."""
    found = words(text)
    return len(found) > 1 and found[0] in _JOINING and not asks(text) and not is_turned_round(" ".join(found[1:]))


def is_unfinished(text: str) -> bool:
    """Whether a text stops in the middle: "it was", "they came late because", "the room, the noise,"."""
    found = words(text)
    if not found or is_yes_or_no(found[0]):
        return False
    few = len(found) <= _HALF_WORDS
    # some end everything they write with dots
    trails_off = few and text.rstrip().endswith(("...", "…"))
    return trails_off or (few and found[-1] in _TO_BE) or found[-1] in _ENDING or text.rstrip().endswith((",", " -"))


_EMPTY = these("it that this he she they we i you there was were is are am be been had has have did do does a an the so and but")


def says_nothing_yet(text: str) -> bool:
    """Whether a text has no word that says anything: "it was", "and then we"."""
    return bool(words(text)) and set(words(text)) <= _EMPTY | {"then"}
