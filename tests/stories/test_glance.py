"""Now and next, one glance away: in the heads of queue and board, beside an incident's facts, where it goes on."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from escalation.people.models import User
from tests.escalation.test_schedules import make_schedule

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_enough]
HEADS = ["/queue/", "/queue/?scope=all", "/board/", "/board/?by=status", "/board/?by=person"]
HOUR = timedelta(hours=1)


@pytest.fixture
def desk(cast, clock):
    """Jo until tomorrow at nine, then Ana. Tier L1 calls by it."""
    made = make_schedule("Front", team=cast.teams["Service desk"], people=[cast.ana, cast.jo])
    made.tiers.add(cast.tiers["l1"])
    return made


@pytest.fixture
def apps(cast, clock):
    """Mei, all along. Tier L2 calls by it."""
    made = make_schedule("Back", team=cast.teams["Applications"], people=[cast.mei])
    made.tiers.add(cast.tiers["l2"])
    return made


def read(user, address: str, **headers) -> str:
    client = Client()
    client.force_login(user)
    answer = client.get(address, headers=headers)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split()).replace("&#x27;", "'")


def nobody(schedule, cast, clock, *, after: float, hours: float) -> None:
    start = clock.now() + after * HOUR
    schedule.override(by=cast.ada, person=None, starts_at=start, ends_at=start + hours * HOUR)


@pytest.mark.parametrize("address", HEADS)
def test_the_heads_say_who_is_on_call_and_who_comes_next(address, desk, cast):
    page = read(cast.ana, address)
    assert f'<a href="{reverse("schedule", args=[desk.pk])}"><span class="which">Front</span>' in page
    assert "<b>Jo Okafor</b> until Tue 09:00, then Ana" in page


def test_nobody_is_said_in_red_with_the_end_of_the_gap(desk, cast, clock):
    nobody(desk, cast, clock, after=0, hours=2)
    assert '<b class="tone-bad">Nobody</b> until 11:30, then Jo' in read(cast.ana, "/queue/")


def test_a_gap_after_this_shift_is_said_in_red_too(desk, cast, clock):
    nobody(desk, cast, clock, after=23.5, hours=3)
    assert '<b>Jo Okafor</b> until Tue 09:00, then <b class="tone-bad">nobody</b> until Tue 12:00' in read(
        cast.ana, "/queue/"
    )


def test_nobody_at_all_and_somebody_for_ever(desk, apps, cast):
    desk.layers.all().delete()
    assert '<b class="tone-bad">Nobody</b> within a week' in read(cast.sam, "/queue/")
    assert "<b>Mei Tanaka</b></a>" in read(cast.kim, "/queue/")


def test_somebody_whose_account_has_ended_is_nobody(desk, cast):
    User.objects.filter(pk=cast.jo.pk).update(is_active=False)
    page = read(cast.ana, "/queue/")
    assert '<b class="tone-bad">Nobody</b> until Tue 09:00, then Ana' in page


def test_where_nobody_is_comes_first_and_what_is_too_many_is_counted(desk, cast, clock):
    for n in range(5):
        make_schedule(f"Aisle {n}", team=desk.team, people=[cast.sam])
    nobody(desk, cast, clock, after=0, hours=1)
    page = read(cast.ana, "/queue/")
    assert page.index("Front") < page.index("Aisle 0")
    assert "Aisle 2" in page and "Aisle 3" not in page and ">2 more<" in page


# --- who sees it ----------------------------------------------------------------------------------


@pytest.mark.rehearsal("long")
def test_nobody_reads_of_a_schedule_that_is_not_theirs(desk, apps, cast):
    assert "Front" in read(cast.ana, "/queue/") and "Back" not in read(cast.ana, "/queue/")
    assert "Back" in read(cast.mei, "/queue/") and "Front" not in read(cast.mei, "/queue/")
    assert "Front" not in read(cast.rita, "/queue/") and "Back" not in read(cast.rita, "/board/")
    other = f"team={cast.teams['Applications'].pk}"
    for address in (f"/queue/?{other}", f"/board/?{other}", f"/oncall/glance/?{other}"):
        page = read(cast.ana, address)
        assert "Back" not in page and "Front" not in page, address
    for viewer in (cast.ada, cast.otto):  # in no team, and see all
        assert "Front" in read(viewer, "/queue/") and "Back" in read(viewer, "/queue/")


@pytest.mark.rehearsal("long")
def test_the_team_that_is_looked_at_is_the_one_that_is_told_of(desk, apps, cast):
    page = read(cast.ada, f"/queue/?team={cast.teams['Applications'].pk}")
    assert "Back" in page and "Front" not in page
    assert f"/oncall/glance/?team={cast.teams['Applications'].pk}" in page
    for nonsense in ("x", "99999999999999999999", "-1", ""):
        assert read(cast.ada, f"/oncall/glance/?team={nonsense}")


def test_the_line_is_made_anew_while_a_page_is_open(desk, cast, clock):
    client = Client()
    client.force_login(cast.ana)
    first = client.get("/oncall/glance/", headers={"HX-Request": "true"})
    assert b"Jo Okafor" in first.content and b"<html" not in first.content
    again = {"HX-Request": "true", "If-None-Match": first["ETag"]}
    assert client.get("/oncall/glance/", headers=again).status_code == 304
    desk.take_now(by=cast.ana)
    assert b"<b>Ana Ruiz</b>" in client.get("/oncall/glance/", headers=again).content
    assert client.post("/oncall/glance/").status_code == 405


# --- on an incident -------------------------------------------------------------------------------


def test_an_incident_says_who_is_on_call_for_it(desk, apps, open_incident, cast):
    address = open_incident().get_absolute_url()
    facts = read(cast.ana, address).split('id="aside"')[1]
    assert "<b>Jo Okafor</b> until Tue 09:00, then Ana" in facts and "Back" not in facts
    facts = read(cast.ada, address).split('id="aside"')[1]
    assert "Front" in facts and "Back" in facts


def test_the_schedule_of_the_services_team_is_told_of_although_no_step_calls_by_it(open_incident, cast, clock):
    rota = make_schedule("Nights", team=cast.teams["Applications"], people=[cast.kim])
    incident = open_incident()
    incident.escalate(by=cast.ana, reason="expertise", text="Theirs.", to=(0, 1))
    assert "Nights" in read(cast.mei, incident.get_absolute_url()).split('id="aside"')[1]
    assert reverse("schedule", args=[rota.pk]) in read(cast.mei, incident.get_absolute_url())
    assert "Nights" not in read(cast.ana, incident.get_absolute_url())


def test_what_is_over_names_nobody(desk, open_incident, cast):
    incident = open_incident()
    incident.acknowledge(by=cast.ana)
    incident.resolve(by=cast.ana, cause="change", text="Rolled back")
    assert "Front" not in read(cast.ana, incident.get_absolute_url()).split('id="aside"')[1]


@pytest.mark.rehearsal("long")
def test_whoever_escalates_reads_until_when_somebody_is_there(desk, apps, open_incident, cast, clock):
    incident = open_incident()
    incident.acknowledge(by=cast.ana)
    make_schedule("Front too", team=desk.team, people=[cast.sam])
    address = reverse("escalation", args=[incident.number])
    nobody(apps, cast, clock, after=0, hours=4)
    assert "nobody is there until 13:30" in read(cast.ana, address)
    apps.take_now(by=cast.kim)
    assert "calls Kim Berg, on call until 13:30" in read(cast.ana, address)


# --- what it costs --------------------------------------------------------------------------------


def cost(user, address: str) -> int:
    client = Client()
    client.force_login(user)
    cache.clear()
    with CaptureQueriesContext(connection) as queries:
        assert client.get(address).status_code == 200
    return len(queries)


@pytest.mark.parametrize("address", ["/queue/", "/board/", "/oncall/glance/"])
def test_it_costs_the_same_for_one_schedule_and_for_many(address, desk, cast, clock):
    few = cost(cast.ana, address)
    for n in range(12):
        make_schedule(f"Aisle {n}", team=desk.team, people=[cast.sam, cast.jo])
    assert cost(cast.ana, address) == few
