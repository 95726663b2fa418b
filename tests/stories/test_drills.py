"""Drills: practised on the real path, marked wherever they are shown or said, counted nowhere, and reported."""

from datetime import date, time
from html import unescape

import pytest
from incidents.models import drill_clock, DrillRun, Drill
from incidents.drilling import results
from escalation.trail.models import Entry
from datetime import timedelta
from django.utils.html import strip_tags

from incidents.models import Drill, DrillRun

pytestmark = pytest.mark.django_db

FIRST = {"day": date(2026, 3, 9), "at": time(10, 30), "zone": "Europe/Berlin", "weeks": 4}


def words(response) -> str:
    return " ".join(unescape(strip_tags(response.content.decode())).split())


@pytest.fixture
def planned(cast, clock):
    """Plans a drill of the Payments service, which Kim's team owns."""

    def one(title="Card payments fail", **facts) -> Drill:
        facts = (
            {"service": cast.service, "severity": 2, "text": "One in three is declined.", "limit": 60} | FIRST | facts
        )
        return Drill.plan(by=cast.kim, title=title, **facts)

    return one


@pytest.fixture
def held(planned, cast):
    """Started by hand."""

    def one(**facts) -> DrillRun:
        return planned(**facts).start(by=cast.kim)

    return one


def test_it_is_held_when_its_time_comes_and_climbs_the_real_path(planned, cast, clock, phones):
    drill = planned()
    print(drill.next_at, clock.now)
    clock.jump(days=7)
    drill_clock.look()
    run = DrillRun.objects.get()
    print(run.occurrence, run.why_not, run.incident)
    from escalation.engine import deliver
    deliver.deliver_due()
    clock.forward(minutes=6)
    deliver.deliver_due()
    run.incident.acknowledge(by=cast.mei)
    for e in Entry.objects.filter(trail=run.incident.trail).order_by("seq"):
        print(e.kind, e.actor_name, e.data[:300])
    print(results.reports([run]))
    clock.forward(minutes=60); drill_clock.look()
    print(results.last_runs(list(cast.teams.values()), clock.now()-timedelta(days=9)))
    run.refresh_from_db(); print(run.settled, run.incident.status)
    assert 0
