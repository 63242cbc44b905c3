"""What holds for every test: on a busy machine an example may take its time (Hypothesis would call that a failure)."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("patient", deadline=None)
settings.load_profile("patient")
