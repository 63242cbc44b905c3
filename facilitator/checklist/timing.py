"""Which stage fits a day."""

from __future__ import annotations

from datetime import date

from facilitator.vocabulary import Stage


def stage_on(today: date, happens_on: date | None) -> Stage | None:
    """Before until the day, during on the day, after from the day after; None for an activity without a date."""
    if happens_on is None:
        return None
    if today < happens_on:
        return Stage.BEFORE
    return Stage.DURING if today == happens_on else Stage.AFTER
