"""Which chat channels read of an incident, and telling them by hand. What each reads is set up in the admin pages."""

from typing import Any

from django.db.models import Exists, OuterRef, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from ninja import Path, Router, Schema
from pydantic import Field

from escalation.people.models import User
from incidents.models import ChatPost, ChatRoom, Incident

from . import answers
from .acting import act, chosen, found
from .bearer import Bearer, person
from .incident_verbs import AT, NEW, At
from .shapes import Asked, Id, Named, Number, example

router = Router(auth=Bearer(), tags=["incidents"])
MOST = 500


class RoomOut(Named):
    kind: str
    told: bool = Field(description="It reads of this incident; else it could be told.")


class RoomsOut(Schema):
    items: list[RoomOut]


class RoomIn(Asked):
    model_config = example(room=3)

    room: Id = Field(description="One that could be told: see the list.")


@router.get(AT + "/rooms", response={200: RoomsOut}, summary="Which chat channels read of it, or could")
def rooms(request: HttpRequest, number: At) -> HttpResponse:
    """Those that could are shown to whoever may change the incident."""
    me = person(request)
    incident = found(number, me)
    posts = ChatPost.objects.filter(incident=incident, ended_at=None)
    rows = ChatRoom.objects.filter(pk__in=posts.values("room"))
    if incident.rights_as_read(me).act and not incident.restricted:
        could = ChatRoom.objects.for_incident(incident).values("pk")
        rows = ChatRoom.objects.filter(Q(pk__in=posts.values("room")) | Q(pk__in=could))
    read: Any = rows.annotate(told=Exists(posts.filter(room=OuterRef("pk")))).order_by("name", "pk")[:MOST]
    items = [RoomOut(id=one.pk, name=one.name, kind=one.kind, told=one.told) for one in read]
    return answers.read(request, RoomsOut(items=items))


@router.post(AT + "/rooms", response=NEW, summary="Tell a chat channel of it")
def tell_room(request: HttpRequest, number: At, said: RoomIn) -> HttpResponse:
    """It gets one message, which says how it is. Whoever is in the channel reads its title, and who has it."""

    def do(incident: Incident, me: User) -> None:
        incident.tell_room(chosen(ChatRoom.objects.for_incident(incident), field="body.room", pk=said.room), by=me)

    return act(request, number, do)


@router.delete(AT + "/rooms/{room}", response=NEW, summary="Tell a chat channel no more")
def leave_room(request: HttpRequest, number: At, room: Path[Number]) -> HttpResponse:
    """Where it can be, its message is taken back to the number alone."""

    def do(incident: Incident, me: User) -> None:
        post = get_object_or_404(ChatPost.objects.select_related("room"), incident=incident, room=room)
        incident.leave_room(post.room, by=me)

    return act(request, number, do)
