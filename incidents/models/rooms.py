"""Telling a channel of an incident, and telling it no more: by hand, for as long as the incident lasts."""

from typing import TYPE_CHECKING, cast

from django.db import transaction
from django.utils.translation import gettext as _

from escalation.kit.errors import Refused
from escalation.people.models import User

from .chat_rooms import LEFT, TOLD, ChatPost, ChatRoom, new_key
from .verb import Verb
from .webhooks import forget

if TYPE_CHECKING:
    from .incident import Incident


class InRooms(Verb):
    @transaction.atomic
    def tell_room(self, room: ChatRoom, *, by: User) -> None:
        """From now on it reads of this incident: one message, which says how it is."""
        incident = cast("Incident", self)
        work = self._begin(by=by)
        if incident.restricted:
            raise Refused(_("%(ref)s is restricted: no channel is told of it.") % {"ref": incident.ref})
        if not ChatRoom.objects.for_incident(incident).filter(pk=room.pk).exists():
            raise Refused(_("This channel cannot be told of it any more. Choose another."), code="invalid")
        post, new = ChatPost.objects.get_or_create(room=room, incident=incident, defaults={"key": new_key(), "by": by})
        if not new and post.ended_at is None:
            raise Refused(_("%(name)s reads of it already.") % {"name": room.name})
        ChatPost.objects.filter(pk=post.pk).update(ended_at=None, by=by)
        forget()  # it may have been made this very moment, elsewhere
        work.entry(incident.trail_id, TOLD, {"room": {"id": room.pk, "name": room.name}})
        work.write()

    @transaction.atomic
    def leave_room(self, room: ChatRoom, *, by: User) -> None:
        """It reads no more of it; what it has read is taken back, where that can be done."""
        incident = cast("Incident", self)
        work = self._begin(by=by, needs_open=False)
        gone = ChatPost.objects.filter(room=room, incident=incident, ended_at=None).update(ended_at=work.now)
        if not gone:
            raise Refused(_("%(name)s reads of it no more.") % {"name": room.name}, code="stale")
        forget()
        work.entry(incident.trail_id, LEFT, {"room": {"id": room.pk, "name": room.name}})
        work.write()
