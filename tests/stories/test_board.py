"""The board as somebody draws it: columns by service, rows by severity, folded columns."""

import itertools
import re
from datetime import timedelta

import pytest
from django.http import QueryDict
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from escalation.people.models import Tier, User
from incidents.desk import filling, lanes
from incidents.desk.columns import Look
from incidents.models import Incident, Service

pytestmark = pytest.mark.django_db


@pytest.fixture
def board(clock):
    """Column → its rows (severity, or 0 for the whole) → the titles in each, as somebody sees the board."""

    def look(user: User, query: str = "") -> dict[str, dict[int, list[str]]]:
        client = Client()
        client.force_login(user)
        lanes = client.get(f"/board/?{query}").context["lanes"]
        return {
            lane.label: {band.severity: [card.title for card in band.cards] for band in lane.bands} for lane in lanes
        }

    return look


@pytest.fixture
def page():
    def get(user: User, path: str, **headers) -> str:
        client = Client()
        client.force_login(user)
        return client.get(path, headers=headers).content.decode()

    return get


def fresh(incident: Incident) -> Incident:
    return Incident.objects.get(pk=incident.pk)


# --- the rest of a column -------------------------------------------------------------------


@pytest.mark.rehearsal("long")
def test_the_rest_of_a_column_is_that_column_in_the_queue(cast, open_incident, monkeypatch, client):
    monkeypatch.setattr(lanes, "MOST", 1)
    search = Service.objects.create(name="Search", team=cast.teams["Applications"], policy=cast.policy)
    for service in (cast.service, search):
        for facts in ({}, {"impact": 1, "urgency": 1}):
            for act in ("triggered", "acknowledged", "escalated", "held", "resolved"):
                for n in range(2):
                    incident = open_incident(f"{act} {n}", service=service, **facts)
                    match act:
                        case "acknowledged" | "resolved":
                            incident.acknowledge(by=cast.jo)
                        case "escalated":
                            incident.escalate(by=cast.jo, reason="time", text="Theirs")
                        case "held":
                            incident.hold(by=cast.ana, until=incident.opened_at + timedelta(hours=1), text="Waits")
                    if act == "resolved":
                        incident.resolve(by=cast.jo, cause="change", text="Rolled back")
    client.force_login(cast.ada)
    for by, rows in itertools.product(("status", "tier", "person", "service"), ("", "severity")):
        columns = client.get(f"/board/?by={by}&rows={rows}").context["lanes"]
        more = [(band.count, band.more_url) for lane in columns for band in lane.bands if band.hidden]
        assert len(more) > 1, (by, rows)
        for count, url in more:
            assert len(client.get(url).context["rows"]) == count, url


# --- by service -----------------------------------------------------------------------------


def test_a_service_with_something_open_has_a_column_for_those_who_see_it(cast, open_incident, board):
    search = Service.objects.create(name="Search", team=cast.teams["Applications"], policy=cast.policy)
    Service.objects.create(name="Quiet one", team=cast.teams["Applications"], policy=cast.policy)
    open_incident("Card payments fail")
    open_incident("Search is stale", service=search)
    open_incident("Somebody reads the payroll", service=search, restricted=True)
    open_incident("Nobody knows what it is", service=None)
    assert board(cast.sam, "by=service") == {
        "Payments": {0: ["Card payments fail"]},
        "Search": {0: ["Search is stale"]},
        "No service": {0: ["Nobody knows what it is"]},
    }
    assert board(cast.rita, "by=service") == {}


def test_a_card_keeps_its_service(cast, open_incident, page):
    incident = open_incident()
    shown = page(cast.sam, "/board/?by=service")
    assert "A card keeps its service" in shown
    assert 'class="move"' not in shown and "data-moves" not in shown
    client = Client()
    client.force_login(cast.sam)
    asked = {"incident": incident.number, "by": "service", "to": "77"}
    assert client.post("/board/moves/", asked, headers={"HX-Request": "true"}).status_code == 409
    assert client.get("/board/moves/", asked).status_code == 200


# --- rows by severity -----------------------------------------------------------------------


def test_rows_by_severity_line_up_in_every_column(cast, open_incident, board):
    open_incident("Worst", people_affected=5000)
    held = open_incident("Bad", people_affected=200)
    held.acknowledge(by=cast.ana)
    open_incident("Plain")
    rows = board(cast.ana, "by=status&rows=severity")
    assert rows["Triggered"] == {1: ["Worst"], 2: [], 3: ["Plain"]}
    assert rows["Acknowledged"] == {1: [], 2: ["Bad"], 3: []}
    assert rows["On hold"] == {1: [], 2: [], 3: []}


def test_what_is_most_urgent_leaves_room_for_the_rows_below(cast, open_incident, board, page, monkeypatch):
    monkeypatch.setattr("incidents.desk.lanes.MOST", 4)
    for n in range(6):
        open_incident(f"Worst {n}", people_affected=5000)
    open_incident("Plain")
    rows = board(cast.ana, "by=status&rows=severity")["Triggered"]
    assert (len(rows[1]), rows[3]) == (3, ["Plain"])
    shown = page(cast.ana, "/board/?by=status&rows=severity")
    assert "3 more" in shown
    assert "/queue/?severity=1&amp;scope=all&amp;status=triggered" in shown


@given(st.lists(st.integers(0, 60), max_size=6), st.integers(0, 50))
def test_room_is_shared_fairly(wanted, room):
    given_ = filling.shares(wanted, room)
    assert sum(given_) <= room
    assert all(got <= want for got, want in zip(given_, wanted, strict=True))
    short = [got for got, want in zip(given_, wanted, strict=True) if got < want]
    if short:  # nothing is left over, and who goes short gets no less than anybody else, but for what cannot be split
        assert sum(given_) == room
        assert max(given_) - min(short) <= 1


# --- folded ---------------------------------------------------------------------------------


def test_a_folded_column_only_counts_and_says_the_worst(cast, open_incident, board, page):
    open_incident("Worst", people_affected=5000)
    open_incident("Plain")
    assert board(cast.ana, "by=status&fold=triggered")["Triggered"] == {}
    shown = page(cast.ana, "/board/?by=status&fold=triggered")
    head = shown[shown.index('id="lane-triggered"') :]
    head = head[: head.index("</section>")]
    assert '<span class="n">2</span>' in head and "SEV1" in head and "Unfold Triggered" in head
    assert "Plain" not in shown
    [unfold] = re.findall(r'href="([^"]*)#lane-triggered"', head)
    assert unfold == "/board/?by=status"
    assert 'href="/board/?by=status&amp;fold=on_hold.triggered#lane-on_hold"' in shown


def test_an_address_that_makes_no_sense_folds_nothing():
    assert Look.of(QueryDict("by=nonsense&rows=x&fold=%00.%3Cb%3E.a-b." + "9" * 40)) == Look()
    assert len(Look.of(QueryDict("fold=" + ".".join(str(n) for n in range(5000)))).folded) <= 100
    look = Look.of(QueryDict("fold=7.none"))
    assert (look.without("7"), look.without("8")) == ("none", "7.8.none")


def test_a_move_without_script_comes_back_to_the_board_as_it_was_drawn(cast, open_incident):
    incident = open_incident()
    client = Client()
    client.force_login(cast.ana)
    drawn = "http://testserver/board/?by=status&rows=severity&fold=on_hold&evil=1"
    asked = {"incident": incident.number, "by": "status"}
    menu = client.get("/board/moves/", asked, headers={"Referer": drawn}).content.decode()
    [view] = re.findall(r'name="view" value="([^"]*)"', menu)
    view = view.replace("&amp;", "&")
    assert view == "/board/?by=status&rows=severity&fold=on_hold"
    asked |= {"to": "acknowledged", "seen": incident.state_token, "view": view}
    assert client.post("/board/moves/", asked).url == view
    hostile = asked | {"view": "https://elsewhere.example/?q=1", "seen": ""}
    assert client.post("/board/moves/", hostile).url == "/board/?by=status&q=1"


def test_incidents_at_archived_tiers_share_a_column(cast, open_incident, board, clock):
    for name in ("Old one", "Older one"):
        tier = Tier.objects.create(name=name, rank=9, team=cast.teams["Service desk"])
        open_incident(f"At {name}").reassign(by=cast.sam, tier=tier)
        tier.archived_at = clock.now()
        tier.save()
    assert board(cast.ana)["No tier"] == {0: ["At Old one", "At Older one"]}
