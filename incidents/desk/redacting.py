"""Taking a text out of the record: an admin's, with a reason, for good."""

from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from escalation.kit.errors import Refused
from escalation.trail.models import EntryText
from incidents.models.quoting import is_long

from .dialogs import dialog, either, form_of, user_of, workable
from .forms import words

NAMED = 12


class TakingForm(forms.Form):
    text = words(gettext_lazy("Why"))


@either
def removal(request: HttpRequest, number: int, seq: int) -> HttpResponse:
    incident = workable(request, number)
    if not user_of(request).is_staff:
        raise Refused(_("Only an admin can take a text out of the record."), code="not-allowed")
    if seq > incident.trail.length:
        raise Http404
    there = EntryText.objects.filter(entry__trail=incident.trail_id, entry__seq=seq).first()
    if there is None and request.method != "POST":
        raise Refused(_("Entry %(seq)d has no text, or it was taken away.") % {"seq": seq}, code="stale")

    quoted = _numbers(incident.quoted_in(seq))

    def do(data: dict[str, Any]) -> str:
        incident.take_text_away(by=user_of(request), seq=seq, text=data["text"])
        done = _("The text is out of the record.")
        return f"{done} {_quoted(quoted)}" if quoted else done

    lead = _(
        "The text of entry %(seq)d is deleted for good, here and in the messages, searches, source messages and"
        " training cases that Baton keeps, and in the lines of the review that say it; that it was there, and why it"
        " is gone, stays on record. What people have copied elsewhere stays too."
    ) % {"seq": seq}
    if there is not None and not is_long(there.text):
        lead += " " + _("It is short: within longer sentences it stays, for it could be anybody's word.")
    if quoted:
        lead += f" {_quoted(quoted)}"
    form = form_of(request, TakingForm)
    return dialog(request, incident, form, do, title=_("Take the text away"), button=_("Take away"), lead=lead)


def _quoted(numbers: str) -> str:
    return _("The same words stand in other texts of this record: %(numbers)s. Each is taken away by itself.") % {
        "numbers": numbers
    }


def _numbers(found: list[int]) -> str:
    """Each as the page calls it; of many the first."""
    named = [_("entry %(seq)d") % {"seq": seq} for seq in found[:NAMED]]
    return ", ".join([*named, *(["…"] if len(found) > NAMED else [])])
