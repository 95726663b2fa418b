"""What came of drills: who was called when and how, who answered, and how far it went.

Floor 7.5, below the doors that show it (``incidents.drills``, the API) and above the rows and verbs
(``incidents.models.drills``). ``report`` is pure: an incident's entries in, a report out. ``words`` says it in a
sentence, and ``results`` reads many at once.

Decision: **nothing of a report is stored.** It follows from the incident's record, which nobody can change and which is
kept for good, so a report of a year ago says the same as on its day.
"""
