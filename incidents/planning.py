"""Planning a maintenance window: from when to when, of what, why, and whether it comes again; for every door.

Times are typed on the clocks of a time zone, so they are read without the viewer's own. One that recurs
takes its day, its time and its length from its first time.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.db.models import Count
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from escalation.kit import clock
from escalation.kit.several import Several
from escalation.oncall.wall import instant
from escalation.people.models import Team, User, validate_timezone
from incidents.models import Component, MaintenanceWindow, Service
from incidents.models.maintenance import LONGEST, supervised

WEEK = 7 * 24 * 60  # minutes
MONTH = 27 * 24 * 60
YEARS = (2000, 2100)
DAYS = [
    ("0", gettext_lazy("Mon")),
    ("1", gettext_lazy("Tue")),
    ("2", gettext_lazy("Wed")),
    ("3", gettext_lazy("Thu")),
    ("4", gettext_lazy("Fri")),
    ("5", gettext_lazy("Sat")),
    ("6", gettext_lazy("Sun")),
]


class LocalTime(forms.Field):
    """A date and a time on some wall, whichever."""

    def __init__(self, **kwargs: Any):
        widget = forms.TextInput(attrs={"type": "datetime-local", "step": 60})
        super().__init__(widget=widget, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        return f"{value:%Y-%m-%dT%H:%M}" if isinstance(value, datetime) else value

    def to_python(self, value: Any) -> Any:
        if value in self.empty_values:
            return None
        try:
            found = datetime.fromisoformat(str(value).strip()[:40])
        except ValueError:
            found = None
        if found is None or found.tzinfo is not None or not YEARS[0] <= found.year <= YEARS[1]:
            raise forms.ValidationError(_("Write a date and a time, such as 2026-03-02 14:00."))
        return found.replace(second=0, microsecond=0)


class WindowForm(forms.Form):
    reason = forms.CharField(
        label=gettext_lazy("Why"),
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=gettext_lazy("Everybody reads it, such as “New database for payments”."),
    )
    everything = forms.BooleanField(
        label=gettext_lazy("Everything"),
        required=False,
        help_text=gettext_lazy("Every service, and incidents that name none."),
    )
    services = Several(
        Service.objects.none(),
        label=gettext_lazy("Services"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    teams = Several(
        Team.objects.none(),
        label=gettext_lazy("Every service of"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("The services that these teams have today. One that comes later is not covered."),
    )
    public_text = forms.CharField(
        label=gettext_lazy("On the status page"),
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=gettext_lazy(
            "For those outside, such as “Payments pause for a while”. Empty: it is not shown there."
        ),
    )
    begins = LocalTime(label=gettext_lazy("From"))
    ends = LocalTime(label=gettext_lazy("Until"))
    zone = forms.CharField(label=gettext_lazy("On the clocks of"), max_length=64, validators=[validate_timezone])
    repeats = forms.ChoiceField(
        label=gettext_lazy("Comes again"),
        choices=MaintenanceWindow.Repeat.choices,
        widget=forms.RadioSelect,
        required=False,
        help_text=gettext_lazy("Every month: on the day of the first time; in a shorter month on its last day."),
    )
    weekdays = forms.MultipleChoiceField(
        label=gettext_lazy("On these days"),
        choices=DAYS,
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text=gettext_lazy("For every week. None chosen: the day of the first time."),
    )
    last_day = forms.DateField(
        label=gettext_lazy("For the last time on"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=gettext_lazy("For one that comes again. Empty: for ever."),
    )

    def __init__(self, user: User, data: Any = None, *, window: MaintenanceWindow | None = None):
        super().__init__(data, initial=stated(window) if window else {"zone": user.time_zone, "repeats": ""})
        services = Service.objects.in_use()
        if not user.is_staff:
            services = services.filter(team__in=supervised(user))
            del self.fields["everything"]
        self.fields["services"].queryset = services  # type: ignore[attr-defined]
        teams = Team.objects.filter(services__in=services).annotate(total=Count("services")).filter(total__gt=1)
        self.fields["teams"].queryset = teams  # type: ignore[attr-defined]
        if not teams:
            del self.fields["teams"]
        if not Component.objects.shown().exists():  # there is no status page
            del self.fields["public_text"]

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        if teams := found.get("teams"):
            whole = self.fields["services"].queryset.filter(team__in=teams)  # type: ignore[attr-defined]
            found["services"] = whole | found["services"] if found.get("services") else whole
        if not found.get("everything") and not found.get("services") and "services" not in self.errors:
            self.add_error("services", _("Choose at least one service."))
        if found.get("public_text") and not found.get("everything"):
            self._check_components(found.get("services") or [])
        begins, ends = found.get("begins"), found.get("ends")
        if begins and ends and found.get("zone"):
            found["minutes"] = minutes = self._minutes(begins, ends, found["zone"], found.get("repeats") or "")
            self._check_length(minutes, found)
            self._check_days(begins, ends, found)
        return found

    @staticmethod
    def _minutes(begins: datetime, ends: datetime, zone: str, repeats: str) -> int:
        """For once the time that really passes; what recurs lasts as long as it says on the wall."""
        if repeats:
            return int((ends - begins).total_seconds() // 60)
        there = ZoneInfo(zone)
        return int((instant(ends, there) - instant(begins, there)).total_seconds() // 60)

    def _check_length(self, minutes: int, found: dict[str, Any]) -> None:
        repeats, most = found.get("repeats"), LONGEST
        if repeats:
            most = MONTH if repeats == "monthly" else WEEK
        if minutes < 1:
            self.add_error("ends", _("It must end after it begins."))
        elif minutes > most:
            self.add_error("ends", _("It may last %(days)d days at most.") % {"days": most // 1440})
        elif repeats == "weekly" and minutes >= longest_gap(found):
            self.add_error("ends", _("So it would never be over: it begins again before it ends."))

    def _check_days(self, begins: datetime, ends: datetime, found: dict[str, Any]) -> None:
        if not found.get("repeats"):
            if instant(ends, ZoneInfo(found["zone"])) <= clock.now():
                self.add_error("ends", _("It would be over already."))
            return
        last = found.get("last_day")
        if last is not None and not begins.date() <= last <= begins.date() + timedelta(days=3660):
            self.add_error("last_day", _("Choose a day after its first, within ten years."))
        elif last is not None and last < (clock.now() - timedelta(days=60)).date():
            self.add_error("last_day", _("It would be over already."))

    def _check_components(self, services: Any) -> None:
        """What the page does not name it cannot say anything of."""
        if not Component.objects.shown().filter(service__in=services).exists():
            self.add_error("public_text", _("None of these services is on the status page."))

    def facts(self) -> dict[str, Any]:
        """What the model keeps."""
        data = self.cleaned_data
        public = {"public_text": data["public_text"]} if "public_text" in data else {}
        repeats, begins = data["repeats"], data["begins"]
        return {
            **public,
            "reason": data["reason"],
            "everything": data.get("everything", False),
            "zone": data["zone"],
            "day": begins.date(),
            "at": begins.time(),
            "minutes": data["minutes"],
            "repeats": repeats,
            "weekdays": "".join(sorted(days_of(data))) if repeats == "weekly" else "",
            "month_day": begins.day if repeats == "monthly" else None,
            "last_day": data["last_day"] if repeats else None,
        }


def days_of(found: dict[str, Any]) -> list[str]:
    return found.get("weekdays") or [str(found["begins"].weekday())]


def longest_gap(found: dict[str, Any]) -> int:
    """Minutes from one beginning to the next, where they are furthest apart."""
    days = sorted(int(day) for day in days_of(found))
    following = [*days[1:], days[0] + 7]
    return max(after - day for day, after in zip(days, following, strict=True)) * 24 * 60


def stated(window: MaintenanceWindow) -> dict[str, Any]:
    begins = datetime.combine(window.day, window.at)
    length = timedelta(minutes=window.minutes)
    if window.repeats:
        ends = begins + length
    else:
        ends = (window.plan.first + length).astimezone(ZoneInfo(window.zone)).replace(tzinfo=None)
    return {
        "reason": window.reason,
        "public_text": window.public_text,
        "everything": window.everything,
        "services": [service.pk for service in window.services.all()],
        "begins": begins,
        "ends": ends,
        "zone": window.zone,
        "repeats": window.repeats,
        "weekdays": list(window.weekdays),
        "last_day": window.last_day,
    }


def may_plan_some(user: User, teams: Collection[int]) -> bool:
    """``teams``: those this person supervises. Whoever supervises teams that own nothing has nothing to plan for."""
    if user.is_staff or user.is_auditor:
        return user.is_staff
    return Service.objects.in_use().filter(team__in=teams).exists()
