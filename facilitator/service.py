"""One turn: look, respond, write down, remember the outcome. Called by the custom actions."""

from __future__ import annotations

from sqlalchemy.exc import IntegrityError

from facilitator.conversation.respond import respond
from facilitator.conversation.turn import Library, Move, Outcome, Say, Talk, Turn
from facilitator.errors import StorageUnavailableError
from facilitator.storage import conversations as store
from facilitator.storage.database import Database
from facilitator.storage.facts import write_facts

MAX_TRIES = 3


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
        talk, before = _look(database, action, turn, conversation_id)
        if before is not None:
            return before, talk
        outcome = respond(move, turn, talk, library)
        if _write(database, action, turn, talk, outcome):
            return outcome.says, outcome.talk
    raise StorageUnavailableError("the conversation kept changing")


def _look(database: Database, action: str, turn: Turn, conversation_id: str) -> tuple[Talk, tuple[Say, ...] | None]:
    with database.reading() as session:
        talk = store.load_talk(session, store.conversation(session, conversation_id))
        return talk, store.stored_outcome(session, turn.message_id, action)


def _write(database: Database, action: str, turn: Turn, seen: Talk, outcome: Outcome) -> bool:
    """Write a turn down in one transaction; False when the conversation is not as it was seen."""
    try:
        with database.unit_of_work() as session:
            row = store.conversation(session, seen.conversation_id, for_change=True)
            if store.load_talk(session, row) != seen:
                return False
            write_facts(session, row, outcome.facts, turn.message_id)
            store.save_position(row, outcome.talk.position)
            store.add_outcome(session, row.id, turn.message_id, action, outcome.says)
            return True
    except IntegrityError:
        # The same call arrived twice at the same moment and the other was first: looking again finds what it said.
        return False
