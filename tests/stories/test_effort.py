"""Hands-on time: it follows the baton, and what people say themselves; the page never does."""

import json
from datetime import datetime, timedelta

import pytest
from django.test import Client

from escalation.engine.models import Delivery
from escalation.kit.errors import Refused
from escalation.notify.message import Recipient, compose
from escalation.trail.models import Entry
from incidents.models import Attempt
from incidents.models.advising import Advice, Advised
from incidents.models.effort import sums
from tests.stories.test_incident_page import fresh, main, post, url, words

pytestmark = pytest.mark.django_db


def signed_in(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def worked(open_incident, clock, cast):
    incident = open_incident("Card payments fail")
    clock.forward(minutes=1)
    incident.acknowledge(by=cast.ana)
    return fresh(incident)


def spent(incident, clock) -> dict[tuple[str, str], int]:
    """Minutes by first name and tier."""
    found = sums(fresh(incident).effort().intervals, clock.now())
    return {(one.name.split()[0], one.tier.split()[0]): round(one.spent.total_seconds() / 60) for one in found}


def test_a_day_of_work_is_counted_by_person_and_tier(worked, cast, clock):
    clock.forward(minutes=4)
    fresh(worked).begin_work(by=cast.jo)  # four hands from now on
    clock.forward(minutes=5)
    fresh(worked).hold(by=cast.ana, until=clock.now() + timedelta(hours=1), text="Waiting for the supplier")
    clock.forward(minutes=30)
    fresh(worked).resume(by=cast.ana)
    clock.forward(minutes=2)
    fresh(worked).escalate(by=cast.ana, reason="expertise", text="Theirs.")
    clock.forward(minutes=1)
    fresh(worked).acknowledge(by=cast.mei)
    fresh(worked).begin_work(by=cast.ana)
    clock.forward(minutes=6)
    fresh(worked).stop_work(by=cast.ana)
    clock.forward(minutes=4)
    fresh(worked).resolve(by=cast.mei, cause="change", text="Done")
    clock.forward(hours=5)
    assert spent(worked, clock) == {("Ana", "L1"): 9 + 2 + 6, ("Jo", "L1"): 5, ("Mei", "L2"): 10}
    fresh(worked).reopen(by=cast.ana, text="Not over")
    clock.forward(minutes=1)
    assert spent(worked, clock)["Mei", "L2"] == 10


def test_the_sum_can_be_made_again_by_hand_from_the_trail(worked, cast, clock):
    """With nothing but the entries, as somebody with an export would."""
    clock.forward(minutes=7)
    fresh(worked).hand_over(by=cast.ana, to=cast.jo, text="My shift ends")
    clock.forward(minutes=2)
    fresh(worked).accept(by=cast.jo)
    clock.forward(minutes=8)
    fresh(worked).resolve(by=cast.jo, cause="change", text="Done")
    since: dict[str, datetime] = {}
    seconds = {"Ana Ruiz": 0.0, "Jo Okafor": 0.0}
    for entry in Entry.objects.filter(trail=worked.trail_id).order_by("seq"):
        if entry.kind in ("accepted", "resolved"):
            leaves = json.loads(entry.data)["from"]["name"] if entry.kind == "accepted" else entry.actor_name
            seconds[leaves] += (entry.at - since.pop(leaves)).total_seconds()
        if entry.kind in ("acknowledged", "accepted"):
            since[entry.actor_name] = entry.at
    assert seconds == {"Ana Ruiz": 9 * 60, "Jo Okafor": 8 * 60}
    assert {
        one.name: one.spent.total_seconds() for one in sums(fresh(worked).effort().intervals, clock.now())
    } == seconds


def test_it_is_not_the_clock_of_the_work_limit(worked, cast, clock):
    clock.forward(minutes=5)
    before = fresh(worked).run
    fresh(worked).stop_work(by=cast.ana)
    clock.forward(minutes=5)
    after = fresh(worked)
    assert (after.run.epoch, after.run.standing, after.run.holder) == (before.epoch, before.standing, cast.ana)
    assert spent(worked, clock) == {("Ana", "L1"): 5}
    clock.forward(minutes=5)  # the work limit passes all the same
    assert fresh(worked).run.holder is None


def test_what_makes_no_sense_is_refused(worked, cast, clock):
    for verb, by in (
        ("begin_work", cast.ana),
        ("stop_work", cast.jo),
        ("begin_work", cast.rita),
        ("stop_work", cast.otto),
    ):
        with pytest.raises(Refused):
            getattr(fresh(worked), verb)(by=by)
    fresh(worked).hold(by=cast.ana, until=clock.now() + timedelta(hours=1), text="Waiting")
    with pytest.raises(Refused, match="on hold"):
        fresh(worked).begin_work(by=cast.jo)
    fresh(worked).resolve(by=cast.ana, cause="change", text="Done")
    with pytest.raises(Refused, match="resolved"):
        fresh(worked).begin_work(by=cast.jo)
    assert spent(worked, clock) == {}


def test_the_page_counts_and_says_who_works_on_it(worked, cast, clock):
    ana, jo = signed_in(cast.ana), signed_in(cast.jo)
    clock.forward(minutes=12)
    page = jo.get(worked.get_absolute_url())
    assert "Hands-on time 12 min" in words(page)
    assert "Ana Ruiz works on it now" in words(page)
    assert "Ana Ruiz L1 Service desk 12 min" in words(page)
    assert "I work on it too" in words(page)
    done = jo.post(url("work", worked), follow=True)
    assert "Your hands-on time runs. Leaving the page does not stop it." in words(done)
    assert "Ana Ruiz and Jo Okafor work on it now" in words(done)
    assert 'data-hands="2"' in main(done)
    assert "Jo Okafor works on it" in words(done)
    clock.forward(minutes=1)
    ana.get(worked.get_absolute_url())
    ended = jo.post(url("work-end", worked), follow=True)
    assert "Hands-on time 14 min" in words(ended)
    assert "Jo Okafor stopped working on it" in words(ended)
    assert jo.post(url("work-end", worked)).status_code == 409
    assert jo.get(url("work", worked)).status_code == 200  # without script, or by its address
    assert signed_in(cast.rita).post(url("work", worked)).status_code == 404
    assert signed_in(cast.otto).post(url("work", worked)).status_code == 403


def test_an_attempt_takes_its_minutes_from_the_clock_unless_somebody_knows_better(worked, cast, clock):
    clock.forward(minutes=7)
    assert 'placeholder="7 by the clock"' in main(signed_in(cast.ana).get(worked.get_absolute_url()))
    assert "by the clock" not in main(signed_in(cast.jo).get(worked.get_absolute_url()))
    fresh(worked).attempt(by=cast.ana, text="Restarted", outcome="no_effect")
    assert 'by the clock"' not in main(signed_in(cast.ana).get(worked.get_absolute_url()))
    clock.forward(minutes=3)
    fresh(worked).attempt(by=cast.ana, text="Flushed", outcome="no_effect")
    fresh(worked).attempt(by=cast.jo, text="Looked", outcome="no_effect")
    clock.forward(minutes=4)
    fresh(worked).attempt(by=cast.ana, text="Rolled back", outcome="helped", minutes=1)
    assert list(Attempt.objects.order_by("id").values_list("minutes", flat=True)) == [7, 3, None, 1]
    page = words(signed_in(cast.ana).get(worked.get_absolute_url()))
    assert "no effect 7 min by the clock" in page
    assert "Ana Ruiz · L1 Service desk · 1 min ·" in page


def test_many_short_attempts_are_together_no_longer_than_the_work(worked, cast, clock):
    for text in ("Restarted", "Flushed", "Rolled back", "Restarted again"):
        clock.forward(seconds=20)
        fresh(worked).attempt(by=cast.ana, text=text, outcome="no_effect")
    assert list(Attempt.objects.order_by("id").values_list("minutes", flat=True)) == [1, 0, 0, 1]  # of 80 s
    assert "under 1 min by the clock" in words(signed_in(cast.ana).get(worked.get_absolute_url()))


def test_whoever_gets_it_reads_for_how_long_hands_were_on_it(worked, cast, clock):
    clock.forward(minutes=9)
    ana = signed_in(cast.ana)
    assert "Goes along: 9 min hands-on" in words(ana.get(url("handover", worked)))
    fresh(worked).attempt(by=cast.ana, text="Restarted", outcome="no_effect")
    assert "Goes along: tried once, never helped, 9 min hands-on" in words(ana.get(url("escalation", worked)))
    post(ana, "handover", worked, to=f"person:{cast.jo.pk}", text="Yours?")
    offer = Delivery.objects.filter(kind="offer", person=cast.jo).last()
    said = compose(offer.message, to=Recipient.person(cast.jo), at=offer.queued_at).full
    assert "So far: tried once, never helped, 9 min hands-on." in said
    assert "hands_on_s" not in fresh(worked).run.brief


def test_who_is_called_by_an_advice_that_was_taken_reads_for_how_long_too(worked, cast, clock):
    clock.forward(minutes=7)
    incident = fresh(worked)
    [(lap, place, step), *_more] = incident.onward()
    advised = Advised("now", [], "L1 Service desk", step.tier, "balanced")
    advice = Advice(advised, (lap, place), "time", "It takes long.")
    incident.take_advice(by=cast.ana, judge=lambda: advice)
    assert Delivery.objects.filter(kind="call").latest("id").message["hands_on_s"] == 7 * 60
