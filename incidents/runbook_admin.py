"""Where admins write runbooks, attach them, and archive them. Nothing is deleted: ticks point to the steps."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from escalation.kit import clock
from escalation.trail.models import Entry
from escalation.trail.recorded_admin import ArchivableAdmin
from escalation.trail.writing import Actor, record_configuration

from .models import Runbook
from .models.procedure import LONGEST, read
from .models.runbooks import beside


class RunbookForm(forms.ModelForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "body" in self.fields:  # not for whoever may only look
            self.fields["body"].strip = False  # type: ignore[attr-defined]
            self.fields["body"].validators = []  # the model's judge it once its lines end as we keep them

    def clean_body(self) -> str:
        return str(self.cleaned_data["body"]).replace("\r\n", "\n")

    def clean_owner(self) -> Any:
        owner = self.cleaned_data["owner"]
        if owner and not owner.is_active and "owner" in self.changed_data:
            raise forms.ValidationError(_t("%(name)s has no account any more.") % {"name": owner.name})
        return owner


@admin.register(Runbook)
class RunbookAdmin(ArchivableAdmin):
    form = RunbookForm
    change_form_template = "admin/incidents/runbook/change_form.html"
    list_display = ["title", "team", "owner", "review"]
    list_select_related = ["team", "owner"]
    search_fields = ["title", "body"]
    autocomplete_fields = ["team", "owner", "services", "tiers", "policies"]
    fieldsets = [
        (None, {"fields": ["title", "body"]}),
        (_("Whose it is"), {"fields": ["team", "owner", "review_days", "reviewed"]}),
        (_("What it is about"), {"fields": ["services", "tiers", "policies"]}),
    ]
    readonly_fields = ["reviewed"]

    def save_model(self, request: HttpRequest, obj: Runbook, form: Any, change: bool) -> None:
        form.facts_before = self.facts(obj) if change else {}
        obj.keep(by=request.user, now=clock.now())  # type: ignore[arg-type]

    def enter(self, request: HttpRequest, obj: Any, kind: str, data: dict[str, Any] | None = None) -> Entry:
        sizes, text = beside(data or {})
        about = {"what": "runbook", "id": obj.pk, "name": str(obj)}
        return record_configuration(Actor.person(request.user), kind, about | sizes, now=clock.now(), text=text)

    @admin.display(description=_("next review"))
    def review(self, obj: Runbook) -> str:
        if obj.review_at is None:
            return "–"
        due = obj.review_at <= clock.now()
        return (_t("due since %(day)s") if due else "%(day)s") % {"day": f"{obj.review_at:%Y-%m-%d}"}

    @admin.display(description=_("last reviewed"))
    def reviewed(self, obj: Runbook) -> str:
        if obj.reviewed_at is None:
            return _t("not yet")
        return f"{obj.reviewed_at:%Y-%m-%d}, {obj.reviewed_by}"

    # --- the preview ----------------------------------------------------------------------------

    def get_urls(self) -> Any:
        view = self.admin_site.admin_view(self.preview_view)
        return [
            path("preview/", view, name="incidents_runbook_preview_new"),
            path("<int:pk>/preview/", view, name="incidents_runbook_preview"),
            *super().get_urls(),
        ]

    def preview_view(self, request: HttpRequest, pk: int | None = None) -> HttpResponse:
        """The words as their readers would see them. Nothing is saved."""
        obj = get_object_or_404(Runbook, pk=pk) if pk else None
        allowed = self.has_change_permission(request, obj) if obj else self.has_add_permission(request)
        if request.method != "POST" or not allowed:
            raise PermissionDenied
        found = read(request.POST.get("body", "")[:LONGEST], 3)
        html = "".join(piece.html + ("☐ " if piece.opens is not None else "") for piece in found.pieces)
        context = {
            **self.admin_site.each_context(request),
            "title": _t("Preview"),
            "opts": self.opts,
            "html": mark_safe(html),  # noqa: S308 sieved by ``read``
            "steps": len(found.steps),
        }
        part, whole = (f"admin/incidents/runbook/{name}.html" for name in ("words", "preview"))
        return TemplateResponse(request, part if request.headers.get("HX-Request") else whole, context)
