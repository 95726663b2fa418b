"""One verb for many incidents: each does its own, under its own lock, from what its row showed when it was selected.

Nothing is all or nothing here: what may be done is done, and the answer says for each other one why not. What was typed
stays, those that were refused stay selected, and only then do they get a new token, so that whoever sends it again
knows what happened meanwhile. They are taken in the order of their trails, as every verb on several incidents.
"""

import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from django import forms as base
from django.contrib import messages
from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from escalation.kit.errors import Refused
from escalation.kit.text import one_line
from escalation.people.models import Membership, Tier, User
from escalation.people.once import once
from incidents.models import Incident

from . import forms, pickers, receivers
from .dialogs import either, form_of, user_of
from .undoing import way_back_of_all
from .versions import memberships

MOST = 200
_PICK = re.compile(r"([0-9]{1,15}):([0-9.]{1,40})")


class HandForm(forms.ReassignForm):
    """A person, and what they need to know."""

    text = forms.words(gettext_lazy("What they need to know"), help_text=gettext_lazy("Each of them gets these words."))

    def clean_to(self) -> User:
        to = super().clean_to()
        if not isinstance(to, User):
            raise base.ValidationError(_("Choose who gets it next."))
        return to


class NoteForm(base.Form):
    text = forms.words(gettext_lazy("Note"))


def _reassign(incident: Incident, user: User, data: dict, seen: str) -> None:
    to = data["to"]
    tier = to if isinstance(to, Tier) else None
    incident.reassign(by=user, to=None if tier else to, tier=tier, text=data["text"], seen=seen)


@dataclass(frozen=True)
class Bulk:
    """A verb that makes sense for many. ``done`` ends the sentence "3 incidents …"."""

    label: Any
    done: Any
    form: type[base.Form]
    do: Callable[[Incident, User, dict, str], None]
    fields: str = "desk/dialogs/fields.html"
    supervisors: bool = False
    undo: str = ""  # the kind of entry that can be taken back


VERBS = {
    "acknowledgement": Bulk(
        gettext_lazy("Acknowledge"),
        gettext_lazy("acknowledged"),
        forms.Sure,
        lambda one, user, data, seen: one.acknowledge(by=user, seen=seen),
        fields="desk/dialogs/nothing.html",
    ),
    "handover": Bulk(
        gettext_lazy("Hand over"),
        gettext_lazy("offered"),
        HandForm,
        lambda one, user, data, seen: one.hand_over(by=user, to=data["to"], text=data["text"], seen=seen),
        fields="desk/dialogs/reassign.html",
        undo="offered",
    ),
    "reassignment": Bulk(
        gettext_lazy("Reassign"),
        gettext_lazy("reassigned"),
        forms.ReassignForm,
        _reassign,
        fields="desk/dialogs/reassign.html",
        supervisors=True,
        undo="reassigned",
    ),
    "hold": Bulk(
        gettext_lazy("Hold"),
        gettext_lazy("on hold"),
        forms.HoldForm,
        lambda one, user, data, seen: one.hold(by=user, until=data["until"], text=data["text"], seen=seen),
        fields="desk/dialogs/hold.html",
        undo="held",
    ),
    "resolution": Bulk(
        gettext_lazy("Resolve"),
        gettext_lazy("resolved"),
        forms.ResolveForm,
        lambda one, user, data, seen: one.resolve(by=user, cause=data["cause"], text=data["text"], seen=seen),
    ),
    "notes": Bulk(
        gettext_lazy("Note"),
        gettext_lazy("noted"),
        NoteForm,
        lambda one, user, data, seen: one.note(by=user, text=data["text"]),
        undo="note",
    ),
    "severity": Bulk(
        gettext_lazy("Severity"),
        gettext_lazy("recorded"),
        forms.SeverityForm,
        lambda one, user, data, seen: one.set_severity(by=user, severity=data["severity"], text=data["text"]),
        fields="desk/dialogs/severity.html",
    ),
}


def verbs_for(user: User) -> list[tuple[str, Any]]:
    """The buttons below the list. Whether each incident allows it is for its own verb to say."""
    if user.is_auditor and not user.is_staff:
        return []
    leads = user.is_staff or any(role == Membership.Role.SUPERVISOR for _team, _name, role in memberships(user))
    return [(name, verb.label) for name, verb in VERBS.items() if leads or not verb.supervisors]


@dataclass
class Outcome:
    done: list[Incident] = field(default_factory=list)
    refused: list[tuple[Incident, str]] = field(default_factory=list)

    def said(self, verb: Bulk) -> str:
        """Such as "8 incidents resolved; 2 refused."."""
        count = len(self.done)
        done = ngettext("%(n)d incident %(done)s", "%(n)d incidents %(done)s", count)
        words = done % {"n": count, "done": verb.done}
        if not self.refused:
            return f"{words}."
        refused = ngettext("%(n)d refused", "%(n)d refused", len(self.refused)) % {"n": len(self.refused)}
        return f"{words}; {refused}."


def carry_out(
    verb: Bulk, incidents: Iterable[Incident], request: HttpRequest, data: dict, seen: dict[int, str]
) -> Outcome:
    """Each in a transaction of its own: what one is refused takes nothing from the others."""
    outcome, user = Outcome(), user_of(request)

    def do(incident: Incident) -> str:
        verb.do(incident, user, data, seen[incident.number])
        return incident.ref

    for incident in sorted(incidents, key=lambda one: one.trail_id):
        try:
            once(request, partial(do, incident), part=incident.ref)
        except Refused as refused:
            outcome.refused.append((incident, str(refused)))
        except OperationalError:  # its lock was not to be had in time
            outcome.refused.append((incident, _("Somebody else is busy with it. Try again.")))
        else:
            outcome.done.append(incident)
    return outcome


# --- the page ---------------------------------------------------------------------------------


@either
def page(request: HttpRequest, **kwargs: Any) -> HttpResponse:
    """GET: what the verb asks for. POST: carry it out."""
    user, asked = user_of(request), request.POST if request.method == "POST" else request.GET
    name = asked.get("verb", "")
    if name not in VERBS:
        raise Http404
    if user.is_auditor and not user.is_staff:
        raise Refused(_("An auditor looks at everything and changes nothing."), code="not-allowed")
    if name not in dict(verbs_for(user)):
        raise Refused(_("Only a supervisor can reassign. You can hand over what you hold."), code="not-allowed")
    verb, picks, back = VERBS[name], picked(asked), _back(asked)
    if not 0 < len(picks) <= MOST:
        return _sent_back(request, back, _("Select at least one incident, and at most %(n)d.") % {"n": MOST})
    incidents = list(Incident.objects.visible_to(user).with_runs().filter(number__in=picks).order_by("number"))
    if not incidents:
        return _sent_back(request, back, _("What was selected is no longer there for you."))
    form, outcome, status = form_of(request, verb.form), Outcome(), 200
    if request.method == "POST" and "find" not in request.POST:
        status = 422
        if form.is_valid():
            outcome = carry_out(verb, incidents, request, form.cleaned_data, picks)
            if not outcome.refused:
                return _all_done(request, outcome, verb, back, user)
            status, incidents = 409, [one for one, _why in outcome.refused]
            picks |= {one.number: one.state_token for one in incidents}
    context = {
        "name": name,
        "verb": verb,
        "form": form,
        "incidents": [(one, picks[one.number]) for one in incidents],
        "refusals": outcome.refused,
        "said": outcome.said(verb) if outcome.refused else "",
        "back": back,
        "here": "queue",
        **_pickers(verb, incidents, user, request),
    }
    part = "#sheet" if request.htmx else ""  # type: ignore[attr-defined]
    response = render(request, f"desk/bulk.html{part}", context, status=status)
    if outcome.done:
        response["HX-Trigger"] = json.dumps({"unpick": {"ids": [one.number for one in outcome.done]}})
    return response


def picked(asked: QueryDict) -> dict[int, str]:
    """number → the token its row showed. What makes no sense is left out; one more than allowed is enough to know."""
    found = (_PICK.fullmatch(one) for one in asked.getlist("pick")[: MOST + 1])
    return {int(one[1]): one[2] for one in found if one}


def _back(asked: QueryDict) -> str:
    """The list it came from; nothing but an address of the queue."""
    queue, back = reverse("queue"), asked.get("back", "")
    return back if back == queue or back.startswith(f"{queue}?") else queue


def _pickers(verb: Bulk, incidents: Sequence[Incident], user: User, request: HttpRequest) -> dict[str, Any]:
    """Who can get them, first whoever can take most of them."""
    if not verb.fields.endswith("reassign.html"):
        return {}
    query = one_line(request.POST.get("q", ""), limit=80)
    steps: Sequence[pickers.Choice] = pickers.tiers(incidents[0], user) if verb.supervisors else []
    return {
        "steps": [replace(step, end="") for step in steps],
        "people": receivers.offered_for_all(incidents, user, query),
        "chosen": request.POST.get("to", ""),
        "q": query,
        "holds": True,
    }


def _sent_back(request: HttpRequest, back: str, why: str) -> HttpResponse:
    if request.htmx:  # type: ignore[attr-defined]
        toast = {"toast": {"text": why, "level": "error"}}
        return HttpResponse(status=409, headers={"HX-Trigger": json.dumps(toast), "HX-Reswap": "none"})
    messages.error(request, why)
    return redirect(back)


def _all_done(request: HttpRequest, outcome: Outcome, verb: Bulk, back: str, user: User) -> HttpResponse:
    said, undo = outcome.said(verb), way_back_of_all(outcome.done, user, verb.undo) if verb.undo else ""
    if not request.htmx:  # type: ignore[attr-defined]
        messages.success(request, said, extra_tags=undo)
        return redirect(back)
    ids = {"ids": [one.number for one in outcome.done]}
    toast = {"text": said, "level": "success", **({"undo": undo} if undo else {})}
    events = {"unpick": ids, "done": ids, "toast": toast}
    return HttpResponse(status=204, headers={"HX-Trigger": json.dumps(events)})
