"""Services, the severity table, and how messages went. Incidents are not edited here.

Floor: just above the models. What an admin module may import: see ``escalation.trail.admin``.
"""

from typing import Any

from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from escalation.engine.models import Delivery, Try
from escalation.trail.models import Trail
from escalation.trail.recorded_admin import ArchivableAdmin, ReadOnlyAdmin, ReadOnlyInline, RecordedAdmin

from . import (  # noqa: F401
    heartbeat_admin,
    promise_admin,
    receipt_admin,
    refused_admin,
    role_admin,
    room_admin,
    runbook_admin,
    signs_admin,
    source_admin,
    status_admin,
    training_admin,
    updates_admin,
    webhook_admin,
    webhook_log_admin,
)
from .models import Incident, PeopleBand, Service, SeverityCell, Source
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


class TryInline(ReadOnlyInline):
    """Every try of a message, to read."""

    model = Try
    fields = ["n", "at", "seconds", "channel", "provider", "outcome", "reason"]
    readonly_fields = ["n", "at", "seconds", "channel", "provider", "outcome", "reason"]
    ordering = ["n"]


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
