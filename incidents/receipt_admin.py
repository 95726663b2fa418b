"""What came in, verbatim, and what became of it. Admins only: one message may speak of what several teams see apart.

What could not be understood can be tried again, once what hindered it is mended.
"""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.timezone import localtime
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from escalation.kit import clock
from escalation.kit.text import clean
from escalation.trail.recorded_admin import ReadOnlyAdmin
from escalation.trail.writing import Actor, record_configuration

from .inbound import backlog, tasks
from .models import Receipt

SHOWN = 20_000  # characters of a body; the whole can be fetched
INCIDENTS = 10


@admin.register(Receipt)
class ReceiptAdmin(ReadOnlyAdmin):
    change_form_template = "admin/incidents/receipt/change_form.html"
    list_display = ["id", "received", "source", "state", "incidents", "results"]
    list_filter = ["state", "source"]
    list_select_related = ["source"]
    list_per_page = 50
    fields = [
        *("received", "source", "state", "incidents", "results", "error", "warnings", "attempts"),
        *("beside", "size", "text"),
    ]

    def get_queryset(self, request: HttpRequest) -> Any:
        found = super().get_queryset(request)
        one = request.resolver_match and request.resolver_match.url_name == "incidents_receipt_change"
        return found if one else found.defer("body")

    @admin.display(description=_("received at"), ordering="received_at")
    def received(self, obj: Receipt) -> str:
        return date_format(localtime(obj.received_at), "j M Y, H:i:s")

    @admin.display(description=_("incidents"))
    def incidents(self, obj: Receipt) -> SafeString | str:
        refs = obj.outcome.get("incidents", [])
        links = [(reverse("incident", args=[ref.removeprefix("INC-")]), ref) for ref in refs[:INCIDENTS]]
        more = _t(" and %(n)d more") % {"n": len(refs) - INCIDENTS} if len(refs) > INCIDENTS else ""
        return format_html("{}{}", format_html_join(", ", '<a href="{}">{}</a>', links), more) if links else "–"

    @admin.display(description=_("what became of it"))
    def results(self, obj: Receipt) -> str:
        told = [f"{count} {what}" for what, count in obj.outcome.get("results", {}).items()]
        return ", ".join(told) or str(obj.outcome.get("error", "–"))[:200]

    @admin.display(description=_("why it was not understood"))
    def error(self, obj: Receipt) -> str:
        return obj.outcome.get("error", "–")

    @admin.display(description=_("warnings"))
    def warnings(self, obj: Receipt) -> str:
        return " · ".join(obj.outcome.get("warnings", [])) or "–"

    @admin.display(description=_("what came beside it"))
    def beside(self, obj: Receipt) -> str:
        return ", ".join(f"{name}: {value}" for name, value in obj.envelope.items()) or "–"

    @admin.display(description=_("size"))
    def size(self, obj: Receipt) -> SafeString:
        whole = reverse("admin:incidents_receipt_body", args=[obj.pk])
        told = _t("%(n)d bytes.") % {"n": len(obj.body)}
        return format_html('{} <a href="{}">{}</a>', told, whole, _t("Fetch it whole"))

    @admin.display(description=_("as it came in"))
    def text(self, obj: Receipt) -> SafeString:
        said = clean(bytes(obj.body).decode("utf-8", "replace"))
        cut = "…" if len(said) > SHOWN else ""
        return format_html('<pre class="verbatim">{}{}</pre>', said[:SHOWN], cut)

    # --- again, and whole ----------------------------------------------------------------------

    def get_urls(self) -> Any:
        at = self.admin_site.admin_view
        own = [
            path("<int:pk>/again/", at(self.again_view), name="incidents_receipt_again"),
            path("<int:pk>/body/", at(self.body_view), name="incidents_receipt_body"),
        ]
        return [*own, *super().get_urls()]

    def again_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Asks first. Twice does no harm: the second finds nothing that was set aside."""
        receipt = get_object_or_404(Receipt.objects.select_related("source").defer("body"), pk=pk)
        if not request.user.has_perm("incidents.change_receipt"):
            raise PermissionDenied
        if request.method != "POST":
            return TemplateResponse(
                request,
                "admin/incidents/receipt/again.html",
                {
                    **self.admin_site.each_context(request),
                    "title": _t("Try message %(pk)d again?") % {"pk": pk},
                    "opts": self.opts,
                    "receipt": receipt,
                },
            )
        with transaction.atomic():
            again = backlog.try_again(pk)
            if again:
                about = {"what": "receipt", "id": pk, "name": receipt.source.name}
                record_configuration(Actor.person(request.user), "receipt_again", about, now=clock.now())
                transaction.on_commit(lambda: tasks.ring(pk), robust=True)
        words = _t("It is tried again in a moment.") if again else _t("It waits for nothing: it was tried meanwhile.")
        self.message_user(request, words)
        return redirect("admin:incidents_receipt_change", pk)

    def body_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """As bytes to keep, never as a page of this site."""
        receipt = get_object_or_404(Receipt, pk=pk)
        if not self.has_view_permission(request, receipt):
            raise PermissionDenied
        answer = HttpResponse(bytes(receipt.body), content_type="application/octet-stream")
        answer["Content-Disposition"] = f'attachment; filename="receipt-{pk}"'
        return answer
