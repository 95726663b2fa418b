"""What would have happened: past incidents, played again up the policy as it is and up the policy as it would be. Pure.

Entries, two frozen paths and who was there in, two courses out. The live engine's own ``path`` makes every step of
both, so a difference is the edit's and nothing else's; how well the present policy, played again, agrees with what
was done is counted beside it.

What is not known has to be assumed, and is assumed the same for both:

- Whoever answered, answers as long after they were first called as they did. If they are on the path no more, whoever
  is called at their tier answers in their place; if neither is, it is taken when it was, or at the end of the path.
- Whoever was called and did not answer does not. A tier that was not called then, and is now, answers after the time
  that it usually took, if it ever did.
- Work takes as long as it did: what people do after an answer moves with it. What sources and maintenance do, and
  until when somebody held it, stays where it was.

``recorded`` takes an incident's entries apart, ``playing`` climbs, ``doing`` does what people did then, ``comparing``
counts. Messages that failed are not played: every call reaches whom it calls.
"""
