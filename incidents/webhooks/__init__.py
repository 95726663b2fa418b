"""Out to other systems: every change as a signed event, for whoever an admin lets listen (docs/webhooks-out.md); and to
channels of chats, how an incident is (docs/chat-rooms.md).

Floor 8, a door like ``inbound``, and the other way round. Nothing but the admin pages comes in here. Which entries are
events, and for whom a message is written down, is settled below, in the transaction of the change itself
(``incidents/models/webhook_events.py``, ``webhook_telling.py``, ``webhooks.py``).

``writing``  a message as the bytes and headers that leave: Standard Webhooks, or CloudEvents (pure)
``claiming`` what may leave now, under a lease; in order, at most four talks at once with one receiver
``sending``  claim, talk through the guarded way out, record
``rooms``    what is said in a chat's channel, instead of an event
``outcome``  how a try went
``keeping``  the log goes after a while
``tasks``    what django-q2 runs

Beside the engine's outbox and not in it, for what differs is all that one is about: no person, no way, no quiet hours,
no answer that overtakes it, days of patience instead of minutes. The general cluster carries both, so this one gives
way: one worker of a host at the most is at it, in short turns, and it begins no talk while a call waits to leave.

A receiver that fails is left alone: after three failures in a row it is asked ever more seldom, by one talk at a time,
and whatever waits for it waits. After five days of that, a hundred events given up, or a 410, it is turned off, loudly.

Channels of chats wait in the same queue: what a second one would have to settle again (leases, pauses, who is left
alone and when, a log, sending again, giving way to calls) is settled here, and a channel that fails is a receiver that
fails. Two things differ. A channel reads how an incident is, so what waits for it is one wish to be told anew, however
many changes there were; and only one talk with it is under way, since the first message must be known to be changed.

Left out, because nobody needs it yet: signatures of other kinds, headers beside Authorization, asking a receiver for
leave before the first event. This installation's own address is refused, so that no event makes the next one.

A ticket elsewhere follows an incident by its events, and whoever makes it keeps the pair: a receiver's answer is kept
for the log and read by nobody (``docs/webhooks-out.md`` has the rules, ``test_tickets_mirrored`` plays them).

Left out, too: events of no incident. When somebody's shift begins or ends is for calendars, which subscribe to it; a
heartbeat that stops, and a source that is refused, open an incident or stand on the source's page.
"""
