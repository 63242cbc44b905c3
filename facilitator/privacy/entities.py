"""The kinds of personal detail that are taken out, and what a finder reports."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class EntityType(StrEnum):
    PERSON = "PERSON"
    PHONE = "PHONE"
    EMAIL = "EMAIL"
    POSTCODE = "POSTCODE"
    ADDRESS = "ADDRESS"
    NHS_NUMBER = "NHS_NUMBER"
    NI_NUMBER = "NI_NUMBER"
    DATE_OF_BIRTH = "DATE_OF_BIRTH"
    URL = "URL"


# what stands in for each; DESIGN section 3 fixes the words
PLACEHOLDERS = {
    EntityType.PERSON: "[name]",
    EntityType.PHONE: "[phone]",
    EntityType.EMAIL: "[email]",
    EntityType.POSTCODE: "[postcode]",
    EntityType.ADDRESS: "[address]",
    EntityType.NHS_NUMBER: "[NHS number]",
    EntityType.NI_NUMBER: "[NI number]",
    EntityType.DATE_OF_BIRTH: "[date of birth]",
    EntityType.URL: "[web address]",
}
# where two overlap, the earlier here wins: a name inside an e-mail address is part of the address
PRECEDENCE = {
    kind: place
    for place, kind in enumerate(
        (
            EntityType.EMAIL,
            EntityType.URL,
            EntityType.NHS_NUMBER,
            EntityType.NI_NUMBER,
            EntityType.DATE_OF_BIRTH,
            EntityType.PHONE,
            EntityType.ADDRESS,
            EntityType.POSTCODE,
            EntityType.PERSON,
        )
    )
}


@dataclass(frozen=True, order=True)
class Entity:
    """Characters `start` to `end` (exclusive) of the original text. Never the characters themselves."""

    start: int
    end: int
    type: EntityType

    def overlaps(self, other: Entity) -> bool:
        return self.start < other.end and other.start < self.end
