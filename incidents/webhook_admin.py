"""Webhooks: where events go and which; their secrets, shown once. What was sent to them: see ``webhook_log_admin``."""

import re
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.crypto import salted_hmac
from django.utils.formats import date_format
from django.utils.text import format_lazy
from django.utils.timezone import localtime
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from escalation.kit import clock
from escalation.kit.sealed import seal
from escalation.notify.masking import masked
from escalation.trail.recorded_admin import Facts, RecordedAdmin
from escalation.trail.writing import Actor, record_configuration

from .models import Webhook, WebhookMessage, webhook_events

SENT_AGAIN = "webhook_again"  # the kind of the entry
_OF_ITS_HEALTH = ("old_until", "failing_since", "failures", "given_up", "paused_until")


class WebhookForm(forms.ModelForm):
    on = forms.BooleanField(
        label=_("On"),
        required=False,
        initial=True,
        help_text=_("Off, it hears of nothing, and what waits is not sent."),
    )
    types = forms.MultipleChoiceField(
        label=_("Events"),
        required=False,
        choices=[(type_, format_lazy("{} ({})", words, type_)) for type_, words in webhook_events.TYPES.items()],
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None ticked: all of them, also those that are added later."),
    )
    header = forms.CharField(
        label=_("Authorization header"),
        required=False,
        max_length=500,
        widget=forms.PasswordInput(attrs={"autocomplete": "off", "class": "vTextField"}),
        help_text=_("For receivers that want one, such as “Bearer …”. It is not shown again; empty: as it is."),
    )
    no_header = forms.BooleanField(label=_("Send no such header any more"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["on"].initial = self.instance.off_at is None
        if not self.instance.authorization:
            del self.fields["no_header"]

    def clean_header(self) -> str:
        said = self.cleaned_data["header"].strip()
        if said and not re.fullmatch(r"[\x20-\x7e]+", said):
            raise forms.ValidationError(_t("A header takes plain letters, digits and signs only."))
        return said


class AgainForm(forms.Form):
    """Which messages are sent once more."""

    since = forms.DateTimeField(label=_("From"), widget=forms.DateTimeInput(attrs={"type": "datetime-local"}))
    until = forms.DateTimeField(label=_("Until"), widget=forms.DateTimeInput(attrs={"type": "datetime-local"}))
    sent_too = forms.BooleanField(
        label=_("Also those that were taken"),
        required=False,
        help_text=_("They carry the ids they had: a receiver that remembers them drops what it has."),
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("since") and data.get("until") and data["since"] >= data["until"]:
            self.add_error("until", _t("The end is not after the beginning."))
        return data


@admin.register(Webhook)
class WebhookAdmin(RecordedAdmin):
    form = WebhookForm
    change_form_template = "admin/incidents/webhook/change_form.html"
    list_display = ["name", "host", "owner", "health"]
    list_select_related = ["owner"]
    search_fields = ["name"]
    autocomplete_fields = ["teams"]
    readonly_fields = ["health"]
    fieldsets = [
        (None, {"fields": ["name", "on", "health", "url", "owner"]}),
        (_("What it hears"), {"fields": ["teams", "restricted", "from_severity", "types"]}),
        (_("How it is told"), {"fields": ["format", "patience", "header"]}),
    ]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # what was sent to it stays in the log; turn it off

    def get_queryset(self, request: HttpRequest) -> Any:
        """Channels of chats have a page of their own."""
        return super().get_queryset(request).filter(chat=None)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        found = [(name, {"fields": list(options["fields"])}) for name, options in self.fieldsets]
        if obj is None:
            found[0][1]["fields"].remove("health")
        elif obj.authorization:
            found[-1][1]["fields"].append("no_header")
        return found

    @admin.display(description=_("to"))
    def host(self, obj: Webhook) -> str:
        return masked(obj.url)

    @admin.display(description=_("how it goes"))
    def health(self, obj: Webhook) -> str:
        return health_of(obj)

    # --- saving ---------------------------------------------------------------------------------

    def facts(self, obj: Any) -> Facts:
        """Without secrets, and the address so that it can be told from another but not used: the record is for good."""
        found = {name: value for name, value in super().facts(obj).items() if name not in _OF_ITS_HEALTH}
        found["url"] = f"{masked(obj.url)} ({digest(obj.url)})"
        found["authorization"] = digest(obj.authorization) if obj.authorization else ""
        return found

    def save_model(self, request: HttpRequest, obj: Webhook, form: Any, change: bool) -> None:
        now, said = clock.now(), form.cleaned_data
        form.facts_before = self.facts(Webhook.objects.get(pk=obj.pk)) if change else {}
        if not change:
            form.instance.key_once = obj.new_secret(now)
        if said["header"]:
            seal(obj, "authorization", said["header"].encode())
        elif said.get("no_header"):
            obj.authorization = ""
        was_on = obj.off_at is None
        if said["on"] and not was_on:
            obj.turn_on()
        obj.save()
        if not said["on"]:  # whoever saves it so has seen why
            obj.turn_off(now if was_on else obj.off_at or now)
            obj.save()

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: Any = None) -> HttpResponse:
        return self._secret_page(request, obj, obj.key_once)

    # --- pages beside the form ------------------------------------------------------------------

    def get_urls(self) -> Any:
        def at(name: str, view: Any) -> Any:
            return path(f"<int:pk>/{name}/", self.admin_site.admin_view(view), name=f"incidents_webhook_{name}")

        return [
            at("secret", self.secret_view),
            at("test", self.test_view),
            at("again", self.again_view),
            *super().get_urls(),
        ]

    def _hook(self, request: HttpRequest, pk: int) -> Webhook:
        hook = get_object_or_404(self.get_queryset(request), pk=pk)
        if not self.has_change_permission(request, hook):
            raise PermissionDenied
        return hook

    def secret_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Asks first; for a day both sign."""
        hook = self._hook(request, pk)
        if request.method != "POST":
            lines = [_t("For 24 hours events are signed with both, the new one first. Then the old one is forgotten.")]
            return self._ask(request, hook, _t("A new secret for %(name)s?"), lines, _t("Make a new secret"))
        with transaction.atomic():
            self.take_turn()
            key = hook.new_secret(clock.now())
            hook.save(update_fields=["secret", "old_secret", "old_until"])
            self.enter(request, hook, "config_key")
        return self._secret_page(request, hook, key)

    def test_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        hook = self._hook(request, pk)
        if request.method != "POST":
            lines = [_t("The event “ping” is sent, signed like any other. How it went is in the log.")]
            return self._ask(request, hook, _t("Send a test to %(name)s?"), lines, _t("Send a test"))
        if hook.off_at is not None:
            self.message_user(request, _t("It is off. Turn it on first."), "error")
            return redirect(_form(hook.pk))
        message = hook.ping(Actor.person(request.user), clock.now())
        self.message_user(request, _t("The test waits to be sent. Load this page again to see how it went."), "success")
        return redirect("admin:incidents_webhookmessage_change", message.pk)

    def again_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        hook = self._hook(request, pk)
        form = AgainForm(request.POST or None)
        lines = [_t("What happened in this time, and was given up or not sent. What waits already is left alone.")]
        if request.method != "POST" or not form.is_valid():
            title = _t("Send again to %(name)s")
            return self._ask(request, hook, title, lines, _t("Send again"), form=form)
        if hook.off_at is not None:
            self.message_user(request, _t("It is off. Turn it on first."), "error")
            return redirect(_form(hook.pk))
        said = form.cleaned_data
        which = hook.messages.filter(at__gte=said["since"], at__lte=said["until"])
        if not said["sent_too"]:
            which = which.exclude(state=WebhookMessage.State.SENT)
        count = send_again(request, hook, which)
        words = ngettext("%(count)d event waits to be sent again.", "%(count)d events wait to be sent again.", count)
        self.message_user(request, words % {"count": count}, "success")
        return redirect(_log(hook.pk))

    def _ask(
        self, request: HttpRequest, hook: Webhook, title: str, lines: list[str], submit: str, *, form: Any = None
    ) -> HttpResponse:
        return asked(self, request, title % {"name": hook}, lines, submit, _form(hook.pk), about=hook, form=form)

    def _secret_page(self, request: HttpRequest, hook: Webhook, key: str) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": _t("Secret of %(name)s") % {"name": hook},
            "opts": self.opts,
            "hook": hook,
            "key": key,
        }
        return TemplateResponse(request, "admin/incidents/webhook/secret.html", context)


def health_of(hook: Webhook) -> str:
    if hook.off_at is not None and hook.off_why:
        return _t("Baton turned it off on %(on)s, because %(why)s.") % {"on": _when(hook.off_at), "why": hook.off_why}
    if hook.off_at is not None:
        return _t("off since %(on)s") % {"on": _when(hook.off_at)}
    if hook.failing_since is not None:
        said = _t("failing since %(on)s, %(count)d tries in a row")
        return said % {"on": _when(hook.failing_since), "count": hook.failures}
    return _t("well")


def send_again(request: HttpRequest, hook: Webhook, which: Any) -> int:
    """On record; pressed twice it is queued once."""
    with transaction.atomic():
        RecordedAdmin.take_turn()
        now = clock.now()
        count: int = which.send_again(now)
        if count:
            what = "webhook" if not hook.is_chat else "chatroom"
            about = {"what": what, "id": hook.pk, "name": hook.name, "count": count}
            record_configuration(Actor.person(request.user), SENT_AGAIN, about, now=now)
    return count


def asked(
    page: admin.ModelAdmin,
    request: HttpRequest,
    title: str,
    lines: list[str],
    submit: str,
    back: str,
    *,
    about: Any,
    form: Any = None,
) -> HttpResponse:
    """A page that asks before something is done; without script."""
    context = {
        **page.admin_site.each_context(request),
        "title": title,
        "opts": page.opts,
        "lines": lines,
        "submit": submit,
        "back": back,
        "about": about,
        "form": form,
    }
    status = 422 if form is not None and form.errors else 200
    return TemplateResponse(request, "admin/incidents/webhook/ask.html", context, status=status)


def digest(text: str) -> str:
    """With a key, so that nobody who reads the record can try whether an address is the one they guess."""
    return salted_hmac("baton.address", text, algorithm="sha256").hexdigest()[:8]


def _when(at: Any) -> str:
    return date_format(localtime(at), "j M Y H:i")


def _form(pk: int) -> str:
    return reverse("admin:incidents_webhook_change", args=[pk])


def _log(pk: int) -> str:
    return f"{reverse('admin:incidents_webhookmessage_changelist')}?hook__id__exact={pk}"
