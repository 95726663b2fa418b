"""Ada sets the status page up, supervisors write of maintenance on it, and agents of trouble."""

import json

import pytest
from django.test import Client

from escalation.kit.errors import Refused
from escalation.trail.models import Entry, Trail
from incidents.models import Component, MaintenanceWindow, StatusPage
from incidents.status import kept
from tests.status_kit import PAGE, publish, set_up, words
from tests.stories.test_incident_page import words as text_of

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_enough]
ADD, CHANGE = "/admin/incidents/statuspage/add/", "/admin/incidents/statuspage/1/change/"


@pytest.fixture(autouse=True)
def nothing_kept(monkeypatch):
    monkeypatch.setattr(kept, "SECONDS", 0)


@pytest.fixture
def desk(cast, clock):
    def sit(name: str) -> Client:
        client = Client()
        client.force_login(getattr(cast, name))
        return client

    return sit


def sent(*services, **facts) -> dict:
    rows = {
        f"components-{n}-{name}": value
        for n, service in enumerate(services)
        for name, value in {"position": n, "group": "", "name": f"Public {n}", "service": service.pk}.items()
    }
    total = {"components-TOTAL_FORMS": len(services), "components-INITIAL_FORMS": 0}
    page = {"shown": "public", "name": "Status", "introduction": "", "zone": "Europe/Berlin"}
    return {**page, **total, **rows, **facts}


def test_she_shows_it_and_that_is_on_record(desk, cast):
    ada = desk("ada")
    assert ada.post(ADD, sent(cast.service, introduction="<b>Hello</b>")).status_code == 302
    assert b"&lt;b&gt;Hello" in Client().get(PAGE).content
    entry = Entry.objects.filter(trail=Trail.objects.installation(), kind="config_added").latest("seq")
    after = json.loads(entry.data)["after"]
    assert (after["shown"], after["zone"]) == ("public", "Europe/Berlin")
    assert "Public 0" in str(after)
    assert ada.get(ADD).status_code == 403  # there is one, and no second
    assert f'<a href="{PAGE}">' in ada.get(CHANGE).content.decode()


@pytest.mark.parametrize(
    ("facts", "error"),
    [
        ({"zone": "Mars/Olympus"}, "zone"),
        ({"name": ""}, "This field is required."),
        ({"components-TOTAL_FORMS": 0}, "A page that is shown names at least one service."),
    ],
)
def test_mistakes_are_said_at_their_place(desk, cast, facts, error):
    answer = desk("ada").post(ADD, sent(cast.service, **facts))
    assert answer.status_code == 200
    assert error in answer.content.decode()
    assert not StatusPage.objects.exists()


def test_one_service_has_one_name(desk, cast):
    answer = desk("ada").post(ADD, sent(cast.service, cast.service))
    assert (answer.status_code, Component.objects.count()) == (200, 0)


def test_only_admins_set_it_up(desk):
    for name in ("ana", "sam", "otto"):
        assert desk(name).get(ADD).status_code in (302, 403)


WINDOW = {
    "reason": "Failover of db-7",
    "begins": "2026-03-03T02:00",
    "ends": "2026-03-03T03:00",
    "zone": "UTC",
    "repeats": "",
}


def test_a_window_has_words_for_the_page_only_where_there_is_one(desk, cast):
    kim, body = desk("kim"), WINDOW | {"services": [cast.service.pk], "public_text": "Payments pause"}
    assert "public_text" not in kim.get("/maintenance/new/").content.decode()
    assert kim.post("/maintenance/new/", body).status_code == 302
    assert MaintenanceWindow.objects.get().public_text == ""
    set_up(cast)
    assert "On the status page" in kim.get("/maintenance/new/").content.decode()
    assert kim.post("/maintenance/new/", body).status_code == 302
    window = MaintenanceWindow.objects.latest("pk")
    assert window.public_text == "Payments pause"
    assert "Payments pause" in Client().get(PAGE).content.decode()
    StatusPage.objects.update(shown="off")
    change = f"/maintenance/{window.pk}/"
    assert kim.post(change, {**body, "public_text": "", "seen": window.version}).status_code == 302
    window.refresh_from_db()
    assert window.public_text == "Payments pause"  # a form that did not ask takes nothing away


def test_of_a_service_that_is_not_on_the_page_a_window_cannot_say_anything(desk, cast):
    set_up(cast)
    Component.objects.get(service=cast.service).delete()
    answer = desk("kim").post(
        "/maintenance/new/", WINDOW | {"services": [cast.service.pk], "public_text": "Payments pause"}
    )
    assert answer.status_code == 422
    assert "None of these services is on the status page." in answer.content.decode()


def test_an_agent_is_asked_what_those_outside_read(desk, cast, open_incident):
    incident, ana = open_incident(people_affected=150), desk("ana")  # SEV2
    address = f"{incident.get_absolute_url()}updates/"
    set_up(cast)
    form = ana.get(address).context["form"]
    web, mails = Component.objects.all()
    assert (form["effect"].value(), form["components"].value()) == ("partly_down", [web.pk])
    typed = {"stage": "watching", "text": "It works.", "on_status_page": "on", "public_title": "Cards are declined"}
    wrong = ana.post(address, typed)
    assert (wrong.status_code, set(wrong.context["form"].errors)) == (422, {"effect", "components"})
    asked = typed | {"effect": "down", "components": [web.pk, mails.pk]}
    filled = ana.post(address, asked | {"find": "1"}).context["form"]
    assert filled["components"].value() == [str(web.pk), str(mails.pk)]
    assert ana.post(address, asked).status_code == 302
    assert "Down: Web shop. 1 other has trouble too." in words()
    assert "On the status page: Web shop and Order mails down." in text_of(ana.get(incident.get_absolute_url()))
    again = ana.get(address).context["form"]
    assert (again["effect"].value(), again["components"].value()) == ("down", [web.pk, mails.pk])
    publish(incident, cast.ana, public_title="", effect="", components=[])
    assert ana.get(address).context["form"]["public_title"].value() == "Cards are declined"
    over = {"stage": "resolved", "text": "All is well.", "on_status_page": "on", "public_title": ""}
    assert ana.post(address, over).status_code == 302
    assert "No known trouble." in words()


def test_of_what_is_restricted_nothing_can_be_chosen(desk, cast, open_incident):
    set_up(cast)
    incident = open_incident(restricted=True)
    answer = desk("ana").get(f"{incident.get_absolute_url()}updates/")
    assert {"on_status_page", "effect", "components"}.isdisjoint(answer.context["form"].fields)
    with pytest.raises(Refused, match="restricted"):
        publish(incident, cast.ana)
