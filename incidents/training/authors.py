"""The pages of who makes a case from an incident: the draft, part by part, how it plays, and whether others find it."""

from collections.abc import Callable
from typing import Any, cast

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from escalation.kit.errors import Refused
from escalation.people.models import User
from escalation.people.once import once, said_before
from escalation.people.sessions import instant_of
from incidents.learning import training
from incidents.models import Incident, TrainingCase
from incidents.models.training_cases import WORDS, Told, along, mark, may_make
from incidents.practising import making, told
from incidents.practising.authoring import StepForm, WordsForm, people_by
from incidents.practising.bounds import LONGEST
from incidents.practising.checking import Checker
from incidents.practising.forms import StepForm as Played
from incidents.reviewing import reading
from incidents.sheets import Sheet, filled_in, pressed, seen

either = require_http_methods(["GET", "HEAD", "POST"])


def user_of(request: HttpRequest) -> User:
    return cast(User, request.user)


def _case(request: HttpRequest, pk: int) -> TrainingCase:
    found = TrainingCase.objects.writable_by(user_of(request))
    return get_object_or_404(found.select_related("incident__service", "incident__trail", "author"), pk=pk)


@never_cache
@either
def make(request: HttpRequest, number: int) -> HttpResponse:
    """Ask, and make the draft."""
    found = Incident.objects.visible_to(request.user).select_related("trail", "service").annotate(**along())
    incident, user = get_object_or_404(found, number=number), user_of(request)
    if incident.training_case is not None and incident.may_reassign(user):
        return redirect("training-case", incident.training_case)
    try:
        may_make(incident, user)
    except Refused as refused:
        if refused.code == "not-allowed":
            raise
        messages.error(request, str(refused))
        return redirect(incident)

    def do(form: forms.Form) -> str:
        draft = making.draft(incident, instant_of(request))
        TrainingCase.begin(incident, by=user, told=draft.told, replaced=draft.replaced)
        if not draft.cut:
            return _("A draft from the record. Read each part of it.")
        return _(
            "A draft from the first %(n)d entries of the record, which has more: what came after them, say yourself. "
            "Read each part of it."
        ) % {"n": reading.MOST}

    sheet = Sheet(
        title=_("Make a training case"),
        button=_("Make a draft"),
        ref=incident.ref,
        about=incident.title,
        back=incident.get_absolute_url(),
        here="training",
        lead=_(
            "It is made from the record, without names. Once you publish it, everybody of this installation may play "
            "it, whatever they may see of the incident. So you read each part before."
        ),
    )
    return filled_in(request, forms.Form(request.POST or None), do, sheet, then=lambda: _made(incident))


def _made(incident: Incident) -> str:
    return TrainingCase.objects.get(incident=incident).get_absolute_url()


# --- reading ----------------------------------------------------------------------------------


@never_cache
@require_safe
def page(request: HttpRequest, pk: int) -> HttpResponse:
    """Its parts: what is read, what is wrong; and what can be done with it."""
    found = _case(request, pk)
    checker = Checker(found)
    wrong, case = checker.parts(found), _readable(found)
    said = {one for fields in wrong for one in fields.values()}  # at its part
    rows = [
        {
            "n": n,
            "part": part,
            "minute": told.minute(part["minute"]) if n else "",
            "verdict": _VERDICTS[case.steps[n - 1].verdict.key]() if n and case else "",
            "read": found.is_read(part),
            "wrong": list(dict.fromkeys(wrong[n].values())),
        }
        for n, part in enumerate(found.parts)
    ]
    context = {
        "case": found,
        "rows": rows,
        "more": [one for one in checker.sentences(found.told) if one not in said],
        "unread": sum(not row["read"] for row in rows),
        "ready": all(row["read"] and not row["wrong"] for row in rows),
        "changes": found.state != "published",
        "here": "training",
    }
    return render(request, "training/case.html", context)


_VERDICTS: dict[str, Callable[[], str]] = {
    "not_yet": lambda: _("not yet is right"),
    "soon": lambda: _("both are right"),
    "now": lambda: _("to escalate is right"),
}


def _readable(found: TrainingCase) -> training.Case | None:
    """None: its steps are out of order, or a fact of it is none. The page says so, and each part can be mended."""
    try:
        return training.read(found.told)
    except (KeyError, ValueError, TypeError):
        return None


@never_cache
@require_safe
def preview(request: HttpRequest, pk: int) -> HttpResponse:
    """As whoever plays it sees a step, and what they are told of it at the end."""
    found = _case(request, pk)
    case = _readable(found)
    if case is None:
        messages.error(request, _("It cannot be played as it is: see what is to change."))
        return redirect(found)
    sent = request.GET.get("step", "1")
    n = int(sent) if sent.isascii() and sent.isdecimal() and len(sent) < 4 else 1
    n = min(max(n, 1), len(case.steps))
    steps = told.previewed(case)
    context = {
        "written": found,
        "case": case,
        "n": n,
        "of": len(steps),
        "before": steps[: n - 1],
        "step": steps[n - 1],
        "form": Played(None, case),
        "earlier": n - 1,
        "later": n + 1 if n < len(steps) else 0,
        "here": "training",
    }
    return render(request, "training/preview.html", context)


# --- writing ----------------------------------------------------------------------------------


@never_cache
@either
def words(request: HttpRequest, pk: int) -> HttpResponse:
    found = _case(request, pk)
    part, posted = found.parts[WORDS], request.POST if request.method == "POST" else None
    form = WordsForm(posted, part, Checker(found), looked=found.is_read(part))
    return _part(request, found, WORDS, form)


@never_cache
@either
def step(request: HttpRequest, pk: int, step: int) -> HttpResponse:
    found = _case(request, pk)
    if step < 1:  # part 0 is the words, which have a form of their own
        raise Http404
    steps, posted = found.told["steps"], request.POST if request.method == "POST" else None
    there = step <= len(steps)
    if not there and posted is None:
        raise Http404
    minutes = [-1, *(one["minute"] for one in steps), LONGEST + 1]
    beside = {"after": minutes[step - 1], "until": minutes[step + 1]} if there else {}
    part = steps[step - 1] if there else {}
    around = {"people": people_by(found.told, step), "looked": there and found.is_read(part), **beside}
    return _part(request, found, step, StepForm(posted, part, Checker(found), **around))


def _part(request: HttpRequest, found: TrainingCase, n: int, form: Any) -> HttpResponse:
    """One part, its form and what was replaced in it. Somebody else's words are shown beside one's own."""
    parts = found.parts
    status, refusal, theirs = 200, "", None
    made_from = mark(parts[n]) if n < len(parts) else ""
    if form.is_bound:
        status, made_from = 422, request.POST.get("seen", "")
        if form.is_valid():
            try:
                said = once(request, lambda: _write(request, found, n, form.words, form.cleaned_data["looked"]))
            except Refused as refused:
                if refused.code == "not-allowed":
                    raise
                status, refusal = 409, str(refused)
                found = _case(request, found.pk)
                theirs = found.parts[n] if n < len(found.parts) and refused.code == "stale" else None
                theirs = theirs if theirs and mark(theirs) != made_from else None  # it is another part that has moved
                made_from = mark(theirs) if theirs else made_from
            else:
                messages.success(request, said)
                return redirect(_onward(found, n) if "onward" in request.POST else found)
    context = {
        "case": found,
        "n": n,
        "of": len(found.told["steps"]),
        "form": form,
        "refusal": refusal,
        "theirs": _read_out(theirs) if theirs else [],
        "seen": made_from,
        "replaced": [one for one in found.replaced if one["part"] == n],
        "last": n >= len(found.told["steps"]),
        "here": "training",
    }
    return render(request, "training/part.html", context, status=status)


def _read_out(part: Told) -> list[str]:
    """What somebody else wrote there, in the order of the form."""
    texts = [str(part[name]) for name in _TEXTS if part.get(name)]
    return texts + [one["name"] for one in part.get("targets", ())]


_TEXTS = ("title", "service", "role", "outcome", "lesson", "text", "comment")


def _write(request: HttpRequest, found: TrainingCase, n: int, words: Told, looked: bool) -> str:
    found.write(n, by=user_of(request), words=words, looked=looked, seen=seen(request) or "")
    return _("Saved, and read.") if looked else _("Saved. Say that you read it before you publish.")


def _onward(found: TrainingCase, n: int) -> str:
    if n < len(found.told["steps"]):
        return reverse("training-case-step", args=[found.pk, n + 1])
    return found.get_absolute_url()


@require_POST
def drop(request: HttpRequest, pk: int, step: int) -> HttpResponse:
    found = _case(request, pk)
    return _pressed(
        request, found, _("Taken out."), lambda: found.drop_step(step, by=user_of(request), seen=seen(request))
    )


@require_POST
def publish(request: HttpRequest, pk: int) -> HttpResponse:
    found = _case(request, pk)
    check = Checker(found).sentences
    said = _("Published. Everybody of this installation can play it.")
    return _pressed(request, found, said, lambda: found.publish(by=user_of(request), check=check, seen=seen(request)))


@require_POST
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    found = _case(request, pk)
    words_too = "words" in request.POST
    if words_too:
        said = _("Withdrawn, and its words are taken from every play. Scores stay.")
    else:
        said = _("Withdrawn. Nobody begins it any more; what was played stays.")
    return _pressed(request, found, said, lambda: found.withdraw(by=user_of(request), words_too=words_too))


@require_POST
def remove(request: HttpRequest, pk: int) -> HttpResponse:
    if said := said_before(request):  # pressed twice: it is gone already
        messages.success(request, said)
        return redirect("training")
    found = _case(request, pk)
    then = reverse("training") if found.state == "draft" else found.get_absolute_url()
    return pressed(request, lambda: found.remove(by=user_of(request)), _("The draft is gone."), then=then)


def _pressed(request: HttpRequest, found: TrainingCase, said: str, do: Callable[[], None]) -> HttpResponse:
    return pressed(request, do, said, then=found.get_absolute_url())
