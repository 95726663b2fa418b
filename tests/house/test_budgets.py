"""What a page may cost: the same number of queries for ten incidents and for a thousand, and so many bytes."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from incidents.models import Incident
from tests.escalation.test_schedules import make_schedule
from tests.many_kit import MOST, attempts, cost, incidents
from tests.parts import share

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_enough]
BOARDS = ["/board/", "/board/?by=status&rows=severity", "/board/?by=person", "/board/?by=service"]
PAGES = ["/", "/queue/?scope=all", "/wall/", *BOARDS]


@pytest.fixture(autouse=True)
def rotas(cast, clock):
    """Three schedules: two that tiers call by, one of them by holidays, and one that no path knows."""
    desk = make_schedule("Desk", team=cast.teams["Service desk"], people=[cast.ana, cast.jo], on_holidays="not")
    apps = make_schedule("Applications", team=cast.teams["Applications"], people=[cast.mei])
    make_schedule("Evenings", team=cast.teams["Service desk"], people=[cast.sam, cast.jo])
    desk.tiers.add(cast.tiers["l1"])
    apps.tiers.add(cast.tiers["l2"])


@pytest.mark.rehearsal("rows")
def test_a_list_costs_the_same_for_ten_and_for_a_thousand(cast, clock):
    incidents(cast, 10)
    few = {path: cost(cast.ana, path)[0] for path in PAGES}
    assert max(few.values()) <= MOST, few
    incidents(cast, 1000)
    lots = {path: cost(cast.ana, path)[0] for path in PAGES}
    assert lots == few


@pytest.mark.rehearsal("rows")
def test_a_board_of_500_cards_stays_below_200_kilobytes(cast, clock, monkeypatch):
    incidents(cast, 500)
    assert cost(cast.ana, "/board/")[1] < 90_000  # twenty in each column, then "n more"
    monkeypatch.setattr("incidents.desk.lanes.MOST", 500)  # as many as a board with many columns may show
    size = cost(cast.ana, "/board/")[1]
    assert 60_000 < size < 200_000, size


def test_nothing_new_costs_next_to_nothing(cast, clock):
    incidents(cast, 10)
    client = Client()
    client.force_login(cast.ana)
    etag = client.get("/board/", headers={"HX-Request": "true"})["ETag"]
    with CaptureQueriesContext(connection) as queries:
        again = client.get("/board/", headers={"HX-Request": "true", "If-None-Match": etag})
    assert again.status_code == 304
    assert len(queries) <= 6


STATES = {
    "triggered": lambda one, cast: None,
    "acknowledged": lambda one, cast: one.acknowledge(by=cast.ana),
    "offered": lambda one, cast: (one.acknowledge(by=cast.ana), one.hand_over(by=cast.ana, to=cast.jo, text="Yours?")),
    "on hold": lambda one, cast: one.hold(by=cast.ana, until=one.opened_at + timedelta(hours=9), text="Waiting"),
    "severe": lambda one, cast: one.state(by=cast.ana, people_affected=5000),
    "resolved": lambda one, cast: one.resolve(by=cast.ana, cause="change", text="Rolled back"),
}


@pytest.mark.rehearsal("rows")
@pytest.mark.parametrize("state", share([*STATES], 2))
def test_an_incident_costs_the_same_however_long_its_story(cast, clock, state):
    one = Incident.open(title="Card payments fail", service=cast.service, by=cast.ana)
    STATES[state](one, cast)
    viewers = [cast.ana, cast.sam, cast.ada]
    few = [cost(user, one.get_absolute_url())[0] for user in viewers]
    assert max(few) <= MOST
    for number in range(40):
        one.note(by=cast.ana, text=f"Note {number}")
    assert [cost(user, one.get_absolute_url())[0] for user in viewers] == few


@pytest.mark.rehearsal("rows")
def test_the_search_through_attempts_costs_the_same_for_ten_and_for_a_thousand(cast, clock):
    incidents(cast, 8)
    attempts(cast, 10)
    addresses = [
        "/attempts/",
        "/attempts/?q=restart+pool",
        f"/attempts/?q=pool&service={cast.service.pk}&outcome=helped",
    ]
    few = {address: cost(cast.ana, address)[0] for address in addresses}
    assert max(few.values()) <= MOST, few
    attempts(cast, 990)
    assert {address: cost(cast.ana, address)[0] for address in addresses} == few


@pytest.mark.rehearsal("rows")
def test_an_incident_costs_the_same_however_much_was_tried(cast, clock):
    incidents(cast, 8)
    attempts(cast, 8)
    one = Incident.objects.order_by("id")[1]
    one.attempt(by=cast.ana, text="Restarted the pool", outcome="helped")
    few = cost(cast.ana, one.get_absolute_url())[0]
    assert few <= MOST
    attempts(cast, 200)
    assert cost(cast.ana, one.get_absolute_url())[0] == few
