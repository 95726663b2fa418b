"""Who covers: overrides, their cancelling, and “take it now”."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, cast

from django.utils.translation import gettext as _

from escalation.kit.errors import Refused
from escalation.kit.text import one_line
from escalation.people.models import User

from . import as_seen, shifts, telling, turnover, verbs
from .spans import Span

if TYPE_CHECKING:
    from .models import Override, Schedule, SwapRequest

LONGEST = timedelta(days=366)


class Changing:
    """The verbs of a ``Schedule`` that change who is on call, each with its entry on the installation's trail."""

    def override(
        self,
        *,
        by: User,
        person: User | None,
        starts_at: datetime,
        ends_at: datetime,
        reason: str = "",
        instead: "Override | None" = None,
        seen: str | None = None,
    ) -> "Override":
        """From then until then it is ``person``, or nobody. ``instead`` ends with it: both change, or neither.

        ``seen`` says what was planned when the form was made (``seen.now``): nobody overrules what they did not know.
        """
        schedule = cast("Schedule", self)
        with verbs.turn() as now:
            if not verbs.may_change(schedule, by):
                raise Refused(
                    _("Only a supervisor of %(team)s can change who is on call. You can offer a swap.")
                    % {"team": schedule.team},
                    code="not-allowed",
                )
            needs_sense(starts_at, ends_at, now)  # first: what is compared is looked through while others wait
            as_seen.needs(schedule, seen, Span(starts_at, ends_at), by, now)
            return self._put_and_tell(by, person, Span(starts_at, ends_at), reason, now, instead=instead)

    def cover(
        self,
        *,
        by: User,
        starts_at: datetime,
        ends_at: datetime,
        reason: str = "",
        instead: "Override | None" = None,
        seen: str | None = None,
    ) -> "Override":
        """I cover from then until then: anybody of the team or of the schedule may step in."""
        schedule = cast("Schedule", self)
        with verbs.turn() as now:
            _needs_one_who_covers(schedule, by)
            needs_sense(starts_at, ends_at, now)
            as_seen.needs(schedule, seen, Span(starts_at, ends_at), by, now)
            return self._put_and_tell(by, by, Span(starts_at, ends_at), reason, now, instead=instead)

    def take_now(self, *, by: User, until: datetime | None = None, seen: str | None = None) -> "Override":
        """I cover from now, until the shift that is under way ends (or whoever comes next begins).

        ``seen`` says which shift that was when the page was made: of two who take it at once, one has it.
        """
        schedule = cast("Schedule", self)
        with verbs.turn() as now:
            _needs_one_who_covers(schedule, by)
            plan = schedule.plan(since=now)
            if by.pk in shifts.on_call(plan, now):  # pressed twice, perhaps
                raise Refused(_("You are on call already."))
            if seen is not None and seen != under_way(plan, now):
                raise Refused(_somebody_was_faster(plan, now), code="stale")
            ends = until or _shift_ends(plan, now)
            if ends is None:
                raise Refused(_("Nobody comes after you within a year: say until when you cover."), code="invalid")
            return self._put_and_tell(by, by, Span(now, ends), _("took it now"), now)

    def _put_and_tell(
        self,
        by: User,
        person: User | None,
        span: Span,
        reason: str,
        now: datetime,
        *,
        instead: "Override | None" = None,
    ) -> "Override":
        """Whoever is on call by it, and whoever no longer is, is told: neither may have looked."""
        schedule = cast("Schedule", self)
        before, until = schedule.plan(since=now), span.end
        made = self._put(by, person, *span, reason, now)  # first, so that nobody is on call between the two
        if instead is not None:
            self.cancel_override(instead, by=by, alone=True, tells=False)
            until = max(until, instead.ends_at)
        turnover.tell_of(
            schedule,
            before,
            now,
            cause=f"override:{made.pk}:made",
            tag=f"override:{made.pk}",
            why=turnover.OVERRIDE,
            by=by,
            until=until,
            text=made.reason,
        )
        return made

    def _put(
        self,
        by: User,
        person: User | None,
        starts_at: datetime,
        ends_at: datetime,
        reason: str,
        now: datetime,
        *,
        half_of: "SwapRequest | None" = None,
    ) -> "Override":
        schedule = cast("Schedule", self)
        verbs.needs_in_use(schedule)
        if person is not None:
            verbs.needs_active(person)
        needs_sense(starts_at, ends_at, now)
        made = schedule.overrides.create(
            person=person,
            starts_at=max(starts_at, now),  # who was on call is on record: nobody changes it afterwards
            ends_at=ends_at,
            reason=one_line(reason, limit=200),
            by=by,
            made_at=now,
            half_of=half_of,
        )
        verbs.enter(schedule, by, "schedule_overridden", now, **_facts(made))
        return made

    def cancel_override(
        self, override: "Override", *, by: User, alone: bool = False, tells: bool = True
    ) -> "list[Override]":
        """It ends now; one that has not begun never counts. Whoever covers may say so too.

        Both halves of a swap are one agreement and end together; one that is over stays as it was. ``alone``
        ends one half and leaves the other, because another cover takes its place. Returns those that ended.
        """
        schedule = cast("Schedule", self)
        with verbs.turn() as now:
            fresh = schedule.overrides.select_related("person").get(pk=override.pk)
            may_cancel(schedule, fresh, by)
            if fresh.cancelled_at is not None:
                raise Refused(_("This was cancelled before."), code="stale")
            if fresh.ends_at <= now:
                raise Refused(_("This is over: what it did stays on record."))
            if alone and fresh.half_of_id and not verbs.may_change(schedule, by):
                said = _("This is half of a swap. Cancel the swap and ask anew, or ask a supervisor to change it.")
                raise Refused(said, code="invalid")
            other = None if alone else fresh.other_half()
            ended = [fresh, other] if other is not None and other.lasts(now) else [fresh]
            before = schedule.plan(since=now)
            for one in ended:
                one.cancelled_at, one.cancelled_by = now, by
                one.save(update_fields=["cancelled_at", "cancelled_by"])
                verbs.enter(schedule, by, "schedule_override_cancelled", now, before=_facts(one))
            if tells:
                _tell_of_the_end(schedule, ended, before, by, now)
            return ended


def _tell_of_the_end(
    schedule: "Schedule", ended: "list[Override]", before: shifts.Plan, by: User, now: datetime
) -> None:
    """Whoever is on call again, and whoever counted on covering."""
    after, told = schedule.plan(since=now), set[int]()
    for one, its_other in zip(ended, reversed(ended), strict=True):
        again = shifts.gained(before, after, max(one.starts_at, now), one.ends_at)
        told |= telling.on_again(one, again, by, now, other=its_other if its_other is not one else None)
    turnover.tell_of(
        schedule,
        before,
        now,
        cause=f"override:{ended[0].pk}:ended",
        tag=f"override:{ended[0].pk}",
        why=turnover.CANCELLED,
        by=by,
        until=max(one.ends_at for one in ended),
        but_for=told,
    )


def under_way(plan: shifts.Plan, now: datetime) -> str:
    """Which shift it is at this instant, as a word that changes when somebody else steps in."""
    shift = shifts.shift_at(plan, now)
    return f"{shift.person}-{shift.layer}-{shift.override}-{shift.turn.timestamp():.0f}" if shift else "nobody"


def may_cancel(schedule: "Schedule", override: "Override", by: User) -> None:
    """Raises ``Refused``, for the page that asks whether one is sure as well as for the verb."""
    if by.pk not in (override.person_id, override.by_id) and not verbs.may_change(schedule, by):
        said = _("Only a supervisor of %(team)s, or whoever made it or covers, can cancel this.")
        raise Refused(said % {"team": schedule.team}, code="not-allowed")


def _needs_one_who_covers(schedule: "Schedule", by: User) -> None:
    if not (verbs.may_cover(schedule, by) or verbs.may_change(schedule, by)):
        said = _("Only people of %(team)s and of this schedule can take it.")
        raise Refused(said % {"team": schedule.team}, code="not-allowed")


def _somebody_was_faster(plan: shifts.Plan, now: datetime) -> str:
    names = list(User.objects.filter(pk__in=shifts.on_call(plan, now)).values_list("name", flat=True))
    if not names:
        return _("Meanwhile the shift has ended: nobody is on call now.")
    return _("Meanwhile %(name)s has it. Look again before you take it.") % {"name": names[0]}


def _facts(override: "Override") -> dict:
    return {
        "override": override.pk,
        "person": verbs.named(override.person),
        "from": override.starts_at.isoformat(),
        "until": override.ends_at.isoformat(),
        "reason": override.reason,
    }


def needs_sense(starts_at: datetime, ends_at: datetime, now: datetime) -> None:
    if ends_at <= starts_at:
        raise Refused(_("It has to end after it begins."), code="invalid")
    if ends_at <= now:
        raise Refused(_("That time has passed."), code="invalid")
    if ends_at - starts_at > LONGEST:
        raise Refused(_("An override lasts at most a year. Change the rotation instead."), code="invalid")


def _shift_ends(plan: shifts.Plan, now: datetime) -> datetime | None:
    """When the shift that is under way ends; in a gap, when it does."""
    under_way = shifts.shift_at(plan, now)
    return under_way.end if under_way else shifts.next_change(plan, now)
