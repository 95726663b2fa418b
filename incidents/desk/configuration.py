"""The configuration record: every change of how this installation works, for admins and auditors to read and to take
along as a table. What one thing has been through is the same page, narrowed to it: the admin's *History* leads here."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.text import capfirst
from django.views.decorators.http import require_safe

from escalation.kit import sheets
from escalation.kit.text import one_line
from escalation.trail import configuration
from escalation.trail.configuration import Change, Difference
from escalation.trail.recorded_admin import RecordedAdmin
from escalation.trail.words import what
from incidents.models.access import sees_all

PAGE = 25
# What else is on record than what the admin's pages change, as entries call it.
ELSEWHERE: tuple[str, ...] = (
    *("contact method", "notification rules", "quiet hours", "chat account", "test by", "token", "feed", "calendar"),
    *("drill", "maintenancewindow", "receipt", "installation", "sample organisation"),
    *("second step", "authenticator app", "passkey", "recovery codes", "account", "address"),
)
HEAD = ("number", "at", "who", "did", "what", "id", "name", "of", "field", "before", "after", "text")


@dataclass
class Asked:
    """What the address asks for. What makes no sense is left out, never an error."""

    said: QueryDict

    def _line(self, name: str) -> str:
        return one_line(self.said.get(name, ""), limit=120)

    @cached_property
    def q(self) -> str:
        return self._line("q")

    @cached_property
    def what(self) -> str:
        return self._line("what")

    @cached_property
    def who(self) -> str:
        return self._line("who")

    @cached_property
    def number(self) -> int | None:
        found = self.said.get("id", "")
        return int(found) if self.what and found.isascii() and found.isdigit() and len(found) < 16 else None

    def day(self, name: str) -> date | None:
        try:
            return parse_date(self.said.get(name, ""))
        except ValueError:
            return None

    @cached_property
    def since(self) -> date | None:
        return self.day("since")

    @cached_property
    def until(self) -> date | None:
        """The last day."""
        return self.day("until")

    @property
    def any(self) -> bool:
        return bool(self.q or self.what or self.who or self.since or self.until)

    def wanted(self) -> configuration.Asked:
        last = self.until + timedelta(days=1) if self.until and self.until < date.max else None
        return configuration.Asked(self.q, self.what, self.number, self.who, _midnight(self.since), _midnight(last))

    def address(self, path: str, **more: Any) -> str:
        own: dict[str, Any] = {"q": self.q, "what": self.what, "id": self.number, "who": self.who}
        own |= {"since": self.since, "until": self.until, **more}
        asked = urlencode({name: value for name, value in own.items() if value not in (None, "")})
        return f"{path}?{asked}" if asked else path


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    asked, path = _asked(request), reverse("configuration")
    here = Paginator(configuration.entries(asked.wanted()), PAGE).get_page(request.GET.get("page"))
    rows = here.object_list.select_related("said")  # type: ignore[attr-defined]
    context = {
        "asked": asked,
        "page": here,
        "rows": [(change, _place_of(change)) for change in configuration.changes(rows)],
        "kinds": _kinds(asked.what),
        "people": configuration.who(),
        "everything": path,
        "table": asked.address(reverse("configuration-csv")),
        "earlier": asked.address(path, page=here.previous_page_number()) if here.has_previous() else "",
        "later": asked.address(path, page=here.next_page_number()) if here.has_next() else "",
    }
    return render(request, "desk/configuration.html", context)


@require_safe
def table(request: HttpRequest) -> HttpResponseBase:
    """Each field that was changed is a line; so is a change that has none."""
    rows = configuration.entries(_asked(request).wanted()).select_related("said").iterator(chunk_size=500)
    lines = (line for change in configuration.changes(rows) for line in _lines(change))  # type: ignore[arg-type]
    return sheets.download("configuration.csv", HEAD, lines)


def _lines(change: Change) -> Iterator[tuple[Any, ...]]:
    entry = change.entry
    about = (entry.seq, entry.at, entry.actor_name, change.did, change.kind, change.number, change.name, change.of)
    for one in change.differences or [Difference("", "", "")]:
        yield (*about, *one, change.words)


def _asked(request: HttpRequest) -> Asked:
    if not sees_all(request.user):
        raise PermissionDenied
    return Asked(request.GET)


def _midnight(day: date | None) -> datetime | None:
    """None also where UTC has no such day: east of Greenwich the first one begins before it."""
    if day is None or day == date.min:
        return None
    return timezone.make_aware(datetime.combine(day, datetime.min.time()))


def _recorded() -> dict[str, str]:
    """What the admin's pages change: its name in entries, and where its pages are."""
    return {
        model._meta.model_name or "": f"admin:{model._meta.app_label}_{model._meta.model_name}_change"
        for model, page in admin.site._registry.items()
        if isinstance(page, RecordedAdmin)
    }


def _kinds(chosen: str) -> list[tuple[str, str]]:
    known = {*_recorded(), *ELSEWHERE} | ({chosen} - {""})
    return sorted(((name, capfirst(what(name))) for name in known), key=lambda one: one[1].casefold())


def _place_of(change: Change) -> str:
    """The form of what was changed, if it has one; it may be gone."""
    name = _recorded().get(change.kind)
    try:
        return reverse(name, args=[change.number]) if name and change.number else ""
    except NoReverseMatch:
        return ""
