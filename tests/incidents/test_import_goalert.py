"""GoAlert's export read, and its calendar against ours: tables and dice, no database."""

import json
import random
from copy import deepcopy
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest

from escalation.oncall import restrictions, rotation, shifts
from incidents.importers import windows
from incidents.importers.goalert import GoAlert, asking, calendars, reading, shapes
from incidents.importers.records import Calls, Level
from incidents.importers.strands import strands

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = ROOT / "tests" / "samples" / "import" / "goalert"
NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
AHEAD = timedelta(days=60)  # over the day on which the clocks change
ALWAYS = (shapes.Rule(time(), time(), (True,) * 7),)
PEOPLE = "abcde"


def nodes() -> dict:
    pages = [json.loads(file.read_text())["data"] for file in sorted(SAMPLES.glob("*.json"))]
    return {name: shapes.nodes(pages, name) for name in shapes.CONNECTIONS}


def ours(record, since, until) -> list[tuple[datetime, datetime, str]]:
    """Spans of people, by the plain core that the engine asks."""
    people = sorted(
        {who for layer in record.layers for turn in layer.turns for who in turn}
        | {who for cover in record.covers for who in cover.people}
    )
    number = {who: place for place, who in enumerate(people, 1)}
    found = []
    for strand in strands(record):
        layers = tuple(
            rotation.Layer(
                place,
                layer.starts,
                tuple(rotation.Seat(number[turn[0]] if turn else None) for turn in layer.turns),
                rotation.Unit(layer.unit),
                layer.every,
                restrictions.read(windows.lines(layer.windows)),
            )
            for place, layer in enumerate(strand.layers)
        )
        covers = tuple(
            shifts.Override(place, cover.start, cover.end, number[cover.people[0]] if cover.people else None)
            for place, cover in enumerate(strand.covers)
        )
        plan = shifts.Plan(record.time_zone, layers, covers)
        found += [
            (one.start, one.end, people[one.person - 1]) for one in shifts.final(plan, since, until) if one.person
        ]
    return found


def differing(record, there, since=NOW, until=NOW + AHEAD) -> list:
    """Asked a minute before, at, and a minute after each change of either."""
    here = ours(record, since, until)
    edges = {since, *there.changes(), *(at for start, end, _who in here for at in (start, end))}
    around = {edge + timedelta(minutes=minute) for edge in edges for minute in (-1, 0, 1)}
    said = [
        (at, {who for start, end, who in here if start <= at < end}, set(there.at(at)))
        for at in sorted(around)
        if since <= at < until
    ]
    return [one for one in said if one[1] != one[2]]


# --- dice ---------------------------------------------------------------------------------------------------------


ZONES = ("Europe/Berlin", "America/New_York", "UTC", "Australia/Lord_Howe", "Asia/Kolkata", "America/Santiago")


def thrown(dice: random.Random) -> tuple[shapes.Schedule, calendars.Calendar]:
    """A schedule as odd as GoAlert allows, whose zones' clocks change within the next weeks."""
    zone = dice.choice(ZONES)
    found = {f"r{number}": a_rotation(dice, f"r{number}", zone) for number in range(3)}
    targets = tuple(
        shapes.Target("rotation", key, key, some_rules(dice))
        if dice.random() < 0.8
        else shapes.Target("user", dice.choice(PEOPLE), "", some_rules(dice))
        for key in list(found)[: dice.randint(1, 3)]
    )
    overrides = [an_override(dice, f"o{number}") for number in range(dice.randint(0, 4))]
    temporary = tuple(a_temporary(dice, number) for number in range(dice.randint(0, 2)))
    return shapes.Schedule("s", "s", zone, targets, temporary), calendars.Calendar(NOW, found, overrides)


def a_rotation(dice: random.Random, key: str, zone: str) -> shapes.Rotation:
    unit = dice.choice(shapes.UNITS)
    length = dice.choice((2, 3, 4, 6, 8, 12, 24, 48, 72) if unit == "hourly" else (1, 1, 2, 5))
    day, minute = timedelta(days=dice.randrange(360)), timedelta(minutes=30 * dice.randrange(48))
    start = datetime(2025, 1, 1, tzinfo=UTC) + day + minute
    while start.day > 27:  # of a month that has no such day more is said elsewhere
        start -= timedelta(days=5)
    users = tuple(dice.choice(PEOPLE) for _ in range(dice.randint(1, 5)))
    return shapes.Rotation(key, key, zone, unit, length, start, users, dice.randrange(len(users)), None)


def some_rules(dice: random.Random) -> tuple[shapes.Rule, ...]:
    if dice.random() < 0.4:
        return ALWAYS
    times = [time(dice.randrange(24), dice.choice((0, 30))) for _ in range(4)]
    rules = [shapes.Rule(*pair, tuple(dice.random() < 0.6 for _ in range(7))) for pair in (times[:2], times[2:])]
    return tuple(rule for rule in rules[: dice.randint(1, 2)] if any(rule.days))


def an_override(dice: random.Random, key: str) -> shapes.Override:
    start = NOW + timedelta(hours=dice.randint(-50, 1300))
    add, remove = dice.sample(["", *PEOPLE], 2)
    return shapes.Override(key, "s", start, start + timedelta(hours=dice.randint(1, 100)), add, remove)


def a_temporary(dice: random.Random, number: int) -> shapes.Temporary:
    start = NOW + timedelta(hours=number * 700 + dice.randint(-20, 500))
    begins = [start + timedelta(hours=dice.randint(0, 30)) for _ in range(dice.randint(0, 3))]
    found = tuple(shapes.Shift(dice.choice(PEOPLE), at, at + timedelta(hours=dice.randint(1, 40))) for at in begins)
    return shapes.Temporary(start, start + timedelta(hours=dice.randint(5, 100)), found)


@pytest.mark.parametrize("seed", range(4))
def test_whatever_the_schedule_the_same_people_are_on_call_or_it_is_said(seed):
    dice = random.Random(seed)
    compared = 0
    for _case in range(15):
        schedule, calendar = thrown(dice)
        notes = []
        record = calendars.of_schedule(schedule, calendar, notes)
        there = calendar.on_call(schedule, NOW, NOW + AHEAD)
        assert notes or differing(record, there) == [], schedule
        compared += not notes
    assert compared > 9


# --- the sample ---------------------------------------------------------------------------------------------------


def test_of_the_sample_every_schedule_agrees_around_each_change_for_60_days():
    said = GoAlert().read(nodes(), NOW)
    calendar, schedules = reading.calendar(nodes(), NOW)
    names = [record.name for record in said.schedules]
    assert names == ["Platform", "Around the clock", "Managers", "Office hours", "Database (rotation)"]
    for record in said.schedules:
        alone = shapes.Schedule(record.id, "", "UTC", (shapes.Target("rotation", record.id, "", ALWAYS),), ())
        there = calendar.on_call(schedules.get(record.id, alone), NOW, NOW + AHEAD)
        assert len(there.changes()) > 2
        assert differing(record, there) == [], record.name


def test_a_later_export_says_the_same_of_who_follows_whom():
    """Its active users are others, and its next hand-offs: the layers are as they were."""
    before, later = nodes(), nodes()
    then = NOW + timedelta(days=8, hours=13)
    for node in later["rotations"]:
        theirs = shapes.rotation(node)
        if theirs.users and theirs.next:
            grid = calendars.Grid(theirs)
            turn = grid.turn(then)
            node["activeUserIndex"] = (theirs.active + turn - grid.known(NOW)) % len(theirs.users)
            node["nextHandoffTimes"] = [grid.at(turn + 1).isoformat()]
    assert later["rotations"] != before["rotations"]
    first, second = (GoAlert().read(raw, at) for raw, at in ((before, NOW), (later, then)))
    assert [one.layers for one in first.schedules] == [one.layers for one in second.schedules]


def test_what_does_not_come_over_is_said_with_its_reason():
    said = GoAlert().read(nodes(), NOW)
    told = {(note.kind, note.name, note.level): note.text for note in said.notes}
    assert "Local" in told["schedule", "From old days", Level.LEFT]
    assert "multi" not in str(told)
    assert {
        ("person", "Nora Quist", Level.CHANGED),  # an admin there
        ("person", "Quentin Roux", Level.LEFT),  # a hook
        ("policy", "Platform", Level.LEFT),  # a channel
        ("policy", "Platform", Level.CHANGED),  # several must acknowledge; and at times nobody is there
        ("rotation", "Left over", Level.LEFT),
        ("service", "Status board", Level.LEFT),  # in maintenance
        ("source", "Everything", Level.CHANGED),  # rules
        ("heartbeat", "ping", Level.CHANGED),  # muted
    } <= told.keys()
    assert "secret" not in str(told)


def test_a_person_s_minutes_count_from_the_call_and_a_policy_s_from_the_round():
    said = GoAlert().read(nodes(), NOW)
    nora = next(one for one in said.people if one.name == "Nora Quist")
    assert [(one.minutes, one.way) for one in nora.chimes if one.urgency == "loud"] == [(0, "n1"), (5, ""), (5, "n2")]
    assert {one.urgency for one in nora.chimes} == {"loud", "quiet"}
    policies = {policy.name: policy for policy in said.policies}
    platform, channel = policies["Platform"], policies["Tell the channel first"]
    assert ([step.minutes for step in platform.steps], platform.rounds, platform.pause) == ([0, 5, 20, 40], 3, 10)
    assert platform.steps[2].targets[0].calls is Calls.SCHEDULE  # a rotation by itself
    assert ([step.minutes for step in channel.steps], channel.rounds) == ([10, 20], 1)
    assert not policies["Only a channel"].enabled


@pytest.mark.parametrize(
    ("unit", "length", "start", "said"),
    [
        ("monthly", 1, "2026-01-31T09:00:00Z", "not every month has"),
        ("hourly", 5, "2026-01-05T09:00:00Z", "elapsed time"),
        ("hourly", 1, "2026-01-05T09:00:00Z", "the clocks skip"),
    ],
)
def test_what_a_rotation_says_that_ours_cannot_is_told(unit, length, start, said):
    found = shapes.Rotation(
        "r", "Odd", "Europe/Berlin", unit, length, datetime.fromisoformat(start), ("a", "b"), 0, None
    )
    notes = []
    calendars.of_rotation(found, calendars.Calendar(NOW, {"r": found}), notes)
    assert [said in note.text for note in notes] == [True]


# --- whatever is in it --------------------------------------------------------------------------------------------


WRONG = (
    None,
    "",
    "Local",
    -1,
    10**12,
    1.5,
    True,
    [],
    {},
    [None],
    "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59Z",
    "25:61",
)


def spoiled(value, dice: random.Random):
    """Somewhere in it something is missing, or is something else."""
    whole = deepcopy(value)
    place = whole
    while True:
        keys = list(place) if isinstance(place, dict) else range(len(place))
        if not keys:
            return whole
        key = dice.choice(list(keys))
        if isinstance(place[key], dict | list) and place[key] and dice.random() < 0.9:
            place = place[key]
            continue
        place[key] = dice.choice(WRONG)
        return whole


@pytest.mark.parametrize("seed", range(4))
def test_an_export_that_is_spoiled_is_read_as_far_as_it_goes(seed):
    dice, whole = random.Random(seed), nodes()
    for _time in range(25):
        raw = whole
        for _more in range(dice.randint(1, 3)):
            raw = spoiled(raw, dice)
        raw = {name: shapes.nodes([{name: {"nodes": raw[name]}}], name) for name in shapes.CONNECTIONS}
        said = GoAlert().read(raw, NOW)
        calendar, schedules = reading.calendar(raw, NOW)
        for record in said.schedules:
            strands(record)
            if record.id in schedules:
                calendar.on_call(schedules[record.id], NOW, NOW + timedelta(days=2)).at(NOW)


# --- the document -------------------------------------------------------------------------------------------------


def test_the_guide_has_the_document_to_the_byte():
    """An API key of GoAlert is made from it, and answers no other."""
    assert f"```graphql\n{asking.DOCUMENT}\n```" in (ROOT / "docs" / "moving-in-goalert.md").read_text()
