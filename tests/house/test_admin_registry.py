"""The record and the engine's rows are nobody's to edit, not even an admin's."""

import pytest
from django.apps import apps
from django.contrib import admin
from django.urls import NoReverseMatch, reverse

from escalation.kit import clock
from escalation.oncall.models import Schedule
from incidents.models import ChatRoom, Heartbeat, Runbook, SignSettings, Source, StatusPage, Webhook
from tests.inviting_kit import invited

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_enough]

UNTOUCHABLE = [  # what one writer keeps: the engine, the verbs, the doors, the queue
    "trail.Trail",
    "trail.Entry",
    "trail.EntryText",
    "people.Press",
    "people.ApiToken",
    "people.ApiAnswer",
    "signin.Guess",
    "signin.AppSecret",
    "signin.ProvidedIdentity",
    "notify.ContactMethod",
    "notify.NotificationRule",
    "notify.QuietHours",
    "notify.ChatAccount",
    "notify.Breaker",
    "engine.EscalationRun",
    "engine.Timer",
    "engine.Delivery",
    "engine.ReplyCode",
    "engine.Shown",
    "engine.Try",
    "incidents.Incident",
    "incidents.IncidentNumber",
    "incidents.Access",
    "incidents.Attempt",
    "incidents.AdviceAnswer",
    "incidents.Receipt",
    "incidents.Refusal",
    "incidents.RefusedMessage",
    "incidents.AlertKey",
    "incidents.Alert",
    "incidents.Heard",
    "incidents.RunbookStep",
    "incidents.Tick",
    "incidents.Promise",
    "incidents.Update",
    "incidents.Follow",
    "incidents.Review",
    "incidents.Action",
    "incidents.Problem",
    "incidents.ProblemIncident",
    "incidents.ReviewAsk",
    "incidents.TrainingCase",
    "incidents.ReviewFactor",
    "incidents.ReviewRemark",
    "incidents.IncidentRole",
    "incidents.SearchText",
    "incidents.Summary",
    "incidents.SummaryShare",
    "incidents.SummaryDay",
    "incidents.SummaryChange",
    "incidents.SavedView",
    "incidents.WebhookMessage",
    "incidents.ChatPost",
    "incidents.WebhookTry",
    "incidents.FirstView",
    "incidents.Origin",
    "django_q.Schedule",
    "django_q.Success",
    "django_q.Failure",
    "django_q.OrmQ",
    "django_q.Task",
    "sessions.Session",
    "people.Session",
    "auth.Group",
    "auth.Permission",
    "contenttypes.ContentType",
    "admin.LogEntry",
]
EDITABLE = {
    "signin.Invitation",
    "incidents.TrainingGoal",
    "people.User",
    "people.Team",
    "people.Skill",
    "people.Tier",
    "oncall.Schedule",
    "policies.Policy",
    "policies.Installation",
    "incidents.Service",
    "incidents.SeverityCell",
    "incidents.PeopleBand",
    "incidents.Source",
    "incidents.Runbook",
    "incidents.SignSettings",
    "incidents.Stakeholder",
    "incidents.UpdateTemplate",
    "incidents.StatusPage",
    "incidents.BusinessHours",
    "incidents.Target",
    "incidents.RolePlan",
    "incidents.Heartbeat",
    "incidents.Webhook",
    "incidents.ChatRoom",
}
# What is promised of an incident is on its record, so a target, and hours that none goes by, may go; whom an update
# told, what it said, and who had which role, is too.
MAY_GO = {"people.Skill", "incidents.PeopleBand", "incidents.BusinessHours", "incidents.Target", "incidents.RolePlan"}
MAY_GO |= {"incidents.TrainingGoal"}
NEVER_DELETED = EDITABLE - MAY_GO - {"incidents.Stakeholder", "incidents.UpdateTemplate"}


@pytest.fixture
def ada(cast, client):
    client.force_login(cast.ada)
    return client


def registered(label: str):
    return admin.site._registry.get(apps.get_model(label))


def test_every_registered_model_is_on_one_of_the_two_lists():
    known = EDITABLE | set(UNTOUCHABLE)
    assert {model._meta.label for model in admin.site._registry} <= known


@pytest.mark.parametrize("label", UNTOUCHABLE)
def test_nobody_may_edit(label, cast, rf):
    page = registered(label)
    if page is None:
        return
    request = rf.get("/")
    request.user = cast.ada
    assert not page.has_add_permission(request)
    assert not page.has_change_permission(request)
    assert not page.has_delete_permission(request)
    assert not page.get_actions(request)


@pytest.mark.parametrize("label", UNTOUCHABLE)
def test_a_post_changes_nothing(label, cast, ada, open_incident):
    open_incident()
    model = apps.get_model(label)
    before = list(model.objects.order_by("pk").values())
    first = model.objects.order_by("pk").first()
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
    tries = [("add", []), ("changelist", [])] + ([("change", [first.pk]), ("delete", [first.pk])] if first else [])
    for view, args in tries:
        try:
            url = reverse(f"{name}_{view}", args=args)
        except NoReverseMatch:
            assert registered(label) is None
            continue
        body = {"action": "delete_selected", "_selected_action": [getattr(first, "pk", 0)], "post": "yes"}
        assert ada.post(url, body).status_code in (200, 302, 403), url
    assert list(model.objects.order_by("pk").values()) == before


@pytest.mark.parametrize("label", sorted(NEVER_DELETED))
def test_what_others_point_to_is_archived_and_not_deleted(label, cast, ada):
    Heartbeat.objects.create(source=Source.objects.create(name="Alertmanager"), name="backup")
    Schedule.objects.create(name="Desk", team=cast.teams["Service desk"])
    Runbook(title="Restart", body="- [ ] Do", team=cast.teams["Platform"]).keep(by=cast.ada, now=clock.now())
    SignSettings.objects.create()
    StatusPage.objects.create()
    Webhook.objects.create(name="Tickets", url="https://tickets.example.com/", owner=cast.ada, secret="x")
    ChatRoom.objects.create(name="War room", kind="teams", owner=cast.ada, address="x")
    invited(cast.ada)
    model = apps.get_model(label)
    first = model.objects.order_by("pk").first()
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
    assert ada.post(reverse(f"{name}_delete", args=[first.pk]), {"post": "yes"}).status_code == 403
    body = {"action": "delete_selected", "_selected_action": [first.pk], "post": "yes"}
    ada.post(reverse(f"{name}_changelist"), body)
    assert model.objects.filter(pk=first.pk).exists()
