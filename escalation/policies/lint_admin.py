"""What is worth a second look at a policy, said in Admin: as the form would have it, and once it is saved. It refuses
nothing: what cannot be is refused by ``validation``, at its place."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from escalation.kit import clock
from escalation.trail.recorded_admin import ArchivableAdmin

from . import trial
from .models import Policy
from .readiness import about, gathering
from .readiness.saying import Reader

MOST = 6  # messages after saving


class LintedAdmin(ArchivableAdmin):
    """The policies' page, with a look before it is saved and one after."""

    def get_urls(self) -> Any:
        view = self.admin_site.admin_view(self.check_view)
        return [
            path("check/", view, name="policies_policy_check_new"),
            path("<int:pk>/check/", view, name="policies_policy_check"),
            *super().get_urls(),
        ]

    def forms_of(self, request: HttpRequest, pk: int | None) -> tuple[Policy | None, Any, list[Any]]:
        """What was sent, for whoever may save it: the policy as it is, its form and its formsets. Nothing is saved."""
        obj = get_object_or_404(Policy, pk=pk) if pk else None
        allowed = self.has_change_permission(request, obj) if obj else self.has_add_permission(request)
        if request.method != "POST" or not allowed:
            raise PermissionDenied
        sent = Policy.objects.get(pk=pk) if pk else Policy()
        form = self.get_form(request, obj, change=obj is not None)(request.POST, instance=sent)
        form.is_valid()
        create: Any = self._create_formsets  # type: ignore[attr-defined]
        return obj, form, create(request, form.instance, change=obj is not None)[0]

    def check_view(self, request: HttpRequest, pk: int | None = None) -> HttpResponse:
        """What would be worth a second look if the form was saved."""
        _obj, form, formsets = self.forms_of(request, pk)
        valid = all([form.is_valid(), *(formset.is_valid() for formset in formsets)])
        context = {
            **self.admin_site.each_context(request),
            "title": _("Worth a second look"),
            "opts": self.opts,
            "wrong": [] if valid else trial.wrong(form, formsets),
        }
        if valid:
            with trial.as_saved(form, formsets) as policy:
                pk, rows = policy.pk, gathering.read(clock.now())
            said = about.of(rows, pk, Reader(request.user))  # type: ignore[arg-type]
            context |= {"said": said, "people": people_in_words(said.people)}
        part, whole = (f"admin/policies/policy/{name}.html" for name in ("check", "check_page"))
        return TemplateResponse(request, part if request.headers.get("HX-Request") else whole, context)

    # --- once it is saved ------------------------------------------------------------------------

    def save_related(self, request: Any, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        request.saved_policy = form.instance.pk

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> Any:
        """The look comes after the change is made, so that nobody who waits their turn waits for it too."""
        answer = super().changeform_view(request, object_id, form_url, extra_context)
        saved = getattr(request, "saved_policy", None)
        if saved is not None:
            self._say(request, about.said(saved, Reader(request.user), clock.now()))  # type: ignore[arg-type]
        return answer

    def _say(self, request: HttpRequest, said: about.Said) -> None:
        lines = [line for group in said.groups for line in group.lines]
        for line in lines[:MOST]:
            messages.warning(request, f"{line.name}: {line.sentence}")
        rest, more = [], len(lines) - MOST
        if more > 0:
            words = ngettext("%d more thing is worth a second look.", "%d more things are worth a second look.", more)
            rest.append(words % more)
        if said.people:
            rest.append(people_in_words(said.people))
        if rest:
            see = format_html('<a href="{}">{}</a>', reverse("readiness"), _("See Readiness"))
            messages.warning(request, format_html("{} {}.", " ".join(rest), see))


def people_in_words(count: int) -> str:
    said = ngettext(
        "%d person whom this policy calls may not be reached in time.",
        "%d people whom this policy calls may not be reached in time.",
        count,
    )
    return said % count
