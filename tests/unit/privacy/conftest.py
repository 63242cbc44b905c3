"""One redactor for all privacy tests: loading it takes seconds."""

from __future__ import annotations

import pytest

from facilitator.privacy.redact import Redactor


@pytest.fixture(scope="session")
def redactor() -> Redactor:
    made = Redactor()
    made.warm_up()
    return made


@pytest.fixture
def redact(redactor):
    """The redacted text of a text."""
    return lambda text: redactor.redact(text).text
