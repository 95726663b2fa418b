"""Who must know of what, and the words that updates begin with, with a preview."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from escalation.people.models import User
from escalation.trail.recorded_admin import RecordedAdmin

from .models import Stakeholder, UpdateTemplate
from .models.update_templates import LONGEST, validation_words
from .models.update_text import NAMES, fill

_MEANS = {
    "ref": _("the incident's reference"),
    "title": _("its title, as it is on the desk"),
    "service": _("what is broken"),
    "severity": _("how severe it is"),
    "people_affected": _("how many people are affected, with the word"),
    "since": _("when it was opened"),
    "open_for": _("for how long it has been open"),
    "next_update": _("by when the one after it is promised"),
}
_SAMPLE = {
    "ref": "INC-1042",
    "title": _("Card payments fail"),
    "service": _("Payments"),
    "severity": "SEV2",
    "people_affected": _("1,900 people"),
    "since": "09:30 CET",
    "open_for": "1 h 5 min",
    "next_update": "11:35 CET",
}


class _Chooses(RecordedAdmin):
    """What is archived, and who has left, is not offered."""

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name in ("service", "team"):
            kwargs["queryset"] = db_field.remote_field.model.objects.in_use()
        elif db_field.name == "person":
            kwargs["queryset"] = User.objects.filter(is_active=True)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


@admin.register(Stakeholder)
class StakeholderAdmin(_Chooses):
    list_display = ["who", "about", "severity"]
    list_filter = ["severity", "service", "team"]
    list_select_related = ["person", "team", "service"]
    search_fields = ["person__name", "person__email", "team__name", "service__name"]
    autocomplete_fields = ["person", "team", "service"]
    fields = ["person", "team", "service", "severity"]

    @admin.display(description=_("who"), ordering="person__name")
    def who(self, obj: Stakeholder) -> str:
        return str(obj.person or obj.team)

    @admin.display(description=_("service"), ordering="service__name")
    def about(self, obj: Stakeholder) -> str:
        return str(obj.service or _t("every service"))


@admin.register(UpdateTemplate)
class UpdateTemplateAdmin(_Chooses):
    change_form_template = "admin/incidents/updatetemplate/change_form.html"
    list_display = ["name", "stage", "severity", "service"]
    list_filter = ["stage", "severity", "service"]
    list_select_related = ["service"]
    search_fields = ["name", "text"]
    autocomplete_fields = ["service"]
    fields = ["name", "stage", "severity", "service", "text", "names"]
    readonly_fields = ["names"]

    @admin.display(description=_("what is filled in"))
    def names(self, obj: UpdateTemplate) -> str:
        each = ((f"{{{name}}}", _MEANS[name], _SAMPLE[name]) for name in NAMES)
        rows = format_html_join("", "<div><code>{}</code> {}: {}</div>", each)
        return format_html("{}<div>{}</div>", rows, _t("For one brace, write two."))

    def get_urls(self) -> Any:
        view = self.admin_site.admin_view(self.preview_view)
        return [
            path("preview/", view, name="incidents_updatetemplate_preview_new"),
            path("<int:pk>/preview/", view, name="incidents_updatetemplate_preview"),
            *super().get_urls(),
        ]

    def preview_view(self, request: HttpRequest, pk: int | None = None) -> HttpResponse:
        """The words as they would stand in the dialog, for an incident that is made up. Nothing is saved."""
        obj = get_object_or_404(UpdateTemplate, pk=pk) if pk else None
        allowed = self.has_change_permission(request, obj) if obj else self.has_add_permission(request)
        if request.method != "POST" or not allowed:
            raise PermissionDenied
        text = request.POST.get("text", "")[:LONGEST]
        context = {
            **self.admin_site.each_context(request),
            "title": _t("Preview"),
            "opts": self.opts,
            "text": fill(text, {name: str(value) for name, value in _SAMPLE.items()}),
            "wrong": validation_words(text),
        }
        part, whole = (f"admin/incidents/updatetemplate/{name}.html" for name in ("words", "preview"))
        return TemplateResponse(request, part if request.headers.get("HX-Request") else whole, context)
