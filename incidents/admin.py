"""Services, the severity table, and the keyed doors. Incidents and what came in are not edited here.

Floor: just above the models. What an admin module may import: see ``escalation.trail.admin``.
"""

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Max, Q, Sum
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.timezone import localtime
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from escalation.engine.models import Delivery, Try
from escalation.kit import clock
from escalation.trail.models import Trail
from escalation.trail.recorded_admin import ArchivableAdmin, ReadOnlyAdmin, RecordedAdmin

from . import howto, promise_admin, role_admin, runbook_admin, signs_admin, status_admin, updates_admin  # noqa: F401
from .models import Incident, PeopleBand, Receipt, Refusal, Service, SeverityCell, Source
from .models.access import sees_all


@admin.register(Service)
class ServiceAdmin(ArchivableAdmin):
    list_display = ["name", "team", "policy_or_catch_all"]
    list_select_related = ["team", "policy"]
    search_fields = ["name"]
    autocomplete_fields = ["team", "policy", "needs"]

    def why_not_archive(self, obj: Service) -> str:
        sources = Source.objects.filter(service=obj, enabled=True)
        if sources.exists():
            which = ", ".join(source.name for source in sources[:5])
            return _t("The source %(which)s is about %(name)s. Change or disable it first.") % {
                "which": which,
                "name": obj.name,
            }
        return ""

    @admin.display(description=_("policy"), ordering="policy__name")
    def policy_or_catch_all(self, obj: Service) -> str:
        return str(obj.policy or _t("the catch-all policy"))


@admin.register(SeverityCell)
class SeverityCellAdmin(RecordedAdmin):
    """Nine cells, each there once: change them, add what is missing."""

    list_display = ["__str__", "impact", "urgency", "severity"]
    actions: Any = None

    def has_add_permission(self, request: HttpRequest) -> bool:
        return SeverityCell.objects.count() < 9

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ["impact", "urgency"] if obj else []


@admin.register(PeopleBand)
class PeopleBandAdmin(RecordedAdmin):
    list_display = ["__str__", "least", "severity"]


class SourceForm(forms.ModelForm):
    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        label, allowed = data.get("service_label"), data.get("allowed_services")
        if label and not allowed:
            self.add_error("allowed_services", _t("Choose at least one service that the label may name."))
        if allowed and not label:
            self.add_error("service_label", _t("Say which label names one of the allowed services."))
        if data.get("service") and data["service"].archived_at:
            self.add_error("service", _t("%(name)s is archived.") % {"name": data["service"]})
        return data


@admin.register(Source)
class SourceAdmin(RecordedAdmin):
    form = SourceForm
    change_form_template = "admin/incidents/source/change_form.html"
    list_display = ["name", "kind", "about", "grouping", "default_severity", "enabled"]
    list_filter = ["enabled"]
    list_select_related = ["service"]
    search_fields = ["name"]
    autocomplete_fields = ["service", "allowed_services"]
    fieldsets = [
        (None, {"fields": ["name", "kind", "enabled", "grouping", "default_severity"]}),
        (_("What its alerts are about"), {"fields": ["service", "service_label", "allowed_services"]}),
        (_("How much it may send"), {"fields": ["quota", "refused"]}),
    ]
    readonly_fields = ["refused"]
    actions = ["new_key"]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # what came in through it stays on record; untick "enabled"

    @admin.display(description=_("service"), ordering="service__name")
    def about(self, obj: Source) -> str:
        if obj.service:
            return obj.service.name
        return _t("label %(label)s") % {"label": obj.service_label} if obj.service_label else "–"

    @admin.display(description=_("refused in the last day"))
    def refused(self, obj: Source) -> str:
        """What came in beyond the quota, and when last."""
        since = clock.now() - timedelta(days=1)
        found = Refusal.objects.filter(source=obj.pk, minute__gte=since).aggregate(sum=Sum("count"), last=Max("minute"))
        if not found["sum"]:
            return _t("nothing")
        last = localtime(found["last"])
        told = ngettext("%(count)d message, last at %(last)s", "%(count)d messages, last at %(last)s", found["sum"])
        return told % {"count": found["sum"], "last": f"{last:%Y-%m-%d %H:%M}"}

    # --- keys: shown once, when they are made -------------------------------------------------

    def save_model(self, request: HttpRequest, obj: Source, form: Any, change: bool) -> None:
        if not change:
            form.instance.key_once = obj.new_key()
        super().save_model(request, obj, form, change)

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: Any = None) -> HttpResponse:
        return self._key_page(request, obj, obj.key_once)

    def get_urls(self) -> Any:
        key = path("<int:pk>/key/", self.admin_site.admin_view(self.key_view), name="incidents_source_key")
        return [key, *super().get_urls()]

    @admin.action(description=_("Make a new key"))
    def new_key(self, request: HttpRequest, queryset: Any) -> HttpResponseBase | None:
        if queryset.count() != 1:
            self.message_user(request, _t("Select one source."), "error")
            return None
        return redirect("admin:incidents_source_key", queryset.get().pk)

    def key_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Asks first: from then on the old key opens nothing."""
        source = get_object_or_404(Source, pk=pk)
        if not self.has_change_permission(request, source):
            raise PermissionDenied
        if request.method != "POST":
            return self._key_page(request, source, "")
        with transaction.atomic():
            self.take_turn()
            key = source.new_key()
            source.save(update_fields=["key_hash"])
            self.enter(request, source, "config_key")
        return self._key_page(request, source, key)

    def _key_page(self, request: HttpRequest, source: Source, key: str) -> HttpResponse:
        title = _t("Key of %(name)s") if key else _t("A new key for %(name)s?")
        context = {
            **self.admin_site.each_context(request),
            "title": title % {"name": source},
            "opts": self.opts,
            "source": source,
            "key": key,
            "address": howto.address(),
            "curl": howto.curl(key),
            "receiver": howto.receiver(key),
            "here": reverse("admin:incidents_source_key", args=[source.pk]),
        }
        return TemplateResponse(request, "admin/incidents/source/key.html", context)


@admin.register(Receipt)
class ReceiptAdmin(ReadOnlyAdmin):
    list_display = ["id", "received_at", "source", "state", "incidents", "results"]
    list_filter = ["state", "source"]
    list_select_related = ["source"]
    list_per_page = 50
    fields = ["received_at", "source", "state", "incidents", "results", "warnings", "attempts", "text"]

    def get_queryset(self, request: HttpRequest) -> Any:
        found = super().get_queryset(request)
        one = request.resolver_match and request.resolver_match.url_name == "incidents_receipt_change"
        return found if one else found.defer("body")

    @admin.display(description=_("incidents"))
    def incidents(self, obj: Receipt) -> str:
        return ", ".join(obj.outcome.get("incidents", [])[:10]) or "–"

    @admin.display(description=_("what became of it"))
    def results(self, obj: Receipt) -> str:
        told = [f"{count} {what}" for what, count in obj.outcome.get("results", {}).items()]
        return ", ".join(told) or str(obj.outcome.get("error", "–"))

    @admin.display(description=_("warnings"))
    def warnings(self, obj: Receipt) -> str:
        return " · ".join(obj.outcome.get("warnings", [])) or "–"

    @admin.display(description=_("as it came in"))
    def text(self, obj: Receipt) -> str:
        return bytes(obj.body).decode("utf-8", "replace")[:20_000]


class TryInline(admin.TabularInline):
    """Every try of a message, to read."""

    model = Try
    fields = ["n", "at", "seconds", "channel", "provider", "outcome", "reason"]
    readonly_fields = ["n", "at", "seconds", "channel", "provider", "outcome", "reason"]
    ordering = ["n"]
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyAdmin):
    """How messages went, try by try. Not what they say: that is between the sender and its reader."""

    list_display = ["id", "queued_at", "about", "person", "channel", "kind", "state", "attempts", "last_error"]
    list_filter = ["state"]  # others would read the whole table for what there is to choose from
    list_select_related = ["person", "trail"]
    list_per_page = 50
    ordering = ["-id"]
    fields = [
        *("about", "person", "channel", "way", "kind", "state", "queued_at", "next_at", "attempts", "tried_at"),
        *("finished_at", "fallback", "overtaken", "last_error"),
    ]
    inlines = [TryInline]

    def get_queryset(self, request: HttpRequest) -> Any:
        """Theirs whose incident the admin may see, and those of no incident."""
        found = super().get_queryset(request).defer("message")
        if sees_all(request.user):
            return found
        seen = Incident.objects.visible_to(request.user).values("trail")
        return found.filter(Q(trail__in=seen) | Q(trail__kind=Trail.Kind.INSTALLATION))

    @admin.display(description=_("incident"))
    def about(self, obj: Delivery) -> str:
        return obj.trail.subject if obj.trail.kind == Trail.Kind.INCIDENT else "–"

    @admin.display(description=_("way"))
    def way(self, obj: Delivery) -> str:
        return (obj.method.shown if obj.method else "") or "–"
