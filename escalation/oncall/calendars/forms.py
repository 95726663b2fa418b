"""Forms of the pages about calendars: only what somebody may choose can be chosen."""

from django import forms
from django.utils.translation import gettext_lazy as _

from escalation.people.models import Team, User

from ..models import Schedule
from .feeds import schedules_seen_by, teams_seen_by
from .outside import validate_address

MINE = "mine"


class FeedForm(forms.Form):
    """What a new feed is to show."""

    what = forms.ChoiceField(label=_("What it shows"))

    def __init__(self, *args, person: User, **kwargs):
        super().__init__(*args, **kwargs)
        self._schedules = {f"schedule-{one.pk}": one for one in schedules_seen_by(person)}
        self._teams = {f"team-{one.pk}": one for one in teams_seen_by(person)}
        choices: list = [(MINE, _("My shifts, on every schedule"))]
        if self._schedules:
            choices.append((_("Everybody's shifts on a schedule"), [(k, str(v)) for k, v in self._schedules.items()]))
        if self._teams:
            choices.append((_("All schedules of a team"), [(k, str(v)) for k, v in self._teams.items()]))
        self.fields["what"].choices = choices  # type: ignore[attr-defined]

    @property
    def chosen(self) -> dict[str, Schedule | Team | None]:
        what = self.cleaned_data["what"]
        return {"schedule": self._schedules.get(what), "team": self._teams.get(what)}


class OutsideForm(forms.Form):
    """A calendar's address, and whose it is."""

    address = forms.CharField(
        label=_("Address of the calendar"),
        max_length=1000,
        help_text=_("An .ics address that needs no sign-in. It is kept, and only its host is ever shown."),
        widget=forms.TextInput(attrs={"inputmode": "url", "autocomplete": "off", "spellcheck": "false"}),
    )
    of = forms.ChoiceField(label=_("What it tells"))

    def __init__(self, *args, schedules: list[Schedule], **kwargs):
        super().__init__(*args, **kwargs)
        self._schedules = {f"schedule-{one.pk}": one for one in schedules}
        choices: list = [(MINE, _("When I am away"))]
        if schedules:
            choices.append((_("Public holidays of a schedule"), [(k, str(v)) for k, v in self._schedules.items()]))
        self.fields["of"].choices = choices  # type: ignore[attr-defined]

    def clean_address(self) -> str:
        address: str = self.cleaned_data["address"].strip()
        scheme, colon, rest = address.partition("://")
        if scheme.lower() in ("webcal", "webcals"):
            address = f"https{colon}{rest}"
        validate_address(address)
        return address

    @property
    def schedule(self) -> Schedule | None:
        return self._schedules.get(self.cleaned_data["of"])
