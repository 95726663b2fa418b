"""Calendars, both ways: shifts as feeds that calendar programs subscribe to, and other people's calendars read.

``segments``, ``reading`` and ``events`` are pure: shifts in, pieces with an identity that lasts out; a file in,
plain dates out. ``writing`` makes the file, ``building`` puts a feed together, ``feeds`` and ``outside``
are the models, ``fetching`` is the task, ``absences`` says who is away while on call.

- A feed's address is its key: calendar services send no headers and sign in nowhere. So each person has
  one of their own for each feed, only its hash is kept, and whatever is wrong with it is a plain 404.
- An event is one shift in UTC, never a rule: clients disagree about exceptions and summer time.
- Its UID says where the turn began by the plan, so that it stays the same event when the person, the end
  or the words change; then SEQUENCE, LAST-MODIFIED and DTSTAMP move together, and only then. That
  memory is a row for each UID. DTSTAMP is never "now": each answer would be another.
- What is read from elsewhere is worked out in a process of its own, with limits of time and memory: the
  libraries that do it were not written for enemies. One event that is endless work is left out (``effort``).
- An absence is shown, and changes nobody's turn. Who is called is for people to decide; holidays count where an
  admin has said that a layer goes by them (``festive`` names them for the pages).
"""
