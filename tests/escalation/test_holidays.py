"""Layers that are on only on holidays, or not on them; and what is said of holidays on pages."""

import json
from datetime import date, timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from escalation.oncall.calendars import fetching
from escalation.oncall.calendars.outside import OutsideCalendar, OutsideDate
from escalation.oncall.models import Layer, Schedule, Seat
from escalation.oncall.restrictions import OnHolidays, but_for, read
from escalation.oncall.roster import OnCall
from escalation.oncall.shifts import final, on_call
from escalation.oncall.spans import Span
from escalation.people.models import User
from escalation.trail.models import Entry
from tests.escalation.oncall_kit import A, B, daily, plan, utc
from tests.escalation.test_calendars_outside import Site, calendar, let_it_wait
from tests.escalation.test_schedules import make_schedule
from tests.stories.test_schedules_admin import form, layer

DAY = timedelta(days=1)


def span(first: str, last: str) -> Span:
    return Span(utc(f"2026-03-{first}"), utc(f"2026-03-{last}"))


# --- what is left of a layer ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("on", "holidays", "only", "without"),
    [
        ([("02", "06")], [], [], [("02", "06")]),
        ([("02", "06")], [("04", "05")], [("04", "05")], [("02", "04"), ("05", "06")]),
        ([("02", "06")], [("01", "03"), ("05", "09")], [("02", "03"), ("05", "06")], [("03", "05")]),
        ([("02", "03"), ("05", "06")], [("02", "06")], [("02", "03"), ("05", "06")], []),
        ([("02", "03"), ("05", "06")], [("03", "05")], [], [("02", "03"), ("05", "06")]),  # they touch, no more
        ([], [("02", "06")], [], []),
    ],
)
def test_what_a_rule_leaves_of_a_layer(on, holidays, only, without):
    on, holidays, only, without = ([span(*one) for one in some] for some in (on, holidays, only, without))
    assert but_for(on, OnHolidays.ONLY, holidays) == only
    assert but_for(on, OnHolidays.NOT, holidays) == without
    assert but_for(on, OnHolidays.TOO, holidays) == on


def said(rota, since: str, until: str) -> list[tuple[str, str, int | None]]:
    return [(f"{s.start:%d %H:%M}", f"{s.end:%d %H:%M}", s.person) for s in final(rota, utc(since), utc(until))]


def test_a_night_into_a_holiday_is_cut_at_its_midnight_and_a_higher_layer_takes_over():
    feast = (span("04", "05"),)
    days = daily("2026-03-01 00:00", B, id=2, on_holidays=OnHolidays.ONLY, holidays=feast)
    nights = daily("2026-03-01 18:00", A, id=1, windows=read("18:00-08:00"), on_holidays=OnHolidays.NOT, holidays=feast)
    rota = plan(days, nights, zone="UTC")
    assert said(rota, "2026-03-03 12:00", "2026-03-06 12:00") == [
        ("03 18:00", "04 00:00", A),
        ("04 00:00", "05 00:00", B),
        ("05 00:00", "05 08:00", A),  # what is left of the night that began on the holiday
        ("05 18:00", "06 08:00", A),
    ]


def test_turns_on_holidays_are_used_up_all_the_same():
    rota = daily("2026-03-01 00:00", A, B, on_holidays=OnHolidays.ONLY, holidays=(span("03", "04"), span("06", "07")))
    assert said(plan(rota, zone="UTC"), "2026-03-01 00:00", "2026-03-10 00:00") == [
        ("03 00:00", "04 00:00", A),
        ("06 00:00", "07 00:00", B),
    ]


def test_a_holiday_that_splits_a_turn_makes_shifts_of_their_own():
    feast = (span("03 06:00", "03 12:00"),)
    rota = plan(daily("2026-03-01 00:00", A, on_holidays=OnHolidays.NOT, holidays=feast), zone="UTC")
    (early, late) = final(rota, utc("2026-03-03 00:00"), utc("2026-03-04 00:00"))
    assert (early.turn, late.turn) == (utc("2026-03-03 00:00"), utc("2026-03-03 12:00"))
    assert final(rota, utc("2026-03-03 14:00"), utc("2026-03-03 15:00"))[0].turn == late.turn


# --- with rows -----------------------------------------------------------------------------------


@pytest.fixture
def desk(cast, clock) -> Schedule:
    """Ana and Jo take turns; Sam is on call on holidays, and on no other day."""
    desk = make_schedule(team=cast.teams["Service desk"], people=[cast.ana, cast.jo], position=2)
    feasts = Layer.objects.create(
        schedule=desk, name="Holidays", unit="days", starts_on=date(2026, 3, 1), hand_off="00:00", on_holidays="only"
    )
    Seat.objects.create(layer=feasts, position=1, person=cast.sam)
    return desk


def holiday(desk: Schedule, day: date, title: str = "Founding Day", *, days: int = 1) -> None:
    midnight = utc(f"{day} 00:00")
    known = OutsideCalendar.objects.filter(schedule=desk).first() or OutsideCalendar.objects.create(
        schedule=desk,
        address="https://x.example/a.ics",
        by=User.objects.first(),
        made_at=midnight,
        next_at=midnight,
    )
    OutsideDate.objects.create(calendar=known, starts_at=midnight, ends_at=midnight + days * DAY, title=title)


@pytest.fixture
def site(settings, db):
    let_it_wait()
    site = Site(settings)
    yield site
    site.server.shutdown()
    site.server.server_close()


@pytest.mark.django_db
def test_who_is_called_on_a_holiday(desk, cast, clock):
    wednesday = utc("2026-03-04 12:00")
    assert on_call(desk.plan(), wednesday) == (cast.jo.pk,)
    holiday(desk, date(2026, 3, 4))
    assert on_call(desk.plan(), wednesday) == (cast.sam.pk,)
    on = OnCall([desk.pk], clock.now())
    assert on.at(desk.pk, wednesday) == (cast.sam,)
    assert on.until(desk.pk, wednesday) == utc("2026-03-05 00:00")
    desk.layers.filter(name="Turns").update(on_holidays="not")
    Seat.objects.filter(person=cast.sam).delete()
    assert on_call(desk.plan(), wednesday) == ()


@pytest.mark.django_db
def test_holidays_are_asked_for_only_where_a_layer_goes_by_them(desk, cast, clock, django_assert_num_queries):
    holiday(desk, date(2026, 3, 4))
    with django_assert_num_queries(3):
        OnCall([desk.pk], clock.now())
    for n in range(5):
        holiday(make_schedule(f"Other {n}", team=desk.team, people=[cast.jo], on_holidays="not"), date(2026, 3, 4))
    every = list(Schedule.objects.values_list("pk", flat=True))
    with django_assert_num_queries(3):
        OnCall(every, clock.now())
    Layer.objects.update(on_holidays="")
    with django_assert_num_queries(2):
        OnCall([desk.pk], clock.now())


@pytest.mark.django_db
def test_what_is_read_changes_who_is_called_and_is_on_record(site, desk, cast, clock):
    site.body = calendar("DTSTART;VALUE=DATE:20260304 SUMMARY:Founding_Day")
    OutsideCalendar.add(site.address, by=cast.sam, schedule=desk)
    fetching.fetch()
    assert on_call(desk.plan(), utc("2026-03-04 12:00")) == (cast.sam.pk,)
    entry = Entry.objects.filter(trail__subject="installation").latest("seq")
    assert (entry.kind, entry.actor_kind) == ("holidays_read", "engine")
    assert json.loads(entry.data)["after"]["holidays"] == [
        "2026-03-04T00:00:00+00:00 – 2026-03-05T00:00:00+00:00 Founding Day"
    ]
    site.body = calendar("DTSTART;VALUE=DATE:20260305 SUMMARY:Founding_Day")
    OutsideCalendar.objects.get().read_again(by=cast.sam, now=clock.now())
    fetching.fetch()
    data = json.loads(Entry.objects.filter(trail__subject="installation").latest("seq").data)
    assert (len(data["after"]["holidays"]), len(data["before"]["holidays"])) == (1, 1)
    assert on_call(desk.plan(), utc("2026-03-04 12:00")) == (cast.jo.pk,)


@pytest.mark.django_db
def test_holidays_that_decide_nothing_are_no_entry(site, desk, cast, clock):
    desk.layers.update(on_holidays="")
    site.body = calendar("DTSTART;VALUE=DATE:20260304 SUMMARY:Founding_Day")
    OutsideCalendar.add(site.address, by=cast.sam, schedule=desk)
    fetching.fetch()
    assert not Entry.objects.filter(kind="holidays_read").exists()


# --- on pages -----------------------------------------------------------------------------------


def page(user, address: str, **query) -> str:
    client = Client()
    client.force_login(user)
    answer = client.get(address, query)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


@pytest.mark.django_db
def test_the_calendar_names_the_holidays(desk, cast, clock):
    holiday(desk, date(2026, 3, 4), "Founding <Day>")
    month = page(cast.ana, reverse("schedule", args=[desk.pk]))
    assert "Wed 4 · Founding &lt;Day&gt;" in month
    assert '<small class="holiday">Founding &lt;Day&gt;</small>' in month
    assert "Sam Reyes" in month
    assert "Founding &lt;Day&gt;" in page(cast.ana, reverse("schedule", args=[desk.pk]), view="week")
    assert "Founding" not in page(cast.ana, reverse("schedule", args=[desk.pk]), at="2026-06-01")


@pytest.mark.django_db
def test_a_holiday_on_which_nobody_changes_stands_in_the_list(cast, clock):
    desk = make_schedule(team=cast.teams["Service desk"], people=[cast.ana, cast.jo], unit="weeks")
    holiday(desk, date(2026, 3, 11), "Two Days Off", days=2)
    listed = page(cast.ana, reverse("schedule", args=[desk.pk])).split('id="agenda"')[1]
    assert listed.count("Two Days Off") == 2 and "Nobody changes on this day." in listed


@pytest.mark.django_db
def test_names_cost_one_query_more_however_many_there_are(desk, cast, clock):
    address = reverse("schedule", args=[desk.pk])

    def cost() -> int:
        client = Client()
        client.force_login(cast.ana)
        cache.clear()
        with CaptureQueriesContext(connection) as queries:
            assert client.get(address).status_code == 200
        return len(queries)

    holiday(desk, date(2026, 3, 4))
    few = cost()
    for day in range(5, 25):
        holiday(desk, date(2026, 3, day), f"Day {day}")
    assert cost() == few


@pytest.mark.django_db
def test_an_admin_says_so_and_sees_it_before_saving(desk, cast, clock, client):
    client.force_login(cast.ada)
    holiday(desk, date(2026, 3, 4))
    turns = desk.layers.get(name="Turns")
    feasts = desk.layers.get(name="Holidays")
    layers = [
        layer(id=turns.pk, schedule=desk.pk, position=2, on_holidays="not"),
        layer(
            id=feasts.pk, schedule=desk.pk, name="Holidays", hand_off="00:00", people="Mei Tanaka", on_holidays="only"
        ),
    ]
    body = form(cast, layers)
    preview = client.post(reverse("admin:oncall_schedule_preview", args=[desk.pk]), body).content.decode()
    row = "<td>Wed 2026-03-04 00:00</td><td>Thu 2026-03-05 00:00</td><td>Mei Tanaka</td>"
    assert row in preview and "Wed 2026-03-04 Founding Day" in preview
    assert desk.layers.get(name="Turns").on_holidays == ""
    assert client.post(reverse("admin:oncall_schedule_change", args=[desk.pk]), body).status_code == 302
    assert desk.layers.get(name="Turns").on_holidays == "not"
    entry = Entry.objects.filter(kind="config_changed").latest("seq")
    assert json.loads(entry.data)["after"][f"layers.{turns.pk}.on_holidays"] == "not"


@pytest.mark.django_db
def test_an_admin_hears_that_no_holidays_are_known(desk, cast, clock, client):
    client.force_login(cast.ada)
    body = form(cast, [layer(on_holidays="only", name="Feasts")], name="New")
    answer = client.post(reverse("admin:oncall_schedule_add"), body, follow=True)
    assert "No holidays of New are known, and Feasts goes by them." in answer.content.decode()
    body = form(cast, [layer(on_holidays="sometimes")], name="Newer")
    assert client.post(reverse("admin:oncall_schedule_add"), body).status_code == 200
    assert not Schedule.objects.filter(name="Newer").exists()


@pytest.mark.django_db
def test_whoever_keeps_the_calendar_reads_what_depends_on_it(desk, cast, clock):
    holiday(desk, date(2026, 3, 4))
    assert "who is on call depends on it" in page(cast.sam, reverse("absences"))
    desk.layers.update(on_holidays="")
    assert "who is on call depends on it" not in page(cast.sam, reverse("absences"))
