"""Attempts: rows that can be counted and found, made of entries that stay the truth."""

import json
from importlib import import_module

import pytest
from django.apps import apps
from django.db import connection

from escalation.kit.errors import Refused
from escalation.trail import triggers
from escalation.trail.models import EntryText
from escalation.trail.verifying import verify
from incidents.models import Attempt, Incident
from incidents.models.attempts import counted, parted, supposed, worded

pytestmark = pytest.mark.django_db


@pytest.fixture
def worked(open_incident, cast):
    incident = open_incident()
    incident.acknowledge(by=cast.ana)
    return Incident.objects.get(pk=incident.pk)


@pytest.mark.parametrize(
    ("hypothesis", "action"),
    [
        ("", "Restarted it"),
        ("The cache is stale", "Flushed it"),
        ("Two\nlines\u2028of it", "First.\n\nThen the second paragraph."),
        ("\x00\x01", "Only noise before\n\nit"),
    ],
)
def test_hypothesis_and_action_are_one_text_and_can_be_told_apart(hypothesis, action):
    kept = supposed(hypothesis)
    assert parted(worded(kept, action), has_hypothesis=bool(kept)) == (kept, action)


def test_a_text_that_was_taken_away_leaves_no_hypothesis():
    assert parted("removed on request", has_hypothesis=True) == ("", "removed on request")


def test_an_attempt_is_a_row_of_what_its_entry_says(worked, cast, clock):
    clock.forward(minutes=3)
    worked.attempt(by=cast.ana, text="Flushed it", outcome="helped", hypothesis="The cache is stale", minutes=4)
    row = Attempt.objects.get()
    assert (row.person, row.tier, row.outcome, row.minutes) == (cast.ana, cast.tiers["l1"], "helped", 4)
    assert (row.at, row.entry.kind, row.entry.said.text) == (clock.now(), "attempt", "The cache is stale\n\nFlushed it")
    said = {"outcome": "helped", "number": 1, "tier": "L1 Service desk", "minutes": 4, "hypothesis": True}
    assert json.loads(row.entry.data) == said
    worked.attempt(by=cast.jo, text="Restarted it", outcome="worse")
    assert (counted(Attempt.objects.told()), Incident.objects.get().attempts) == ({"tried": 2, "helped": 1}, 2)


def test_what_was_written_is_nowhere_but_in_the_entry(worked, cast):
    """A lawful redaction takes one text away, and nothing of it is left in the row."""
    worked.attempt(by=cast.ana, text="Called Mr Secret", outcome="helped", hypothesis="Secretly broken")
    with triggers.lifted(connection):
        EntryText.objects.filter(entry__kind="attempt").update(text="")
    assert "ecret" not in json.dumps(list(Attempt.objects.values()), default=str)
    assert "ecret" not in Attempt.objects.get().entry.canonical
    assert not Attempt.objects.search("secret").exists()


def test_no_attempt_without_words_or_with_impossible_minutes(worked, cast):
    for wrong in ({"text": " "}, {"text": "x", "minutes": -1}, {"text": "x", "minutes": 10_001}):
        with pytest.raises(Refused):
            worked.attempt(by=cast.ana, outcome="helped", **wrong)
    assert not Attempt.objects.exists()
    assert Incident.objects.get().attempts == 0


def test_entries_of_before_become_rows_and_the_chain_stays_whole(worked, cast, clock, monkeypatch):
    worked.attempt(by=cast.ana, text="Restarted it", outcome="no_effect")
    for n in range(4):
        clock.forward(minutes=2)
        worked.attempt(by=cast.jo, text="Rolled back", outcome="helped", minutes=n)
    columns = [field.attname for field in Attempt._meta.concrete_fields if not field.primary_key]
    before = list(Attempt.objects.order_by("entry").values_list(*columns))
    Attempt.objects.all().delete()
    migration = import_module("incidents.migrations.0004_attempts")
    monkeypatch.setattr(migration, "SLICE", 2)
    migration.rows_of_entries(apps, None)
    assert list(Attempt.objects.order_by("entry").values_list(*columns)) == before
    worked.trail.refresh_from_db()
    assert verify(worked.trail, now=clock.now()).fault is None


def test_words_find_attempts_in_any_case_and_only_where_one_may_look(worked, cast, open_incident):
    worked.attempt(by=cast.ana, text="Restarted the gateway", outcome="no_effect")
    worked.attempt(by=cast.ana, text="Rolled back", outcome="helped", hypothesis="The gateway's release is bad")
    assert counted(Attempt.objects.search("GATEWAY").told()) == {"tried": 2, "helped": 1}
    assert counted(Attempt.objects.search("gateway restarted").told()) == {"tried": 1, "helped": 0}
    seen = {one: Incident.objects.visible_to(one) for one in (cast.ana, cast.rita)}
    for mine in (Attempt.objects.visible_to(cast.ana), Attempt.objects.on(seen[cast.ana])):
        found, more = mine.looked_through("gateway", 5)
        assert (counted(found), more) == ({"tried": 2, "helped": 1}, False)
        assert mine.looked_through("gateway restarted", 1) == ([], True)
    assert not Attempt.objects.visible_to(cast.rita).exists()
    assert not Attempt.objects.on(seen[cast.rita]).exists()
