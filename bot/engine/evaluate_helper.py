"""Reads texts as JSON lines on standard input and prints the intent of each, after the fallback, as JSON lines. No server.

    .venv-rasa/bin/python bot/engine/evaluate_helper.py models < texts

Python 3.10, in Rasa's environment; `facilitator evaluate intents` starts it. Everything Rasa says goes to standard error.
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

from bot.engine.left_out import stand_in


async def answer(model: Path) -> None:
    stand_in()
    from rasa.core.agent import Agent

    agent = Agent.load(str(model))
    for line in sys.stdin:
        # what a person types is always text (bot/engine/channel.py); a leading slash would be read as a command
        parsed = await agent.parse_message(json.loads(line).lstrip().lstrip("/"))
        intent = parsed["intent"]
        print(json.dumps({"intent": intent["name"] or "", "confidence": intent["confidence"]}), flush=True)


def main() -> int:
    models = sorted(Path(sys.argv[1]).glob("*.tar.gz"), key=lambda path: path.stat().st_mtime)
    if not models:
        print("there is no trained model; run `facilitator train` first", file=sys.stderr)
        return 1
    asyncio.run(answer(models[-1]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
