"""How soon are the measures of a year there? ``python scripts/bench_measures.py [--incidents 200000] [--rounds 20]``.

On a scratch SQLite file and, where ``DATABASE_URL`` names a PostgreSQL, on a scratch database there: that many resolved
incidents spread over a year, of 30 services, 60 agents and 5 sources, a twentieth of them restricted. The page is asked
for by an admin, the supervisor of the team that is called first, one of its agents, and the supervisor of a team that
has a part; for 30 days and a year, compared by severity and by service, and narrowed in each way. Milliseconds of the
whole answer and of CPU (on PostgreSQL this process's alone), turn by turn; the floor is the same page when the period
is none and it counts nothing. Beside it: the same figures as plain aggregates of the database, which must be equal.
``--db`` measures one of them. The last line is JSON.
"""

import json
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from scripts.bench_inside import chosen, measured, without_a_limit
from scripts.bench_report import machine

ORIGINALS = 400
GOAL = 500  # milliseconds, for 200 000 incidents
VIEWERS = {"admin": "ada", "supervisor": "sam", "supervisor of a part": "kim", "agent": "ana"}


def main() -> None:
    found, asked = {}, chosen(str(__doc__), incidents=200_000, rounds=20)
    for name, one in measured("bench_measures", asked):
        found[name] = one
        print("\n".join(table(name, one)), flush=True)
    print(json.dumps({"machine": machine(), "goal_ms": GOAL, "measures": found}))


def table(name: str, one: dict) -> Iterator[str]:
    yield f"{name}: {one['incidents']} incidents, {one['days']} days packed in {one['packed_s']} s, {one['kb']} kB"
    yield f"{'viewer':22} {'asked':16} {'incidents':>9} {'median':>7} {'p95':>7} {'CPU':>7}"
    for row in one["rows"]:
        numbers = f"{row['incidents']:9} {row['median']:7.0f} {row['p95']:7.0f} {row['cpu']:7.0f}"
        yield f"{row['viewer']:22} {row['asked']:16} {numbers}"
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
    from django.contrib.auth import get_user_model
    from django.test import Client
    from django.test.utils import setup_test_environment

    setup_test_environment()
    asked = []
    for viewer, name in VIEWERS.items():
        client = Client()
        client.force_login(get_user_model().objects.get(pk=getattr(cast, name).pk))
        asked += [(viewer, said, client, address) for said, address in _addresses(cast).items()]
    spent: dict[tuple[str, str], list[tuple[float, float]]] = {}
    counts = {}
    for _ in range(rounds + 1):
        for viewer, said, client, address in asked:
            began, computed = time.perf_counter(), time.process_time()
            answer = client.get(address)
            took = time.perf_counter() - began, time.process_time() - computed
            assert answer.status_code == 200, address
            counts[viewer, said] = answer.context["sums"].all
            spent.setdefault((viewer, said), []).append(took)
    return [_row(viewer, said, counts[viewer, said], took[1:]) for (viewer, said), took in spent.items()]


def _plain(cast: SimpleNamespace) -> dict[str, float]:
    from incidents.insight.asked import Asked
    from tests.counted_plain import counted, plain

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


def _row(viewer: str, said: str, incidents: int, took: list[tuple[float, float]]) -> dict[str, Any]:
    wall = sorted(1000 * one for one, _cpu in took)
    return {
        "viewer": viewer,
        "asked": said,
        "incidents": incidents,
        "median": round(statistics.median(wall), 1),
        "p95": round(wall[min(len(wall) - 1, int(0.95 * len(wall)))], 1),
        "cpu": round(1000 * statistics.median(cpu for _wall, cpu in took), 1),
    }


def _addresses(cast: SimpleNamespace) -> dict[str, str]:
    year = f"/measures/?since={_year()[0]}"
    return {
        "nothing (floor)": "/measures/?since=2020-01-01",
        "30 days": "/measures/",
        "year": year,
        "year by service": f"{year}&by=service",
        "year of team": f"{year}&team={cast.teams['Applications'].pk}",
        "year of service": f"{year}&service={cast.service.pk}",
        "year of policy": f"{year}&policy={cast.policy.pk}",
        "year of source": f"{year}&source={cast.sources[0].pk}",
        "year of severity": f"{year}&severity=3",
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
