"""The pages: all cases with one's record, and one play."""

from typing import Any, cast

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from escalation.kit import clock
from escalation.kit.errors import Refused
from escalation.people.models import User
from incidents.learning import training
from incidents.learning.training_due import Standing
from incidents.models import TrainingCase, TrainingPlay
from incidents.models.training import may_play
from incidents.models.training_cases import unsaid
from incidents.practising import offered, record, told
from incidents.practising.forms import StepForm
from incidents.training_due import dues_of

WRITTEN = 50  # cases of one's own that are listed, the newest


@never_cache
@require_safe
def page(request: HttpRequest) -> HttpResponse:
    reader = cast(User, request.user)
    begun, plays = record.begun(reader), record.own(reader)
    looked_after = TrainingCase.objects.writable_by(reader).select_related("author").order_by("-pk")
    written = list(looked_after[: WRITTEN + 1])
    best, offered_now = record.best(reader), offered.cases()
    cases = [
        {
            "key": key,
            "case": one.told,
            "own": one.own,
            "n": len(one.told["steps"]),
            "best": best.get(key),
            "begun": key in begun,
        }
        for key, one in offered_now.items()
    ]
    people, now = record.people(reader), clock.now()
    mine = dues_of([reader.pk]).get(reader.pk)
    context: dict[str, Any] = {
        "cases": cases,
        "left": [play for key, play in begun.items() if key not in offered_now],
        "written": written[:WRITTEN],
        "more_written": WRITTEN if len(written) > WRITTEN else 0,
        "plays": plays,
        "unsaid": unsaid(plays),
        "lines": None,
        "due": mine[0] if mine else None,
        "may_play": may_play(reader),
        "good": training.GOOD,
        "here": "training",
    }
    if people is not None:
        dues = dues_of(people.values("pk"))
        context["lines"] = record.with_dues(record.lines(people), dues, now)
        context["teams"] = record.teams(reader, dues.values(), now)
    context["late"] = mine is not None and mine[0].standing(now) is Standing.LATE
    return render(request, "training/page.html", context)


@require_POST
def begin(request: HttpRequest, key: str) -> HttpResponse:
    play = offered.begin(key, by=cast(User, request.user))
    if play is None:
        raise Http404
    return redirect(play)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def play(request: HttpRequest, pk: int) -> HttpResponse:
    """One address for the step that has come, and for the result: going back or loading it again shows what is."""
    reader = cast(User, request.user)
    found = get_object_or_404(TrainingPlay.objects.visible_to(reader).select_related("person"), pk=pk)
    if unsaid([found]):
        return render(request, "training/unsaid.html", {"play": found, "here": "training"})
    case, form, status = training.read(found.told), None, 200
    if request.method == "POST":
        if found.person_id != reader.pk:
            raise Refused(_("Only whoever plays it answers."), code="not-allowed")
        form = StepForm(request.POST, case)
        if form.is_valid():
            return _answered(request, found, form)
        status = 422
    n, mine = len(found.answers), found.person_id == reader.pk
    context = {
        "play": found,
        "case": case,
        "steps": told.steps_so_far(found, case),
        "n": n,
        "mine": mine,
        "full": training.FULL,
        "good": training.GOOD,
        "here": "training",
    }
    if found.ended_at is not None:
        return render(request, "training/result.html", context)
    step = case.steps[n]
    context |= {"step": step, "minute": told.minute(step.minute), "of": len(case.steps)}
    context["form"] = (form or StepForm(None, case)) if mine else None
    return render(request, "training/play.html", context, status=status)


def _answered(request: HttpRequest, found: TrainingPlay, form: StepForm) -> HttpResponse:
    sent = request.POST.get("step", "")
    step = int(sent) if sent.isascii() and sent.isdecimal() and len(sent) < 4 else len(found.told["steps"])
    try:
        found.answer_step(by=cast(User, request.user), step=step, said=form.said, score=told.score)
    except Refused as refused:
        if refused.code == "not-allowed":
            raise
        messages.error(request, str(refused))
    else:
        if found.ended_at is not None:
            messages.success(request, _("Played to the end: %(score)d of 100.") % {"score": found.score})
    return redirect(found)
