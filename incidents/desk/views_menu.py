"""Saved views: the menu in the queue, and the pages that name, share, change and archive them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode

from django import forms
from django.contrib import messages
from django.db.models import Exists, OuterRef
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from escalation.kit import clock
from escalation.people.models import Team, User
from escalation.people.once import once
from incidents.models import FirstView, SavedView
from incidents.models.views import asked_in

from .dialogs import either, user_of
from .queries import Filters, team_ids


def address_of(view: SavedView) -> str:
    return f"{reverse('queue')}?{urlencode([*parse_qsl(view.asked), ('view', view.pk)])}"


@dataclass(frozen=True)
class Menu:
    """The views a person can choose from, and the one they look at."""

    links: list[tuple[SavedView, str]]
    here: SavedView | None
    save: str

    @classmethod
    def of(cls, filters: Filters, views: Sequence[SavedView]) -> "Menu":
        asked = filters.asked.get("view", "")
        here = next((view for view in views if str(view.pk) == asked), None)
        links = [(view, address_of(view)) for view in views]
        return cls(links, here, filters.address(reverse("queue-view-new")))


def views_of(user: User) -> list[SavedView]:
    """Those that a person can choose from; ``first``: the queue begins with it."""
    first = FirstView.objects.filter(person=user, view=OuterRef("pk"))
    return list(SavedView.objects.visible_to(user).select_related("team").annotate(first=Exists(first)))


def first_address(request: HttpRequest, views: Iterable[SavedView]) -> str:
    """Where the bare queue leads for who has chosen a view for it, as long as they see that view."""
    view = next((one for one in views if one.first), None)  # type: ignore[attr-defined]
    return address_of(view) if view and not request.GET else ""


# --- pages ------------------------------------------------------------------------------------


class ViewForm(forms.ModelForm):
    first = forms.BooleanField(
        label=gettext_lazy("My queue begins with it"),
        required=False,
        help_text=gettext_lazy("“Queue” leads here, for you alone."),
    )

    class Meta:
        model = SavedView
        fields = ["name", "team"]

    def __init__(self, user: User, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        kept = [self.instance.team_id] if self.instance.team_id else []
        team: Any = self.fields["team"]
        team.queryset = Team.objects.filter(pk__in=[*team_ids(user), *kept]).order_by("name")
        team.empty_label = _("nobody: it is mine")
        team.help_text = _("Everybody of the team finds it in their queue. Its supervisors may change it.")


class NewForm(ViewForm):
    """A new one, or what is shown now instead of what another had."""

    instead = forms.ModelChoiceField(
        SavedView.objects.none(),
        label=gettext_lazy("Or instead of"),
        required=False,
        empty_label=gettext_lazy("none: a new view"),
        help_text=gettext_lazy("The view keeps its name and shows from now on what you see now."),
    )
    field_order = ["name", "team", "first", "instead"]

    def __init__(self, user: User, *args: Any, **kwargs: Any):
        super().__init__(user, *args, **kwargs)
        self.fields["instead"].queryset = SavedView.objects.changeable_by(user)  # type: ignore[attr-defined]
        self.fields["name"].required = False

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        if not found.get("instead") and not found.get("name"):
            self.add_error("name", _("Give it a name."))
        return found


@either
def new(request: HttpRequest, **kwargs: Any) -> HttpResponse:
    """Save what the address asks for. The form carries that address in its own."""
    user, asked = user_of(request), asked_in(request.GET)
    form = NewForm(user, request.POST or None)
    if request.method == "POST" and form.is_valid():
        view = SavedView.objects.get(pk=once(request, lambda: _saved(form, user, asked)))
        messages.success(request, _("“%(name)s” is saved.") % {"name": view.name})
        return redirect(address_of(view))
    back = f"{reverse('queue')}?{asked}" if asked else reverse("queue")
    return _page(request, form, title=_("Save this view"), back=back)


def _saved(form: NewForm, user: User, asked: str) -> str:
    view = form.cleaned_data["instead"] or form.save(commit=False)
    view.asked = asked
    if view.pk is None:
        view.author = user
        view.save()
    else:  # nothing else of it: somebody may be changing its name
        view.save(update_fields=["asked"])
    if form.cleaned_data["first"]:
        FirstView.choose(user, view, on=True)
    return str(view.pk)


@either
def change(request: HttpRequest, pk: int, **kwargs: Any) -> HttpResponse:
    user = user_of(request)
    get_object_or_404(SavedView.objects.visible_to(user), pk=pk)
    view = get_object_or_404(SavedView.objects.changeable_by(user), pk=pk)
    mine = FirstView.objects.filter(person=user, view=view).exists()
    form = ViewForm(user, request.POST or None, instance=view, initial={"first": mine})
    if request.method == "POST" and form.is_valid():
        form.save(commit=False).save(update_fields=["name", "team"])  # somebody may have archived it meanwhile
        FirstView.choose(user, view, on=form.cleaned_data["first"])
        messages.success(request, _("Saved."))
        return redirect("queue-views")
    return _page(request, form, title=_("Change a view"), back=reverse("queue-views"), view=view)


@require_POST
def archive(request: HttpRequest, pk: int, **kwargs: Any) -> HttpResponse:
    view = get_object_or_404(SavedView.objects.changeable_by(user_of(request)), pk=pk)
    view.archived_at = clock.now()
    view.save(update_fields=["archived_at"])
    messages.success(request, _("“%(name)s” is archived; nobody sees it any more.") % {"name": view.name})
    return redirect("queue-views")


@require_POST
def first(request: HttpRequest, pk: int, **kwargs: Any) -> HttpResponse:
    """My queue begins with this view, or no longer with it. For views of others too."""
    user = user_of(request)
    view = get_object_or_404(SavedView.objects.visible_to(user), pk=pk)
    FirstView.choose(user, view, on="no" not in request.POST)
    messages.success(request, _("Saved."))
    return redirect("queue-views")


@require_safe
def listed(request: HttpRequest, **kwargs: Any) -> HttpResponse:
    user = user_of(request)
    views = SavedView.objects.visible_to(user).select_related("team", "author")
    may = set(SavedView.objects.changeable_by(user).values_list("pk", flat=True))
    begins = FirstView.objects.filter(person=user).values_list("view", flat=True).first()
    rows = [
        {"view": view, "url": address_of(view), "mine": view.author_id == user.pk, "may": view.pk in may}
        for view in views
    ]
    return render(request, "desk/views/list.html", {"rows": rows, "begins": begins, "here": "queue"})


def _page(request: HttpRequest, form: forms.ModelForm, **context: Any) -> HttpResponse:
    status = 422 if form.errors else 200
    return render(request, "desk/views/form.html", {"form": form, "here": "queue", **context}, status=status)
