"""“What would have happened”, in a policy's form: its past incidents, up the policy as it is and as the form has it."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.translation import gettext as _

from . import replaying, trial
from .freezing import freeze
from .lint_admin import LintedAdmin
from .models import Policy

MOST_PAGES = 10_000


class ReplayedAdmin(LintedAdmin):
    """The policies' page, with a look back before it is saved."""

    def get_urls(self) -> Any:
        view = self.admin_site.admin_view(self.what_if_view)
        return [path("<int:pk>/what-if/", view, name="policies_policy_what_if"), *super().get_urls()]

    def render_change_form(self, request: Any, context: Any, *args: Any, **kwargs: Any) -> Any:
        context["what_if_of"] = [(key, words) for key, (words, _most, _days) in replaying.CHOICES.items()]
        return super().render_change_form(request, context, *args, **kwargs)

    def what_if_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Nothing is saved; the lock that trying it needs is held only until its path has been read."""
        _obj, form, formsets = self.forms_of(request, pk)
        valid = all([form.is_valid(), *(formset.is_valid() for formset in formsets)])
        whole = not request.headers.get("HX-Request")
        context = {
            **self.admin_site.each_context(request),
            "title": _("What would have happened"),
            "opts": self.opts,
            "pk": pk,
            "whole": whole,
            "sent": [(name, value) for name, values in request.POST.lists() for value in values if name not in _OWN],
            "wrong": [] if valid else trial.wrong(form, formsets),
        }
        if valid:
            before = Policy.objects.get(pk=pk)
            paths = freeze(before)
            with trial.as_saved(form, formsets) as policy:
                tried = freeze(policy)
            user: Any = request.user
            most, days = replaying.CHOICES.get(request.POST.get("what_if_of", ""), _USUAL)[1:]
            page = _number(request.POST.get("what_if_page", ""))
            wanted = replaying.Wanted(user, pk, before.name, paths, tried, most, days, page)
            context["shown"] = replaying.played(wanted)
        part, page_of_it = (f"admin/policies/policy/{name}.html" for name in ("whatif", "whatif_page"))
        return TemplateResponse(request, page_of_it if whole else part, context)


_OWN = ("csrfmiddlewaretoken", "what_if_page")
_USUAL = replaying.CHOICES[replaying.USUAL]


def _number(said: str) -> int:
    """Of a page; the first if it is none."""
    return min(int(said), MOST_PAGES) if said.isascii() and said.isdigit() and 0 < len(said) < 6 and int(said) else 1
