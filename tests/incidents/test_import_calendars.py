"""Calendars of PagerDuty and Grafana OnCall: what is brought along, against their rules read a second time. Pure."""

import copy
import random
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from escalation.oncall import restrictions, rotation, shifts
from incidents.importers import grafana_oncall, pagerduty, records, recurring, windows
from incidents.importers.comparing import Here, differences
from incidents.importers.pagerduty.zones import RAILS, zone
from incidents.importers.strands import strands
from tests.incidents import oncall_export, pagerduty_export

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
END = NOW + timedelta(days=60)  # the clocks change twice in it
HOUR, DAY, WEEK = 3600, 86400, 604800
NIGHTS = st.sampled_from([datetime(2026, 3, 6, 12, tzinfo=UTC), datetime(2026, 3, 27, 12, tzinfo=UTC)])  # clocks change
A, B, C = ("a",), ("b",), ("c",)


def on_call_here(schedule: records.Schedule) -> list[shifts.Plan]:
    """Its strands, as our rosters have them. People keep their ids."""
    plans = []
    for strand in strands(schedule):
        layers = tuple(
            rotation.Layer(
                number,
                layer.starts,
                tuple(rotation.Seat(turn[0] if turn else None) for turn in layer.turns),  # type: ignore[arg-type]
                rotation.Unit(layer.unit),
                layer.every,
                restrictions.read(windows.lines(layer.windows)),
                layer.ends,
            )
            for number, layer in enumerate(strand.layers)
        )
        covers = tuple(
            shifts.Override(number, one.start, one.end, one.people[0] if one.people else None)  # type: ignore[arg-type]
            for number, one in enumerate(strand.covers)
        )
        plans.append(shifts.Plan(schedule.time_zone, layers, covers))
    return plans


def differing(schedule: records.Schedule, calendar: Any, since: datetime = NOW, until: datetime = END) -> list[Any]:
    spans = [
        (shift.start, shift.end, str(shift.person))
        for plan in on_call_here(schedule)
        for shift in shifts.final(plan, since, until)
        if shift.person is not None
    ]
    return differences(calendar, {schedule.id: Here(schedule.name, spans)}, str, since=since, until=until)[0]


# --- the samples ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("system", "account", "ids"),
    [
        (pagerduty.PagerDuty(), pagerduty_export.Account(), {"SQUAY", "SYARD", "SGONE", "SBEACON"}),
        (grafana_oncall.GrafanaOnCall(), oncall_export.Account(), {"SPEAR", "SPLUM", "SBEET", "SICS"}),
    ],
    ids=["pagerduty", "grafana-oncall"],
)
def test_every_schedule_has_the_same_people_at_the_same_times(system, account, ids, clock):
    raw = system.gather(account)
    said, calendar = system.read(raw, NOW), system.calendar(raw)
    assert {schedule.id for schedule in said.schedules} == ids
    for schedule in said.schedules:
        assert differing(schedule, calendar) == [], schedule.name


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("Eastern Time (US & Canada)", "America/New_York"),
        ("Brasilia", "America/Sao_Paulo"),
        ("Berlin", "Europe/Berlin"),
        ("Europe/Berlin", "Europe/Berlin"),
        ("Nowhere", None),
        (None, None),
        ("../../etc/passwd", None),
    ],
)
def test_zones_are_known_by_either_name(name, meant):
    found = zone(name)
    assert (found.key if found else None) == meant


def test_every_zone_of_rails_is_one():
    assert all(zone(name) for name in RAILS)


# --- layers of PagerDuty ----------------------------------------------------------------------------

ANCHORS = st.datetimes(datetime(2025, 9, 1), datetime(2026, 4, 20)).map(lambda at: at.replace(second=0, microsecond=0))
RESTRICTIONS = st.one_of(
    st.builds(
        lambda at, lasts: {"type": "daily_restriction", "start_time_of_day": at, "duration_seconds": lasts},
        st.sampled_from(["00:00:00", "09:00:00", "22:30:00"]),
        st.sampled_from([HOUR, 8 * HOUR, 20 * HOUR, DAY]),
    ),
    st.builds(
        lambda day, at, lasts: {
            "type": "weekly_restriction",
            "start_day_of_week": day,
            "start_time_of_day": at,
            "duration_seconds": lasts,
        },
        st.integers(1, 7),
        st.sampled_from(["00:00:00", "08:15:00", "18:00:00"]),
        st.sampled_from([9 * HOUR, DAY, 62 * HOUR, WEEK, WEEK + DAY]),
    ),
)


@st.composite
def pagerduty_schedules(draw):
    name = draw(st.sampled_from(["Berlin", "Eastern Time (US & Canada)", "UTC", "Australia/Lord_Howe"]))
    there = zone(name) or ZoneInfo("UTC")

    def said(at):
        return at.replace(tzinfo=there).isoformat()

    layers = [
        {
            "id": f"L{number}",
            "name": f"Layer {number}",
            "rotation_virtual_start": said(draw(ANCHORS)),
            "start": said(draw(ANCHORS)),
            "end": draw(
                st.one_of(st.none(), st.sampled_from([said(datetime(2026, 3, 20, 7)), said(datetime(2026, 1, 1))]))
            ),
            "rotation_turn_length_seconds": draw(
                st.sampled_from([HOUR, 12 * HOUR, 36 * HOUR, DAY, 3 * DAY, WEEK, 2 * WEEK])
            ),
            "users": [{"user": {"id": who}} for who in draw(st.lists(st.sampled_from("abc"), min_size=1, max_size=4))],
            "restrictions": draw(st.lists(RESTRICTIONS, max_size=2)),
        }
        for number in range(draw(st.integers(1, 3)))
    ]
    return {"id": "S", "name": "S", "time_zone": name, "teams": [], "schedule_layers": layers, "overrides": []}


@given(pagerduty_schedules(), NIGHTS)
@settings(max_examples=60, deadline=None)
def test_layers_of_any_kind_come_over_to_the_minute(raw, now):
    schedule, said = pagerduty.schedules.read(raw, {"a", "b", "c"}, now)
    assert not said
    calendar = pagerduty.PagerDutyCalendar({"schedules": [raw]})
    assert differing(schedule, calendar, now, now + timedelta(days=5)) == []


# --- rules that recur ---------------------------------------------------------------------------------


def rule(
    line: str, hours: float, people: list[recurring.People], repeats: int, each: int = 1, **more: Any
) -> recurring.Rule:
    start = more.pop("start", datetime(2026, 1, 5, 9))
    begins = recurring.played([f"RRULE:{line}"], start, ZoneInfo("Europe/Berlin"))
    lasts = timedelta(hours=hours)
    return recurring.Rule(start, lasts, begins, lambda n, _at: people[n // each % len(people)], repeats, **more)


@pytest.mark.parametrize(
    ("given_rule", "turns"),
    [
        (
            rule("FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR", 8, [A, B], 14, each=5),
            ("weeks", 1, (A, B), "Mon, Tue, Wed, Thu, Fri 09:00-17:00"),
        ),
        (rule("FREQ=WEEKLY", 7 * 24, [A, B, C], 21), ("weeks", 1, (A, B, C), "")),
        (rule("FREQ=DAILY", 24, [A, ("a", "b")], 4, each=2), ("days", 2, (A, ("a", "b")), "")),
        (rule("FREQ=WEEKLY;INTERVAL=2", 7 * 24, [A], 14), ("weeks", 1, (A, ()), "")),
        (rule("FREQ=DAILY;INTERVAL=3", 4, [A, B], 6), ("days", 1, (A, (), (), B, (), ()), "09:00-13:00")),
        (
            rule("FREQ=WEEKLY", 62, [A, B], 14, start=datetime(2026, 1, 9, 18)),
            ("weeks", 1, (A, B), "Fri 18:00 - Mon 08:00"),
        ),
        (rule("FREQ=WEEKLY;COUNT=20", 7 * 24, [A], 7), ("weeks", 1, (A,), "")),
    ],
)
def test_what_recurs_by_days_becomes_turns(given_rule, turns):
    found = recurring.layer(given_rule, ZoneInfo("Europe/Berlin"), NOW, id="x", name="X")
    assert (found.unit, found.every, found.turns, windows.lines(found.windows)) == turns
    assert (found.ends is not None) == ("COUNT" in str(given_rule.begins))


@pytest.mark.parametrize(
    ("given_rule", "why"),
    [
        (rule("FREQ=MONTHLY;BYMONTHDAY=1", 8, [A], 0), "no pattern of days"),
        (rule("FREQ=DAILY;INTERVAL=3", 36, [A, B], 6), "at other times"),
        (rule("FREQ=DAILY", 30, [A, B], 2), "overlap"),
        (rule("FREQ=DAILY;BYHOUR=9,15", 2, [A], 1), "several times of the day"),
        (rule("FREQ=DAILY", 8, [A, B, C], 2), "at other times"),  # the pattern is longer than was thought
        (rule("FREQ=DAILY", 0, [A], 1), "no length"),
        (rule("FREQ=SECONDLY", 1, [A], 1), "too many shifts"),
    ],
)
def test_what_no_layer_can_say_is_refused_with_the_reason(given_rule, why):
    with pytest.raises(recurring.NotExpressible, match=why):
        recurring.layer(given_rule, ZoneInfo("Europe/Berlin"), NOW, id="x", name="X")


# --- shifts of OnCall -----------------------------------------------------------------------------------


@st.composite
def oncall_shifts(draw):
    found = []
    for number in range(draw(st.integers(1, 3))):
        kind = draw(st.sampled_from(["rolling_users", "recurrent_event", "single_event", "override"]))
        frequency = draw(st.sampled_from(["daily", "weekly", "monthly"]))
        days = draw(st.lists(st.sampled_from(["MO", "TU", "WE", "TH", "FR", "SA", "SU"]), max_size=3, unique=True))
        groups = draw(
            st.lists(st.lists(st.sampled_from("abc"), min_size=1, max_size=2, unique=True), min_size=1, max_size=3)
        )
        start = draw(ANCHORS)
        once = kind in ("single_event", "override")
        found.append(
            {
                "id": f"H{number}",
                "name": f"Shift {number}",
                "schedule": "S",
                "type": kind,
                "level": draw(st.integers(0, 2)),
                "start": start.isoformat(),
                "rotation_start": (start + timedelta(days=draw(st.sampled_from([0, 0, 5])))).isoformat(),
                "duration": draw(st.sampled_from([4 * HOUR, 8 * HOUR + 900, DAY, 3 * DAY, WEEK])),
                "time_zone": draw(st.sampled_from([None, None, "UTC"])),
                "frequency": None if once else frequency,
                "interval": draw(st.sampled_from([None, 1, 2])),
                "week_start": draw(st.sampled_from([None, "MO"])),
                "by_day": None if once or frequency == "monthly" else days or None,
                "by_monthday": [1, 15] if frequency == "monthly" and not once else None,
                "until": draw(st.sampled_from([None, None, "2026-03-25T00:00:00"])),
                "users": draw(st.lists(st.sampled_from("abc"), min_size=1, max_size=2, unique=True)),
                "rolling_users": groups,
                "start_rotation_from_user_index": 0,
            }
        )
    return found


@pytest.mark.rehearsal("long")
@given(oncall_shifts(), st.sampled_from(["Europe/Berlin", "America/New_York", "UTC"]), NIGHTS)
@settings(max_examples=60, deadline=None)
def test_shifts_of_any_kind_come_over_to_the_minute(some, time_zone, now):
    raw = {"id": "S", "name": "S", "type": "web", "team_id": None, "time_zone": time_zone, "shifts": []}
    schedule, _said = grafana_oncall.schedules.read(raw, some, now)
    calendar = grafana_oncall.OnCallCalendar({"schedules": [raw], "on_call_shifts": some})
    assert differing(schedule, calendar, now, now + timedelta(days=15)) == []


# --- odd answers --------------------------------------------------------------------------------------------

ODD = [None, "", "x", -1, 10**400, 1.5, True, [], {}, [None], {"id": {}}, "2026-99-99", "\ud800", "RRULE:FREQ=NEVER"]


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize(
    ("system", "account"),
    [
        (pagerduty.PagerDuty(), pagerduty_export.Account()),
        (grafana_oncall.GrafanaOnCall(), oncall_export.Account()),
    ],
    ids=["pagerduty", "grafana-oncall"],
)
def test_an_odd_answer_costs_only_what_it_is_about(system, account, seed, clock):
    dice = random.Random(seed)
    said = copy.deepcopy(account.said)
    for _time in range(5):
        where: Any = said
        while True:
            keys = list(where) if isinstance(where, dict) else list(range(len(where)))
            key = dice.choice(keys)
            if isinstance(where[key], dict | list) and where[key] and dice.random() < 0.9:
                where = where[key]
                continue
            where[key] = dice.choice(ODD)
            break

    def ask(address: str) -> Any:
        try:
            return type(account)(said)(address)
        except (AttributeError, TypeError, KeyError, ValueError, StopIteration):
            return None  # the server's own trouble

    raw = system.gather(ask)
    found, calendar = system.read(raw, NOW), system.calendar(raw)
    assert found.notes
    for schedule in found.schedules:
        calendar.on_call(schedule.id, NOW)
        calendar.changes(schedule.id, NOW, NOW + timedelta(days=2))
