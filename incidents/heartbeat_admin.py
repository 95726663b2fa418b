"""Where admins agree on heartbeats: by which source, how often, how late, and what the incident is called."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest
from django.utils.formats import date_format
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.timezone import localtime
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from escalation.trail.models import Entry
from escalation.trail.recorded_admin import RecordedAdmin

from .models import Heartbeat

LATELY = 20
SAID = {
    "heartbeat_began": _("its watch began"),
    "heartbeat_stopped": _("it fell silent"),
    "heartbeat_back": _("it beat again"),
    "heartbeat_spared": _("its time was counted anew"),
    "repaired": _("its timer was lost, and set again"),
}
AGREED = ("name", "enabled", "every", "grace", "title", "severity")
STATE = frozenset({"trail", "last_beat", "since", "since_why", "silent_since"})  # not agreed with anybody


class HeartbeatForm(forms.ModelForm):
    def clean_source(self) -> Any:
        source = self.cleaned_data["source"]
        if not source.enabled and "source" in self.changed_data:
            raise forms.ValidationError(_t("%(name)s is disabled.") % {"name": source})
        return source


@admin.register(Heartbeat)
class HeartbeatAdmin(RecordedAdmin):
    form = HeartbeatForm
    list_display = ["name", "source", "severity", "every", "grace", "enabled", "last_beat", "silent_since"]
    list_filter = ["enabled"]
    list_select_related = ["source"]
    search_fields = ["name"]
    autocomplete_fields = ["source"]
    fieldsets = [
        (None, {"fields": ["source", "name", "enabled"]}),
        (_("What is agreed"), {"fields": ["every", "grace"]}),
        (_("When it stops"), {"fields": ["title", "severity"]}),
        (_("How it beats"), {"fields": ["address", "last_beat", "lately"]}),
    ]
    readonly_fields = ["address", "last_beat", "lately"]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # its record stays; untick "watched"

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Its alert belongs to its source for good."""
        return [*self.readonly_fields, "source"] if obj else self.readonly_fields

    def facts(self, obj: Any) -> dict[str, Any]:
        return {name: value for name, value in super().facts(obj).items() if name not in STATE}

    def save_model(self, request: HttpRequest, obj: Heartbeat, form: Any, change: bool) -> None:
        """What is agreed, and nothing else: it may beat at this moment."""
        if not change:
            super().save_model(request, obj, form, change)
            return
        form.facts_before = self.facts(obj)
        obj.save(update_fields=AGREED)

    def save_related(self, request: Any, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        form.instance.agree(anew=bool({"every", "grace"} & set(form.changed_data)))

    @admin.display(description=_("to try it"))
    def address(self, obj: Heartbeat) -> str:
        name = obj.name or "…"
        return f"curl -fsS -m 10 --retry 5 {settings.ADDRESS}/heartbeats/{_t('KEY')}/{name}"

    @admin.display(description=_("lately"))
    def lately(self, obj: Heartbeat) -> SafeString | str:
        if obj.pk is None:
            return "–"
        entries = Entry.objects.filter(trail=obj.trail_id).order_by("-seq")[:LATELY]
        rows = ((_when(entry), SAID.get(entry.kind, entry.kind)) for entry in entries)
        return format_html_join("", "<div>{}: {}</div>", rows) or "–"


def _when(entry: Entry) -> str:
    return date_format(localtime(entry.at), "j M Y, H:i:s")
