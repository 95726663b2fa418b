"""A policy as rows, frozen into plain JSON, thawed into the pure core's values; and who is there.

A run refers to the frozen form, so editing a policy never changes a climb under way. Who is
there is the exception: people come and go, so it is asked anew at each decision.
"""

import hashlib
import json
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.conf import settings
from django.db.models import F, FilteredRelation, Prefetch, Q, QuerySet

from escalation.kit import clock
from escalation.oncall.models import Schedule
from escalation.oncall.roster import OnCall
from escalation.people.models import Tier, User, agents_of

from . import path
from .models import FrozenPath, Policy, PolicyStep
from .ruling import frozen_rules, thaw_rule

Frozen = dict[str, Any]


def freeze(policy: Policy) -> dict[str, Frozen]:
    """The path of ``policy`` as JSON, per ``Tier.Track``: steps, laps and when it starts. Few queries in all."""
    links: list[Policy] = []
    link: Policy | None = policy
    while link is not None and link not in links:  # a loop is refused on saving; it must not hang a call
        links.append(link)
        link = link.then
    rungs = list(with_targets(PolicyStep.objects.filter(policy__in=links)).order_by("position", "id"))
    return {track: _frozen_track(policy, track, links, rungs) for track in Tier.Track.values}


def _frozen_track(policy: Policy, track: str, links: list[Policy], rungs: list[PolicyStep]) -> Frozen:
    steps: list[Frozen] = []
    laps: list[list[int]] = []
    functional = track == Tier.Track.FUNCTIONAL
    for link in links:
        mine = [step for step in rungs if step.policy_id == link.pk and step.tier.track == track]
        numbers = list(range(len(steps), len(steps) + len(mine)))
        steps += [frozen_step(step) for step in mine]
        rounds = link.rounds if functional else 1  # who must know is told once
        laps += [numbers] * (rounds if numbers else 0)
    minutes = policy.begins_after if functional else policy.hierarchical_minutes
    rules = frozen_rules(policy.pk) if functional else []
    return {
        "policy": {"id": policy.pk, "name": policy.name, "version": policy.version},
        "functional": functional,
        "steps": steps,
        "laps": laps,
        "starts_at_severity": None if functional else policy.hierarchical_severity,
        "starts_after_s": None if minutes is None else _seconds(minutes),
        **({"rules": rules} if rules else {}),
    }


def with_targets(steps: QuerySet[PolicyStep]) -> QuerySet[PolicyStep]:
    """With all that says whom a step calls."""
    in_use = Prefetch("tier__schedules", Schedule.objects.in_use().order_by("name"))
    return steps.select_related("tier").prefetch_related("people", "teams", "schedules", in_use)


class Targets(NamedTuple):
    """Whom a step calls: ids."""

    people: list[int]
    teams: list[int]
    schedules: list[int]


def targets(people: list[int], teams: list[int], schedules: list[int], tier: Tier, serving: list[int]) -> Targets:
    """What a step says itself overrides what its tier says. ``serving``: the tier's schedules in use."""
    if people or teams or schedules:
        return Targets(people, teams, schedules)
    return Targets([], [] if serving else [tier.team_id], serving)


def frozen_step(step: PolicyStep) -> Frozen:
    """One of ``with_targets``."""
    people, teams, schedules = targets(
        [person.pk for person in step.people.all()],
        [team.pk for team in step.teams.all()],
        [schedule.pk for schedule in step.schedules.all()],
        step.tier,
        [schedule.pk for schedule in step.tier.schedules.all()],
    )
    work = step.work_minutes or step.tier.work_minutes
    return {
        "tier": {"id": step.tier_id, "name": step.tier.name},
        "people": people,
        "teams": teams,
        "schedules": schedules,
        "ack_s": _seconds(step.ack_minutes or step.tier.ack_minutes),
        "work_s": None if work is None else _seconds(work),
        "fallback": step.fallback_id if step.when_empty == PolicyStep.WhenEmpty.FALLBACK else None,
        "always_call": step.always_call,
        "awaits_shift": step.when_empty == PolicyStep.WhenEmpty.HOLD,
        "mode": path.Mode.CALL.value if step.tier.track == Tier.Track.FUNCTIONAL else step.mode,
    }


def policy_minutes(minutes: int) -> timedelta:
    """A limit as admins state it. Rehearsals may make a minute shorter."""
    return timedelta(seconds=max(1, round(minutes * settings.POLICY_MINUTE_SECONDS)))


def _seconds(minutes: int) -> int:
    return int(policy_minutes(minutes).total_seconds())


def last_tier(frozen: Frozen) -> str:
    """The name of the tier at which the path ends; empty if it has no step."""
    return frozen["steps"][frozen["laps"][-1][-1]]["tier"]["name"] if frozen["laps"] else ""


def thaw(frozen: Frozen) -> path.Policy:
    """The pure core's policy."""
    return path.Policy(
        steps=tuple(_thawed_step(number, step) for number, step in enumerate(frozen["steps"])),
        laps=tuple(tuple(lap) for lap in frozen["laps"]),
        functional=frozen["functional"],
        starts_at_severity=frozen["starts_at_severity"],
        rules=tuple(thaw_rule(rule) for rule in frozen.get("rules", ())),
    )


def _thawed_step(number: int, step: Frozen) -> path.Step:
    return path.Step(
        number=number,
        tier=step["tier"]["name"],
        ack_limit=timedelta(seconds=step["ack_s"]),
        work_limit=None if step["work_s"] is None else timedelta(seconds=step["work_s"]),
        use_fallback=step["fallback"] is not None,
        always_call=step["always_call"],
        mode=path.Mode(step["mode"]),
        awaits_shift=step.get("awaits_shift", False),  # paths frozen before there were schedules do not say
    )


def schedules_of(step: Frozen) -> list[int]:
    """The schedules a frozen step calls by."""
    return step.get("schedules", [])  # paths frozen before there were any do not say


# --- kept once for all runs that share it -------------------------------------------------------


class Known(NamedTuple):
    """One frozen path, in both forms. Shared by every run on it: not to be changed."""

    frozen: Frozen
    policy: path.Policy


_MOST_KNOWN = 1_000
_known: dict[str, Known] = {}  # by digest, so it cannot go stale, whatever is rolled back


def learn(digests: Iterable[str]) -> None:
    """Read what is not known yet, for a list of many runs: one query, and none once they are known."""
    unknown = {digest for digest in digests if digest not in _known}
    if unknown:
        for digest, body in FrozenPath.objects.filter(pk__in=unknown).values_list("pk", "body"):
            known(digest, lambda body=body: body)  # type: ignore[misc]


def known_by(digest: str) -> Known:
    """The path of that digest, which is on record."""
    return known(digest, lambda: FrozenPath.objects.get(pk=digest).body)


def keep(paths: Iterable[Frozen]) -> list[FrozenPath]:
    """The row of each path; those not on record yet are written. Safe to race: whoever loses finds the same row."""
    rows = [_row(frozen) for frozen in paths]
    there = set(FrozenPath.objects.filter(pk__in=[row.pk for row in rows]).values_list("pk", flat=True))
    missing = {row.pk: row for row in rows if row.pk not in there}
    if missing:
        FrozenPath.objects.bulk_create([missing[pk] for pk in sorted(missing)], ignore_conflicts=True)
    return rows


def _row(frozen: Frozen) -> FrozenPath:
    body = json.dumps(frozen, sort_keys=True, separators=(",", ":"))
    return FrozenPath(digest=hashlib.sha256(body.encode()).hexdigest(), body=body)


def known(digest: str, body: Callable[[], str]) -> Known:
    """The path of that digest, parsed and thawed once in each process; ``body`` reads its row if it must."""
    found = _known.get(digest)
    if found is None:
        frozen = json.loads(body())
        found = Known(frozen, thaw(frozen))
        if len(_known) >= _MOST_KNOWN:
            _known.clear()
        _known[digest] = found
    return found


# --- who is there -------------------------------------------------------------------------------


def calling(frozen: Frozen) -> dict[int, Frozen]:
    """Whom each step calls, by its number, and whom each rule informs, by its seat: see ``rules.Rule.seat``."""
    told = {-rule["id"]: rule["target"] for rule in frozen.get("rules", ()) if rule["target"]}
    return {**dict(enumerate(frozen["steps"])), **told}


class Roster:
    """Who is there at ``now``, for the steps of many frozen policies, in two queries in all; two more if
    any of them calls by schedules. It can tell of later instants too, as far as that is known now.

    ``also``: schedules by which none of them calls, for whoever asks ``on_call`` of more; no query more.
    """

    def __init__(self, frozen: Iterable[Frozen], now: datetime | None = None, *, also: Iterable[int] = ()):
        self.now = now or clock.now()
        steps = [step for one in frozen for step in calling(one).values()]
        self.on_call = OnCall({*also, *(schedule for step in steps for schedule in schedules_of(step))}, self.now)
        self._by_team = agents_of({team for step in steps for team in step["teams"]})
        wanted = {person for step in steps for person in step["people"]}
        wanted |= {step["fallback"] for step in steps if step["fallback"]}
        self._by_id = User.objects.filter(is_active=True, is_auditor=False).in_bulk(wanted) if wanted else {}

    def seats(self, frozen: Frozen, at: datetime | None = None) -> dict[int, path.Seats]:
        """step number → the people there (each once, in order) and the fallback. Below nought: whom a rule informs."""
        return {number: self._seat(step, at or self.now) for number, step in calling(frozen).items()}

    def _seat(self, step: Frozen, at: datetime) -> path.Seats:
        people = [self._by_id[pk] for pk in step["people"] if pk in self._by_id]
        people += [person for team in step["teams"] for person in self._by_team[team]]
        by = [(pk, self.on_call.at(pk, at)) for pk in schedules_of(step)]
        people += [person for _pk, there in by for person in there]
        fallback = self._by_id.get(step["fallback"])
        coming = None
        if not people and step.get("awaits_shift"):
            coming = self.on_call.coming(schedules_of(step), at)
        return path.Seats(
            tuple(dict.fromkeys(people)),
            (fallback,) if fallback else (),
            by=tuple(self.on_call.schedules[pk] for pk, there in by if there),
            next_at=coming.at if coming else None,
            rota=self.on_call.rota(schedules_of(step), at),
        )

    def until(self, step: Frozen, at: datetime) -> datetime | None:
        """When the first of those who are on call for a step then goes off; None if it calls by no schedule."""
        ends = [self.on_call.until(pk, at) for pk in schedules_of(step) if self.on_call.at(pk, at)]
        return min((end for end in ends if end is not None), default=None)

    def changes(self, step: Frozen, at: datetime) -> datetime | None:
        """When it is somebody else, nobody, or at last somebody by one of a step's schedules; None if that is never."""
        found = [self.on_call.until(pk, at) for pk in schedules_of(step)]
        return min((change for change in found if change is not None), default=None)


class Crews:
    """Whom a call to each tier reaches: who is on call by its schedules; if it has none, its team.

    In the tiers' order. Two queries, and two more if there are schedules; then it can be asked for any instant.
    """

    def __init__(self, tiers: QuerySet[Tier], now: datetime):
        in_use = FilteredRelation("schedules", condition=Q(schedules__archived_at__isnull=True))
        self._schedules: dict[Tier, list[tuple[str, int]]] = {}
        for tier in tiers.annotate(serving=in_use, schedule=F("serving"), schedule_name=F("serving__name")):
            self._schedules.setdefault(tier, [])
            if tier.schedule is not None:
                self._schedules[tier].append((tier.schedule_name, tier.schedule))
        self._on_call = OnCall({pk for some in self._schedules.values() for _name, pk in some}, now)
        self._by_team = agents_of({tier.team_id for tier, some in self._schedules.items() if not some})

    def at(self, now: datetime) -> dict[Tier, list[User]]:
        return {tier: self._there(tier, schedules, now) for tier, schedules in self._schedules.items()}

    def _there(self, tier: Tier, schedules: list[tuple[str, int]], now: datetime) -> list[User]:
        if not schedules:
            return self._by_team[tier.team_id]
        found = (person for _name, pk in sorted(schedules) for person in self._on_call.at(pk, now))
        return list(dict.fromkeys(found))


def crews(tiers: QuerySet[Tier], now: datetime) -> dict[Tier, list[User]]:
    """Whom a call to each tier reaches now."""
    return Crews(tiers, now).at(now)
