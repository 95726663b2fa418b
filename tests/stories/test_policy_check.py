"""An admin is told what of a policy is worth a second look: before it is saved, and once it is. It refuses nothing."""

import pytest
from django.contrib.messages import get_messages
from django.urls import reverse

from escalation.notify.models import ContactMethod
from escalation.people.models import User
from escalation.policies.models import Policy, PolicyStep
from escalation.trail.models import Entry
from tests.reach_kit import account, rules
from tests.stories.test_rules_admin import form

pytestmark = pytest.mark.django_db


@pytest.fixture
def ready(cast, clock):
    """Everybody's e-mail was tested."""
    ContactMethod.objects.update(proved_at=clock.now(), verified_at=clock.now())
    return cast


@pytest.fixture
def admin(client, ready):
    client.force_login(ready.ada)
    return client


def steps(policy, **people) -> dict:
    """What the policy's page sends, with these people for its steps: s1, s2, s3."""
    return form(policy) | {f"steps-{int(name[1:]) - 1}-people": [one.pk for one in who] for name, who in people.items()}


def checked(admin, policy, sent, **headers) -> str:
    page = reverse("admin:policies_policy_check", args=[policy.pk])
    return admin.post(page, sent, headers=headers).content.decode()


def saved(admin, policy, sent) -> list[str]:
    answer = admin.post(reverse("admin:policies_policy_change", args=[policy.pk]), sent)
    assert answer.status_code == 302, answer.context["errors"]
    return [str(one) for one in get_messages(answer.wsgi_request) if one.level_tag == "warning"]


def test_a_policy_that_is_well_says_so_and_saving_it_warns_of_nothing(admin, ready):
    assert "Nothing is worth a second look" in checked(admin, ready.policy, form(ready.policy))
    assert saved(admin, ready.policy, form(ready.policy)) == []


def test_what_is_worth_a_second_look_is_said_before_saving_and_after(admin, ready):
    said = "“Payments”, step 2, L2 Applications</b>: In the coming 60 days it calls only whom"
    sent = steps(ready.policy, s1=[ready.jo, ready.mei], s2=[ready.mei], s3=[ready.ada])
    before = (Entry.objects.count(), Policy.objects.get().version)
    page = checked(admin, ready.policy, sent)
    assert said in page and "Steps that call nobody new" in page and "<html" in page
    assert "it calls only Ada Lund, who is the last resort too." in page
    assert "<html" not in checked(admin, ready.policy, sent, **{"HX-Request": "true"})
    assert (Entry.objects.count(), Policy.objects.get().version) == before
    assert not PolicyStep.people.through.objects.exists()
    one, two = saved(admin, ready.policy, sent)
    assert one.startswith("“Payments”, step 2, L2 Applications: In the coming 60 days it calls only whom “Payments”")
    assert two.startswith("“Payments”, step 3, L3 Platform: ") and two.endswith("who is the last resort too.")
    assert PolicyStep.people.through.objects.count() == 4


def test_rules_that_a_step_never_comes_to_are_told_of_and_mended_by_its_minutes(admin, ready):
    rules(ready.mei, "loud", (account(ready.mei), 0), (account(ready.mei), 6))
    said = "It goes on after 5 minutes: later messages by the rules of Mei Tanaka are not sent."
    assert said in checked(admin, ready.policy, form(ready.policy))
    assert said not in checked(admin, ready.policy, form(ready.policy) | {"steps-1-ack_minutes": 6})


def test_people_who_may_not_be_reached_are_counted_and_told_of_elsewhere(admin, ready):
    ContactMethod.objects.filter(person__in=[ready.mei, ready.rita]).update(proved_at=None)  # nobody calls Rita
    page = checked(admin, ready.policy, form(ready.policy))
    assert "1 person whom this policy calls may not be reached in time." in page and reverse("readiness") in page
    [said] = saved(admin, ready.policy, form(ready.policy))
    assert said.startswith("1 person whom this policy calls")


def test_one_that_is_archived_is_judged_as_if_it_was_in_use(admin, ready):
    Policy.objects.filter(pk=ready.policy.pk).update(archived_at=ready.ada.joined_at)
    sent = steps(ready.policy, s1=[ready.jo, ready.mei], s2=[ready.mei], s3=[ready.ada])
    assert "it calls only whom" in checked(admin, ready.policy, sent)
    assert Policy.objects.get(pk=ready.policy.pk).archived_at is not None


@pytest.mark.rehearsal("long")
def test_another_policys_findings_are_not_this_ones(admin, ready):
    other = Policy.objects.create(name="Shop")
    for position, who in enumerate((ready.jo, ready.jo, ready.mei), start=1):
        PolicyStep.objects.create(policy=other, position=position, tier=ready.tiers["l1"]).people.add(who)
    assert "Nothing is worth a second look" in checked(admin, ready.policy, form(ready.policy))
    assert "Shop" in checked(admin, other, {**form(other), "hierarchical_severity": "", **_people(other)})


def _people(policy) -> dict:
    found = enumerate(policy.steps.all())
    return {f"steps-{number}-people": [one.pk for one in step.people.all()] for number, step in found}


def test_one_that_is_new_is_checked_too_and_one_that_is_wrong_says_what(admin, ready):
    page = reverse("admin:policies_policy_check_new")
    row = {"position": 1, "tier": ready.tiers["l1"].pk, "when_empty": "skip", "mode": "inform"}
    sent = {"rules-TOTAL_FORMS": 0, "rules-INITIAL_FORMS": 0, "steps-TOTAL_FORMS": 1, "steps-INITIAL_FORMS": 0}
    sent |= {f"steps-0-{name}": value for name, value in row.items()}
    named = sent | {"name": "New", "rounds": 1, "steps-0-people": [ready.tom.pk]}
    assert "Everybody it calls is Tom Adeyemi." in admin.post(page, named).content.decode()
    assert not Policy.objects.filter(name="New").exists()
    said = admin.post(page, sent).content.decode()
    assert "It cannot be saved as it is" in said and "Name: This field is required." in said


def test_whoever_may_not_change_policies_learns_nothing(client, ready):
    page = reverse("admin:policies_policy_check", args=[ready.policy.pk])
    for one in User.objects.filter(is_staff=False, is_active=True):
        client.force_login(one)
        assert client.post(page, form(ready.policy)).status_code in (302, 403), one
    client.force_login(ready.ada)
    assert client.get(page).status_code == 403
    assert client.post(reverse("admin:policies_policy_check", args=[987]), form(ready.policy)).status_code == 404
