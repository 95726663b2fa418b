"""Who is on call: schedules of layered rotations, overrides and swaps, and what follows from them.

Floor 3; may import people, trail and kit. ``shifts`` is the pure core (with ``rotation``,
``restrictions``, ``spans`` and ``wall``): a ``Plan`` of plain values in, concrete shifts in UTC out.
The engine, the calendar, the feeds and the preview of an unsaved form all ask the same functions.

Rules, each chosen for being foreseeable at three in the morning:

- One person at a time. Overrides win over all (the later made over the earlier), then the highest
  layer that is on; where a layer is off (outside its hours, an empty seat, not begun) the next one
  counts. Several people at once are several schedules: a step or a tier may have more than one.
- Days, weeks and months are the wall's: a hand-off at 09:00 stays at 09:00. Hours are elapsed time.
  What the wall skips happens at the first instant after the gap, what it shows twice at the first.
- A turn belongs to whoever holds the seat when it begins, and is never cut. Whoever joins or leaves
  changes only who comes after that instant: the order goes on behind whoever was last.
- Holidays are read from the schedule's calendars, and count for a layer only where an admin says so; each from its
  own beginning to its own end, so a night that runs into one is cut at midnight.
- A month's 31st is the last day of a shorter month. Hours off use up turns all the same.
- Somebody whose account has ended counts as nobody there, and the layers below do *not* step in:
  that would call people at hours they were never asked for. It is a gap, and told as one.
- Cancelling an override ends it at that instant; what it did before stays true.

The pages are in ``views`` (who is on call, the calendar), ``covering`` and ``asking`` (forms over the verbs),
with ``drawing`` as their pure part: places are shares of real time, so no day is drawn with hours it has not.
``glance`` is now and next in a line, for the heads of other rooms' pages.
Messages leave through ``telling``, a registry, because the outbox is upstairs. No change of who is on call is silent:
``turnover`` finds whom it makes a difference to, ``unanswered`` what comes of a request that nobody answers, and
``as_seen`` lets nobody overrule what they did not know of. The past is not changed: an override begins now at the
earliest, and a layer that would make it another is refused until that is said to be meant.

One circle is left on purpose: a ``Schedule`` in ``models`` inherits its verbs from ``changing`` and ``swaps``, which
name its type, as do ``verbs``, ``telling``, ``turnover`` and ``as_seen`` below them; and the calendars' models refer to
schedules, while ``models`` names them, because Django looks for them there and a plan counts their holidays.
"""
