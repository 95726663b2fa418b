"""What every page of the desk knows: the time, who looks at it, and the numbers in the bar."""

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject, lazystr

from escalation.kit import clock

from .cues import asks_of
from .queries import open_in_queue
from .versions import version_of


def desk(request: HttpRequest) -> dict:
    """Lazy where it costs a query: a partial that shows no bar asks nothing."""
    user = getattr(request, "user", None)
    known = {"now": SimpleLazyObject(clock.now), "demo": settings.DEMO}
    if user is None or not user.is_authenticated:
        return known
    return {
        **known,
        "nav": Numbers(request, user),
        "keys_on": user.keys_on,
        "theme": user.theme,
        "live_version": lazystr(_Version(request, user)),
    }


class Numbers:
    """The counts beside the tabs; each is asked for when it is shown, and once."""

    def __init__(self, request, user):
        self._request, self._user, self._kept = request, user, {}

    def _once(self, name, ask):
        if name not in self._kept:
            self._kept[name] = ask()
        return self._kept[name]

    @property
    def cues(self) -> int:
        return self._once("cues", lambda: len(_asks(self._request, self._user)))

    @property
    def queue(self) -> int:
        return self._once("queue", lambda: open_in_queue(self._user))


def _asks(request, user):
    """The page of the cues has collected them already."""
    kept = getattr(request, "desk_cues", None)
    return asks_of(user, clock.now()) if kept is None else kept


class _Version:
    def __init__(self, request, user):
        self._request, self._user = request, user

    def __str__(self):
        kept = getattr(self._request, "live_version", None)
        if kept is None:
            kept = self._request.live_version = version_of(self._user)
        return kept
