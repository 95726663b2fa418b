"""What an incident came to: one row when it is over, none while it is open, and as its record says."""

from datetime import timedelta
from importlib import import_module
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.core.management import call_command

from escalation.people.models import User
from escalation.policies.models import Installation
from incidents import summing
from incidents.counting.conditions import ONLY
from incidents.models import Incident, Source, Summary, SummaryShare
from tests.measured import all_figures

REASONS = ("expertise", "authority", "access", "impact", "time", "capacity")
pytestmark = pytest.mark.django_db


def again(incident: Incident) -> Incident:
    return Incident.objects.get(pk=incident.pk)


@pytest.fixture
def month(cast, clock, open_incident) -> SimpleNamespace:
    """Six incidents as they come: solved by the desk, by the second tier, misrouted, by itself, merged, still open."""
    User.objects.filter(pk=cast.mei.pk).update(time_zone="Pacific/Auckland")  # where it is night now
    easy = open_incident("Printer of the till jams")
    clock.forward(minutes=1)
    easy.acknowledge(by=cast.ana)
    clock.forward(minutes=9, seconds=30)
    again(easy).resolve(by=cast.ana, cause="change", text="Cleared")

    hard = open_incident("Card payments fail")
    clock.forward(minutes=2)
    hard.acknowledge(by=cast.jo)
    clock.forward(minutes=3)
    again(hard).escalate(by=cast.jo, reason="expertise", text="Theirs")
    clock.forward(minutes=1)
    again(hard).acknowledge(by=cast.mei)
    again(hard).begin_work(by=cast.kim)
    clock.forward(minutes=5)
    again(hard).hold(by=cast.mei, until=clock.now() + timedelta(minutes=20), text="Waiting for the bank")
    clock.forward(minutes=25)
    again(hard).resolve(by=cast.mei, cause="change", text="Rolled back")
    clock.forward(minutes=10)
    again(hard).reopen(by=cast.ana, text="It is back")
    clock.forward(minutes=1)
    again(hard).acknowledge(by=cast.ana)
    again(hard).reassign(by=cast.sam, to=cast.jo, text="Ana leaves")
    clock.forward(minutes=2)
    again(hard).escalate(by=cast.jo, reason="expertise", text="Theirs")
    clock.forward(minutes=1)
    again(hard).acknowledge(by=cast.mei)
    clock.forward(minutes=4)
    again(hard).resolve(by=cast.mei, cause="change", text="Rolled back for good")

    sent_up = open_incident("Reports are slow")
    clock.forward(minutes=6)  # nobody answers, so the second tier is called
    again(sent_up).acknowledge(by=cast.mei)
    again(sent_up).hand_over(by=cast.mei, to=cast.ana, text="A full disk, the desk can clear it")
    clock.forward(minutes=1)
    again(sent_up).accept(by=cast.ana)
    clock.forward(minutes=3)
    again(sent_up).resolve(by=cast.ana, cause="change", text="Cleared")

    monitor = Source.objects.create(name="Monitor", service=cast.service)
    alone = open_incident("Latency")
    clock.forward(minutes=3)
    again(alone).resolve_by_source(monitor)

    twin = open_incident("Card payments fail again")
    still = open_incident("Card payments fail")
    again(twin).merge_into(still, by=cast.ana, text="The same")
    return SimpleNamespace(easy=easy, hard=hard, sent_up=sent_up, alone=alone, twin=twin, still=still)


@pytest.fixture
def odd(month, cast, clock, open_incident) -> SimpleNamespace:
    """One that somebody of a tier solved that never had it; a slip that was taken back; one that nobody answered; and
    one that was held out, and put on hold."""
    seen = open_incident("Vouchers are refused")
    again(seen).acknowledge(by=cast.ana)
    again(seen).resolve(by=cast.mei, cause="change", text="I know this one")

    slip = open_incident("Receipts come out blank")
    again(slip).acknowledge(by=cast.ana)
    again(slip).reassign(by=cast.sam, to=cast.mei, text="Mei")
    again(slip).undo(by=cast.sam, seq=again(slip).trail.length)
    clock.forward(minutes=5)
    again(slip).resolve(by=cast.ana, cause="change", text="Paper the wrong way round")

    silent = open_incident("The till clock is wrong")
    clock.forward(hours=3)
    again(silent).resolve(by=cast.mei, cause="change", text="Set")

    held = open_incident("Card readers reboot")
    again(held).acknowledge(by=cast.ana)
    again(held).hand_over(by=cast.ana, to=cast.jo, text="Lunch")
    again(held).accept(by=cast.jo)
    again(held).hold(by=cast.jo, until=clock.now() + timedelta(minutes=20), text="Waiting")
    clock.forward(minutes=25)
    again(held).resolve(by=cast.jo, cause="change", text="Their update is through")
    return SimpleNamespace(seen=again(seen), slip=again(slip), silent=again(silent), held=again(held))


def test_every_figure_is_as_a_plain_program_reads_it_from_the_record(odd):
    shares: dict[int, dict] = {}
    for one in SummaryShare.objects.all():
        shares.setdefault(one.summary_id, {})[one.person_id] = (one.hands_on_s, one.calls, one.night_calls)
    kept = {}
    for row in Summary.objects.select_related("incident"):
        reasons = {
            name: getattr(row, name) for name in ("expertise", "authority", "access", "impact", "time", "capacity")
        }
        plain = ("resolve_s", "acknowledge_s", "escalate_s", "expert_s", "furthest", "solver", "tiers", "handovers")
        plain += ("misrouted",)
        kept[row.incident.number] = {
            **{name: getattr(row, name) for name in (*plain, "reopened", "alone", "by_clock")},
            "reasons": {name: count for name, count in reasons.items() if count},
            "people": shares.get(row.pk, {}),
        }
        assert row.hands_on_s == sum(spent for spent, _calls, _nights in shares.get(row.pk, {}).values())
    assert kept == all_figures()


def test_solved_by_a_tier_that_never_had_it_it_went_no_further_than_it_had_to(odd):
    """Neither was the further tier called in vain, nor did the only tier that had it solve it."""
    row = odd.seen.summary
    assert (row.furthest, row.solver) == ("L1 Service desk", "L2 Applications")
    assert (row.expert_s, row.misrouted) == (None, False)
    first = Summary.objects.filter(ONLY["first"])
    assert not first.filter(incident=odd.seen).exists()
    assert first.filter(incident=odd.slip).exists()


def test_a_slip_that_was_taken_back_moved_it_nowhere(odd):
    row = odd.slip.summary
    assert (row.tiers, row.furthest, row.handovers, row.misrouted) == (1, "L1 Service desk", 0, False)


def test_whoever_is_called_at_the_end_of_the_path_was_called_and_so_was_who_got_it_handed(odd, cast):
    last = Installation.objects.get().last_resort
    assert odd.silent.summary.shares.get(person=last).calls == 1
    assert odd.held.summary.shares.get(person=cast.jo).calls == 3  # by the desk's step, by Ana, and when it woke


def test_what_is_over_is_measured_and_nothing_else(month):
    measured = set(Summary.objects.values_list("incident", flat=True))
    assert measured == {month.easy.pk, month.hard.pk, month.sent_up.pk, month.alone.pk}


@pytest.mark.rehearsal("long")
def test_the_figures_are_what_people_would_say(month, cast):
    easy, hard = month.easy.summary, month.hard.summary
    assert (easy.acknowledge_s, easy.escalate_s, easy.expert_s, easy.resolve_s) == (60, None, 0, 630)
    assert (easy.hands_on_s, easy.solver, easy.misrouted) == (570, "L1 Service desk", False)
    assert (hard.acknowledge_s, hard.escalate_s, hard.expert_s) == (120, 300, 300)
    assert (hard.reopened, hard.expertise, hard.handovers, hard.solver) == (1, 2, 1, "L2 Applications")
    assert month.sent_up.summary.misrouted  # the desk solved what the second tier was called for
    assert month.sent_up.summary.by_clock == 1
    assert (month.alone.summary.solver, month.alone.summary.acknowledge_s) == ("", None)
    assert (month.alone.summary.alone, easy.alone) == (True, False)
    assert easy.shares.get(person=cast.ana).hands_on_s == 570
    assert easy.shares.get(person=cast.ana).night_calls == 0
    assert 0 < hard.shares.get(person=cast.mei).night_calls <= hard.shares.get(person=cast.mei).calls


def test_it_is_told_who_was_warned_and_hesitated(open_incident, cast, clock):
    """Two attempts in vain, one for the worse, and nearly no time left: it is time, and the clock has to say so."""
    one = open_incident("Card payments fail")
    one.acknowledge(by=cast.ana)
    again(one).attempt(by=cast.ana, text="Restarted it", outcome="no_effect")
    again(one).attempt(by=cast.ana, text="Restarted the other", outcome="worse")
    clock.forward(hours=2)
    again(one).resolve(by=cast.mei, cause="change", text="Rolled back")
    assert again(one).summary.hesitated
    assert 0 < again(one).summary.warned_s < 7200


def test_a_clock_that_this_machine_does_not_know_keeps_nobody_from_resolving(open_incident, cast):
    incident = open_incident()
    User.objects.update(time_zone="Nowhere/Else")
    Incident.objects.get(pk=incident.pk).resolve(by=cast.ana, cause="change", text="Gone")
    assert Summary.objects.count() == 1


def test_reopened_it_is_not_over_and_resolved_again_it_is(month, cast, clock):
    again(month.easy).reopen(by=cast.jo, text="It jams again")
    assert not Summary.objects.filter(incident=month.easy).exists()
    again(month.easy).acknowledge(by=cast.jo)
    again(month.easy).resolve(by=cast.jo, cause="change", text="New roller")
    assert Summary.objects.get(incident=month.easy).reopened == 1


def test_made_anew_from_the_record_the_rows_are_the_same(month, capsys):
    before = [list(Summary.objects.order_by("pk").values()), _shares()]
    Summary.objects.filter(incident=month.easy).delete()
    Summary.objects.filter(incident=month.hard).update(resolve_s=1)
    call_command("rebuild_summaries")
    assert "4 incidents are measured." in capsys.readouterr().out
    assert [list(Summary.objects.order_by("pk").values()), _shares()] == before
    assert summing.refresh(Incident.objects.filter(pk=month.still.pk)) == 0


def test_what_was_there_before_is_measured_by_the_migration(month):
    before = [list(Summary.objects.order_by("pk").values()), _shares()]
    Summary.objects.all().delete()
    import_module("incidents.migrations.0035_summaries").fill(apps, None)
    assert [list(Summary.objects.order_by("pk").values()), _shares()] == before


def _shares() -> list:
    rows = SummaryShare.objects.order_by("summary", "person")
    return list(rows.values_list("summary", "person", "hands_on_s", "calls", "night_calls"))
