"""Maintenance meets what calls in other ways: answer links, people who cannot be reached, and limits."""

import json
from functools import partial

import pytest

from escalation.engine import climb, tasks
from escalation.engine.models import Delivery, EscalationRun
from escalation.notify.message import Recipient, compose
from escalation.people.models import Membership
from escalation.policies.models import PolicyStep
from escalation.trail.models import Entry
from incidents.models import MaintenanceWindow
from tests.answers_kit import link_of, mails_to, path_in, path_of, stranger, verbs, words
from tests.audit_kit import quiet
from tests.maintenance_kit import fresh, kinds, planner, to, told
from tests.reach_kit import REFUSED, Carriers, refuse_mail, work

pytestmark = pytest.mark.django_db
SILENCED = "maintenance began before it was sent"
SEVERE = 5000  # people affected: SEV1


@pytest.fixture
def window(cast, clock) -> MaintenanceWindow:
    """Of the payments service, from 10:00 to 12:00."""
    return planner(cast, clock)()


@pytest.fixture
def carriers(monkeypatch) -> Carriers:
    return Carriers().use(monkeypatch)


@pytest.fixture
def refuse(carriers):
    return partial(refuse_mail, carriers)


def said(kind: str) -> list[dict]:
    return [json.loads(entry.data) for entry in Entry.objects.filter(kind=kind).order_by("id")]


def tiers() -> list[str]:
    return [data["to"] for data in said("called")]


def test_it_begins_for_both_tracks_at_once_though_each_is_due_in_a_turn_of_its_own(
    window, open_incident, cast, clock, phones
):
    to(clock, 9, 58)
    incident = open_incident(people_affected=SEVERE)
    clock.jump(minutes=20)
    climb.drain(batch=1)
    assert {run.quiet_until for run in EscalationRun.objects.running()} == {window.over_at}
    assert EscalationRun.objects.running().count() == 2
    assert kinds(incident).count("maintenance_began") == 1
    assert quiet()


# --- answer links -----------------------------------------------------------------------------------


def test_the_link_of_an_earlier_call_answers_in_maintenance_and_says_that_it_is_on(
    window, open_incident, cast, clock, phones
):
    to(clock, 9, 58)
    incident = open_incident()
    [mail] = mails_to(cast.ana)
    to(clock, 10, 30)
    page = stranger().get(path_in(mail))
    assert verbs(page) == ["acknowledge", "escalate"]
    assert "Maintenance until 02 Mar 12:00 UTC: the clocks stand still" in words(page)
    stranger().post(path_in(mail), {"verb": "acknowledge"})
    run = fresh(incident).run
    assert (run.holder, run.quiet_until) == (cast.ana, window.over_at)
    assert said("acknowledged")[-1]["via"] == "email"
    assert "You acknowledged it You have it now." in words(stranger().get(path_in(mail)))
    to(clock, 12)
    assert told() == ["ana"]
    to(clock, 12, 14)
    assert phones.rang == ["ana", "jo"]
    to(clock, 12, 15)  # her whole work limit, from the end on
    assert phones.rang == ["ana", "jo", "mei"]
    assert quiet()


def test_whose_call_went_elsewhere_reads_until_when_nobody_is_called(window, open_incident, cast, clock, phones):
    to(clock, 9, 58)
    open_incident()
    anas, jos = link_of(cast.ana), link_of(cast.jo)
    to(clock, 10, 30)
    stranger().post(jos, {"verb": "escalate", "escalate-text": "The acquirer", "escalate-reason": "expertise"})
    assert phones.rang == ["ana", "jo", "mei"]  # a person called her
    page = words(stranger().get(anas))
    assert "Jo Okafor escalated it to L2 Applications" in page
    assert "Maintenance until 02 Mar 12:00 UTC: the clocks stand still, and nobody is called automatically." in page
    assert verbs(stranger().get(link_of(cast.mei))) == ["acknowledge", "escalate"]
    assert quiet()


def test_the_end_brings_a_link_of_its_own_and_the_older_one_is_over(window, open_incident, cast, clock):
    to(clock, 9, 58)
    incident = open_incident()
    [before] = mails_to(cast.ana)
    to(clock, 12)
    after = mails_to(cast.ana)[-1]
    assert "The maintenance of Payments has ended" in after
    assert path_in(before) != path_in(after)
    assert verbs(stranger().get(path_in(before))) == []
    page = stranger().get(path_in(after))
    assert verbs(page) == ["acknowledge", "escalate"]
    assert "Maintenance until" not in words(page)
    stranger().post(path_in(after), {"verb": "acknowledge"})
    assert fresh(incident).run.holder == cast.ana
    assert quiet()


def test_whoever_holds_it_at_the_end_can_send_it_up_by_the_link(window, open_incident, cast, clock, phones):
    to(clock, 9, 58)
    incident = open_incident()
    incident.acknowledge(by=cast.ana)
    to(clock, 12)
    link = link_of(cast.ana, kind="maintenance_over")
    assert verbs(stranger().get(link)) == ["escalate"]
    stranger().post(link, {"verb": "escalate", "escalate-text": "The acquirer", "escalate-reason": "expertise"})
    assert phones.rang[-1] == "mei"


def pressed(delivery: Delivery) -> str:
    """What one press on its notification does."""
    facts = {**delivery.message, "answer": path_of(delivery)}
    return compose(facts, to=Recipient.person(delivery.person), at=delivery.queued_at).press


def test_a_manager_who_was_only_informed_gets_no_link_at_the_end(window, open_incident, cast, clock):
    to(clock, 9, 58)
    open_incident(people_affected=SEVERE)
    mails_to(cast.ines)
    to(clock, 12)
    last = mails_to(cast.ines)[-1]
    assert "The maintenance of Payments has ended" in last
    assert "/a/" not in last
    delivery = Delivery.objects.get(person=cast.ines, kind="maintenance_over", channel="email")
    assert stranger().get(path_of(delivery)).status_code == 404
    assert quiet()


def test_a_manager_asked_anew_at_the_end_answers_even_if_not_asked_before(window, open_incident, cast, clock):
    PolicyStep.objects.filter(tier=cast.tiers["duty"]).update(mode="decide")
    to(clock, 9, 58)
    incident = open_incident(people_affected=SEVERE)
    to(clock, 11)
    Membership.objects.create(team=cast.teams["Managers"], user=cast.rita, role="agent")  # joins meanwhile
    to(clock, 12)
    assert sorted(told()) == ["ana", "ines", "jo", "rita"]
    for manager in (cast.ines, cast.rita):
        link = link_of(manager, kind="maintenance_over")
        assert verbs(stranger().get(link)) == ["answer"]
        assert pressed(Delivery.objects.get(person=manager, kind="maintenance_over", channel="email")) == (
            "Answer: I am on it"
        )
    stranger().post(link_of(cast.rita, kind="maintenance_over"), {"verb": "answer"})
    assert fresh(incident).authority_run.acknowledged_at == clock.now()
    assert quiet()


def test_a_notification_of_the_end_takes_it_with_one_press(window, open_incident, cast, clock):
    to(clock, 9, 58)
    open_incident()
    to(clock, 12)
    assert pressed(Delivery.objects.get(person=cast.ana, kind="maintenance_over", channel="email")) == "Acknowledge"


# --- people who cannot be reached -------------------------------------------------------------------


def test_that_nobody_was_reached_has_no_effect_in_maintenance_and_is_found_out_anew_at_its_end(
    window, refuse, open_incident, cast, clock
):
    refuse(cast.ana, cast.jo)
    to(clock, 9, 59)
    incident = open_incident()
    clock.jump(minutes=1)  # it is 10:00 before the last mail has failed
    tasks.send()
    assert fresh(incident).run.unreached_at is not None
    work()
    assert (fresh(incident).run.quiet_until, tiers()) == (window.over_at, ["L1 Service desk"])
    assert quiet()
    to(clock, 11, 59)
    work()
    assert tiers() == ["L1 Service desk"]
    to(clock, 12)
    assert fresh(incident).run.unreached_at is None  # they are asked anew
    assert tiers() == ["L1 Service desk"]
    work()  # and are not there either
    second = said("called")[-1]
    assert (second["to"], second["why"], second["unreached"]) == ("L2 Applications", "unreachable", REFUSED)
    assert quiet()


def test_who_can_be_reached_again_at_the_end_has_the_time_that_was_left(window, refuse, open_incident, cast, clock):
    refuse(cast.ana, cast.jo)
    to(clock, 9, 59)
    open_incident()
    clock.jump(minutes=1)
    work()
    refuse()
    to(clock, 12)
    work()
    assert told() == ["ana", "jo"]
    to(clock, 12, 3)
    assert tiers() == ["L1 Service desk"]
    to(clock, 12, 4)
    assert tiers() == ["L1 Service desk", "L2 Applications"]
    assert said("called")[-1]["why"] == "not_acknowledged"
    assert quiet()


def test_whom_a_person_calls_in_maintenance_in_vain_is_called_anew_at_its_end(
    window, refuse, open_incident, cast, clock
):
    to(clock, 10, 30)
    incident = open_incident()
    refuse(cast.mei)
    fresh(incident).escalate(by=cast.ana, reason="expertise", text="Theirs.", to=(0, 1))
    work()
    assert fresh(incident).run.unreached_at is not None
    assert tiers() == ["L2 Applications"]
    assert quiet()
    to(clock, 12)
    work()
    assert told() == ["mei"]
    assert (tiers()[-1], said("called")[-1]["why"]) == ("L3 Platform", "unreachable")
    assert quiet()


def test_an_offer_that_cannot_be_delivered_in_maintenance_goes_back_at_its_end(
    window, refuse, open_incident, cast, clock
):
    to(clock, 10, 30)
    incident = open_incident()
    fresh(incident).acknowledge(by=cast.ana)
    refuse(cast.tom)
    fresh(incident).hand_over(by=cast.ana, to=cast.tom, text="Yours?")
    work()
    to(clock, 11, 59)
    assert fresh(incident).run.offered_to == cast.tom
    assert said("offer_returned") == []
    to(clock, 12)
    [returned] = said("offer_returned")
    assert returned["unreached"] == REFUSED
    run = fresh(incident).run
    assert (run.holder, run.offered_to, run.unreached_at) == (cast.ana, None, None)
    assert quiet()


# --- limits -----------------------------------------------------------------------------------------


@pytest.fixture
def limited(settings, carriers):
    """One mail to a person in an hour; each leaves alone."""
    settings.LIMIT_PER_PERSON = {"email": 1}
    settings.BUNDLE_SECONDS = 0
    return carriers["email"]


def test_what_a_limit_holds_back_does_not_leave_in_maintenance(window, limited, open_incident, cast, clock):
    to(clock, 9, 50)
    open_incident("The first", service=None)
    work()
    to(clock, 9, 59)
    incident = open_incident()
    work()
    held = Delivery.objects.get(run=incident.run, person=cast.ana, channel="email")
    assert (held.state, held.limited) == ("queued", True)
    sent = len(limited.to)
    to(clock, 10)
    held.refresh_from_db()
    assert (held.state, held.last_error, held.next_at) == ("cancelled", SILENCED, None)
    incident_mail = Delivery.objects.filter(run=incident.run, state="sent").exclude(channel="desk")
    to(clock, 11, 30)  # the hour of the limit is over
    work()
    assert not incident_mail.exists()
    to(clock, 12)
    work()
    assert sorted(incident_mail.values_list("person__name", flat=True)) == ["Ana Ruiz", "Jo Okafor"]
    assert len(limited.to) > sent
    assert quiet()


def test_whom_a_person_calls_in_maintenance_is_told_as_soon_as_the_limit_lets_them(
    window, limited, open_incident, cast, clock
):
    to(clock, 9, 40)
    other = open_incident("The first", service=None)
    other.escalate(by=cast.ana, reason="expertise", text="Theirs.", to=(0, 1))
    work()
    assert limited.to == [cast.mei.email]
    to(clock, 10, 10)
    fresh(other).resolve(by=cast.mei, cause="change", text="Rolled back.")
    incident = open_incident()
    fresh(incident).escalate(by=cast.ana, reason="expertise", text="Theirs.", to=(0, 1))
    work()
    held = Delivery.objects.get(run=incident.run, person=cast.mei, channel="email")
    assert (held.state, held.limited) == ("queued", True)
    to(clock, 10, 41)
    work()
    held.refresh_from_db()
    assert held.state == "sent"
    assert EscalationRun.objects.get(pk=incident.run.pk).quiet_until == window.over_at
    assert quiet()


def test_the_end_tells_of_the_worst_whatever_the_limit_says(window, limited, open_incident, cast, clock):
    to(clock, 9, 59)
    severe, other = open_incident(people_affected=SEVERE), open_incident("Refunds are slow")
    work()
    to(clock, 11, 30)
    open_incident("Elsewhere", service=None)  # Ana has had her mail of this hour
    work()
    to(clock, 12)
    work()
    mine = Delivery.objects.filter(person=cast.ana, channel="email", kind="maintenance_over")
    assert mine.get(run=severe.run).state == "sent"
    assert (mine.get(run=other.run).state, mine.get(run=other.run).limited) == ("queued", True)
    assert quiet()
