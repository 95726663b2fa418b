"""The pages of reviews. Each form is a page of its own; a refusal comes back with what was typed."""

from collections.abc import Callable
from functools import partial
from typing import Any, cast

from django import forms
from django.contrib import messages
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from escalation.kit.errors import Refused
from escalation.people.models import User
from escalation.people.once import once
from escalation.people.sessions import instant_of
from incidents.models import Incident, Review, ReviewAsk, ReviewFactor, ReviewRemark
from incidents.models.reviews import actions_visible_to
from incidents.reviewing import doing, drafting, markdown, reading, words
from incidents.reviewing.forms import (
    DropForm,
    Factors,
    NoReviewForm,
    RemarkForm,
    WordsForm,
    words_of,
)
from incidents.sheets import Sheet, filled_in, pressed, seen

either = require_http_methods(["GET", "HEAD", "POST"])
MOST = 100  # on the list


def user_of(request: HttpRequest) -> User:
    return cast(User, request.user)


def _review(request: HttpRequest, number: int) -> Review:
    """The review of an incident, if this person may see it; else there is none."""
    found = Review.objects.visible_to(request.user).select_related(
        "incident__trail", "incident__service", "begun_by", "shared_by"
    )
    return get_object_or_404(found, incident__number=number)


def _writable(request: HttpRequest, number: int) -> Review:
    review = _review(request, number)
    if not review.incident.may_act(user_of(request)):
        said = _("You may look at %(ref)s but not change it.") % {"ref": review.incident.ref}
        raise Refused(said, code="not-allowed")
    return review


# --- reading ----------------------------------------------------------------------------------


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """Actions that are late, reviews that somebody is asked for, drafts, and the others, the newest first."""
    user, today = user_of(request), localdate(instant_of(request))
    overdue = actions_visible_to(user).overdue(today).select_related("owner", "review__incident")
    open_actions = Count("actions", filter=Q(actions__done_at=None, actions__dropped_at=None))
    found = Review.objects.visible_to(user).with_state().annotate(open_actions=open_actions)
    found = found.select_related("incident__service", "begun_by")
    asked = ReviewAsk.objects.open().visible_to(user).select_related("incident__service", "person")
    asks = list(asked.order_by("due", "pk")[: MOST + 1])
    late = list(overdue.order_by("due", "pk")[: MOST + 1])
    drafts = list(found.filter(shared_at=None).order_by("-begun_at", "pk")[: MOST + 1])
    others = list(found.filter(shared_at__isnull=False).order_by("-shared_at", "pk")[: MOST + 1])
    context = {
        "late": late[:MOST],
        "asks": asks[:MOST],
        "today": today,
        "drafts": drafts[:MOST],
        "others": others[:MOST],
        "more": max(len(late), len(asks), len(drafts), len(others)) > MOST,
        "here": "reviews",
    }
    return render(request, "reviews/list.html", context)


@require_safe
def review(request: HttpRequest, number: int) -> HttpResponse:
    found, user, now = _review(request, number), user_of(request), instant_of(request)
    read, names = reading.of(found.incident, now), request.GET.get("names") == "1"
    remarks = {one.seq: one for one in ReviewRemark.objects.filter(review=found).select_related("by")}
    actions = list(found.actions.select_related("owner", "done_by", "dropped_by"))
    found.has_open = any(one.is_open for one in actions)  # type: ignore[attr-defined]
    context = {
        "review": found,
        "incident": found.incident,
        "names": names,
        "facts": markdown.facts(found.incident, read),
        "timeline": [(one, words.sentence(one, names=names), remarks.get(one.seq)) for one in read.looked.timeline],
        "cut": read.cut,
        "signs": [(one, words.of_sign(one), words.heeded(one)) for one in read.looked.signs],
        "factors": list(found.factors.all()),
        "actions": actions,
        "today": localdate(now),
        "may_write": found.incident.may_act(user),
        "here": "reviews",
    }
    return render(request, "reviews/page.html", context)


@require_safe
def as_markdown(request: HttpRequest, number: int) -> HttpResponse:
    found = _review(request, number)
    read = reading.of(found.incident, instant_of(request))
    remarks = dict(ReviewRemark.objects.filter(review=found).values_list("seq", "text"))
    actions = list(found.actions.select_related("owner"))
    found.has_open = any(one.is_open for one in actions)  # type: ignore[attr-defined]
    text = markdown.written(found, read, remarks, actions, names=request.GET.get("names") == "1")
    response = HttpResponse(text, content_type="text/markdown; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="review-{found.incident.ref}.md"'
    response["Cache-Control"] = "private, no-store"
    return response


# --- writing ----------------------------------------------------------------------------------


@either
def begin(request: HttpRequest, number: int) -> HttpResponse:
    """Ask, and open the draft."""
    found = Incident.objects.visible_to(request.user).select_related("trail", "service")
    incident, user = get_object_or_404(found, number=number), user_of(request)
    if Review.objects.filter(incident=incident).exists():
        return redirect("review", number)
    if not incident.may_act(user):
        raise Refused(_("You may look at %(ref)s but not change it.") % {"ref": incident.ref}, code="not-allowed")

    def do(form: forms.Form) -> str:
        now = instant_of(request)
        Review.begin(incident, by=user, words=lambda: drafting.draft(incident, reading.of(incident, now)))
        return _("A draft from the record. Correct it, and share it.")

    return _sheet(
        request,
        incident,
        forms.Form(request.POST or None),
        do,
        title=_("Write the review"),
        button=_("Write the review"),
        lead=_("It begins with what the record says: the timeline, what was tried, which signs showed and when."),
        back=incident.get_absolute_url(),
    )


@either
def decline(request: HttpRequest, number: int) -> HttpResponse:
    """Whoever is asked for a review says why there is none."""
    asks = ReviewAsk.objects.all() if request.method == "POST" else ReviewAsk.objects.open()  # a form is answered
    found = asks.visible_to(request.user).select_related("incident__trail", "person")
    ask, user = get_object_or_404(found, incident__number=number), user_of(request)
    if not ask.may_decline(user):
        said = _("Only %(name)s and supervisors can say that there is none.") % {"name": ask.person.name}
        raise Refused(said, code="not-allowed")

    def do(form: forms.Form) -> str:
        ask.decline(by=user, text=form.cleaned_data["text"])
        return _("Nobody is asked for it any more.")

    lead = _("%(name)s is asked to write it until %(on)s.") % {
        "name": ask.person.name,
        "on": date_format(ask.due, "j M Y"),
    }
    more = {"lead": "" if ask.person_id == user.pk else lead, "back": reverse("cues"), "then": reverse("cues")}
    form = NoReviewForm(request.POST or None)
    return _sheet(request, ask.incident, form, do, title=_("No review"), button=_("No review"), **more)


@either
def change(request: HttpRequest, number: int) -> HttpResponse:
    """What people write in it. The timeline is not among it."""
    found = _writable(request, number)
    posted = request.POST if request.method == "POST" else None
    first = {"summary": found.summary, "helped": found.helped, "hindered": found.hindered}
    form = WordsForm(posted, initial=first)
    known = [{"kind": one.kind, "text": one.text} for one in ReviewFactor.objects.filter(review=found)]
    # What was posted is compared with nothing: what happens to be there already would be left out, and so be deleted.
    factors = Factors(posted, initial=known if posted is None else None, prefix="factors")
    status, refusal, made_from = 200, "", str(found.version)
    if posted is not None:
        status, made_from = 422, posted.get("seen", "")
        if form.is_valid() & factors.is_valid():
            written = words_of(form, factors)
            try:
                said = once(request, lambda: _write(found, user_of(request), written, made_from))
            except Refused as refused:
                if refused.code == "not-allowed":
                    raise
                found.refresh_from_db()
                status, refusal, made_from = 409, str(refused), str(found.version)
            else:
                messages.success(request, said)
                more = "more" in posted
                return redirect("review-change", number) if more else redirect("review", number)
    context = {"review": found, "incident": found.incident, "form": form, "factors": factors, "refusal": refusal}
    context["theirs"] = list(found.factors.all()) if status == 409 else None
    wrong = _wrong(factors) if posted is not None and not refusal else ""
    around = {"seen": made_from, "wrong": wrong, "here": "reviews"}
    return render(request, "reviews/change.html", {**context, **around}, status=status)


def _wrong(factors: Any) -> str:
    """What to say above the form if something is wrong with its factors."""
    if factors.is_valid():
        return ""
    return next(iter(factors.non_form_errors()), _("Not saved yet. Please look at the marked fields."))


def _write(review: Review, by: User, written: Any, seen: str) -> str:
    review.write(by=by, words=written, seen=seen)
    return _("Saved.")


@require_POST
def share(request: HttpRequest, number: int) -> HttpResponse:
    found = _writable(request, number)
    return _pressed(request, number, _("Shared."), lambda: found.share(by=user_of(request), seen=seen(request)))


@either
def remark(request: HttpRequest, number: int, seq: int) -> HttpResponse:
    found = _writable(request, number)
    read = reading.of(found.incident, instant_of(request))
    moment = next((one for one in read.looked.timeline if one.seq == seq), None)
    if moment is None:
        raise Http404
    before = ReviewRemark.objects.filter(review=found, seq=seq).first()
    form = RemarkForm(request.POST or None, initial={"text": before.text if before else ""})

    def do(form: forms.Form) -> str:
        found.remark(by=user_of(request), seq=seq, text=form.cleaned_data["text"], seen=seen(request))
        return _("Saved.")

    look = {"lead": words.sentence(moment, names=False), "seen": str(before.pk if before else 0)}
    return _of_review(request, found, form, do, title=_("Remark"), button=_("Save"), **look)


@either
def new_action(request: HttpRequest, number: int) -> HttpResponse:
    found = _writable(request, number)
    return doing.add(request, found, partial(_of_review, request, found))


@either
def action(request: HttpRequest, number: int, action: int) -> HttpResponse:
    found = _writable(request, number)
    return doing.move(request, found, action, partial(_of_review, request, found))


@require_POST
def complete(request: HttpRequest, number: int, action: int) -> HttpResponse:
    return doing.complete(request, _writable(request, number), action)


@either
def drop(request: HttpRequest, number: int, action: int) -> HttpResponse:
    found = _writable(request, number)
    return doing.drop(request, found, action, DropForm(request.POST or None), partial(_of_review, request, found))


# --- what they share --------------------------------------------------------------------------


def _pressed(request: HttpRequest, number: int, said: str, do: Callable[[], None]) -> HttpResponse:
    return pressed(request, do, said, then=reverse("review", args=[number]))


def _of_review(request: HttpRequest, review: Review, form: forms.Form, do: Any, **look: Any) -> HttpResponse:
    return _sheet(request, review.incident, form, do, back=review.get_absolute_url(), **look)


def _sheet(
    request: HttpRequest,
    incident: Incident,
    form: forms.Form,
    do: Callable[[forms.Form], str],
    *,
    then: str = "",
    **look: str,
) -> HttpResponse:
    """``then``: where it leads once it is done, if not to the review."""
    sheet = Sheet(ref=incident.ref, about=incident.title, here="reviews", **look)
    return filled_in(request, form, do, sheet, then=then or reverse("review", args=[incident.number]))
