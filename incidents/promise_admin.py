"""Business hours and promises, with what they come to in plain words."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from escalation.kit import clock
from escalation.kit.zones import time_zones
from escalation.trail.recorded_admin import RecordedAdmin

from .models import BusinessHours, Service, Target
from .models.promise_words import hours_said, term_said, terms_said, unpromised_said
from .models.targets import Targets


@admin.register(BusinessHours)
class BusinessHoursAdmin(RecordedAdmin):
    list_display = ["name", "in_words"]
    search_fields = ["name"]
    autocomplete_fields = ["holidays_of"]
    fields = ["name", "time_zone", "hours", "holidays", "holidays_of", "in_words"]
    readonly_fields = ["in_words"]

    @admin.display(description=_("in words"))
    def in_words(self, obj: BusinessHours) -> str:
        """With the holidays of the year ahead."""
        if not obj.pk:
            return _t("Save it to read what it says.")
        kept = obj if obj.time_zone in time_zones() else BusinessHours.objects.get(pk=obj.pk)  # not what was mistyped
        return hours_said(kept.frozen(clock.now()))


@admin.register(Target)
class TargetAdmin(RecordedAdmin):
    list_display = ["in_words", "severity", "service", "hours", "warn"]
    list_filter = ["kind", "severity"]
    list_select_related = ["service", "hours", "hours__holidays_of"]
    autocomplete_fields = ["service", "hours"]
    fields = ["kind", "minutes", "severity", "service", "hours", "warn", "counts", "altogether"]
    readonly_fields = ["altogether"]

    @admin.display(description=_("promised"), ordering="kind")
    def in_words(self, obj: Target) -> str:
        return term_said(obj.term(clock.now())) if obj.minutes else unpromised_said(obj.kind)

    @admin.display(description=_("altogether"))
    def altogether(self, obj: Target) -> str:
        """Each severity that it is about, with all that is promised then, since several targets meet there."""
        if not obj.pk:
            return _t("Save it to read what is promised altogether. The most specific of each kind counts.")
        targets = Targets(clock.now())
        severities = [obj.severity] if obj.severity else range(1, 6)
        about = obj.service.name if obj.service else _t("services without promises of their own")
        lines = [
            (_t("SEV%(severity)d on %(about)s: %(promised)s.") % {"severity": n, "about": about, "promised": said},)
            for n in severities
            if (said := terms_said(targets.terms(obj.service_id, n)) or (_t("nothing") if obj.minutes is None else ""))
        ]
        return format_html_join("", "<div>{}</div>", lines)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "service":  # what is archived is not promised anything
            kwargs["queryset"] = Service.objects.in_use()
        return super().formfield_for_foreignkey(db_field, request, **kwargs)
