"""Moving in: what another product knew of people, who is on call and who is called next, made into ours.

A door (floor 8): it may use everything below, and no other door. ``manage.py import_from`` opens it.

    records    what an export says, in plain values, whichever product it is from     (pure)
    strands    a schedule in which several are on call at once, as schedules of one    (pure)
    windows    hours on a week's wall                                                  (pure)
    recurring  shifts that recur by a rule, as turns of a layer, proved                 (pure)
    careful    readers for whom an odd thing costs only itself                         (pure)
    answers    raw answers: from a live API, a zip or a folder; kept in a zip
    moving     plan and apply: one walk, which only looks or also writes
    sparing    what people have changed here since it came over, which stays            (pure)
    passing    steps that reach nobody at times, which other products wait for in vain     (pure)
    kinds      one class for each kind of thing: find it here, compare it, write it
    comparing  who is on call in the old system and here, around every hand-off
    systems    which products there are; each is a package: gather, read, its own calendar

Decisions:

- *Plan and apply are the same walk*, so a plan says what apply does. Plan reads and writes nothing at all. Apply has
  one transaction for each thing, with an ``Origin`` in it: a walk that broke goes on, and a second one changes nothing.
- Nothing here is ever deleted, and nothing that somebody made by hand, or changed since it came over, is overwritten:
  which of two wills was the later nobody can know. People and teams that are here are joined, by e-mail and by name;
  all else gets a name of its own.
- What refers to something that does not come over is made archived or disabled, and never half.
- *One person at a time* is the rule of our schedules, so a schedule of several at once becomes several, and a step
  calls by all of them: exactly the same people, and every one of them a schedule like any other.
- Each product has a second, independent reading of its calendar, which shares no code with the first nor with ours.
  What both say is compared: a mistake would have to be made twice, alike.
- Moving in tells nobody that they are on call: as long as no alert comes in here, the old system calls.
- Accounts that are made can be called and have no password, so nobody can sign in until an admin gives them one.
  An account that could not be called would be a gap in the night. Nobody becomes an admin or an auditor by an import.
"""
