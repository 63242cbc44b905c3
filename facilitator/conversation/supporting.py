"""Which support message is said, and what is remembered of it while it is in hand: until somebody goes on, pauses or asks for something.

The first of a kind is said in full. A further one of that kind is said in short: the same block over and over helps nobody, and to say
nothing would leave somebody alone with it.
"""

from __future__ import annotations

from facilitator.checklist.position import Position
from facilitator.conversation.turn import Say, Talk
from facilitator.safety.kinds import SafetyKind, Screened
from facilitator.vocabulary import Kind


def in_full(found: Screened) -> Say:
    """The whole message: what to say where nothing is known of what was said before."""
    return Say(f"support_{found.kind}_unsure" if found.unsure else f"support_{found.kind}", Kind.SUPPORT)


def helped(talk: Talk, found: Screened) -> tuple[Talk, Say]:
    """The talk with support in hand, and the message: in full, or in short where this kind has been said in full."""
    position = talk.position
    given = position.support_kinds if position.support else ()
    say = _in_short(found.kind) if found.kind in given else in_full(found)
    # sure once, sure for as long as it is in hand: a later guess makes what was plain no less so
    unsure = found.unsure and (position.support_unsure or not position.support)
    kinds = (*(kind for kind in given if kind is not found.kind), found.kind)
    number = position.question_no + (not position.support)
    return talk.at(support=True, support_kinds=kinds, support_unsure=unsure, confirming=None, question_no=number), say


def meant(talk: Talk) -> tuple[Talk, Say]:
    """The same for somebody who says that it was meant so: of the kind in hand, and no misreading any more."""
    kind = _in_hand(talk.position)
    said = _in_short(kind) if kind else Say(f"support_{SafetyKind.CRISIS_SELF}", Kind.SUPPORT)
    return talk.at(support_unsure=False), said


def _in_short(kind: SafetyKind) -> Say:
    return Say(f"support_{kind}_again", Kind.SUPPORT)


def _in_hand(position: Position) -> SafetyKind | None:
    """The crisis spoken of last, else what else was; None for a position stored before kinds were remembered."""
    latest = tuple(reversed(position.support_kinds))
    return next((kind for kind in latest if kind.is_crisis), latest[0] if latest else None)
