"""The pages somebody may go to: by two keys (g and a letter), and by the palette."""

from collections.abc import Callable
from dataclasses import dataclass

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from escalation.people.models import Membership, User
from incidents.models.access import sees_all

from .versions import memberships


def _anybody(user: User) -> bool:
    return True


def _may_open(user: User) -> bool:
    return user.is_staff or not user.is_auditor


def has_a_team(user: User) -> bool:
    return user.is_staff or user.is_auditor or bool(user.belongs_in_use)


def _looks_after_people(user: User) -> bool:
    supervisor = Membership.Role.SUPERVISOR
    return user.is_staff or user.is_auditor or any(role == supervisor for _team, _name, role in memberships(user))


def _plans_drills(user: User) -> bool:
    return _looks_after_people(user) and _may_open(user)


def _admin(user: User) -> bool:
    return user.is_staff


@dataclass(frozen=True)
class Place:
    name: str  # of its address
    label: str | Promise
    key: str = ""  # after g
    whom: Callable[[User], bool] = _anybody

    @property
    def url(self) -> str:
        return reverse(self.name)


PLACES = (
    Place("cues", _("My cues"), "c"),
    Place("next-cue", _("Next cue"), "n"),
    Place("queue", _("Queue"), "q"),
    Place("board", _("Board"), "b"),
    Place("oncall", _("Who is on call"), "o"),
    Place("tried", _("What was tried"), "t"),
    Place("process", _("Process health"), whom=has_a_team),
    Place("measures", _("Measures")),
    Place("runbooks", _("Runbooks"), "u"),
    Place("reviews", _("Reviews")),
    Place("problems", _("Problems")),
    Place("training", _("Training")),
    Place("drills", _("Drills"), whom=_looks_after_people),
    Place("drill-new", _("Plan a drill"), whom=_plans_drills),
    Place("maintenance", _("Maintenance"), "m"),
    Place("heartbeats", _("Heartbeats"), "h"),
    Place("readiness", _("Readiness"), "r", _looks_after_people),
    Place("reach", _("How Baton reaches you"), "w"),
    Place("preferences", _("Preferences"), "p"),
    Place("admin:index", _("Admin"), "a", _admin),
    Place("configuration", _("Configuration record"), whom=sees_all),
    Place("incident-new", _("New incident"), whom=_may_open),
    Place("maintenance-new", _("Plan maintenance"), whom=_may_open),
    Place("wall", _("Wall screen")),
    Place("calendars", _("Calendar feeds")),
    Place("absences", _("Absences and holidays")),
)


def places_of(user: User) -> list[Place]:
    return [place for place in PLACES if place.whom(user)]
