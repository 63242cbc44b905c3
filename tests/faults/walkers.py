"""People who keep answering while parts of the system are killed, and who never give up on a message."""

from __future__ import annotations

import random
import threading
import time
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx

from facilitator.checklist.content import Checklists
from facilitator.vocabulary import Stage
from tests.conversation.stack import Stack

WORDS = {"yes": "yes", "partly": "partly", "not yet": "not_yet", "not sure": "not_sure", "skip": "skipped"}
# Plain words put together, each time others: letters drawn by chance are now and then taken for a name, or (1 in 3,000) for distress, and
# what gets a support message is no comment.
ABOUT = ("the room", "the tables", "the map", "the door", "the bus", "the chairs", "the tea", "the lights", "the paper", "the clock")
SAID = ("was blue", "was round", "came late", "stood outside", "was new", "was full", "was on the left", "came by post", "was upstairs")
WHEN = ("on monday", "at noon", "in march", "at nine", "in the hall", "at the start", "by the window", "after lunch")
PATIENCE_S = 120
POLL_S = 0.3


class GaveUp(AssertionError):
    """No answer came within the time that anybody would wait."""


@dataclass
class Told:
    """What the system said it had taken: for each conversation, the rating and comment of each item."""

    answers: dict[str, dict[str, tuple[str, str | None]]] = field(default_factory=dict)
    turns: int = 0
    slowest_s: float = 0.0
    last_at: float = 0.0


class Walker(threading.Thread):
    """One person: opens a conversation, answers every item in words, begins again. Every message is sent until it is answered."""

    def __init__(self, stack: Stack, checklists: Checklists, seed: int) -> None:
        super().__init__(daemon=True)
        self.stack, self.items = stack, [item.id for item in checklists.stage(Stage.BEFORE).items]
        self.chance, self.told, self.ending = random.Random(seed), Told(), threading.Event()
        self.failure: BaseException | None = None
        self.http = httpx.Client(base_url=stack.url, timeout=15, trust_env=False)
        self.path = ""
        self.headers: dict[str, str] = {}

    def run(self) -> None:
        try:
            while not self.ending.is_set():
                self._walk()
        except BaseException as error:  # handed to the test, which has no other way to see it
            self.failure = error
        finally:
            self.http.close()

    def finish(self) -> Told:
        self.ending.set()
        self.join(PATIENCE_S + 30)
        if self.failure is not None:
            raise self.failure
        return self.told

    def _walk(self) -> None:
        opened = self._until_ok("/chat/conversations", {}, {})
        self.path = f"/chat/conversations/{opened['conversation_id']}/messages"
        self.headers = {"Authorization": f"Bearer {opened['token']}"}
        for words in ("keep my answers", "I am a carer", "before", "all of them, the full one"):
            self._say(words)
        taken = self.told.answers.setdefault(opened["conversation_id"], {})
        for item in self.items:
            if self.ending.is_set():
                return
            words = self.chance.choice(list(WORDS))
            reply = self._say(words)
            taken[item] = (WORDS[words], None)
            if reply["state"] == "comment":
                comment = " ".join(map(self.chance.choice, (ABOUT, SAID, WHEN))) if self.chance.random() < 0.5 else None
                reply = self._say(comment or "nothing to add")
                assert reply["state"] != "support", "a comment of plain words met with a support message"
                taken[item] = (WORDS[words], comment)

    def _say(self, words: str) -> dict[str, Any]:
        started = time.monotonic()
        body = {"client_message_id": uuid4().hex, "text": words}
        reply = self._until_ok(self.path, body, self.headers)
        while reply["state"] == "waiting":
            if time.monotonic() - started > PATIENCE_S:
                raise GaveUp(f"{words!r} was taken and never answered")
            time.sleep(POLL_S)
            reply = self._until_ok(self.path, body, self.headers)
        self.told.turns += 1
        self.told.last_at = time.monotonic()
        self.told.slowest_s = max(self.told.slowest_s, self.told.last_at - started)
        return reply

    def _until_ok(self, path: str, body: dict[str, Any], headers: dict[str, str]) -> dict[str, Any]:
        """Send the very same message again and again, as the widget does, until it is taken."""
        started = time.monotonic()
        while True:
            try:
                response = self.http.post(path, json=body, headers=headers)
                if response.status_code in (200, 201):
                    return dict(response.json())
                assert response.status_code >= 500 or response.status_code == 429, (response.status_code, response.json().get("type"))
            except httpx.HTTPError:
                pass
            if time.monotonic() - started > PATIENCE_S:
                raise GaveUp(f"nothing took a message within {PATIENCE_S} s")
            time.sleep(POLL_S)


def differences(stack: Stack, told: Told) -> tuple[int, int, int]:
    """How many acknowledged answers are lost, doubled, or not as they were said."""
    lost = doubled = changed = 0
    for conversation, answers in told.answers.items():
        rows = stack.query(
            "SELECT item, rating, comment, superseded_at FROM answer WHERE conversation_id = :id ORDER BY id", id=conversation
        )
        current = {item: (rating, comment) for item, rating, comment, superseded in rows if superseded is None}
        for item, said in answers.items():
            if item not in current:
                lost += 1
                continue
            changed += current[item] != said and current[item] != (said[0], None)
            doubled += sum(row[0] == item for row in rows) > (2 if said[1] else 1)
            lost += said[1] is not None and current[item][1] is None
    return lost, doubled, changed
