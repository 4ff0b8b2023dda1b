"""What the tests of faults share: how each ended goes into the report of `make faults`."""

from __future__ import annotations

import pytest


@pytest.fixture
def ended(record_property):
    """Return a function that holds an `Ending` to be well, and tells it to the report; `fault` only where a test has several."""

    def hold(ending, fault=""):
        record_property("fault", {"fault": fault, **ending.told()})
        assert ending.well, f"{fault}: {ending.how} (exit {ending.code}, {ending.seconds:.1f} s)"

    return hold
