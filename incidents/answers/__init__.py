"""The door for answers from where people are: by the link of a message, without signing in.

Floor 8; may import anything below, and no other door. From the ground up:

    asked         what a message still asks of its receiver, and what happened since
    forms         what somebody fills in
    limits        how often one address may try
    views, urls   the page that a link opens, and the same for the buttons of a notification

Decisions. A link is the key of one delivery (``escalation/engine/answering.py``): whoever has it can answer this one
call, as its receiver, and nothing else. GET changes nothing, because mail scanners open every link; each answer is a
POST. It needs no token against forgery, since nothing but the link itself gives any right: no cookie is looked at,
except that a browser in which somebody else has signed in is refused. Each answer is the verb that the desk
has, under the same lock and with the same refusals, and its entry says by which channel it came.

A call is over once somebody answered it, the baton went on to others, or a newer message with a link of its own has
taken its place. Its link then says who did what, and no more about the incident. Once the incident is closed, or for
who may no longer see it or work here, it is as unknown as one that never was.
"""
