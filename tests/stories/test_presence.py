"""Who else has an incident open: seen by those who may see it, gone soon, written seldom, and never on the record."""

from datetime import timedelta

import pytest
from django.utils import timezone

from escalation.people.models import Session, User
from escalation.trail.models import Entry
from incidents.desk.hints import Look
from incidents.models.presence import Presence

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


def test_whoever_loads_the_page_is_seen_by_the_others_and_not_by_themselves(open_incident, cast, as_):
    incident = open_incident()
    before = Entry.objects.count()
    as_(cast.mei).get(incident.get_absolute_url())
    assert "Mei is looking at this too" not in as_(cast.mei).get(incident.get_absolute_url()).content.decode()
    assert "Mei is looking at this too" in as_(cast.ana).get(incident.get_absolute_url()).content.decode()
    assert Entry.objects.count() == before


def test_a_page_that_is_closed_is_forgotten_within_45_seconds(open_incident, cast, clock, as_):
    incident = open_incident()
    place = f"{incident.get_absolute_url()}presence/"
    as_(cast.mei).get(incident.get_absolute_url())
    clock.jump(seconds=44)
    assert "Mei" in as_(cast.ana).get(place, headers=HTMX).content.decode()
    clock.jump(seconds=2)
    assert "Mei" not in as_(cast.ana).get(place, headers=HTMX).content.decode()


def test_who_writes_is_said_and_a_sign_of_life_is_written_once_in_30_seconds(open_incident, cast, clock, as_):
    incident = open_incident()
    place, mei = f"{incident.get_absolute_url()}presence/", as_(cast.mei)
    mei.post(place, headers=HTMX)
    first = Presence.objects.get()
    clock.jump(seconds=20)
    mei.post(place, headers=HTMX)
    mei.get(incident.get_absolute_url())
    assert Presence.objects.get().at == first.at
    mei.post(place, {"writing": "1"}, headers=HTMX)
    assert "Mei is writing" in as_(cast.ana).get(place, headers=HTMX).content.decode()
    written = Presence.objects.get().at
    mei.post(place, headers=HTMX)
    mei.post(place, {"writing": "1"}, headers=HTMX)
    assert Presence.objects.get().at == written
    clock.jump(seconds=31)
    mei.post(place, headers=HTMX)
    assert "Mei is looking" in as_(cast.ana).get(place, headers=HTMX).content.decode()
    clock.jump(hours=2)
    as_(cast.ana).post(place, headers=HTMX)
    assert Presence.objects.get().person == cast.ana


def test_who_may_not_see_the_incident_learns_nothing_and_leaves_nothing(open_incident, cast, as_):
    incident = open_incident()
    place = f"{incident.get_absolute_url()}presence/"
    assert as_(cast.rita).get(place, headers=HTMX).status_code == 404
    assert as_(cast.rita).post(place, headers=HTMX).status_code == 404
    assert not Presence.objects.exists()
    assert as_(cast.ana).get(place).status_code == 302


def test_auditors_and_whoever_switched_it_off_are_not_shown(open_incident, cast, as_):
    incident = open_incident()
    as_(cast.mei).get(incident.get_absolute_url())
    form = {"time_zone": "UTC", "theme": "", "keys_on": "on"}
    assert as_(cast.mei).post("/preferences/", form).status_code == 302
    as_(cast.mei).post(f"{incident.get_absolute_url()}presence/", headers=HTMX)
    as_(cast.otto).get(incident.get_absolute_url())
    page = as_(cast.ana).get(incident.get_absolute_url()).content.decode()
    assert "looking at this too" not in page


def test_the_stream_tells_those_who_may_see_it_that_somebody_came_and_left(open_incident, cast, clock):
    incident = open_incident()
    heard = set()
    for user in User.objects.all():
        Session.objects.create(
            session_key=f"s-{user.pk}", session_data="", expire_date=timezone.now() + timedelta(days=3650)
        )
        heard.add((user.pk, f"s-{user.pk}"))
    look = Look()
    look(heard, 0.0)
    look(heard, 3.0)
    Presence.objects.looks(incident.pk, cast.mei, writing=False, now=clock.now())
    told = look(heard, 6.0).present
    assert told[cast.ana.pk] == {incident.number} and cast.rita.pk not in told
    assert look(heard, 9.0).present == {}
    clock.jump(seconds=46)
    assert look(heard, 12.0).present[cast.ana.pk] == {incident.number}
