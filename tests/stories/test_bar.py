"""The numbers in the bar: counted anew by whoever did something, at once by the bar, now and then by the others."""

import json

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from incidents.models import Access

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_enough]


@pytest.fixture
def jo(cast):
    client = Client()
    client.force_login(cast.jo)
    return client


def read(client) -> tuple[str, bool]:
    """Jo's number of cues as her page shows it, and whether the page has the bar ask again."""
    page = client.get("/queue/").content.decode()
    return page.split('data-count="cues">')[1].split("<")[0], "data-old" in page


def test_a_page_shows_what_was_counted_lately_and_the_bar_asks_for_the_exact_number(cast, jo, open_incident):
    assert read(jo) == ("", False)
    open_incident().reassign(by=cast.sam, to=cast.jo, text="Please")
    assert read(jo) == ("", True)
    numbers = json.loads(jo.get("/counts/", headers={"HX-Request": "true"})["HX-Trigger"])
    assert numbers["counts"] == {"cues": 1, "queue": 1}
    assert read(jo) == ("1", False)


def test_whoever_did_something_sees_the_exact_number_even_without_a_script(cast, jo, open_incident):
    incident = open_incident()
    incident.reassign(by=cast.sam, to=cast.jo, text="Please")
    read(jo)
    other = open_incident("Mail is slow")
    other.reassign(by=cast.sam, to=cast.jo, text="This one too")
    jo.post(f"/incidents/{incident.number}/notes/", {"text": "Looking"})
    assert read(jo) == ("2", False)


def test_what_was_counted_lately_is_not_shown_for_long(cast, jo, open_incident, monkeypatch):
    monkeypatch.setattr("incidents.desk.context.LATELY", 0)
    read(jo)
    open_incident().reassign(by=cast.sam, to=cast.jo, text="Please")
    assert read(jo) == ("1", False)


def test_what_was_counted_with_rights_that_are_lost_is_not_shown(cast, jo, open_incident):
    open_incident()

    def queue() -> str:
        return jo.get("/tokens/").content.decode().split('data-count="queue">')[1].split("<")[0]

    assert queue() == "1"
    cast.jo.memberships.all().delete()
    Access.objects.filter(person=cast.jo).delete()  # who was called goes on seeing it
    assert queue() == ""


def test_on_a_busy_desk_the_numbers_cost_a_page_nothing(cast, jo, open_incident):
    incident = open_incident()

    def queries() -> int:
        incident.note(by=cast.ana, text="Still so")
        with CaptureQueriesContext(connection) as asked:
            read(jo)
        return len(asked)

    assert queries() > queries() == queries()
