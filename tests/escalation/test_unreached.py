"""Calls that reach nobody: the next step is taken at once, and everybody is told why."""

import json
from datetime import timedelta
from functools import partial

import pytest
from django.conf import settings

from escalation.engine import tasks
from escalation.engine.models import Delivery, EscalationRun, Timer
from escalation.kit import clock as kit_clock
from escalation.notify.senders import SendFailed
from escalation.people.models import Membership, Tier
from escalation.policies.models import PolicyStep
from escalation.trail.models import Entry
from escalation.trail.verifying import verify
from incidents.models import Incident
from tests.reach_kit import REFUSED, Carriers, account, method, refuse_mail, rules, work

pytestmark = pytest.mark.django_db
NUMBER = "+4915112345667"


@pytest.fixture
def carriers(monkeypatch) -> Carriers:
    return Carriers().use(monkeypatch)


@pytest.fixture
def refuse(carriers):
    return partial(refuse_mail, carriers)


def said(kind: str) -> list[dict]:
    return [json.loads(entry.data) for entry in Entry.objects.filter(kind=kind).order_by("id")]


def told(person, kind: str) -> dict:
    return Delivery.objects.filter(person=person, kind=kind).order_by("id").last().message


def test_the_next_step_is_taken_at_once_and_says_why(refuse, carriers, open_incident, cast, clock, client):
    refuse(cast.ana, cast.jo)
    incident = open_incident()
    limit = incident.run.standing.deadline - clock.now()
    assert limit > timedelta(minutes=1)
    work()
    first, second = said("called")
    assert "unreached" not in first
    assert (second["to"], second["why"], second["unreached"]) == ("L2 Applications", "unreachable", REFUSED)
    assert "late_s" not in second
    run = EscalationRun.objects.functional().get()
    assert (run.tier.name, run.unreached_at, run.unreached_why) == ("L2 Applications", None, "")
    mail = next(message for to, message in carriers["email"].carried if to == cast.mei.email)
    assert f"because nobody at L1 Service desk could be reached: {REFUSED}." in mail.full
    client.force_login(cast.mei)
    page = client.get(incident.get_absolute_url()).content.decode()
    assert f"nobody at L1 Service desk could be reached: {REFUSED}" in page
    assert f"could not be reached: {REFUSED}" in page  # on the strip
    client.force_login(cast.mei)
    assert f"nobody at L1 Service desk could be reached: {REFUSED}" in client.get("/").content.decode()
    assert verify(incident.trail, now=clock.now()).fault is None


def test_one_person_reached_is_enough(refuse, open_incident, cast, clock):
    refuse(cast.ana)
    open_incident()
    work()
    assert len(said("called")) == 1
    assert EscalationRun.objects.functional().get().unreached_at is None


def test_another_way_that_is_still_to_come_is_waited_for(refuse, carriers, open_incident, cast, clock):
    Membership.objects.filter(user=cast.jo).delete()
    phone = method(cast.ana, "sms", NUMBER)
    for urgency in ("loud", "quiet"):
        rules(cast.ana, urgency, (account(cast.ana), 0), (phone, 3))
    refuse(cast.ana)
    carriers["sms"].trouble = SendFailed("the number is unknown", permanent=True)
    open_incident()
    work()
    assert len(said("called")) == 1
    kit_clock.forward(timedelta(minutes=3))
    work()
    assert said("called")[-1]["unreached"] == "the number is unknown"


def test_a_failure_that_may_pass_is_tried_to_the_end(carriers, open_incident, cast, clock):
    for person in (cast.ana, cast.jo):
        rules(person, "loud", (account(person), 0))
    carriers["email"].trouble = SendFailed("the mail server is away")
    open_incident()
    for _second in range(30):
        clock.forward(seconds=1)
        work()
    assert len(said("called")) == 1


def test_when_nobody_is_left_the_last_resort_is_called_at_once(refuse, open_incident, cast, clock):
    refuse(*(member.user for member in Membership.objects.select_related("user")))
    open_incident()
    work()
    [exhausted] = said("exhausted")
    assert (exhausted["why"], exhausted["unreached"]) == ("unreachable", REFUSED)
    assert told(cast.ada, "last_resort")["unreached"] == REFUSED
    assert EscalationRun.objects.functional().get().finished == "exhausted"


def test_whoever_is_in_the_next_step_too_is_called_anew(refuse, carriers, open_incident, cast, clock):
    """Their list has come to nothing: it does not go on, it begins again."""
    Membership.objects.filter(user=cast.jo).delete()
    Membership.objects.filter(team=cast.teams["Applications"]).delete()
    Membership.objects.create(team=cast.teams["Applications"], user=cast.ana, role="agent")
    refuse(cast.ana)
    open_incident()
    tasks.send()
    refuse()
    work()
    assert said("called")[-1]["to"] == "L2 Applications"
    kit_clock.forward(timedelta(seconds=settings.BUNDLE_SECONDS))  # one talk has just been
    work()
    assert carriers["email"].to.count(cast.ana.email) == 1


def test_of_two_the_unreached_begins_anew_and_the_other_goes_on(refuse, carriers, open_incident, cast, clock):
    for person in (cast.ana, cast.jo):
        Membership.objects.create(team=cast.teams["Applications"], user=person, role="agent")
    refuse(cast.ana)
    incident = open_incident()
    work()
    refuse()
    clock.forward(seconds=(incident.run.standing.deadline - clock.now()).total_seconds())
    work()
    assert said("called")[-1]["to"] == "L2 Applications"
    assert (carriers["email"].to.count(cast.ana.email), carriers["email"].to.count(cast.jo.email)) == (1, 1)


@pytest.mark.parametrize("verb", ["acknowledge", "hold"])
def test_not_while_somebody_works_or_it_is_on_hold(verb, refuse, open_incident, cast, clock):
    refuse(cast.ana, cast.jo)
    incident = open_incident()
    if verb == "acknowledge":
        incident.acknowledge(by=cast.ana)
    else:
        incident.hold(by=cast.ada, until=clock.now() + timedelta(hours=1), text="they call back")
    work()
    assert len(said("called")) == 1


def test_who_is_faster_than_the_timer_has_it(refuse, open_incident, cast, clock):
    refuse(cast.ana, cast.jo)
    incident = open_incident()
    tasks.send()
    assert Timer.objects.get(run=incident.run, state="armed").due_at == clock.now()
    Incident.objects.get(pk=incident.pk).acknowledge(by=cast.ana)
    work()
    assert len(said("called")) == 1
    assert EscalationRun.objects.functional().get().unreached_at is None


def test_an_offer_that_cannot_be_delivered_comes_back_at_once(refuse, open_incident, cast, clock):
    incident = open_incident()
    incident.acknowledge(by=cast.ana)
    refuse(cast.mei)
    Incident.objects.get(pk=incident.pk).hand_over(by=cast.ana, to=cast.mei, text="Yours?")
    work()
    [returned] = said("offer_returned")
    assert returned["unreached"] == REFUSED
    assert told(cast.ana, "returned")["unreached"] == REFUSED
    run = EscalationRun.objects.functional().get()
    assert (run.holder, run.offered_to, run.unreached_at) == (cast.ana, None, None)


def test_to_inform_waits_for_nobody_and_says_it(refuse, carriers, open_incident, cast, clock):
    head = Tier.objects.create(name="Head", rank=2, team=cast.teams["Platform"], track="hierarchical", ack_minutes=10)
    PolicyStep.objects.create(policy=cast.policy, position=9, tier=head)
    refuse(*(seat.user for seat in Membership.objects.filter(team__name="Managers").select_related("user")))
    open_incident(people_affected=5000)
    work()
    authority = EscalationRun.objects.exclude(track="functional")
    run = authority.get()
    assert (run.place, run.unreached_why, run.standing.deadline > clock.now()) == (0, REFUSED, True)
    kit_clock.fix(run.standing.deadline)
    work()
    told_next = next(data for data in said("called") if data["to"] == "Head")
    assert (told_next["why"], told_next["unreached"]) == ("told_before", REFUSED)
    assert authority.get().finished == "told"
