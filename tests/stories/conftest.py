"""What stories of several rooms have in common."""

import pytest
from django.db import connection
from django.test import Client

from escalation.people.models import Membership
from tests.chat_kit import Chat
from tests.mattermost_kit import Server
from tests.record_kit import all_is_on_record
from tests.replies_kit import Gateway
from tests.roles_kit import comms_of, plan_of
from tests.slack_kit import Workspace
from tests.telegram_kit import Bot
from tests.webhook_kit import Receiver, webhook

# Stories in which people and programs change how Baton works: each request that does must leave an entry.
CHANGING = {
    *("test_admin", "test_schedules_admin", "test_schedule_forms", "test_webhooks_admin", "test_chat_rooms"),
    *("test_source_keys", "test_promises_admin", "test_signs_admin", "test_status_page_admin", "test_rules_admin"),
    *("test_api_reach", "test_api_oncall", "test_api_planning", "test_api_tokens", "test_reach_page"),
    *("test_swap_pages", "test_on_call_pages", "test_maintenance_pages", "test_drills", "test_runbooks"),
}


@pytest.fixture(autouse=True)
def _on_record(request, monkeypatch):
    if request.path.stem in CHANGING and connection.vendor == "sqlite":  # what is on record on one is on the other
        with all_is_on_record(monkeypatch):
            yield
    else:
        yield


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
def chat(settings, monkeypatch, clock, cast):
    one = Chat(settings, monkeypatch)
    yield one
    one.close()


@pytest.fixture
def bot(settings, monkeypatch, clock, cast):
    return Bot(settings, monkeypatch)


@pytest.fixture
def in_both_tiers(cast):
    """Ana is in the first tier and in the second: when that is called too, she gets no second message."""
    Membership.objects.create(team=cast.teams["Applications"], user=cast.ana, role="agent")


@pytest.fixture
def comms(cast, clock):
    return comms_of(cast)


@pytest.fixture
def role_plan(cast, comms):
    return plan_of(cast, comms)


@pytest.fixture
def severe(open_incident):
    """Opens one that is severe enough to have roles."""
    return lambda title="Card payments fail", **facts: open_incident(title, people_affected=500, **facts)


@pytest.fixture
def receiver(settings):
    settings.OUTBOUND_ALLOW = ["127.0.0.1"]
    one = Receiver()
    yield one
    one.close()


@pytest.fixture
def tickets(cast, clock, receiver):
    """One that hears everything but restricted incidents."""
    return webhook(cast.ada, receiver.url)


@pytest.fixture
def as_(cast):
    """The browser of somebody signed in."""
    clients = {}

    def one(user) -> Client:
        if user.pk not in clients:
            clients[user.pk] = Client()
            clients[user.pk].force_login(user)
        return clients[user.pk]

    return one
