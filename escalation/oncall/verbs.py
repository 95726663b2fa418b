"""What the verbs of a schedule share: one at a time, on the installation's trail, and who may."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from escalation.kit import clock
from escalation.kit.errors import Refused
from escalation.people.models import Membership, User
from escalation.trail.models import Trail
from escalation.trail.writing import ENGINE, Actor, record_configuration

if TYPE_CHECKING:
    from .models import Schedule


LATELY = timedelta(days=30)  # so long whoever had a part in a schedule still has one


def lately() -> datetime:
    """What of a part in a schedule was over by then counts no more."""
    return clock.nearly() - LATELY


@contextmanager
def turn() -> Iterator[datetime]:
    """One change of who is on call at a time, under the lock that its entry needs anyway; yields the present."""
    with transaction.atomic():
        Trail.objects.lock([Trail.objects.installation().pk])
        yield clock.now()


def enter(
    schedule: "Schedule", by: User | None, kind: str, now: datetime, *, before: dict | None = None, **after: Any
) -> None:
    """The entry of a change, as the admin's pages write theirs. What nobody did, Baton did."""
    data = {"what": "schedule", "id": schedule.pk, "name": schedule.name, "before": before or {}, "after": after}
    record_configuration(Actor.person(by) if by else ENGINE, kind, data, now=now)


def named(person: User | None) -> dict | None:
    return None if person is None else {"id": person.pk, "name": person.name}


def may_change(schedule: "Schedule", by: User) -> bool:
    """Admins, and supervisors of the schedule's team, decide who covers."""
    if not by.is_active:
        return False
    supervises = Membership.objects.filter(team=schedule.team_id, user=by, role=Membership.Role.SUPERVISOR)
    return by.is_staff or supervises.exists()


def may_cover(schedule: "Schedule", person: User) -> bool:
    """The schedule's team, and whoever has a seat on it, or had until lately."""
    if not person.is_active or person.is_auditor:
        return False
    member = Membership.objects.filter(team=schedule.team_id, user=person)
    return member.exists() or schedule.seats.held(lately()).filter(person=person).exists()


def rights(schedule: "Schedule", person: User) -> tuple[bool, bool]:
    """Both at once: whether somebody may change it, and whether they may cover on it."""
    if not person.is_active:
        return False, False
    roles = set(Membership.objects.filter(team=schedule.team_id, user=person).values_list("role", flat=True))
    changes = person.is_staff or Membership.Role.SUPERVISOR in roles
    if person.is_auditor:
        return changes, False
    return changes, bool(roles) or schedule.seats.held(lately()).filter(person=person).exists()


def who_may_cover(schedule: "Schedule") -> QuerySet[User]:
    """The people of that rule, by name."""
    on_it = Q(teams=schedule.team_id) | Q(pk__in=schedule.seats.held(lately()).values("person"))
    return User.objects.filter(on_it, is_active=True, is_auditor=False).distinct().order_by("name", "id")


def needs_active(person: User) -> None:
    if not person.is_active:
        raise Refused(_("%(name)s no longer works here.") % {"name": person.name}, code="invalid")
    if person.is_auditor:
        raise Refused(_("%(name)s is an auditor, who is never called.") % {"name": person.name}, code="invalid")


def needs_in_use(schedule: "Schedule") -> None:
    schedule.refresh_from_db(fields=["archived_at"])
    if schedule.archived_at is not None:
        raise Refused(_("%(name)s is archived: nobody is called by it.") % {"name": schedule.name})
