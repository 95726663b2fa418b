"""A real calendar program reads the feeds: khal, from the files that are served."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.test import Client

from escalation.oncall.calendars.feeds import Feed
from escalation.oncall.models import Schedule
from escalation.oncall.shifts import final
from tests.escalation.test_calendars_outside import let_it_wait
from tests.escalation.test_schedules import make_schedule
from tests.parts import missing_part

KHAL = Path(sys.executable).with_name("khal")
BERLIN = ZoneInfo("Europe/Berlin")
CONFIG = """
[calendars]
[[oncall]]
path = {home}/oncall
type = calendar
[sqlite]
path = {home}/khal.db
[locale]
local_timezone = Europe/Berlin
default_timezone = Europe/Berlin
timeformat = %H:%M
dateformat = %Y-%m-%d
longdateformat = %Y-%m-%d
datetimeformat = %Y-%m-%d %H:%M
longdatetimeformat = %Y-%m-%d %H:%M
"""


@pytest.fixture
def khal(tmp_path, db):
    """khal with one calendar. It keeps one event a file, as vdirsyncer stores what it fetched."""
    let_it_wait()
    if not KHAL.exists():
        missing_part("khal", "it is among the development packages; pip install -r requirements/dev.txt")
    (tmp_path / "oncall").mkdir()
    config = tmp_path / "config"
    config.write_text(CONFIG.format(home=tmp_path))

    def run(*args: str) -> str:
        env = {"HOME": str(tmp_path), "LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin"}
        done = subprocess.run(
            [KHAL, "-c", config, *args], env=env, capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 0, done.stderr
        assert "error" not in done.stderr.lower(), done.stderr
        return done.stdout

    return run


def listed(khal, since: str, days: int) -> list[tuple[datetime, datetime, str]]:
    form = "{uid}\t{start-long-full}\t{end-long-full}\t{title}"
    lines = khal("list", "--once", "--day-format", "", "--format", form, since, f"{days}d").splitlines()
    found = {}
    for line in lines:
        if line.count("\t") == 3:
            uid, start, end, title = line.split("\t")
            found[uid] = (_instant(start), _instant(end), title)
    return sorted(found.values())


def _instant(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%d %H:%M").replace(tzinfo=BERLIN).astimezone(UTC)


@pytest.mark.sqlite_enough
@pytest.mark.rehearsal("processes")
def test_khal_shows_the_shifts_over_both_nights_on_which_the_clock_changes(khal, cast, clock, tmp_path):
    clock.jump(days=20)
    schedule = make_schedule("Berlin, nights; on/off", team=cast.teams["Service desk"], people=[cast.ana, cast.jo])
    Schedule.objects.update(time_zone="Europe/Berlin")
    schedule = Schedule.objects.get()
    cast.jo.name = "Zoë “Jo” 東京東京東京東京東京東京東京東京, Okafor; née Müller-Lüdenscheidt"
    cast.jo.save()
    now = clock.now()
    schedule.override(
        by=cast.sam, person=cast.sam, starts_at=now + timedelta(days=2), ends_at=now + timedelta(days=2, hours=3)
    )
    _feed, key = Feed.make(by=cast.ana, schedule=schedule)
    answer = Client().get(f"/ical/{key}/schedule.ics?days_back=0&days_ahead=250")
    file = tmp_path / "feed.ics"
    file.write_bytes(answer.content)

    plan = schedule.plan()
    khal("import", "--batch", "-a", "oncall", str(file))
    nights = [("2026-03-28", 3), ("2026-10-24", 3), ("2026-03-23", 3)]
    names = {cast.ana.pk: cast.ana.name, cast.jo.pk: cast.jo.name, cast.sam.pk: cast.sam.name}
    for day, days in nights:
        since = datetime.fromisoformat(day).replace(tzinfo=BERLIN)
        until = (datetime.fromisoformat(day) + timedelta(days=days)).replace(tzinfo=BERLIN)
        around = final(plan, since - timedelta(days=3), until + timedelta(days=3))
        shifts = [one for one in around if one.start < until and one.end > since]
        shown = listed(khal, day, days)
        assert [one[:2] for one in shown] == [(one.start, one.end) for one in shifts]
        assert all(names[shift.person] in title for shift, (*_, title) in zip(shifts, shown, strict=True))
        lengths = {(end - start) // timedelta(hours=1) for start, end, _title in shown}
        assert lengths & {23, 25, 3}
    assert any("(covering for " in title for *_, title in listed(khal, "2026-03-24", 1))
