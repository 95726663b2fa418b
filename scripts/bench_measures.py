"""How soon are the measures of a year there? ``python scripts/bench_measures.py [--incidents 200000] [--write]``.

On a scratch SQLite file and, where ``DATABASE_URL`` names a PostgreSQL, on a scratch database there: that many resolved
incidents spread over a year, of 30 services, 60 agents and 5 sources, a twentieth of them restricted. The page is asked
for by an admin, the supervisor of the team that is called first, one of its agents, and the supervisor of a team that
has a part; for 30 days, a quarter and a year, compared by severity and by service, and narrowed in each way; then the
lists behind numbers, and CSV until its first line of an incident. Milliseconds of the whole answer and of CPU (on
PostgreSQL the process's alone), turn by turn for ``--rounds``. The cold answer is the first of a process that has only
been started, on a connection that has asked nothing. The floor is the same page when the period is none and it counts
nothing. Beside it: the same figures as plain aggregates of the database, which must be equal. ``--db`` measures one of
them; ``--write`` makes the tables of ``docs/measures.md`` from this run. The last line is JSON.
"""

import json
import multiprocessing
import os
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from scripts.bench_inside import chosen, measured, without_a_limit
from scripts.bench_measures_report import FIGURES, write
from scripts.bench_report import machine, taken

ORIGINALS = 400
GOAL = 500  # milliseconds, for 200 000 incidents
VIEWERS = {"admin": "ada", "supervisor": "sam", "supervisor of a part": "kim", "agent": "ana"}


def main() -> None:
    asked = chosen(str(__doc__), incidents=200_000, rounds=10, page="docs/measures.md")
    told: dict[str, Any] = {"machine": machine(), "taken": taken(), "load": [_load()], "goal_ms": GOAL, "measures": {}}
    for name, one in measured("bench_measures", asked):
        told["measures"][name] = one
        told["load"].append(_load())
        print("\n".join(table(name, one)), flush=True)
        if asked.write:
            write(told)
    print(json.dumps(told))


def _load() -> float:
    """How many processes wanted a core within the last five minutes."""
    return round(os.getloadavg()[1], 1)


def table(name: str, one: dict) -> Iterator[str]:
    yield f"{name}: {one['incidents']} incidents, {one['days']} days packed in {one['packed_s']} s, {one['kb']} kB"
    yield f"{'viewer':22} {'asked':22} {'incidents':>9}" + "".join(f"{key:>9}" for key in FIGURES)
    for row in one["rows"]:
        numbers = "".join(f"{row[key]:9.0f}" for key in FIGURES)
        yield f"{row['viewer']:22} {row['asked']:22} {row['incidents']:9}{numbers}"
    for viewer, spent in one["plain_ms"].items():
        yield f"{viewer:22} the same figures of the year, plain and equal: {spent:.0f} ms"


# --- inside Django ------------------------------------------------------------------------------


def measure(incidents: int, rounds: int) -> str:
    from django.db.models import Sum
    from django.db.models.functions import Length

    from incidents.counting import days
    from incidents.models import SummaryDay
    from tests.organisation import assemble

    without_a_limit()
    cast = assemble()
    _prepare(cast, incidents)
    began = time.perf_counter()
    while days.keep():
        pass
    packed_s = time.perf_counter() - began
    told = {
        "incidents": incidents,
        "days": SummaryDay.objects.count(),
        "packed_s": round(packed_s, 1),
        "kb": SummaryDay.objects.aggregate(all=Sum(Length("packed")))["all"] // 1000,
        "rows": _asked(cast, rounds),
        "plain_ms": _plain(cast),
    }
    return json.dumps(told)


def _asked(cast: SimpleNamespace, rounds: int) -> list[dict[str, Any]]:
    """All of them in turn, so that a busy moment meets each alike."""
    from django.conf import settings
    from django.test import Client
    from django.test.utils import setup_test_environment

    from escalation.engine.management.commands import runweb

    setup_test_environment()
    settings.ADMIN_SECOND_FACTOR = False  # an admin here has none, and gets no file without
    runweb.settle()
    assert Client().get("/livez").status_code == 200  # as whoever starts it asks first
    asked = [
        (viewer, said, client, address)
        for viewer, name in VIEWERS.items()
        for client in [_signed_in(getattr(cast, name).pk)]
        for said, address in _addresses(cast).items()
    ]
    cold: dict[tuple[str, str], Took] = {}
    for viewer, said, client, address in asked:
        cold[viewer, said] = _apart(_took, client, address)
    warm: dict[tuple[str, str], list[Took]] = {}
    for _ in range(rounds + 1):
        for viewer, said, client, address in asked:
            warm.setdefault((viewer, said), []).append(_took(client, address))
    return [_row(viewer, said, cold[viewer, said], took[1:]) for (viewer, said), took in warm.items()]


def _signed_in(pk: int) -> Any:
    from django.contrib.auth import get_user_model
    from django.test import Client

    client = Client()
    client.force_login(get_user_model().objects.get(pk=pk))
    return client


class Took(NamedTuple):
    seconds: float
    cpu: float
    incidents: int  # of which the answer tells


def _took(client: Any, address: str) -> Took:
    """A file is there when its first line of an incident is; the rest is read while it is sent."""
    began, computed = time.perf_counter(), time.process_time()
    answer = client.get(address)
    lines = list(islice(answer.streaming_content, 2)) if answer.streaming else []
    spent = time.perf_counter() - began, time.process_time() - computed
    assert answer.status_code == 200, f"{address}: {answer.status_code} {answer.headers.get('Location', '')}"
    answer.close()
    return Took(*spent, len(lines[1:]) if answer.streaming else _told_of(answer.context))


def _told_of(context: Any) -> int:
    return context["sums"].all if "sums" in context else context["page"].paginator.count


def _apart(work: Callable, *words: Any) -> Any:
    """In a process of its own, which has no connection yet."""
    from django.db import connections

    connections.close_all()
    forked = multiprocessing.get_context("fork")
    ours, theirs = forked.Pipe(duplex=False)
    process = forked.Process(target=lambda: theirs.send(work(*words)))
    process.start()
    theirs.close()  # so that the end of one that failed is heard
    found = ours.recv()
    process.join()
    return found


def _plain(cast: SimpleNamespace) -> dict[str, float]:
    from incidents.insight.asked import Asked
    from tests.counted_plain import counted, plain

    without_a_limit()
    found, (since, until) = {}, _year()
    for viewer, name in VIEWERS.items():
        asked = Asked.of({"since": str(since), "until": str(until)}, getattr(cast, name), datetime.now(UTC))
        began = time.perf_counter()
        told = plain(asked, "service")
        found[viewer] = round(1000 * (time.perf_counter() - began))
        assert told == counted(asked, "service"), viewer
    return found


def _year() -> tuple[date, date]:
    today = datetime.now(UTC).date()
    return today - timedelta(days=364), today


def _row(viewer: str, said: str, cold: Took, warm: list[Took]) -> dict[str, Any]:
    return {
        "viewer": viewer,
        "asked": said,
        "incidents": warm[0].incidents,
        "cold": _ms(cold.seconds),
        "median": _ms(statistics.median(one.seconds for one in warm)),
        "slowest": _ms(max(one.seconds for one in warm)),
        "cold CPU": _ms(cold.cpu),
        "CPU": _ms(statistics.median(one.cpu for one in warm)),
    }


def _ms(seconds: float) -> float:
    return round(1000 * seconds, 1)


def _addresses(cast: SimpleNamespace) -> dict[str, str]:
    since, until = _year()
    said = f"?since={since}"
    year, behind = f"/measures/{said}", f"/measures/incidents/{said}"
    return {
        "nothing (floor)": "/measures/?since=2020-01-01",
        "30 days": "/measures/",
        "quarter": f"/measures/?since={until - timedelta(days=91)}",
        "year": year,
        "year by service": f"{year}&by=service",
        "year of team": f"{year}&team={cast.teams['Applications'].pk}",
        "year of service": f"{year}&service={cast.service.pk}",
        "year of source": f"{year}&source={cast.sources[0].pk}",
        "list": behind,
        "list, last page": f"{behind}&page=last",
        "list, escalated": f"{behind}&only=escalated&page=last",
        "list, of a person": f"{behind}&person={cast.ana.pk}&did=worked&page=last",
        "CSV, first line": f"/measures/incidents.csv{said}",
        "CSV of people": f"/measures/people.csv{said}",
    }


def _prepare(cast: SimpleNamespace, incidents: int) -> None:
    from django.db import connection

    from escalation.kit import clock
    from escalation.trail.models import Trail
    from incidents.models import Access, Incident, Summary, SummaryChange, SummaryShare
    from incidents.models.access import grant, let_in
    from scripts.bench_copies import analyze, copy
    from tests.conftest import Clock

    _people_and_services(cast)
    _called(cast, 0)
    clock.fix(datetime.now(UTC) - timedelta(days=1))
    for number in range(ORIGINALS):
        _one(cast, number, Clock().forward)
        if number % 10 == 9:  # the instants of all lie within hours, and two others are called first
            clock.fix(datetime.now(UTC) - timedelta(days=1))
            _called(cast, number // 5)
    clock.fix(None)
    desk = cast.teams["Service desk"].pk  # whose supervisor sees whatever is not restricted
    let_in(grant(pk, teams=[desk])[0] for pk in Incident.objects.values_list("pk", flat=True))
    models = (Trail, Incident, Access, Summary, SummaryShare)
    until = {one: one._base_manager.order_by("-pk").values_list("pk", flat=True)[0] for one in models}
    times = incidents // ORIGINALS
    copy(dict.fromkeys(models, 0), until, times - 1, back=f"{364 * 24 * 60 // times} minutes")
    with connection.cursor() as cursor:
        for name, apart, most in (
            ("resolve_s", 7919, 200_000),
            ("acknowledge_s", 31, 4000),
            ("expert_s", 37, 9000),
            ("hands_on_s", 41, 20_000),
        ):
            cursor.execute(f"UPDATE incidents_summary SET {name} = incident_id * {apart} % {most} WHERE {name} > 0")
    SummaryChange.note(Summary.objects.values_list("resolved_on", flat=True).distinct())
    analyze()


def _people_and_services(cast: SimpleNamespace) -> None:
    from escalation.people.models import Membership, Team
    from escalation.policies.models import Policy, PolicyStep
    from incidents.models import Service, Source
    from tests.organisation import person

    people = [person(f"Agent{number} Holm") for number in range(60)]
    others = [Team.objects.create(name=f"Applications {number}") for number in range(8)]
    Membership.objects.bulk_create(
        Membership(user=one, role="agent", team=cast.teams["Service desk"] if number < 40 else others[number % 8])
        for number, one in enumerate(people)
    )
    policies = [cast.policy, *(Policy.objects.create(name=f"Policy {number}") for number in range(4))]
    for policy in policies[1:]:
        for position, key in enumerate(("l1", "l2", "l3"), start=1):
            PolicyStep.objects.create(policy=policy, position=position, tier=cast.tiers[key])
    teams = [cast.teams["Applications"], *others]
    cast.services = [cast.service] + [
        Service.objects.create(name=f"Service {n}", team=teams[n % len(teams)], policy=policies[n % len(policies)])
        for n in range(29)
    ]
    cast.sources = [Source.objects.create(name=f"Source {number}", service=cast.service) for number in range(5)]
    cast.desk = [cast.ana, cast.jo, *people[:40]]
    cast.second = [cast.mei, cast.kim]


def _called(cast: SimpleNamespace, number: int) -> None:
    """Two of the desk are called first, not the whole desk."""
    from escalation.policies.models import PolicyStep

    cast.called = [cast.desk[(number + more) % len(cast.desk)] for more in range(2)]
    for step in PolicyStep.objects.filter(tier=cast.tiers["l1"]):
        step.people.set(cast.called)
        step.save()


def _one(cast: SimpleNamespace, number: int, forward: Callable) -> None:
    """Resolved by the desk, by the second tier, after a hand-over or once more; some restricted, some by themselves."""
    from incidents.models import Incident

    desk, second = cast.called[number % 2], cast.second[number % 2]
    service = cast.services[number * 7 % len(cast.services)] if number % 11 else None
    source = cast.sources[number % len(cast.sources)] if number % 3 else None
    opened = Incident.open(
        title=f"Trouble {number}",
        service=service,
        source=source,
        by=None if source else desk,
        impact=1 + number % 3,
        urgency=1 + number // 3 % 3,
    )

    def again() -> Any:
        return Incident.objects.get(pk=opened.pk)

    forward(minutes=1 + number % 4)
    again().acknowledge(by=desk)
    forward(minutes=1 + number % 9)
    if number % 20 == 7:
        again().restrict(by=desk, text="A person is named in it")
    elif number % 3 == 1:
        again().escalate(by=desk, reason=("expertise", "access", "time")[number % 9 // 3], text="Theirs")
        forward(minutes=2)
        again().acknowledge(by=second)
        forward(minutes=number % 50)
        desk = second
    again().resolve(by=desk, cause="unknown", text="It went away.")
    if number % 17 == 0:
        forward(minutes=3)
        again().reopen(by=desk, text="It is back")
        again().resolve(by=desk, cause="unknown", text="It went away again.")


if __name__ == "__main__":
    main()
