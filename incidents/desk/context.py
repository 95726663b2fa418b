"""What every page of the desk knows: the time, who looks at it, and the numbers in the bar."""

from datetime import datetime
from functools import cached_property

from django.conf import settings
from django.core.cache import cache
from django.db.models import Count, QuerySet, Subquery, Value
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject, lazystr

from escalation.people.models import Membership, User
from escalation.policies.readiness import badge

from . import pages
from .asks import asks_of
from .chores import MOST as TASKS
from .chores import kept_by, seen_tasks
from .cues import mentions, roles
from .cues.collecting import rare, seldom
from .cues.upkeep import MOST_ACTIONS
from .notices import Notices
from .places import has_a_team, places_of
from .queries import open_in_queue
from .versions import TURN, memberships, now_of, open_actions, rights_of, rules_of, version_for


def desk(request: HttpRequest) -> dict:
    """Lazy where it costs a query: a partial that shows no bar asks nothing."""
    user = getattr(request, "user", None)
    match = request.resolver_match
    known = {"now": SimpleLazyObject(lambda: now_of(request)), "demo": settings.DEMO, "here": match and match.url_name}
    if user is None or not user.is_authenticated:
        return known
    return {
        **known,
        "nav": Numbers(request, user),
        "notices": SimpleLazyObject(lambda: Notices(user)),
        "keys_on": user.keys_on,
        "places": SimpleLazyObject(lambda: places_of(user)),
        "theme": user.theme,
        "live_version": lazystr(_Version(request, user)),
    }


KEEP = 30  # seconds; some cues come and go with the time alone
LATELY = 10  # seconds in which a page may show what others have changed since, and have the bar ask again at once


class Numbers:
    """The counts beside the tabs, asked for when they are shown. They change with what this
    person sees, so they are kept under its version: most pages ask the database for neither.

    Where everybody works, something changes every second, and counting anew takes longer than many a page. So a page
    shows what was counted lately, if this person has done nothing themselves since, and says that it is ``old``:
    the bar then fetches the exact numbers as soon as the page is there. With other rights it is counted anew.
    """

    def __init__(self, request, user, *, exact=False):
        self._request, self._user, self._exact, self.old = request, user, exact, False

    def _kept(self, name, ask):
        key, lately = f"nav:{name}:{_Version(self._request, self._user)}", _lately(name, self._user)
        known, rights = cache.get_many([key] if self._exact else [key, lately]), rights_of(self._user)
        if key in known:
            return known[key]
        if lately in known and known[lately][0] == rights:
            self.old = True
            return known[lately][1]
        found = ask()
        cache.set(key, found, KEEP)
        cache.set(lately, (rights, found), LATELY)
        return found

    @property
    def cues(self) -> int:
        counted: int | None = getattr(self._request, "desk_cues", None)  # the page of the cues has
        return self._kept("cues", self._ask) if counted is None else counted

    def _ask(self) -> int:
        now = now_of(self._request)
        asks, (_kept, reviews) = asks_of(self._user, now), kept_by(self._user, now)
        found = len(asks) + len(seldom(self._user, asks, now)) + self._rare(now) + sum(self._counted[1:]) + len(reviews)
        return found + min(open_actions(self._user), MOST_ACTIONS)

    def _rare(self, now: datetime) -> int:
        """Calendars that fail and tests that are due are counted now and then, and not for each incident."""
        key = f"nav:rare:{rules_of(self._user, now)}"
        return int(cache.get_or_set(key, lambda: len(rare(self._user, now)), TURN) or 0)

    @property
    def queue(self) -> int | str:
        """As the queue itself counts: no further than it shows."""
        counted: int | None = getattr(self._request, "desk_open", None)  # a page that has read the list knows it
        return pages.said(self._kept("queue", lambda: self._counted[0]) if counted is None else counted)

    @cached_property
    def _counted(self) -> tuple[int, int, int, int]:
        """Open incidents, roles that ask something, mentions, and steps of runbooks that this person keeps and that did
        not work. One query for all."""
        now = now_of(self._request)
        kept, _reviews = kept_by(self._user, now)
        counts = [_count(open_in_queue(self._user), pages.MOST), _count(roles.rows_of(self._user, now), roles.MOST)]
        counts += [_count(mentions.rows_of(self._user), mentions.MOST)]
        counts += [_count(seen_tasks(kept, self._user), TASKS)] if kept else []
        incidents, having, named, *tasks = User.objects.filter(pk=self._user.pk).values_list(*counts).get()
        found = min(having or 0, roles.MOST), min(named or 0, mentions.MOST), min(sum(filter(None, tasks)), TASKS)
        return incidents or 0, *found

    @property
    def unready(self) -> int | None:
        """How much is red on the readiness report; None if this person has none. Asks nothing of the database anew."""
        if self._user.is_staff or self._user.is_auditor:
            return badge.red()
        teams = [team for team, _name, role in memberships(self._user) if role == Membership.Role.SUPERVISOR]
        return badge.red(teams) if teams else None

    @property
    def has_a_team(self) -> bool:
        return has_a_team(self._user)


def forget_numbers(user: User) -> None:
    """They have done something: their next page counts anew."""
    cache.delete_many([_lately(name, user) for name in ("cues", "queue")])


def _lately(name: str, user: User) -> str:
    return f"nav:{name}:lately:{user.pk}"


def _count(rows: QuerySet, most: int) -> Subquery:
    """How many, and no further than one more than so many."""
    first = rows.model._base_manager.filter(pk__in=rows.order_by().values("pk")[: most + 1])
    return Subquery(first.order_by().values(one=Value(1)).annotate(n=Count("pk")).values("n"))


class _Version:
    def __init__(self, request, user):
        self._request, self._user = request, user

    def __str__(self):
        return version_for(self._request, self._user)
