"""The plan of a drill. Times are typed on the clocks of a time zone, so they are read without the viewer's own."""

from datetime import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy, ngettext_lazy

from escalation.people.models import User, validate_timezone
from incidents.models import Drill, Service
from incidents.models.catalogue import SEVERITIES
from incidents.models.drills import LONGEST, LONGEST_LIMIT, SHORTEST_LIMIT, TITLE, plannable_by
from incidents.planning import LocalTime
from incidents.practising import shipped

WEEKS = (1, 2, 4, 6, 8, 13, 26, 52)


def _every(weeks: int) -> Any:
    return ngettext_lazy("every week", "every %(n)d weeks", weeks) % {"n": weeks}


class PlanForm(forms.Form):
    title = forms.CharField(
        label=gettext_lazy("What fails"),
        max_length=TITLE,
        widget=forms.TextInput({"autocomplete": "off"}),
        help_text=gettext_lazy("Its title, as it would be in earnest. “Drill” is put before it."),
    )
    service = forms.ModelChoiceField(
        Service.objects.none(),
        label=gettext_lazy("Service"),
        empty_label=gettext_lazy("choose"),
        help_text=gettext_lazy("Its policy is climbed, and the people on call are called by their own rules."),
    )
    severity = forms.TypedChoiceField(
        label=gettext_lazy("Severity"),
        choices=SEVERITIES,
        coerce=int,
        initial=3,
        help_text=gettext_lazy("It decides whether people are called loudly, as in earnest."),
    )
    text = forms.CharField(
        label=gettext_lazy("What is said to have happened"),
        max_length=LONGEST,
        required=False,
        widget=forms.Textarea({"rows": 5, "spellcheck": "true"}),
    )
    case = forms.ChoiceField(
        label=gettext_lazy("Or the beginning of a training case"),
        required=False,
        help_text=gettext_lazy("Taken if nothing is written above."),
    )
    begins = LocalTime(label=gettext_lazy("For the first time at"))
    zone = forms.CharField(label=gettext_lazy("On the clocks of"), max_length=64, validators=[validate_timezone])
    weeks = forms.TypedChoiceField(
        label=gettext_lazy("Comes again"),
        coerce=int,
        initial=4,
        help_text=gettext_lazy("On the same weekday, at the same time."),
    )
    limit = forms.IntegerField(
        label=gettext_lazy("Ends by itself after (minutes)"),
        min_value=SHORTEST_LIMIT,
        max_value=LONGEST_LIMIT,
        initial=60,
        help_text=gettext_lazy("If nobody resolves it before."),
    )

    def __init__(self, user: User, data: Any = None, *, drill: Drill | None = None):
        super().__init__(data, initial=_stated(drill) if drill else {"zone": user.time_zone})
        fields: dict[str, Any] = self.fields
        fields["service"].queryset = plannable_by(user)
        cases = [(key, case["title"]) for key, case in shipped.cases().items()]
        fields["case"].choices = [("", gettext_lazy("none")), *cases]
        often = sorted({*WEEKS, drill.weeks} if drill and drill.weeks else WEEKS)
        fields["weeks"].choices = [(0, gettext_lazy("never: once")), *((n, _every(n)) for n in often)]

    @property
    def facts(self) -> dict[str, Any]:
        """What the verbs take; of a form that is valid."""
        said = dict(self.cleaned_data)
        begins: datetime = said.pop("begins")
        key = said.pop("case")
        text = said["text"].replace("\r\n", "\n").strip()
        said["text"] = text or (_beginning(shipped.cases()[key]) if key else "")
        return {**said, "day": begins.date(), "at": begins.time()}


def _beginning(case: dict[str, Any]) -> str:
    return f"{case['service']}\n\n{case['steps'][0]['text']}"


def _stated(drill: Drill) -> dict[str, Any]:
    same = ("title", "service", "severity", "text", "zone", "weeks", "limit")
    return {name: getattr(drill, name) for name in same} | {"begins": datetime.combine(drill.day, drill.at)}
