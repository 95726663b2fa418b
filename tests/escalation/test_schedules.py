"""Schedules as rows: their plans in a fixed number of queries, and the verbs that change who covers."""

import json
from contextlib import contextmanager
from datetime import date, time, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from escalation.kit.errors import Refused
from escalation.oncall import as_seen, coverage
from escalation.oncall.changing import under_way
from escalation.oncall.models import Layer, Override, Schedule, Seat, SwapRequest
from escalation.oncall.roster import OnCall
from escalation.oncall.shifts import final, on_call
from escalation.oncall.spans import Span
from escalation.oncall.swaps import Wish
from escalation.trail.models import Entry
from tests.threads import together

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


def make_schedule(
    name="Desk", *, team, people, unit="days", starts_on=date(2026, 3, 1), zone="UTC", **fields
) -> Schedule:
    """Turns of a day from 09:00 UTC; the story's Monday, 2 March 09:30, is the second turn."""
    schedule = Schedule.objects.create(name=name, team=team, time_zone=zone)
    layer = Layer.objects.create(schedule=schedule, name="Turns", unit=unit, starts_on=starts_on, **fields)
    for position, person in enumerate(people, start=1):
        Seat.objects.create(layer=layer, position=position, person=person)
    return schedule


@pytest.fixture
def desk(cast, clock) -> Schedule:
    """Ana has the first day, and Jo has today."""
    return make_schedule(team=cast.teams["Service desk"], people=[cast.ana, cast.jo])


def on(schedule, at) -> list[int]:
    return list(on_call(schedule.plan(), at))


def turn(schedule, clock, days: int) -> Span:
    """The turn so many days after today's, from nine to nine."""
    nine = clock.now().replace(hour=9, minute=0)
    return Span(nine + days * DAY, nine + (days + 1) * DAY)


def last_entry() -> tuple[str, dict]:
    entry = Entry.objects.filter(trail__subject="installation").latest("seq")
    return entry.kind, json.loads(entry.data)


@contextmanager
def refused(code: str):
    with pytest.raises(Refused) as refusal:
        yield
    assert refusal.value.code == code


# --- plans ----------------------------------------------------------------------------------------


def test_any_number_of_schedules_is_read_with_the_same_few_queries(cast, clock):
    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            plans = Schedule.objects.all().plans()
            assert all(final(plan, clock.now(), clock.now() + DAY) for plan in plans.values())
        return len(queries)

    def roster() -> int:
        with CaptureQueriesContext(connection) as queries:
            there = OnCall(set(Schedule.objects.values_list("pk", flat=True)), clock.now())
            assert all(there.at(pk, clock.now()) for pk in there.plans)
        return len(queries)

    make_schedule("One", team=cast.teams["Platform"], people=[cast.tom])
    one = count(), roster()
    for number in range(5):
        more = make_schedule(f"More {number}", team=cast.teams["Platform"], people=[cast.tom, cast.mei])
        more.override(by=cast.ada, person=cast.jo, starts_at=clock.now(), ends_at=clock.now() + DAY)
    assert (count(), roster()) == one
    assert one == (3, 3)  # with the list of ids


def test_hours_and_zones_are_checked_where_they_are_typed(cast):
    schedule = Schedule(name="x", team=cast.teams["Platform"], time_zone="Mars/Base")
    with pytest.raises(ValidationError, match="is not a time zone"):
        schedule.full_clean()
    layer = Layer(name="x", starts_on=date(1026, 3, 1), hand_off=time(9), hours="nine to five", every=0)
    with pytest.raises(ValidationError) as found:
        layer.full_clean(exclude=["schedule"])
    assert set(found.value.message_dict) == {"hours", "every", "starts_on"}


def test_who_is_on_call_is_asked_of_the_accounts_too(cast, clock, desk):
    now = clock.now()
    assert OnCall({desk.pk}, now).at(desk.pk, now) == (cast.jo,)
    cast.jo.is_active = False
    cast.jo.save()
    there = OnCall({desk.pk}, now)
    assert there.at(desk.pk, now) == ()
    assert there.coming([desk.pk], now) == (turn(desk, clock, 1).start, (cast.ana,))
    desk.archived_at = now
    desk.save()
    assert OnCall({desk.pk}, now).coming([desk.pk], now) is None


def test_gaps_ahead_say_whose_account_is_missing(cast, clock, desk):
    now = clock.now()
    assert coverage.coming_gaps([desk], now) == {desk.pk: []}
    desk.override(by=cast.ada, person=None, starts_at=now + 3 * DAY, ends_at=now + 4 * DAY)
    cast.ana.is_active = False
    cast.ana.save()
    found = coverage.coming_gaps([desk], now, ahead=4 * DAY)[desk.pk]
    tomorrow = turn(desk, clock, 1)
    assert [(gap.start, gap.end, gap.gone) for gap in found] == [
        (tomorrow.start, tomorrow.end, cast.ana),
        (turn(desk, clock, 3).start, now + 3 * DAY, cast.ana),
        (now + 3 * DAY, now + 4 * DAY, None),
    ]


# --- overrides ------------------------------------------------------------------------------------


def test_a_supervisor_puts_somebody_else_and_it_is_on_record(cast, clock, desk):
    now = clock.now()
    made = desk.override(by=cast.sam, person=cast.mei, starts_at=now, ends_at=now + HOUR, reason="Jo is at the dentist")
    assert on(desk, now) == [cast.mei.pk] and on(desk, now + HOUR) == [cast.jo.pk]
    kind, data = last_entry()
    assert kind == "schedule_overridden" and data["name"] == "Desk"
    assert data["after"]["person"] == {"id": cast.mei.pk, "name": "Mei Tanaka"}
    assert data["after"]["reason"] == made.reason == "Jo is at the dentist"


def test_cancelling_ends_it_and_leaves_the_past_as_it_was(cast, clock, desk):
    now = clock.now()
    made = desk.override(by=cast.sam, person=cast.mei, starts_at=now, ends_at=now + 4 * HOUR)
    later = desk.override(by=cast.sam, person=cast.mei, starts_at=now + 5 * HOUR, ends_at=now + 6 * HOUR)
    clock.jump(hours=1)
    desk.cancel_override(made, by=cast.mei)  # who covers may say so too
    desk.cancel_override(later, by=cast.sam)
    assert [on(desk, now + hours * HOUR) for hours in (0, 1, 5)] == [[cast.mei.pk], [cast.jo.pk], [cast.jo.pk]]
    assert Override.objects.count() == 2
    assert last_entry()[0] == "schedule_override_cancelled"
    with refused("stale"):
        desk.cancel_override(made, by=cast.sam)


def test_what_makes_no_sense_is_refused(cast, clock, desk):
    now = clock.now()
    gone, entries = cast.kim, Entry.objects.count()
    gone.is_active = False
    gone.save()

    def put(**fields):
        desk.override(**{"by": cast.sam, "person": cast.mei, "starts_at": now, "ends_at": now + HOUR, **fields})

    for code, fields in [
        ("not-allowed", {"by": cast.ana}),
        ("not-allowed", {"by": cast.kim}),
        ("invalid", {"ends_at": now}),
        ("invalid", {"starts_at": now - DAY, "ends_at": now}),
        ("invalid", {"ends_at": now + 400 * DAY}),
        ("invalid", {"person": gone}),
        ("invalid", {"person": cast.otto}),
    ]:
        with refused(code):
            put(**fields)
    desk.archived_at = now
    desk.save()
    with refused("state"):
        put()
    assert not Override.objects.exists() and Entry.objects.count() == entries


def test_take_it_now_lasts_until_the_shift_ends(cast, clock, desk):
    taken = desk.take_now(by=cast.ana)
    assert (taken.starts_at, taken.ends_at) == (clock.now(), turn(desk, clock, 0).end)
    assert on(desk, clock.now()) == [cast.ana.pk]
    with refused("state"):
        desk.take_now(by=cast.ana)
    with refused("not-allowed"):
        desk.take_now(by=cast.rita)
    briefly = desk.take_now(by=cast.jo, until=clock.now() + HOUR)
    assert on(desk, clock.now()) == [cast.jo.pk] and on(desk, briefly.ends_at) == [cast.ana.pk]


def test_take_it_now_in_a_gap_lasts_until_somebody_comes(cast, clock):
    later = make_schedule(team=cast.teams["Service desk"], people=[cast.jo], starts_on=date(2026, 3, 3))
    assert later.take_now(by=cast.ana).ends_at == clock.now().replace(hour=9, minute=0) + DAY
    empty = make_schedule("Empty", team=cast.teams["Service desk"], people=[])
    with refused("invalid"):
        empty.take_now(by=cast.ana)


# --- swaps ----------------------------------------------------------------------------------------


def test_an_accepted_swap_becomes_overrides_both_ways(cast, clock, desk):
    gives, takes = turn(desk, clock, 2), turn(desk, clock, 3)
    swap = desk.ask_swap(Wish(gives, asked=cast.ana, takes=takes, text="Concert"), by=cast.jo)
    assert last_entry()[0] == "swap_asked"
    assert on(desk, gives.start) == [cast.jo.pk]  # nothing moves before it is accepted
    desk.accept_swap(swap, by=cast.ana)
    assert on(desk, gives.start) == [cast.ana.pk] and on(desk, takes.start) == [cast.jo.pk]
    assert on(desk, takes.end) == [cast.jo.pk]  # the turn after is as it was
    kind, data = last_entry()
    assert kind == "swap_accepted" and data["after"]["covers"]["name"] == "Ana Ruiz"
    swap.refresh_from_db()
    assert swap.state(clock.now()) == "accepted"


def test_a_part_of_a_shift_may_be_given_to_anybody_of_the_team(cast, clock, desk):
    evening = Span(turn(desk, clock, 2).start + 9 * HOUR, turn(desk, clock, 2).start + 12 * HOUR)
    swap = desk.ask_swap(Wish(evening), by=cast.jo)
    with refused("not-allowed"):
        desk.accept_swap(swap, by=cast.rita)
    desk.accept_swap(swap, by=cast.ana)
    assert on(desk, evening.start) == [cast.ana.pk] and on(desk, evening.end) == [cast.jo.pk]


def test_nobody_swaps_what_is_not_theirs(cast, clock, desk):
    mine, theirs = turn(desk, clock, 2), turn(desk, clock, 1)
    for wish in (
        Wish(theirs),
        Wish(Span(mine.start, mine.end + HOUR)),
        Wish(mine, asked=cast.ana, takes=mine),
        Wish(mine, asked=cast.jo),
        Wish(Span(clock.now() - HOUR, clock.now() + HOUR)),
        Wish(Span(mine.end, mine.start)),
    ):
        with refused("invalid"):
            desk.ask_swap(wish, by=cast.jo)
    with refused("not-allowed"):
        desk.ask_swap(Wish(mine, asked=cast.rita), by=cast.jo)
    desk.ask_swap(Wish(mine), by=cast.jo)
    with refused("state"):
        desk.ask_swap(Wish(mine), by=cast.jo)
    assert SwapRequest.objects.count() == 1


def test_what_was_given_away_meanwhile_cannot_be_taken(cast, clock, desk):
    gives = turn(desk, clock, 2)
    swap = desk.ask_swap(Wish(gives), by=cast.jo)
    desk.override(by=cast.sam, person=cast.mei, starts_at=gives.start, ends_at=gives.end)
    with refused("invalid"):
        desk.accept_swap(swap, by=cast.ana)


def test_a_swap_whose_return_has_begun_changes_nothing_any_more(cast, clock, desk):
    """Ana would take a day that is half over, and the calendar would say that it had been hers all along."""
    swap = desk.ask_swap(Wish(turn(desk, clock, 4), cast.ana, turn(desk, clock, 1), ""), by=cast.jo)
    clock.jump(days=1)
    before = on(desk, clock.now() - HOUR / 2)
    with refused("stale"):
        desk.accept_swap(swap, by=cast.ana)
    assert on(desk, clock.now() - HOUR / 2) == before == [cast.ana.pk]
    assert not Override.objects.exists()


@pytest.mark.parametrize("verb", ["override", "cover"])
def test_nobody_covers_a_century(cast, clock, desk, verb):
    """That much is not even compared with what the form's reader saw: everybody else would wait for it."""
    seen = as_seen.now_of(desk, clock.now())
    clock.jump(minutes=1)
    desk.override(by=cast.sam, person=None, starts_at=clock.now(), ends_at=clock.now() + HOUR)
    who = {"by": cast.sam, "person": cast.ana} if verb == "override" else {"by": cast.ana}
    span = {"starts_at": clock.now(), "ends_at": clock.now() + 367 * DAY}
    with refused("invalid"):
        getattr(desk, verb)(**who, **span, seen=seen)
    with refused("stale"):
        getattr(desk, verb)(**who, **span | {"ends_at": clock.now() + DAY}, seen=seen)


def test_nobody_asks_for_a_century(cast, clock, desk):
    """It would be looked through shift by shift while every other change waits."""
    Layer.objects.update(unit="hours")
    forever = Span(clock.now() + HOUR, clock.now() + 60_000 * DAY)
    with refused("invalid"):
        desk.ask_swap(Wish(forever), by=cast.jo)
    ten = clock.now().replace(hour=10, minute=0)
    with refused("invalid"):
        desk.ask_swap(Wish(Span(ten, ten + HOUR), None, forever), by=cast.jo)
    assert not SwapRequest.objects.exists()


def test_declined_withdrawn_and_expired_are_over(cast, clock, desk):
    def ask(days, asked=None):
        return desk.ask_swap(Wish(turn(desk, clock, days), asked=asked), by=cast.jo)

    declined, withdrawn, expired = ask(2, cast.ana), ask(4, cast.ana), ask(6)
    with refused("not-allowed"):
        desk.decline_swap(declined, by=cast.mei)
    with refused("not-allowed"):
        desk.decline_swap(expired, by=cast.ana)  # anybody else may still take it
    desk.decline_swap(declined, by=cast.ana)
    with refused("not-allowed"):
        desk.withdraw_swap(withdrawn, by=cast.ana)
    desk.withdraw_swap(withdrawn, by=cast.jo)
    clock.jump(days=6)
    for swap in (declined, withdrawn, expired):
        with refused("stale"):
            desk.accept_swap(swap, by=cast.ana)
    assert not Override.objects.exists()
    assert not SwapRequest.objects.open(clock.now()).exists()


def test_a_supervisor_may_decide_for_who_was_asked(cast, clock, desk):
    swap = desk.ask_swap(Wish(turn(desk, clock, 2), asked=cast.ana), by=cast.jo)
    with refused("not-allowed"):
        desk.accept_swap(swap, by=cast.mei, covers=cast.ana)
    desk.accept_swap(swap, by=cast.sam)
    swap.refresh_from_db()
    assert (swap.accepted_by, swap.decided_by) == (cast.ana, cast.sam)
    assert on(desk, swap.starts_at) == [cast.ana.pk]


@pytest.mark.django_db(transaction=True)
def test_two_who_take_it_now_at_once_and_the_other_reads_who_has_it(cast, clock):
    desk = make_schedule(team=cast.teams["Service desk"], people=[cast.jo])
    seen = under_way(desk.plan(), clock.now())
    refusals: dict[str, Refused] = {}

    def take(by):
        try:
            desk.take_now(by=by, seen=seen)
        except Refused as refusal:
            refusals[by.name] = refusal

    together(lambda: take(cast.ana), lambda: take(cast.sam))
    cover = Override.objects.get()
    [(loser, refusal)] = refusals.items()
    assert {loser, cover.person.name} == {"Ana Ruiz", "Sam Reyes"}
    assert refusal.code == "stale" and f"Meanwhile {cover.person.name} has it." in str(refusal)
    assert on(desk, clock.now()) == [cover.person_id]


@pytest.mark.django_db(transaction=True)
def test_two_who_accept_at_once_and_one_wins(cast, clock):
    desk = make_schedule(team=cast.teams["Service desk"], people=[cast.ana, cast.jo])
    swap = desk.ask_swap(Wish(turn(desk, clock, 2)), by=cast.jo)
    refusals: list[str] = []

    def accept(by):
        try:
            desk.accept_swap(swap, by=by)
        except Refused as refusal:
            refusals.append(refusal.code)

    together(lambda: accept(cast.ana), lambda: accept(cast.sam))
    assert refusals == ["stale"]
    assert Override.objects.count() == 1
