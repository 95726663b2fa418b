"""How fresh a page is: one short word for everything its viewer may see.

The word changes whenever something visible to this person is recorded, when they look at an
incident, when their teams change, or when the installation's configuration does. A live region that still carries it is
answered with 304, without asking for a single row.
"""

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from hashlib import blake2b

from django.db.models import Count, Exists, OuterRef, Q, Subquery, Value
from django.http import HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response, patch_cache_control, patch_vary_headers
from django.utils.http import quote_etag
from django.utils.translation import get_language

from escalation.kit import clock
from escalation.people.models import User
from escalation.people.sessions import instant_of
from escalation.trail.models import Entry, Trail
from incidents.models import Action, Incident, ReviewAsk, Visit
from incidents.models.access import sees_all

# Numbers of entries are given out before they are committed: one may appear behind a later
# one. Hence the last ones, and not only the very last.
LAST = 64
FAR = 4000  # no further back than this many entries, whoever they belong to
TURN = 600  # ages and "recently" change with the time: a page is made anew at least this often


def now_of(request: HttpRequest) -> datetime:
    """The one instant of a request."""
    if not hasattr(request, "desk_now"):
        request.desk_now = instant_of(request)  # type: ignore[attr-defined]
    return request.desk_now  # type: ignore[attr-defined]


def version_of(user: User, now: datetime | None = None) -> str:
    """What ``user`` sees now, as a word that says nothing to anybody else."""
    now = now or clock.now()
    facts = (user.pk, rights_of(user), _entries(user), int(now.timestamp()) // TURN)
    return blake2b(repr(facts).encode(), digest_size=12).hexdigest()


def version_for(request: HttpRequest, user: User) -> str:
    """That of the one look that a request takes. Whoever keeps answers by ``rules_of`` asks for it before."""
    kept: str | None = getattr(request, "live_version", None)
    if kept is None:
        kept = version_of(user, now_of(request))
        request.live_version = kept  # type: ignore[attr-defined]
    return kept


def memberships(user: User) -> list[tuple[int, str, str]]:
    """Team, name and role of each."""
    return user.belongs


def rights_of(user: User) -> tuple[bool, bool, list[tuple[int, str, str]]]:
    """What decides what ``user`` may see at all."""
    return user.is_active, sees_all(user), memberships(user)


def rules_of(user: User, now: datetime) -> str:
    """A word for what changes seldom: the installation's own record, with its schedules, and this person's teams.

    No query once their version is known.
    """
    if not hasattr(user, "_desk_record"):
        _entries(user)
    facts = (user.pk, sees_all(user), memberships(user), user._desk_record, int(now.timestamp()) // TURN)  # type: ignore[attr-defined]
    return blake2b(repr(facts).encode(), digest_size=12).hexdigest()


def open_actions(user: User) -> int:
    """How many actions of reviews and problems this person has to do. No query once their version is known."""
    if not hasattr(user, "_desk_acts"):
        _entries(user)
    return user._desk_acts  # type: ignore[attr-defined]


def open_asks(user: User) -> int:
    """How many reviews of incidents this person is asked for. No query once their version is known."""
    if not hasattr(user, "_desk_asks"):
        _entries(user)
    return user._desk_asks  # type: ignore[attr-defined]


def _entries(user: User) -> tuple[list[int], datetime | None]:
    """The latest entries of what this person sees, and of the installation's own record; and when they last looked at
    an incident, by which lists no longer call it changed."""
    head = Entry.objects.order_by("-id").values("id")[:1]
    recent = Entry.objects.filter(id__gt=Subquery(head) - FAR)
    if not sees_all(user):
        seen = Incident.objects.visible_to(user).filter(trail=OuterRef("trail")).values(one=Value(1))
        recent = recent.filter(Q(trail__kind=Trail.Kind.INSTALLATION) | Q(Exists(seen)))
    record = Trail.objects.filter(subject="installation").values("length")[:1]
    looked = Visit.objects.filter(person=user, at__isnull=False).order_by("-at").values("at")[:1]
    mine = Action.objects.open().filter(owner=user).order_by()
    acts = Subquery(mine.values("owner").annotate(n=Count("pk")).values("n"))
    asked = ReviewAsk.objects.open().asked_of(user).order_by()
    asks = Subquery(asked.values(one=Value(1)).annotate(n=Count("pk")).values("n"))
    recent = recent.annotate(record=Subquery(record), looked=Subquery(looked), acts=acts, asks=asks).order_by("-id")
    rows = list(recent.values_list("id", "record", "looked", "acts", "asks")[:LAST])
    user._desk_record = rows[0][1] if rows else None  # type: ignore[attr-defined]
    user._desk_acts = (rows[0][3] or 0) if rows else mine.count()  # type: ignore[attr-defined]
    user._desk_asks = (rows[0][4] or 0) if rows else asked.count()  # type: ignore[attr-defined]
    return [pk for pk, *_rest in rows], rows[0][2] if rows else None


def live(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """A page with a live region: for htmx the same address answers with the region, or with 304.

    The version is read before the rows, so that what happens in between is fetched again.
    """

    @wraps(view)
    def wrapped(request: HttpRequest, *args, **kwargs) -> HttpResponse:
        request.live_version = version_of(request.user, now_of(request))  # type: ignore[attr-defined,arg-type]
        if not request.htmx:  # type: ignore[attr-defined]
            response = view(request, *args, **kwargs)
            patch_vary_headers(response, ["HX-Request"])
            return response
        etag = quote_etag(f"{request.live_version}-{get_language()}")  # type: ignore[attr-defined]
        answer = get_conditional_response(request, etag=etag)
        response = answer or view(request, *args, **kwargs)
        response["ETag"] = etag
        patch_cache_control(response, private=True, no_cache=True)
        patch_vary_headers(response, ["HX-Request", "Cookie"])
        return response

    return wrapped
