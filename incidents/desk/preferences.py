"""What a person may set for themselves."""

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from escalation.kit.zones import time_zones
from escalation.notify import reaching
from escalation.people.models import User


def zones() -> list[tuple[str, list[tuple[str, str]]]]:
    """Every time zone by its region, as the select shows it."""
    grouped: dict[str, list[tuple[str, str]]] = {}
    for name in sorted(time_zones()):
        region, _slash, place = name.partition("/")
        if place and region not in {"Etc", "SystemV", "posix", "right"}:
            grouped.setdefault(region, []).append((name, place.replace("_", " ")))
    return [("", [("UTC", "UTC")]), *grouped.items()]


class PreferencesForm(forms.ModelForm):
    class Meta:
        model = User
        fields = ["time_zone", "theme", "keys_on", "presence_on"]  # the name is on record; an admin changes it
        widgets = {"time_zone": forms.Select, "theme": forms.RadioSelect}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        choices = zones()
        if not any(self.instance.time_zone == name for _region, group in choices for name, _place in group):
            choices.insert(0, ("", [(self.instance.time_zone, self.instance.time_zone)]))
        self.fields["time_zone"].widget.choices = choices
        self.fields["time_zone"].help_text = _("Every time on every page is shown on your clock.")
        self.fields["presence_on"].help_text = _(
            "Your face stands in the head of its page meanwhile. It is not recorded."
        )
        self.fields["keys_on"].help_text = _("Press ? on any page to see them.")


@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest, **kwargs) -> HttpResponse:
    user = request.user
    assert isinstance(user, User)
    form = PreferencesForm(request.POST or None, instance=User.objects.get(pk=user.pk))
    if request.method == "POST" and form.is_valid():
        reaching.prefer(user, **form.cleaned_data)
        messages.success(request, _("Saved."))
        return redirect("preferences")
    return render(request, "desk/preferences.html", {"form": form}, status=422 if form.errors else 200)
