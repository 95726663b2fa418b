"""Seen before: on the page of an incident, what looked like it lately, why, and what helped the last time."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import connection

from escalation.kit import clock as kit_clock
from escalation.trail import triggers
from escalation.trail.models import EntryText
from incidents import recognising
from incidents.models import AlertKey, Incident, Service, Source
from tests.many_kit import MOST, cost

pytestmark = pytest.mark.django_db


@pytest.fixture
def look(client):
    def at(incident: Incident, user, *, fresh: bool = True) -> str:
        if fresh:
            cache.clear()
        client.force_login(user)
        answer = client.get(f"{incident.get_absolute_url()}?part=signs", headers={"HX-Request": "true"})
        assert answer.status_code == 200
        return " ".join(answer.content.decode().split())

    return at


@pytest.fixture
def lived_through(open_incident, cast, clock):
    """Opened, and ended by what Jo wrote; some days ago now."""

    def one(title: str, text: str = "", *, days: float = 2, **facts) -> Incident:
        incident = open_incident(title, **facts)
        if text:
            incident.resolve(by=cast.jo, cause="software", text=text)
        clock.jump(days=days)
        return Incident.objects.get(pk=incident.pk)

    return one


def heard(incident: Incident, source: Source, key: str, at) -> None:
    AlertKey.objects.create(incident=incident, source=source, key=key, first_seen=at, last_seen=at)


def test_what_was_seen_before_stands_there_with_what_helped_the_last_time(lived_through, open_incident, cast, look):
    first = lived_through("Card payments fail", "Restarted the gateway")
    second = lived_through("Card payment failing in Berlin", "Drained <node> 4")
    other = lived_through("Invoices are late", "Sent them")
    page = look(open_incident("Card payments fail"), cast.ana)
    assert "Seen 2 times in 30 days" in page
    assert "Last time this helped:</b> <q>Drained &lt;node&gt; 4</q>" in page
    assert second.get_absolute_url() in page and first.get_absolute_url() in page
    assert page.index(second.ref) < page.index(first.ref)
    assert "the same title" in page and "in common: card, payments, fail" in page
    assert other.ref not in page and "Restarted" not in page


def test_nothing_like_it_nothing_there(lived_through, open_incident, cast, look):
    lived_through("Card payments slow", "Waited")
    long_ago = lived_through("Card payments fail", "Restarted the gateway", days=31)
    elsewhere = Service.objects.create(name="Shop", team=cast.teams["Service desk"])
    lived_through("Card payments fail", "Restarted the shop", service=elsewhere, days=0)
    incident = open_incident("Card payments fail")
    later = open_incident("Card payments fail")
    page = look(incident, cast.ana)
    assert "alike" not in page and long_ago.ref not in page
    assert "Seen once in 30 days" in look(later, cast.ana)


@pytest.mark.rehearsal("long")
def test_nobody_reads_what_they_may_not_see(lived_through, open_incident, cast, look):
    secret = lived_through("Card payments fail", "The key of the vault was out")
    open_one = lived_through("Card payments fail", "Restarted the gateway")
    incident = open_incident("Card payments fail")
    incident.let_in(by=cast.ana, person=cast.rita, text="Have a look")
    page = look(incident, cast.rita)
    assert "alike" not in page and "gateway" not in page
    assert "Seen 2 times" in look(incident, cast.ana, fresh=False)
    secret.restrict(by=cast.ana, text="A matter of security")  # and what is kept says nothing of it either
    page = look(incident, cast.sam, fresh=False)
    assert "Seen once in 30 days" in page and open_one.ref in page
    assert secret.ref not in page and "vault" not in page
    assert secret.ref not in look(incident, cast.ana, fresh=False)  # whoever may see it, too: restricted stays apart


def test_what_left_the_record_has_left_there(lived_through, open_incident, cast, look):
    lived_through("Card payments fail", "Restarted the gateway")
    last = lived_through("Card payments fail", "Called Mrs Miller at home")
    incident = open_incident("Card payments fail")
    assert "Mrs Miller" in look(incident, cast.ana)
    with triggers.lifted(connection):
        EntryText.objects.get(entry__trail=last.trail_id, entry__kind="resolved").delete()
    page = look(incident, cast.ana, fresh=False)
    assert "Mrs Miller" not in page and "Restarted the gateway" in page


def test_an_attempt_that_helped_counts_where_the_source_ended_it(open_incident, cast, clock, look):
    source = Source.objects.create(name="Prometheus", service=cast.service)
    first = open_incident("Latency above 2 s", source=source)
    heard(first, source, "latency", clock.now())
    first.attempt(by=cast.ana, text="Raised the pool to 40", hypothesis="The pool is too small", outcome="helped")
    first.resolve_by_source(source, text="Resolved: all is well")
    clock.jump(hours=5)
    second = open_incident("Checkout is slow", source=source)
    heard(second, source, "latency", clock.now())
    page = look(second, cast.ana)
    assert "<q>Raised the pool to 40</q>" in page and "the same alert" in page
    assert "all is well" not in page


def test_a_duplicate_is_no_second_time(lived_through, open_incident, cast, look):
    first, twin = open_incident("Card payments fail"), open_incident("Card payments fail")
    twin.merge_into(first, by=cast.ana, text="The same")
    assert "Seen once" in look(open_incident("Card payments fail"), cast.ana)


def test_many_are_counted_and_few_are_shown_at_once(lived_through, open_incident, cast, look, monkeypatch):
    some = [lived_through("Card payments fail", "Restarted the gateway", days=0.1) for _ in range(5)]
    incident = open_incident("Card payments fail")
    page = look(incident, cast.ana)
    shown, unfolded = page.split("<summary>")
    assert "Seen 5 times" in page and "2 more" in unfolded
    assert [one.ref in shown for one in some] == [False, False, True, True, True]
    assert [one.ref in unfolded for one in some[:2]] == [True, True]


def test_of_very_many_it_says_at_least(lived_through, open_incident, cast, look, monkeypatch):
    monkeypatch.setattr(recognising, "MOST", 2)
    oldest = lived_through("Card payments fail", days=0.1)
    for _ in range(2):
        lived_through("Card payments fail", days=0.1)
    page = look(open_incident("Card payments fail"), cast.ana)
    assert "Seen 2 times or more in 30 days" in page and oldest.ref not in page
    assert "Last time" not in page  # nobody wrote what helped


@pytest.mark.parametrize("viewer", ["ana", "sam", "ada"])
def test_the_page_asks_no_more_often_for_what_was_seen_before(lived_through, open_incident, cast, viewer):
    for _ in range(4):
        lived_through("Card payments fail", "Restarted the gateway", days=0.1)
    incident = open_incident("Card payments fail")
    incident.acknowledge(by=cast.ana)
    incident.state(by=cast.ana, people_affected=5000)
    assert cost(getattr(cast, viewer), incident.get_absolute_url())[0] <= MOST


def test_its_edges_are_exact(open_incident, cast, clock, look):
    first = open_incident("Card payments fail")
    kit_clock.fix(first.opened_at + timedelta(days=30))
    assert "Seen once" in look(open_incident("Card payments fail"), cast.ana)
    kit_clock.fix(first.opened_at + timedelta(days=30, microseconds=1))
    assert first.ref not in look(open_incident("Card payments fail"), cast.ana)
