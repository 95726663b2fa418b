"""Hold and resume, resolve and re-open, close."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, cast

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from escalation.engine import moves
from escalation.engine.models import Timer
from escalation.engine.work import Work
from escalation.kit.errors import Refused
from escalation.people.models import User
from escalation.trail.writing import ENGINE, Actor

from . import roles
from .access import grant, let_in
from .catalogue import Cause
from .doors import AlertKey, Source
from .verb import Verb, climbs, tier_of
from .working import _some

if TYPE_CHECKING:
    from .incident import Incident

CLOSE = "close"  # the kind of the timer that closes a resolved incident
_END = ("resolved_at", "cause", "resolver", "resolver_tier", "merged_into")
LONGEST_HOLD = timedelta(days=366)  # and no clock has to reckon with the end of the calendar


class Ending(Verb):
    @transaction.atomic
    def hold(self, *, by: User, until: datetime, text: str, seen: str | None = None) -> None:
        """Stop the clocks until a set time, with a reason. They go on with what they had left."""
        incident = cast("Incident", self)
        work = self._begin(by=by, seen=seen)
        run = incident.run
        assert run is not None
        if run.held_until is not None:
            raise Refused(_("%(ref)s is on hold already.") % {"ref": incident.ref})
        if until <= work.now:
            raise Refused(_("The wake-up time has passed. Choose a later one."), code="invalid")
        if until > work.now + LONGEST_HOLD:
            raise Refused(_("A hold lasts at most a year. Resolve what can wait for longer."), code="invalid")
        self._hold(work, until=until, text=_some(text), data={})
        work.write()

    def _hold(self, work: Work, *, until: datetime, text: str, data: dict) -> None:
        incident = cast("Incident", self)
        run = incident.run
        assert run is not None
        left = run.standing.deadline
        clock = {
            "until": until.isoformat(),
            "left_s": int((left - (run.held_at or work.now)).total_seconds()) if left else None,
        }
        for each in self.running():
            moves.hold(work, each, until=until)
        work.entry(incident.trail_id, "held", clock | data, text=text, run=run)

    @transaction.atomic
    def resume(self, *, by: User, seen: str | None = None) -> None:
        """End a hold before its time."""
        incident = cast("Incident", self)
        work = self._begin(by=by, seen=seen)
        held = [run for run in self.running() if run.held_until is not None]
        if not held:
            raise Refused(_("%(ref)s is not on hold.") % {"ref": incident.ref})
        for run in held:
            moves.wake(work, run)
        work.write()

    @transaction.atomic
    def resolve(self, *, by: User, cause: str, text: str, seen: str | None = None, via: str = "") -> None:
        """It works again: what fixed it, and what was at the bottom of it."""
        work = self._begin(by=by, seen=seen, via=via)
        self._resolve(work, cause=Cause(cause).value, text=_some(text), resolver=by)

    @transaction.atomic
    def resolve_by_source(self, source: Source, *, text: str = "") -> None:
        """Monitoring says it is over. Nothing to do if somebody was faster."""
        work = self._locked(Actor.source(source.pk, source.name))
        if cast("Incident", self).resolved_at is None:
            self._resolve(work, cause=Cause.UNKNOWN.value, text=text, resolver=None)

    @transaction.atomic
    def end_drill(self, *, by: User | None, severe: "Incident | None" = None) -> bool:
        """Practised for long enough: says who planned it, or (None) its limit, or that ``severe`` is real and open.

        False if somebody was faster.
        """
        incident = cast("Incident", self)
        work = self._locked(Actor.person(by) if by else ENGINE)
        assert incident.drill
        if incident.resolved_at is not None:
            return False
        ended = {"drill_ended": "stopped" if by else "severe" if severe else "limit"}
        if severe is not None:  # more people read this record than may know of a restricted one
            level = f"SEV{severe.severity}"
            ended["real"] = level if severe.restricted else f"{level} {severe.ref}"
        self._resolve(work, cause=Cause.UNKNOWN.value, text="", resolver=None, ended=ended)
        return True

    def _resolve(
        self,
        work: Work,
        *,
        cause: str,
        text: str,
        resolver: User | None,
        merged_into: str | None = None,
        ended: Mapping[str, str] | None = None,
    ) -> None:
        incident = cast("Incident", self)
        run = incident.run
        incident.resolved_at, incident.cause = work.now, cause
        at = run.tier if run else None
        incident.resolver, incident.resolver_tier = resolver, tier_of(resolver, at) if resolver else at
        incident.save(update_fields=_END)
        data = {
            "cause": cause,
            "tier": incident.resolver_tier.name if incident.resolver_tier else None,
            "open_s": int((work.now - incident.opened_at).total_seconds()),
            "attempts": incident.attempts,
            **({"merged_into": merged_into} if merged_into else {}),
            **(ended or {}),
        }
        work.entry(incident.trail_id, "resolved", data, text=text, run=run)
        for each in self.running():
            moves.end(work, each)
        roles.end(work, incident)
        AlertKey.objects.filter(incident=incident, ended_at__isnull=True).update(ended_at=work.now)
        due = work.now + timedelta(days=settings.CLOSE_DAYS)
        work.arm(incident.trail_id, kind=CLOSE, due=due, epoch=work.heads[incident.trail_id].length)
        work.write()

    @transaction.atomic
    def reopen(self, *, by: User, text: str, seen: str | None = None) -> None:
        """It was not over: a new climb from the first step, on the policy as it is now."""
        incident = cast("Incident", self)
        work = self._begin(by=by, seen=seen, needs_open=False)
        if incident.resolved_at is None:
            raise Refused(_("%(ref)s is open.") % {"ref": incident.ref})
        if incident.drill:
            raise Refused(_("%(ref)s was a drill, and is over. Start it anew.") % {"ref": incident.ref})
        if incident.closed_at is not None:
            raise Refused(_("%(ref)s is closed. Open a new incident and name this one.") % {"ref": incident.ref})
        keys = self._keys_to_revive(by)
        text = _some(text)
        Timer.objects.filter(trail=incident.trail_id, kind=CLOSE, state=Timer.State.ARMED).update(
            state=Timer.State.CANCELLED, next_at=None
        )
        incident.resolved_at, incident.cause = None, ""
        incident.resolver = incident.resolver_tier = incident.merged_into = None
        incident.save(update_fields=_END)
        try:
            with transaction.atomic():
                AlertKey.objects.filter(pk__in=keys).update(ended_at=None)
        except IntegrityError:  # the alert fired just now, and has opened another
            self._keys_to_revive(by)
            raise
        let_in(grant(incident.pk, people=[by.pk]))
        policy = self._policy()
        work.entry(incident.trail_id, "reopened", climbs(policy), text=text)
        trail = work.heads[incident.trail_id]
        incident._runs += moves.begin(
            work, trail=trail, policy=policy, brief=self._brief(), severity=incident.severity, again=True
        )
        roles.begin_again(work, incident)
        work.write()

    def _keys_to_revive(self, by: User) -> list[int]:
        """The alert keys this incident had last; refused if one of them lives in another incident now."""
        incident = cast("Incident", self)
        mine = list(AlertKey.objects.filter(incident=incident).order_by("-id"))
        latest = {(key.source_id, key.key): key.pk for key in reversed(mine)}
        for source, key in latest:
            other = AlertKey.objects.filter(source=source, key=key, ended_at__isnull=True).exclude(incident=incident)
            living = other.select_related("incident").first()
            if living is not None:
                other_ref = living.incident.ref_for(by)
                raise Refused(_("The same alert has opened %(ref)s since. Work on that one.") % {"ref": other_ref})
        return list(latest.values())
