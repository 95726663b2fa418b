"""One verb for many: each incident its own, and the answer says what became of every one."""

import json
import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from escalation.people.models import Skill
from incidents.models import Incident
from tests.stories.test_incident_page import words

pytestmark = pytest.mark.django_db


@pytest.fixture
def three(open_incident):
    return [open_incident(title) for title in ("Card payments fail", "Search index is stale", "Export is empty")]


@pytest.fixture
def at_desk():
    def login(user) -> Client:
        client = Client()
        client.force_login(user)
        return client

    return login


def fresh(incidents) -> list[Incident]:
    return [Incident.objects.get(pk=one.pk) for one in incidents]


def picks(incidents) -> list[str]:
    return [f"{one.number}:{one.state_token}" for one in fresh(incidents)]


def send(client, verb, chosen, *, htmx=False, **data):
    asked = {"verb": verb, "pick": chosen, "back": "/queue/?scope=all", "do": "1", **data}
    return client.post("/queue/bulk/", asked, headers={"HX-Request": "true"} if htmx else {})


def test_all_of_them_without_script(three, cast, at_desk):
    client = at_desk(cast.ana)
    queue = client.get("/queue/?scope=all&picked=all").content.decode()
    chosen = re.findall(r'name="pick" value="([^"]+)" form="bulk"[^>]* checked', queue)
    assert len(chosen) == 3
    sheet = client.get("/queue/bulk/", {"verb": "acknowledgement", "pick": chosen}).content.decode()
    assert "3 incidents" in sheet
    assert all(one.title in sheet for one in three)
    answer = send(client, "acknowledgement", chosen)
    assert answer["Location"] == "/queue/?scope=all"
    assert "3 incidents acknowledged." in client.get(answer["Location"]).content.decode()
    assert {one.run.holder for one in fresh(three)} == {cast.ana}


def test_who_was_slower_is_told_for_each_and_keeps_what_was_typed(three, cast, at_desk):
    chosen = picks(three)
    fresh(three)[1].acknowledge(by=cast.jo)
    answer = send(at_desk(cast.ana), "resolution", chosen, text="Restarted it all", cause="software")
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "2 incidents resolved; 1 refused." in page
    assert f"{three[1].ref}</a> Jo Okafor was faster" in page
    assert "Restarted it all" in page
    assert [bool(one.resolved_at) for one in fresh(three)] == [True, False, True]
    again = re.findall(r'name="pick" value="([^"]+)"', page)
    assert again == picks([three[1]])  # only what is left, and knowing what happened
    assert send(at_desk(cast.ana), "resolution", again, text="Restarted", cause="software").status_code == 302
    assert all(one.resolved_at for one in fresh(three))


def test_with_script_the_answer_says_what_to_let_go_of(three, cast, at_desk):
    chosen = picks(three)
    done = json.loads(send(at_desk(cast.ana), "notes", chosen[:2], htmx=True, text="Seen")["HX-Trigger"])
    assert done["unpick"] == done["done"] == {"ids": [one.number for one in three[:2]]}
    assert done["toast"]["text"] == "2 incidents noted."
    fresh(three)[0].resolve(by=cast.jo, cause="human", text="Fixed")
    answer = send(at_desk(cast.ana), "acknowledgement", picks(three), htmx=True)
    assert answer.status_code == 409
    assert json.loads(answer["HX-Trigger"]) == {"unpick": {"ids": [one.number for one in three[1:]]}}
    assert "<html" not in answer.content.decode()


@pytest.mark.parametrize(
    ("verb", "data", "what"),
    [
        ("hold", {"wake": "60", "text": "Waiting for a part"}, lambda one, cast: one.run.held_until is not None),
        ("severity", {"severity": "1", "text": "All of Europe"}, lambda one, cast: one.severity == 1),
        ("reassignment", {"to": "person:{jo}"}, lambda one, cast: one.run.holder == cast.jo),
        ("reassignment", {"to": "tier:{l2}"}, lambda one, cast: one.run.tier == cast.tiers["l2"]),
        ("notes", {"text": "Seen"}, lambda one, cast: one.trail.entries.filter(kind="note").count() == 1),
    ],
)
def test_each_verb_reaches_each_of_them(verb, data, what, three, cast, at_desk):
    data = {key: value.format(jo=cast.jo.pk, l2=cast.tiers["l2"].pk) for key, value in data.items()}
    assert at_desk(cast.ada).get("/queue/bulk/", {"verb": verb, "pick": picks(three)}).status_code == 200
    assert send(at_desk(cast.ada), verb, picks(three), **data).status_code == 302
    assert all(what(one, cast) for one in fresh(three))


def test_what_one_holds_is_handed_over_in_one_go_and_the_rest_is_refused(three, cast, at_desk):
    for one in three[:2]:
        one.acknowledge(by=cast.ana)
    answer = send(at_desk(cast.ana), "handover", picks(three), to=f"person:{cast.jo.pk}", text="End of my shift")
    assert "2 incidents offered; 1 refused." in answer.content.decode()
    assert [one.run.offered_to for one in fresh(three)] == [cast.jo, cast.jo, None]


@pytest.mark.rehearsal("long")
def test_who_is_offered_for_all_is_ranked_for_all_and_it_is_said_for_which_they_do_not_fit(
    three, cast, at_desk, open_incident
):
    pci = Skill.objects.create(name="PCI")
    cast.jo.skills.add(pci)
    for one in three:
        one.acknowledge(by=cast.ana)
    fresh(three)[1].state_needs(by=cast.ana, skills=[pci])
    fresh(three)[2].state_needs(by=cast.ana, skills=[pci])
    fresh(three)[0].hand_over(by=cast.ana, to=cast.jo, text="Yours?")
    fresh(three)[0].decline(by=cast.jo, text="In a call.")
    ana, asked = at_desk(cast.ana), {"verb": "handover", "pick": picks(three)}
    page = words(ana.get("/queue/bulk/", asked))
    assert re.search(rf"Jo Okafor L1 Service desk · fits 2 of 3 · not {three[0].ref}: declined at \d\d:\d\d", page)
    assert f"fits 1 of 3 · not {three[1].ref} and {three[2].ref}: lacks PCI" in page
    assert page.index("Jo Okafor") < page.index("Mei Tanaka")
    assert "A tier" not in page and "Ana Ruiz L1" not in page

    def cost(some) -> int:
        address = {**asked, "pick": picks(some)}
        ana.get("/queue/bulk/", address)  # the numbers in the bar are counted anew
        with CaptureQueriesContext(connection) as queries:
            ana.get("/queue/bulk/", address)
        return len(queries)

    before, more = cost(three), [open_incident(title) for title in ("Four", "Five", "Six")]
    for one in more:
        one.acknowledge(by=cast.ana)
    assert cost([*three, *more]) == before


def test_an_incomplete_form_changes_nothing(three, cast, at_desk):
    answer = send(at_desk(cast.ana), "resolution", picks(three), text="", cause="software")
    assert answer.status_code == 422
    assert not any(one.resolved_at for one in fresh(three))


def test_nobody_does_in_bulk_what_they_may_not_do_one_by_one(three, cast, at_desk):
    chosen = picks(three)
    assert send(at_desk(cast.ana), "reassignment", chosen, to=f"person:{cast.jo.pk}").status_code == 403
    assert send(at_desk(cast.otto), "notes", chosen, text="Hello").status_code == 403
    assert "data-pick" not in at_desk(cast.otto).get("/queue/?scope=all").content.decode()
    blind = send(at_desk(cast.rita), "notes", chosen, text="Hello")  # she does not see them
    assert blind.status_code == 302
    assert not any(one.trail.entries.filter(kind="note").exists() for one in three)


def test_a_restricted_incident_among_them_is_not_there(three, cast, at_desk, open_incident):
    secret = open_incident("Payroll", restricted=True)
    page = at_desk(cast.kim).get("/queue/bulk/", {"verb": "notes", "pick": picks([*three, secret])}).content.decode()
    assert "Payroll" not in page
    send(at_desk(cast.kim), "notes", picks([*three, secret]), text="Seen by Kim")
    assert not secret.trail.entries.filter(kind="note").exists()
    assert three[0].trail.entries.filter(kind="note").exists()


@pytest.mark.parametrize("chosen", [[], ["x"], ["1:2:3"], ["99999999999999999999:1"], ["5:1"] * 300, ["²:1", "\x00"]])
def test_nonsense_leads_back_to_the_list(chosen, three, cast, at_desk):
    assert send(at_desk(cast.ana), "notes", chosen, text="Hello").status_code == 302


def test_too_many_are_refused_as_a_whole(cast, at_desk):
    answer = send(at_desk(cast.ana), "notes", [f"{n}:1.1" for n in range(1, 202)], text="Hello")
    assert answer.status_code == 302


def test_it_leads_to_no_other_address_than_a_queue(three, cast, at_desk):
    answer = send(at_desk(cast.ana), "notes", picks(three), text="Hello", back="//evil.example/queue/")
    assert answer["Location"] == "/queue/"
    assert at_desk(cast.ana).get("/queue/bulk/", {"verb": "deletion", "pick": picks(three)}).status_code == 404
