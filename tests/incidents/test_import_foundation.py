"""What every importer stands on: hours, strands, kept answers, and a walk that may break anywhere."""

import json
import re
import zipfile
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from escalation.kit.errors import Refused
from escalation.oncall import restrictions, rotation, shifts
from incidents.importers import kinds, passing, records, report, windows
from incidents.importers.answers import Files, Kept, NotThere, from_files, made_by
from incidents.importers.comparing import Here, differences
from incidents.importers.live import page
from incidents.importers.moving import Item
from incidents.importers.strands import strands
from incidents.importers.windows import Window

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
HOUR = timedelta(hours=1)


# --- hours ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given_windows", "written"),
    [
        ([], ""),
        (windows.daily(0, 0), ""),
        (windows.daily(540, 540), ""),
        (windows.daily(22 * 60, 6 * 60), "22:00-06:00"),
        (windows.daily(9 * 60, 24 * 60), "09:00-00:00"),
        ([windows.weekly(540, 1050)], "Mon 09:00-17:30"),
        ([Window(day * 1440 + 540, 480) for day in range(5)], "Mon, Tue, Wed, Thu, Fri 09:00-17:00"),
        ([windows.weekly(4 * 1440 + 1080, 480)], "Fri 18:00 - Mon 08:00"),
        ([windows.weekly(1020, 540)], "Mon 17:00 - Mon 09:00"),
        ([Window(6 * 1440, 1440)], "Sun 00:00-00:00"),
    ],
)
def test_hours_are_written_as_an_admin_would(given_windows, written):
    assert windows.lines(given_windows) == written


@given(st.lists(st.tuples(st.integers(0, 335), st.integers(1, 336)), max_size=4))
@settings(max_examples=60, deadline=None)
def test_what_is_written_is_on_at_the_same_minutes(halves):
    given_windows = [Window(start * 30, lasts * 30) for start, lasts in halves]
    read = restrictions.read(windows.lines(given_windows))
    for half_hour in range(336):
        minute = half_hour * 30 + 7
        wanted = not halves or any((minute - start) % 10080 < lasts for start, lasts in given_windows)
        assert wanted == (not read or any((minute - one.minutes[0]) % 10080 < _lasts(one) for one in read))


def _lasts(window):
    start, end = window.minutes
    return end - start


# --- strands --------------------------------------------------------------------------------------

PEOPLE = ("ana", "jo", "sam", "mei")
TURNS = st.lists(st.lists(st.sampled_from(PEOPLE), max_size=3, unique=True).map(tuple), min_size=1, max_size=3)


@st.composite
def schedules(draw):
    levels = draw(st.lists(st.integers(0, 2), min_size=1, max_size=4))
    layers = tuple(
        records.Layer(
            id=f"r{number}",
            name=draw(st.sampled_from(["Week", "Night"])),
            unit="hours",
            every=draw(st.integers(1, 5)),
            starts=datetime(2026, 3, 1, draw(st.integers(0, 23))),
            turns=tuple(draw(TURNS)),
            windows=tuple(draw(st.sampled_from([[], windows.daily(600, 900), [Window(0, 2000)]]))),
            level=level,
        )
        for number, level in enumerate(levels)
    )
    covers = [
        records.Cover(
            tuple(draw(st.lists(st.sampled_from(PEOPLE), max_size=2, unique=True))),
            MONDAY + start * HOUR,
            MONDAY + (start + 4) * HOUR,
            beside=draw(st.booleans()),
        )
        for start in draw(st.lists(st.sampled_from([0, 5, 10, 20]), max_size=3, unique=True))
    ]
    return records.Schedule("s", "On call", "UTC", layers, tuple(covers))


def wanted(schedule, at):
    """Who is on call, said plainly: the covers, else everybody of the highest level on which anybody is."""
    beside = {who for one in schedule.covers if one.beside and one.start <= at < one.end for who in one.people}
    instead = [one for one in schedule.covers if not one.beside and one.start <= at < one.end]
    if instead:
        return beside | set(instead[-1].people)
    by_level = {}
    for layer in schedule.layers:
        turn = (at.replace(tzinfo=None) - layer.starts) // (layer.every * HOUR)
        minute = at.weekday() * 1440 + at.hour * 60 + at.minute
        on = not layer.windows or any((minute - one.start) % 10080 < one.minutes for one in layer.windows)
        if on and turn >= 0:
            by_level.setdefault(layer.level, set()).update(layer.turns[turn % len(layer.turns)])
    return beside | next((by_level[level] for level in sorted(by_level) if by_level[level]), set())


def planned(strand):
    layers = tuple(
        rotation.Layer(
            id=0,
            start=layer.starts,
            seats=tuple(rotation.Seat(PEOPLE.index(turn[0]) if turn else None) for turn in layer.turns),
            unit=rotation.Unit(layer.unit),
            every=layer.every,
            windows=restrictions.read(windows.lines(layer.windows)),
        )
        for layer in strand.layers
    )
    covers = tuple(
        shifts.Override(0, one.start, one.end, PEOPLE.index(one.people[0]) if one.people else None)
        for one in strand.covers
    )
    return shifts.Plan("UTC", layers, covers)


@pytest.mark.rehearsal("moving")
@given(schedules())
@settings(max_examples=80, deadline=None)
def test_strands_together_have_exactly_whom_the_schedule_has(schedule):
    plans = [planned(strand) for strand in strands(schedule)]
    for hour in range(40):
        at = MONDAY + hour * HOUR
        there = {PEOPLE[person] for plan in plans for person in shifts.on_call(plan, at)}
        assert there == wanted(schedule, at), at


def test_strands_are_named_for_the_layer_that_comes_first():
    layer = records.Layer("a", "Week", "weeks", 1, datetime(2026, 3, 2, 9), (("ana", "jo"), ("sam",)))
    other = records.Layer("b", "Night", "days", 1, datetime(2026, 3, 2, 9), (("mei",),))
    both = records.Schedule("s", "On call", "UTC", (layer, other))
    assert [one.name for one in strands(both)] == ["On call (Week 1)", "On call (Week 2)", "On call (Night)"]


# --- comparing ------------------------------------------------------------------------------------


class Fixed:
    def on_call(self, schedule, at):
        return frozenset({"ana"} if at < MONDAY + 5 * HOUR else {"jo"})

    def changes(self, schedule, since, until):
        return [MONDAY + 5 * HOUR]


def test_a_hand_off_one_minute_late_is_found():
    late = MONDAY + 5 * HOUR + timedelta(minutes=1)
    here = Here("On call", [(MONDAY, late, "ana"), (late, MONDAY + 9 * HOUR, "jo")])
    found, asked = differences(Fixed(), {"s": here}, str, since=MONDAY, until=MONDAY + 9 * HOUR)
    assert [(one.start, one.there, one.here) for one in found] == [(MONDAY + 5 * HOUR, {"jo"}, {"ana"})]
    assert asked >= 5
    right = Here("On call", [(MONDAY, MONDAY + 5 * HOUR, "ana"), (MONDAY + 5 * HOUR, MONDAY + 9 * HOUR, "jo")])
    assert differences(Fixed(), {"s": right}, str, since=MONDAY, until=MONDAY + 9 * HOUR)[0] == []


# --- steps that reach nobody ----------------------------------------------------------------------

DAY = timedelta(days=1)
OFF = {"early": (MONDAY, MONDAY + 8 * HOUR), "nine": (MONDAY + 7 * HOUR, MONDAY + 9 * HOUR)}  # when it is nobody


class Patchy:
    def on_call(self, schedule, at):
        start, end = OFF.get(schedule, (MONDAY, MONDAY))
        return frozenset() if start <= at < end else frozenset({"ana"})

    def changes(self, schedule, since, until):
        return OFF.get(schedule, ())


def by(*targets: tuple[str, str]) -> tuple[records.Target, ...]:
    return tuple(records.Target(records.Calls(kind), id) for kind, id in targets)


@pytest.mark.parametrize(
    ("steps", "rounds", "pause", "said"),
    [
        ([by(("schedule", "early"))], 1, 5, []),  # nothing follows
        ([by(("schedule", "early"))], 2, 5, ["Step 1, at 0 minutes, .* from 2026-03-02 00:00 .* its 5 minutes"]),
        ([by(("schedule", "early")), by(("person", "ana"))], 1, 0, ["until 2026-03-02 08:00 UTC. .* its 10 minutes"]),
        ([by(("schedule", "early"), ("person", "ana")), by(("person", "ana"))], 1, 0, []),
        (
            [by(("schedule", "early"), ("schedule", "nine")), by(("person", "ana"))],
            1,
            0,
            ["from 2026-03-02 07:00 UTC until 2026-03-02 08:00 UTC"],
        ),
        ([by(("schedule", "always"), ("schedule", "nine")), by(("person", "ana"))], 1, 0, []),
        ([by(("schedule", "unread")), by(("person", "ana"))], 1, 0, []),  # is said elsewhere
        ([by(("person", "left"), ("team", "empty")), by(("person", "ana"))], 1, 0, ["nobody in the next 60 days"]),
        ([by(("person", "ana")), by(("schedule", "nine"))], 3, 0, []),  # takes no time
    ],
)
def test_of_each_step_that_reaches_nobody_it_is_said_when_and_how_much_sooner(steps, rounds, pause, said):
    its = tuple(records.Step(10 * place, targets) for place, targets in enumerate(steps))
    people = (
        records.Person("ana", "ana@example.com", "Ana"),
        records.Person("left", "l@example.com", "L", active=False),
    )
    whole = records.Organisation(
        people=people,
        teams=(records.Team("empty", "Empty"),),
        schedules=tuple(records.Schedule(name, name, "UTC") for name in ("early", "nine", "always")),
        policies=(records.Policy("p", "P", its, rounds, pause), records.Policy("none", "None", ())),
    )
    notes = passing.noted(whole, Patchy(), MONDAY, "Old").notes
    assert len(notes) == len(said)
    assert all(re.search(words, note.text) for words, note in zip(said, notes, strict=True)), notes


def test_a_name_from_elsewhere_cannot_write_lines_of_the_report():
    item = Item("team", "t", "Red\x1b[31m\n+ policy Forged\u202e" + "x" * 10**6)
    [line, *_more] = report.of(item)
    assert line.startswith("= team Red[31m + policy Forged") and len(line) < 500


@pytest.mark.parametrize(
    ("name", "wanted"), [(" Ana  Ruiz ", "Ana Ruiz"), ("\u200b\u200f", "ana@example.com"), ("", "ana@example.com")]
)
def test_who_has_no_name_that_can_be_seen_is_called_by_their_address(name, wanted):
    move = SimpleNamespace(create_people=True)
    person = records.Person("ana", "ana@example.com", name)
    facts = kinds.People().wanted(move, person, None, Item("person", "ana", name))
    assert facts["name"] == wanted


# --- answers --------------------------------------------------------------------------------------


def test_an_export_that_broke_goes_on_where_it_stopped(tmp_path):
    asked = []

    def ask(address):
        asked.append(address)
        if address == "/gone":
            raise NotThere("refused (403)")
        if address == "/third" and asked.count("/third") == 1:
            raise Refused("It did not answer in time.")
        return {"data": address}

    file = tmp_path / "dump.zip"
    first = Kept(ask, "opsgenie", file)
    first("/first?a=1&b=2")
    with pytest.raises(NotThere):
        first("/gone")
    with pytest.raises(Refused):
        first("/third")
    first.write(whole=False)
    assert made_by(Files(file)) == ""
    second = Kept(ask, "opsgenie", file)
    assert second("/first?a=1&b=2") == {"data": "/first?a=1&b=2"}
    with pytest.raises(NotThere):
        second("/gone")
    assert second("/third") == {"data": "/third"}
    second.write(whole=True)
    assert asked == ["/first?a=1&b=2", "/gone", "/third", "/third"]
    assert file.stat().st_mode & 0o777 == 0o600
    assert made_by(Files(file)) == "opsgenie"
    answers = from_files(Files(file))
    assert answers("/first?a=1&b=2") == {"data": "/first?a=1&b=2"}
    for missing in ("/gone", "/never"):
        with pytest.raises(NotThere):
            answers(missing)
    with pytest.raises(Refused, match="whole export already"):
        Kept(ask, "opsgenie", file)


def test_files_that_are_no_export_are_refused_in_words(tmp_path, monkeypatch):
    with pytest.raises(Refused, match="neither a folder nor a zip"):
        Files(tmp_path / "missing.zip")
    (tmp_path / "text.zip").write_text("no zip")
    with pytest.raises(Refused, match="neither a folder nor a zip"):
        Files(tmp_path / "text.zip")
    bad = tmp_path / "bad"
    bad.mkdir()
    for text in ("{", "[" * 100_000, '{"a":' * 900 + "1" + "}" * 900):
        (bad / "a.json").write_text(text)
        with pytest.raises(Refused, match="is not JSON"):
            Files(bad).json("a.json")
    monkeypatch.setattr("incidents.importers.answers.MOST_BYTES", 1000)
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as out:
        out.writestr("a.json", json.dumps("0" * 5000))
    with pytest.raises(Refused, match="larger than an export may be"):
        Files(tmp_path / "bomb.zip")
    monkeypatch.undo()
    spoiled = bytearray((tmp_path / "bomb.zip").read_bytes())
    spoiled[36:46] = b"\xff" * 10  # within what is compressed
    (tmp_path / "spoiled.zip").write_bytes(spoiled)
    with pytest.raises(Refused, match="cannot be read"):
        Files(tmp_path / "spoiled.zip").json("a.json")


@pytest.mark.parametrize(
    ("address", "asked"),
    [
        ("https://elsewhere.example/v2/users?limit=100&offset=100", "/v2/users?limit=100&offset=100"),
        ("/v2/teams", "/v2/teams"),
        (".elsewhere.example/v2/users", "/.elsewhere.example/v2/users"),
        ("@elsewhere.example/v2/users", "/@elsewhere.example/v2/users"),
        ("http://[::1", ""),
    ],
)
def test_of_a_next_page_only_what_follows_the_host_is_used(address, asked):
    assert page(address) == asked
