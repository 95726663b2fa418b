"""What the rules of running climbs go by, read for the engine: from the record, and what lies outside of it.

The engine asks in the transaction of each entry that says something of it. One query for all records; what is not on
them is looked for only where a rule asks: the same trouble before, and what its holder lacks. So are promises.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from escalation.engine.models import EscalationRun
from escalation.people.models import Skill
from escalation.policies import rules
from escalation.policies.rules import ABSENT, PROMISED, Fact, Known

from .learning import known, promised
from .models import Incident, needing, promising, similar

KINDS = (*known.KINDS, "needs", *promised.KINDS)
_KINDS_OF = {Fact.MISSING_AUTHORITY: Skill.Kind.AUTHORITY, Fact.MISSING_ACCESS: Skill.Kind.ACCESS}


def hears(kind: str, data: Mapping) -> bool:
    """Of what sources say only that it got worse; they may say the rest a thousand times."""
    return kind in KINDS and (kind != "alert" or "severity" in data)


def of_runs(runs: Sequence[EscalationRun], now: datetime) -> dict[int, Known]:
    told = similar.told_of([run.trail_id for run in runs], known.KINDS)
    asked = {run.pk: rules.asked(run.policy_path.rules) & {Fact.AGAIN, *ABSENT, *PROMISED} for run in runs}
    clocks = promising.heard([run.trail_id for run in runs if asked[run.pk] & {*PROMISED}])
    wanted = [run.trail_id for run in runs if asked[run.pk]]
    rows = Incident.objects.filter(trail__in=wanted).select_related("service") if wanted else ()
    incidents = {incident.trail_id: incident for incident in rows}
    found = {}
    for run in runs:
        learnt = known.learnt(told.get(run.trail_id, ())).known(now)
        if run.trail_id in incidents:
            counts = _besides(incidents[run.trail_id], run, asked[run.pk])
            if run.trail_id in clocks:
                counts |= promised.counts(clocks[run.trail_id].warned(now))
            learnt = known.added(learnt, counts, rules.read(run.known), now)
        found[run.pk] = learnt
    return found


def _besides(incident: Incident, run: EscalationRun, asked: set[Fact]) -> dict[str, int]:
    """What no entry says."""
    counts: dict[str, int] = {}
    if Fact.AGAIN in asked:  # of the time before it was opened, so once for a climb
        known, _at = rules.read(run.known).counts.get(Fact.AGAIN, (None, None))
        counts[Fact.AGAIN] = similar.times_before(incident, None) if known is None else known
    if asked & {*ABSENT}:
        holder = run.holder
        missing = needing.missing_skills(incident, holder) if holder is not None else []
        counts[Fact.MISSING] = len(missing)
        for fact, kind in _KINDS_OF.items():
            counts[fact] = sum(skill.kind == kind for skill in missing)
    return counts
