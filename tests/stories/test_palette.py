"""The palette: what somebody can go to, and nothing that they may not see."""

import re
from html import unescape
from typing import NamedTuple

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from incidents.models import Incident, SavedView
from tests.escalation.test_schedules import make_schedule
from tests.runbook_kit import write

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_enough]
WAY = re.compile(r'<a class="go-way"[^>]* href="([^"]*)".*?class="go-what">([^<]*?)(?: <small>(.*?)</small>)?</span>')


class Way(NamedTuple):
    url: str
    said: str


@pytest.fixture
def ways(client):
    """What the palette offers to somebody: label → address."""

    def ask(who, q="", **more):
        client.force_login(who)
        page = client.get("/go/", {"q": q, **more}, headers={"HX-Request": "true"})
        assert page.status_code == 200
        return {label: Way(unescape(url), said) for url, label, said in WAY.findall(page.content.decode())}

    return ask


def test_an_incident_is_found_by_its_reference_and_its_words_by_those_who_may_see_it(open_incident, cast, ways):
    incident = open_incident("Card payments fail")
    for words in (incident.ref, str(incident.number), "payments card", "CARD"):
        assert ways(cast.ana, words)["Card payments fail"].url == incident.get_absolute_url()
        assert "Card payments fail" not in ways(cast.rita, words)


def test_what_is_open_stands_before_what_is_resolved(open_incident, cast, ways):
    old, new = open_incident("Mail queue grows"), open_incident("Mail queue stands")
    old.resolve(by=cast.ana, cause="change", text="Done")
    found = [label for label in ways(cast.ana, "mail queue") if label.startswith("Mail")]
    assert found == [new.title, old.title]


def test_of_what_is_resolved_the_highest_number_stands_first(open_incident, cast, ways, client):
    """As the demonstration's history has it: made later, with the numbers of earlier."""
    later, earlier = open_incident("Mail queue stands"), open_incident("Mail queue grows")
    for one in (later, earlier):
        one.resolve(by=cast.ana, cause="change", text="Done")
    Incident.objects.filter(pk=earlier.pk).update(number=7)
    assert [label for label in ways(cast.ana, "mail queue") if label.startswith("Mail")] == [later.title, earlier.title]
    found = client.get("/queue/?q=mail+queue").content.decode()
    assert found.index(later.title) < found.index(earlier.title)


def test_the_verbs_are_those_of_the_chosen_incident_and_only_for_who_may_do_them(open_incident, cast, ways):
    incident = open_incident()
    incident.acknowledge(by=cast.ana)
    offered = ways(cast.ana, incident=incident.number)
    assert {"Escalate", "Hand over", "Hold", "Resolve"} <= set(offered)
    assert offered["Hold"].url == f"/incidents/{incident.number}/hold/"
    assert "Resolve" in ways(cast.ana, "resol", incident=incident.number)
    assert "Hold" not in ways(cast.ana, "resol", incident=incident.number)
    for who in (cast.rita, cast.otto):
        assert "Hold" not in ways(who, incident=incident.number)
    assert "Hold" not in ways(cast.ana)


def test_pages_are_those_that_one_has(cast, ways):
    assert ways(cast.ana, "boa")["Board"].url == "/board/"
    assert "Readiness" not in ways(cast.ana) and "Admin" not in ways(cast.ana)
    assert "Readiness" in ways(cast.sam) and "Admin" in ways(cast.ada)
    assert "New incident" not in ways(cast.otto)


def test_people_on_call_and_services(open_incident, cast, clock, ways):
    make_schedule("Applications", team=cast.teams["Applications"], people=[cast.mei])
    mei = ways(cast.kim, "mei")["Mei Tanaka"]
    assert mei == (f"/queue/?scope=all&holder={cast.mei.pk}", "on call: Applications")
    assert ways(cast.kim, "kim berg")["Kim Berg"] == ("/queue/?scope=all&holder=me", "not on call")
    assert ways(cast.ada, "rita")["Rita Sol"].said == "not on call"
    for stranger in (cast.rita, cast.ana):
        assert "Mei Tanaka" not in ways(stranger, "mei")
    service = ways(cast.kim, "payments")["Payments"]
    assert f"service={cast.service.pk}" in service.url and "scope=all" in service.url
    assert "Payments" not in ways(cast.rita, "payments")


def test_a_person_leads_to_what_they_hold_and_the_viewer_may_see(open_incident, cast, client, ways):
    for title, restricted in (("Card payments fail", False), ("Payroll is read", True)):
        open_incident(title, restricted=restricted, by=cast.ada).reassign(by=cast.ada, to=cast.mei)
    client.force_login(cast.kim)
    page = client.get(ways(cast.kim, "mei")["Mei Tanaka"].url).content.decode()
    assert "Card payments fail" in page and "Payroll" not in page


def test_whoever_has_left_is_no_way(cast, ways):
    assert "Jo Okafor" in ways(cast.ana, "jo")
    cast.jo.is_active = False
    cast.jo.save()
    cache.clear()
    assert "Jo Okafor" not in ways(cast.ana, "jo")


def test_teams_schedules_runbooks_and_views_by_name(cast, clock, ways):
    schedule = make_schedule("Nights", team=cast.teams["Applications"], people=[cast.mei])
    runbook = write(cast, "Restart the queue")
    view = SavedView.objects.create(name="Worst first", asked="severity=1", author=cast.mei)
    found = {q: ways(cast.mei, q) for q in ("applications", "nights", "restart", "worst")}
    assert found["applications"]["Applications"].url == f"/queue/?scope=all&team={cast.teams['Applications'].pk}"
    assert found["nights"]["Nights"] == (f"/oncall/{schedule.pk}/", "Applications")
    assert found["restart"]["Restart the queue"] == (runbook.get_absolute_url(), "Applications")
    assert found["worst"]["Worst first"].url == f"/queue/?severity=1&view={view.pk}"
    for name, words in (("Nights", "nights"), ("Worst first", "worst"), ("Applications", "applications")):
        assert name not in ways(cast.rita, words)


def test_it_costs_the_same_however_many_there_are(cast, clock, client):
    def cost() -> int:
        client.force_login(cast.mei)
        client.get("/go/", {"q": "no"})
        with CaptureQueriesContext(connection) as queries:
            assert client.get("/go/", {"q": "no"}, headers={"HX-Request": "true"}).status_code == 200
        return len(queries)

    few = cost()
    assert few <= 15
    for n in range(20):
        make_schedule(f"Nights {n}", team=cast.teams["Applications"], people=[cast.mei])
        write(cast, f"Note {n}")
        SavedView.objects.create(name=f"None {n}", asked="severity=1", author=cast.mei)
    assert cost() == few


@pytest.mark.parametrize("asked", ["99999999", "²", "-1", "1e5", "9" * 40, "x"])
def test_an_incident_that_is_none_is_no_error(asked, cast, ways):
    assert "Hold" not in ways(cast.ana, incident=asked)


def test_without_script_it_is_a_page_of_links(open_incident, cast, client):
    incident = open_incident("Card <b>payments</b> fail")
    client.force_login(cast.ana)
    page = client.get("/go/", {"q": "card"}).content.decode()
    assert f'href="{incident.get_absolute_url()}"' in page and "<b>payments" not in page
    assert 'role="option"' not in page
    assert client.post("/go/").status_code == 405


def test_strangers_sign_in_first(client):
    assert client.get("/go/").status_code == 302
