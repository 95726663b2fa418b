"""An admin asks what would have happened: past incidents, up the policy as it is and as the form would have it."""

import html
import json
import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from escalation.people.models import Tier, User
from escalation.policies.freezing import freeze
from escalation.policies.models import Policy, PolicyStep
from escalation.policies.replaying import Wanted
from escalation.trail.models import Entry
from incidents.models import Incident, Service, Target
from incidents.whatif.shown import played
from tests.escalation.test_schedules import make_schedule
from tests.stories.test_rules_admin import MANY, form

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(client, cast):
    client.force_login(cast.ada)
    return client


def fresh(incident: Incident) -> Incident:
    return Incident.objects.get(pk=incident.pk)


def what_if(admin, policy, sent, of="100", **headers) -> str:
    page = reverse("admin:policies_policy_what_if", args=[policy.pk])
    text = admin.post(page, {**sent, "what_if_of": of}, headers=headers).content.decode()
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", text)))


def unchanged(cast):
    """The policy as it is, played against itself."""
    paths = freeze(Policy.objects.get(pk=cast.policy.pk))
    return played(Wanted(cast.ada, cast.policy.pk, "Payments", paths, paths, 100))


@pytest.fixture
def resolved(cast):
    def end(incident, by=None):
        fresh(incident).resolve(by=by or cast.ana, cause="unknown", text="It went away.")

    return end


def answered(who, minutes):
    def course(cast, incident, clock):
        clock.forward(minutes=minutes)
        fresh(incident).acknowledge(by=getattr(cast, who))
        clock.forward(minutes=10)

    return course


def over_its_time(cast, incident, clock):
    answered("ana", 2)(cast, incident, clock)
    clock.forward(minutes=8)  # the desk has 15 minutes to work on it
    fresh(incident).acknowledge(by=cast.mei)
    clock.forward(minutes=5)


def held(cast, incident, clock):
    answered("ana", 1)(cast, incident, clock)
    fresh(incident).hold(by=cast.ana, until=clock.now() + timedelta(hours=2), text="The vendor is asleep.")
    clock.forward(hours=2, minutes=6)
    fresh(incident).acknowledge(by=cast.mei)
    clock.forward(minutes=3)


def resumed(cast, incident, clock):
    answered("ana", 1)(cast, incident, clock)
    fresh(incident).hold(by=cast.ana, until=clock.now() + timedelta(hours=2), text="The vendor is asleep.")
    clock.forward(minutes=30)
    fresh(incident).resume(by=cast.ana)
    clock.forward(minutes=30)


def by_hand(cast, incident, clock):
    answered("jo", 1)(cast, incident, clock)
    fresh(incident).escalate(by=cast.jo, reason="expertise", text="Theirs.", to=(0, 2))
    clock.forward(minutes=4)
    fresh(incident).acknowledge(by=cast.tom)
    clock.forward(minutes=50)


def handed_over(cast, incident, clock):
    answered("ana", 1)(cast, incident, clock)
    fresh(incident).hand_over(by=cast.ana, to=cast.mei, text="Yours.")
    clock.forward(minutes=1)
    fresh(incident).accept(by=cast.mei)
    clock.forward(minutes=35)


def reassigned(cast, incident, clock):
    answered("ana", 1)(cast, incident, clock)
    fresh(incident).reassign(by=cast.sam, to=cast.jo)
    clock.forward(minutes=3)
    fresh(incident).reassign(by=cast.sam, tier=cast.tiers["l2"])
    clock.forward(minutes=7)


def reopened(cast, incident, clock):
    answered("ana", 3)(cast, incident, clock)
    fresh(incident).resolve(by=cast.ana, cause="unknown", text="It went away.")
    clock.forward(minutes=20)
    fresh(incident).reopen(by=cast.ana, text="It is back.")
    clock.forward(minutes=6)
    fresh(incident).acknowledge(by=cast.mei)


def worse(cast, incident, clock):
    answered("ana", 3)(cast, incident, clock)
    fresh(incident).state(by=cast.ana, people_affected=4000)
    clock.forward(minutes=20)


def nobody(cast, incident, clock):
    clock.forward(minutes=40)
    fresh(incident).acknowledge(by=cast.ada)


COURSES = {
    "at once": answered("ana", 1),
    "by the second tier": answered("mei", 7),
    "never called": answered("sam", 2),
    "over its time": over_its_time,
    "held": held,
    "resumed": resumed,
    "by hand": by_hand,
    "handed over": handed_over,
    "reassigned": reassigned,
    "re-opened": reopened,
    "worse": worse,
    "nobody": nobody,
}


@pytest.mark.parametrize("course", COURSES)
def test_the_policy_as_it_is_makes_again_the_calls_that_were_made(cast, open_incident, clock, resolved, course):
    PolicyStep.objects.filter(tier=cast.tiers["l3"]).update(always_call=True)
    incident = open_incident(people_affected=150)
    COURSES[course](cast, incident, clock)
    resolved(incident)
    found = unchanged(cast)
    assert (found.incidents, found.agreed, found.differing) == (1, 1, 0)
    assert found.sums[0].now == calls_of(incident)


def calls_of(incident) -> int:
    """As the record has them: each person each time."""
    lines = Entry.objects.filter(trail=incident.trail_id, kind__in=("called", "also_called", "exhausted"))
    told = [json.loads(line.data) for line in lines]
    asking = [one for one in told if one.get("mode") != "inform"]
    return sum(len(one["people"]) if "people" in one else 1 for one in asking)


def test_more_time_calls_fewer_and_breaks_a_promise(admin, cast, open_incident, clock, resolved):
    Target.objects.create(severity=3, kind="response", minutes=8)
    late = open_incident()
    answered("mei", 7)(cast, late, clock)  # two minutes after her call
    resolved(late, cast.mei)
    quick = open_incident("Quick")
    answered("ana", 1)(cast, quick, clock)
    resolved(quick)
    said = what_if(admin, cast.policy, form(cast.policy) | {"steps-0-ack_minutes": 10})
    assert "2 incidents, played again" in said and "1 of those opened since 2 March 2026 would have gone" in said
    assert f"{late.ref} Card payments fail: the promised answer is too late; answered 5 min later" in said
    assert "Promised answers too late 0 avoided, 1 caused 0 1 +1" in said
    assert "On 2 of 2 incidents (100 %)" in said
    assert "09:35 L2 Applications: Mei Tanaka 09:40 L2 Applications: Mei Tanaka" in said
    said = what_if(admin, cast.policy, form(cast.policy) | {"steps-0-ack_minutes": 1}, **{"HX-Request": "true"})
    assert f"{late.ref} Card payments fail: answered 4 min earlier" in said and "Site administration" not in said
    assert not Policy.objects.filter(steps__ack_minutes=1).exists()


def test_who_is_called_instead_of_somebody_answers_as_they_did(admin, cast, open_incident, clock, resolved):
    incident = open_incident()
    answered("ana", 1)(cast, incident, clock)
    resolved(incident)
    said = what_if(admin, cast.policy, form(cast.policy) | {"steps-0-people": [cast.rita.pk]})
    assert "Rita Sol 0 → 1 0 → 0" in said and "Ana Ruiz 1 → 0" in said and "Jo Okafor 1 → 0" in said
    assert "Calls 2 1 −1" in said


def test_a_night_is_where_the_person_lives(admin, cast, open_incident, clock, resolved):
    User.objects.filter(pk=cast.rita.pk).update(time_zone="Pacific/Auckland")  # 22:30 there
    incident = open_incident()
    answered("ana", 1)(cast, incident, clock)
    resolved(incident)
    said = what_if(admin, cast.policy, form(cast.policy) | {"steps-0-people": [cast.ana.pk, cast.rita.pk]})
    assert "Rita Sol 0 → 1 0 → 1" in said and "1 more at night" in said


def test_schedules_are_those_of_then(admin, cast, open_incident, clock, resolved):
    schedule = make_schedule("Desk", team=cast.teams["Service desk"], people=[cast.ana, cast.jo])
    PolicyStep.objects.filter(tier=cast.tiers["l1"]).first().schedules.add(schedule)
    costs = []
    for _day in range(3):
        incident = open_incident()
        clock.forward(minutes=1)
        caller = Entry.objects.filter(trail=incident.trail_id, kind="called").get()
        fresh(incident).acknowledge(by=cast.ana if "Ana" in caller.data else cast.jo)
        resolved(incident)
        clock.forward(days=1)
        with CaptureQueriesContext(connection) as asked:
            found = unchanged(cast)
        costs.append(len(asked))
    assert (found.incidents, found.agreed) == (3, 3)
    assert costs[0] == costs[-1] <= 20, costs


def test_a_rule_that_is_tried_escalates_in_its_turn(admin, cast, open_incident, clock, resolved):
    Tier.objects.update(ack_minutes=60)
    incident = open_incident(people_affected=60)
    clock.forward(minutes=30)
    fresh(incident).acknowledge(by=cast.ana)
    resolved(incident)
    said = what_if(admin, cast.policy, form(cast.policy, MANY))
    assert "1 call more" in said and "09:40 L2 Applications: Mei Tanaka" in said
    late = {"name": "Late", "fact": "answer_late", "does": "escalate"}
    said = what_if(admin, cast.policy, form(cast.policy, late))
    assert "rules that go by them do nothing here: the promised answer is late." in said
    assert "None of those opened since 2 March 2026 would have gone another way" in said


def test_who_must_know_is_told_or_not(admin, cast, open_incident, clock, resolved):
    incident = open_incident(people_affected=150)  # SEV2
    answered("ana", 1)(cast, incident, clock)
    resolved(incident)
    said = what_if(admin, cast.policy, form(cast.policy, hierarchical_severity=2))
    assert "Only told 0 1 +1" in said and "Duty manager: Ines Moreau, only told" in said


@pytest.mark.rehearsal("long")
def test_only_its_own_incidents_that_are_over_are_played(admin, cast, open_incident, clock, resolved):
    other = Policy.objects.create(name="Shop")
    PolicyStep.objects.create(policy=other, position=1, tier=cast.tiers["l2"])
    shop = Service.objects.create(name="Shop", team=cast.teams["Platform"], policy=other)
    open_incident("Open still")
    theirs = open_incident("Theirs", service=shop)
    answered("mei", 1)(cast, theirs, clock)
    resolved(theirs)
    assert "No incident of its services is over" in what_if(admin, cast.policy, form(cast.policy))
    nowhere = open_incident("Of no service", service=None)  # goes by the catch-all, which this is
    answered("ana", 1)(cast, nowhere, clock)
    resolved(nowhere)
    clock.forward(days=40)
    assert "1 incident, played again" in what_if(admin, cast.policy, form(cast.policy))
    assert "changes nothing of whom the policy calls" in what_if(admin, cast.policy, form(cast.policy), of="90d")
    assert "No incident of its services is over" in what_if(admin, cast.policy, form(cast.policy), of="30d")


@pytest.mark.rehearsal("long")
def test_what_is_wrong_is_said_and_nobody_else_learns_anything(client, admin, cast, open_incident):
    said = what_if(admin, cast.policy, form(cast.policy) | {"name": ""})
    assert "It cannot be saved as it is" in said and "Name: This field is required." in said
    page = reverse("admin:policies_policy_what_if", args=[cast.policy.pk])
    assert admin.get(page).status_code == 403
    assert admin.post(reverse("admin:policies_policy_what_if", args=[987]), form(cast.policy)).status_code == 404
    for odd in ("", "x", "²", "99999999", "-1", "0"):
        assert admin.post(page, form(cast.policy) | {"what_if_page": odd, "what_if_of": odd}).status_code == 200
    for one in User.objects.filter(is_staff=False, is_active=True):
        client.force_login(one)
        assert client.post(page, form(cast.policy)).status_code in (302, 403), one


def test_a_restricted_incident_is_played_for_whoever_may_see_it(cast, open_incident, clock, resolved):
    incident = open_incident(restricted=True)
    answered("ana", 1)(cast, incident, clock)
    resolved(incident)
    paths = freeze(cast.policy)
    assert unchanged(cast).incidents == 1
    assert played(Wanted(cast.rita, cast.policy.pk, "Payments", paths, paths, 100)).incidents == 0
