"""One turn as one transaction: load, respond, write down, remember the outcome. Called by the custom actions."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy.exc import IntegrityError

from facilitator.conversation.respond import respond
from facilitator.conversation.turn import Library, Move, Say, Talk, Turn
from facilitator.storage import conversations as store
from facilitator.storage.database import Database


def take_turn(
    database: Database, library: Library, action: str, move: Move, turn: Turn, conversation_id: str
) -> tuple[tuple[Say, ...], Talk]:
    """Act on a message once and return what to say, with the talk it is said to.

    The call is keyed (message id, action): seen before, it returns what it said then and changes nothing.

    Raises:
        NotFoundError: no such conversation. StorageUnavailableError: the database cannot be reached.
    """
    try:
        return _take_turn(database, library, action, move, turn, conversation_id)
    except IntegrityError:
        # The same call arrived twice at the same moment and the other was first: now it is a call seen before.
        return _take_turn(database, library, action, move, turn, conversation_id)


def _take_turn(
    database: Database, library: Library, action: str, move: Move, turn: Turn, conversation_id: str
) -> tuple[tuple[Say, ...], Talk]:
    with database.unit_of_work() as session:
        row = store.conversation(session, conversation_id)
        talk = store.load_talk(session, row)
        before = store.stored_outcome(session, turn.message_id, action)
        if before is not None:
            return before, talk
        outcome = respond(move, turn, talk, library)
        store.write_facts(session, row, outcome.facts, turn.message_id)
        store.save_position(row, outcome.talk.position)
        store.add_outcome(session, row.id, turn.message_id, action, outcome.says)
        return outcome.says, replace(outcome.talk)
