"""Activities: the meeting, workshop or piece of work that people think about together."""

from __future__ import annotations

from sqlalchemy.orm import Session

from facilitator.codes import new_join_code
from facilitator.errors import SettingsError
from facilitator.storage.conversations import new_id, now
from facilitator.storage.models import ActivityRow

MAX_TITLE = 200


def add_activity(session: Session, title: str, description: str = "") -> str:
    """Create an activity and return its join code.

    Raises:
        SettingsError: the title is empty or longer than 200 characters.
    """
    if not title.strip() or len(title) > MAX_TITLE:
        raise SettingsError(f"An activity needs a title of 1 to {MAX_TITLE} characters.")
    code = new_join_code()
    session.add(
        ActivityRow(id=new_id(), title=title.strip(), description=description.strip(), happens_on=None, join_code=code, created_at=now())
    )
    return code
