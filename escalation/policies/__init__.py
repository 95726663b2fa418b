"""The path: which steps there are, who is next, and when.

Floor 4; may import oncall, notify and below. ``path`` is the pure core: plain values in,
plain values out, no Django and no clock. The live engine, the forecast on the incident page
and every test ask the same functions, so they cannot disagree.

Decision: a policy is frozen into *laps*. Two rounds of a path followed by another policy's
one round are three laps over numbered steps, so "round" and "what comes after the last
round" are one thing to the engine, and no row of the policy is read for a run under way.
Runs on the same path share one ``FrozenPath``, found by its content's digest.
"""
