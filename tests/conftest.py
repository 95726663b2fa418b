"""The cast, and a clock that only moves when told.

The organisation of every story: the service desk (L1: Ana, Jo), the application team (L2: Mei,
with Kim as supervisor), the platform team (L3: Tom), and Ines, the duty manager. Sam
supervises the service desk, Ada is the admin and the last resort, Rita works for another
team and sees none of it, Otto is the auditor.
"""

import gc
import os
import zlib
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import TransactionTestCase
from hypothesis import HealthCheck, settings

from escalation.engine import bell, climb
from escalation.engine.models import Delivery
from escalation.kit import clock as kit_clock
from escalation.policies.readiness import badge
from incidents.answers import limits
from incidents.api import failures
from incidents.counting import known
from incidents.inbound import intake, quota
from incidents.models import Incident
from tests import migrated
from tests.cast import the_cast
from tests.console import Console, Machine
from tests.emptying import empty_database
from tests.parts import everything_is_required, examples, left_out, time_is_short

PLAYS = "three of four plays of most properties, more of all verbs together: REQUIRE_ALL=1 BATON_STATEFUL=ci make test"
LEFT_TO_SOAK = "Of what crosses everything with everything (widths, themes, roles, plays) a share: make soak plays all."
# Properties say nothing about speed: a machine with much to do draws and plays slowly.
settings.register_profile(
    "here", max_examples=examples(100), deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("here")
START = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)  # a Monday


@pytest.fixture(autouse=True, scope="session")
def _emptied():
    """A transactional test ends in a flush, which the trail's triggers refuse, and which is slow."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda case: empty_database())
        yield


@pytest.fixture(scope="session")
def django_db_keepdb(django_db_modify_db_settings):
    """The test database is made from one that is migrated already; afterwards it goes, with all beside it."""
    if connection.vendor == "postgresql":
        connection.settings_dict["TEST"]["TEMPLATE"] = migrated.template(os.environ["DATABASE_URL"])
        yield False
        return
    file = Path(connection.creation._get_test_db_name())
    migrated.copy_to(file)
    yield True
    connection.close()
    for left in file.parent.glob(file.name + "*"):
        left.unlink(missing_ok=True)


def pytest_addoption(parser):
    parser.addoption(
        "--asks-database",
        action="store_true",
        help="leave out what needs no database, what is marked sqlite_enough, most plain stories: see _asks_database",
    )


def pytest_unconfigure():
    if connection.vendor == "postgresql" and "PYTEST_XDIST_WORKER" not in os.environ:
        migrated.drop_template(os.environ["DATABASE_URL"])


class Clock:
    """Moves the one clock; every due timer on the way fires at its instant, or not at all."""

    def now(self) -> datetime:
        return kit_clock.now()

    def forward(self, **span: float) -> None:
        """Let time pass as it would: each timer fires when it is due."""
        end = self.now() + timedelta(**span)
        while (due := climb.next_due()) is not None and due <= end:
            kit_clock.fix(max(due, self.now()))
            climb.drain()
        kit_clock.fix(end)
        climb.drain()

    def jump(self, **span: float) -> None:
        """Let time pass while nothing runs: an outage."""
        kit_clock.forward(timedelta(**span))


@pytest.fixture
def clock():
    kit_clock.fix(START)
    yield Clock()
    kit_clock.fix(None)


@pytest.fixture(scope="session")
def console():
    with Console() as opened:
        yield opened


@pytest.fixture
def machines(console, tmp_path):
    """Call it for one more home with a database, on which nothing runs."""
    made = []

    def machine(name, server=None, **more):
        made.append(Machine(console, tmp_path / name, server, **more))
        return made[-1]

    yield machine
    for one in made:
        one.database.drop()


@pytest.fixture
def cast(db) -> SimpleNamespace:
    return the_cast()


@pytest.fixture
def open_incident(cast, clock):
    def open_one(title: str = "Card payments fail", **facts) -> Incident:
        facts.setdefault("service", cast.service)
        facts.setdefault("by", None if "source" in facts else cast.ana)
        return Incident.objects.get(pk=Incident.open(title=title, **facts).pk)

    return open_one


@pytest.fixture
def phones(db):
    """Who was called, in order, by first name: the calls the outbox holds."""

    class Phones:
        @property
        def rang(self) -> list[str]:
            calls = Delivery.objects.filter(kind="call", channel="desk").order_by("id").select_related("person")
            return [call.person.get_short_name().lower() for call in calls]

    return Phones()


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter):
    """Say aloud what was left out, once per missing part and with how many tests, however many workers ran."""
    skipped = Counter(
        report.longrepr[2].removeprefix("Skipped: ") for report in terminalreporter.stats.get("skipped", [])
    )
    reasons = {f"{reason} ({tests} {'test' if tests == 1 else 'tests'})" for reason, tests in skipped.items()}
    if not everything_is_required():
        reasons.add(PLAYS)
    if time_is_short():
        terminalreporter.write_line(LEFT_TO_SOAK)
    if connection.vendor == "sqlite" and not everything_is_required():
        reasons.add("PostgreSQL is left out: run again with DATABASE_URL=postgres://user:password@host/name")
    for reason in sorted(reasons):
        terminalreporter.write_line(f"LEFT OUT: {reason}", red=True, bold=True)


def pytest_collection_modifyitems(config, items):
    """Tests of one database's own statements are for runs on that database; elsewhere they do not exist."""
    other = "postgresql_only" if connection.vendor == "sqlite" else "sqlite_only"
    thinned = not everything_is_required() and {_room(item) for item in items} > set(SHARES)  # all rooms are asked for
    for item in items:
        if reason := left_out(item) or (thinned and _is_of_the_others(item) and THIRD):
            item.add_marker(pytest.mark.skip(reason=reason))
    away = [item for item in items if item.get_closest_marker(other)]
    if time_is_short():
        away += [item for item in items if item.get_closest_marker("thorough")]
    if config.getoption("asks_database"):
        away += [item for item in items if not _asks_database(item)]
    config.hook.pytest_deselected(items=away)
    gone = set(away)
    items[:] = _long_ones_early([item for item in items if item not in gone])


ROOT = Path(__file__).parent
SHARES = {"stories": 12, "incidents": 8, "escalation": 6}  # by room: one test of so many on the second database
THIRD = "two of three stories, since all take longer than five minutes: REQUIRE_ALL=1 make test, or name a folder"


def _asks_database(item) -> bool:
    """pytest-django lets nobody else ask; processes have their own way to it.

    Whoever says that SQLite is enough is left out too, and most of what is played in one transaction (``SHARES``). A
    new test is played on both, unless it says so: when it is about how a page or a message reads, what a page costs,
    how processes are started, frozen and ended, or how another program talks to a door (the storms kill processes on
    both). Verbs, the engine, the API, importers, searches, races and migrations never say so. That every page opens on
    every database, for everybody and with many rows, is left to ``house/test_every_page``, which is played on both. Of
    stories in a browser, most of which have a server of their own and it an SQLite file, some say that they are.
    """
    if item.get_closest_marker("sqlite_enough") or _is_left_to_sqlite(item):
        return False
    if _room(item) == "browser" and not item.get_closest_marker("both_databases"):
        return False
    marks = ("django_db", "processes", "sqlite_only", "postgresql_only")
    fixtures = {"db", "transactional_db", "live_server"} & set(item.fixturenames)
    return bool(fixtures) or any(item.get_closest_marker(mark) for mark in marks)


def _is_left_to_sqlite(item) -> bool:
    """What one transaction shows goes through the same verbs and queries by hundreds: of those, some are enough.

    Races, migrations, processes and plays of all verbs together have transactions of their own, and none is left out.
    """
    return _is_plain(item) and not _is_one_of(item, SHARES.get(_room(item), 1))


def _is_of_the_others(item) -> bool:
    return _room(item) in SHARES and _is_plain(item) and not _is_one_of(item, 3)


def _is_plain(item) -> bool:
    mark = item.get_closest_marker("django_db")
    return mark is not None and not mark.kwargs.get("transaction")


def _is_one_of(item, share: int) -> bool:
    return zlib.crc32(item.originalname.encode()) % share == 0


def _room(item) -> str:
    return item.path.relative_to(ROOT).parts[0]


def _long_ones_early(items):
    """Nobody is to wait at the end for one worker's last long test.

    Those with real processes wait more than they work, and share them: they come first, to one worker.
    """
    waiting, playing, others = [], [], []
    for item in items:
        waits, plays = item.get_closest_marker("processes"), item.get_closest_marker("stateful")
        (waiting if waits else playing if plays else others).append(item)
    half = len(others) // 2
    return waiting + others[:half] + playing + others[half:]


def pytest_xdist_auto_num_workers():
    """One more than there are processors, since some tests mostly wait."""
    return len(os.sched_getaffinity(0)) + 1 if hasattr(os, "sched_getaffinity") else None


def pytest_collection_finish():
    """What is loaded by now stays: the collector need not look at it again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)  # what a test leaves goes with it, all but little


@pytest.fixture(autouse=True)
def _nothing_kept():
    """What one test left in the process's cache is not for the next. A request of its pages may have ended since."""
    cache.clear()
    yield
    cache.clear()
    intake.pace = intake.Pace()
    quota._rates.clear()
    limits._rates.clear()
    failures.forget()
    known.forget()
    badge.forget()


@pytest.fixture(autouse=True)
def _every_change_rings(monkeypatch):
    """Not only the first of a tenth of a second: whether one does must not depend on when the test before ended."""
    monkeypatch.setattr(bell, "RING_EVERY", 0)
