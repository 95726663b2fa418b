"""No page asks the database more than fifteen times, and none more often for a thousand incidents than for ten, nor for
many rows of what admins keep than for few.

The pages are found in the resolver: one that is added tomorrow is asked for too. Each is asked for as in a day's work,
when something that everybody sees has just happened. What changes with the installation's record alone (schedules,
windows, runbooks) has been read before: each process does that once, for up to ten minutes.
"""

from collections.abc import Iterable, Iterator

import pytest
from django.contrib import admin
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from escalation.oncall.models import Schedule
from incidents.models import (
    ChatRoom,
    Component,
    Drill,
    DrillRun,
    Incident,
    MaintenanceWindow,
    Runbook,
    RunbookStep,
    TrainingCase,
    TrainingPlay,
)
from incidents.practising import shipped
from incidents.status import kept
from tests.drill_kit import plan
from tests.escalation.test_schedules import make_schedule
from tests.maintenance_kit import planner
from tests.many_kit import MOST, attempts, incidents, settled, something_happens
from tests.runbook_kit import write
from tests.status_kit import publish

pytestmark = pytest.mark.django_db

NO_PAGES = {"live", "logout"}


def addresses(patterns: Iterable, before: tuple[str, ...] = ()) -> Iterator[tuple[str, str]]:
    """Name and path of each that has a name, those about one thing for the one there is."""
    first, other = Incident.objects.order_by("id")[1:3]
    known = {"run": DrillRun.objects.get().pk, "number": first.number, "other": other.number, "urgency": "loud"}
    for one in patterns:
        names = (*before, *one.pattern.converters, *one.pattern.regex.groupindex)
        if isinstance(one, URLResolver) and not one.namespace:
            yield from addresses(one.url_patterns, names)
        elif isinstance(one, URLPattern) and one.name and one.name not in NO_PAGES:
            about = {"pk": _kept(one.name)} | known
            yield one.name, reverse(one.name, kwargs={name: about.get(name, 1) for name in names})


def _kept(name: str) -> int:
    """Which schedule, runbook, step, case or window the page is about."""
    if name.startswith("training-case"):
        return TrainingCase.objects.values_list("pk", flat=True).first() or 1
    about = {
        "training": TrainingPlay,
        "drill": Drill,
        "runbook": Runbook,
        "step": RunbookStep,
        "maintenance": MaintenanceWindow,
    }
    model = about.get(name.partition("-")[0], Schedule)
    return model.objects.values_list("pk", flat=True).first() or 1


def admins() -> Iterator[tuple[str, str]]:
    """The lists of the admin, and the form of the latest row of each."""
    for model in admin.site._registry:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        yield f"{name}_changelist", reverse(f"{name}_changelist")
        if last := model._default_manager.order_by("pk").last():
            yield f"{name}_change", reverse(f"{name}_change", args=[last.pk])


@pytest.fixture
def organisation(cast, clock):
    desk = make_schedule("Desk", team=cast.teams["Service desk"], people=[cast.ana, cast.jo])
    desk.tiers.add(cast.tiers["l1"])
    write(cast, services=[cast.service])
    plan(cast).start(by=cast.kim)
    planner(cast, clock)()
    ChatRoom.objects.create(name="War room", kind="teams", owner=cast.ada, address="unreadable")
    TrainingPlay.begin_play(by=cast.ana, case="1-card-payments", told=shipped.cases()["1-card-payments"])
    settled(cast, 2)
    incidents(cast, 10)
    attempts(cast, 10)
    drafted(cast)
    publish(Incident.objects.order_by("id")[1], cast.jo, components=list(Component.objects.all()))
    return cast


def drafted(cast) -> None:
    over = Incident.open(title="Mail was late", service=cast.service, by=cast.ana)
    over.resolve(by=cast.ana, cause="change", text="It came")
    told = shipped.cases()["1-card-payments"]
    steps = [{**one, "facts": {**one["facts"], "people": []}} for one in told["steps"]]
    TrainingCase.begin(over, by=cast.ada, told={**told, "steps": steps})


def cost(client: Client, path: str) -> int:
    something_happens()
    cache.delete(kept.KEY)  # the status page is made anew, however long ago it was asked for
    with CaptureQueriesContext(connection) as queries:
        client.get(path)
    return len(queries)


@pytest.mark.rehearsal("rows")
@pytest.mark.timeout(300)  # every page there is, several times
def test_every_page_costs_few_queries_and_the_same_for_ten_and_for_a_thousand(organisation, monkeypatch):
    monkeypatch.setattr("incidents.desk.context.LATELY", 0)  # the numbers in the bar are counted each time
    cast = organisation
    whose: dict[str, tuple[Client, str]] = {}
    for user in (cast.ana, cast.ada):  # what is not for the one is for the other
        client = Client(raise_request_exception=False)
        client.force_login(user)
        for name, path in [*addresses(get_resolver().url_patterns), *admins()]:
            if name not in whose and client.get(path).status_code in (200, 302):
                whose[name] = (client, path)
    supervisor = Client()
    supervisor.force_login(cast.sam)
    whose["readiness of a supervisor"] = supervisor, reverse("readiness")
    supervisor.get(reverse("readiness"))
    assert {"cues", "queue", "board", "wall", "incident", "tried", "oncall", "schedule", "runbook"} <= whose.keys()
    assert {"admin:policies_policy_change", "admin:oncall_schedule_change", "readiness", "updates"} <= whose.keys()
    few = {name: cost(*page) for name, page in whose.items()}
    assert {name: n for name, n in few.items() if n > MOST} == {}
    more = 1000 if connection.vendor == "sqlite" else 100  # how often it is asked is no matter of the database
    incidents(cast, more)
    attempts(cast, more - 10)
    settled(cast, 6)
    for client, path in whose.values():  # what has come since is seen, and what is kept was made
        client.get(path)
    lots = {name: cost(*page) for name, page in whose.items()}
    assert {name: n for name, n in lots.items() if n > few[name]} == {}
    assert {name: n for name, n in lots.items() if n > MOST} == {}
