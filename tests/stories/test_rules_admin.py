"""An admin keeps rules: in words before they are saved, tried on what has been, refused where they make no sense."""

import pytest
from django.urls import reverse

from escalation.people.models import Tier
from escalation.policies import rulewords
from escalation.policies.models import Policy
from escalation.policies.rules import Condition, Fact
from escalation.policies.ruling import FACTS, PolicyRule
from escalation.trail.models import Entry, Trail
from incidents.models import Incident

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_enough]


@pytest.fixture
def admin(client, cast):
    client.force_login(cast.ada)
    return client


def form(policy, *rules, **more):
    """What the policy's page sends, with these rules."""
    sent = {"name": policy.name, "rounds": 1, "hierarchical_severity": 1}
    steps = list(policy.steps.all())
    sent |= {"steps-TOTAL_FORMS": len(steps), "steps-INITIAL_FORMS": len(steps)}
    for number, step in enumerate(steps):
        row = {"id": step.pk, "policy": policy.pk, "position": step.position, "tier": step.tier_id}
        row |= {"when_empty": "skip", "mode": step.mode}
        sent |= {f"steps-{number}-{name}": value for name, value in row.items()}
    sent |= {"rules-TOTAL_FORMS": len(rules), "rules-INITIAL_FORMS": 0}
    for number, rule in enumerate(rules):
        row = {"position": number + 1, "is_on": "on", "does": "escalate", **rule}
        sent |= {f"rules-{number}-{name}": value for name, value in row.items()}
    return sent | more


MANY = {"name": "Many people", "fact": "people", "number": 50, "fact_2": "unanswered", "number_2": 10}


def test_a_rule_is_saved_with_its_policy_and_is_on_record(admin, cast):
    page = reverse("admin:policies_policy_change", args=[cast.policy.pk])
    assert "Show the rules in words" in admin.get(page).content.decode()
    answer = admin.post(page, form(cast.policy, MANY))
    assert answer.status_code == 302, answer.context["errors"]
    assert [rule.conditions for rule in PolicyRule.objects.all()] == [
        [Condition(Fact.PEOPLE, 50), Condition(Fact.UNANSWERED, 10)]
    ]
    assert Policy.objects.get().version == cast.policy.version + 1
    entry = Entry.objects.filter(trail=Trail.objects.installation()).latest("seq")
    assert "Many people" in entry.data


def test_its_words_and_what_it_would_have_done_are_shown_before_it_is_saved(admin, cast, open_incident, clock):
    Tier.objects.update(ack_minutes=60)
    incident = open_incident(people_affected=60)
    clock.forward(minutes=28)
    incident = Incident.objects.get(pk=incident.pk)
    incident.escalate(by=cast.sam, reason="time", text="Nobody is there.")
    incident.resolve(by=cast.ana, cause="unknown", text="It went away.")
    page = reverse("admin:policies_policy_rules", args=[cast.policy.pk])
    worse = {**MANY, "name": "Thousands", "number": 5000}
    said = admin.post(page, form(cast.policy, MANY, worse, try_on=f"inc-{incident.number}")).content.decode()
    assert (
        "When 50 or more people are affected and nobody has acknowledged for 10 minutes: "
        "escalate to the next step, once per run." in said
    )
    assert f"On {incident.ref} this rule would have acted at 09:40" in said
    assert "18 minutes before Sam Reyes escalated by hand" in said
    assert "As it was: 60 people affected, not acknowledged for 10 minutes." in said
    never = (
        f"On {incident.ref} it would not have acted, because it was never so that 5,000 or more people are affected."
    )
    assert never in said
    assert not PolicyRule.objects.exists()
    said = admin.post(page, form(cast.policy, MANY, try_on="INC-99"), headers={"HX-Request": "true"}).content.decode()
    assert "There is no incident “INC-99”" in said
    assert "<html" not in said


SENSELESS = [
    ({"number": ""}, "Give a number."),
    ({"number": 0}, "greater than or equal to 1"),
    ({"fact": "severity", "number": 6}, "Severities go from 1"),
    ({"fact": "missing"}, "This needs no number."),
    ({"fact": "answer_late"}, "This needs no number."),
    ({"fact": "growth", "number": 1}, "Give 2 or more"),
    ({"fact_2": "people"}, "The same is asked twice."),
    ({"fact_2": ""}, "Say what the number is about"),
    ({"fact": "silence"}, "This is only so while somebody has it"),
    ({"tier": "duty"}, "is not among the steps of who works on it"),
    ({"does": "advise", "tier": "l2"}, "leave this empty"),
    ({"does": "inform"}, "Say who is informed"),
    ({"people": "rita"}, "Only a rule that informs"),
    ({"does": "inform", "people": "otto"}, "is an auditor, who is never called"),
    ({"number": 2_000_000_000}, "Give 1000000000 at the most."),
    ({"number_2": 527_041}, "Give 527040 minutes at the most: a year."),
]


@pytest.mark.rehearsal("long")
def test_what_makes_no_sense_is_refused_at_its_place(admin, cast):
    known = {**cast.tiers, "rita": cast.rita, "otto": cast.otto}
    change, show = (reverse(f"admin:policies_policy_{what}", args=[cast.policy.pk]) for what in ("change", "rules"))
    for wrong, words in SENSELESS:
        wrong = {name: known[value].pk if value in known else value for name, value in wrong.items()}
        sent = form(cast.policy, {**MANY, **wrong})
        answer = admin.post(change, sent)
        assert answer.status_code == 200, wrong
        assert words in answer.content.decode(), wrong
        assert not PolicyRule.objects.exists(), wrong
        assert words in admin.post(show, sent).content.decode(), wrong


def test_whoever_may_not_change_the_policy_sees_nothing_of_it(client, cast):
    client.force_login(cast.ana)
    page = reverse("admin:policies_policy_rules", args=[cast.policy.pk])
    assert client.post(page, form(cast.policy, MANY)).status_code in (302, 403)
    client.force_login(cast.ada)
    assert client.get(page).status_code == 403


def test_every_fact_has_its_words():
    for fact in Fact:
        assert FACTS[fact]
        for number in (1, 5):
            assert rulewords.condition_in_words(Condition(fact, number))
            assert rulewords.so_it_was([{"fact": fact.value, "was": number}])
    assert rulewords.so_it_was([{"fact": "phase of the moon", "was": 1}, {"fact": "people"}]) == []
    assert rulewords.when_said([{"fact": "phase of the moon", "number": 1}]) == ""
