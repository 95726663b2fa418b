"""Telling a chat channel of an incident, and telling it no more: the dialogs."""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from incidents.models import ChatPost, ChatRoom, Incident

from .dialogs import dialog, either, form_of, user_of, workable
from .pickers import Choice

OFFERED = 50


class TellForm(forms.Form):
    to = forms.ModelChoiceField(
        ChatRoom.objects.none(),
        error_messages={
            "required": gettext_lazy("Choose a channel."),
            "invalid_choice": gettext_lazy("This channel cannot be told of it any more. Choose another."),
        },
    )


@either
def telling(request: HttpRequest, number: int) -> HttpResponse:
    incident = workable(request, number)
    form = form_of(request, TellForm)
    offered = _offered(incident)
    form.fields["to"].queryset = offered  # type: ignore[attr-defined]

    def do(data: dict[str, Any]) -> str:
        incident.tell_room(data["to"], by=user_of(request))
        return _("%(name)s reads of %(ref)s now.") % {"name": data["to"].name, "ref": incident.ref}

    choices = [Choice(str(room.pk), room.name, room.get_kind_display()) for room in offered[:OFFERED]]
    lead = _("It gets one message, which says how it is. Whoever is in the channel reads its title, and who has it.")
    return dialog(
        request,
        incident,
        form,
        do,
        title=_("Tell a channel"),
        button=_("Tell it"),
        lead=lead,
        fields="desk/dialogs/room.html",
        choices=choices,
        chosen=request.POST.get("to", ""),
    )


@either
def leaving(request: HttpRequest, number: int, pk: int) -> HttpResponse:
    incident = workable(request, number)
    post = get_object_or_404(ChatPost.objects.select_related("room"), incident=incident, room=pk)

    def do(data: dict[str, Any]) -> str:
        incident.leave_room(post.room, by=user_of(request))
        return _("%(name)s reads of %(ref)s no more.") % {"name": post.room.name, "ref": incident.ref}

    lead = _("%(name)s reads no more of it. Where it can be, its message is taken back to the number alone.")
    form = form_of(request, forms.Form)
    title, button = _("Tell it no more"), _("Tell it no more")
    return dialog(request, incident, form, do, title=title, button=button, lead=lead % {"name": post.room.name})


def _offered(incident: Incident):
    told = ChatPost.objects.filter(incident=incident, ended_at=None)
    return ChatRoom.objects.for_incident(incident).exclude(pk__in=told.values("room")).order_by("name")
