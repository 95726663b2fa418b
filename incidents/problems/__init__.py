"""Problems: recurring trouble with an owner, what is done against it, and whether it came back less often afterwards.

Floor 8, a door for people; may import anything below, and no other door. The rows and their verbs are
``incidents.models.problems``; what is of a problem and what looks like it is read in ``incidents.recurring``, which the
API shares. Here are the pages: a plain form each, with no script.

Decisions. **A machine proposes, people say**: what looks alike is counted and shown with its reason, and is linked by
nobody but people. **What was said once is kept**: "not this one" is remembered, and what looks more like that one is
not proposed either; it can be said the other way round at any time. **What looks alike counts when a fix is measured**,
linked or not: a count that waits for somebody to link would call every fix a success. **A fix is no end**: a problem
that is fixed goes on being counted, and says on its incidents' pages that it was thought to be over. **An action is a
review's action** (``incidents.models.actions``), chased by the same clock.
"""
