"""What the palette can go to by name: people, teams, services, schedules, runbooks and saved views.

People, schedules and runbooks change with the installation's record alone, and are read once for each change of it.
Services and teams that somebody hears of only by an incident come and go with it; who is on call is reckoned each time.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from django.core.cache import cache
from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _

from escalation.oncall.models import Schedule
from escalation.oncall.overview import Standing
from escalation.people.models import User
from incidents.models import Runbook, SavedView
from incidents.models.access import sees_all

from . import duty, queries
from .cards import clock_time
from .versions import TURN, rules_of
from .views_menu import address_of

MOST = 2000  # names of one kind that are looked through


@dataclass(frozen=True)
class Option:
    """Something to go to; ``dialog`` if it is a verb, which asks before it does anything."""

    label: str
    url: str
    said: str = ""
    keys: str = ""
    dialog: bool = False
    severity: int | None = None


def ways_of(user: User, now: datetime) -> list[tuple[str, list[Option]]]:
    """Each kind with all its ways."""
    kept = _kept(user, now)
    filters, queue = queries.Filters(user, QueryDict("scope=all")), reverse("queue")
    return [
        (_("People"), list(_people(user, kept.people, now))),
        (_("Services"), _choices(queries.service_chip(filters, queue))),
        (_("Teams"), _choices(queries.team_chip(filters, queue))),
        (_("Schedules"), kept.schedules),
        (_("Runbooks"), kept.runbooks),
        (_("Saved views"), [Option(view.name, address_of(view), _("a view of the queue")) for view in _views(user)]),
    ]


def _choices(chip: dict) -> list[Option]:
    """Each leads to its incidents; named are those that the queue offers as a filter."""
    return [Option(link["label"], link["url"]) for link in chip["links"] if isinstance(link["value"], int)]


@dataclass(frozen=True)
class _Kept:
    people: list[tuple[int, str]]
    schedules: list[Option]
    runbooks: list[Option]


def _kept(user: User, now: datetime) -> _Kept:
    key = f"ways:{rules_of(user, now)}"
    found: _Kept | None = cache.get(key)
    if found is None:
        found = _read(user)
        cache.set(key, found, TURN)
    return found


def _read(user: User) -> _Kept:
    schedules = Schedule.objects.in_use().visible_to(user).order_by("name", "id").select_related("team")
    runbooks = Runbook.objects.in_use().order_by("title", "id").select_related("team").defer("body")
    return _Kept(
        people=_colleagues(user),
        schedules=[Option(one.name, reverse("schedule", args=[one.pk]), one.team.name) for one in schedules[:MOST]],
        runbooks=[Option(one.title, one.get_absolute_url(), one.team.name) for one in runbooks[:MOST]],
    )


def _views(user: User) -> list[SavedView]:
    return list(SavedView.objects.visible_to(user).order_by("name", "id")[:MOST])


# --- people -----------------------------------------------------------------------------------


def _colleagues(user: User) -> list[tuple[int, str]]:
    """Oneself and those of one's teams; for who sees everything, everybody."""
    people = User.objects.filter(is_active=True)
    if not sees_all(user):
        people = people.filter(teams__in=queries.team_ids(user))
    found = dict(people.distinct().order_by("name", "id").values_list("pk", "name")[:MOST])
    return list({user.pk: user.name, **found}.items())


def _people(user: User, colleagues: list[tuple[int, str]], now: datetime) -> Iterator[Option]:
    """Each leads to the incidents that they hold, as far as the viewer may see them. Who is on call by a schedule that
    the viewer may see is somebody too, of whatever team."""
    on: dict[int, list[str]] = {}
    names = dict(colleagues)
    for line in duty.everywhere(user, now):
        if line.now is not None:
            names.setdefault(line.now.pk, line.now.name)
            on.setdefault(line.now.pk, []).append(_until(line, now))
    for pk, name in names.items():
        said = _("on call: %(where)s") % {"where": "; ".join(on[pk])} if pk in on else _("not on call")
        holds = "me" if pk == user.pk else str(pk)
        yield Option(name, f"{reverse('queue')}?{urlencode({'scope': 'all', 'holder': holds})}", said)


def _until(line: Standing, now: datetime) -> str:
    words = {"schedule": line.schedule.name, "at": clock_time(line.until, now) if line.until else ""}
    return _("%(schedule)s, until %(at)s") % words if line.until else line.schedule.name
