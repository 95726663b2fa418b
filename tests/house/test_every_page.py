"""No page asks the database more than fifteen times, and none more often for a thousand incidents than for ten.

The pages are found in the resolver: one that is added tomorrow is asked for too.
"""

from collections.abc import Iterable, Iterator

import pytest
from django.contrib import admin
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from escalation.oncall.models import Schedule
from incidents.models import Incident, MaintenanceWindow, Runbook, RunbookStep
from tests.escalation.test_schedules import make_schedule
from tests.maintenance_kit import planner
from tests.many_kit import MOST, attempts, incidents, something_happens
from tests.runbook_kit import write

pytestmark = pytest.mark.django_db

# A report about everything.
MORE = {"readiness": 17}
LONGER = {"incident": 1, "advice": 1}  # where the record is longer than a page, what moved the baton is read apart
NO_PAGES = {"live", "logout"}


def addresses(patterns: Iterable, before: tuple[str, ...] = ()) -> Iterator[tuple[str, str]]:
    """Name and path of each that has a name, those about one thing for the one there is."""
    first, other = Incident.objects.order_by("id")[1:3]
    known = {"number": first.number, "other": other.number, "urgency": "loud"}
    for one in patterns:
        names = (*before, *one.pattern.converters, *one.pattern.regex.groupindex)
        if isinstance(one, URLResolver) and not one.namespace:
            yield from addresses(one.url_patterns, names)
        elif isinstance(one, URLPattern) and one.name and one.name not in NO_PAGES:
            kept = {"pk": _kept(one.name)} | known
            yield one.name, reverse(one.name, kwargs={name: kept.get(name, 1) for name in names})


def _kept(name: str) -> int:
    """Which schedule, runbook, step or window the page is about."""
    about = {"runbook": Runbook, "step": RunbookStep, "maintenance": MaintenanceWindow}
    model = about.get(name.partition("-")[0], Schedule)
    return model.objects.values_list("pk", flat=True).first() or 1


def lists() -> Iterator[tuple[str, str]]:
    """The admin's."""
    for model in admin.site._registry:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"
        yield name, reverse(name)


@pytest.fixture
def organisation(cast, clock):
    desk = make_schedule("Desk", team=cast.teams["Service desk"], people=[cast.ana, cast.jo])
    desk.tiers.add(cast.tiers["l1"])
    write(cast, services=[cast.service])
    planner(cast, clock)()
    incidents(cast, 10)
    attempts(cast, 10)
    return cast


def cost(client: Client, path: str) -> int:
    """When something that everybody sees has just happened."""
    something_happens()
    with CaptureQueriesContext(connection) as queries:
        client.get(path)
    return len(queries)


def test_every_page_costs_few_queries_and_the_same_for_ten_and_for_a_thousand(organisation):
    cast = organisation
    whose: dict[str, tuple[Client, str]] = {}
    for user in (cast.ana, cast.ada):  # what is not for the one is for the other
        client = Client(raise_request_exception=False)
        client.force_login(user)
        for name, path in [*addresses(get_resolver().url_patterns), *lists()]:
            if name not in whose and client.get(path).status_code in (200, 302):
                whose[name] = (client, path)
    assert {"cues", "queue", "board", "wall", "incident", "tried", "oncall", "schedule", "runbook"} <= whose.keys()
    few = {name: cost(*page) for name, page in whose.items()}
    assert {name: n for name, n in few.items() if n > MORE.get(name, MOST)} == {}
    incidents(cast, 1000)
    attempts(cast, 990)
    client, path = whose["incident"]
    client.get(path)  # what has come since is written down as seen, once: see ``tests/stories/test_visits``
    lots = {name: cost(*page) for name, page in whose.items()}
    assert {name: n for name, n in lots.items() if n > few[name] + LONGER.get(name, 0)} == {}
    assert {name: n for name, n in lots.items() if n > MORE.get(name, MOST)} == {}
