"""On a person's page in Admin: what they sign in with, and taking it away when it is lost."""

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from escalation.kit import clock
from escalation.people.models import User
from escalation.signin.openid import arriving
from escalation.trail.writing import Actor

from . import verbs


class SecondStepOfPerson(admin.ModelAdmin):
    """Of the page of a person."""

    def get_urls(self) -> Any:
        at = self.admin_site.admin_view
        return [
            path("<int:pk>/second-step/", at(self.second_step_view), name="people_user_second_step"),
            path("<int:pk>/provider/", at(self.provider_view), name="people_user_provider"),
            *super().get_urls(),
        ]

    @admin.display(description=_("second step"))
    def second_step(self, obj: User) -> str:
        have = verbs.owned(obj) if obj.pk else verbs.Owned(None, [], None)
        if not have:
            return _t("none")
        said = ", ".join(verbs.described(one) for one in (have.app, *have.passkeys) if one is not None)
        place = reverse("admin:people_user_second_step", args=[obj.pk])
        return format_html('{} · <a href="{}">{}</a>', said, place, _t("It is lost"))

    @admin.display(description=_("at the provider"))
    def at_the_provider(self, obj: User) -> str:
        """Who of the provider's people they are, and the way to let another be them."""
        known = obj.provided_identities.first() if obj.pk else None
        if known is None:
            return "–"
        place = reverse("admin:people_user_provider", args=[obj.pk])
        return format_html('<code>{}</code> · <a href="{}">{}</a>', known.subject, place, _t("It is another now"))

    def provider_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        person = get_object_or_404(User, pk=pk)
        if request.method != "POST":
            title = _t("Let another of the provider's people be %(person)s?") % {"person": person}
            context = {**self.admin_site.each_context(request), "opts": self.opts, "title": title, "person": person}
            return TemplateResponse(request, "admin/people/user/provider.html", context)
        arriving.release(person, by=Actor.person(request.user), now=clock.now())
        said = _t("Whoever comes next with the address of %(person)s is taken for them.")
        self.message_user(request, said % {"person": person})
        return redirect("admin:people_user_change", pk)

    def second_step_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Another's, never one's own: whoever is signed in here has theirs at hand, or should not be."""
        person = get_object_or_404(User, pk=pk)
        if person.pk == request.user.pk:
            messages.info(request, _t("Your own you change here. Somebody else takes it away when it is lost."))
            return redirect("signing-in")
        if request.method != "POST":
            title = _t("Take away the second step of %(person)s?") % {"person": person}
            context = {**self.admin_site.each_context(request), "opts": self.opts, "title": title, "person": person}
            return TemplateResponse(request, "admin/people/user/second_step.html", context)
        verbs.take_away(person, by=Actor.person(request.user), now=clock.now())
        self.message_user(request, _t("%(person)s signs in with the password now, and was told.") % {"person": person})
        return redirect("admin:people_user_change", pk)
