"""What stories of several rooms have in common."""

import pytest

from tests.replies_kit import Gateway


@pytest.fixture
def gateway(settings, monkeypatch):
    settings.BUNDLE_SECONDS = 0
    return Gateway(settings, monkeypatch)
