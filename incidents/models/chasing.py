"""Actions of reviews and of problems are chased until they are done or dropped.

Whoever does one is reminded on the mornings that ``chase_days`` gives; once it is late for some days, supervisors hear
of it too. It goes by the ways that come first when it is quiet, and quiet hours hold: nobody is woken for it. The next
word takes back an earlier one that has not left, and after an outage one is said, as things stand then.

``remind_at`` on the action's row is when it is looked at next. The watch of the general cluster finds it there, and a
task that runs twice finds that it has moved on. Who was told stands on the record of what it belongs to.
"""

import logging
from datetime import datetime, timedelta

from django.db import DatabaseError, transaction
from django.db.models import Min
from django.db.models.functions import Coalesce

from escalation.engine import outsiders
from escalation.engine.words import named
from escalation.engine.work import Work
from escalation.kit import clock
from escalation.people.models import Membership, User
from escalation.trail.writing import ENGINE

from . import chase_days
from .actions import REMINDER, SAID_ANEW, Action

log = logging.getLogger(__name__)

TASK = "incidents.models.chasing.chase"
LOOK = 60.0  # seconds between two looks at the rows
MOST = 100  # in one go; the next look finds the others
AGAIN = timedelta(hours=1)


def next_due() -> datetime | None:
    """For the watch in the general cluster's pusher; an index-only look."""
    return Action.objects.aggregate(next=Min("remind_at"))["next"]


def chase() -> int:
    """Every action whose time has come, each in a transaction of its own. Safe to run twice: the row says no."""
    due = Action.objects.filter(remind_at__lte=clock.now()).order_by("remind_at", "pk")
    found = list(
        due.annotate(trail=Coalesce("review__incident__trail", "problem__trail")).values_list("pk", "trail")[:MOST]
    )
    for action, trail in found:
        try:
            _chase(action, trail)
        except Exception:  # one that cannot be said must not silence the others
            log.exception("could not remind anybody of action %s", action)
            _later(action)
    return len(found)


def _later(pk: int) -> None:
    """What cannot be said now does not stand in the way of the others, and is tried again."""
    try:
        Action.objects.filter(pk=pk, remind_at__lte=clock.now()).update(remind_at=clock.now() + AGAIN)
    except DatabaseError:  # the database was in the way, not the action
        log.exception("action %s is tried again at once", pk)


@transaction.atomic
def _chase(pk: int, trail: int) -> None:
    work = Work.lock([trail], actor=ENGINE)
    rows = Action.objects.open().filter(pk=pk, remind_at__lte=work.now)
    action = rows.with_home().select_related("owner").first()
    if action is None:
        return
    zone = action.owner.time_zone
    at = chase_days.not_before(work.now, zone)
    action.remind_at = chase_days.next_after(action.due, work.now, zone) if at == work.now else at
    action.save(update_fields=["remind_at"])
    late = (chase_days.day_of(work.now, zone) - action.due).days
    if at == work.now and late >= chase_days.BEFORE:
        _remind(work, action, timedelta(days=late))


def _remind(work: Work, action: Action, late: timedelta) -> None:
    home, facts = action.home, _facts(action, late.days)
    facts |= {"again": late.days >= chase_days.TOLD, "gone": not action.owner.is_active}
    told = [(action.owner, facts)] if action.owner.is_active else []
    if late.days >= chase_days.TOLD or not told:
        told += [(person, facts | {"doer": action.owner.name}) for person in _supervisors(action)]
    if not told:
        return
    action.take_back(work.now, SAID_ANEW)
    said = {**action.facts(), "people": [named(person) for person, _facts in told]}
    work.entry(home.trail_id, f"{home.noun}_reminded", said, text=action.what)
    work.write()
    cause = f"{action.cause}{work.heads[home.trail_id].length}"
    outsiders.tell(told, trail=home.trail_id, kind=REMINDER, cause=cause, now=work.now)


def _facts(action: Action, late: int) -> dict:
    """Its title is what is to be done; it asks nothing of the incident, and so has not its reference."""
    return {
        "title": action.what,
        "link": action.get_absolute_url(),
        action.home.noun: action.home.ref,
        "due": f"{action.due:%a} {action.due.day} {action.due:%b %Y}",
        "overdue": "" if late < 1 else "1 day" if late == 1 else f"{late} days",
        "tag": f"action:{action.pk}",
    }


def _supervisors(action: Action) -> list[User]:
    """Of the owner's teams; else of the team that has the incident or the problem; else whoever gave the action. As
    far as they may see it, which a reminder does not change."""
    home, others = action.home, User.objects.exclude(pk=action.owner_id).exclude(is_auditor=True)
    supervising = Membership.objects.filter(role=Membership.Role.SUPERVISOR, team__archived_at__isnull=True)
    for people in (
        others.filter(pk__in=supervising.filter(team__memberships__user=action.owner_id).values("user")),
        others.filter(pk__in=supervising.filter(team=home.team_id).values("user")),
        others.filter(pk=action.made_by_id),
    ):
        if found := list(home.seers(people).order_by("name", "pk")):
            return found
    return []
