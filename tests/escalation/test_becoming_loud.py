"""What waits when an incident becomes SEV1 or SEV2: quiet hours and limits hold it back no longer."""

from datetime import time

import pytest

from escalation.engine import tasks
from escalation.engine.models import Delivery
from escalation.kit import clock as kit_clock
from escalation.notify.models import QuietHours
from tests.reach_kit import Carriers, account, method, rules

pytestmark = pytest.mark.django_db


@pytest.fixture
def carriers(monkeypatch) -> Carriers:
    return Carriers().use(monkeypatch)


@pytest.fixture
def one_an_hour(settings):
    settings.BUNDLE_SECONDS, settings.LIMIT_PER_PERSON = 0, {"email": 1}


def to(person, **which) -> list[Delivery]:
    return list(Delivery.objects.filter(person=person, **which).exclude(channel="desk").order_by("id"))


def test_a_call_that_the_limit_holds_back_leaves_at_once(one_an_hour, carriers, open_incident, cast, clock):
    open_incident("A small one")
    tasks.send()
    incident = open_incident("A growing one")
    tasks.send()
    assert [(one.state, one.limited) for one in to(cast.ana)] == [("sent", False), ("queued", True)]
    clock.forward(minutes=1)
    incident.set_severity(by=cast.sam, severity=1, text="The bank called.")
    tasks.send()
    assert [one.state for one in to(cast.ana)] == ["sent", "sent"]
    assert "SEV1" in carriers["email"].carried[-1][1].full


def test_so_does_what_a_rule_sends_later(one_an_hour, carriers, open_incident, cast, clock):
    other = method(cast.ana, "email", "ana@elsewhere.example.com")
    rules(cast.ana, "quiet", (account(cast.ana), 0), (other, 2))
    incident = open_incident()
    tasks.send()
    incident.set_severity(by=cast.sam, severity=2, text="The bank called.")
    kit_clock.fix(to(cast.ana)[1].next_at)
    tasks.send()
    assert [one.state for one in to(cast.ana)] == ["sent", "sent"]


def test_what_only_informs_goes_on_waiting(one_an_hour, carriers, open_incident, cast, clock):
    incident = open_incident()
    tasks.send()
    incident.acknowledge(by=cast.ana)
    incident.reassign(by=cast.sam, to=cast.jo, text="Please.")
    tasks.send()
    [moved] = to(cast.ana, kind="moved")
    assert moved.limited
    incident.set_severity(by=cast.sam, severity=1, text="The bank called.")
    tasks.send()
    assert [(one.state, one.next_at) for one in to(cast.ana, kind="moved")] == [("queued", moved.next_at)]


def test_an_offer_where_no_step_was_called_waits_no_longer_either(carriers, open_incident, cast, clock):
    """Nobody could be called, so somebody took it who looked."""
    now = clock.now()
    hours = {"begins": time((now.hour - 2) % 24), "ends": time((now.hour + 6) % 24)}
    cast.mei.time_zone = "UTC"
    cast.mei.save()
    QuietHours.objects.create(person=cast.mei, **hours)
    cast.policy.steps.all().delete()
    incident = open_incident()
    incident.acknowledge(by=cast.ada)
    incident.hand_over(by=cast.ada, to=cast.mei, text="You know it.")
    [offer] = to(cast.mei, kind="offer")
    assert offer.quiet and offer.next_at > clock.now()
    incident.set_severity(by=cast.ada, severity=1, text="The bank called.")
    [offer] = to(cast.mei, kind="offer")
    assert (offer.quiet, offer.next_at) == (False, clock.now())
