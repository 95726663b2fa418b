"""The form of a maintenance window as a page has it, and how one is said."""

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext as _

from escalation.people.models import User
from incidents import planning
from incidents.models import MaintenanceWindow
from incidents.planning import DAYS

from .preferences import zones


class WindowForm(planning.WindowForm):
    """With every time zone to choose from."""

    def __init__(self, user: User, data: Any = None, *, window: MaintenanceWindow | None = None):
        super().__init__(user, data, window=window)
        zone, choices = self.initial["zone"], zones()
        if not any(zone == name for _region, group in choices for name, _place in group):
            choices.insert(0, ("", [(zone, zone)]))
        self.fields["zone"].widget = forms.Select(choices=choices)


def weekday_names(digits: str) -> str:
    names = dict(DAYS)
    return ", ".join(str(names[digit]) for digit in digits)


def ordinal_day(window: MaintenanceWindow) -> str:
    return _("on day %(day)d of every month") % {"day": window.month_day or 1}


def last_time(day: date | None) -> str:
    return _("until %(day)s") % {"day": f"{day.day} {day:%b %Y}"} if day else ""
