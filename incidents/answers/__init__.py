"""The doors for answers from where people are, without signing in: by a message's link or button, or by a reply to it.

Floor 8; may import anything below, and no other door. From the ground up:

    asked         what a message still asks of its receiver, and what happened since
    forms         what somebody fills in
    acts          an answer carried out
    words         what somebody writes in reply; pure
    texts         replies to text messages
    pressing      a button in a chat was pressed; the same for every chat
    rooms         the same of the message that a channel has of an incident
    slack, mattermost, telegram   how each says so, and what it wants to hear
    afterwards    what is said to a service that does not wait for it
    buttons, tasks   those of a call that is over are taken away
    limits        how often one address may try
    views         the page that a link opens, and the same for the buttons of a notification
    doors, urls   where services post what people answered

Decisions. A link is the key of one delivery (``escalation/engine/answering.py``): whoever has it can answer this one
call, as its receiver, and nothing else. GET changes nothing, because mail scanners open every link; each answer is a
POST. It needs no token against forgery, since nothing but the link itself gives any right: no cookie is looked at,
except that a browser in which somebody else has signed in is refused. Each answer is the verb that the desk
has, under the same lock and with the same refusals, and its entry says by which channel it came.

A call is over once somebody answered it, the baton went on to others, or a newer message with a link of its own has
taken its place. Its link then says who did what, and no more about the incident. Once the incident is closed, or for
who may no longer see it or work here, it is as unknown as one that never was.

A reply is bound to a person by the number it comes from, which is a verified way of theirs, and to a call by the code
in the message (``escalation/engine/replycodes.py``); if it escalates, also to the step that the message told of. What a
gateway posts is heard once (``incidents.models.Heard``), in one transaction with what it does and with the answer to
it, which leaves by the outbox.

A button is bound to a message, and never to a person: whoever presses answers in their own name. In their own chat
that is the receiver; in a channel the chat's account must be linked to somebody (``escalation/notify/accounts.py``).
"""
