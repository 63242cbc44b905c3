"""`make bench`: every benchmark, each printing its own table; results also as JSON in var/bench/results.json. Asserts nothing."""

from __future__ import annotations

from benchmarks import turns


def main() -> None:
    turns.save({"turns": turns.main()})


if __name__ == "__main__":
    main()
