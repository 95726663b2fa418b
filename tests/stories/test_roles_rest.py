"""Roles, where nothing is to be said, or not yet: what is not true any more, what nothing has changed of, a hold."""

from datetime import timedelta

import pytest
from django.urls import reverse

from escalation.engine import deliver
from escalation.engine.models import Delivery
from escalation.kit.errors import Refused
from incidents.models import RoleSource
from tests.audit_kit import quiet
from tests.conftest import START
from tests.roles_kit import again, asked, last, told, who

pytestmark = pytest.mark.django_db


@pytest.fixture
def severe(role_plan, open_incident):
    return open_incident(people_affected=500)


def waiting(incident, person) -> list[str]:
    rows = Delivery.objects.filter(trail=incident.trail_id, person=person, state="queued").exclude(channel="desk")
    return sorted(rows.values_list("kind", flat=True))


def test_an_offer_that_was_taken_back_before_it_left_does_not_leave_and_nothing_is_said_of_it(severe, cast):
    again(severe).pass_role("communicator", by=cast.ines, to=cast.kim)
    assert waiting(severe, cast.kim) == ["role_offer"]
    again(severe).refuse_role("communicator", by=cast.ines)
    assert waiting(severe, cast.kim) == []
    again(severe).pass_role("communicator", by=cast.ines, to=cast.tom)
    deliver.deliver_due()
    again(severe).pass_role("communicator", by=cast.ines, to=cast.kim)
    assert waiting(severe, cast.tom) == ["role_news"]  # he has read that he is asked
    again(severe).take_role("communicator", by=cast.kim)
    assert waiting(severe, cast.kim) == []  # she knows


def test_who_never_read_that_it_is_theirs_reads_only_who_has_it(severe, cast):
    assert waiting(severe, cast.ines) == ["role"]
    again(severe).take_role("communicator", by=cast.mei)
    assert waiting(severe, cast.ines) == ["role_news"]


def test_the_next_is_not_asked_before_it_is_too_late_to_take_leaving_back(severe, cast, clock):
    again(severe).leave_role("scribe", by=cast.ana)
    seq = last(severe)
    clock.forward(seconds=59)
    again(severe).undo(by=cast.ana, seq=seq)
    assert who(severe)["scribe"] == "Ana"
    clock.forward(minutes=31)
    assert asked(severe, "scribe") is None
    again(severe).leave_role("scribe", by=cast.ana)
    clock.forward(seconds=61)
    assert asked(severe, "scribe") == "Jo"
    assert quiet()


def test_taking_what_somebody_else_was_asked_to_take_cannot_be_taken_back(severe, cast, clock):
    again(severe).leave_role("scribe", by=cast.ana)
    clock.forward(seconds=61)
    assert asked(severe, "scribe") == "Jo"
    again(severe).take_role("scribe", by=cast.mei)  # and Jo is asked no more
    with pytest.raises(Refused, match="cannot be taken back"):
        again(severe).undo(by=cast.mei, seq=last(severe))


def test_of_two_open_roles_each_is_offered_to_somebody_else(role_plan, open_incident, cast, clock):
    role_plan.sources.filter(role="communicator").delete()
    RoleSource.objects.create(plan=role_plan, role="communicator", tier=cast.tiers["l1"])
    incident = open_incident(people_affected=500, restricted=True)
    again(incident).lift_restriction(by=cast.ada, text="Public by now")
    clock.forward(seconds=1)
    assert {asked(incident, "communicator"), asked(incident, "scribe")} == {"Ana", "Jo"}


@pytest.mark.rehearsal("long")
def test_who_has_passed_a_role_on_is_not_asked_to_take_it_back_before_their_next_shift(severe, cast, clock):
    again(severe).pass_role("communicator", by=cast.ines, to=cast.kim)
    again(severe).take_role("communicator", by=cast.kim)
    again(severe).take_role("scribe", by=cast.mei)  # from Ana; Jo could have had it as well
    clock.forward(hours=23)
    assert (asked(severe), asked(severe, "scribe")) == (None, None)
    clock.forward(hours=1)
    assert asked(severe) == "Rita"  # her shift has begun
    again(severe).refuse_role("communicator", by=cast.rita)
    clock.forward(days=1)
    assert asked(severe) == "Ines"  # and hers again
    assert quiet()


def test_who_comes_on_call_after_a_gap_is_asked_as_their_shift_begins(severe, comms, cast, clock):
    begins, ends = START + timedelta(minutes=10), START + timedelta(minutes=55)
    comms.override(by=cast.ada, person=None, starts_at=begins, ends_at=ends)
    again(severe).take_role("communicator", by=cast.kim)
    clock.forward(minutes=54)
    assert asked(severe) is None  # nobody is on call
    clock.forward(minutes=1, seconds=1)
    assert asked(severe) == "Ines"


@pytest.mark.rehearsal("long")
def test_who_is_asked_and_leaves_the_house_keeps_nobody_from_being_asked(severe, cast, clock):
    again(severe).pass_role("communicator", by=cast.ines, to=cast.kim)
    again(severe).leave_role("communicator", by=cast.ines)
    cast.kim.is_active = False
    cast.kim.save()
    clock.forward(days=1, hours=1)  # Rita is on call
    assert asked(severe) == "Rita"
    assert "role_news communicator Kim" not in told(severe)


def test_what_becomes_so_severe_on_hold_fills_its_roles_when_it_goes_on(role_plan, open_incident, cast, clock):
    incident, other = open_incident(), open_incident("Mail is slow")
    for one in (incident, other):
        again(one).hold(by=cast.ana, until=START + timedelta(hours=2), text="The supplier looks")
        again(one).state(by=cast.ana, people_affected=500)
        assert who(one) == {} and told(one) == []
    clock.forward(hours=1)
    assert told(incident) == []
    again(other).resolve(by=cast.ana, cause="software", text="It was nothing")
    assert quiet()
    clock.forward(hours=1, seconds=1)
    assert who(incident)["communicator"] == "Ines" and "role communicator Ines" in told(incident)
    assert who(other) == {}
    assert quiet()


def test_what_is_over_names_who_led_it_with_the_baton(severe, role_plan, open_incident, cast, client):
    again(severe).acknowledge(by=cast.jo)
    again(severe).resolve(by=cast.ana, cause="software", text="Restarted")
    nobodys = open_incident("Mail is slow", people_affected=500)
    again(nobodys).resolve(by=cast.ana, cause="software", text="It was nothing")
    client.force_login(cast.ines)

    def lead(incident) -> str:
        page = client.get(reverse("incident", args=[incident.number])).content.decode()
        return page.partition("<b>lead</b>")[2].partition("</li>")[0]

    assert cast.jo.name in lead(severe) and "with the baton" in lead(severe)
    assert "nobody" in lead(nobodys) and "whoever takes" not in lead(nobodys)
