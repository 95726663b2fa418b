"""Rules of a policy: what they wait for, what they do, and that they do it once."""

import json
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from escalation.engine.audit import auditing
from escalation.engine.models import Delivery, Timer
from escalation.people.models import Skill
from escalation.policies import rulewords
from escalation.policies.rules import MINUTES, Condition, Does, Fact, Rule
from escalation.policies.ruling import PolicyRule
from escalation.trail.models import Entry
from incidents.models import Incident, Target
from incidents.tryingrules import tried
from tests.incidents.inbound_kit import Sender

pytestmark = pytest.mark.django_db


@pytest.fixture
def rule(cast):
    """``rule("Many people", "escalate", people=50, unanswered=10)``."""

    def make(name, does, *, tier=None, tell=(), teams=(), policy=None, **conditions):
        columns = {}
        for number, (fact, amount) in enumerate(conditions.items(), start=1):
            end = "" if number == 1 else f"_{number}"
            columns |= {f"fact{end}": fact, f"number{end}": amount}
        policy = policy or cast.policy
        row = PolicyRule.objects.create(policy=policy, name=name, does=does, tier=tier, **columns)
        row.people.set(tell)
        row.teams.set(teams)
        return row

    return make


def acted(incident):
    found = Entry.objects.filter(trail=incident.trail_id, kind="rule_acted").order_by("seq")
    return [(json.loads(entry.data)["rule"]["name"], entry.at) for entry in found]


def fresh(incident):
    return Incident.objects.get(pk=incident.pk)


def due(incident):
    timer = Timer.objects.get(run=fresh(incident).run, state="armed")
    return timer.kind, timer.due_at


def test_many_people_and_nobody_there_for_ten_minutes_escalates_once(cast, rule, open_incident, clock, phones):
    cast.tiers["l1"].ack_minutes = 30
    cast.tiers["l1"].save()
    many = rule("Many people", "escalate", people=50, unanswered=10)
    incident = open_incident(people_affected=40)
    start = clock.now()
    clock.forward(minutes=7)
    incident.state(by=cast.ana, people_affected=60)
    assert due(incident)[0] == f"rule:{many.pk}"
    clock.forward(minutes=2)
    assert phones.rang == ["ana", "jo"]
    clock.forward(minutes=1)
    assert phones.rang == ["ana", "jo", "mei"]
    assert [(name, (at - start).seconds // 60) for name, at in acted(incident)] == [("Many people", 10)]
    called = Entry.objects.filter(trail=incident.trail_id, kind="called").latest("seq")
    assert json.loads(called.data)["why"] == "rule"
    clock.forward(minutes=4)
    assert len(acted(incident)) == 1
    assert fresh(incident).run.tier == cast.tiers["l2"]


def test_one_that_informs_tells_people_and_leaves_the_calls_and_the_forms_as_they_are(
    cast, rule, open_incident, clock, phones
):
    rule("Tell the managers", "inform", tell=[cast.rita], tier=cast.tiers["duty"], people=50)
    incident = open_incident(people_affected=10)
    clock.forward(minutes=1)
    token, epoch = fresh(incident).state_token, fresh(incident).run.epoch
    incident.state(by=cast.ana, people_affected=50)
    clock.forward(seconds=1)
    told = Delivery.objects.filter(kind="rule", channel="desk").order_by("person")
    assert {row.person for row in told} == {cast.rita, cast.ines}
    assert (fresh(incident).state_token, fresh(incident).run.epoch) == (token, epoch)
    assert Incident.objects.visible_to(cast.rita).filter(pk=incident.pk).exists()
    assert not Delivery.objects.filter(kind="call", state="cancelled").exists()
    clock.forward(minutes=4)  # five after it was opened, as if nothing had been told
    assert phones.rang == ["ana", "jo", "mei"]
    incident.state(by=cast.ana, people_affected=90)
    clock.forward(seconds=1)
    assert len(acted(incident)) == 1


def test_failed_attempts_escalate_whoever_has_it(cast, rule, open_incident, clock):
    rule("Two attempts", "escalate", failed=2)
    incident = open_incident()
    incident.acknowledge(by=cast.ana)
    incident.attempt(by=cast.ana, text="Restart.", outcome="no_effect")
    clock.forward(minutes=1)
    assert not acted(incident)
    incident.attempt(by=cast.ana, text="Again.", outcome="worse")
    clock.forward(seconds=1)
    assert [name for name, _at in acted(incident)] == ["Two attempts"]
    assert fresh(incident).run.tier == cast.tiers["l2"]
    assert Delivery.objects.filter(kind="moved", person=cast.ana).exists()


def test_a_word_breaks_the_silence_and_the_timer_goes_by_it(cast, rule, open_incident, clock):
    silent = rule("Silence", "advise", silence=10)
    incident = open_incident()
    incident.acknowledge(by=cast.ana)
    taken = clock.now()
    token = fresh(incident).state_token
    assert due(incident) == (f"rule:{silent.pk}", taken.replace(minute=40))
    clock.forward(minutes=4)
    incident.note(by=cast.ana, text="Looking.")
    assert due(incident) == (f"rule:{silent.pk}", taken.replace(minute=44))
    assert fresh(incident).state_token == token
    clock.forward(minutes=10)
    assert [name for name, _at in acted(incident)] == ["Silence"]
    assert due(incident) == ("call", taken.replace(minute=45))


def test_who_sends_those_an_update_who_must_know_is_heard(cast, rule, open_incident, clock):
    """Else it would be passed on for its silence from whoever has just told everybody how it stands."""
    silent = rule("Silence", "escalate", silence=5)
    incident = open_incident()
    incident.acknowledge(by=cast.ana)
    taken = clock.now()
    clock.forward(minutes=4)
    told = fresh(incident)
    told.publish_update(
        by=cast.ana,
        epoch=told.update_epoch,
        stage="investigating",
        text="We are looking.",
        to_stakeholders=True,
        on_status_page=False,
    )
    assert due(incident) == (f"rule:{silent.pk}", taken.replace(minute=39))


def test_what_a_hold_stops_goes_on_with_what_was_left(cast, rule, open_incident, clock):
    cast.tiers["l1"].ack_minutes = 30
    cast.tiers["l1"].save()
    rule("Nobody", "escalate", unanswered=10)
    incident = open_incident()
    start = clock.now()
    clock.forward(minutes=4)
    incident.hold(by=cast.ana, until=start.replace(minute=50), text="Vendor calls back.")
    clock.forward(minutes=21)
    assert not acted(incident)
    assert fresh(incident).status == "triggered"
    clock.forward(minutes=1)
    [(_name, at)] = acted(incident)
    assert at == start.replace(minute=56)


def test_a_rule_is_frozen_with_its_policy_and_comes_with_a_new_climb(cast, rule, open_incident, clock):
    incident = open_incident(people_affected=60)
    incident.acknowledge(by=cast.ana)
    rule("Many people", "escalate", people=50)
    clock.forward(minutes=1)
    incident.note(by=cast.ana, text="Looking.")
    clock.forward(minutes=1)
    assert not acted(incident)
    incident.resolve(by=cast.ana, cause="unknown", text="It went away.")
    clock.forward(minutes=1)
    fresh(incident).reopen(by=cast.ana, text="It came back.")
    clock.forward(seconds=1)
    assert [name for name, _at in acted(incident)] == ["Many people"]
    PolicyRule.objects.update(is_on=False)
    second = open_incident(people_affected=60)
    assert fresh(second).run.known is None


@pytest.mark.parametrize("fact", MINUTES)
def test_however_many_minutes_a_rule_asks_for_incidents_are_opened_and_called(
    cast, rule, open_incident, clock, phones, fact
):
    rule("Never", "inform", tell=[cast.rita], **{fact.value: 2_147_483_647})  # all that the column takes
    incident = open_incident()
    incident.acknowledge(by=cast.ana)
    clock.forward(minutes=1)
    assert phones.rang == ["ana", "jo"] and fresh(incident).run.holder == cast.ana


def test_nothing_acts_once_it_is_resolved(cast, rule, open_incident, clock):
    rule("Long", "inform", tell=[cast.rita], open=10)
    incident = open_incident()
    incident.resolve(by=cast.ana, cause="unknown", text="It went away.")
    clock.forward(hours=1)
    assert not acted(incident)


def test_what_is_missing_counts_for_whoever_has_it(cast, rule, open_incident, clock):
    skill = Skill.objects.create(name="Database rights", kind="access")
    rule("No access", "escalate", missing_access=1)
    incident = open_incident()
    incident.state_needs(by=cast.ana, skills=[skill])
    clock.forward(minutes=1)
    assert not acted(incident)  # nobody has it yet
    incident.acknowledge(by=cast.ana)
    clock.forward(seconds=1)
    assert [name for name, _at in acted(incident)] == ["No access"]


def test_the_same_alert_again_is_the_same_trouble_from_the_first_instant_and_is_asked_once(cast, rule, clock):
    rule("Again", "inform", tell=[cast.rita], again=1)
    north = Sender(service=cast.service)

    def disk(status, name):
        alert = {"status": status, "labels": {"alertname": name}, "annotations": {}}
        assert north.post({"version": "4", "groupKey": "disk", "status": status, "alerts": [alert]}).status_code == 202

    disk("firing", "Disk 91 % full")
    clock.forward(hours=1)
    first = Incident.objects.get()
    assert not acted(first)
    disk("resolved", "Disk 91 % full")
    clock.forward(hours=1)
    disk("firing", "Disk 97 % full")
    clock.forward(seconds=1)
    second = Incident.objects.latest("id")
    assert second != first and second.title != first.title
    assert [name for name, _at in acted(second)] == ["Again"]
    with CaptureQueriesContext(connection) as queries:
        second.note(by=cast.ana, text="Looking.")
    assert not [one for one in queries if "COUNT" in one["sql"] and '"incidents_incident"' in one["sql"]]


def test_what_sources_repeat_is_not_read_again_and_what_got_worse_is(cast, rule, open_incident, clock):
    rule("Severe", "inform", tell=[cast.rita], severity=1)
    north = Sender(service=cast.service).source
    incident = open_incident(source=north, reported_severity=3)
    with CaptureQueriesContext(connection) as queries:
        incident.hear(source=north, summary={"count": 2})
    assert not [one for one in queries if '"kind" IN' in one["sql"]]
    incident.hear(source=north, summary={"count": 3}, severity=1)
    clock.forward(seconds=1)
    assert [name for name, _at in acted(incident)] == ["Severe"]


def test_a_promise_at_risk_or_late_counts_until_it_is_kept(cast, rule, open_incident, clock):
    Target.objects.create(kind="response", minutes=10)
    Target.objects.create(kind="update", minutes=30)
    cast.tiers["l1"].work_minutes = cast.tiers["l1"].ack_minutes = 300
    cast.tiers["l1"].save()
    rule("Slow", "inform", tell=[cast.rita], answer_risk=1)
    rule("Late", "advise", answer_late=1)
    rule("Silent", "escalate", update_late=1)
    rule("Late and bad", "escalate", answer_late=1, severity=1)
    incident = open_incident()
    start = clock.now()
    clock.forward(minutes=9)
    assert [name for name, _at in acted(incident)] == ["Slow"]
    clock.forward(minutes=1)
    assert [(name, (at - start).seconds // 60) for name, at in acted(incident)] == [("Slow", 8), ("Late", 10)]
    incident.acknowledge(by=cast.ana)
    clock.forward(minutes=1)
    incident.state(by=cast.ana, people_affected=5000)  # too late for an answer that has come
    clock.forward(minutes=5)
    incident.note(by=cast.ana, text="Looking.")
    clock.forward(minutes=29)
    assert len(acted(incident)) == 2
    clock.forward(minutes=1)
    assert acted(incident)[2:] == [("Silent", clock.now())]
    page = rulewords.sentence([Condition(Fact.UPDATE_LATE)], "escalate")
    assert page == "When a promised update is late: escalate to the next step, once per run."
    said = tried(cast.ada, incident.ref, [Rule(1, "A", (Condition(Fact.ANSWER_RISK),), Does.ADVISE)])
    assert said[0].startswith(f"On {incident.ref} this rule would have acted at 09:38;")
    said = tried(cast.ada, incident.ref, [Rule(1, "B", (Condition(Fact.RESOLVE_RISK),), Does.ADVISE)])
    assert "never so that the promised resolution is at risk" in said[0]


def test_the_page_says_what_will_happen_and_what_did(cast, rule, open_incident, clock, client):
    rule("Nobody there", "escalate", unanswered=3)
    rule("Advice", "advise", failed=1)
    incident = open_incident()
    client.force_login(cast.ana)
    page = client.get(f"/incidents/{incident.number}/").content.decode()
    assert "Rule <b>Nobody there</b> will escalate at" in page
    assert "unless somebody acknowledges" in page
    incident.acknowledge(by=cast.ana)
    incident.attempt(by=cast.ana, text="Restart.", outcome="no_effect")
    clock.forward(seconds=1)
    page = client.get(f"/incidents/{incident.number}/").content.decode()
    assert "Rule <b>Advice</b> advised to escalate at" in page
    assert "Rule “Advice” advises it: 1 attempt at this tier did not help" in page
    assert "When 1 attempt at this tier did not help." in page
    assert "As it was: 1 attempt did not help." in page
    assert "will escalate" not in page
    assert "Rule “Advice” advises to escalate." in client.get("/").content.decode()


def test_the_audit_finds_a_rule_that_is_true_and_does_not_act_and_lets_it(cast, rule, open_incident, clock):
    rule("Silence", "inform", tell=[cast.rita], silence=10)
    incident = open_incident()
    incident.acknowledge(by=cast.ana)
    Timer.objects.filter(state="armed").update(kind="call", due_at=clock.now() + timedelta(hours=2), next_at=None)
    Timer.objects.filter(state="armed").update(next_at=clock.now() + timedelta(hours=2))
    clock.jump(minutes=12)
    since = clock.now() - timedelta(minutes=30)
    said = [str(one) for one in auditing.audit(repair=False, awake=since).findings]
    assert [one for one in said if "rule “Silence” is true since 2026-03-02 09:40:00 and does not act" in one]
    assert auditing.audit(awake=since).repaired == 1
    clock.forward(seconds=1)
    assert [name for name, _at in acted(incident)] == ["Silence"]
    assert auditing.audit(awake=since).green
