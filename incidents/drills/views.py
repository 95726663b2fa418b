"""The pages of drills. Each form is a page of its own; a refusal comes back with what was typed."""

from typing import cast

from django import forms
from django.core.paginator import Paginator
from django.db.models import Exists, OuterRef
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from escalation.kit.errors import Refused
from escalation.people.models import User
from incidents.drilling import showing, words
from incidents.drilling.results import reports
from incidents.models import Drill, DrillRun, Incident
from incidents.models.drills import plannable_by
from incidents.sheets import Sheet, filled_in, pressed, seen

from .forms import PlanForm

either = require_http_methods(["GET", "HEAD", "POST"])
PAGE = 30  # runs of a drill
MOST = 200  # drills


def user_of(request: HttpRequest) -> User:
    return cast(User, request.user)


def _drill(request: HttpRequest, pk: int) -> Drill:
    found = Drill.objects.visible_to(user_of(request)).select_related("service__team", "service__policy", "planned_by")
    return get_object_or_404(found, pk=pk)


def _changeable(request: HttpRequest, pk: int) -> Drill:
    found = _drill(request, pk)
    if not found.may_change(user_of(request)):
        raise Refused(_("You may look at this drill but not change it."), code="not-allowed")
    return found


# --- reading ----------------------------------------------------------------------------------


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """What is planned, the next first, with what came of each the last time."""
    user = user_of(request)
    mine = Drill.objects.visible_to(user).select_related("service__team")
    found = list(mine.next_first()[: MOST + 1])
    last = showing.last_of(found[:MOST])
    context = {
        "rows": [(one, last.get(one.pk)) for one in found[:MOST]],
        "more": len(found) > MOST,
        "may_plan": plannable_by(user).exists(),
        "here": "drills",
    }
    return render(request, "drills/list.html", context)


@require_safe
def drill(request: HttpRequest, pk: int) -> HttpResponse:
    """One plan, and each time that it was due."""
    found, user = _drill(request, pk), user_of(request)
    runs = found.runs.select_related("incident", "started_by").latest_first()
    here = Paginator(runs, PAGE).get_page(request.GET.get("page"))
    shown = showing.of(list(here.object_list))
    going = Incident.objects.open().filter(drill_run=OuterRef("pk"))
    context = {
        "drill": found,
        "page": here,
        "runs": shown,
        "trend": showing.trend(shown) if here.number == 1 else "",  # of the latest, and of no others
        "of_last": PAGE if here.has_next() else 0,
        "going_on": found.runs.filter(Exists(going)).latest_first().first(),
        "may_change": found.may_change(user),
        "here": "drills",
    }
    return render(request, "drills/page.html", context)


@require_safe
def run(request: HttpRequest, pk: int, run: int) -> HttpResponse:
    """The report of one time: who was called when and how, who answered, and how far it went."""
    found = _drill(request, pk)
    one = _run(found, run)
    report = reports([one])[one.pk]
    seen_too = Incident.objects.visible_to(request.user).filter(pk=one.incident_id)
    context = {
        "drill": found,
        "run": one,
        "report": report,
        "outcome": words.outcome(one, report),
        "lines": showing.lines(report) if report else [],
        "reached": words.reached(report) if report else "",
        "silent": words.silent(report) if report else "",
        "ended": words.ended(report) if report else "",
        "may_see": one.incident_id is not None and seen_too.exists(),
        "may_change": found.may_change(user_of(request)),
        "here": "drills",
    }
    return render(request, "drills/run.html", context)


def _run(drill: Drill, pk: int) -> DrillRun:
    return get_object_or_404(drill.runs.select_related("incident", "started_by"), pk=pk)


# --- writing ----------------------------------------------------------------------------------


@either
def new(request: HttpRequest) -> HttpResponse:
    user = user_of(request)
    if not plannable_by(user).exists():
        raise Refused(_("You may plan drills of the services of teams you supervise."), code="not-allowed")
    form = PlanForm(user, request.POST or None)

    def do(form: forms.Form) -> str:
        made.append(Drill.plan(by=user, **cast(PlanForm, form).facts))
        return _("Planned.")

    made: list[Drill] = []
    sheet = Sheet(
        title=_("Plan a drill"),
        button=_("Plan"),
        ref="",
        about=_("A practice incident on the real path, to the real people on call."),
        back=reverse("drills"),
        here="drills",
    )
    return filled_in(request, form, do, sheet, then=lambda: made[0].get_absolute_url() if made else reverse("drills"))


@either
def change(request: HttpRequest, pk: int) -> HttpResponse:
    found, user = _changeable(request, pk), user_of(request)
    form = PlanForm(user, request.POST or None, drill=found)

    def do(form: forms.Form) -> str:
        found.change(by=user, seen=_version(request), **cast(PlanForm, form).facts)
        return _("Saved.")

    at = found.get_absolute_url()
    sheet = Sheet(
        title=_("Change the plan"),
        button=_("Save"),
        ref="",
        about=found.title,
        back=at,
        here="drills",
        lead=_("What goes on now goes on as it began."),
        seen=str(found.version),
    )
    return filled_in(request, form, do, sheet, then=at)


@require_POST
def switch(request: HttpRequest, pk: int) -> HttpResponse:
    found, on = _changeable(request, pk), request.POST.get("on") == "1"

    def do() -> None:
        found.switch(by=user_of(request), on=on, seen=_version(request))

    said = _("On: it is held when its time comes.") if on else _("Off: it is not held by itself any more.")
    return pressed(request, do, said, then=found.get_absolute_url())


@either
def start(request: HttpRequest, pk: int) -> HttpResponse:
    """People are called at once, so it is asked for once more."""
    found, user = _changeable(request, pk), user_of(request)
    made: list[DrillRun] = []

    def do(form: forms.Form) -> str:
        made.append(found.start(by=user))
        return _("It has begun: the first step is called.")

    at = found.get_absolute_url()
    sheet = Sheet(
        title=_("Start the drill now"),
        button=_("Start"),
        ref="",
        about=found.title,
        back=at,
        here="drills",
        lead=_("The people on call are called now, by their own rules. Every message says that it is a drill."),
    )
    return filled_in(request, forms.Form(), do, sheet, then=lambda: made[0].get_absolute_url() if made else at)


@require_POST
def end(request: HttpRequest, pk: int, run: int) -> HttpResponse:
    one = _run(_changeable(request, pk), run)
    return pressed(request, lambda: one.stop(by=user_of(request)), _("Ended."), then=one.get_absolute_url())


def _version(request: HttpRequest) -> int | None:
    """What the form was made from; whatever is no number is nothing that was ever seen."""
    said = seen(request)
    return None if said is None else int(said) if said.isascii() and said.isdecimal() and len(said) < 10 else 0
