"""Questions that had no answer: of people who let coordinators read their words, put together when they ask alike."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import func, not_, select
from sqlalchemy.orm import Session

from facilitator.coordinators.flags import FlagState, may_be_read, own_message, visible
from facilitator.coordinators.rights import Viewer
from facilitator.storage.models import ConversationRow, FlagRow, MessageRow
from facilitator.vocabulary import FlagKind

NEWEST = 200
ALIKE_AT = 0.55
"""Nearness of meaning at which two questions are put together. Seven pairs in ten thousand about different things are nearer than 0.5
(facilitator/knowledge/written.py); a wrong neighbour costs little here, for the coordinator reads and unticks it."""

Vectors = NDArray[np.float32]


@dataclass(frozen=True)
class Question:
    """A question as asked. `wants_answer`: its writer asked to be told."""

    flag_id: int
    conversation_id: str
    message_id: str
    activity_id: str | None
    role: str | None
    text: str
    at: datetime
    wants_answer: bool


@dataclass(frozen=True)
class Unanswered:
    """Questions that wait. `hidden`: how many more are of people who do not let coordinators read their words. Whose words are past their
    time are neither."""

    questions: Sequence[Question]
    hidden: int


def unanswered(session: Session, viewer: Viewer, flag_ids: Sequence[int] = ()) -> Unanswered:
    """The newest questions without an answer that this viewer looks after; with `flag_ids`, only those."""
    waiting = [FlagRow.kind == FlagKind.UNANSWERED, FlagRow.state != FlagState.CLOSED, visible(viewer)]
    waiting += [FlagRow.id.in_(flag_ids)] if flag_ids else []
    # only what may be read is counted against NEWEST: others' questions would push it off the page
    query = (
        select(FlagRow, ConversationRow, MessageRow.text)
        .join(ConversationRow, ConversationRow.id == FlagRow.conversation_id)
        .join(MessageRow, own_message())
        .where(*waiting, may_be_read(), MessageRow.text != "")
        .order_by(FlagRow.id.desc())
        .limit(NEWEST)
    )
    others = select(func.count()).select_from(FlagRow).join(ConversationRow, ConversationRow.id == FlagRow.conversation_id)
    hidden = session.scalar(others.where(*waiting, not_(may_be_read()))) or 0
    return Unanswered([_question(flag, row, text or "") for flag, row, text in session.execute(query)], hidden)


def _question(flag: FlagRow, row: ConversationRow, text: str) -> Question:
    return Question(flag.id, row.id, flag.message_id or "", row.activity_id, row.role, text, flag.created_at, flag.wants_answer)


def grouped(questions: Sequence[Question], encode: Callable[[Sequence[str]], Vectors]) -> list[list[Question]]:
    """Questions with those like them, the largest group first, then the newest.

    Args:
        encode: texts to vectors of length 1. What people typed is never kept on disk by it.
    """
    if not questions:
        return []
    vectors = encode([question.text for question in questions])
    groups: list[list[int]] = []
    for place in range(len(questions)):
        near = [float(np.mean(vectors[group] @ vectors[place])) for group in groups]
        best = int(np.argmax(near)) if near else -1
        if near and near[best] >= ALIKE_AT:
            groups[best].append(place)
        else:
            groups.append([place])
    return [[questions[place] for place in group] for group in sorted(groups, key=lambda group: (-len(group), group[0]))]
