"""Ada configures Baton: what is wrong is said at its place, and every change is on record."""

import json
import re
from html import unescape

import pytest
from django.contrib import admin
from django.core import mail
from django.urls import reverse
from django.utils.module_loading import import_string
from django_q.models import OrmQ

from escalation.kit import clock as kit_clock
from escalation.people.models import Membership, Skill, Team, Tier, User
from escalation.policies.models import Installation, Policy, PolicyStep
from escalation.policies.validation import empty_steps
from escalation.trail.models import Entry, Trail
from escalation.trail.verifying import verify
from incidents.models import Incident, PeopleBand, Receipt, Service, Source
from incidents.models.keys import hashed

pytestmark = pytest.mark.django_db

TWICE = {"password1": "a-fine-password-9", "password2": "a-fine-password-9"}
SOURCE = {
    "name": "Alertmanager",
    "kind": "alertmanager",
    "grouping": "group",
    "default_severity": 2,
    "quota": 20000,
    "enabled": "on",
}


@pytest.fixture
def ada(cast, client):
    client.force_login(cast.ada)
    return client


def on_record() -> list[tuple[str, dict]]:
    entries = Entry.objects.filter(trail__kind=Trail.Kind.INSTALLATION).order_by("seq")
    return [(entry.kind, json.loads(entry.data)) for entry in entries]


def step_fields(steps, *, prefix="steps", initial=0) -> dict:
    """An inline formset's fields. A step is a dict; ``id`` for one that is there already."""
    fields = {f"{prefix}-TOTAL_FORMS": len(steps), f"{prefix}-INITIAL_FORMS": initial}
    for n, step in enumerate(steps):
        whole = {"when_empty": "skip", "mode": "inform", "position": n + 1, **step}
        fields |= {f"{prefix}-{n}-{name}": value for name, value in whole.items() if value is not None}
    return fields


def policy_form(steps, **fields) -> dict:
    rules = {"rules-TOTAL_FORMS": 0, "rules-INITIAL_FORMS": 0}
    return {
        "name": "New path",
        "rounds": 1,
        **rules,
        **fields,
        **step_fields(steps, initial=sum("id" in s for s in steps)),
    }


def errors_of(answer) -> dict[str, list[str]]:
    """field → what is said there; steps' fields as ``0.tier``, the path as a whole as ``path``."""
    if answer.status_code != 200:
        return {}
    found = {name: list(said) for name, said in answer.context["adminform"].form.errors.items()}
    for inline in answer.context["inline_admin_formsets"]:
        for n, form in enumerate(inline.formset.forms):
            found |= {f"{n}.{name}": list(said) for name, said in form.errors.items()}
        if inline.formset.non_form_errors():
            found["path"] = list(inline.formset.non_form_errors())
    return found


# --- every page opens -----------------------------------------------------------------------------


@pytest.mark.rehearsal("long")
def test_every_page_of_the_admin_opens(cast, ada, django_assert_max_num_queries):
    Source.objects.create(name="Alertmanager")
    Receipt.objects.create(source=Source.objects.get(), received_at=cast.ada.joined_at, body=b"{}", digest="d")
    Skill.objects.create(name="PCI access")
    for index in (reverse("admin:index"), reverse("admin:app_list", args=["people"])):
        assert ada.get(index).status_code == 200
    for model in admin.site._registry:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        search = {"q": "a"} if admin.site._registry[model].search_fields else {}
        with django_assert_max_num_queries(25):
            assert ada.get(reverse(f"{name}_changelist"), search).status_code == 200
        first = model.objects.first()
        if first is not None and model is not Entry:
            assert ada.get(reverse(f"{name}_change", args=[first.pk])).status_code == 200, name


# --- what is wrong with a policy ------------------------------------------------------------------


def wrong_policies(cast):
    l1, duty = cast.tiers["l1"].pk, cast.tiers["duty"].pk
    empty = Team.objects.create(name="Empty").pk
    hollow = Tier.objects.create(name="Hollow", rank=9, team_id=empty).pk
    gone = Tier.objects.create(name="Gone", rank=9, team=cast.teams["Platform"], archived_at=cast.ada.joined_at).pk
    left = User.objects.create_user("left@example.com", "Lee Left", is_active=False).pk
    old = Policy.objects.create(name="Old", archived_at=cast.ada.joined_at).pk
    return {
        "no step at all": ([], {}, "path", "Nobody would work on it"),
        "only managers": ([{"tier": duty}], {"hierarchical_severity": 1}, "path", "Nobody would work on it"),
        "an empty team": ([{"tier": hollow}], {}, "0.tier", "calls nobody"),
        "an empty team by name": ([{"tier": l1, "teams": [empty]}], {}, "0.teams", "calls nobody"),
        "people who left": ([{"tier": l1, "people": [left]}], {}, "0.people", "calls nobody"),
        "an archived tier": ([{"tier": gone}], {}, "0.tier", "archived"),
        "a fallback without a person": ([{"tier": l1, "when_empty": "fallback"}], {}, "0.fallback", "Say who"),
        "a fallback who left": (
            [{"tier": l1, "when_empty": "fallback", "fallback": left}],
            {},
            "0.fallback",
            "has ended",
        ),
        "a fallback not asked for": ([{"tier": l1, "fallback": cast.ana.pk}], {}, "0.when_empty", "fallback"),
        "managers without a start": ([{"tier": l1}, {"tier": duty}], {}, "path", "nothing starts them"),
        "a start without managers": ([{"tier": l1}], {"hierarchical_severity": 1}, "path", "no step has"),
        "minutes without managers": ([{"tier": l1}], {"hierarchical_minutes": 5}, "path", "no step has"),
        "a place taken twice": ([{"tier": l1}, {"tier": l1, "position": 1}], {}, "path", "position 1"),
        "later managers without a start": ([{"tier": l1}], {"then": cast.policy.pk}, "path", "comes after"),
        "an archived continuation": ([{"tier": l1}], {"then": old}, "then", "archived"),
    }


@pytest.mark.rehearsal("long")
def test_a_wrong_policy_is_refused_and_says_where(cast, ada):
    for case, (steps, fields, place, words) in wrong_policies(cast).items():
        said = errors_of(ada.post(reverse("admin:policies_policy_add"), policy_form(steps, **fields)))
        assert any(words in line for line in said.get(place, [])), (case, said)
        assert not Policy.objects.filter(name="New path").exists(), case
        assert on_record() == [], case


def test_a_path_that_comes_back_to_itself_is_refused(cast, ada):
    other = Policy.objects.create(name="Other", then=cast.policy)
    PolicyStep.objects.create(policy=other, position=1, tier=cast.tiers["l1"])
    steps = [{"id": step.pk, "tier": step.tier_id, "position": step.position} for step in cast.policy.steps.all()]
    form = policy_form(steps, name="Payments", hierarchical_severity=1, then=other.pk)
    for step in range(len(steps)):
        form[f"steps-{step}-policy"] = cast.policy.pk
    said = errors_of(ada.post(reverse("admin:policies_policy_change", args=[cast.policy.pk]), form))
    assert "loop" in said["then"][0]


def test_a_good_policy_is_saved_with_its_first_version(cast, ada):
    steps = [{"tier": cast.tiers["l1"].pk, "people": [cast.jo.pk]}, {"tier": cast.tiers["duty"].pk, "mode": "decide"}]
    ada.post(reverse("admin:policies_policy_add"), policy_form(steps, hierarchical_minutes=15))
    policy = Policy.objects.get(name="New path")
    assert (policy.version, policy.steps.count()) == (1, 2)
    [(kind, data)] = on_record()
    assert (kind, data["what"], data["name"], data["before"]) == ("config_added", "policy", "New path", {})
    step = policy.steps.first()
    assert data["after"][f"steps.{step.pk}.people"] == [{"id": cast.jo.pk, "name": "Jo Okafor"}]


# --- versions -------------------------------------------------------------------------------------


def save_payments(cast, ada, *, change=None, **fields):
    steps = [
        {"id": step.pk, "policy": cast.policy.pk, "tier": step.tier_id, "position": step.position}
        for step in cast.policy.steps.order_by("position")
    ]
    if change:
        steps[0] |= change
    form = policy_form(steps, **{"name": "Payments", "hierarchical_severity": 1, **fields})
    answer = ada.post(reverse("admin:policies_policy_change", args=[cast.policy.pk]), form)
    assert answer.status_code == 302, errors_of(answer)
    cast.policy.refresh_from_db()
    return cast.policy.version


@pytest.mark.rehearsal("long")
def test_the_version_rises_with_every_change_and_only_then(cast, ada):
    assert save_payments(cast, ada) == 1
    assert on_record() == []
    assert save_payments(cast, ada, change={"ack_minutes": 3}) == 2
    assert save_payments(cast, ada, change={"ack_minutes": 3}) == 2
    assert save_payments(cast, ada, change={"ack_minutes": 3, "people": [cast.jo.pk]}) == 3
    assert save_payments(cast, ada, change={"ack_minutes": 3, "people": [cast.jo.pk]}, rounds=2) == 4
    assert [data["after"]["version"] for _kind, data in on_record()] == [2, 3, 4]
    first = cast.policy.steps.first().pk
    _kind, data = on_record()[0]
    assert (data["before"][f"steps.{first}.ack_minutes"], data["after"][f"steps.{first}.ack_minutes"]) == (None, 3)
    assert set(data["after"]) == {"version", f"steps.{first}.ack_minutes"}


def test_a_running_incident_keeps_the_version_it_was_opened_with(cast, ada, open_incident):
    incident = open_incident()
    save_payments(cast, ada, change={"ack_minutes": 3})
    assert incident.run.policy_version == 1


# --- archiving ------------------------------------------------------------------------------------


def act(ada, model, action, *rows):
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"
    body = {"action": action, "_selected_action": [row.pk for row in rows]}
    answer = ada.post(reverse(name) + "?state=all", body, follow=True)
    return [str(message) for message in answer.context["messages"]]


def test_what_is_still_needed_is_not_archived_and_the_reason_is_said(cast, ada):
    installation = Installation.objects.get()
    assert "catches" in act(ada, Policy, "archive", cast.policy)[0]
    assert "owning team" in act(ada, Team, "archive", installation.owner)[0]
    assert "team of the tier" in act(ada, Team, "archive", cast.teams["Platform"])[0]
    assert "step of “Payments”" in act(ada, Tier, "archive", cast.tiers["l2"])[0]
    spare = Policy.objects.create(name="Spare")
    Policy.objects.create(name="First", then=spare)
    assert "goes on with" in act(ada, Policy, "archive", spare)[0]
    assert on_record() == []


def test_archiving_and_taking_back_are_on_record(cast, ada):
    team = cast.teams["Facilities"]
    act(ada, Team, "archive", team)
    team.refresh_from_db()
    assert team.archived_at
    shown = ada.get(reverse("admin:people_team_change", args=[team.pk])).content.decode()
    assert "it is not in use" in shown and f"{reverse('admin:people_team_changelist')}?state=archived" in shown
    act(ada, Team, "restore", team)
    team.refresh_from_db()
    assert team.archived_at is None
    assert [kind for kind, _data in on_record()] == ["config_archived", "config_restored"]


# --- people ---------------------------------------------------------------------------------------


def person_form(person, **fields) -> dict:
    form = {"name": person.name, "email": person.email, "time_zone": person.time_zone, "skills": []}
    form |= {name: "on" for name in ("is_active", "is_staff", "is_auditor") if getattr(person, name)}
    return {name: value for name, value in (form | fields).items() if value is not None}


def test_ada_makes_an_account_and_it_can_sign_in(cast, ada, client):
    User.objects.filter(pk=cast.ada.pk).update(time_zone="Europe/Oslo")
    offered = ada.get(reverse("admin:people_user_add")).context["adminform"].form["time_zone"].value()
    form = {"name": "New Person", "email": "NEW@Example.com", "time_zone": offered, **TWICE}
    ada.post(reverse("admin:people_user_add"), form)
    new = User.objects.get(email="new@example.com")
    assert new.time_zone == "Europe/Oslo"
    assert new.check_password("a-fine-password-9")
    assert "password" not in json.dumps(on_record())


def test_two_accounts_with_one_address_are_refused_whatever_the_case(cast, ada):
    form = {"name": "Second Ana", "email": "ANA@example.com", "time_zone": "UTC", **TWICE}
    assert "email" in errors_of(ada.post(reverse("admin:people_user_add"), form))


def test_an_admin_may_everything_and_the_last_one_stays(cast, ada):
    ada.post(reverse("admin:people_user_change", args=[cast.sam.pk]), person_form(cast.sam, is_staff="on"))
    cast.sam.refresh_from_db()
    assert cast.sam.is_superuser
    ada.post(reverse("admin:people_user_change", args=[cast.sam.pk]), person_form(cast.sam, is_staff=None))
    alone = person_form(cast.ada, is_staff=None)
    said = errors_of(ada.post(reverse("admin:people_user_change", args=[cast.ada.pk]), alone))
    assert "only admin left" in said["__all__"][0]


def test_the_last_resort_contact_cannot_be_switched_off(cast, ada):
    ended = person_form(cast.ada, is_active=None)
    said = errors_of(ada.post(reverse("admin:people_user_change", args=[cast.ada.pk]), ended))
    assert "last-resort" in said["is_active"][0]


def test_an_inactive_last_resort_contact_is_refused(cast, ada):
    cast.tom.is_active = False
    cast.tom.save()
    owner = cast.teams["Platform"].pk
    form = {"name": "Baton", "catch_all": cast.policy.pk, "owner": owner, "last_resort": cast.tom.pk}
    said = errors_of(ada.post(reverse("admin:policies_installation_change", args=[1]), form))
    assert "has ended" in said["last_resort"][0]


def test_an_auditor_is_never_the_last_resort(cast, ada):
    made = person_form(cast.ada, is_auditor="on")
    said = errors_of(ada.post(reverse("admin:people_user_change", args=[cast.ada.pk]), made))
    assert "an auditor is never called" in said["is_auditor"][0]
    owner = cast.teams["Platform"].pk
    form = {"name": "Baton", "catch_all": cast.policy.pk, "owner": owner, "last_resort": cast.otto.pk}
    said = errors_of(ada.post(reverse("admin:policies_installation_change", args=[1]), form))
    assert "never called" in said["last_resort"][0]
    cast.installation.refresh_from_db()
    cast.ada.refresh_from_db()
    assert (cast.installation.last_resort, cast.ada.is_auditor) == (cast.ada, False)


def test_ending_an_account_says_what_is_left_behind(cast, ada, open_incident):
    incident = open_incident()
    incident.acknowledge(by=cast.jo)
    save = reverse("admin:people_user_change", args=[cast.jo.pk])
    said = [str(m) for m in ada.post(save, person_form(cast.jo, is_active=None), follow=True).context["messages"]]
    assert any(incident.ref in line for line in said)
    save = reverse("admin:people_user_change", args=[cast.tom.pk])
    said = [str(m) for m in ada.post(save, person_form(cast.tom, is_active=None), follow=True).context["messages"]]
    assert any("3. L3 Platform" in line for line in said)
    assert [str(step) for step in empty_steps()] == ["3. L3 Platform"]


def test_a_new_password_is_on_record_and_its_hash_is_not(cast, ada):
    form = {**TWICE, "usable_password": "true"}
    ada.post(reverse("admin:auth_user_password_change", args=[cast.ana.pk]), form)
    cast.ana.refresh_from_db()
    assert cast.ana.check_password("a-fine-password-9")
    assert on_record() == [("config_password", {"what": "user", "id": cast.ana.pk, "name": "Ana Ruiz"})]


def test_a_new_password_and_another_address_are_told_to_whose_they_are(cast, ada):
    form = {**TWICE, "usable_password": "true"}
    ada.post(reverse("admin:auth_user_password_change", args=[cast.ana.pk]), form)
    cast.ana.refresh_from_db()
    ada.post(reverse("admin:people_user_change", args=[cast.ana.pk]), person_form(cast.ana, email="ruiz@example.com"))
    for row in OrmQ.objects.order_by("pk"):
        import_string(row.task["func"])(*row.task["args"])
    told = [(one.to, one.subject) for one in mail.outbox]
    assert (["ana@example.com"], "Baton: You sign in with another address") in told  # where it was before
    assert "Baton: You have a new password" in [subject for _to, subject in told]


def test_who_joins_and_leaves_a_team_is_on_record(cast, ada):
    team = cast.teams["Platform"]
    row = team.memberships.get()
    members = [
        {"id": row.pk, "team": team.pk, "user": cast.tom.pk, "role": "supervisor"},
        {"team": team.pk, "user": cast.mei.pk, "role": "agent"},
    ]
    form = {"name": "Platform", **step_fields(members, prefix="memberships", initial=1)}
    ada.post(reverse("admin:people_team_change", args=[team.pk]), form)
    [(_kind, data)] = on_record()
    new = Membership.objects.get(team=team, user=cast.mei)
    assert data["before"] == {f"memberships.{row.pk}.role": "agent"}
    assert data["after"][f"memberships.{row.pk}.role"] == "supervisor"
    assert data["after"][f"memberships.{new.pk}.user"] == {"id": cast.mei.pk, "name": "Mei Tanaka"}


def test_a_used_tier_keeps_its_track(cast, ada):
    tier = cast.tiers["l1"]
    form = {"name": "L1 Desk", "track": "hierarchical", "rank": 1, "team": tier.team_id, "ack_minutes": 5}
    ada.post(reverse("admin:people_tier_change", args=[tier.pk]), form)
    tier.refresh_from_db()
    assert (tier.name, tier.track) == ("L1 Desk", "functional")


# --- sources and their keys -----------------------------------------------------------------------


def key_on(page) -> str:
    return re.search(r'id="key"[^>]*value="([^"]+)"', page.content.decode())[1]


def test_a_key_is_shown_once_and_never_on_record(cast, ada):
    page = ada.post(reverse("admin:incidents_source_add"), {**SOURCE, "service": cast.service.pk})
    key, source = key_on(page), Source.objects.get()
    [made] = source.door_keys.all()
    assert (made.key_hash, made.hint, made.made_by, made.ends_at) == (hashed(key), key[-4:], cast.ada, None)
    assert "curl -X POST" in page.content.decode()
    later = ada.get(reverse("admin:incidents_source_change", args=[source.pk])).content.decode()
    assert f"…{key[-4:]}" in later
    assert key not in later
    assert made.key_hash not in later
    assert ada.get(reverse("admin:incidents_source_key", args=[source.pk])).status_code == 200
    assert source.door_keys.count() == 1  # looking changes nothing
    new = key_on(ada.post(reverse("admin:incidents_source_key", args=[source.pk]), {"old": "now"}))
    assert [row.key_hash for row in source.door_keys.living(kit_clock.now())] == [hashed(new)]
    assert [kind for kind, _data in on_record()] == ["config_added", "config_key"]
    told = json.dumps(on_record())
    assert not any(secret in told for secret in (key, new, hashed(key), hashed(new)))


def test_the_key_opens_an_incident(cast, ada, client):
    page = ada.post(reverse("admin:incidents_source_add"), SOURCE)
    curl = re.search(r'<textarea id="curl"[^>]*>(.*?)</textarea>', page.content.decode(), re.S)[1]
    body = re.search(r"-d '(.*)'", unescape(curl))[1]
    answer = client.post(
        reverse("alertmanager"),
        body,
        content_type="application/json",
        headers={"Authorization": f"Bearer {key_on(page)}"},
    )
    assert (answer.status_code, answer.json()["incidents"]) == (202, [Incident.objects.get().ref])


def test_a_label_without_services_is_refused(cast, ada):
    said = errors_of(ada.post(reverse("admin:incidents_source_add"), {**SOURCE, "service_label": "service"}))
    assert "allowed_services" in said


# --- the record -----------------------------------------------------------------------------------


def test_deleting_what_may_be_deleted_is_on_record(cast, ada):
    band = PeopleBand.objects.get(least=100)
    ada.post(reverse("admin:incidents_peopleband_delete", args=[band.pk]), {"post": "yes"})
    assert on_record() == [
        (
            "config_deleted",
            {
                "what": "peopleband",
                "id": band.pk,
                "name": "100+: SEV2",
                "before": {"least": 100, "severity": 2},
                "after": {},
            },
        ),
    ]


def test_the_trail_is_read_in_the_admin_and_is_intact(cast, ada, clock):
    form = {"name": "Orders", "team": cast.teams["Applications"].pk, "policy": ""}
    ada.post(reverse("admin:incidents_service_add"), form)
    assert Service.objects.filter(name="Orders").exists()
    entry = Entry.objects.get(kind="config_added")
    listed = ada.get(reverse("admin:trail_entry_changelist")).content.decode()
    assert "added service Orders" in listed
    assert "Applications" in ada.get(reverse("admin:trail_entry_change", args=[entry.pk])).content.decode()
    assert verify(Trail.objects.installation(), now=clock.now()).fault is None


def test_an_incidents_entries_are_not_listed_there(cast, ada, open_incident):
    incident = open_incident()
    entry = Entry.objects.filter(trail=incident.trail_id).first()
    assert ada.get(reverse("admin:trail_entry_change", args=[entry.pk])).status_code == 302


def test_a_change_that_cannot_be_recorded_is_not_made(cast, ada, monkeypatch):
    def broken(*args, **kwargs):
        raise RuntimeError("no record")

    monkeypatch.setattr("escalation.trail.recorded_admin.record_configuration", broken)
    form = {"name": "Orders", "team": cast.teams["Applications"].pk, "policy": ""}
    with pytest.raises(RuntimeError):
        ada.post(reverse("admin:incidents_service_add"), form)
    assert not Service.objects.filter(name="Orders").exists()
