"""The status page: what people chose to say to those outside, and nothing else.

Floor 8; may import anything below, and no other door. Whoever comes in here may be anybody. From the ground up:

    picture     what the page shows, from plain values; pure
    reading     those values: five queries, however much there is
    words       the sentences that all three forms share
    feed, plain the same content as Atom and as JSON
    kept        all three rendered, kept for two seconds in each process
    views, urls the addresses; middleware answers a public page before there is a session or a person

Decisions. *Nothing of an incident is public by itself.* An incident shows when somebody has chosen an update of it for
the page (``models.informing``), with what was written there: a title for those outside, the text, how bad it is and
which components it touches. Nothing else is read: no title, number, name, service or severity of the desk ever reaches
this room. A service shows only as a component (``models.status_page``), under the name it has here. What is restricted
is not shown at all, whatever was sent before.

*People say how it is, not the engine.* A component is as bad as the worst open incident that was said to touch it, by
the latest update that says so. Without one it has "no known trouble", which is all that anybody knows; there are no
bars of past days, because nobody measures here what they would claim.

*How it ends.* With an update that says so, or when the incident is resolved: then a line says "Resolved" and when, and
no word of a fix that nobody stated. Where both are missing somebody still works on it, and the page goes on saying so.
What was re-opened shows as over until somebody writes again. What was merged shows as one with what it went into,
under the latest title. A withdrawn update is gone with the next look: two seconds here, ten in caches.

*It survives a crowd.* GET and HEAD, no query string read, no cookie, no session; and whoever asks again and again is
answered from memory, so that the desk next door has its processor and its database.
"""
