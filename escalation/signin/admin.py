"""Whom this installation has invited. (What an admin module may import: see ``escalation.trail.admin``.)"""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.timezone import localtime
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from escalation.kit import clock
from escalation.kit.text import is_seen
from escalation.people.models import Team, User
from escalation.people.shown_once import ShownOnce
from escalation.trail.recorded_admin import RecordedAdmin

from . import inviting
from .models import Invitation

_SHOWN = ShownOnce("baton_invitation", "admin:signin_invitation_link")


class InvitationForm(forms.ModelForm):
    class Meta:
        model = Invitation
        fields = ["email", "name", "team", "role"]

    def clean_email(self) -> str:
        email: str = self.cleaned_data["email"].strip().casefold()
        if User.objects.filter(email=email).exists():
            raise forms.ValidationError(_t("There is an account with this address already."))
        return email

    def clean_name(self) -> str:
        """It may be left out, and one that nobody can see is left out."""
        name: str = self.cleaned_data["name"]
        return name if is_seen(name) else ""


@admin.register(Invitation)
class InvitationAdmin(RecordedAdmin):
    form = InvitationForm
    list_display = ["email", "name", "team", "role", "made_by", "made_at", "state", "withdrawal"]
    list_select_related = ["team", "made_by", "person"]
    search_fields = ["email", "name"]
    fields = ["email", "name", "team", "role"]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return [*self.fields, "made_by", "made_at", "ends_at", "state", "withdrawal"] if obj else self.fields

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ["made_by", "made_at", "ends_at", "state", "withdrawal"] if obj else []

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # withdraw it and invite anew

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest | None, **kwargs: Any) -> Any:
        if db_field.name == "team":
            kwargs["queryset"] = Team.objects.in_use()
        return super().formfield_for_foreignkey(db_field, request, **kwargs)  # type: ignore[arg-type]

    def save_model(self, request: HttpRequest, obj: Invitation, form: Any, change: bool) -> None:
        assert isinstance(request.user, User)
        now = clock.now()
        for older in Invitation.objects.unused(now).filter(email=obj.email):  # one link is enough
            inviting.withdraw(older, by=request.user, now=now)
        key = inviting.new_key()
        obj.key_hash, obj.made_at, obj.made_by, obj.ends_at = (
            inviting.hashed(key),
            now,
            request.user,
            inviting.ends(now),
        )
        request.invitation_key = key  # type: ignore[attr-defined]
        super().save_model(request, obj, form, change)

    def response_add(self, request: HttpRequest, obj: Invitation, post_url_continue: Any = None) -> HttpResponse:
        return _SHOWN.redirect(obj.pk, request.invitation_key)  # type: ignore[attr-defined]

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        response = super().add_view(request, form_url, extra_context)
        if key := getattr(request, "invitation_key", None):  # it is in the database: nobody waits for a mail server
            invitation = Invitation.objects.filter(key_hash=inviting.hashed(key)).select_related("made_by").first()
            if invitation is not None and inviting.send(invitation, key):
                self.message_user(request, _t("The invitation is on its way to %(to)s.") % {"to": invitation.email})
            elif invitation is not None:
                said = _t("No mail could be sent. Copy the link, and give it to %(to)s yourself.")
                self.message_user(request, said % {"to": invitation.email}, messages.WARNING)
        return response

    def get_urls(self) -> Any:
        at = self.admin_site.admin_view
        return [
            path("link/", at(self.link_view), name="signin_invitation_link"),
            path("<int:pk>/withdrawal/", at(self.withdrawal_view), name="signin_invitation_withdrawal"),
            *super().get_urls(),
        ]

    def link_view(self, request: HttpRequest) -> HttpResponse:
        """The link of the one that was just made, this once."""
        pk, key = _SHOWN.read(request) or (0, "")
        made = Invitation.objects.filter(pk=pk, key_hash=inviting.hashed(key), made_by=request.user.pk).first()
        if made is None:
            return redirect("admin:signin_invitation_changelist")
        context = {**self.admin_site.each_context(request), "opts": self.opts, "invitation": made}
        context |= {"title": _t("Invitation of %(email)s") % {"email": made.email}, "link": inviting.link(key)}
        response = TemplateResponse(request, "admin/signin/invitation/link.html", context)
        response["Cache-Control"] = "no-store"
        _SHOWN.forget(response)
        return response

    def withdrawal_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        invitation = get_object_or_404(Invitation, pk=pk)
        if request.method != "POST":
            title = _t("Withdraw the invitation of %(email)s?") % {"email": invitation.email}
            context = {**self.admin_site.each_context(request), "opts": self.opts, "title": title}
            return TemplateResponse(request, "admin/signin/invitation/withdraw.html", context)
        assert isinstance(request.user, User)
        if inviting.withdraw(invitation, by=request.user, now=clock.now()):
            self.message_user(request, _t("Withdrawn: the link opens nothing any more."))
        else:
            self.message_user(request, _t("Its link opened nothing any more as it was."), messages.WARNING)
        return HttpResponseRedirect(reverse("admin:signin_invitation_changelist"))

    @admin.display(description=_("state"))
    def state(self, obj: Invitation) -> str:
        if obj.taken_at is not None:
            return _t("taken %(at)s") % {"at": f"{localtime(obj.taken_at):%Y-%m-%d %H:%M}"}
        if obj.withdrawn_at is not None:
            return _t("withdrawn")
        if obj.ends_at <= clock.nearly():
            return _t("too old")
        if not (obj.made_by.is_active and obj.made_by.is_staff):
            return _t("ended: %(name)s is no admin any more") % {"name": obj.made_by.name}
        return _t("open until %(at)s") % {"at": f"{localtime(obj.ends_at):%Y-%m-%d %H:%M}"}

    @admin.display(description=_("withdrawal"))
    def withdrawal(self, obj: Invitation) -> str:
        if obj.taken_at is not None or obj.withdrawn_at is not None or obj.ends_at <= clock.nearly():
            return "–"
        return format_html(
            '<a href="{}">{}</a>', reverse("admin:signin_invitation_withdrawal", args=[obj.pk]), _t("Withdraw")
        )
