"""When the figures of one side of one item may change (DESIGN section 4, small groups).

Someone who compares what is shown at several moments, or a total with its parts, must never be left with fewer people than a small
group. The rules, and why they hold, are in docs/decisions/0014-small-groups.md. In short:

- nothing is shown before `small_group` people have rated;
- figures change when at least `step` people say yes, partly or not yet who were never counted as saying it: someone who changes back and
  forth is not new again, and someone who leaves and returns is not either;
- one or two people who took their answers back leave the figures only once more new answers than theirs say the same, so that no count goes
  down because of them. Three or more are a group of their own;
- roles are shown only while each step moved either nobody in a role or at least `step` of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from facilitator.parity.figures import VALUES, Counts, add, count, raters
from facilitator.vocabulary import Rating, Role

SMALL_GROUP = 3
RELEASE_STEP = 3

Basis = Mapping[str, tuple[Rating, ...]]
"""By conversation: the ratings its person had in the figures so far, the latest last."""


@dataclass(frozen=True)
class Rule:
    """How many people make a group, and how many have to move before figures do. Both are 3 or more."""

    small_group: int = SMALL_GROUP
    step: int = RELEASE_STEP


@dataclass(frozen=True)
class Entry:
    """One person's current rating of one item."""

    conversation_id: str
    person_id: str
    role: Role
    rating: Rating


@dataclass(frozen=True)
class Release:
    """Figures as last shown. `roles` is None for good once a step moved too few people of one role."""

    counts: Counts
    roles: Mapping[Role, Counts] | None
    basis: Basis

    def is_shown(self, rule: Rule) -> bool:
        """Whether enough of the people the figures were made from still take part."""
        return raters(count(past[-1] for past in self.basis.values())) >= rule.small_group


def without_those_who_left(release: Release, entries: Sequence[Entry], person_of: Mapping[str, str]) -> Release:
    """The release with only those who still take part in its basis; the figures stay.

    Args:
        person_of: the person of every conversation whose answers may count, so that somebody on a second device stays one person.
    """
    now_at = {entry.person_id: entry.conversation_id for entry in entries}
    kept: dict[str, tuple[Rating, ...]] = {}
    for conversation_id, past in release.basis.items():
        moved_to = now_at.get(person_of.get(conversation_id, ""))
        if moved_to and moved_to not in kept:
            kept[moved_to] = past
    return Release(release.counts, release.roles, kept)


def next_release(last: Release | None, entries: Sequence[Entry], rule: Rule) -> Release | None:
    """The figures that may be shown now; `last` itself when nothing may change yet.

    Args:
        last: what was shown before, without those who left. entries: one for each person of this side who answered this item.
    """
    counts = count(entry.rating for entry in entries)
    if raters(counts) < rule.small_group:
        return last
    if last is None:
        return Release(counts, _roles(None, entries, rule), {entry.conversation_id: (entry.rating,) for entry in entries})
    if not _may_step(last.counts, last.basis, entries, rule):
        return last
    return Release(counts, _roles(last, entries, rule), {entry.conversation_id: _lengthened(last.basis, entry) for entry in entries})


def _lengthened(basis: Basis, entry: Entry) -> tuple[Rating, ...]:
    past = basis.get(entry.conversation_id, ())
    return past if past and past[-1] == entry.rating else (*past, entry.rating)


def _may_step(shown: Counts, basis: Basis, entries: Iterable[Entry], rule: Rule) -> bool:
    moved = [entry for entry in entries if basis.get(entry.conversation_id, (None,))[-1] != entry.rating]
    left = _left(shown, basis)
    return _new(basis, moved, left) >= rule.step and _hides_who_left(left, count(entry.rating for entry in moved), rule)


def _left(shown: Counts, basis: Basis) -> dict[Rating, int]:
    """What those who took their answers back had said. Who they were is not kept."""
    staying = count(past[-1] for past in basis.values())
    return {rating: shown.get(rating, 0) - staying[rating] for rating in Rating}


def _new(basis: Basis, moved: Sequence[Entry], left: Counts) -> int:
    """How many say yes, partly or not yet who were never counted as saying it. "Not sure" and skips move nothing by themselves."""
    rated = [entry for entry in moved if entry.rating in VALUES]
    changed = sum(entry.conversation_id in basis and entry.rating not in basis[entry.conversation_id] for entry in rated)
    came = count(entry.rating for entry in rated if entry.conversation_id not in basis)
    # somebody who left and says the same again may be among those who came
    return changed + sum(max(0, came[rating] - left[rating]) for rating in VALUES)


def _hides_who_left(left: Counts, incoming: Counts, rule: Rule) -> bool:
    """Whether those who left cannot be told from the difference; ratings and other answers are each looked at by themselves."""
    for kind in (set(VALUES), set(Rating) - set(VALUES)):
        gone = sum(left[rating] for rating in kind)
        # more than, not as many as: one of those who came could be the one who compares
        if 0 < gone < rule.small_group and any(left[rating] and incoming.get(rating, 0) <= left[rating] for rating in kind):
            return False
    return True


def _roles(last: Release | None, entries: Sequence[Entry], rule: Rule) -> Mapping[Role, Counts] | None:
    """Counts by role, or None when a role's people could be told apart, now or by comparing with what was shown before."""
    if last is not None and last.roles is None:
        return None
    counts = {role: count(entry.rating for entry in entries if entry.role is role) for role in Role}
    present = {role: own for role, own in counts.items() if any(own.values())}
    if any(raters(own) < rule.small_group for own in present.values()):
        return None
    if last is not None and last.roles is not None:
        role_of = {entry.conversation_id: entry.role for entry in entries}
        for role in {*present, *last.roles}:
            basis = {key: past for key, past in last.basis.items() if role_of.get(key) is role}
            own = [entry for entry in entries if entry.role is role]
            shown = last.roles.get(role) or add(())
            if not _stands_still(shown, basis, own) and not _may_step(shown, basis, own, rule):
                return None
    return present


def _stands_still(shown: Counts, basis: Basis, entries: Sequence[Entry]) -> bool:
    same = all(basis.get(entry.conversation_id, (None,))[-1] == entry.rating for entry in entries)
    return same and shown == count(entry.rating for entry in entries)
