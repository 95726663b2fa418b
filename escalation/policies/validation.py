"""What is wrong with a policy as somebody is about to save it: plain words, at their place.

Works on values and not on saved rows, so a form can ask before anything is written. A problem's
``field`` is the form field it belongs to; empty if it is about the path as a whole.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from escalation.kit import clock
from escalation.oncall.models import Schedule
from escalation.oncall.roster import OnCall
from escalation.people.models import Team, Tier, User, agents_of

from .freezing import Roster, freeze, schedules_of
from .models import Policy, PolicyStep


@dataclass(frozen=True)
class Problem:
    field: str
    message: str


@dataclass(frozen=True)
class Rung:
    """A policy step to be."""

    position: int
    tier: Tier
    people: Sequence[User] = field(default_factory=list)
    teams: Sequence[Team] = field(default_factory=list)
    schedules: Sequence[Schedule] = field(default_factory=list)
    when_empty: str = PolicyStep.WhenEmpty.SKIP
    fallback: User | None = None

    @property
    def functional(self) -> bool:
        return self.tier.track == Tier.Track.FUNCTIONAL

    @property
    def calls_by(self) -> list[int]:
        """The schedules that say whom it calls: its own, or its tier's if it says nothing itself."""
        if self.people or self.teams or self.schedules:
            return [schedule.pk for schedule in self.schedules]
        return [schedule.pk for schedule in self.tier.schedules.in_use()]


def step_problems(rung: Rung) -> Iterator[Problem]:
    if rung.tier.archived_at:
        yield Problem("tier", _("%(name)s is archived. Choose a tier that is in use.") % {"name": rung.tier})
    for team in rung.teams:
        if team.archived_at:
            yield Problem("teams", _("The team %(name)s is archived.") % {"name": team})
    for schedule in rung.schedules:
        if schedule.archived_at:
            yield Problem("schedules", _("The schedule %(name)s is archived.") % {"name": schedule})
    yield from _fallback_problems(rung)
    if rung.when_empty == PolicyStep.WhenEmpty.HOLD and not rung.calls_by:
        yield Problem("when_empty", _("There is no shift to wait for: this step calls by no schedule."))
    if not _reached(rung):
        yield _calls_nobody(rung)


def _fallback_problems(rung: Rung) -> Iterator[Problem]:
    wanted = rung.when_empty == PolicyStep.WhenEmpty.FALLBACK
    if wanted and rung.fallback is None:
        yield Problem("fallback", _("Say who is called if nobody is there."))
    elif wanted and rung.fallback and not rung.fallback.is_active:
        yield Problem("fallback", _("%(name)s's account has ended. Choose somebody else.") % {"name": rung.fallback})
    elif rung.fallback and not wanted:
        yield Problem("when_empty", _("A fallback person is given: choose “call the fallback person”, or remove them."))


def _reached(rung: Rung) -> bool:
    """Whether a call of this step would reach anybody today, be it the fallback; by a schedule, within a week."""
    if rung.when_empty == PolicyStep.WhenEmpty.FALLBACK and rung.fallback and rung.fallback.is_active:
        return True
    if any(person.is_active for person in rung.people):
        return True
    if rung.calls_by:
        return _on_call_soon(rung.calls_by) or any(agents_of([team.pk for team in rung.teams]).values())
    teams = [team.pk for team in rung.teams] or ([] if rung.people else [rung.tier.team_id])
    return any(agents_of(teams).values()) if teams else False


def _on_call_soon(schedules: list[int]) -> bool:
    now = clock.now()
    return OnCall(schedules, now).coming(schedules, now) is not None


def _calls_nobody(rung: Rung) -> Problem:
    if rung.calls_by:
        text = _("This step calls nobody: nobody is on call by its schedules within a week.")
        return Problem("schedules" if rung.schedules else "tier", text)
    if rung.people and not rung.teams:
        return Problem("people", _("This step calls nobody: the accounts of these people have ended."))
    if rung.people or rung.teams:
        return Problem("teams", _("This step calls nobody: nobody active is in these teams."))
    return Problem(
        "tier",
        _("This step calls nobody: %(team)s, the tier's team, has no active member. Add one, or name people below.")
        % {"team": rung.tier.team},
    )


def path_problems(policy: Policy, rungs: Sequence[Rung]) -> Iterator[Problem]:
    """About all steps together, and when the managers' ones start."""
    if not any(rung.functional for rung in rungs):
        yield Problem("", _("Nobody would work on it: add at least one step with a “who works on it” tier."))
    yield from _places_taken_twice(rungs)
    starts = policy.hierarchical_severity is not None or policy.hierarchical_minutes is not None
    own = any(not rung.functional for rung in rungs)
    later = not own and _managers_later(policy)
    if own and not starts:
        yield Problem("", _("There are “who must know” steps, but nothing starts them: give a severity or minutes."))
    elif later and not starts:
        yield Problem(
            "",
            _(
                "“%(name)s”, which comes after this one, has “who must know” steps, and from here nothing starts them: "
                "give a severity or minutes."
            )
            % {"name": policy.then},
        )
    elif starts and not (own or later):
        yield Problem(
            "", _("Managers are to be called, but no step has a “who must know” tier: add one, or empty both fields.")
        )


def _places_taken_twice(rungs: Sequence[Rung]) -> Iterator[Problem]:
    seen: set[tuple[bool, int]] = set()
    for rung in rungs:
        place = (rung.functional, rung.position)
        if place in seen:
            said = _("Two steps have position %(number)d: which one comes first?")
            yield Problem("", said % {"number": rung.position})
        seen.add(place)


def _managers_later(policy: Policy) -> bool:
    """Whether a policy that this one goes on with has steps for managers."""
    link, seen = policy.then, {policy.pk}
    while link is not None and link.pk not in seen:  # a loop is told elsewhere
        seen.add(link.pk)
        if link.steps.filter(tier__track=Tier.Track.HIERARCHICAL).exists():
            return True
        link = link.then
    return False


def policy_problems(policy: Policy) -> Iterator[Problem]:
    """About the policy's own fields, beyond what its model says."""
    if policy.then is not None and policy.then.archived_at:
        yield Problem("then", _("“%(name)s” is archived. Choose a policy that is in use.") % {"name": policy.then})


# --- what stopped being right because something else changed --------------------------------------


def empty_steps(policies: Iterable[Policy] | None = None) -> list[PolicyStep]:
    """Steps of policies in use that would reach nobody now, not even a fallback, nor anybody on call within a week."""
    found: list[PolicyStep] = []
    for policy in Policy.objects.in_use() if policies is None else policies:
        for track, frozen in freeze(policy).items():
            steps = policy.steps.filter(tier__track=track).select_related("tier", "policy")
            now = clock.now()
            roster = Roster([frozen], now)
            seats = roster.seats(frozen)
            found += [
                step
                for number, step in enumerate(steps.order_by("position", "id"))
                if not (seats[number].people or seats[number].fallback)
                and not roster.on_call.coming(schedules_of(frozen["steps"][number]), now)
            ]
    return found
