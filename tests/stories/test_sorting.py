"""The queue's order by the heads of its columns, and what stands under no tier and no service."""

import re

import pytest
from django.test import Client

from incidents.desk import sorting
from incidents.models import Service
from tests.stories.test_saved_views import read, save

pytestmark = pytest.mark.django_db
HEAD = re.compile(
    r'role="columnheader"(?: class="[^"]*")?(?: aria-sort="(\w+)")?>(?:<a href="([^"]+)" id="sort-(\w+)"[^>]*>)?'
)


@pytest.fixture
def at_desk():
    def login(user) -> Client:
        client = Client()
        client.force_login(user)
        return client

    return login


def heads(page: str) -> dict[str, tuple[str, str]]:
    """column → how it is sorted, and where its head leads."""
    return {name: (sort, url.replace("&amp;", "&")) for sort, url, name in HEAD.findall(page) if name}


def titles(page: str) -> list[str]:
    return re.findall(r'class="title"[^>]*>([^<]+)<', page)


def test_a_head_sorts_then_turns_round_then_leaves_it_as_usual(cast, open_incident, at_desk):
    few, many = open_incident("Few", people_affected=3), open_incident("Many", people_affected=90)
    ana, path = at_desk(cast.ana), "/queue/?scope=all&show=people"
    found = heads(read(ana, path))
    assert found["severity"][0] == "ascending" and found["people"][0] == ""
    for sort, shown in (("descending", [many, few]), ("ascending", [few, many]), ("", [few, many])):
        page = read(ana, heads(read(ana, path))["people"][1])
        path = re.search(r'data-live-src="(/queue/[^"]*)"', page)[1].replace("&amp;", "&")
        assert heads(page)["people"][0] == sort
        assert titles(page) == [one.title for one in shown]
    assert path == "/queue/?scope=all&show=people"


def test_the_order_of_a_head_is_kept_in_a_view_and_named_above_the_list(cast, open_incident, at_desk):
    open_incident()
    ana = at_desk(cast.ana)
    page = read(ana, heads(read(ana, "/queue/?scope=all"))["service"][1])
    assert heads(page)["service"][0] == "ascending"
    assert "by service, A to Z ✕" in page
    answer = save(ana, "scope=all&sort=service")
    assert heads(read(ana, answer["Location"]))["service"][0] == "ascending"
    form = read(ana, "/queue/filters/?sort=-tier")
    assert '<option value="-tier" selected>' in form


@pytest.mark.rehearsal("rows")
def test_every_order_shows_each_incident_once_over_pages_and_what_is_over_too(
    cast, open_incident, at_desk, monkeypatch
):
    monkeypatch.setattr("incidents.desk.boards.PAGE", 3)
    every = [open_incident(f"Disk {n}") for n in range(5)]
    every[0].acknowledge(by=cast.ana)
    every[1].resolve(by=cast.ana, cause="human", text="Fixed")
    every[2].resolve(by=cast.jo, cause="human", text="Fixed")
    client = at_desk(cast.ana)
    for order in sorting.ORDERS:
        pages = [titles(read(client, f"/queue/?scope=all&q=disk&sort={order}&page={n}")) for n in (1, 2)]
        assert sorted([*pages[0], *pages[1]]) == sorted(one.title for one in every), order
        assert {one.title for one in every[1:3]} < {*pages[0][2:], *pages[1]}, order  # what is over comes last


def test_each_column_that_can_be_sorted_leads_to_an_order_there_is():
    assert {order for orders in sorting.OF_COLUMN.values() for order in orders} == sorting.ORDERS.keys()


def test_what_has_no_tier_and_no_service_is_led_to_from_the_board(cast, open_incident, at_desk, monkeypatch):
    monkeypatch.setattr("incidents.desk.lanes.MOST", 1)
    alone = [open_incident(f"Of no service {n}", service=None) for n in range(2)]
    there = open_incident("Of a service")
    there.escalate(by=cast.ana, reason="expertise", text="Theirs.", to=(0, 1))
    client = at_desk(cast.ada)
    for by, gone in (("service", None), ("tier", "l1")):
        if gone:
            cast.tiers[gone].archived_at = there.opened_at
            cast.tiers[gone].save()
        page = read(client, f"/board/?by={by}")
        (more,) = re.findall(r'class="more[^"]*" href="([^"]+)"', page)
        assert f"{by}=none" in more
        page = read(client, more.replace("&amp;", "&"))
        assert sorted(titles(page)) == [one.title for one in alone]
        assert ("no tier" if by == "tier" else "Service: no service") in page


def test_what_was_tried_on_no_service_is_found_alone_and_the_palette_names_no_such_service(
    cast, open_incident, at_desk
):
    for incident in (open_incident("One", service=None), open_incident("Other")):
        incident.attempt(by=cast.ana, text=f"Restarted {incident.title}", outcome="helped")
    client = at_desk(cast.ada)
    assert "service=none" in read(client, "/attempts/?q=restarted")
    page = read(client, "/attempts/?service=none")
    assert "Restarted One" in page and "Restarted Other" not in page
    assert Service.objects.count() == 1
    assert "no service" not in read(client, "/go/?q=service")
