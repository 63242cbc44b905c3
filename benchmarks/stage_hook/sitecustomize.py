"""Clocks inside the three processes, for the benchmark of stages alone: nothing of this is in the product.

Python imports a `sitecustomize` it finds on PYTHONPATH. With FACILITATOR_BENCH_STAGES naming a folder, the functions in TARGETS get a clock
as their modules are imported, and the sums are written to that folder twice a second. Runs on Python 3.10 and 3.12.
"""

import asyncio
import functools
import importlib.abc
import importlib.machinery
import json
import os
import sys
import threading
import time
from pathlib import Path

TARGETS = {
    "web.chat.door": {"Door._look": "safety"},
    "facilitator.privacy.redact": {"Redactor.redact": "redaction"},
    "web.chat.desk": {"Desk._receive": "store the message", "Desk._replies": "read the reply", "Desk.send": "desk"},
    "web.chat.rasa_link": {"RasaLink.turn": "rasa call"},
    "web.chat.delivery": {"Delivery._finish": "store the reply"},
    "bot.engine.channel": {"_understand": "understand", "_answer": "rasa"},
    "rasa.core.processor": {"MessageProcessor._predict_next_with_tracker": "policy"},
    "bot.engine.tracker_store": {"BoundedTrackerStore._read": "tracker read", "BoundedTrackerStore._write": "tracker write"},
    "rasa.core.actions.action": {"RemoteAction.run": "action call"},
    "bot.actions.base": {"FacilitatorAction.act": "action"},
    "facilitator.service": {"_look": "action reads", "_write": "action writes", "respond": "decide"},
}
SUMS = {}


def timed(name, function):
    """`function`, with its calls and seconds added to SUMS."""
    sums = SUMS.setdefault(name, [0, 0.0])

    def count(began):
        sums[0] += 1
        sums[1] += time.perf_counter() - began

    if asyncio.iscoroutinefunction(function):

        @functools.wraps(function)
        async def clocked(*arguments, **named):
            began = time.perf_counter()
            try:
                return await function(*arguments, **named)
            finally:
                count(began)

    else:

        @functools.wraps(function)
        def clocked(*arguments, **named):
            began = time.perf_counter()
            try:
                return function(*arguments, **named)
            finally:
                count(began)

    return clocked


def put_clocks(module):
    for path, name in TARGETS[module.__name__].items():
        owner, _, attribute = path.rpartition(".")
        holder = getattr(module, owner) if owner else module
        setattr(holder, attribute, timed(name, getattr(holder, attribute)))


class Clocks(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name not in TARGETS:
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path, target)
        run = spec.loader.exec_module

        def exec_module(module):
            run(module)
            put_clocks(module)

        spec.loader.exec_module = exec_module
        return spec


def keep_writing(folder):
    path = Path(folder) / f"{os.getpid()}.json"
    while True:
        time.sleep(0.5)
        written = path.with_suffix(".new")
        written.write_text(json.dumps(SUMS), encoding="utf-8")
        written.replace(path)


if os.environ.get("FACILITATOR_BENCH_STAGES"):
    sys.meta_path.insert(0, Clocks())
    threading.Thread(target=keep_writing, args=(os.environ["FACILITATOR_BENCH_STAGES"],), daemon=True).start()
