"""Runbooks to read, for everybody; and for those who keep them: other words, reviews, and what did not work."""

from collections.abc import Iterable
from functools import reduce
from operator import or_
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet, Value
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from escalation.kit.containing import contains
from escalation.kit.errors import Refused
from escalation.kit.text import one_line
from escalation.people.models import Tier
from escalation.policies.models import Policy
from incidents.models import Runbook, RunbookStep, Service, Tick
from incidents.models.procedure import LONGEST
from incidents.models.runbooks import too_many_steps

from . import procedures
from .chores import tasks_of
from .dialogs import dialog, either, form_of, user_of, workable
from .forms import Sure, words
from .queries import team_ids
from .versions import now_of
from .visible import visible_incident

MOST = 200  # on one page; the search finds the others


# --- reading ----------------------------------------------------------------------------------


def _with_about(runbooks: Iterable[Runbook]) -> list[Runbook]:
    """Each with ``about``: what in use it is attached to, as pairs of what it is and its name. One query for all."""
    found = {runbook.pk: runbook for runbook in runbooks}
    for runbook in found.values():
        runbook.about = []  # type: ignore[attr-defined]
    used: tuple[QuerySet, ...] = (Service.objects.in_use(), Tier.objects.in_use(), Policy.objects.in_use())
    kinds = [
        rows.order_by().filter(runbooks__in=found).values_list("runbooks", Value(n), "name")
        for n, rows in enumerate(used)
    ]
    said = (_("Service"), _("Tier"), _("Policy"))
    for pk, kind, name in sorted(kinds[0].union(*kinds[1:], all=True)):
        found[pk].about.append((said[kind], name))  # type: ignore[attr-defined]
    return list(found.values())


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    query = one_line(request.GET.get("q", ""), limit=80)
    found = Runbook.objects.in_use().select_related("team", "owner").defer("body")
    for word in query.split():
        found = found.filter(contains("title", word) | contains("team__name", word) | Q(pk__in=_about(word)))
    rows = _with_about(found[: MOST + 1])
    context = {
        "runbooks": rows[:MOST],
        "more": len(rows) > MOST,
        "q": query,
        "now": now_of(request),
        "here": "runbooks",
    }
    return render(request, "desk/runbooks/list.html", context)


def _about(word: str) -> Any:
    """Those whose words, or whatever they are attached to, have it."""
    fields = ("body", "services__name", "tiers__name", "policies__name")
    return Runbook.objects.filter(reduce(or_, (contains(field, word) for field in fields))).values("pk")


def _runbook(pk: int) -> Runbook:
    return get_object_or_404(Runbook.objects.select_related("team", "owner", "reviewed_by"), pk=pk)


@require_safe
def runbook(request: HttpRequest, pk: int) -> HttpResponse:
    found, user = _runbook(pk), user_of(request)
    context = {
        "runbook": _with_about([found])[0],
        "shown": procedures.of_runbook(found, user),
        "tasks": tasks_of([found.pk], user, MOST),
        "may_keep": found.may_keep(user, team_ids(user)) and not found.archived_at,
        "due": bool(found.review_at and found.review_at <= now_of(request) and not found.archived_at),
        "here": "runbooks",
    }
    return render(request, "desk/runbooks/page.html", context)


# --- keeping ----------------------------------------------------------------------------------


class _Lines(forms.CharField):
    """A browser sends two characters for the end of a line."""

    def to_python(self, value: Any) -> Any:
        return str(super().to_python(value)).replace("\r\n", "\n")


class BodyForm(forms.Form):
    body = _Lines(
        label=gettext_lazy("Procedure"),
        max_length=LONGEST,
        strip=False,
        widget=forms.Textarea({"rows": 18, "spellcheck": "true"}),
        help_text=gettext_lazy("Markdown. A line that begins with “- [ ]” is a step that can be ticked."),
    )

    def clean_body(self) -> str:
        body = str(self.cleaned_data["body"])
        if said := too_many_steps(body):
            raise forms.ValidationError(said)
        return body


def _kept(request: HttpRequest, pk: int) -> Runbook:
    found = _runbook(pk)
    if not found.may_keep(user_of(request)):
        raise PermissionDenied(_("Only its owner, its team and admins may do that."))
    return found


@either
def change(request: HttpRequest, pk: int) -> HttpResponse:
    """Other words: shown first if that is asked for, else saved."""
    found = _kept(request, pk)
    form = BodyForm(request.POST if request.method == "POST" else None, initial={"body": found.body})
    status, refusal, seen, preview = 200, "", found.version, None
    if request.method == "POST":
        status, seen = 422, request.POST.get("seen", "")
        if form.is_valid():
            if "preview" in request.POST:
                status, preview = 200, procedures.drawn(form.cleaned_data["body"])
            else:
                try:
                    found.rewrite(by=user_of(request), body=form.cleaned_data["body"], seen=seen)
                except Refused as refused:
                    if refused.code == "not-allowed":
                        raise
                    found = _runbook(pk)
                    status, refusal, seen = 409, str(refused), found.version
                else:
                    messages.success(request, _("Saved. Steps with other words begin anew."))
                    return redirect(found)
    context = {"runbook": found, "form": form, "refusal": refusal, "seen": seen, "preview": preview}
    return render(request, "desk/runbooks/change.html", {**context, "here": "runbooks"}, status=status)


@require_POST
def review(request: HttpRequest, pk: int) -> HttpResponse:
    found = _kept(request, pk)
    try:
        found.review(by=user_of(request), seen=request.POST.get("seen", ""))
    except Refused as refused:
        if refused.code == "not-allowed":
            raise
        messages.error(request, str(refused))
    else:
        messages.success(request, _("Reviewed: still right."))
    return redirect(found)


# --- on an incident ---------------------------------------------------------------------------


class FailedForm(forms.Form):
    text = words(
        gettext_lazy("What happened instead?"), help_text=gettext_lazy("Its owner is asked to look at the step.")
    )


class RightForm(forms.Form):
    text = words(
        gettext_lazy("Why it is right as it is"), help_text=gettext_lazy("It stands on the incident's record.")
    )


def _step(pk: int) -> RunbookStep:
    return get_object_or_404(RunbookStep.objects.select_related("runbook"), pk=pk)


def _named(step: RunbookStep) -> str:
    said = one_line(step.words, limit=200)
    named = {"n": step.number, "title": step.runbook.title, "words": said}
    return _("Step %(n)s of “%(title)s”: %(words)s") % named if step.number else said


@either
def success(request: HttpRequest, number: int, pk: int) -> HttpResponse:
    incident, step = workable(request, number), _step(pk)

    def do(data: dict[str, Any]) -> str:
        incident.tick(by=user_of(request), step=pk, worked=True)
        return _("Recorded: it worked.")

    form = form_of(request, Sure)
    return dialog(request, incident, form, do, title=_("It worked"), button=_("Worked"), lead=_named(step))


@either
def failure(request: HttpRequest, number: int, pk: int) -> HttpResponse:
    incident, step = workable(request, number), _step(pk)

    def do(data: dict[str, Any]) -> str:
        incident.tick(by=user_of(request), step=pk, worked=False, text=data["text"])
        return _("Recorded. The runbook's owner is asked to look at it.")

    form = form_of(request, FailedForm)
    return dialog(request, incident, form, do, title=_("It did not work here"), button=_("Record"), lead=_named(step))


@either
def retraction(request: HttpRequest, number: int, pk: int) -> HttpResponse:
    incident, step = workable(request, number), _step(pk)

    def do(data: dict[str, Any]) -> str:
        incident.untick(by=user_of(request), step=pk)
        return _("Taken back. Both are on record.")

    form = form_of(request, Sure)
    return dialog(request, incident, form, do, title=_("Take it back"), button=_("Take back"), lead=_named(step))


@either
def settlement(request: HttpRequest, number: int, pk: int) -> HttpResponse:
    """Whoever keeps the runbook need not work on the incident, but has to see it."""
    incident = visible_incident(request, number)
    tick = Tick.objects.filter(pk=pk, incident=incident, worked=False).select_related("step__runbook").first()
    if tick is None:
        raise Http404
    if not tick.step.runbook.may_keep(user_of(request)):
        raise PermissionDenied(_("Only its owner, its team and admins may do that."))

    def do(data: dict[str, Any]) -> str:
        incident.settle(by=user_of(request), tick=pk, text=data["text"])
        return _("Settled: right as it is.")

    form, lead = form_of(request, RightForm), _named(tick.step)
    return dialog(request, incident, form, do, title=_("Right as it is"), button=_("Settle"), lead=lead)
