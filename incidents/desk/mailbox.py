"""The demonstration's letters: what would have left by e-mail, readable on the desk."""

from collections.abc import Sequence
from datetime import datetime

from django.conf import settings
from django.core.paginator import Paginator
from django.db.models import F, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from escalation.engine import answering
from escalation.engine.bundling import worst_first
from escalation.engine.models import Delivery
from escalation.kit import clock
from escalation.notify.bundle import compose_all
from escalation.notify.message import Recipient
from escalation.notify.reaching import VERIFY

PAGE = 40


def _letters(reader: int | None):
    """Only in the demonstration: elsewhere a letter is between the sender and its reader."""
    if not settings.DEMO:
        raise Http404
    letters = Delivery.objects.filter(channel="email").select_related("person", "method")
    letters = letters.exclude(Q(kind=VERIFY) & ~Q(person=reader))  # a code is for one alone
    return letters.filter(Q(bundle=None) | Q(bundle=F("id")))  # what left together is one letter


def _waits_until(letter: Delivery, now: datetime) -> datetime | None:
    waits = letter.state == Delivery.State.QUEUED and letter.next_at is not None and letter.next_at > now
    return letter.next_at if waits else None


def _opened(letters: Sequence[Delivery], reader: int | None) -> list[dict]:
    """Each letter as its reader sees it; others do not see where to answer. One query more, for bundles."""
    whole: dict[int, list[Delivery]] = {letter.pk: [letter] for letter in letters}
    people = {letter.person_id for letter in letters}
    others = Delivery.objects.filter(person__in=people, bundle__in=whole).exclude(bundle=F("id"))
    for row in others:
        if row.bundle is not None:
            whole[row.bundle].append(row)
    now = clock.now()
    return [
        {
            "delivery": letter,
            "said": compose_all(
                [
                    answering.facts_of(row) if row.person_id == reader else row.message
                    for row in worst_first(whole[letter.pk])
                ],
                to=Recipient.person(letter.person),
                at=letter.queued_at,
            ),
            "severity": letter.message.get("severity"),
            "waits_until": _waits_until(letter, now),
        }
        for letter in letters
    ]


@require_safe
def page(request: HttpRequest, **kwargs) -> HttpResponse:
    everybody = request.GET.get("of") == "everybody"
    letters = _letters(request.user.pk).order_by("-id")
    if not everybody:
        letters = letters.filter(person=request.user.pk)
    found = Paginator(letters, PAGE).get_page(request.GET.get("page"))
    of = "of=everybody&" if everybody else ""
    context = {
        "everybody": everybody,
        "letters": _opened(list(found), request.user.pk),
        "page": found,
        "earlier": f"?{of}page={found.previous_page_number()}" if found.has_previous() else "",
        "later": f"?{of}page={found.next_page_number()}" if found.has_next() else "",
    }
    return render(request, "desk/mailbox.html", context)


@require_safe
def letter(request: HttpRequest, pk: int, **kwargs) -> HttpResponse:
    delivery = get_object_or_404(_letters(request.user.pk), pk=pk)
    [opened] = _opened([delivery], request.user.pk)
    return render(request, "desk/letter.html", {**opened, "here": "mailbox"})
