"""Is what the engine promises true right now? Looked at every minute, for all open incidents.

Its own room inside the engine, in this order: ``findings`` (the twenty promises, and what a
check is), ``runs ruled outbox record`` (the checks that compare state with state), ``reading`` (the ones
that read whole records), ``repairs``, and ``auditing``, which carries all of it out. Rooms upstairs add
checks of their own through ``findings.add``.

Three decisions. *One statement a check*: a statement sees one moment of the database, and every
change is one transaction, so work in progress cannot look like a fault. What waits for somebody
outside a transaction (a lease, a bell) gets a grace first. *State every minute, records in turn*: the
state checks are a fixed number of statements over running climbs only, found through partial indexes.
Reading records (chains, and whether each step is on them) costs time by their length, so a
portion is read in each round, within a time budget, and the next round goes on from there; what
looks wrong there is read again under the trail's lock. *Repairs are few*: only what the engine
would have written itself (the next timer, a cancellation, a place in the queue, a climb), under the
lock, after a second look, on record, and once in ten minutes. Everything else is for people.
"""
