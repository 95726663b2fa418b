"""Half a year of history for the sample organisation: made in the background, once the desk is up.

From the ground up:

    words      what went wrong, and what people said and tried
    planning   which incident happens when and how it goes: pure, the same for the same seed and day
    acting     one of them, played through the real verbs under a moved clock
    making     all of them one after the other: what is there is not made again, and pages say how far it is

**Three truths are planted**, and everything else is noise in which none of their kind must be found:

1. *A recurring cause.* The price cache serves stale prices, again and again, on Catalogue, until a problem's action
   tells it of new prices: twelve before the fix, one after. The page of the problem counts it.
2. *A hesitant team.* On Platform's services the signs say "escalate now", and its people wait for the clock. The
   measures, compared by team, show it; of the other teams hardly anybody hesitates.
3. *A useless first step.* The policy Infrastructure begins at the service desk, which hardly ever resolves anything
   there and passes it on. The measures, compared by policy, show what the only tier that had it resolved.

``tests/plain_history.py`` finds all three with SQL and a calculator, and knows nothing of what was planted.

Decisions. *One incident, one transaction, from its opening to its closing*: the engine, which lives in the present,
never sees a timer of the past, and what was to be sent is put away unsent. Nobody is called. *The clock is moved in a
process of its own* (``manage.py demo_history``): it has one clock for all that it does, and serves nobody. *An
incident's number is its key*: numbers are taken before the first incident of the present, so that what is older has the
smaller one, and an interrupted history goes on where it was.
"""
