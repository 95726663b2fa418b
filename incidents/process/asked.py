"""What is asked for, kept in the address: a team, one week or four, and the day on which they end."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.http import Http404
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from escalation.people.models import Membership, User
from incidents.models.access import sees_all

from . import rows
from .part import Look
from .period import Period

EARLIEST = date(2000, 1, 1)
WEEKS = ((1, gettext_lazy("One week")), (4, gettext_lazy("Four weeks")))


class Form(forms.Form):
    """Days are counted in UTC."""

    use_required_attribute = False

    weeks = forms.TypedChoiceField(label=gettext_lazy("Period"), coerce=int, choices=WEEKS)
    until = forms.DateField(
        label=gettext_lazy("Up to and including"), widget=forms.DateInput({"type": "date"}, "%Y-%m-%d")
    )

    def __init__(self, data: dict[str, Any], today: date):
        super().__init__({"weeks": 1, "until": today} | {name: data[name] for name in data if data[name]})
        self.today = today

    def clean_until(self) -> date:
        until: date = self.cleaned_data["until"]
        if not EARLIEST <= until <= self.today:
            said = {"first": date_format(EARLIEST, "j F Y"), "last": date_format(self.today, "j F Y")}
            raise forms.ValidationError(_("Choose a day from %(first)s to %(last)s.") % said)
        return until


@dataclass(frozen=True)
class Asked:
    """``broken``: the form says what is wrong with it, and nothing is told."""

    form: Form
    look: Look
    broken: bool

    @classmethod
    def of(cls, data: dict[str, str], reader: User, team: int, now: datetime) -> "Asked":
        """A team whose page this reader may not open is not there. One query."""
        form = Form(data, now.date())
        broken = not form.is_valid()
        weeks, until = (1, now.date()) if broken else (form.cleaned_data["weeks"], form.cleaned_data["until"])
        period, today = Period.ending(until, weeks), localdate(now)
        found = rows.read(reader, team, period, now, today)
        if team not in dict(found.teams):
            raise Http404
        led = {pk for pk, _name, role in reader.belongs if role == Membership.Role.SUPERVISOR}
        everything = sees_all(reader)
        look = Look(reader, team, team in led or everything, bool(led) or everything, period, now, today, found)
        return cls(form, look, broken)

    @property
    def teams(self) -> Sequence[tuple[int, str]]:
        return self.look.rows.teams

    @property
    def name(self) -> str:
        return dict(self.teams)[self.look.team]

    @property
    def earlier(self) -> str:
        """Empty if it is the earliest."""
        until = self.look.period.before.until
        return self._ending(until) if until >= EARLIEST else ""

    @property
    def later(self) -> str:
        """Empty if it is the latest."""
        period, today = self.look.period, self.form.today
        return "" if period.until >= today else self._ending(min(today, period.until + timedelta(days=period.days)))

    def _ending(self, until: date) -> str:
        said = {"team": self.look.team, "weeks": self.look.period.weeks, "until": until}
        return f"{reverse('process')}?{urlencode(said)}"


def team_of(data: dict[str, str], reader: User) -> int | None:
    """Which one is asked for; else the first that they lead, or are in, or that there is. None: there is none."""
    said = data.get("team", "")
    if said:
        if not (said.isascii() and said.isdigit() and len(said) < 16):
            raise Http404
        return int(said)
    mine = sorted(reader.belongs_in_use, key=lambda one: (one[2] != Membership.Role.SUPERVISOR, one[1].casefold()))
    return mine[0][0] if mine else rows.teams_of(reader).order_by("name").values_list("pk", flat=True).first()
