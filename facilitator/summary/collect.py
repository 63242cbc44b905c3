"""A summary from storage."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from facilitator.checklist.content import Checklists
from facilitator.storage.conversations import conversation
from facilitator.storage.models import ActivityRow, AnswerRow, ConversationRow, NextStepRow, ReflectionRow
from facilitator.summary.content import Answer, Part, Step, Summary, Thought
from facilitator.vocabulary import Rating, Role, Stage, StepState, VisibleTo


def collect(session: Session, conversation_id: str, checklists: Checklists, prompts: Mapping[str, str] | None = None) -> Summary:
    """What one person has said so far, in the order of the checklists; only current answers.

    Args:
        prompts: the questions of guided reflection by id, where they are to be shown.
    Raises:
        NotFoundError: there is no such conversation.
    """
    row = conversation(session, conversation_id)
    activity = session.get(ActivityRow, row.activity_id) if row.activity_id else None
    title, day = (activity.title, activity.happens_on) if activity else (None, None)
    if not row.kept:
        return Summary(False, activity=title, happens_on=day.date() if day else None)
    role = Role(row.role) if row.role else None
    parts = tuple(_part(session, row, stage, role, checklists, prompts or {}) for stage in (*Stage, None))
    return Summary(True, parts, title, day.date() if day else None, row.pseudonym, role)


def _part(
    session: Session, row: ConversationRow, stage: Stage | None, role: Role | None, checklists: Checklists, prompts: Mapping[str, str]
) -> Part:
    steps = select(NextStepRow).where(NextStepRow.conversation_id == row.id, NextStepRow.stage == stage)
    thoughts = select(ReflectionRow).where(ReflectionRow.conversation_id == row.id, ReflectionRow.stage == stage)
    return Part(
        stage,
        _answers(session, row, stage, role, checklists) if stage else (),
        tuple(
            Step(step.what, step.who, step.due_on, StepState(step.state))
            for step in session.scalars(steps.order_by(NextStepRow.created_at, NextStepRow.id))
        ),
        tuple(
            Thought(thought.text, prompts.get(thought.prompt or ""), VisibleTo(thought.visible_to))
            for thought in session.scalars(thoughts.order_by(ReflectionRow.id))
        ),
    )


def _answers(session: Session, row: ConversationRow, stage: Stage, role: Role | None, checklists: Checklists) -> tuple[Answer, ...]:
    current = select(AnswerRow).where(AnswerRow.conversation_id == row.id, AnswerRow.stage == stage, AnswerRow.superseded_at.is_(None))
    place = {item.id: number for number, item in enumerate(checklists.stage(stage).items)}
    found = sorted(session.scalars(current), key=lambda answer: (place.get(answer.item, len(place)), answer.id))
    return tuple(
        Answer(
            # an item that has left the checklist since is named by its id
            checklists.item(answer.item).ask(role, simple=row.simple) if checklists.has(answer.item) else answer.item,
            Rating(answer.rating) if answer.rating else None,
            answer.comment,
        )
        for answer in found
    )
