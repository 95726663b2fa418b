"""Whether who is on call is still what somebody had before their eyes when they opened the form.

Of two who fill one gap the later made counts, so whoever was slower has to know of the other before they overrule them.
What they saw is kept in the form: when it was, the last override there was, and the layers' digest.
"""

from dataclasses import replace
from datetime import UTC, datetime
from hashlib import blake2b
from typing import TYPE_CHECKING

from django.db.models import Max, Q
from django.utils.translation import gettext as _

from escalation.kit.errors import Refused
from escalation.people.models import User

from . import shifts
from .spans import Span
from .telling import span_for

if TYPE_CHECKING:
    from .models import Schedule


def now_of(schedule: "Schedule", now: datetime) -> str:
    """What the form carries."""
    return word(now, schedule.overrides.aggregate(last=Max("pk"))["last"], schedule.plan(since=now))


def word(now: datetime, last: int | None, plan: shifts.Plan) -> str:
    """The same, of what has been read: the last override there is, and the plan."""
    return f"{now.isoformat()} {last or 0} {_digest(plan)}"


def needs(schedule: "Schedule", seen: str | None, span: Span, by: User, now: datetime) -> None:
    """Refuse what was typed under other circumstances, and say who is on call now. Programs carry nothing."""
    if seen is None:
        return
    plan = schedule.plan(since=now)
    try:
        at, last, digest = seen.split(" ")
        then = _as_it_was(schedule, plan, datetime.fromisoformat(at).astimezone(UTC), int(last), now)
    except (ValueError, TypeError, OverflowError):
        raise Refused(_("This form is too old. Look again who is on call, then send it again."), code="stale") from None
    whole = Span(max(span.start, now), span.end)
    if whole.start >= whole.end:
        return  # said in better words
    if digest != _digest(plan):
        said = _("Meanwhile this schedule's layers have changed. Look again who is on call, then send this again.")
        raise Refused(said, code="stale")
    changed = shifts.gained(then, plan, *whole) or shifts.gained(plan, then, *whole)
    if changed:
        raise Refused(_who_is(plan, changed, by), code="stale")


def _as_it_was(schedule: "Schedule", plan: shifts.Plan, at: datetime, last: int, now: datetime) -> shifts.Plan:
    """With the overrides of then, as if none had been cancelled since."""
    held = Q(cancelled_at__isnull=True) | Q(cancelled_at__gt=at)
    rows = schedule.overrides.filter(held, pk__lte=last, ends_at__gt=now).order_by("pk")
    kept = tuple(shifts.Override(row.pk, row.starts_at, row.ends_at, row.person_id) for row in rows)
    return replace(plan, overrides=kept)


def _who_is(plan: shifts.Plan, changed: dict[int, list[Span]], by: User) -> str:
    first = min((span for spans in changed.values() for span in spans), key=lambda span: span.start)
    there = User.objects.filter(pk__in=shifts.on_call(plan, first.start)).first()
    words = {"name": there.name if there else "", "when": span_for(by, *first)}
    said = _("Meanwhile %(name)s is on call %(when)s.") if there else _("Meanwhile nobody is on call %(when)s.")
    said = _("Meanwhile you are on call %(when)s.") if there == by else said
    return said % words + " " + _("Nothing is changed yet: send this again to overrule it.")


def _digest(plan: shifts.Plan) -> str:
    return blake2b(repr(plan.layers).encode(), digest_size=9).hexdigest()
