"""What a page may cost: the same number of queries for ten incidents and for a thousand, and so many bytes."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from incidents.models import Incident

pytestmark = pytest.mark.django_db
PAGES = ["/", "/queue/?scope=all", "/board/", "/board/?by=status", "/board/?by=person"]
MOST = 15


@pytest.fixture
def many(cast, clock):
    """So many open incidents, in every column, made by the verbs."""

    def make(count: int) -> None:
        ways = [
            lambda one: None,
            lambda one: one.acknowledge(by=cast.ana),
            lambda one: one.escalate(by=cast.ana, reason="expertise", text="Theirs.", to=(0, 1)),
            lambda one: one.escalate(by=cast.ana, reason="access", text="Theirs.", to=(0, 2)),
        ]
        for n in range(count):
            one = Incident.open(
                title=f"Timeouts from node {n} of the cluster in the second hall", service=cast.service, by=cast.ana
            )
            ways[n % len(ways)](one)

    return make


def cost(user, path: str, **headers) -> tuple[int, int]:
    client = Client()
    client.force_login(user)
    with CaptureQueriesContext(connection, ) as queries:
        response = client.get(path, headers=headers)
    assert response.status_code == 200
    return len(queries), len(response.content)


def test_a_list_costs_the_same_for_ten_and_for_a_thousand(cast, many):
    many(10)
    few = {path: cost(cast.ana, path)[0] for path in PAGES}
    assert max(few.values()) <= MOST, few
    many(990)
    lots = {path: cost(cast.ana, path)[0] for path in PAGES}
    assert lots == few


def test_a_board_of_500_cards_stays_below_300_kilobytes(cast, many, monkeypatch):
    many(500)
    assert cost(cast.ana, "/board/")[1] < 150_000
    monkeypatch.setattr("incidents.desk.lanes.MOST", 500)  # as if all of them fitted into the columns
    size = cost(cast.ana, "/board/")[1]
    assert size < 300_000, size


def test_nothing_new_costs_next_to_nothing(cast, many):
    many(10)
    client = Client()
    client.force_login(cast.ana)
    etag = client.get("/board/", headers={"HX-Request": "true"})["ETag"]
    with CaptureQueriesContext(connection) as queries:
        again = client.get("/board/", headers={"HX-Request": "true", "If-None-Match": etag})
    assert again.status_code == 304
    assert len(queries) <= 6
