"""What has changed, and who may hear of it: the look into the database behind the live stream.

One ``Look`` serves a whole process. It asks for the entries since the last time and works out
in sets which listener may see them, by the same rule as ``Incident.objects.visible_to``. It
runs in a thread of its own and holds nothing between two looks but numbers.
"""

import time
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import connection
from django.utils.translation import gettext as _

from escalation.engine.models import Delivery
from escalation.kit import clock
from escalation.notify.message import ASKING, marked
from escalation.people.models import Membership, Session, User
from escalation.trail.models import Entry, Trail
from incidents.models import Access, Incident, Presence
from incidents.models.access import sees_all

LATECOMERS = 10.0  # an entry's number may appear so long after higher ones (PostgreSQL)
MOST = 2000  # entries in one look; the others in the next
SCHEDULES = -1  # under this number pages hear that who is on call may have changed; no incident has it
AGAIN = 2.0  # how often it is asked who may still listen
RECENT = timedelta(seconds=30)  # an older message is no news, whatever happens on its incident
LOUD = (*ASKING, "also", "returned", "swap_asked", "swap_waiting", "swap_unanswered", "cover_ended", "duty_on")


class Window:
    """Which row numbers are new. Numbers are given out before the commit, so some come late."""

    def __init__(self, head: int, patience: float = LATECOMERS):
        self.mark = head  # everything up to here is settled
        self._patience = patience
        self._seen: dict[int, float] = {}

    def fresh(self, ids: Iterable[int], at: float) -> list[int]:
        new = [pk for pk in ids if pk > self.mark and pk not in self._seen]
        self._seen.update(dict.fromkeys(new, at))
        settled = [pk for pk, seen in self._seen.items() if at - seen >= self._patience]
        if settled:
            self.mark = max(self.mark, *settled)
            self._seen = {pk: seen for pk, seen in self._seen.items() if pk > self.mark}
        return new

    @property
    def after(self) -> int:
        """Ask for numbers above this one."""
        return self.mark


@dataclass(frozen=True)
class Viewer:
    """What decides who hears what: plain values."""

    id: int
    all: bool
    teams: frozenset[int]


@dataclass
class News:
    """One look's result. ``changes``: person → incident numbers; ``calls``: person → what to say."""

    changes: dict[int, set[int]] = field(default_factory=dict)
    present: dict[int, set[int]] = field(default_factory=dict)  # person → incidents that somebody opened or left
    calls: dict[int, list[dict]] = field(default_factory=dict)
    gone: set[tuple[int, str]] = field(default_factory=set)  # (person, session): not allowed any more
    skew: float = 0.0  # the database's clock minus this host's


class Look:
    """Asks the database what is new. ``at`` is a monotonic instant, given by the caller."""

    def __init__(self) -> None:
        self._window: Window | None = None
        self._checked = 0.0
        self._skew = 0.0
        self._told = Told()
        self._present: set[tuple[int, int, bool]] | None = None

    def __call__(self, listeners: Collection[tuple[int, str]], at: float) -> News:
        """The news for ``listeners``: pairs of person and session key."""
        news = News(skew=self._skew)
        if self._window is None:
            # A shared window of patience: what is being committed now is heard, if twice.
            head = Entry.objects.order_by("-id").values_list("id", flat=True).first() or 0
            self._window = Window(head, LATECOMERS if connection.vendor == "postgresql" else 0.0)
        moved: set[int] = set()
        if at - self._checked >= AGAIN:
            self._checked = at
            news.gone = no_longer(listeners)
            now = clock.now()
            self._skew = news.skew = now.timestamp() - time.time()
            moved = self._moved(now)
        trails, hidden = self._new_trails(at)
        people = {person for person, _session in listeners} - {person for person, _session in news.gone}
        if trails and people:
            incidents = list(Incident.objects.filter(trail__in=trails).values("id", "number", "restricted", "trail"))
            for one in incidents:  # also whoever has just lost sight of it: it is to go from their lists at once
                one["restricted"] = one["restricted"] and one["trail"] not in hidden
            news.changes = audience(incidents, viewers(people))
            if Trail.objects.filter(pk__in=trails, kind=Trail.Kind.INSTALLATION).exists():
                for person in people:
                    news.changes.setdefault(person, set()).add(SCHEDULES)
            news.calls = calls(trails, people, self._told)
        if moved and people:
            opened = Incident.objects.filter(pk__in=moved).values("id", "number", "restricted")
            news.present = audience(list(opened), viewers(people))
        return news

    def _moved(self, now: datetime) -> set[int]:
        """Incidents that somebody has opened or left, or begun to write on, since it was last asked."""
        here = set(Presence.objects.shown(now).values_list("incident", "person", "writing"))
        before, self._present = self._present, here
        return set() if before is None else {incident for incident, _person, _writing in before ^ here}

    def _new_trails(self, at: float) -> tuple[set[int], set[int]]:
        """Where something new stands, and where it is that it was restricted."""
        assert self._window is not None
        found = Entry.objects.filter(id__gt=self._window.after).order_by("id")
        rows = {pk: (trail, kind) for pk, trail, kind in found.values_list("id", "trail_id", "kind")[:MOST]}
        new = [rows[pk] for pk in self._window.fresh(rows, at)]
        return {trail for trail, _kind in new}, {trail for trail, kind in new if kind == "restricted"}


class Told:
    """The last few hundred messages that were passed on, so that none is told twice."""

    def __init__(self, most: int = 2000):
        self._most = most
        self._ids: dict[int, None] = {}

    def first_time(self, pk: int) -> bool:
        if pk in self._ids:
            return False
        self._ids[pk] = None
        while len(self._ids) > self._most:
            del self._ids[next(iter(self._ids))]
        return True


def no_longer(listeners: Collection[tuple[int, str]]) -> set[tuple[int, str]]:
    """Those who were deactivated or whose session has ended."""
    people = {person for person, _session in listeners}
    sessions = {session for _person, session in listeners}
    active = set(User.objects.filter(pk__in=people, is_active=True).values_list("pk", flat=True))
    alive = Session.objects.filter(session_key__in=sessions, expire_date__gt=clock.now())
    living = set(alive.values_list("session_key", flat=True))
    return {(person, session) for person, session in listeners if person not in active or session not in living}


def viewers(people: Collection[int]) -> list[Viewer]:
    teams: dict[int, set[int]] = {}
    for person, team in Membership.objects.filter(user__in=people).values_list("user", "team"):
        teams.setdefault(person, set()).add(team)
    users = User.objects.filter(pk__in=people, is_active=True).only("pk", "is_active", "is_staff", "is_auditor")
    return [Viewer(user.pk, sees_all(user), frozenset(teams.get(user.pk, ()))) for user in users]


def audience(incidents: Collection[Mapping], viewers: Collection[Viewer]) -> dict[int, set[int]]:
    """person → numbers of the changed incidents they may see: one query, then sets."""
    people: dict[int, set[int]] = {}
    teams: dict[int, set[int]] = {}
    rows = Access.objects.filter(incident__in=[one["id"] for one in incidents])
    for incident, team, person in rows.values_list("incident", "team", "person"):
        (teams if team else people).setdefault(incident, set()).add(team or person)
    found = {}
    for viewer in viewers:
        seen = {
            one["number"]
            for one in incidents
            if viewer.all
            or viewer.id in people.get(one["id"], ())
            or (not one["restricted"] and viewer.teams & teams.get(one["id"], set()))
        }
        if seen:
            found[viewer.id] = seen
    return found


def calls(trails: Collection[int], people: Collection[int], told: Told) -> dict[int, list[dict]]:
    """New messages that want something of these people now. ``told`` remembers which were given."""
    lately = clock.now() - RECENT
    rows = Delivery.objects.filter(
        trail__in=trails, person__in=people, channel="desk", kind__in=LOUD, queued_at__gt=lately
    ).exclude(state=Delivery.State.CANCELLED)
    found: dict[int, list[dict]] = {}
    for pk, person, message in rows.order_by("id").values_list("id", "person", "message"):
        if told.first_time(pk):
            found.setdefault(person, []).append(spoken(message))
    return found


def spoken(message: dict) -> dict:
    """A call in two short lines, as the browser shows it."""
    ref, title = message.get("ref", ""), message.get("title", "")
    words = {"ref": ref, "from": message.get("from") or "", "severity": f"SEV{message.get('severity', '')}"}
    words["shift"] = message.get("shift", "")
    heads = {
        "offer": _("%(from)s hands you %(ref)s"),
        "swap_asked": _("%(from)s asks you to take a shift"),
        "swap_waiting": _("Nobody has answered yet: %(shift)s stays yours"),
        "swap_unanswered": _("Nobody took your shift: you are on call %(shift)s"),
        "cover_ended": _("The cover was cancelled: you are on call %(shift)s"),
        "duty_on": _("You are on call %(shift)s"),
        "returned": _("%(ref)s came back to you"),
        "woken": _("%(ref)s goes on after its hold"),
        "maintenance_over": _("%(ref)s is still open after the maintenance"),
        "assigned": _("%(ref)s is yours"),
        "put_back": _("%(ref)s goes on from an older copy"),
        "last_resort": _("Nobody answered %(ref)s: you are the last resort"),
    }
    head = heads.get(message.get("kind", ""), _("%(severity)s %(ref)s calls you")) % words
    return {"title": marked(message, head), "text": title, "url": message.get("link", "")}
