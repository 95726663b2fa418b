"""A form that is older than its window: who changed what meanwhile, and where the two differ.

Whoever presses again then knows what they overwrite.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from escalation.trail.models import Entry, Trail
from incidents.models import MaintenanceWindow
from incidents.planning import stated

from .cards import clock_time
from .maintenance_forms import WindowForm, weekday_names

MOST = 3  # changes named
_LOOKED_AT = 200  # entries of these kinds; other windows have theirs among them


@dataclass(frozen=True)
class Difference:
    """One field: what it is now, and what the form says."""

    label: str
    now: str
    yours: str


def changes(window: MaintenanceWindow, seen: int | None, now: datetime) -> list[str]:
    """Who has changed it since that version, the latest first."""
    said = {
        "maintenance_changed": _("%(name)s changed it at %(at)s."),
        "maintenance_cut": _("%(name)s ended it at %(at)s."),
        "maintenance_cancelled": _("%(name)s cancelled it at %(at)s."),
    }
    missed = min(MOST, window.version - (seen or window.version))
    entries = Entry.objects.filter(trail=Trail.objects.installation(), kind__in=said).order_by("-seq")
    mine = [one for one in entries[:_LOOKED_AT] if json.loads(one.data).get("id") == window.pk] if missed > 0 else []
    return [said[one.kind] % {"name": one.actor_name, "at": clock_time(one.at, now)} for one in mine[:missed]]


def differences(form: WindowForm, window: MaintenanceWindow) -> list[Difference]:
    """Of a valid form and the window as it is."""
    return list(_differences(form, stated(window)))


def _differences(form: WindowForm, there: dict[str, Any]) -> Iterator[Difference]:
    again = bool(form.cleaned_data["repeats"]) or bool(there["repeats"])
    for name, field in form.fields.items():
        if name not in there or (name in ("weekdays", "last_day") and not again):
            continue
        is_now, yours = _said(form, name, there[name]), _said(form, name, form.cleaned_data[name])
        if is_now != yours:
            yield Difference(str(field.label), is_now, yours)


def _said(form: WindowForm, name: str, value: Any) -> str:
    if name == "services":
        pks = {getattr(one, "pk", one) for one in value or ()}
        known = form.fields[name].queryset.filter(pk__in=pks)  # type: ignore[attr-defined]
        said = ", ".join(one.name for one in known)
    elif name == "repeats":
        said = str(dict(MaintenanceWindow.Repeat.choices)[value])
    elif name == "weekdays":
        said = weekday_names("".join(sorted(value or ())))
    elif isinstance(value, bool):
        said = _("yes") if value else _("no")
    elif isinstance(value, datetime):
        said = date_format(value, "j F Y, H:i")
    elif isinstance(value, date):
        said = date_format(value, "j F Y")
    else:
        said = str(value or "")
    return said or "–"
