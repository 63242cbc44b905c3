"""Who may do what. One table; everything that guards or hides something asks `Viewer.may` and `Viewer.sees`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Post(StrEnum):
    """What somebody is in the review app. (`Role` is what people are in an activity.)"""

    ADMIN = "admin"
    COORDINATOR = "coordinator"
    VIEWER = "viewer"


class Right(StrEnum):
    """What a page or an action needs."""

    SELF = "self"
    """One's own account."""
    COUNTS = "counts"
    """Counts and released figures of one's activities; no words."""
    WORDS = "words"
    """What people wrote, as far as they allowed it; flags; replies."""
    MANAGE = "manage"
    """To make activities, and to change one's own."""
    ADMIN = "admin"
    """Accounts, the audit, erasing."""


RIGHTS: dict[Post, frozenset[Right]] = {
    Post.ADMIN: frozenset(Right),
    Post.COORDINATOR: frozenset({Right.SELF, Right.COUNTS, Right.WORDS, Right.MANAGE}),
    Post.VIEWER: frozenset({Right.SELF, Right.COUNTS}),
}


@dataclass(frozen=True)
class Viewer:
    """Somebody signed in. `activities` are the ids of their own; an admin sees every one, and what belongs to none. `linked`: the
    organisation's own sign-in opens the account, and no password does.
    """

    id: str
    name: str
    email: str
    post: Post
    activities: frozenset[str] = frozenset()
    has_two_factor: bool = False
    linked: bool = False

    def may(self, right: Right) -> bool:
        return right in RIGHTS[self.post]

    def sees(self, activity_id: str | None) -> bool:
        """Whether what belongs to this activity, or to none, is theirs to look after."""
        return self.post is Post.ADMIN or (activity_id is not None and activity_id in self.activities)
