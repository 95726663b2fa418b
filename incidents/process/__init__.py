"""Process health: how a team does, in one picture for its weekly meeting, and on one printed page.

Floor 8; may import anything below, and no other door. From the ground up:

    period   one week or four, and how a number compares with one before (pure)
    rows     what is read of a team, in one query
    asked    what is asked for: a team, a period; kept in the address
    part     one part of the picture: good, look or act, a sentence, a number, and where it comes from
    parts/   a file for each: what it reads, and how it judges. ``parts.ALL`` is the picture's order
    views    the page; urls its address

Decisions. *Every figure is made where its own page makes it* (readiness, problems, the days of training), or counts
rows by that page's rules and visibility: so that the two cannot differ. That page may show other teams beside this one.
*A part says one sentence*: that all is well, or what to do first. One that has nothing to say is a line at the end, and
no panel of zeros. *A judgement is one of three words with a shape each*; the thresholds are few and stand in
``docs/process-health.md``.

*Readiness is not looked for anew*: that costs as much as all the rest, and changes with the installation's record. What
was found within ten minutes holds until that record goes on (``readiness.badge.lately``). Each web process looks that
often by itself, so the page costs no more than any other, but for the first one after a change of the configuration:
that one asks eight queries beside the fifteen, the look itself, as the page of readiness does. To show what was found
before would be cheaper, and wrong for whoever has just mended it; to fetch the part later would leave it out of what
is to be done first, and off the printed page.

*Two kinds of figures are never mixed.* What is so now (coverage, readiness, what is late) is told as it is now, and
beside it how it was when the period began, where the rows still say so. What happened (hesitation) is counted over the
period, in days of UTC as measures are, and beside it the period before.

*No names of who is late with training*: the list is read aloud in meetings. Names are where somebody can do something:
the owner of an action, and who cannot be reached, for those who answer for them. Agents of a team read the same page
without these, and without links to pages that they do not have.
"""
