"""How soon does a page begin to answer? ``python scripts/bench_pages.py [--quick] [--rounds 60]``.

Starts the real processes on a scratch SQLite file and, where ``DATABASE_URL`` names a PostgreSQL, on a scratch
database there, each with 200 000 incidents of which 5 000 are open. One person, signed in, asks for each page
again and again, page by page and database by database in turn, while somebody writes a note every second. What is
timed is the whole answer to a full page that the browser has not got yet, and the CPU time of the web process, which
says the same on a busy machine. ``--quick`` makes a hundredth of the incidents. The last line is one JSON object.
"""

import argparse
import http.client
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from scripts.bench_pages_report import pages
from scripts.bench_report import machine
from tests.processes import ROOT, Baton, Scratch

OVER, OPEN = 390, 50  # originals; there are so many of each:
TIMES = 500, 100
RESOLVED = 40  # so many times the originals, 4 hours apart, were resolved within the last week; the others are closed
ROUNDS = 60
RESTS = 0.8  # of all cores' time; somebody writes, and every process beats
PAGES = {
    "my cues": "/",
    "queue, my teams": "/queue/",
    "queue, everything": "/queue/?scope=all",
    "queue, resolved": "/queue/?scope=all&status=resolved",
    "queue, page 20": "/queue/?scope=all&page=20",
    "measures": "/measures/",
    "search, a common word": "/queue/?q=timeouts",
    "search, a rare word": "/queue/?q=zirconium",
    "search, two words": "/queue/?q=payments+timeouts",
    "board by tier": "/board/",
    "board by status": "/board/?by=status",
    "board by person": "/board/?by=person",
    "board by service": "/board/?by=service",
    "wall": "/wall/",
    "next cue": "/next/",
    "numbers in the bar": "/counts/",
    "an incident": "/incidents/{number}/",
}


class Desk:
    """All processes on one scratch database full of incidents, and somebody who is signed in."""

    def __init__(self, name: str, folder: Path, scale: int):
        self.name = name
        home = folder / name
        home.mkdir()
        self.baton = Baton(home, database=Scratch(home, "" if name == "sqlite" else None, migrated=True))
        began = time.monotonic()
        code = f"from scripts.bench_pages import prepare; print(prepare({scale}))"
        told = json.loads(self.baton.manage("shell", "-v", "0", "-c", code).splitlines()[-1])
        self.cookie, self.numbers, self.rows = told["cookie"], told["numbers"], told["rows"]
        self.incidents: int = told["incidents"]
        print(f"{name:11} {self.rows} rows made in {time.monotonic() - began:.0f} s", flush=True)
        self.baton.start()
        self.writer = self._writes()

    def _writes(self) -> subprocess.Popen:
        """Somebody writes a note every second: what was counted for the last page is old for the next."""
        code = f"from scripts.bench_pages import write; write({self.numbers})"
        words = [sys.executable, "manage.py", "shell", "-v", "0", "-c", code]
        return subprocess.Popen(words, cwd=ROOT, env=self.baton.env)

    def end(self) -> None:
        self.writer.kill()
        self.writer.wait()
        self.baton.end()

    def ask(self, address: str) -> tuple[float, int]:
        """Milliseconds until the whole answer was there, and its bytes."""
        path = address.format(number=random.choice(self.numbers))
        connection = http.client.HTTPConnection(urlsplit(self.baton.url).netloc, timeout=120)
        with closing(connection):
            began = time.perf_counter()
            connection.request("GET", path, headers={"Cookie": self.cookie, "Accept-Encoding": "gzip"})
            answer = connection.getresponse()
            body = answer.read()
            spent = (time.perf_counter() - began) * 1000
        assert answer.status in (200, 302), f"{path}: {answer.status}"  # the next cue is where it leads
        return round(spent, 1), len(body)

    def cpu(self) -> float:
        """Milliseconds that the web process has computed so far."""
        ticks = sum(sum(_times(pid)) for pid in self.baton.pids("web"))
        return ticks * 1000 / os.sysconf("SC_CLK_TCK")


def _times(pid: int) -> tuple[int, int]:
    parts = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return int(parts[11]), int(parts[12])


def _settle(span: float, *, patience: float = 120.0) -> None:
    """Wait until the machine has rested so many seconds: it has still to digest all those new rows."""
    until = time.monotonic() + patience
    share = 0.0
    while span and share < RESTS and time.monotonic() < until:
        before = _idle()
        time.sleep(span)
        share = (_idle() - before) / span / (os.cpu_count() or 1)
    print(f"the machine rests at {share:.0%}" if span else "", flush=True)


def _idle() -> float:
    """Seconds that all cores together have idled since the machine was started."""
    words = Path("/proc/stat").read_text().split(maxsplit=6)
    return (int(words[4]) + int(words[5])) / os.sysconf("SC_CLK_TCK")


def measure(names: Sequence[str], *, scale: int = 1, rounds: int = ROUNDS) -> dict:
    """The raw samples: milliseconds of each page and database, asked in turn."""
    with tempfile.TemporaryDirectory() as folder:
        desks: list[Desk] = []
        try:
            for name in names:
                desks.append(Desk(name, Path(folder), scale))
            _settle(5.0 if scale == 1 else 0.0)
            found: dict = {desk.name: {"rows": desk.rows, "pages": {}} for desk in desks}
            for title, address in PAGES.items():
                for desk in desks:
                    desk.ask(address)  # a page that nobody has asked for since the start compiles its templates
                before = {desk.name: desk.cpu() for desk in desks}
                for _ in range(rounds):
                    for desk in desks:
                        one = found[desk.name]["pages"].setdefault(title, {"ms": []})
                        spent, one["bytes"] = desk.ask(address)
                        one["ms"].append(spent)
                for desk in desks:
                    one = found[desk.name]["pages"][title]
                    one["cpu"] = round((desk.cpu() - before[desk.name]) / rounds, 1)
                    spent, most = sorted(one["ms"]), max(one["ms"])
                    words = f"p50 {spent[len(spent) // 2]} max {most} ms, CPU {one['cpu']} ms"
                    print(f"{desk.name:11} {title:22} {words}", flush=True)
        finally:
            for desk in desks:
                desk.end()
    return {"incidents": desks[0].incidents, "open": OPEN * TIMES[1] // scale, **found}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--quick", action="store_true", help="a hundredth of the incidents: does the program work?")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--db", choices=("sqlite", "postgresql"))
    chosen = parser.parse_args()
    there = ["sqlite", *(["postgresql"] if os.environ.get("DATABASE_URL", "").startswith("postgres") else [])]
    found = measure([chosen.db] if chosen.db else there, scale=100 if chosen.quick else 1, rounds=chosen.rounds)
    samples = {"machine": machine(), "pages": found}
    print("\n".join(pages(samples)))
    print(json.dumps(samples))


# --- inside Django ------------------------------------------------------------------------------


def prepare(scale: int) -> str:
    """The organisation, its incidents and a session of one agent, as JSON."""
    from django.db import connection

    from incidents.models import Incident
    from scripts.bench_copies import analyze, copy, marks
    from tests.organisation import assemble

    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET statement_timeout = 0")
    cast = assemble()
    services = _services(cast)
    originals = OVER if scale == 1 else OVER // 10
    points = [marks()]
    _closed(cast, services, originals)
    points.append(marks())
    _resolved(cast, services, originals)
    points.append(marks())
    opened = _opened(cast, services)
    points.append(marks())
    resolved, closed = RESOLVED // scale or 1, (TIMES[0] - RESOLVED) // scale
    rows = copy(*points[0:2], closed - 1, back="4 hours", first=resolved + 2)
    rows += copy(*points[1:3], resolved - 1, back="4 hours")
    rows += copy(*points[2:4], TIMES[1] // scale - 1 if scale < TIMES[1] else 0)
    analyze()
    made = Incident.objects.count()
    return json.dumps({"cookie": _signed_in(cast.ana), "numbers": opened, "rows": rows, "incidents": made})


WORDS = ("Timeouts", "Slow answers", "Wrong totals", "Failed logins", "Lost messages", "Full disk", "Payments refused")
PLACES = ("the second hall", "the web shop", "the night batch", "the warehouse", "the branch in Lund")


def _services(cast) -> list:
    from incidents.models import Service

    names = (
        "Card payments",
        "Web shop",
        "Mail",
        "Payroll",
        "Warehouse",
        "Directory",
        "Network",
        "Reports",
        "Telephony",
    )
    made = [Service.objects.create(name=name, team=cast.teams["Service desk"], policy=cast.policy) for name in names]
    return [cast.service, *made]


def _colleagues(cast) -> None:
    """Forty agents more, who were not called: whoever holds something in the end holds about a hundred."""
    from escalation.people.models import Membership
    from tests.organisation import person

    cast.agents = [cast.ana, cast.jo, *(person(f"Agent{n} Holm") for n in range(40))]
    desk = cast.teams["Service desk"]
    Membership.objects.bulk_create([Membership(team=desk, user=one, role="agent") for one in cast.agents[2:]])


def _report(number: int, services: list):
    from incidents.models.opening import Report

    rare = " zirconium" if number == 7 else ""
    return Report(
        title=f"{WORDS[number % len(WORDS)]} in {PLACES[number % len(PLACES)]}{rare}",
        symptom=f"Since a moment ago {WORDS[number % 3].lower()} are reported, first from desk {number}.",
        service=services[number % len(services)],
        impact=1 + number % 3,
        urgency=1 + number // 3 % 3,
    )


def _resolved(cast, services: list, originals: int) -> None:
    from incidents.models import Incident
    from incidents.models.ending import Cause

    for incident in Incident.open_many([_report(n, services) for n in range(originals)], by=cast.ana):
        incident.acknowledge(by=cast.ana)
        incident.attempt(by=cast.ana, text="Restarted the first node", outcome="no_effect")
        incident.resolve(by=cast.ana, cause=Cause.values[0], text="The pool of connections was too small")


def _closed(cast, services: list, originals: int) -> None:
    """Long over: a week after its end, the engine closes an incident."""
    from django.utils import timezone

    from escalation.engine import climb
    from escalation.engine.models import Timer

    _resolved(cast, services, originals)
    Timer.objects.filter(state=Timer.State.ARMED).update(due_at=timezone.now(), next_at=timezone.now())
    climb.drain(seconds=60)
    assert not Timer.objects.filter(state=Timer.State.ARMED).exists()


def _opened(cast, services: list) -> list[int]:
    """In every state; their numbers. No timer of theirs is near."""
    from datetime import timedelta

    from django.utils import timezone

    from escalation.engine.models import Delivery, Timer
    from incidents.models import Incident

    numbers = []
    incidents = Incident.open_many([_report(n, services) for n in range(OPEN)], by=cast.ana)
    _colleagues(cast)
    for n, incident in enumerate(incidents):
        numbers.append(incident.number)
        if n % 25:  # most of so many have somebody
            holder = cast.agents[n % len(cast.agents)]
            incident.acknowledge(by=holder)
            incident.note(by=holder, text="The logs of the last hour show nothing unusual.")
        if n % 5 == 2:
            incident.escalate(by=holder, reason="expertise", text="Theirs.", to=(0, 1 + n % 2))
        if n % 5 == 3:
            incident.hold(by=holder, until=timezone.now() + timedelta(hours=9), text="Waiting for the vendor")
    far = timezone.now() + timedelta(days=1)
    Timer.objects.filter(state=Timer.State.ARMED).update(due_at=far, next_at=far)
    Delivery.objects.update(state=Delivery.State.SENT, next_at=None, finished_at=timezone.now())
    return numbers


def write(numbers: Sequence[int]) -> None:
    """A note on one of these every second, until it is killed."""
    from escalation.people.models import User
    from incidents.models import Incident

    ana = User.objects.get(email="ana@example.com")
    while True:
        Incident.objects.get(number=random.choice(numbers)).note(by=ana, text="Still so.")
        time.sleep(1)


def _signed_in(person) -> str:
    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY

    from escalation.people.sessions import SessionStore

    session = SessionStore()
    session[SESSION_KEY] = str(person.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = person.get_session_auth_hash()
    session.save()
    return f"{settings.SESSION_COOKIE_NAME}={session.session_key}"


if __name__ == "__main__":
    main()
