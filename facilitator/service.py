"""One turn: look, respond, write down, remember the outcome. Called by the custom actions."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from facilitator.conversation.moves import comparing
from facilitator.conversation.respond import respond
from facilitator.conversation.turn import Library, Move, Outcome, Say, Talk, Turn
from facilitator.errors import StorageUnavailableError
from facilitator.parity.store import parity_view
from facilitator.storage import conversations as store
from facilitator.storage.database import Database
from facilitator.storage.facts import write_facts
from facilitator.storage.models import ConversationRow

MAX_TRIES = 3


@dataclass(frozen=True)
class _Seen:
    """A conversation before its turn: its row as a plain value, when it last changed, and the talk with all that was written down."""

    row: Talk
    changed_at: datetime
    talk: Talk
    activity_id: str | None


def take_turn(
    database: Database, library: Library, action: str, move: Move, turn: Turn, conversation_id: str
) -> tuple[tuple[Say, ...], Talk]:
    """Act on a message once and return what to say, with the talk it is said to.

    The call is keyed (message id, action): seen before, it returns what it said then and changes nothing. Searching and thinking are
    done without a transaction; if the conversation changed meanwhile (another device, a support message), they are done again.

    Raises:
        NotFoundError: no such conversation. StorageUnavailableError: the database cannot be reached, or will not stand still.
    """
    for _ in range(MAX_TRIES):
        seen, before = _look(database, action, turn, conversation_id)
        if before is not None:
            return before, seen.talk
        outcome = respond(move, turn, _with_group(database, library, move, seen), library)
        if _write(database, action, turn, seen, outcome):
            return outcome.says, outcome.talk
    raise StorageUnavailableError("the conversation kept changing")


def _look(database: Database, action: str, turn: Turn, conversation_id: str) -> tuple[_Seen, tuple[Say, ...] | None]:
    with database.reading() as session:
        row = store.conversation(session, conversation_id)
        bare = store.bare_talk(session, row)
        seen = _Seen(bare, row.last_active_at, store.load_talk(session, row, bare), row.activity_id)
        return seen, store.stored_outcome(session, turn.message_id, action)


def _with_group(database: Database, library: Library, move: Move, seen: _Seen) -> Talk:
    """The talk as the move needs it: with the group's figures where it shows them, to somebody who is a member.

    For no other turn, as they take several queries; and in a unit of work of their own, as looking releases figures.
    """
    if move is not comparing.show_group or not seen.talk.kept or seen.activity_id is None:
        return seen.talk
    with database.unit_of_work() as session:
        return replace(seen.talk, group=parity_view(session, seen.activity_id, library.checklists, rule=library.rule))


def _write(database: Database, action: str, turn: Turn, seen: _Seen, outcome: Outcome) -> bool:
    """Write a turn down in one transaction; False when the conversation is not as it was seen."""
    try:
        with database.unit_of_work() as session:
            row = store.conversation(session, seen.talk.conversation_id, for_change=True)
            if not _is_as_seen(session, row, seen):
                return False
            write_facts(session, row, outcome.facts, turn.message_id)
            store.save_position(row, outcome.talk.position)
            store.add_outcome(session, row.id, turn.message_id, action, outcome.says)
            return True
    except IntegrityError:
        # The same call arrived twice at the same moment and the other was first: looking again finds what it said.
        return False


def _is_as_seen(session: Session, row: ConversationRow, seen: _Seen) -> bool:
    """Whether nothing has changed. Every turn and every support message of a conversation says in its row when that was, so what the
    person wrote down need not be read again; what others in an activity may write meanwhile, of the same steps, need say nothing there.
    """
    bare = store.bare_talk(session, row)
    if row.last_active_at != seen.changed_at or bare != seen.row:
        return False
    return row.activity_id is None or store.load_talk(session, row, bare) == seen.talk
