"""Rasa's own command line, as this assistant runs it: `python -m bot.engine.command run …`, `… train …`, `… test …`."""

from __future__ import annotations

from bot.engine.left_out import stand_in


def main() -> None:
    """Read the command line as `rasa` does."""
    stand_in()
    from rasa.__main__ import main as rasa

    rasa()


if __name__ == "__main__":
    main()
