"""The demonstration's letters: what would have left by e-mail, readable on the desk."""

from django.conf import settings
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from escalation.engine.models import Delivery
from escalation.notify.message import Recipient, compose

PAGE = 40


def _letters():
    """Only in the demonstration: elsewhere a letter is between the sender and its reader."""
    if not settings.DEMO:
        raise Http404
    return Delivery.objects.filter(channel="email").select_related("person")


def _opened(delivery: Delivery) -> dict:
    said = compose(delivery.message, to=Recipient.person(delivery.person), at=delivery.queued_at)
    return {"delivery": delivery, "said": said, "severity": delivery.message.get("severity")}


@require_safe
def page(request: HttpRequest, **kwargs) -> HttpResponse:
    everybody = request.GET.get("of") == "everybody"
    letters = _letters().order_by("-id")
    if not everybody:
        letters = letters.filter(person=request.user.pk)
    found = Paginator(letters, PAGE).get_page(request.GET.get("page"))
    of = "of=everybody&" if everybody else ""
    context = {
        "everybody": everybody,
        "letters": [_opened(one) for one in found],
        "page": found,
        "earlier": f"?{of}page={found.previous_page_number()}" if found.has_previous() else "",
        "later": f"?{of}page={found.next_page_number()}" if found.has_next() else "",
    }
    return render(request, "desk/mailbox.html", context)


@require_safe
def letter(request: HttpRequest, pk: int, **kwargs) -> HttpResponse:
    delivery = get_object_or_404(_letters(), pk=pk)
    return render(request, "desk/letter.html", {**_opened(delivery), "here": "mailbox"})
