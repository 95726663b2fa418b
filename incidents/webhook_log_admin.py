"""What was sent to webhooks and chat channels, or waits to be: each try, what was answered, and sending it again."""

import json
from typing import Any, ClassVar

from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import path, reverse
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timezone import localtime
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from escalation.trail.recorded_admin import ReadOnlyAdmin, ReadOnlyInline

from .models import Incident, Webhook, WebhookMessage, WebhookTry
from .models.access import sees_all
from .webhook_admin import asked, send_again
from .webhooks import sending, writing


class WebhookTryInline(ReadOnlyInline):
    model = WebhookTry
    verbose_name_plural = _("Tries")
    fields: ClassVar[Any] = ["n", "when", "took_ms", "status", "answer", "reason"]
    readonly_fields = fields
    ordering = ["n"]

    @admin.display(description=_("at"))
    def when(self, obj: WebhookTry) -> str:
        return _exactly(obj.at)


@admin.register(WebhookMessage)
class WebhookMessageAdmin(ReadOnlyAdmin):
    """What left, or waits to: the request as it was signed, and each try with what was answered."""

    change_form_template = "admin/incidents/webhookmessage/change_form.html"
    list_display = ["queued", "hook", "type", "about", "state", "attempts", "reason"]
    list_filter = ["state", "hook"]
    list_select_related = ["hook__chat", "trail"]
    list_per_page = 50
    ordering = ["-id"]
    fields = [
        "hook",
        "mid",
        "type",
        "about",
        "happened",
        "state",
        "queued",
        "next_try",
        "attempts",
        "finished",
        "reason",
        "body",
    ]
    inlines = [WebhookTryInline]

    def get_queryset(self, request: HttpRequest) -> Any:
        """Theirs whose incident the admin may see, and tests."""
        found = super().get_queryset(request)
        if sees_all(request.user):
            return found
        return found.filter(Q(trail=None) | Q(trail__in=Incident.objects.visible_to(request.user).values("trail")))

    @admin.display(description=_("incident"))
    def about(self, obj: WebhookMessage) -> SafeString | str:
        if obj.trail is None or not obj.trail.subject.startswith("INC-"):
            return obj.trail.subject if obj.trail else "–"
        there = reverse("incident", args=[obj.trail.subject.removeprefix("INC-")])
        return format_html('<a href="{}">{}</a>', there, obj.trail.subject)

    # To the second: what comes after what is often all that one wants to know here.

    @admin.display(description=_("happened"))
    def happened(self, obj: WebhookMessage) -> str:
        return _exactly(obj.at)

    @admin.display(description=_("queued"), ordering="queued_at")
    def queued(self, obj: WebhookMessage) -> str:
        return _exactly(obj.queued_at)

    @admin.display(description=_("next try"))
    def next_try(self, obj: WebhookMessage) -> str:
        return _exactly(obj.next_at)

    @admin.display(description=_("ended"))
    def finished(self, obj: WebhookMessage) -> str:
        return _exactly(obj.finished_at)

    @admin.display(description=_("what is sent"))
    def body(self, obj: WebhookMessage) -> str:
        if obj.hook.is_chat:
            return format_html("<pre>{}</pre>", obj.facts.get("said") or "–")
        body = writing.body_of(sending.event_of(obj), format=obj.hook.format, address=settings.ADDRESS)
        return format_html("<pre>{}</pre>", json.dumps(json.loads(body), ensure_ascii=False, indent=2))

    def get_urls(self) -> Any:
        view = self.admin_site.admin_view(self.again_view)
        return [path("<int:pk>/again/", view, name="incidents_webhookmessage_again"), *super().get_urls()]

    def again_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        message = get_object_or_404(self.get_queryset(request), pk=pk)
        if not self.admin_site._registry[Webhook].has_change_permission(request, message.hook):
            raise PermissionDenied
        here = reverse("admin:incidents_webhookmessage_change", args=[pk])
        if request.method != "POST":
            lines = [_t("It carries the id it had: a receiver that remembers it drops it.")]
            title = _t("Send %(id)s again?") % {"id": message.mid}
            return asked(self, request, title, lines, _t("Send again"), here, about=message)
        if message.hook.off_at is not None:
            self.message_user(request, _t("The webhook is off. Turn it on first."), "error")
        elif send_again(request, message.hook, WebhookMessage.objects.filter(pk=pk)):
            self.message_user(request, _t("It waits to be sent again."), "success")
        else:
            self.message_user(request, _t("It waits to be sent already."), "warning")
        return redirect(here)


def _exactly(at: Any) -> str:
    return date_format(localtime(at), "j M Y, H:i:s") if at else "–"
