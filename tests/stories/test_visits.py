"""What has changed since somebody looked: on the record, on cards and rows, and where they were mentioned meanwhile."""

import re

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from escalation.engine.work import Work
from escalation.kit import clock as kit_clock
from escalation.people.models import User
from escalation.trail.writing import ENGINE
from incidents.desk.cues.collecting import cues_for
from incidents.models import Incident, Visit
from tests.many_kit import MOST

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}
MARK = "changed since you looked"


def fresh(incident) -> Incident:
    return Incident.objects.get(pk=incident.pk)


def shown(client, path, **headers) -> str:
    return client.get(path, headers=headers).content.decode()


def new(page: str) -> int:
    """How many lines of the record are marked."""
    return len(re.findall(r'<li id="e\d+" class="[a-z -]*\bnew"', page))


def writes(client, path) -> int:
    with CaptureQueriesContext(connection) as queries:
        client.get(path)
    return sum("incidents_visit" in one["sql"] and not one["sql"].startswith("SELECT") for one in queries)


def mentions(user) -> list:
    return [cue for cue in cues_for(User.objects.get(pk=user.pk), kit_clock.now()) if cue.kind == "mentioned"]


@pytest.mark.rehearsal("long")
def test_the_record_says_what_came_since_one_looked(open_incident, cast, clock, as_):
    incident = open_incident()
    path, ana = incident.get_absolute_url(), as_(cast.ana)
    assert "new since you looked" not in shown(ana, path)  # the first time all of it would be
    clock.forward(minutes=3)
    fresh(incident).note(by=cast.jo, text="It is the acquirer.")
    fresh(incident).note(by=cast.mei, text="It is not.")
    clock.forward(minutes=1)
    page = shown(ana, path)
    assert new(page) == 2
    assert "new since you looked, 09:30" in page
    assert new(shown(ana, path)) == 2  # loaded again, it is the same visit
    assert new(shown(ana, f"{path}?part=trail", **HTMX)) == 2
    fresh(incident).note(by=cast.ana, text="Let me see.")
    assert new(shown(ana, f"{path}?part=trail", **HTMX)) == 0  # whoever answers has read it
    fresh(incident).note(by=cast.jo, text="Well?")
    page = shown(ana, f"{path}?part=trail", **HTMX)
    assert (new(page), "new since you looked" in page) == (1, True)  # while the page stays open


@pytest.mark.rehearsal("long")
def test_a_visit_costs_one_write_and_another_part_of_the_page_none(open_incident, cast, clock, as_):
    incident = open_incident()
    path, ana = incident.get_absolute_url(), as_(cast.ana)
    assert writes(ana, path) == 1
    assert writes(ana, path) == 0
    fresh(incident).note(by=cast.jo, text="It is the acquirer.")
    with CaptureQueriesContext(connection) as queries:
        ana.get(f"{path}?part=trail", headers=HTMX)
        ana.get(f"{path}?before=3")
        ana.head(path)
    assert not [one for one in queries if re.match(r'(INSERT|UPDATE)[^W]*"?incidents_visit', one["sql"])]
    assert writes(ana, path) == 1
    clock.jump(minutes=6)
    assert writes(ana, path) == 1
    fresh(incident).note(by=cast.jo, text="Well?")
    with CaptureQueriesContext(connection) as queries:
        ana.get(path)
    assert len(queries) <= MOST
    assert Visit.objects.count() == 1


@pytest.mark.rehearsal("long")
@pytest.mark.parametrize("path", ["/board/", "/queue/"])
def test_cards_and_rows_are_marked_until_one_looks(path, open_incident, cast, clock, as_):
    incident, ana, jo = open_incident(), as_(cast.ana), as_(cast.jo)
    assert MARK not in shown(ana, path)  # never seen: nothing has changed to anybody
    ana.get(incident.get_absolute_url())
    jo.get(incident.get_absolute_url())
    fresh(incident).note(by=cast.jo, text="It is the acquirer.")
    before = ana.get(path, headers=HTMX)
    assert before.content.decode().count(f'<span class="sr">{MARK}</span>') == 1
    assert MARK not in shown(jo, path)  # it was Jo
    clock.jump(seconds=1)
    ana.get(incident.get_absolute_url())
    again = ana.get(path, headers=HTMX | {"If-None-Match": before["ETag"]})
    assert (again.status_code, MARK in again.content.decode()) == (200, False)


def test_how_a_message_went_is_no_change(open_incident, cast, as_):
    incident, ana = open_incident(), as_(cast.ana)
    ana.get(incident.get_absolute_url())
    length = fresh(incident).trail.length
    with transaction.atomic():
        work = Work.lock([incident.trail_id], actor=ENGINE)
        work.entry(incident.trail_id, "delivery", {"kind": "call", "state": "sent"})
        work.write()
    assert fresh(incident).trail.length == length + 1
    assert MARK not in shown(ana, "/board/")


# --- mentioned ----------------------------------------------------------------------------------


@pytest.mark.rehearsal("long")
def test_a_mention_is_a_cue_until_the_page_is_opened(open_incident, cast, as_):
    incident = open_incident("Card payments fail")
    fresh(incident).note(by=cast.ana, text="@Rita could you look at the ledger")
    [cue] = mentions(cast.rita)
    assert cue.title == f"Ana Ruiz mentioned you on {incident.ref}"
    assert cue.why == "“Card payments fail”: @Rita could you look at the ledger."
    rita = as_(cast.rita)
    cues = shown(rita, "/")
    assert cue.title in cues
    assert 'class="n">1<' in cues
    page = shown(rita, incident.get_absolute_url())
    assert 'id="mention"' in page and "<b>Ana Ruiz</b> mentioned you at 09:30." in page
    assert "Told: you." in page
    assert mentions(cast.rita) == []
    assert 'id="mention"' in shown(rita, f"{incident.get_absolute_url()}?part=now", **HTMX)
    assert 'id="mention"' not in shown(as_(cast.ana), incident.get_absolute_url())
    assert "Told: Rita" in shown(as_(cast.ana), incident.get_absolute_url())
    fresh(incident).note(by=cast.rita, text="The ledger is fine.")
    assert 'id="mention"' not in shown(rita, f"{incident.get_absolute_url()}?part=now", **HTMX)


def test_a_mention_is_gone_when_its_person_has_written_from_elsewhere(open_incident, cast):
    incident = open_incident()
    fresh(incident).attempt(by=cast.ana, text="@Jo look: restarted it", outcome="helped")
    assert len(mentions(cast.jo)) == 1
    fresh(incident).acknowledge(by=cast.jo)  # by a link in a message
    assert mentions(cast.jo) == []
    fresh(incident).note(by=cast.ana, text="@Jo and again")
    assert len(mentions(cast.jo)) == 1


def test_nobody_has_a_cue_of_their_own_mention_or_of_what_they_may_not_see(open_incident, cast):
    incident = open_incident()
    fresh(incident).note(by=cast.ana, text="@Ana remember this, @Mei too")
    assert mentions(cast.ana) == []
    User.objects.filter(pk=cast.mei.pk).update(is_active=False)
    assert mentions(cast.mei) == []
