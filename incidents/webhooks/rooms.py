"""What is said in a chat's channel: the one message of an incident there, changed where it is.

What it says is read after the claim, so it is never older than what was claimed. What the other side calls the message
is written in the transaction that says it was sent: who dies in between has a first message said twice, as with every
message, and a change made twice, which nobody sees.
"""

from collections.abc import Callable
from datetime import datetime
from functools import partial

from django.conf import settings

from escalation.kit import clock
from escalation.notify.rooms import Lost, Said
from escalation.notify.senders import SendFailed
from incidents.models import ChatPost, ChatRoom, Incident
from incidents.models.chat_rooms import chat_of
from incidents.models.chat_said import hello, said_of

from .claiming import Claimed
from .outcome import NO_LONGER, Outcome


def letter(claimed: Claimed) -> Callable[[], Outcome]:
    """The talk, with all it needs. Raises ``sealing.Unreadable``."""
    message, room = claimed.message, chat_of(claimed.message.hook)
    assert room is not None
    address = room.place
    if settings.DEMO:
        return lambda: Outcome(claimed, "in the demonstration nothing leaves this machine", withheld=True)
    if message.trail_id is None:
        return _talk(claimed, room, address, hello(room), None)
    post = ChatPost.objects.filter(room=room, incident__trail=message.trail_id).first()
    incident = Incident.objects.with_runs().filter(trail=message.trail_id).first()
    if post is None or incident is None:
        return lambda: Outcome(claimed, NO_LONGER, withheld=True)
    said = said_of(post, incident, hears=room.talk.hears(address))
    if not _may_say(room, post, incident):
        return lambda: Outcome(claimed, NO_LONGER, withheld=True)
    return _talk(claimed, room, address, said, post)


def _may_say(room: ChatRoom, post: ChatPost, incident: Incident) -> bool:
    """What was said is taken back also where the channel may not read of it any more."""
    if incident.restricted or post.ended_at is not None:
        return post.said_at is not None
    return ChatRoom.objects.for_incident(incident).filter(pk=room.pk).exists()


def _talk(claimed: Claimed, room: ChatRoom, address: str, said: Said, post: ChatPost | None) -> Callable[[], Outcome]:
    talk, key = room.talk, claimed.message.mid
    theirs = post.theirs if post is not None and talk.changes(address) else ""
    went = partial(Outcome, claimed, post=post.pk if post is not None else None, said=said.text)

    def go() -> Outcome:
        began = clock.steady()
        if began > claimed.last_call:  # frozen since the claim: somebody else may have this message
            return Outcome(claimed, "its worker stood still until its time was nearly over, and said nothing")
        try:
            now = theirs
            if theirs:
                talk.retell(address, theirs, said, key)
            else:
                now = talk.tell(address, said, key)
        except Lost as lost:
            return went(reason=f"{lost}: its message is gone", status=lost.status, answer=lost.detail, lost=True)
        except SendFailed as failed:
            return went(
                reason=failed.reason,
                status=failed.status,
                answer=failed.detail,
                retry_after=failed.retry_after,
                took=clock.steady() - began,
                shut=failed.shut,
            )
        return went(status=200, theirs=now, took=clock.steady() - began)

    return go


def keep(room: ChatRoom, outcome: Outcome, now: datetime) -> None:
    """With what is said of the message, in one transaction: how the channel does, and what the message is called."""
    if outcome.post is not None and not outcome.reason:
        ChatPost.objects.filter(pk=outcome.post).update(theirs=outcome.theirs, said_at=now)
    elif outcome.post is not None and outcome.lost:
        ChatPost.objects.filter(pk=outcome.post).update(theirs="")
    before = room.refusals
    if outcome.shut or not outcome.reason:
        room.refusals = before + 1 if outcome.shut else 0
    if room.refusals != before:
        ChatRoom.objects.filter(pk=room.pk).update(refusals=room.refusals)  # type: ignore[misc]
