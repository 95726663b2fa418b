"""What a source's door refused for what it says, and why: for whoever sets its sender up. Admins only."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.timezone import localtime
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from escalation.kit.text import clean
from escalation.trail.recorded_admin import ReadOnlyAdmin

from .models import RefusedMessage, Source

LATELY = 3  # shown with their source


@admin.register(RefusedMessage)
class RefusedMessageAdmin(ReadOnlyAdmin):
    change_form_template = "admin/incidents/refusedmessage/change_form.html"
    list_display = ["last_at", "source", "status", "reason"]
    list_filter = ["source"]
    list_select_related = ["source"]
    fields = ["source", "status", "reason", "first_at", "last_at", "content_type", "size", "text"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[RefusedMessage]:
        found: QuerySet[RefusedMessage] = super().get_queryset(request)
        one = request.resolver_match and request.resolver_match.url_name == "incidents_refusedmessage_change"
        return found if one else found.defer("body")

    @admin.display(description=_("as it came in"))
    def text(self, obj: RefusedMessage) -> SafeString | str:
        if not obj.body:
            return _t("Nothing of it is kept: it was empty, was not read, or may hold what is not to be kept.")
        said = clean(bytes(obj.body).decode("utf-8", "replace"))
        return format_html('<pre class="verbatim">{}{}</pre>', said, "" if obj.is_whole else "…")


def lately(source: Source) -> SafeString | str:
    """The last of them, each with its reason, and a way to it."""
    found = source.refused_messages.defer("body")[:LATELY]
    rows = (
        (
            reverse("admin:incidents_refusedmessage_change", args=[one.pk]),
            f"{localtime(one.last_at):%Y-%m-%d %H:%M}",
            one.status,
            one.reason,
        )
        for one in found
    )
    return format_html_join("", '<div class="refused"><a href="{}">{}</a>: {}, {}</div>', rows) or _t("nothing")
