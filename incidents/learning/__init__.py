"""What the past says: when it is time to escalate, and whether that advice was right.

Floor 7, below the doors; pure: facts, an instant and a preset in, signs and a verdict out. No Django, no database, no
clock. ``story`` turns an incident's entries into facts as they were at any instant, so that the page, the replay of
last month and the judgement of old advice all see the same. ``signs`` says which facts are warnings, ``advice`` what
they come to, ``judging`` what became of it, ``replay`` how often each sign would have shown. ``known`` is the same
story as the rules of a policy go by it, and ``trying`` plays a rule on an incident of the past. ``training`` asks
people the same about a case, and says how well they saw it; ``casemaking`` makes the steps of one from a record, and
``anonymous`` finds what in a text says who and where. ``likeness`` says how much two incidents look alike, and
why; ``recurring`` which of many are the same trouble, as people have said and corrected, and ``afterwards`` whether it
came back less often once it was fixed. ``summary`` is what one incident came to, in numbers, ``hesitation``
whether the signs said to escalate while nobody did, and ``calls`` whom an entry called.

The rows are read in ``incidents.models.similar``, and ``incidents.advising`` makes of both what people are shown. A
sign that compares needs ten incidents to compare with, and says so when there are fewer: it never guesses.
"""
