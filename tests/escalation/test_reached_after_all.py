"""Whoever was reached is reached, whoever must be called anew is, and the last resort is never left in silence."""

from datetime import time, timedelta

import pytest

from escalation.engine.models import Delivery, EscalationRun
from escalation.notify.models import QuietHours
from escalation.notify.senders import SendFailed
from escalation.people.models import Membership, User
from escalation.policies.models import PolicyStep
from tests.escalation.test_schedules import make_schedule
from tests.reach_kit import Carriers, method, rules, work

pytestmark = pytest.mark.django_db


@pytest.fixture
def carriers(monkeypatch) -> Carriers:
    return Carriers().use(monkeypatch)


def test_a_last_resort_whose_way_fails_is_written_to_by_the_account(carriers, open_incident, cast, clock):
    rules(cast.ada, "loud", (method(cast.ada, "sms", "+4915112345667"), 0))
    refuse = SendFailed("refused", permanent=True)
    carriers["sms"].trouble = refuse
    people = [member.user for member in Membership.objects.select_related("user")]
    carriers["email"].refuses = {person.email: refuse for person in people}
    open_incident()
    work()
    assert EscalationRun.objects.functional().get().finished == "exhausted"
    assert cast.ada.email in carriers["email"].to, list(
        Delivery.objects.filter(person=cast.ada).values_list("kind", "channel", "state", "last_error")
    )


def test_the_last_resort_is_called_loudly_also_when_a_hold_ends_and_nobody_is_there(
    carriers, open_incident, cast, clock
):
    QuietHours.objects.create(person=cast.ada, begins=time(0), ends=time(23))
    incident = open_incident()
    assert incident.severity > 2
    incident.hold(by=cast.ana, until=clock.now() + timedelta(hours=1), text="Later")
    User.objects.filter(pk__in=Membership.objects.values("user")).exclude(pk=cast.ada.pk).update(is_active=False)
    clock.forward(hours=1)
    row = Delivery.objects.filter(person=cast.ada, channel="email").latest("id")
    assert (row.kind, row.quiet) == ("woken", False) or row.kind == "last_resort", (row.kind, row.quiet, row.next_at)


def test_who_was_reached_by_the_step_before_is_reached(carriers, open_incident, cast, clock):
    """Ana is in both steps and has her mail; that Mei's fails does not mean that nobody at L2 was reached."""
    Membership.objects.filter(user=cast.jo).delete()
    Membership.objects.filter(team=cast.teams["Applications"]).exclude(user=cast.mei).delete()
    Membership.objects.create(team=cast.teams["Applications"], user=cast.ana, role="agent")
    carriers["email"].refuses = {cast.mei.email: SendFailed("refused", permanent=True)}
    open_incident()
    work()
    assert cast.ana.email in carriers["email"].to
    clock.forward(minutes=5)
    work()
    run = EscalationRun.objects.functional().get()
    assert run.tier.name == "L2 Applications", run.tier.name


def test_who_was_called_long_ago_is_called_anew_when_their_shift_begins(carriers, open_incident, cast, clock):
    """Step 2 waits for Ana's shift of tomorrow; she did not answer step 1 tonight. Nothing leaves for her then."""
    desk = make_schedule(team=cast.teams["Service desk"], people=[cast.ana, cast.ana])
    nine = clock.now().replace(hour=9, minute=0) + timedelta(days=1)
    desk.override(by=cast.ada, person=None, starts_at=clock.now(), ends_at=nine)
    first, second = PolicyStep.objects.filter(tier__track="functional").order_by("position")[:2]
    first.people.set([cast.ana])
    second.schedules.set([desk])
    second.when_empty = PolicyStep.WhenEmpty.HOLD
    second.save()
    open_incident()
    work()
    assert carriers["email"].to == [cast.ana.email]
    clock.forward(seconds=(nine - clock.now()).total_seconds())
    work()
    assert EscalationRun.objects.functional().get().tier == second.tier
    assert carriers["email"].to.count(cast.ana.email) == 2, carriers["email"].to
