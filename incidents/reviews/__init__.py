"""Reviews: how an incident went, what contributed, and what is done so that it goes better next time.

Floor 8, a door for people; may import anything below, and no other door. The rows and their verbs are
``incidents.models.reviews``; what the record says is ``incidents.learning.reviewing``, which is pure, and what a review
makes of it is ``incidents.reviewing``, which the API shares. Here are the pages: a plain form each, with no script.

Decisions. **The timeline is read, never written**: nobody can make it prettier, and it can be checked against the
record; people add remarks to its lines. **It speaks of tiers unless somebody asks for names**, on the page and in the
file: a review is about how it was possible, not about who. Who wrote a remark and who does an action is named on the
page, and in the file if it is asked for. What people wrote themselves is left as they wrote it. **A draft
is seen by whoever sees the incident**: to hide it would only hide from colleagues what they could correct. **The file
asks for no fresh proof**, as other exports do: it says what stands on the page, of one incident. **Done is derived**:
shared, and no action open; so no second statement can disagree with the actions. **Actions are chased by the clock**
(``incidents.models.chasing``), in the daytime and quietly: a list that nobody opens gets nothing done.
"""
