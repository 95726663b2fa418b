"""What stands above every page: the engine's notices, and whom to call if it cannot.

Nothing is asked of the database here; see ``escalation.engine.notices``.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from escalation.engine import notices
from escalation.engine.registry import SINCE, Notice
from escalation.people.models import User
from incidents.models.access import sees_all

NOBODY_CALLS = ("stopped", "late", "unsent", "held")  # so people must, by hand


@dataclass(frozen=True)
class Banner:
    """A notice with the place of its instant, which each viewer reads in their own zone."""

    code: str
    before: str
    since: datetime | None
    after: str
    urgent: bool

    @classmethod
    def of(cls, notice: Notice, *, whole: bool) -> "Banner":
        """``whole``: for who may see every incident."""
        text = notice.text if whole or not notice.discreet else notice.discreet
        before, found, after = str(text).partition(SINCE)
        return cls(notice.code, before, notice.since if found else None, after, notice.urgent)


class Notices:
    """For one viewer. Auditors watch the record: whom to call is not theirs.

    ``public``: for a screen that others read too, without addresses, in the words for those who may not see everything.
    """

    def __init__(self, user: User, *, public: bool = False) -> None:
        self.address = reverse("notices") + ("?wall=1" if public else "")
        self._known = notices.known
        self.version = self._known.version
        whole = sees_all(user) and not public
        self.banners = [Banner.of(one, whole=whole) for one in self._known.notices]
        self.contacts = self._known.contacts if not public and (user.is_staff or not user.is_auditor) else ()
        self.contacts_at = self._known.contacts_at
        self.call_by_hand = any(one.code in NOBODY_CALLS for one in self._known.notices)


@never_cache
@require_safe
def region(request: HttpRequest) -> HttpResponse:
    """The region alone, for pages that are open."""
    public = {"notices": Notices(cast(User, request.user), public=True)} if "wall" in request.GET else {}
    return render(request, "components/notices.html", public)
