"""The clocks people promise by: when somebody must have answered, written an update, resolved.

Floor 5.5, below the models; pure: entries, terms and a calendar in, instants and states out. No Django, no database.
``hours`` counts business time, ``cycle`` is one clock as it runs, ``clock`` hears an incident's entries and reads its
promises. The rows, the timer and the warnings are ``incidents.models.promising``; what admins keep is
``incidents.models.targets``.

**Frozen, not live.** The entry that opens an incident, or changes its severity, carries what was promised then:
minutes, when to warn, and the business hours with their holidays. So the record alone gives the same minute for
ever, whatever admins change later; a target that is changed counts for what is opened, or re-judged, after that.

- *Response*: from opening to the first acknowledgement, accepted offer or resolution. Re-opening begins a new one.
- *Update*: from the last entry in which a person wrote something; from opening, or re-opening, before the first.
  What is taken back, or withdrawn, counts as not said: the clock before it goes on as if nothing had been written.
  What was said of that clock is said anew: a warning that was called off because somebody wrote must not be lost.
- *Resolve*: from opening. Re-opening goes on where it stood: the time in between does not count.
- A hold and maintenance stop all three, as they stop the clocks of the path. Resolving ends them.
- A new severity's terms count from where each clock began. What was met before stays judged by its own terms.

What is merged into another incident is resolved by that, and its clocks end; the one that goes on keeps its own, with
a worse severity's terms if the merge brought one. Time is counted as on a wall, and half open: the last instant is
too late.
"""
