"""The status page: to whom it is shown, and the services it names."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from escalation.trail.recorded_admin import RecordedAdmin

from .models import Component, Service, StatusPage


class ComponentsFormSet(forms.BaseInlineFormSet):
    services: Any = None

    def add_fields(self, form: Any, index: int | None) -> None:
        """All rows offer the same services: they are read once."""
        super().add_fields(form, index)
        if "service" in form.fields:
            self.services = self.services or list(form.fields["service"].choices)
            form.fields["service"].choices = self.services

    def clean(self) -> None:
        super().clean()
        kept = [one for one in self.forms if one.cleaned_data.get("service") and not one.cleaned_data.get("DELETE")]
        if not kept and self.instance.shown != StatusPage.Shown.OFF:
            raise ValidationError(_t("A page that is shown names at least one service. Add a component."))


class ComponentInline(admin.TabularInline):
    """Only what is chosen here ever appears, under the name it has here."""

    model = Component
    formset = ComponentsFormSet
    fields = ["position", "group", "name", "service"]
    extra = 1

    def formfield_for_dbfield(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        """Named for who does not see the head of the column, and without ways to change the service itself."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None:
            widget = field.widget
            if isinstance(widget, RelatedFieldWidgetWrapper):
                widget.can_add_related = widget.can_change_related = widget.can_view_related = False
                widget = widget.widget
            widget.attrs["aria-label"] = str(db_field.verbose_name)
        return field

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "service":  # what is archived is not shown
            kwargs["queryset"] = Service.objects.in_use()
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


@admin.register(StatusPage)
class StatusPageAdmin(RecordedAdmin):
    list_display = ["__str__", "shown"]
    actions: Any = None
    fields = ["shown", "address", "name", "introduction", "zone"]
    readonly_fields = ["address"]
    inlines = [ComponentInline]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return not StatusPage.objects.exists()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description=_("address"))
    def address(self, obj: StatusPage) -> str:
        here = reverse("status")
        if obj.pk is None or obj.shown == StatusPage.Shown.OFF:
            return here
        return format_html('<a href="{}">{}</a>', here, here)
