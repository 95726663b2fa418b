"""Ada says who must know of what, and writes the words that updates begin with."""

import json

import pytest

from escalation.trail.models import Entry, Trail
from incidents.models import Service, Stakeholder, UpdateTemplate
from tests.stories.test_admin import errors_of
from tests.stories.test_incident_page import words

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_enough]
STAKES = "/admin/incidents/stakeholder/"
TEMPLATES = "/admin/incidents/updatetemplate/"


@pytest.fixture
def ada(cast, client, clock):
    client.force_login(cast.ada)
    return client


def test_a_stakeholder_is_a_person_or_a_team_once_for_each_service(ada, cast):
    rita, facilities = {"person": cast.rita.pk}, {"team": cast.teams["Facilities"].pk}
    its = {"service": cast.service.pk, "severity": 2}
    for wrong in (its, {**its, **rita, **facilities}):
        assert "Choose a person or a team." in str(errors_of(ada.post(f"{STAKES}add/", wrong)))
    for right in ({**its, **rita}, {**its, **facilities}, {**rita, "severity": 5}):
        answer = ada.post(f"{STAKES}add/", right)
        assert errors_of(answer) == {} and answer.status_code == 302
    assert "already" in str(errors_of(ada.post(f"{STAKES}add/", {**rita, "severity": 1})))
    assert Stakeholder.objects.count() == 3
    said = words(ada.get(STAKES))
    assert "every service" in said and "SEV2 or worse" in said and "any severity" in said
    entry = Entry.objects.filter(trail__kind=Trail.Kind.INSTALLATION, kind="config_added").latest("seq")
    assert json.loads(entry.data)["after"]["person"]["name"] == "Rita Sol"


def test_what_is_archived_and_who_has_left_is_not_chosen(ada, cast, clock):
    gone = Service.objects.create(name="Fax", team=cast.teams["Platform"], archived_at=clock.now())
    cast.rita.is_active = False
    cast.rita.save()
    answer = ada.post(f"{STAKES}add/", {"person": cast.rita.pk, "service": gone.pk, "severity": 5})
    assert set(errors_of(answer)) == {"person", "service"}


def test_a_template_with_an_unknown_name_is_refused_at_its_field(ada, cast):
    wrong = ada.post(f"{TEMPLATES}add/", {"name": "First", "text": "{service}\nsince {sinse}, { by {holder}"})
    assert set(errors_of(wrong)) == {"text"}
    said = words(wrong)
    assert "Line 2: {sinse} is not known. Do you mean {since}?" in said
    assert "Line 2: a brace stands alone. For one brace, write {{." in said
    assert "Line 2: {holder} is not known." in said
    assert set(errors_of(ada.post(f"{TEMPLATES}add/", {"name": "First", "text": "x" * 2001}))) == {"text"}
    right = ada.post(f"{TEMPLATES}add/", {"name": "First", "text": "{service} since {since}."})
    assert errors_of(right) == {} and right.status_code == 302
    assert "{people_affected}" in words(ada.get(f"{TEMPLATES}{UpdateTemplate.objects.get().pk}/change/"))


def test_the_preview_shows_it_filled_in_and_saves_nothing(ada, cast):
    for request in ({}, {"HX-Request": "true"}):
        shown = words(ada.post(f"{TEMPLATES}preview/", {"text": "{service}: <b>{sinse}</b>"}, headers=request))
        assert "Payments: <b>{sinse}</b>" in shown and "Do you mean {since}?" in shown
    assert not UpdateTemplate.objects.exists()
    assert ada.get(f"{TEMPLATES}preview/").status_code == 403
    ada.force_login(cast.ana)
    assert ada.post(f"{TEMPLATES}preview/", {"text": "x"}).status_code != 200
