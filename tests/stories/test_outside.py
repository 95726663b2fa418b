"""What was done elsewhere, as its source says: it gives time, and takes the baton from nobody."""

from datetime import timedelta

import pytest
from django.urls import reverse

from escalation.engine.models import Delivery
from escalation.kit import clock as kit_clock
from escalation.people.models import Membership
from escalation.policies.models import PolicyStep
from escalation.trail.models import Entry
from escalation.trail.verifying import verify
from incidents.models import Incident, Source

pytestmark = pytest.mark.django_db


@pytest.fixture
def zabbix(cast):
    return Source.objects.create(name="Zabbix", kind="pagerduty", service=cast.service)


@pytest.fixture
def incident(open_incident, zabbix):
    return open_incident("Card payments fail", source=zabbix)


def fresh(incident) -> Incident:
    return Incident.objects.get(pk=incident.pk)


def kinds(incident) -> list[str]:
    return list(Entry.objects.filter(trail=incident.trail_id).order_by("seq").values_list("kind", flat=True))


def page(incident, person, client) -> str:
    client.force_login(person)
    return " ".join(client.get(reverse("incident", args=[incident.number])).content.decode().split())


def test_whoever_has_it_elsewhere_gets_the_time_to_work_and_then_the_path_goes_on(
    incident, zabbix, cast, clock, phones
):
    clock.forward(minutes=4)
    assert incident.acknowledged_outside(zabbix, said_by="mika", text="Looking.")
    run = fresh(incident).run
    assert (fresh(incident).status, run.holder, run.standing.deadline) == (
        "triggered",
        None,
        kit_clock.now() + timedelta(minutes=15),
    )
    clock.forward(minutes=14)
    assert not fresh(incident).acknowledged_outside(zabbix), "once at each step: nobody can put it off for ever"
    clock.forward(minutes=1)
    assert phones.rang == ["ana", "jo", "mei"]
    assert fresh(incident).acknowledged_outside(zabbix), "the next step is another"
    assert verify(incident.trail, now=kit_clock.now()).fault is None


def test_one_of_us_can_still_take_it_and_then_nothing_elsewhere_matters(incident, zabbix, cast, clock):
    incident.acknowledged_outside(zabbix)
    fresh(incident).acknowledge(by=cast.ana)
    assert not fresh(incident).acknowledged_outside(zabbix)
    assert not fresh(incident).unacknowledged_outside(zabbix)
    assert (fresh(incident).run.holder, fresh(incident).run.elsewhere_at) == (cast.ana, None)


def test_what_was_queued_for_the_step_does_not_leave_any_more(incident, zabbix):
    asked = Delivery.objects.filter(kind="call").exclude(channel="desk")
    assert set(asked.values_list("state", flat=True)) == {"queued"}
    incident.acknowledged_outside(zabbix)
    assert set(asked.values_list("state", flat=True)) == {"cancelled"}


def test_whoever_is_in_the_next_step_too_is_called_there_anew(incident, zabbix, cast, clock):
    """Else their list would go on from calls that were never made."""
    Membership.objects.create(team=cast.teams["Applications"], user=cast.ana, role=Membership.Role.AGENT)
    incident.acknowledged_outside(zabbix)
    clock.forward(minutes=15)
    mine = Delivery.objects.filter(person=cast.ana, kind="call", state="queued").exclude(channel="desk")
    assert mine.exists()


def test_a_step_without_a_time_to_work_is_not_put_off(incident, zabbix, cast, clock, client):
    clock.forward(minutes=11)
    assert fresh(incident).run.tier == cast.tiers["l3"]
    before = fresh(incident).run.standing
    assert not fresh(incident).acknowledged_outside(zabbix, said_by="mika")
    assert fresh(incident).run.standing == before
    said = page(incident, cast.tom, client)
    assert "<b>Zabbix</b> says that mika acknowledged it there" in said
    assert "Not done here: nobody here has answered, and this step has no time of its own to work." in said


def test_what_is_taken_back_elsewhere_leaves_what_is_left_of_the_time(incident, zabbix, cast, clock, phones, client):
    clock.forward(minutes=1)
    incident.acknowledged_outside(zabbix)
    assert "acknowledged elsewhere, not here" in page(incident, cast.ana, client)
    clock.forward(minutes=1)
    assert fresh(incident).unacknowledged_outside(zabbix)
    assert "no answer yet" in page(incident, cast.ana, client)
    assert fresh(incident).run.standing.deadline == kit_clock.now() + timedelta(minutes=3)
    assert not fresh(incident).unacknowledged_outside(zabbix)
    clock.forward(minutes=3)
    assert phones.rang == ["ana", "jo", "mei"]


def test_taken_back_after_that_time_it_goes_on_at_once(incident, zabbix, clock, phones):
    incident.acknowledged_outside(zabbix)
    clock.forward(minutes=10)
    fresh(incident).unacknowledged_outside(zabbix)
    clock.forward(seconds=0)
    assert phones.rang == ["ana", "jo", "mei"]


def test_a_hold_from_elsewhere_keeps_what_is_left_and_is_bounded(incident, zabbix, cast, clock, client):
    now = kit_clock.now()
    for until in (None, now, now - timedelta(minutes=1), now + timedelta(days=400)):
        assert not fresh(incident).held_outside(zabbix, until=until)
    assert fresh(incident).held_outside(
        zabbix, until=now + timedelta(hours=1), said_by="mika", text="A part is coming."
    )
    assert not fresh(incident).held_outside(zabbix, until=now + timedelta(hours=9))
    assert fresh(incident).status == "on_hold"
    assert "put it on hold until" in page(incident, cast.ana, client)
    clock.forward(minutes=61)
    assert fresh(incident).status == "triggered"


def test_escalated_elsewhere_the_next_step_is_called(incident, zabbix, cast, phones, client):
    assert incident.escalated_outside(zabbix, said_by="mika", text="Nobody answers there.")
    assert phones.rang == ["ana", "jo", "mei"]
    assert "mika: Nobody answers there." in page(incident, cast.mei, client)
    assert fresh(incident).escalated_outside(zabbix)
    assert not fresh(incident).escalated_outside(zabbix), "it is the end of the path"
    fresh(incident).hold(by=cast.tom, until=kit_clock.now() + timedelta(hours=1), text="Wait.")
    assert not fresh(incident).escalated_outside(zabbix)
    assert kinds(incident)[-3:] == ["outside_wish", "held", "outside_wish"]
    assert "it is at the end of the path" in page(incident, cast.tom, client)


@pytest.mark.parametrize("to", ["rita@example.com", "nobody@example.com", "", "otto@example.com"])
def test_nobody_is_assigned_who_may_not_work_on_it(incident, zabbix, to):
    assert not incident.assigned_outside(zabbix, to=to)
    assert fresh(incident).run.holder is None
    assert kinds(incident)[-1] == "outside_wish"


@pytest.mark.rehearsal("long")
def test_who_is_assigned_is_called_and_must_answer_unless_somebody_has_it(incident, zabbix, cast, clock, client):
    assert incident.assigned_outside(zabbix, to=" Jo@Example.com ", said_by="mika")
    assert (fresh(incident).run.holder, fresh(incident).status) == (cast.jo, "triggered")
    assert Delivery.objects.filter(kind="assigned", person=cast.jo).exists()
    assert not fresh(incident).assigned_outside(zabbix, to="ana@example.com")
    assert "Not done here: somebody here has it." in page(incident, cast.jo, client)


def test_a_note_from_elsewhere_is_read_and_mentions_nobody(incident, zabbix, cast, client):
    assert incident.noted_outside(zabbix, said_by="<b>mika</b>", text="@Ana Ruiz <script>look</script>")
    assert not incident.noted_outside(zabbix, text=" ")
    said = page(incident, cast.ana, client)
    assert "passes on a note, by &lt;b&gt;mika&lt;/b&gt;" in said
    assert "<script>look" not in said
    assert not Delivery.objects.filter(kind="mentioned").exists()


def test_what_is_over_is_moved_by_nothing(incident, zabbix, cast):
    fresh(incident).resolve(by=cast.ana, cause="change", text="Rolled back.")
    before = kinds(incident)
    late = fresh(incident)
    assert not late.acknowledged_outside(zabbix)
    assert not late.escalated_outside(zabbix)
    assert not late.assigned_outside(zabbix, to="ana@example.com")
    assert not late.held_outside(zabbix, until=kit_clock.now() + timedelta(hours=1))
    assert kinds(incident) == before


def test_people_who_are_only_informed_are_asked_nothing_that_could_be_answered_elsewhere(open_incident, zabbix, cast):
    PolicyStep.objects.filter(policy=cast.policy, tier=cast.tiers["duty"]).update(mode="inform")
    worst = open_incident(source=zabbix, reported_severity=1)
    assert worst.acknowledged_outside(zabbix)
    assert worst.authority_run.elsewhere_at is None
