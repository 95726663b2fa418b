"""The pages of problems. Each form is a page of its own; a refusal comes back with what was typed."""

from collections.abc import Callable
from functools import partial
from typing import Any, cast

from django import forms
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from escalation.kit.errors import Refused
from escalation.people.models import User
from escalation.people.sessions import instant_of
from incidents import recognising, recurring
from incidents.models import Action, Incident, Problem, ProblemIncident
from incidents.reviewing import doing
from incidents.sheets import Sheet, filled_in, pressed, seen

from . import words
from .forms import AddForm, BeginForm, CloseForm, DropForm, FixForm, TakingForm, WordsForm, first_words

either = require_http_methods(["GET", "HEAD", "POST"])


def user_of(request: HttpRequest) -> User:
    return cast(User, request.user)


def _problem(request: HttpRequest, pk: int) -> Problem:
    found = Problem.objects.visible_to(request.user).select_related("owner", "team", "begun_by", "trail")
    return get_object_or_404(found, pk=pk)


def _writable(request: HttpRequest, pk: int) -> Problem:
    found = _problem(request, pk)
    if not found.may_act(user_of(request)):
        raise Refused(_("You may look at %(ref)s but not change it.") % {"ref": found.ref}, code="not-allowed")
    return found


def _incident(request: HttpRequest, number: int) -> Incident:
    found = Incident.objects.visible_to(request.user).select_related("trail", "service")
    return get_object_or_404(found, number=number)


# --- reading ----------------------------------------------------------------------------------


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """What may be one, actions that are late, and the problems: open, fixed, closed."""
    user, now = user_of(request), instant_of(request)
    today = localdate(now)
    mine = Problem.objects.visible_to(user)
    open_actions = Count("actions", filter=Q(actions__done_at=None, actions__dropped_at=None))
    found = list(
        mine.annotate(open_actions=open_actions).select_related("owner", "team").open_first()[: recurring.MOST_PROBLEMS]
    )
    late = Action.objects.filter(problem__in=mine.values("pk")).overdue(today).select_related("owner", "problem")
    read = recurring.read(found, user, now, propose=True)
    rows = [(one, read.around[one.pk]) for one in found]
    context = {
        "proposals": read.proposals[: recurring.MOST_PROPOSALS],
        "late": late.order_by("due", "pk")[: recurring.MOST_PROBLEMS],
        "groups": [
            (_("Open"), [row for row in rows if row[0].state == "open"]),
            (_("Fixed"), [row for row in rows if row[0].state == "fixed"]),
            (_("Closed"), [row for row in rows if row[0].state == "closed"]),
        ],
        "any": bool(rows),
        "more": len(found) == recurring.MOST_PROBLEMS,
        "here": "problems",
    }
    return render(request, "problems/list.html", context)


@require_safe
def problem(request: HttpRequest, pk: int) -> HttpResponse:
    found, user, now = _problem(request, pk), user_of(request), instant_of(request)
    around = recurring.of(found, user, now)
    known = {row.ref for row in (*around.linked, *around.apart)}
    context = {
        "problem": found,
        "around": around,
        "said": recurring.said(around.measured) if around.measured else "",
        "actions": list(found.actions.select_related("owner", "done_by", "dropped_by")),
        "history": words.history(found, known),
        "today": localdate(now),
        "may_write": found.may_act(user),
        "here": "problems",
    }
    return render(request, "problems/page.html", context)


# --- writing ----------------------------------------------------------------------------------


@either
def begin(request: HttpRequest, number: int) -> HttpResponse:
    """From an incident, with what was seen before of it."""
    incident, user = _incident(request, number), user_of(request)
    there = ProblemIncident.objects.filter(incident=incident, belongs=True).first()
    if there is not None and request.method != "POST":
        return redirect("problem", there.problem_id)
    if not incident.may_act(user):
        raise Refused(_("You may look at %(ref)s but not change it.") % {"ref": incident.ref}, code="not-allowed")
    alike = [one for one in recognising.of(incident, user) if one.problem is None]
    first = {"title": incident.title, "owner": user.pk, "team": _team(incident, user)}
    form = BeginForm(request.POST or None, initial=first, alike=alike)

    def do(form: forms.Form) -> str:
        also, apart = cast(BeginForm, form).ticked()
        seen_too = Incident.objects.visible_to(user)
        said = {name: form.cleaned_data[name] for name in ("title", "owner", "team", "cause")}
        said |= {"also": list(seen_too.filter(number__in=also)), "apart": list(seen_too.filter(number__in=apart))}
        return _("%(ref)s begins.") % {"ref": Problem.begin(incident, by=user, **said).ref}

    sheet = Sheet(
        title=_("Begin a problem"),
        button=_("Begin"),
        ref=incident.ref,
        about=incident.title,
        back=incident.get_absolute_url(),
        here="problems",
        lead=_("Trouble that comes back gets an owner, and what is done against it. Afterwards it is counted again."),
    )
    return filled_in(request, form, do, sheet, then=lambda: _of(incident))


def _team(incident: Incident, user: User) -> int | None:
    """One's own that has the incident, else the incident's."""
    mine = set(user.teams.values_list("pk", flat=True))
    return incident.owner_id if incident.owner_id in mine or not mine else min(mine)


def _of(incident: Incident) -> str:
    there = ProblemIncident.objects.filter(incident=incident, belongs=True).values_list("problem", flat=True).first()
    return reverse("problem", args=[there]) if there else reverse("problems")


@either
def change(request: HttpRequest, pk: int) -> HttpResponse:
    found = _writable(request, pk)
    form = WordsForm(request.POST or None, initial=first_words(found))

    def do(form: forms.Form) -> str:
        found.write(by=user_of(request), seen=seen(request), **form.cleaned_data)
        return _("Saved.")

    return _sheet(request, found, form, do, title=_("Change the words"), button=_("Save"), seen=str(found.version))


@either
def fix(request: HttpRequest, pk: int) -> HttpResponse:
    found, now = _writable(request, pk), instant_of(request)
    first = {"on": localdate(found.fixed_at or now)}
    form = FixForm(request.POST or None, initial=first, today=localdate(now))

    def do(form: forms.Form) -> str:
        found.fix(by=user_of(request), at=cast(FixForm, form).at(now), seen=seen(request))
        return _("Fixed. Whether it comes back is counted from then on.")

    look = {"title": _("Fixed"), "button": _("Save"), "lead": _still_open(request, found), "seen": str(found.version)}
    return _sheet(request, found, form, do, **look)


def _still_open(request: HttpRequest, problem: Problem) -> str:
    """Of its incidents, as far as their reader may know: what is fixed is not still broken, as a rule."""
    mine = Incident.objects.visible_to(request.user).filter(resolved_at=None)
    n = mine.filter(of_problems__in=problem.links.filter(belongs=True)).count()
    said = ngettext("%(n)d of its incidents is still open.", "%(n)d of its incidents are still open.", n) % {"n": n}
    return said if n else ""


@either
def close(request: HttpRequest, pk: int) -> HttpResponse:
    found = _writable(request, pk)

    def do(form: forms.Form) -> str:
        found.close(by=user_of(request), text=form.cleaned_data["text"], seen=seen(request))
        return _("Closed.")

    lead = _("Nobody works on it any more. What looks like it is not proposed as another problem.")
    look = {"title": _("Close it"), "button": _("Close"), "lead": lead, "seen": str(found.version)}
    return _sheet(request, found, CloseForm(request.POST or None), do, **look)


@require_POST
def reopen(request: HttpRequest, pk: int) -> HttpResponse:
    found = _writable(request, pk)
    return _pressed(request, found, _("Open again."), lambda: found.reopen(by=user_of(request), seen=seen(request)))


@either
def take_text_away(request: HttpRequest, pk: int, seq: int) -> HttpResponse:
    """Out of the record, for good: an admin's."""
    found = _problem(request, pk)
    if not user_of(request).is_staff:
        raise Refused(_("Only an admin can take a text out of the record."), code="not-allowed")
    if seq > found.trail.length:
        raise Http404
    if found.text_of(seq) is None and request.method != "POST":
        raise Refused(_("Entry %(seq)d has no text, or it was taken away.") % {"seq": seq}, code="stale")

    def do(form: forms.Form) -> str:
        found.take_text_away(by=user_of(request), seq=seq, text=form.cleaned_data["text"])
        return _("The text is out of the record.")

    lead = _(
        "The text of entry %(seq)d is deleted for good, here, of the action that it is about, and in the messages that"
        " Baton keeps; that it was there, and why it is gone, stays on record. What people have copied elsewhere stays"
        " too."
    ) % {"seq": seq}
    look = {"title": _("Take the text away"), "button": _("Take away"), "lead": lead}
    return _sheet(request, found, TakingForm(request.POST or None), do, **look)


# --- its incidents ----------------------------------------------------------------------------


@either
def add(request: HttpRequest, pk: int) -> HttpResponse:
    """One that was not proposed, by its number."""
    found, user = _writable(request, pk), user_of(request)

    def do(form: forms.Form) -> str:
        incident = Incident.objects.visible_to(user).filter(number=form.cleaned_data["incident"]).first()
        if incident is None:
            raise Refused(_("There is no such incident that you may see."), code="invalid")
        found.link(incident, by=user)
        return _("Linked.")

    return _sheet(request, found, AddForm(request.POST or None), do, title=_("Link an incident"), button=_("Link"))


@require_POST
def link(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    found, incident = _writable(request, pk), _incident(request, number)
    then = _back(request, found, incident)
    return _pressed(request, found, _("Linked."), lambda: found.link(incident, by=user_of(request)), then=then)


@require_POST
def unlink(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    found, incident = _writable(request, pk), _incident(request, number)
    said, then = _("Remembered: it is not proposed again."), _back(request, found, incident)
    return _pressed(request, found, said, lambda: found.unlink(incident, by=user_of(request)), then=then)


def _back(request: HttpRequest, problem: Problem, incident: Incident) -> str:
    """Where the button was."""
    return incident.get_absolute_url() if request.POST.get("from") == "incident" else problem.get_absolute_url()


# --- actions ----------------------------------------------------------------------------------


@either
def new_action(request: HttpRequest, pk: int) -> HttpResponse:
    found = _writable(request, pk)
    return doing.add(request, found, partial(_sheet, request, found))


@either
def action(request: HttpRequest, pk: int, action: int) -> HttpResponse:
    found = _writable(request, pk)
    return doing.move(request, found, action, partial(_sheet, request, found))


@require_POST
def complete(request: HttpRequest, pk: int, action: int) -> HttpResponse:
    return doing.complete(request, _writable(request, pk), action)


@either
def drop(request: HttpRequest, pk: int, action: int) -> HttpResponse:
    found = _writable(request, pk)
    return doing.drop(request, found, action, DropForm(request.POST or None), partial(_sheet, request, found))


# --- what they share --------------------------------------------------------------------------


def _pressed(
    request: HttpRequest, problem: Problem, said: str, do: Callable[[], None], *, then: str = ""
) -> HttpResponse:
    return pressed(request, do, said, then=then or problem.get_absolute_url())


def _sheet(
    request: HttpRequest, problem: Problem, form: forms.Form, do: Callable[[forms.Form], str], **look: Any
) -> HttpResponse:
    at = problem.get_absolute_url()
    sheet = Sheet(ref=problem.ref, about=problem.title, back=at, here="problems", **look)
    return filled_in(request, form, do, sheet, then=at)
