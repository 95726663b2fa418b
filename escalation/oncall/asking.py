"""Swaps: ask somebody to take a shift, and the answers."""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from escalation.kit.errors import Refused
from escalation.people.models import User

from . import swaps, verbs
from .coverform import SpanForm, WallField
from .covering import instant_in, span_words, zone_of
from .models import Schedule, SwapRequest
from .sheets import Sure, either, sent, sheet, user_of, visible_schedule
from .spans import Span
from .swaps import Wish

ANYBODY = "anybody"


class AskForm(SpanForm):
    """Which time, whom, and perhaps what in return."""

    asked = forms.ChoiceField(label=gettext_lazy("Ask"))
    return_starts_at = WallField(label=gettext_lazy("In return, I take theirs from"), required=False)
    return_ends_at = WallField(label=gettext_lazy("until"), required=False)
    text = forms.CharField(label=gettext_lazy("Why"), max_length=200, required=False)
    field_order = ("starts_at", "ends_at", "asked", "text", "return_starts_at", "return_ends_at")

    def __init__(self, *args: Any, schedule: Schedule, giver: User, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self._people = {str(person.pk): person for person in verbs.who_may_cover(schedule).exclude(pk=giver.pk)}
        names = [(pk, person.name) for pk, person in self._people.items()]
        self.fields["asked"].choices = [(ANYBODY, _("Anybody who can")), *names]  # type: ignore[attr-defined]

    def clean_asked(self) -> User | None:
        return self._people.get(self.cleaned_data["asked"])

    def clean(self) -> dict[str, Any]:
        found = super().clean()
        first, last = found.get("return_starts_at"), found.get("return_ends_at")
        if "return_starts_at" in self.errors or "return_ends_at" in self.errors:
            return found
        if (first is None) != (last is None):
            self.add_error("return_ends_at", _("Say both, from and until, or neither."))
        elif first and last and last <= first:
            self.add_error("return_ends_at", _("It has to end after it begins."))
        return found

    def wish(self) -> Wish:
        found = self.cleaned_data
        takes = None
        if found["return_starts_at"]:
            takes = Span(found["return_starts_at"], found["return_ends_at"])
        return Wish(Span(found["starts_at"], found["ends_at"]), found["asked"], takes, found["text"])


class DecideForm(forms.Form):
    """A supervisor says who covers, if nobody in particular was asked."""

    covers = forms.ChoiceField(label=gettext_lazy("Who takes it"))

    def __init__(self, *args: Any, swap: SwapRequest, decides: User, **kwargs: Any):
        super().__init__(*args, **kwargs)
        people = verbs.who_may_cover(swap.schedule).exclude(pk=swap.giver_id)
        self._people = {str(person.pk): person for person in people}
        own = _("I take it") if verbs.may_cover(swap.schedule, decides) and decides.pk != swap.giver_id else ""
        names = [(pk, own if own and person == decides else person.name) for pk, person in self._people.items()]
        self.fields["covers"].choices = names  # type: ignore[attr-defined]
        if own:
            self.initial.setdefault("covers", str(decides.pk))

    def clean_covers(self) -> User | None:
        return self._people.get(self.cleaned_data["covers"])


@either
def request_swap(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask one person, or anybody who can, to take my time on call."""
    schedule, user = visible_schedule(request, pk), user_of(request)
    if user.is_auditor:
        raise Refused(_("An auditor has no shifts."), code="not-allowed")
    zone = zone_of(request, schedule)
    initial = {"starts_at": instant_in(request, "from"), "ends_at": instant_in(request, "until"), "asked": ANYBODY}
    form = AskForm(sent(request), schedule=schedule, giver=user, zone=zone, initial=initial)

    def do(_found: dict[str, Any]) -> str:
        swap = schedule.ask_swap(form.wish(), by=user)
        who = swap.asked.name if swap.asked else _("Everybody who can take it")
        return _("%(who)s is asked. Until somebody accepts, it stays yours.") % {"who": who}

    lead = _("Until it is accepted it stays yours. Times are on the clock of %(zone)s.") % {"zone": zone.key}
    return sheet(request, schedule, form, do, title=_("Ask somebody to take it"), button=_("Ask"), lead=lead)


def _swap(request: HttpRequest, pk: int, swap: int) -> tuple[Schedule, SwapRequest]:
    schedule = visible_schedule(request, pk)
    rows = SwapRequest.objects.select_related("schedule", "giver", "asked")
    return schedule, get_object_or_404(rows, pk=swap, schedule=schedule)


def may_answer(swap: SwapRequest, user: User, *, changes: bool, covers: bool) -> bool:
    """Who was asked, or anybody who can cover; a supervisor decides for others."""
    if changes:
        return True
    return swap.giver_id != user.pk and (swap.asked_id == user.pk if swap.asked_id else covers)


@either
def acceptance(request: HttpRequest, pk: int, swap: int) -> HttpResponse:
    """I take it; or, as a supervisor, somebody does."""
    schedule, found = _swap(request, pk, swap)
    user = user_of(request)
    changes, covers = verbs.may_change(schedule, user), verbs.may_cover(schedule, user)
    if not may_answer(found, user, changes=changes, covers=covers):
        raise Refused(_("You are not asked to take this."), code="not-allowed")
    zone = zone_of(request, schedule)
    decides = changes and found.asked is None
    form: forms.Form = DecideForm(sent(request), swap=found, decides=user) if decides else Sure(sent(request))

    def do(given: dict[str, Any]) -> str:
        taker = given.get("covers")
        schedule.accept_swap(found, by=user, covers=taker if taker != user else None)
        found.refresh_from_db()
        who = found.accepted_by.name if found.accepted_by else ""
        return _("%(who)s is on call %(span)s.") % {
            "who": who,
            "span": span_words(found.starts_at, found.ends_at, zone),
        }

    title = _("Take this shift") if found.asked_id in (None, user.pk) and not decides else _("Decide this request")
    return sheet(request, schedule, form, do, title=title, button=_("Accept"), lead=_lead(found, zone))


def _lead(swap: SwapRequest, zone) -> str:
    words = {"giver": swap.giver.name, "span": span_words(swap.starts_at, swap.ends_at, zone)}
    lead = _("%(giver)s gives %(span)s.") % words
    if swap.asked:
        lead = _("%(giver)s gives %(span)s to %(asked)s.") % {**words, "asked": swap.asked.name}
    if swap.return_starts_at and swap.return_ends_at:
        back = span_words(swap.return_starts_at, swap.return_ends_at, zone)
        lead += " " + _("In return %(giver)s takes %(span)s.") % {**words, "span": back}
    return lead


@either
def refusal(request: HttpRequest, pk: int, swap: int) -> HttpResponse:
    schedule, found = _swap(request, pk, swap)
    user = user_of(request)
    swaps.may_decline(schedule, found, user)

    def do(_found: dict[str, Any]) -> str:
        schedule.decline_swap(found, by=user)
        return _("Declined: it stays with %(giver)s.") % {"giver": found.giver.name}

    lead = _lead(found, zone_of(request, schedule))
    return sheet(
        request, schedule, Sure(sent(request)), do, title=_("Decline this request"), button=_("Decline"), lead=lead
    )


@either
def withdrawal(request: HttpRequest, pk: int, swap: int) -> HttpResponse:
    schedule, found = _swap(request, pk, swap)
    user = user_of(request)
    swaps.may_withdraw(found, user)

    def do(_found: dict[str, Any]) -> str:
        schedule.withdraw_swap(found, by=user)
        return _("Withdrawn: the shift stays yours.")

    lead = _lead(found, zone_of(request, schedule))
    return sheet(
        request, schedule, Sure(sent(request)), do, title=_("Withdraw this request"), button=_("Withdraw"), lead=lead
    )
