"""What a page costs is counted at its dearest."""

import pytest


@pytest.fixture(autouse=True)
def nothing_was_counted_lately(monkeypatch):
    """Else it would depend on the time whether a page counts the numbers in its bar: see ``desk.context.Numbers``."""
    monkeypatch.setattr("incidents.desk.context.LATELY", 0)
