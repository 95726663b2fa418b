"""Chat channels: where they are, what each reads, saying hello, and sending again what one did not take."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import path, reverse
from django.utils.text import format_lazy
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from escalation.kit import clock, sealing
from escalation.notify.masking import masked
from escalation.trail.recorded_admin import Facts, RecordedAdmin
from escalation.trail.writing import Actor

from .models import ChatRoom, WebhookMessage
from .models.chat_rooms import changes
from .models.chat_telling import catch_up
from .webhook_admin import AgainForm, asked, digest, health_of, send_again

_READ = ("name", "kind", "owner", "by_itself", "teams", "services", "from_severity", "off_at", "off_why")


class ChatRoomForm(forms.ModelForm):
    on = forms.BooleanField(
        label=_("On"),
        required=False,
        initial=True,
        help_text=_("Off, it reads of nothing, and what waits is not said."),
    )
    leads_to = forms.CharField(
        label=_("Address"),
        required=False,
        max_length=500,
        help_text=_(
            "Slack: #name, C… or an incoming webhook's address. Mattermost: the channel's ID for the bot, else its"
            " name. Teams: a workflow's address."
        ),
        widget=forms.TextInput(attrs={"autocomplete": "off", "class": "vTextField"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["on"].initial = self.instance.off_at is None
        if self.instance.address:
            leads_to = self.fields["leads_to"]
            leads_to.help_text = format_lazy("{} {}", leads_to.help_text, _("Empty: as it is."))
        self.fields["from_severity"].help_text = _(
            "By itself, only this severe or more. Of what it has read it reads the end too."
        )

    def clean(self) -> Any:
        """An address is one of its kind; of another kind there is none yet."""
        data = super().clean() or {}
        kind, said = data.get("kind"), data.get("leads_to", "")
        if not said and (not self.instance.address or "kind" in self.changed_data):
            self.add_error("leads_to", _t("Where is it?"))
        elif kind and said:
            self.instance.kind = kind
            try:
                self.instance.leads_to(said)
            except forms.ValidationError as error:
                self.add_error("leads_to", error)
        return data


@admin.register(ChatRoom)
class ChatRoomAdmin(RecordedAdmin):
    form = ChatRoomForm
    change_form_template = "admin/incidents/chatroom/change_form.html"
    list_display = ["name", "kind", "where", "owner", "health"]
    list_select_related = ["owner"]
    search_fields = ["name"]
    autocomplete_fields = ["teams", "services"]
    readonly_fields = ["health", "where"]
    fieldsets = [
        (None, {"fields": ["name", "on", "health", "kind", "leads_to", "where", "owner"]}),
        (_("What it reads of"), {"fields": ["by_itself", "teams", "services", "from_severity"]}),
    ]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # what was said there stays in the log; turn it off

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        left_out = () if obj else ("health", "where")
        return [
            (name, {"fields": [one for one in options["fields"] if one not in left_out]})
            for name, options in self.fieldsets
        ]

    @admin.display(description=_("where"))
    def where(self, obj: ChatRoom) -> str:
        """A channel by its name or ID; a web address, which is a secret, by its host."""
        try:
            place = obj.place
        except sealing.Unreadable:
            return _t("It cannot be read: neither SECRET_KEY nor BATON_SEALING_KEY opens it. Write it again.")
        how = _t("changed in place") if changes(obj) else _t("short messages that follow")
        return f"{masked(place) if '://' in place else place} ({how})"

    @admin.display(description=_("how it goes"))
    def health(self, obj: ChatRoom) -> str:
        return health_of(obj)

    # --- saving ---------------------------------------------------------------------------------

    def facts(self, obj: Any) -> Facts:
        found = {name: value for name, value in super().facts(obj).items() if name in _READ}
        try:
            place = obj.place
            found["address"] = f"{masked(place)} ({digest(place)})"
        except sealing.Unreadable:
            found["address"] = ""
        return found

    def save_model(self, request: HttpRequest, obj: ChatRoom, form: Any, change: bool) -> None:
        form.facts_before = self.facts(ChatRoom.objects.get(pk=obj.pk)) if change else {}
        now, on, was_on = clock.now(), form.cleaned_data["on"], obj.off_at is None
        obj.patience = ChatRoom.Patience.SHORT
        if on and not was_on:
            obj.turn_on()
        obj.save()
        if change and self.facts(obj)["address"] != form.facts_before["address"]:
            obj.begin_anew()
        if on and not was_on:
            catch_up(obj, now)
        if not on:  # whoever saves it so has seen why
            obj.turn_off(now if was_on else obj.off_at or now)
            obj.save()

    # --- pages beside the form ------------------------------------------------------------------

    def get_urls(self) -> Any:
        def at(name: str, view: Any) -> Any:
            return path(f"<int:pk>/{name}/", self.admin_site.admin_view(view), name=f"incidents_chatroom_{name}")

        return [at("hello", self.hello_view), at("again", self.again_view), *super().get_urls()]

    def _room(self, request: HttpRequest, pk: int) -> ChatRoom:
        room = get_object_or_404(ChatRoom, pk=pk)
        if not self.has_change_permission(request, room):
            raise PermissionDenied
        return room

    def hello_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        room = self._room(request, pk)
        if request.method != "POST":
            lines = [_t("A short message, for everybody there to read. How it went is in the log.")]
            return self._ask(request, room, _t("Say hello in %(name)s?"), lines, _t("Say hello"))
        if room.off_at is not None:
            return self._is_off(request, room)
        message = room.ping(Actor.person(request.user), clock.now())
        self.message_user(request, _t("It waits to be said. Load this page again to see how it went."), "success")
        return redirect("admin:incidents_webhookmessage_change", message.pk)

    def again_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        room = self._room(request, pk)
        form = AgainForm(request.POST or None)
        lines = [
            _t("Of each incident for which something was given up or not said in this time, it reads how it is now.")
        ]
        if request.method != "POST" or not form.is_valid():
            return self._ask(request, room, _t("Send again to %(name)s"), lines, _t("Send again"), form=form)
        if room.off_at is not None:
            return self._is_off(request, room)
        said = form.cleaned_data
        which = room.messages.filter(at__gte=said["since"], at__lte=said["until"])
        if not said["sent_too"]:
            which = which.exclude(state=WebhookMessage.State.SENT)
        count = send_again(request, room, which)
        words = ngettext(
            "%(count)d message waits to be said again.", "%(count)d messages wait to be said again.", count
        )
        self.message_user(request, words % {"count": count}, "success")
        log = reverse("admin:incidents_webhookmessage_changelist")
        return redirect(f"{log}?hook__id__exact={room.pk}")

    def _is_off(self, request: HttpRequest, room: ChatRoom) -> HttpResponse:
        self.message_user(request, _t("It is off. Turn it on first."), "error")
        return redirect(_form(room.pk))

    def _ask(
        self, request: HttpRequest, room: ChatRoom, title: str, lines: list[str], submit: str, *, form: Any = None
    ) -> HttpResponse:
        return asked(self, request, title % {"name": room}, lines, submit, _form(room.pk), about=room, form=form)


def _form(pk: int) -> str:
    return reverse("admin:incidents_chatroom_change", args=[pk])
