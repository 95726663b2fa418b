"""Incidents that belong together: duplicates go on in one place, parts are seen with the whole."""

import json

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from escalation.engine.models import Delivery, EscalationRun, Timer
from escalation.kit.errors import Refused
from escalation.trail.models import Entry
from escalation.trail.verifying import verify
from incidents.models import Access, AlertKey, Incident, Link
from tests.incidents.inbound_kit import ALL_ENDED, FIRES, JOINS, Sender
from tests.stories.test_incident_page import fresh, words

pytestmark = pytest.mark.django_db


@pytest.fixture
def two(open_incident, clock, cast):
    """Jo has the older one; Ana was called for the newer one."""
    older = open_incident("Card payments fail")
    older.acknowledge(by=cast.jo)
    clock.forward(seconds=20)
    return older, open_incident("Shop says: pay later", people_affected=30)


@pytest.fixture
def ana(cast):
    client = Client()
    client.force_login(cast.ana)
    return client


def said(incident, kind) -> list[tuple[Entry, dict]]:
    entries = Entry.objects.filter(trail=incident.trail_id, kind=kind).order_by("seq")
    return [(entry, json.loads(entry.data)) for entry in entries]


def page(client, incident) -> str:
    return words(client.get(incident.get_absolute_url()))


# --- duplicates -------------------------------------------------------------------------------


def test_a_duplicate_ends_and_goes_on_in_the_other(two, cast, clock, ana):
    older, newer = two
    answer = ana.post(f"{newer.get_absolute_url()}merging/", {"to": older.number, "text": "The same gateway."})
    assert answer.status_code == 302
    newer, older = fresh(newer), fresh(older)
    assert (newer.status, newer.cause, newer.merged_into, newer.resolver) == ("resolved", "duplicate", older, cast.ana)
    assert older.status == "acknowledged" and older.run.holder == cast.jo
    assert not Timer.objects.filter(trail=newer.trail_id, state="armed").exclude(kind="close").exists()
    [(entry, data)] = said(newer, "resolved")
    assert data["merged_into"] == older.ref and entry.said.text == "The same gateway."
    [(entry, data)] = said(older, "absorbed")
    assert data == {"ref": newer.ref} and entry.said.text == "The same gateway."
    told = Delivery.objects.filter(kind="merged")  # not Ana: she did it herself
    assert {(one.person, one.run_id, one.message["from"]) for one in told} == {(cast.jo, older.run.pk, newer.ref)}
    assert f"Ana Ruiz merged it into {older.ref}" in page(ana, newer)
    assert f"Merged: it goes on as {older.ref}." in page(ana, newer)
    assert f"Ana Ruiz merged into this: {newer.ref}" in page(ana, older)
    assert not any(verify(one.trail, now=clock.now()).fault for one in (newer, older))
    call_command("audit_engine")
    clock.forward(minutes=90)
    assert not Entry.objects.filter(trail=newer.trail_id, kind="called").exclude(pk__lte=entry.pk).exists()


def test_what_its_source_says_is_heard_in_the_other(cast, clock, open_incident):
    sender = Sender(service=cast.service)
    sender.posts(FIRES)
    newer = Incident.objects.get()
    older = open_incident("The disk of the shop")
    newer.merge_into(older, by=cast.ana, text="One disk.")
    clock.forward(minutes=1)
    sender.posts(JOINS)
    assert Incident.objects.count() == 2 and fresh(newer).status == "resolved"
    [key] = AlertKey.objects.filter(ended_at=None)
    assert key.incident == older and said(older, "alert")
    sender.posts(ALL_ENDED)
    assert fresh(older).status == "triggered"  # a person opened it: a person ends it
    assert not AlertKey.objects.filter(ended_at=None).exists()
    call_command("audit_engine")


def test_the_other_becomes_as_severe_as_the_duplicates_source_said(cast, open_incident):
    older = open_incident("Slow")
    north = Sender(service=cast.service).source
    newer = Incident.open(title="Disk full", service=cast.service, source=north, reported_severity=1)
    assert older.severity > 1
    newer.merge_into(older, by=cast.ana, text="Because the disk is full.")
    older = fresh(older)
    assert older.severity == older.run.severity == 1
    assert said(older, "absorbed")[0][1]["severity"]["to"] == 1


def test_whoever_could_see_the_duplicate_sees_the_other(two, cast):
    older, newer = two
    Access.objects.create(incident=newer, person=cast.rita)
    assert not Incident.objects.visible_to(cast.rita).filter(pk=older.pk).exists()
    newer.merge_into(older, by=cast.ana, text="The same.")
    assert Incident.objects.visible_to(cast.rita).filter(pk=older.pk).exists()


def test_a_merge_is_refused_where_something_would_be_lost_or_shown(two, cast, open_incident, clock):
    older, newer = two
    hidden = open_incident("Somebody is inside", restricted=True)
    seen = newer.state_token
    for other, code in ((newer, "invalid"), (hidden, "state")):
        with pytest.raises(Refused) as refusal:
            newer.merge_into(other, by=cast.ada, text="The same.")
        assert refusal.value.code == code
    with pytest.raises(Refused, match="Write a few words"):
        newer.merge_into(older, by=cast.ana, text=" ")
    newer.acknowledge(by=cast.ana)
    with pytest.raises(Refused, match="Nothing was changed"):
        newer.merge_into(older, by=cast.ana, text="The same.", seen=seen)
    older.resolve(by=cast.jo, cause="change", text="Rolled back.")
    with pytest.raises(Refused, match="is resolved"):
        newer.merge_into(older, by=cast.ana, text="The same.")
    assert fresh(newer).status == "acknowledged" and not said(older, "absorbed")


def test_a_merged_one_re_opened_climbs_by_itself_and_its_alerts_stay(cast, clock, open_incident):
    Sender(service=cast.service).posts(FIRES)
    newer = Incident.objects.get()
    older = open_incident("The disk of the shop")
    newer.merge_into(older, by=cast.ana, text="One disk.")
    newer.reopen(by=cast.ana, text="Another disk after all.")
    newer = fresh(newer)
    assert newer.status == "triggered" and newer.merged_into is None
    assert AlertKey.objects.get(ended_at=None).incident == older
    assert EscalationRun.objects.running().filter(trail=newer.trail_id).exists()
    call_command("audit_engine")


# --- parts and relations ----------------------------------------------------------------------


def test_parts_are_seen_with_the_whole_which_is_not_ended_without_a_word(two, cast, ana):
    whole, part = two
    answer = ana.post(f"{part.get_absolute_url()}links/", {"ref": whole.ref.lower(), "kind": "part"})
    assert answer.status_code == 302
    assert "Its parts 0 of 1 resolved" in page(ana, whole) and part.title in page(ana, whole)
    assert f"Part of {whole.ref}" in page(ana, part)
    assert f"Ana Ruiz made this a part of {whole.ref}" in page(ana, part)
    assert f"Ana Ruiz gave this a part: {part.ref}" in page(ana, whole)
    assert "1 part of it is still open." in words(ana.get(f"{whole.get_absolute_url()}resolution/"))
    part.resolve(by=cast.ana, cause="change", text="Rolled back.")
    assert "Its parts 1 of 1 resolved" in page(ana, whole)
    assert "still open" not in words(ana.get(f"{whole.get_absolute_url()}resolution/"))


def test_there_is_one_storey_of_parts_and_each_belongs_to_one(two, cast, open_incident):
    whole, part = two
    third = open_incident("A third")
    part.link(whole, kind="part", by=cast.ana)
    for one, other, said_so in ((part, third, "is itself a part"), (third, part, "is itself a part"),
                                (whole, third, "has parts of its own"), (whole, part, "already")):  # fmt: skip
        with pytest.raises(Refused, match=said_so):
            one.link(other, kind="part", by=cast.ana)
    third.link(part, kind="related", by=cast.ana)
    assert Link.objects.get(kind="related").incident == part  # the older one, whoever said so


def test_a_link_is_taken_back_once(two, cast, ana):
    one, other = two
    one.link(other, kind="related", by=cast.ana)
    removal = f"{other.get_absolute_url()}links/{one.number}/removal/"
    assert ana.post(removal).status_code == 302
    assert ana.post(removal).status_code == 409
    assert not Link.objects.exists() and len(said(one, "unlinked")) == len(said(other, "unlinked")) == 1


def test_nobody_learns_of_what_they_may_not_see(two, cast, open_incident, ana):
    one, _other = two
    hidden = open_incident("Somebody is inside", restricted=True)
    Access.objects.filter(incident=hidden, person=cast.ana).delete()
    assert not Incident.objects.visible_to(cast.ana).filter(pk=hidden.pk).exists()
    one.link(hidden, kind="related", by=cast.ada)
    assert hidden.ref not in page(ana, one) and "linked this with another incident" in page(ana, one)
    for address in ("merging", "links"):
        answer = ana.post(f"{one.get_absolute_url()}{address}/", {"ref": hidden.ref, "kind": "part", "text": "So."})
        assert answer.status_code == 422 and f"There is no {hidden.ref} that you may see" in words(answer)
        assert hidden.title not in words(answer)
    assert ana.post(f"{one.get_absolute_url()}links/{hidden.number}/removal/").status_code == 404


def test_who_only_looks_changes_nothing(two, cast):
    one, other = two
    client = Client()
    client.force_login(cast.otto)
    for address in ("merging/", "links/", f"links/{other.number}/removal/"):
        assert client.post(f"{one.get_absolute_url()}{address}", {"to": other.number, "text": "So."}).status_code == 403
    assert "Merge into another" not in page(client, one)


@pytest.mark.parametrize("typed", ["", "abc", "INC-", "-5", "9" * 30])
def test_a_number_that_is_none_is_said_at_its_place(two, ana, typed):
    answer = ana.post(f"{two[0].get_absolute_url()}links/", {"ref": typed, "kind": "related"})
    assert answer.status_code == 422


def test_many_links_cost_two_queries(two, cast, open_incident, ana):
    one, other = two

    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert ana.get(one.get_absolute_url()).status_code == 200
        return len(queries)

    before = cost()
    one.link(other, kind="related", by=cast.ana)
    with_one = cost()
    for number in range(12):
        open_incident(f"Number {number}").link(one, kind="part" if number else "related", by=cast.ana)
    assert cost() == with_one <= before + 2
