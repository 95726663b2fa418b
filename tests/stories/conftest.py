"""What stories of several rooms have in common."""

import pytest

from escalation.people.models import Membership
from tests.mattermost_kit import Server
from tests.replies_kit import Gateway
from tests.slack_kit import Workspace
from tests.telegram_kit import Bot


@pytest.fixture
def gateway(settings, monkeypatch):
    settings.BUNDLE_SECONDS = 0
    return Gateway(settings, monkeypatch)


@pytest.fixture
def slack(settings, monkeypatch, clock, cast):
    return Workspace(settings, monkeypatch)


@pytest.fixture
def server(settings, monkeypatch, clock, cast):
    return Server(settings, monkeypatch)


@pytest.fixture
def bot(settings, monkeypatch, clock, cast):
    return Bot(settings, monkeypatch)


@pytest.fixture
def in_both_tiers(cast):
    """Ana is in the first tier and in the second: when that is called too, she gets no second message."""
    Membership.objects.create(team=cast.teams["Applications"], user=cast.ana, role="agent")
