"""Rows as clients see them."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from facilitator.bootstrap import Bootstrap
from facilitator.checklist.position import Position, progress
from facilitator.conversation.turn import Talk
from facilitator.storage import conversations as store
from facilitator.storage import inbox
from facilitator.storage.models import ConversationRow, MessageRow
from facilitator.vocabulary import Author, Kind, State
from web.chat.schemas import ChoiceOut, MessageOut, ProgressOut, SourceOut


class View:
    """Shows messages and where the person is. Someone whose words are not kept is shown the same sentences, filled in again."""

    def __init__(self, bootstrap: Bootstrap) -> None:
        self._built = bootstrap

    def messages_of(self, session: Session, conversation: ConversationRow, rows: Sequence[MessageRow]) -> list[MessageOut]:
        """Rows as messages; a person's own words that were not kept are left out."""
        # what the person has said and done so far takes several queries, and is needed only to fill a sentence in
        fills = any(self._fills_in(row) for row in rows)
        return self.messages(session, store.load_talk(session, conversation) if fills else Talk(conversation.id), rows)

    def messages(self, session: Session, talk: Talk, rows: Sequence[MessageRow]) -> list[MessageOut]:
        """The same, for a talk that is known."""
        choices = inbox.choices_of(session, [row.id for row in rows]) if rows else {}
        shown = ((row, self._text(talk, row)) for row in rows)
        return [self._message(row, text, choices.get(row.id, [])) for row, text in shown if text is not None]

    def _fills_in(self, row: MessageRow) -> bool:
        """Whether the talk is needed to show this row."""
        return row.text is None and row.say is not None

    def _text(self, talk: Talk, row: MessageRow) -> str | None:
        if row.text is not None:
            return row.text
        if row.say is None or row.author == Author.PERSON:
            return None
        try:
            return self._built.wording.render(store.say_from_json(row.say), talk, self._built.library).text
        except KeyError:
            # The sentence, item or passage has been taken out of the content since.
            return None

    @staticmethod
    def _message(row: MessageRow, text: str, choices: Sequence[dict[str, str]]) -> MessageOut:
        return MessageOut(
            id=row.id,
            author=Author(row.author),
            created_at=row.created_at,
            kind=Kind(row.kind),
            text=text,
            choices=[ChoiceOut(**choice) for choice in choices],
            sources=[SourceOut(**source) for source in row.sources or ()],
            chosen=row.choice_id,
        )

    def progress(self, talk: Talk) -> ProgressOut | None:
        return self.progress_at(talk.position)

    def progress_at(self, position: Position) -> ProgressOut | None:
        walked = progress(position, self._built.checklists)
        return ProgressOut(stage=walked.stage, answered=walked.answered, total=walked.total) if walked else None

    def state(self, session: Session, row: ConversationRow) -> State:
        return State.WAITING if inbox.is_waiting(session, row.id) else State(row.state)
