"""Warning signs: how early they show and which do, each beside what it would have done last month."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext as _t
from django.utils.translation import ngettext

from escalation.kit import clock
from escalation.trail.recorded_admin import RecordedAdmin

from . import lastmonth
from .learning.signs import PRESETS, SIGNS
from .models import SignSettings


@admin.register(SignSettings)
class SignSettingsAdmin(RecordedAdmin):
    list_display = ["__str__", "preset"]
    actions: Any = None

    def has_add_permission(self, request: HttpRequest) -> bool:
        return not SignSettings.objects.exists()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form: Any = super().get_form(request, obj, change=change, **kwargs)
        settings, now = obj or SignSettings(), clock.now()
        months = {preset: lastmonth.of_preset(preset, settings.off, now) for preset in PRESETS}
        tallies = lastmonth.tallies(now)
        form.base_fields["preset"].help_text = _presets(months)
        for key in SIGNS:
            if key in form.base_fields:
                form.base_fields[key].help_text = _sign(key, months[settings.preset], tallies)
        return form


def _presets(months: dict[str, lastmonth.Month]) -> str:
    labels = {"careful": _t("careful"), "balanced": _t("balanced"), "patient": _t("patient")}
    parts = [
        _t("%(preset)s: now %(now)d, soon %(soon)d") % {"preset": labels[key], "now": month.now, "soon": month.soon}
        for key, month in months.items()
    ]
    counted = next(iter(months.values())).incidents
    words = ngettext(
        "On the %(count)d incident of the last 30 days it would have advised to escalate: %(parts)s.",
        "On the %(count)d incidents of the last 30 days it would have advised to escalate: %(parts)s.",
        counted,
    )
    said = words % {"count": counted, "parts": "; ".join(parts)}
    if counted == lastmonth.MOST:
        said += " " + _t("There were more; the latest are counted.")
    return said + " " + _t("Similar incidents and the same trouble are taken as they are known today.")


def _sign(key: str, month: lastmonth.Month, tallies: dict[str, lastmonth.Tally]) -> str:
    times = month.shown[key]
    words = ngettext("Would have shown %d time last month.", "Would have shown %d times last month.", times) % times
    if key == "missing":  # who could do what then is not on record
        words = _t("How often it would have shown is not known: the record does not say who could do what at the time.")
    tally = tallies.get(key)
    if tally:
        said = _t("Advice that rested on it was right %(right)d of %(judged)d times.")
        words += " " + said % {"right": tally.right, "judged": tally.judged}
    return words
