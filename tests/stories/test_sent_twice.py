"""A form that is sent twice, by a double press or a page loaded again, is done once; meant twice, it is done twice."""

import re
from datetime import timedelta

import pytest
from django.test import Client

from escalation.notify.models import ContactMethod
from escalation.oncall.models import SwapRequest
from escalation.people.models import Press
from escalation.trail.models import Entry
from incidents.models import Attempt, Incident, MaintenanceWindow, SavedView
from tests.escalation.test_schedules import make_schedule
from tests.stories.test_maintenance_pages import NEW
from tests.threads import together

pytestmark = pytest.mark.django_db
TRIED = {"kind": "attempt", "text": "Restarted it", "outcome": "no_effect"}


def browser(user) -> Client:
    client = Client(enforce_csrf_checks=True)
    client.force_login(user)
    return client


def token(client, path: str) -> dict[str, str]:
    """What is hidden in each form of the page."""
    page = client.get(path).content.decode()
    seen = re.search(r'name="seen" value="([^"]*)"', page)
    found = {"csrfmiddlewaretoken": re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)[1]}
    return found | ({"seen": seen[1]} if seen else {})


@pytest.fixture
def incident(open_incident, cast) -> Incident:
    incident = open_incident()
    incident.acknowledge(by=cast.ana)
    return incident


@pytest.fixture
def ana(cast) -> Client:
    return browser(cast.ana)


def last_said(answer) -> str:
    [*_others, last] = [str(message) for message in answer.context["messages"]]
    return last


def test_one_attempt_however_often_its_form_is_sent(ana, incident):
    path = incident.get_absolute_url()
    form = {**token(ana, path), **TRIED}
    for _time in range(3):
        assert last_said(ana.post(f"{path}attempts/", form, follow=True)) == "The attempt is on record."
    assert Attempt.objects.count() == 1
    ana.post(
        f"{path}attempts/", {**form, "outcome": "helped"}
    )  # another thing said from the same page, by the way back
    ana.post(f"{path}attempts/", {**token(ana, path), **TRIED})  # and the same from another page
    assert Attempt.objects.count() == 3


def test_what_is_sent_again_climbs_no_further(ana, incident):
    path = f"{incident.get_absolute_url()}escalation/"
    form = token(ana, path) | {"to": "step:0:1", "reason": "expertise", "text": "Needs the database's people"}
    page = ana.get(path).content.decode()
    form["to"] = re.search(r'name="to" value="(step:[0-9:]+)"', page)[1]
    said = [last_said(ana.post(path, form, follow=True)) for _time in range(2)]
    assert said == ["Calling Mei Tanaka at L2 Applications."] * 2
    assert Entry.objects.filter(trail=incident.trail_id, kind="called").count() == 2  # the first, and this


def test_one_incident_is_opened_and_both_answers_lead_to_it(ana, cast, clock):
    form = token(ana, "/incidents/new/") | {"title": "Nobody can pay", "impact": 2, "urgency": 2}
    assert len({ana.post("/incidents/new/", form)["Location"] for _time in range(2)}) == 1
    assert Incident.objects.count() == 1


def test_one_note_on_each_of_many(ana, cast, open_incident):
    found = [open_incident(title) for title in ("One", "Two")]
    picks = [f"{one.number}:{one.state_token}" for one in found]
    form = {**token(ana, f"/queue/bulk/?verb=notes&pick={picks[0]}"), "verb": "notes", "pick": picks, "text": "Known"}
    for _time in range(2):
        assert last_said(ana.post("/queue/bulk/", form, follow=True)) == "2 incidents noted."
    assert Entry.objects.filter(kind="note").count() == 2


def test_one_window_and_one_view(cast, clock):
    kim = browser(cast.kim)
    form = token(kim, "/maintenance/new/") | NEW | {"services": [cast.service.pk]}
    assert [kim.post("/maintenance/new/", form).status_code for _time in range(2)] == [302, 302]
    assert MaintenanceWindow.objects.count() == 1
    path = "/queue/views/new/?severity=1"
    form = token(kim, path) | {"name": "Worst first"}
    assert [kim.post(path, form).status_code for _time in range(2)] == [302, 302]
    assert SavedView.objects.count() == 1


def test_a_card_moves_once_and_both_answers_say_so(cast, incident):
    sam = browser(cast.sam)
    path = f"/board/moves/?by=person&incident={incident.number}"
    form = token(sam, path) | {"incident": incident.number, "by": "person", "to": cast.jo.pk}
    answers = [sam.post("/board/moves/", form, follow=True) for _time in range(2)]
    assert [last_said(answer) for answer in answers] == [f"{incident.ref}: Hand to Jo Okafor."] * 2
    assert Entry.objects.filter(trail=incident.trail_id, kind="reassigned").count() == 1
    undo = [[message.extra_tags for message in answer.context["messages"]][-1] for answer in answers]
    assert undo[0] == undo[1] != ""


@pytest.mark.rehearsal("long")
def test_one_way_one_rule_and_no_error_when_it_is_gone_already(ana, cast, clock):
    form = token(ana, "/reach/") | {"channel": "email", "address": "ana@home.example", "label": "home"}
    for _time in range(2):
        answer = ana.post("/reach/ways/", form, follow=True)
        assert last_said(answer) == "A code is on its way. Type it below."
    way = ContactMethod.objects.get(person=cast.ana, label="home")
    assert answer.redirect_chain[-1][0].endswith(f"#way-{way.pk}")
    removal, form = f"/reach/ways/{way.pk}/removal/", token(ana, "/reach/")
    said = [last_said(ana.post(removal, form, follow=True)) for _time in range(2)]
    assert said == ["Removed, and with it the rules that used it."] * 2
    assert ana.post(removal, token(ana, "/reach/")).status_code == 404  # by another page it is not there


def test_a_wrong_code_is_one_try(ana, cast, clock):
    ana.post("/reach/ways/", token(ana, "/reach/") | {"channel": "email", "address": "ana@home.example"})
    way = ContactMethod.objects.get(person=cast.ana, address="ana@home.example")
    form = token(ana, "/reach/") | {"code": "000000"}
    answers = [ana.post(f"/reach/ways/{way.pk}/verification/", form) for _time in range(2)]
    assert [answer.status_code for answer in answers] == [422, 422]
    assert all("This is not the code." in answer.content.decode() for answer in answers)
    way.refresh_from_db()
    assert way.code_tries == 1


def test_one_swap_is_asked_for_and_answered(cast, clock):
    schedule = make_schedule("Desk", team=cast.teams["Service desk"], people=[cast.ana, cast.jo])
    jo, ana = browser(cast.jo), browser(cast.ana)
    path = f"/oncall/{schedule.pk}/swaps/"
    span = {"starts_at": "2026-03-02T18:00", "ends_at": "2026-03-02T20:00", "asked": cast.ana.pk}
    form = token(jo, path) | span
    said = [last_said(jo.post(path, form, follow=True)) for _time in range(2)]
    assert said == ["Ana Ruiz is asked. Until somebody accepts, it stays yours."] * 2
    swap = SwapRequest.objects.get()
    path = f"{path}{swap.pk}/acceptance/"
    form = token(ana, path)
    said = {last_said(ana.post(path, form, follow=True)) for _time in range(2)}
    assert len(said) == 1 and said.pop().startswith("Ana Ruiz is on call")
    assert schedule.overrides.count() == 1


def test_what_was_refused_is_asked_anew_and_nobody_is_answered_for_another(ana, cast, incident):
    path = f"{incident.get_absolute_url()}resolution/"
    form = {**token(ana, path), "text": "Rolled back", "cause": "change", "seen": "0.0"}
    assert [ana.post(path, form).status_code for _time in range(2)] == [409, 409]
    assert not Press.objects.exists()
    note = {**token(ana, incident.get_absolute_url()), "kind": "note", "text": "Seen"}
    ana.post(f"{incident.get_absolute_url()}notes/", note)
    jo = browser(cast.jo)
    jo.cookies["csrftoken"] = ana.cookies["csrftoken"].value
    jo.post(f"{incident.get_absolute_url()}notes/", note)
    assert Entry.objects.filter(kind="note").count() == 2


def test_it_is_forgotten_after_a_day(ana, incident, clock):
    path = f"{incident.get_absolute_url()}notes/"
    for text in ("One", "Two"):
        ana.post(path, {**token(ana, incident.get_absolute_url()), "kind": "note", "text": text})
        clock.forward(hours=25)
    assert Press.objects.count() == 1
    assert Press.objects.get().at > clock.now() - timedelta(hours=26)


@pytest.mark.django_db(transaction=True)
def test_both_at_the_same_instant_are_one(open_incident, cast):
    incident = open_incident()
    incident.acknowledge(by=cast.ana)
    ana, path = browser(cast.ana), incident.get_absolute_url()
    form, answers = {**token(ana, path), **TRIED}, []
    session = ana.cookies

    def press() -> None:
        client = Client(enforce_csrf_checks=True)
        client.cookies = session
        answers.append(client.post(f"{path}attempts/", form).status_code)

    together(*[press] * 4)
    assert answers == [302] * 4
    assert Attempt.objects.count() == 1
    assert Incident.objects.get().attempts == 1
