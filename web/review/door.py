"""What coordinators write about people meets the door that people's own words meet: details of others are taken out before it is kept.

The writer's own name and e-mail, and the organisation's contact, may stay (docs/decisions/0022).
"""

from __future__ import annotations

from dataclasses import dataclass

from facilitator.privacy.entities import EntityType
from web.review.guard import Seat

# In a reply these say how to reach its writer: a duty number, the team's address.
HOW_TO_REACH = frozenset({EntityType.PHONE, EntityType.EMAIL, EntityType.URL})


@dataclass(frozen=True)
class Admitted:
    """The text as it may be kept, and the kinds of detail that were taken out, each once."""

    text: str
    out: tuple[EntityType, ...] = ()


def admit(seat: Seat, text: str, *, to_a_person: bool = False) -> Admitted:
    """A note, or with `to_a_person` a reply, without details of others."""
    built, viewer = seat.parts.built, seat.viewer
    own = (viewer.name, viewer.email, built.settings.facilitator_contact)
    found = built.redactor.redact(text, own=own, staying=HOW_TO_REACH if to_a_person else ())
    return Admitted(found.text, tuple(dict.fromkeys(entity.type for entity in found.entities)))
