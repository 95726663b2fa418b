"""Who else has this incident open, in the head of its page. Only those who may see the incident learn of it."""

import logging
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.cache import patch_cache_control
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from escalation.people.models import User
from incidents.models import Incident
from incidents.models.presence import LIVES, Presence

from .versions import now_of

log = logging.getLogger(__name__)
FACES = 4


@dataclass(frozen=True)
class Other:
    person: User
    writing: bool


class Others:
    """One query, when it is asked."""

    def __init__(self, incident: Incident, viewer: User, now: datetime):
        self._incident, self._viewer, self._now = incident, viewer, now

    @cached_property
    def _rows(self) -> list[Presence]:
        found = Presence.objects.filter(incident=self._incident, at__gt=self._now - LIVES)
        return list(found.select_related("person").order_by("-writing", "person__name", "person"))

    @property
    def all(self) -> list[Other]:
        """Who writes comes first."""
        return [Other(one.person, one.writing) for one in self._rows if one.shown and one.person_id != self._viewer.pk]

    def look(self, *, writing: bool | None = None) -> None:
        """The viewer does. A busy database is no reason not to show a page: then the next sign of life counts."""
        mine = next((one for one in self._rows if one.person_id == self._viewer.pk), None)
        try:
            Presence.objects.looks(self._incident.pk, self._viewer, kept=mine, writing=writing, now=self._now)
        except OperationalError as error:
            log.warning("cannot write down who looks: %s", str(error).strip().split("\n", 1)[0])

    @property
    def faces(self) -> list[Other]:
        return self.all[:FACES]

    @property
    def more(self) -> int:
        return max(0, len(self.all) - FACES)

    @property
    def said(self) -> str:
        if not self.all:
            return ""
        first, others = self.all[0], len(self.all) - 1
        words = {"name": first.person.get_short_name(), "others": others}
        if first.writing:
            return _("%(name)s is writing") % words
        if others == 0:
            return _("%(name)s is looking at this too") % words
        if others == 1:
            return _("%(name)s and one more are looking at this too") % words
        return _("%(name)s and %(others)s more are looking at this too") % words


@require_http_methods(["GET", "HEAD", "POST"])
def region(request: HttpRequest, number: int) -> HttpResponse:
    """POST is a sign of life of whoever has the page open; both answer with who else has."""
    user = request.user
    assert isinstance(user, User)
    incident = get_object_or_404(Incident.objects.visible_to(user).only("pk", "number"), number=number)
    others = Others(incident, user, now_of(request))
    if request.method == "POST":
        others.look(writing="writing" in request.POST)
    if not request.htmx:  # type: ignore[attr-defined]
        return redirect(incident)
    response = render(request, "desk/incident/presence.html", {"incident": incident, "others": others})
    patch_cache_control(response, private=True, no_cache=True)
    return response
