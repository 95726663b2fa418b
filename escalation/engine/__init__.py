"""Who is called, when, and the proof of it: runs, timers and deliveries.

Floor 5; may import policies and everything below, and never ``incidents``.

``EscalationRun`` is one climb up one policy. A verb or a due timer changes a run in one
transaction, under the lock of its trail's head, and writes three kinds of row with it:
entries (what happened), one timer (what will happen) and deliveries (who must be told). It
calls nobody. django-q2 tasks hold ids only and may run twice or never: the rows are the truth.

The engine knows no incident. What an upper room wants to add to a decision it registers in
``engine.registry``; it is then called inside the same transaction, for a whole batch.
"""
