"""Roles on incidents: a plan for each service or team, with what it comes to in plain words."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from escalation.kit.chosen import KnownRows
from escalation.trail.recorded_admin import RecordedAdmin

from .models import RolePlan, RoleSource, Service
from .models.role_filling import in_order
from .models.role_plans import Role


class RoleSourceInline(admin.TabularInline):
    model = RoleSource
    formset = KnownRows
    extra = 0
    min_num = 1
    max_num = len(Role)
    autocomplete_fields = ["schedule", "tier"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[RoleSource]:
        return super().get_queryset(request).select_related("schedule", "tier")


@admin.register(RolePlan)
class RolePlanAdmin(RecordedAdmin):
    inlines = [RoleSourceInline]
    list_display = ["__str__", "in_words"]
    list_select_related = ["service", "team"]
    autocomplete_fields = ["service", "team"]
    fields = ["service", "team", "from_severity"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[RolePlan]:
        return super().get_queryset(request).prefetch_related("sources__schedule", "sources__tier")

    @admin.display(description=_("filled by"))
    def in_words(self, obj: RolePlan) -> str:
        return "; ".join(str(source) for source in in_order(obj.sources.all())) or "–"

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "service":
            kwargs["queryset"] = Service.objects.in_use()
        return super().formfield_for_foreignkey(db_field, request, **kwargs)
