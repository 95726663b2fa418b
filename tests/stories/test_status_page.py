"""The status page: what people choose to say to those outside, and nothing else."""

import re
from datetime import time, timedelta
from xml.etree import ElementTree

import pytest
from django.db import OperationalError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from escalation.kit import clock as kit_clock
from escalation.trail.models import Entry
from incidents.models import Component, Incident, StatusPage
from incidents.status import kept
from tests.maintenance_kit import planner
from tests.status_kit import FEED, FORMS, JSON, PAGE, publish, read, set_up, states, words

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_enough]
ATOM = "{http://www.w3.org/2005/Atom}"
UUID = re.compile("[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@pytest.fixture(autouse=True)
def nothing_kept(monkeypatch):
    monkeypatch.setattr(kept, "SECONDS", 0)


@pytest.fixture
def shown(cast, clock):
    return set_up(cast)


# --- to whom -----------------------------------------------------------------------------------


@pytest.mark.parametrize("shown_to", ["public", "off"])
def test_as_people_type_it(cast, clock, shown_to):
    set_up(cast, shown=shown_to)
    answer = Client().get("/status")
    assert (answer.status_code, answer["Location"]) == (301, PAGE)


@pytest.mark.parametrize("shown_to", [None, "off", "nothing on it"])
def test_off_there_is_no_page(cast, clock, shown_to):
    if shown_to == "off":
        set_up(cast, shown="off")
    elif shown_to:
        StatusPage.objects.create(shown="public", name="Empty")
    inside = Client()
    inside.force_login(cast.ana)
    for form in FORMS:
        assert inside.get(form).status_code == 404
        assert Client().get(form).status_code == 302  # as for any address behind the door


def test_for_who_is_signed_in_it_is_one_page_for_all_of_them(cast, clock, open_incident):
    set_up(cast, shown="signed_in")
    publish(open_incident(), cast.ana)
    bodies = set()
    for person in (cast.ana, cast.rita, cast.otto):  # Rita may not see the incident
        inside = Client()
        inside.force_login(person)
        answer = inside.get(PAGE)
        assert answer.status_code == 200
        assert answer["Cache-Control"] == "private, no-cache"
        bodies.add(answer.content)
    assert len(bodies) == 1
    for form in FORMS:
        answer = Client().get(form)
        assert answer.status_code == 302
        assert answer["Location"].startswith("/login/")


def test_a_public_page_needs_no_person_and_leaves_nothing_behind(cast, shown):
    signed_in = Client()
    signed_in.force_login(cast.ana)
    for reader in (Client(), signed_in):
        for form in FORMS:
            answer = reader.get(form)
            assert answer.status_code == 200
            assert (answer.cookies, answer.has_header("Vary")) == ({}, False)
            assert answer["Cache-Control"] == "public, max-age=10"
            assert answer["Referrer-Policy"] == "no-referrer"
            assert answer["X-Frame-Options"] == "DENY"
            assert answer["X-Content-Type-Options"] == "nosniff"
            assert "script-src" not in answer["Content-Security-Policy"]
            assert answer["Content-Security-Policy"].startswith("default-src 'none'; style-src 'self'")
    assert "<script" not in Client().get(PAGE).content.decode()


def test_what_has_not_changed_is_not_sent_again(cast, shown, open_incident):
    for form in FORMS:
        first = Client().get(form)
        again = Client().get(form, headers={"If-None-Match": first["ETag"]})
        assert (again.status_code, again.content, again["Cache-Control"]) == (304, b"", first["Cache-Control"])
        assert Client().get(form, headers={"If-Match": '"other"'}).status_code == 200
    before = Client().get(JSON)["ETag"]
    publish(open_incident(), cast.ana)
    assert Client().get(JSON, headers={"If-None-Match": before}).status_code == 200


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete", "options", "trace"])
def test_it_is_only_to_be_read(shown, method):
    for form in FORMS:
        with CaptureQueriesContext(connection) as queries:
            answer = getattr(Client(enforce_csrf_checks=True), method)(form)
        assert (answer.status_code, len(queries)) == (405, 0)


def test_nothing_of_the_request_is_in_the_answer(shown):
    usual = Client().get(PAGE)
    hostile = Client().get(PAGE, {"q": "<script>"}, headers={"Host": "127.0.0.1", "X-Forwarded-Host": "evil.example"})
    assert hostile.content == usual.content
    assert b"evil" not in Client().get(FEED, headers={"Host": "evil.example"}).content
    assert Client().head(PAGE)["ETag"] == usual["ETag"]


def test_while_the_database_is_away_the_last_one_stays(cast, shown, open_incident, monkeypatch, clock):
    def away(now):
        raise OperationalError("the connection is closed")

    monkeypatch.setattr(kept, "_last", [])
    with monkeypatch.context() as patch:
        patch.setattr(kept, "read", away)
        with pytest.raises(OperationalError):
            Client().get(PAGE)
    publish(open_incident(), cast.ana)
    before = words()
    clock.jump(minutes=5)
    with monkeypatch.context() as patch:
        patch.setattr(kept, "read", away)
        assert words() == before and read()["incidents"]  # as of when, it says
    assert words() != before


@pytest.mark.rehearsal("long")
def test_it_costs_five_queries_and_a_crowd_costs_none(cast, shown, open_incident, monkeypatch, clock):
    planner(cast, clock)(public_text="Payments pause")
    for n in range(12):
        incident = open_incident(f"Trouble {n}")
        publish(incident, cast.ana)
        publish(incident, cast.ana, text="Found it.", stage="identified")
    with CaptureQueriesContext(connection) as queries:
        assert len(read()["incidents"]) == 12
    assert len(queries) == 5
    monkeypatch.setattr(kept, "SECONDS", 60)
    Client().get(PAGE)
    with CaptureQueriesContext(connection) as queries:
        for form in FORMS * 3:
            assert Client().get(form, {"anything": "else"}).status_code == 200
    assert len(queries) == 0


# --- what it says ------------------------------------------------------------------------------


def test_an_update_and_its_end(cast, shown, open_incident, clock):
    assert read()["summary"] == "No known trouble."
    incident = open_incident("pay-gw-3 returns 502", people_affected=40)
    assert read()["incidents"] == []  # nobody has chosen anything
    publish(incident, cast.ana, text="Some cards are declined.\nWe look into it.")
    clock.forward(minutes=4)
    publish(incident, cast.ana, text="We know why.", stage="identified", public_title="", effect="degraded")
    found = read()
    assert (found["state"], found["summary"]) == ("degraded", "Degraded: Web shop.")
    assert states(found) == {"Web shop": "degraded", "Order mails": "good"}
    [one] = found["incidents"]
    assert (one["title"], one["components"], one["resolved_at"]) == ("Cards are declined", ["Web shop"], None)
    assert [word["stage"] for word in one["updates"]] == ["identified", "investigating"]
    assert one["began_at"] == "2026-03-02T09:30:00Z"
    assert "Identified 2 Mar 2026, 09:34 UTC We know why. Investigating" in words()
    clock.forward(minutes=1)
    publish(incident, cast.ana, text="Cards work again.", stage="resolved", public_title="", effect="", components=[])
    found = read()
    assert (found["summary"], found["incidents"]) == ("No known trouble.", [])
    [one] = found["resolved"]
    assert (one["resolved_at"], one["updates"][0]["text"]) == ("2026-03-02T09:35:00Z", "Cards work again.")
    kit_clock.forward(timedelta(days=14))
    assert read()["resolved"] == []


def test_resolved_without_a_last_word_it_says_so_and_claims_nothing(cast, shown, open_incident, clock):
    incident = open_incident()
    publish(incident, cast.ana)
    clock.forward(minutes=3)
    incident.resolve(by=cast.ana, cause="change", text="Rolled back release 4.1 of pay-gw")
    [one] = read()["resolved"]
    assert [(word["stage"], word["text"]) for word in one["updates"]] == [
        ("resolved", ""),
        ("investigating", "We look into it."),
    ]
    assert "Rolled back" not in words()


def test_re_opened_it_shows_again_only_with_a_new_update(cast, shown, open_incident, clock):
    incident = open_incident()
    publish(incident, cast.ana)
    clock.forward(minutes=2)
    incident.resolve(by=cast.ana, cause="change", text="Rolled back")
    clock.forward(minutes=2)
    incident.reopen(by=cast.ana, text="Not over")
    found = read()
    assert (found["state"], len(found["resolved"])) == ("good", 1)
    publish(incident, cast.ana, text="It is back.")
    found = read()
    assert (found["state"], len(found["incidents"]), found["resolved"]) == ("partly_down", 1, [])


def test_a_withdrawn_update_is_gone_with_all_that_it_said(cast, shown, open_incident):
    incident = open_incident()
    publish(incident, cast.ana, text="Slow.", effect="degraded")
    wrong = publish(incident, cast.ana, text="All data is lost.", effect="down", public_title="The end")
    assert read()["state"] == "down"
    incident.withdraw_update(by=cast.ana, number=wrong.number, text="Not so.")
    [one] = read()["incidents"]
    assert (one["title"], one["state"], len(one["updates"])) == ("Cards are declined", "degraded", 1)
    for form in FORMS:
        assert b"lost" not in Client().get(form).content
    incident.withdraw_update(by=cast.ana, number=1, text="Not so either.")
    assert read()["incidents"] == []


def test_what_is_merged_shows_as_one_and_is_over_with_the_other(cast, shown, open_incident, clock):
    first, second, third = open_incident("One"), open_incident("Two"), open_incident("Three")
    publish(first, cast.ana, public_title="Cards are declined")
    clock.forward(minutes=1)
    publish(second, cast.ana, text="Also mails.", public_title="Cards and mails", effect="down")
    assert len(read()["incidents"]) == 2
    first.merge_into(second, by=cast.ana, text="The same")
    [one] = read()["incidents"]
    assert (one["title"], one["state"], len(one["updates"])) == ("Cards and mails", "down", 2)
    second.merge_into(third, by=cast.ana, text="The same too")
    [one] = read()["incidents"]
    assert len(one["updates"]) == 2  # of the third nobody has written anything
    clock.forward(minutes=1)
    third.resolve(by=cast.ana, cause="change", text="Rolled back")
    found = read()
    assert (found["incidents"], len(found["resolved"])) == ([], 1)


def test_what_goes_on_as_something_restricted_is_gone_too(cast, shown, open_incident, clock):
    first, second, third = open_incident("One"), open_incident("Two"), open_incident("Three")
    publish(first, cast.ana)
    first.merge_into(second, by=cast.ana, text="The same")
    second.merge_into(third, by=cast.ana, text="The same too")
    Incident.objects.get(pk=third.pk).restrict(by=cast.ana, text="Somebody was in our systems")
    found = read()
    assert (found["incidents"], found["resolved"], states(found)["Web shop"]) == ([], [], "good")


def test_maintenance_with_words_for_the_page(cast, shown, clock):
    plan = planner(cast, clock)
    plan(reason="Failover of db-7")
    plan(reason="Failover of db-8", public_text="Payments pause", at=time(11), minutes=30)
    plan(by=cast.ada, services=[cast.installation and cast.service], at=time(9), minutes=60, public_text="Short breaks")
    found = read()
    assert [(one["text"], one["on"], one["components"]) for one in found["maintenance"]] == [
        ("Short breaks", True, ["Web shop"]),
        ("Payments pause", False, ["Web shop"]),
    ]
    assert (found["summary"], states(found)["Web shop"]) == ("Planned maintenance is under way.", "maintenance")
    assert "db-" not in words()


def test_times_are_on_the_clocks_of_the_page(cast, clock, open_incident):
    set_up(cast, zone="Europe/Berlin")
    publish(open_incident(), cast.ana)
    assert "2 Mar 2026, 10:30 CET" in words()
    assert "Times are those of Europe/Berlin." in words()


def test_the_feed_has_an_entry_for_each_and_keeps_its_names(cast, shown, open_incident, clock):
    incident = open_incident()
    publish(incident, cast.ana, text="A < B & \x0bC ]]> <script>alert(1)</script>\n\nhttps://example.com/x")
    planner(cast, clock)(public_text="Payments <pause>")
    first = ElementTree.fromstring(Client().get(FEED).content)
    entries = first.findall(f"{ATOM}entry")
    assert [one.findtext(f"{ATOM}title") for one in entries] == ["Cards are declined", "Maintenance: Payments <pause>"]
    said = entries[0].findtext(f"{ATOM}summary") or ""
    assert "A &lt; B &amp; C ]]&gt; &lt;script&gt;" in said
    assert entries[0].findtext(f"{ATOM}updated") == "2026-03-02T09:30:00+00:00"
    clock.forward(minutes=2)
    publish(incident, cast.ana, text="Found.", stage="identified")
    second = ElementTree.fromstring(Client().get(FEED).content)
    same = [one.findtext(f"{ATOM}entry/{ATOM}id") for one in (first, second)]
    assert same[0] == same[1]
    assert second.findtext(f"{ATOM}entry/{ATOM}updated") == "2026-03-02T09:32:00+00:00"
    page = Client().get(PAGE).content.decode()
    assert "<script" not in page
    assert 'href="https://example.com/x" rel="nofollow"' in page


# --- what it never says ------------------------------------------------------------------------


def test_nothing_but_what_was_written_for_it_is_in_any_form(cast, shown, open_incident, clock):
    """Names, numbers, titles, services, teams, causes and texts of the desk stay there, whatever happens to it."""
    incident = open_incident("Zebra-title of pay-gw-3", symptom="Zebra-symptom", people_affected=4711471)
    publish(incident, cast.ana)
    incident.acknowledge(by=cast.ana)
    incident.note(by=cast.ana, text="Zebra-note")
    incident.attempt(by=cast.ana, text="Zebra-attempt", outcome="helped")
    publish(incident, cast.ana, text="Zebra-for-stakeholders", on_status_page=False, to_stakeholders=True)
    clock.forward(minutes=1)
    incident.resolve(by=cast.ana, cause="security", text="Zebra-fix")
    secret = open_incident("Zebra-secret", restricted=True)
    before = open_incident("Zebra-before")
    publish(before, cast.ana, text="Zebra-update")
    before.restrict(by=cast.ana, text="Zebra-why")
    open_incident("Zebra-other", service=Component.objects.get(name="Order mails").service)
    people = ("Ana", "Ruiz", "Jo ", "Sam", "Mei", "example.com")
    inside = ("Payments", "cluster", "Applications", "desk", "L1", "SEV", "INC-", "security", "4711471", "pay-gw")
    numbers = [str(one.number) for one in (incident, secret, before)]
    for form in FORMS:
        body = Client().get(form).content.decode().replace("http://127.0.0.1:8000", "")
        body = UUID.sub("", body)  # whose digits may happen to be a number of ours
        for word in ("Zebra", *people, *inside, *numbers):
            assert word not in body, f"{word} in {form}"


def test_without_a_title_for_outsiders_it_is_called_by_what_it_touches(cast, shown, open_incident):
    incident = open_incident("Zebra")
    publish(incident, cast.ana, public_title="")
    assert read()["incidents"][0]["title"] == "Trouble with Web shop"
    publish(incident, cast.ana, public_title="", effect="", components=[], text="Still so.")
    assert read()["incidents"][0]["title"] == "Trouble with Web shop"


def test_a_component_taken_off_the_page_and_an_archived_service_are_gone(cast, shown, open_incident):
    publish(open_incident(), cast.ana)
    mails = Component.objects.get(name="Order mails")
    mails.service.archived_at = kit_clock.now()
    mails.service.save()
    assert states(read()) == {"Web shop": "partly_down"}
    mails.service.archived_at = None
    mails.service.save()
    Component.objects.get(name="Web shop").delete()
    found = read()
    assert (states(found), found["summary"]) == ({"Order mails": "good"}, "There is trouble.")
    assert (found["incidents"][0]["components"], found["incidents"][0]["title"]) == ([], "Cards are declined")


def test_the_record_says_what_was_said_outside(cast, shown, open_incident):
    incident = open_incident()
    publish(incident, cast.ana)
    entry = Entry.objects.get(trail=incident.trail_id, kind="update_published")
    assert '"effect":"partly_down"' in entry.data
    assert '"Web shop"' in entry.data
    assert Incident.objects.get(pk=incident.pk).severity == incident.severity
