"""How long does “What would have happened” take? ``python scripts/bench_whatif.py [--incidents 10000] [--rounds 3]``.

On a scratch SQLite file and, where ``DATABASE_URL`` names a PostgreSQL, on a scratch database there: that many resolved
incidents of eight courses (answered at once, by the second tier, over their time, held, passed on, by hand, re-opened,
ended by the end of the path), with promises and people on call by schedules. Two edits are played: one of times and
people, and one with rules. Seconds from what the form asks to what the page shows, and those of CPU, which say the
same on a busy machine. ``--db`` measures one of them. The last line is JSON.
"""

import json
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from scripts.bench_inside import chosen, measured, without_a_limit
from scripts.bench_report import machine

ORIGINALS = 200
GOAL = 10.0  # seconds, for 10 000 incidents


def main() -> None:
    found, asked = {}, chosen(str(__doc__), incidents=10_000, rounds=3)
    for name, one in measured("bench_whatif", asked):
        found[name] = one
        for edit, told in one["edits"].items():
            print(f"{name:11} {edit:16} {told}", flush=True)
    print(json.dumps({"machine": machine(), "incidents": asked.incidents, "goal_s": GOAL, "what_if": found}))


# --- inside Django ------------------------------------------------------------------------------


def measure(incidents: int, rounds: int) -> str:
    from escalation.policies.freezing import freeze
    from escalation.policies.replaying import Wanted
    from incidents.whatif.shown import played
    from tests.organisation import assemble

    without_a_limit()
    cast = assemble()
    _prepare(cast, incidents)
    before, edits = freeze(cast.policy), {}
    for name, edit in {"times and people": _times, "rules": _rules}.items():
        edit(cast)
        after, spent, cpu = freeze(cast.policy), [], []
        for _ in range(rounds):
            began, computed = time.perf_counter(), time.process_time()
            shown = played(Wanted(cast.ada, cast.policy.pk, "Payments", before, after, incidents))
            spent.append(round(time.perf_counter() - began, 2))
            cpu.append(round(time.process_time() - computed, 2))
        told = {
            "seconds": spent,
            "cpu_s": cpu,
            "played": shown.incidents,
            "differing": shown.differing,
            "agreed": shown.agreed,
        }
        edits[name] = told
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return json.dumps({"edits": edits, "peak_mb": peak})


def _times(cast: SimpleNamespace) -> None:
    first, second, *_others = cast.policy.steps.all()
    first.ack_minutes = 8
    first.people.set([cast.rita])
    second.work_minutes = 10
    first.save()
    second.save()


def _rules(cast: SimpleNamespace) -> None:
    from escalation.policies.ruling import PolicyRule

    PolicyRule.objects.create(policy=cast.policy, name="Many", fact="people", number=50, does="escalate")


def _prepare(cast: SimpleNamespace, incidents: int) -> None:
    from datetime import date

    from escalation.kit import clock
    from incidents.models import Target
    from scripts.bench_copies import analyze, copy, marks
    from tests.conftest import START
    from tests.escalation.test_schedules import make_schedule

    Target.objects.create(kind="response", minutes=7)
    for key, people in {"l1": [cast.ana, cast.jo], "l2": [cast.mei, cast.kim]}.items():
        tier = cast.tiers[key]
        tier.schedules.add(make_schedule(tier.name, team=tier.team, people=people, starts_on=date(2020, 1, 1)))
    clock.fix(START)
    since = marks()
    for number in range(ORIGINALS):
        _one(cast, number)
    until = marks()
    clock.fix(None)
    # Twenty days, in which each schedule's turns come round: who is on call was on call then too.
    copy(since, until, max(0, incidents // ORIGINALS - 1), back="480 hours")
    analyze()


def _one(cast: SimpleNamespace, number: int) -> None:
    """Opened and resolved within a day."""
    from incidents.models import Incident

    ways: list[Callable[[SimpleNamespace, Any, Callable], None]] = [
        _at_once, _second, _over_time, _held, _passed, _by_hand, _reopened, _at_the_end,
    ]  # fmt: skip
    opened = Incident.open(title=f"Trouble {number}", service=cast.service, by=cast.ana, people_affected=number)

    def again() -> Any:
        return Incident.objects.get(pk=opened.pk)

    ways[number % len(ways)](cast, again, _forward)
    again().resolve(by=cast.ana, cause="unknown", text="It went away.")
    _forward(minutes=40)


def _forward(**span: float) -> None:
    from tests.conftest import Clock

    Clock().forward(**span)


def _at_once(cast: SimpleNamespace, again: Callable, forward: Callable) -> None:
    forward(minutes=2)
    again().acknowledge(by=cast.ana)
    again().attempt(by=cast.ana, text="Restarted it.", outcome="no_effect")
    forward(minutes=9)


def _second(cast: SimpleNamespace, again: Callable, forward: Callable) -> None:
    forward(minutes=8)
    again().acknowledge(by=cast.mei)
    forward(minutes=12)


def _over_time(cast: SimpleNamespace, again: Callable, forward: Callable) -> None:
    _at_once(cast, again, forward)
    forward(minutes=10)
    again().acknowledge(by=cast.mei)
    forward(minutes=12)


def _held(cast: SimpleNamespace, again: Callable, forward: Callable) -> None:
    from datetime import timedelta

    from escalation.kit import clock

    _at_once(cast, again, forward)
    again().hold(by=cast.ana, until=clock.now() + timedelta(hours=2), text="The vendor is asleep.")
    forward(minutes=30)
    again().resume(by=cast.ana)
    forward(minutes=3)


def _passed(cast: SimpleNamespace, again: Callable, forward: Callable) -> None:
    _at_once(cast, again, forward)
    again().hand_over(by=cast.ana, to=cast.mei, text="Yours.")
    forward(minutes=1)
    again().accept(by=cast.mei)
    forward(minutes=20)


def _by_hand(cast: SimpleNamespace, again: Callable, forward: Callable) -> None:
    _at_once(cast, again, forward)
    again().escalate(by=cast.ana, reason="expertise", text="Theirs.", to=(0, 2))
    forward(minutes=3)
    again().acknowledge(by=cast.tom)
    forward(minutes=20)


def _reopened(cast: SimpleNamespace, again: Callable, forward: Callable) -> None:
    _at_once(cast, again, forward)
    again().resolve(by=cast.ana, cause="unknown", text="It went away.")
    forward(minutes=5)
    again().reopen(by=cast.ana, text="It is back.")
    _second(cast, again, forward)


def _at_the_end(cast: SimpleNamespace, again: Callable, forward: Callable) -> None:
    forward(minutes=35)
    again().acknowledge(by=cast.ada)
    forward(minutes=10)


if __name__ == "__main__":
    main()
