"""Each field that admins can change leaves an entry that names it, with before and after; no page is left out.

The pages and their fields are found in the admin: one that is added tomorrow is changed here too.
"""

import json
import re
from collections.abc import Iterator
from datetime import date, datetime, time
from typing import Any

import pytest
from django import forms
from django.apps import apps
from django.contrib import admin
from django.urls import reverse

from escalation.oncall.models import Layer, Schedule, Seat
from escalation.people.models import Skill, User
from escalation.policies.models import Policy
from escalation.trail.models import Entry
from escalation.trail.recorded_admin import RecordedAdmin
from incidents.models import (
    BusinessHours,
    ChatRoom,
    Component,
    Heartbeat,
    RolePlan,
    RoleSource,
    Runbook,
    Service,
    SignSettings,
    Source,
    Stakeholder,
    StatusPage,
    Target,
    TrainingGoal,
    UpdateTemplate,
    Webhook,
)

pytestmark = pytest.mark.django_db

# What a field must say, where another value by chance would be refused; None: left as it is, for the reason beside it.
SAYS: dict[str, Any] = {
    "people.User.email": "ana.ruiz@example.com",
    "people.User.time_zone": "Europe/Berlin",
    "oncall.Schedule.time_zone": "Europe/Berlin",
    "incidents.BusinessHours.time_zone": "Europe/Paris",
    "incidents.BusinessHours.holidays": "12-25",
    "incidents.ChatRoom.leads_to": "https://hooks.slack.com/services/T0000/B0000/another",
    "policies.PolicyStep.when_empty": "fallback",  # a fallback is given
    "oncall.Layer.hours": "Mon-Fri 09:00-17:00",
    "oncall.Layer.people": "Jo Okafor",
    "incidents.RoleSource.schedule": None,  # a schedule or a tier
    "incidents.BusinessHours.hours": "mon-sat 08:00-18:00",
    "incidents.Heartbeat.name": "backup-2",
    "incidents.StatusPage.zone": "Europe/Berlin",
    "incidents.Webhook.url": "https://others.example.com/",
    "policies.Policy.then": None,  # it would be a loop
    "incidents.RolePlan.team": None,  # a service or a team
    "incidents.Stakeholder.team": None,  # a person or a team
}
# By what name the record has it, where that is not the field's.
CALLED: dict[str, str] = {
    "incidents.Webhook.on": "off_at",
    "incidents.Webhook.header": "authorization",
    "incidents.ChatRoom.on": "off_at",
    "incidents.ChatRoom.leads_to": "address",
}


MADE_ONCE = {"signin.Invitation"}  # nobody changes one: it is withdrawn, and another made


def recorded() -> list[str]:
    pages = {model._meta.label for model, page in admin.site._registry.items() if isinstance(page, RecordedAdmin)}
    assert pages > MADE_ONCE
    return sorted(pages - MADE_ONCE)


@pytest.fixture
def furnished(cast, clock):
    team, service = cast.teams["Service desk"], cast.service
    Service.objects.create(name="Search", team=team, policy=cast.policy)
    User.objects.filter(pk=cast.kim.pk).update(is_staff=True, is_superuser=True)
    Policy.objects.create(name="Others")
    BusinessHours.objects.create(name="Nights", time_zone="UTC", hours="mon-fri 20:00-23:00")
    Skill.objects.create(name="Linux", kind="ability")
    source = Source.objects.create(name="Alertmanager", service=service)
    Heartbeat.objects.create(source=source, name="backup")
    rota = Schedule.objects.create(name="Desk", team=team)
    layer = Layer.objects.create(schedule=rota, name="Turns", unit="weeks", starts_on=date(2026, 3, 2))
    Seat.objects.create(layer=layer, position=1, person=cast.ana)
    Runbook(title="Restart", body="- [ ] Do", team=cast.teams["Platform"]).keep(by=cast.ada, now=clock.now())
    SignSettings.objects.create()
    page = StatusPage.objects.create(name="How we are")
    Component.objects.create(page=page, name="Card payments", service=service)
    hook = Webhook(name="Tickets", url="https://tickets.example.com/", owner=cast.ada)
    hook.new_secret(clock.now())
    hook.save()
    room = ChatRoom(name="War room", kind="teams", owner=cast.ada)
    room.leads_to("https://prod-1.westeurope.logic.azure.com/workflows/1/triggers/manual?sig=unknown")
    room.save()
    hours = BusinessHours.objects.create(name="Office", time_zone="Europe/Berlin", hours="mon-fri 09:00-17:00")
    Target.objects.create(kind="resolve", minutes=15, severity=1, hours=hours)
    plan = RolePlan.objects.create(from_severity=1)
    RoleSource.objects.create(plan=plan, role="lead")
    Stakeholder.objects.create(person=cast.ines)
    UpdateTemplate.objects.create(name="First words", text="We look into it.")
    TrainingGoal.objects.create(team=team, days=90)


def fields(form: forms.BaseForm) -> Iterator[forms.BoundField]:
    for bound in form:
        shown = not bound.field.disabled and not isinstance(bound.field.widget, forms.HiddenInput)
        if shown and bound.name not in ("DELETE", "ORDER"):
            yield bound


def sent(bound: forms.BoundField, value: Any) -> dict[str, Any]:
    """As a browser sends it."""
    widget, name = bound.field.widget, bound.html_name
    inner = getattr(widget, "widget", widget)  # the admin wraps those that lead to other rows
    if isinstance(inner, forms.CheckboxInput):
        return {name: "on"} if value else {}
    if isinstance(inner, forms.MultiWidget):
        return {f"{name}_{n}": part or "" for n, part in enumerate(inner.decompress(value))}
    if isinstance(value, list | tuple | set):
        return {name: [getattr(one, "pk", one) for one in value]}
    if hasattr(value, "all"):
        return {name: [one.pk for one in value.all()]}
    shown = bound.field.prepare_value(value)
    return {} if shown is None else {name: inner.format_value(shown) if isinstance(shown, date | time) else shown}


def another(bound: forms.BoundField) -> Any:
    """A value that it has not."""
    field, value = bound.field, bound.value()
    if isinstance(field, forms.BooleanField):
        return not value
    if isinstance(field, forms.ModelMultipleChoiceField | forms.MultipleChoiceField):
        had = {str(getattr(one, "pk", one)) for one in value or []}
        assert set(_choices(field)) - had, f"{bound.name} can be nothing else: furnish another"
        return [one for one in _choices(field) if one not in had][:1]
    if isinstance(field, forms.ChoiceField):
        others = [one for one in _choices(field) if one not in ("", str(value))]
        assert others, f"{bound.name} can be nothing else: furnish another"
        return others[_row_of(bound) % len(others)]
    if isinstance(field, forms.IntegerField | forms.FloatField | forms.DecimalField):
        return (value or 0) + 1
    if isinstance(field, forms.DateTimeField | forms.SplitDateTimeField):
        return datetime(2026, 9, 1, 12)
    if isinstance(field, forms.DateField):
        return date(2026, 2, 2)
    if isinstance(field, forms.TimeField):
        return time(7, 30)
    return f"{value or ''} and more".strip()


def _row_of(bound: forms.BoundField) -> int:
    """So that no two rows come to say the same."""
    found = re.search(r"-(\d+)$", bound.form.prefix or "")
    return int(found[1]) if found else 0


def _choices(field: Any) -> list[str]:
    if isinstance(field, forms.ModelChoiceField):
        return [str(pk) for pk in field.queryset.values_list("pk", flat=True)]
    flat = [
        one for key, label in field.choices for one in (label if isinstance(label, list | tuple) else [(key, label)])
    ]
    return [str(key) for key, _label in flat]


def changed(form: forms.BaseForm, what: str) -> tuple[dict[str, Any], list[str]]:
    """What is sent, and the names of the fields that are other than they were."""
    body: dict[str, Any] = {}
    names: list[str] = []
    for bound in form:
        key = f"{what}.{bound.name}"
        value = bound.value()
        if bound in list(fields(form)) and SAYS.get(key, "") is not None:
            value = SAYS[key] if key in SAYS else another(bound)
            names.append(bound.name)
        body |= sent(bound, value)
    return body, names


@pytest.mark.parametrize("label", recorded())
def test_each_field_that_is_changed_is_on_record_with_before_and_after(label, cast, furnished, client):
    client.force_login(cast.ada)
    model: Any = apps.get_model(label)
    row = model._default_manager.order_by("pk").first()
    address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_change", args=[row.pk])
    page = client.get(address)
    body, names = changed(page.context["adminform"].form, label)
    body |= {"as_of": page.context["as_of"], "past": "on"}  # a schedule asks whether its past is meant to change
    expected = {CALLED.get(f"{label}.{name}", name) for name in names}
    for formset in page.context["inline_admin_formsets"]:
        rows = formset.formset
        body |= {bound.html_name: bound.value() for bound in rows.management_form}
        body[f"{rows.prefix}-TOTAL_FORMS"] = rows.initial_form_count()
        for one in rows.initial_forms:
            more, its = changed(one, rows.model._meta.label)
            body |= more
            expected |= {CALLED.get(f"{rows.model._meta.label}.{name}", f"{one.instance.pk}.{name}") for name in its}
    answer = client.post(address, body)
    assert answer.status_code == 302, _mistakes(answer)
    assert expected, "nothing was changed"
    entry = Entry.objects.filter(trail__kind="installation", kind__startswith="config_").latest("seq")
    data = json.loads(entry.data)
    assert (entry.actor_name, data["what"], data["id"]) == (cast.ada.name, model._meta.model_name, row.pk)
    before, after = data["before"], data["after"]
    told = {name for name in {**before, **after} if before.get(name) != after.get(name)}
    missing = {name for name in expected if not any(one == name or one.endswith(f".{name}") for one in told)}
    assert not missing, f"not on record: {missing} of {told}"


def _mistakes(answer: Any) -> Any:
    form = answer.context["adminform"].form
    formsets = [one.formset for one in answer.context["inline_admin_formsets"]]
    rows = [(one.errors, one.non_form_errors()) for one in formsets]
    return dict(form.errors), rows


def test_whatever_admins_can_write_is_a_page_that_keeps_a_record(cast, rf):
    request = rf.get("/")
    request.user = cast.ada
    for model, page in admin.site._registry.items():
        if (
            page.has_change_permission(request)
            or page.has_add_permission(request)
            or page.has_delete_permission(request)
        ):
            assert isinstance(page, RecordedAdmin), model
            assert not page.list_editable, f"{model}: a list that is edited leaves no entry"
