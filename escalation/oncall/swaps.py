"""Swaps: somebody gives their time on call to somebody else, perhaps for a time in return."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, cast

from django.utils.translation import gettext as _

from escalation.kit.errors import Refused
from escalation.kit.text import one_line
from escalation.people.models import User

from . import shifts, telling, turnover, verbs
from .spans import Span, outside

if TYPE_CHECKING:
    from .models import Schedule, SwapRequest


LONGEST = timedelta(days=366)  # what is asked for is looked through under a lock that others wait for
REMINDS = timedelta(days=1)  # so long before its time begins there is still time to ask somebody else


@dataclass(frozen=True)
class Wish:
    """What a giver asks for."""

    gives: Span
    asked: User | None = None  # None: anybody of the team
    takes: Span | None = None  # time of whoever accepts, in return
    text: str = ""

    @property
    def ends(self) -> datetime:
        """When it can be accepted no longer: half of a bargain is none."""
        return min(self.gives.start, self.takes.start) if self.takes else self.gives.start


class Swapping:
    """The verbs of a ``Schedule`` by which people swap. An accepted swap is written as overrides."""

    def ask_swap(self, wish: Wish, *, by: User) -> "SwapRequest":
        """Ask somebody, or anybody of the team, to take a time at which ``by`` is on call."""
        schedule = cast("Schedule", self)
        with verbs.turn() as now:
            verbs.needs_in_use(schedule)
            _needs_a_future(wish.gives, now)
            _needs_to_be_theirs(schedule, wish.gives, by)
            if wish.asked is not None:
                _may_take(schedule, wish.asked, by)
            if wish.takes is not None:
                _needs_a_future(wish.takes, now)
                if wish.asked is not None:
                    _needs_to_be_theirs(schedule, wish.takes, wish.asked)
            same = schedule.swaps.open(now).filter(giver=by, starts_at__lt=wish.gives.end, ends_at__gt=wish.gives.start)
            if same.exists():
                raise Refused(_("You have asked for a part of this time already. Withdraw that first."))
            swap = schedule.swaps.create(
                giver=by,
                starts_at=wish.gives.start,
                ends_at=wish.gives.end,
                asked=wish.asked,
                return_starts_at=wish.takes.start if wish.takes else None,
                return_ends_at=wish.takes.end if wish.takes else None,
                text=one_line(wish.text, limit=200),
                made_at=now,
                tell_at=reminds_at(wish.ends, now),
            )
            verbs.enter(schedule, by, "swap_asked", now, **_facts(swap))
            telling.asked(swap, now)
            return swap

    def accept_swap(self, swap: "SwapRequest", *, by: User, covers: User | None = None) -> None:
        """Take it. A supervisor may decide it for the person who was asked, or say who covers (``covers``)."""
        schedule = cast("Schedule", self)
        with verbs.turn() as now:
            verbs.needs_in_use(schedule)
            fresh = _open(schedule, swap, now)
            taker = covers or (fresh.asked if fresh.asked and verbs.may_change(schedule, by) else None) or by
            if taker != by and not verbs.may_change(schedule, by):
                raise Refused(_("Only a supervisor can decide this for somebody else."), code="not-allowed")
            if fresh.asked is not None and taker != fresh.asked:
                said = _("%(name)s was asked, and nobody else.")
                raise Refused(said % {"name": fresh.asked.name}, code="not-allowed")
            _may_take(schedule, taker, fresh.giver)
            _needs_to_be_theirs(schedule, Span(fresh.starts_at, fresh.ends_at), fresh.giver)
            fresh.accepted_at, fresh.accepted_by, fresh.decided_by = now, taker, by
            fresh.tell_at = None
            fresh.save(update_fields=["accepted_at", "accepted_by", "decided_by", "tell_at"])
            said = _("swap: %(taker)s for %(giver)s") % {"taker": taker.name, "giver": fresh.giver.name}
            half_of, before = None, schedule.plan(since=now)
            if fresh.return_starts_at and fresh.return_ends_at:
                half_of = fresh
                _needs_to_be_theirs(schedule, Span(fresh.return_starts_at, fresh.return_ends_at), taker)
                verbs.needs_active(fresh.giver)
                back = (fresh.return_starts_at, fresh.return_ends_at)
                schedule._put(by, fresh.giver, *back, said, now, half_of=half_of)
            schedule._put(by, taker, fresh.starts_at, fresh.ends_at, said, now, half_of=half_of)
            verbs.enter(schedule, by, "swap_accepted", now, before=_facts(fresh), covers=verbs.named(taker))
            turnover.tell_of(  # what waits of earlier changes, and is true no more
                schedule,
                before,
                now,
                cause=f"swap:{fresh.pk}:settled",
                why=turnover.OVERRIDE,
                by=by,
                until=max(fresh.ends_at, fresh.return_ends_at or fresh.ends_at),
                but_for=(fresh.giver_id, taker.pk),
            )
            telling.accepted(fresh, now)

    def decline_swap(self, swap: "SwapRequest", *, by: User) -> None:
        """Say no: who was asked, or a supervisor. What anybody may take, one person alone cannot decline."""
        schedule = cast("Schedule", self)
        with verbs.turn() as now:
            fresh = _open(schedule, swap, now)
            may_decline(schedule, fresh, by)
            fresh.declined_at, fresh.decided_by, fresh.tell_at = now, by, None
            fresh.save(update_fields=["declined_at", "decided_by", "tell_at"])
            verbs.enter(schedule, by, "swap_declined", now, before=_facts(fresh))
            telling.declined(fresh, now)

    def withdraw_swap(self, swap: "SwapRequest", *, by: User) -> None:
        """The giver keeps the shift after all."""
        schedule = cast("Schedule", self)
        with verbs.turn() as now:
            fresh = _open(schedule, swap, now)
            may_withdraw(fresh, by)
            fresh.withdrawn_at, fresh.decided_by, fresh.tell_at = now, by, None
            fresh.save(update_fields=["withdrawn_at", "decided_by", "tell_at"])
            verbs.enter(schedule, by, "swap_withdrawn", now, before=_facts(fresh))
            telling.withdrawn(fresh, now)

    def remind_of_swap(self, swap: "SwapRequest") -> None:
        """Nobody has answered: the giver is told while there is time to ask somebody else, and once more at the end."""
        schedule = cast("Schedule", self)
        with verbs.turn() as now:
            fresh = schedule.swaps.select_related("schedule", "giver", "asked").get(pk=swap.pk)
            state = fresh.state(now)
            if fresh.tell_at is None or fresh.tell_at > now or state not in ("open", "expired"):
                return  # seen to, or answered, a moment ago
            fresh.tell_at = fresh.closes_at if state == "open" else None
            fresh.save(update_fields=["tell_at"])
            if fresh.schedule.archived_at is not None or not telling.may_be_told([fresh.giver_id]).exists():
                return  # nobody is called by it any more; or nobody is there to be told
            theirs = _has_a_part(schedule, Span(fresh.starts_at, fresh.ends_at), fresh.giver, now)
            if state == "open" and theirs:
                telling.waiting(fresh, now)
            elif state == "expired":
                verbs.enter(schedule, None, "swap_unanswered", now, before=_facts(fresh))
                telling.unanswered(fresh, now, theirs=theirs)


def reminds_at(ends: datetime, asked: datetime) -> datetime:
    """When the giver of an unanswered request is told: a day before it ends, or, asked later, half-way."""
    return ends - min(REMINDS, (ends - asked) / 2)


def may_decline(schedule: "Schedule", swap: "SwapRequest", by: User) -> None:
    """Raises ``Refused``, for the page that asks whether one is sure as well as for the verb."""
    if swap.asked_id != by.pk and not verbs.may_change(schedule, by):
        raise Refused(_("Only who was asked, or a supervisor, can decline this."), code="not-allowed")


def may_withdraw(swap: "SwapRequest", by: User) -> None:
    if swap.giver_id != by.pk:
        raise Refused(_("Only who asked can withdraw this."), code="not-allowed")


def _open(schedule: "Schedule", swap: "SwapRequest", now: datetime) -> "SwapRequest":
    """The request as it is under the lock: whoever was faster has won."""
    fresh = schedule.swaps.select_related("schedule", "giver", "asked", "accepted_by").get(pk=swap.pk)
    state = fresh.state(now)
    if state != "open":
        said = {
            "accepted": _("%(name)s was faster and has accepted this.")
            % {"name": fresh.accepted_by.name if fresh.accepted_by else _("Somebody")},
            "declined": _("This was declined."),
            "withdrawn": _("This was withdrawn."),
            "expired": _("The shift has begun: this can no longer be swapped. “Take it now” covers the rest.")
            if fresh.starts_at <= now
            else _("The time asked for in return has begun: this can no longer be swapped. Ask for another time."),
        }
        raise Refused(said[state], code="stale")
    return fresh


def _needs_a_future(span: Span, now: datetime) -> None:
    if span.end <= span.start:
        raise Refused(_("It has to end after it begins."), code="invalid")
    if span.start <= now:
        raise Refused(_("Only a shift that has not begun can be swapped."), code="invalid")
    if span.end - span.start > LONGEST:
        raise Refused(_("A swap is for at most a year."), code="invalid")


def _needs_to_be_theirs(schedule: "Schedule", span: Span, person: User) -> None:
    """Nobody gives away what is not theirs, the whole time."""
    found = shifts.final(schedule.plan(since=span.start), span.start, span.end)
    theirs = [Span(shift.start, shift.end) for shift in found if shift.person == person.pk]
    if outside(Span(span.start, span.end), theirs):
        raise Refused(_("%(name)s is not on call all that time.") % {"name": person.name}, code="invalid")


def _has_a_part(schedule: "Schedule", span: Span, person: User, now: datetime) -> bool:
    """Whether any of it is theirs: a supervisor may have settled it otherwise."""
    found = shifts.final(schedule.plan(since=now), max(span.start, now), span.end) if span.end > now else []
    return any(shift.person == person.pk for shift in found)


def _may_take(schedule: "Schedule", taker: User, giver: User) -> None:
    verbs.needs_active(taker)
    if taker.pk == giver.pk:
        raise Refused(_("It is %(name)s's own shift.") % {"name": giver.name}, code="invalid")
    if not verbs.may_cover(schedule, taker):
        said = _("%(name)s is neither in %(team)s nor on this schedule.")
        raise Refused(said % {"name": taker.name, "team": schedule.team}, code="not-allowed")


def _facts(swap: "SwapRequest") -> dict:
    back = {}
    if swap.return_starts_at and swap.return_ends_at:
        back = {"return_from": swap.return_starts_at.isoformat(), "return_until": swap.return_ends_at.isoformat()}
    return {
        "swap": swap.pk,
        "giver": verbs.named(swap.giver),
        "asked": verbs.named(swap.asked),
        "from": swap.starts_at.isoformat(),
        "until": swap.ends_at.isoformat(),
        "text": swap.text,
        **back,
    }
