"""How people are reached, to look at: they keep it themselves, and an address may be a secret."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from escalation.trail.recorded_admin import ReadOnlyAdmin

from .models import ContactMethod


class ByChannel(admin.AllValuesFieldListFilter):
    """Headed "By channel"; the field's own name would make it "By by"."""

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.title = str(_("channel"))


@admin.register(ContactMethod)
class ContactMethodAdmin(ReadOnlyAdmin):
    list_display = [
        "person",
        "by",
        "masked",
        "verified_at",
        "proved_at",
        "refused_at",
        "refused_why",
        "gone_at",
        "removed_at",
    ]
    list_display_links = ["person", "by"]
    list_filter = [
        ("channel", ByChannel),
        ("verified_at", admin.EmptyFieldListFilter),
        ("removed_at", admin.EmptyFieldListFilter),
    ]
    list_select_related = ["person"]
    search_fields = ["person__name"]
    ordering = ["person__name", "id"]
    fields = [
        "person",
        "by",
        "masked",
        "added_at",
        "verified_at",
        "gone_at",
        "removed_at",
        "proved_at",
        "refused_at",
        "refused_why",
        "last_ok_at",
        "last_failed_at",
        "last_failure",
    ]

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        """Nobody tries in the page's address whether somebody's number is the one they guess."""
        return "address" not in lookup.split("__") and super().lookup_allowed(lookup, value, request)  # type: ignore[arg-type]

    @admin.display(description=_("by"), ordering="channel")
    def by(self, method: ContactMethod) -> str:
        return method.sender_name

    @admin.display(description=_("address"))
    def masked(self, method: ContactMethod) -> str:
        return method.shown or str(_("the account's"))
