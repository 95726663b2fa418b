"""What is asked for, kept in the address: a team, one week or four, and the day on which they end."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.db.models import Subquery
from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from escalation.people.models import Membership, Team, User
from escalation.trail.models import Trail
from incidents.models.access import sees_all

from .part import Look, Period

EARLIEST = date(2000, 1, 1)
WEEKS = ((1, gettext_lazy("One week")), (4, gettext_lazy("Four weeks")))


class Form(forms.Form):
    """Days are counted in UTC."""

    use_required_attribute = False

    team = forms.TypedChoiceField(label=gettext_lazy("Team"), coerce=int)
    weeks = forms.TypedChoiceField(label=gettext_lazy("Period"), coerce=int, choices=WEEKS)
    until = forms.DateField(
        label=gettext_lazy("Up to and including"), widget=forms.DateInput({"type": "date"}, "%Y-%m-%d")
    )

    def __init__(self, data: Any, teams: Sequence[Team], today: date):
        super().__init__(data)
        self.today = today
        field = self.fields["team"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(one.pk, one.name) for one in teams]

    def clean_until(self) -> date:
        until: date = self.cleaned_data["until"]
        if not EARLIEST <= until <= self.today:
            raise forms.ValidationError(_("Choose a day up to today."))
        return until


@dataclass(frozen=True)
class Asked:
    """``look``: None if there is no team to look at, or if the form says what is wrong with it."""

    form: Form
    team: Team | None
    look: Look | None
    today: date

    @classmethod
    def of(cls, data: dict[str, str], reader: User, now: datetime) -> "Asked":
        """A team that this reader does not see is not there."""
        found, today = _teams(reader), now.date()
        led = {pk for pk, _name, role in reader.belongs if role == Membership.Role.SUPERVISOR}
        said = data.get("team", "")
        team = next((one for one in found if str(one.pk) == said), None) if said else _usual(found, led, reader)
        if said and team is None:
            raise Http404
        usual = {"team": team.pk if team else "", "weeks": 1, "until": today}
        form = Form(usual | {name: data[name] for name in ("weeks", "until") if data.get(name)}, found, today)
        if team is None or not form.is_valid():
            return cls(form, team, None, today)
        until = form.cleaned_data["until"]
        period = Period(until - timedelta(days=7 * form.cleaned_data["weeks"] - 1), until)
        leads, everything = team.pk in led, sees_all(reader)
        record: int = team.record or 0  # type: ignore[attr-defined]
        look = Look(reader, team.pk, leads or everything, bool(led) or everything, period, now, record)
        return cls(form, team, look, today)

    @property
    def earlier(self) -> str:
        return self._ending(self._period.before.until)

    @property
    def later(self) -> str:
        """Empty if it is the latest."""
        period = self._period
        return "" if period.until >= self.today else self._ending(period.until + timedelta(days=period.days))

    def _ending(self, until: date) -> str:
        assert self.team is not None
        said = {"team": self.team.pk, "weeks": self._period.days // 7, "until": min(until, self.today)}
        return f"{reverse('process')}?{urlencode(said)}"

    @property
    def _period(self) -> Period:
        assert self.look is not None
        return self.look.period


def _teams(reader: User) -> list[Team]:
    """Those whose page they may open, each with the length of the installation's record. One query."""
    record = Trail.objects.filter(kind=Trail.Kind.INSTALLATION).values("length")[:1]
    found = Team.objects.filter(archived_at=None).annotate(record=Subquery(record)).order_by("name", "pk")
    if not sees_all(reader):
        found = found.filter(pk__in=[pk for pk, _name, _role in reader.belongs])
    return list(found)


def _usual(found: Sequence[Team], led: set[int], reader: User) -> Team | None:
    """The first that they lead, else the first that they are in, else the first there is."""
    mine = {pk for pk, _name, _role in reader.belongs}
    return min(found, key=lambda one: (one.pk not in led, one.pk not in mine), default=None)
