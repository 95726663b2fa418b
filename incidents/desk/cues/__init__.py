"""My cues: what one person must do next, why them, by when, and what happens if they do not.

One list of every kind, in the order of *when*: what is late, what comes, what is due on a day, and last what has no
end. A review that is weeks late hurries nobody, so a day never stands before an instant: the page is opened at night
by somebody who has four minutes to take a call.

``cue``         what a cue is, and which comes first (pure)
``incidents``   what climbs ask of somebody (``desk.asks``) in words, with the incident it is about
``roles``       roles on incidents: one's own, offered ones, and those that nobody has
``mentions``    where somebody mentioned one
``rota``        swaps to answer, swaps that nobody answers, gaps, a shift that begins soon, calendars
``windows``     maintenance that ends, has ended, or touches what one holds
``upkeep``      a test of one's ways, steps that did not work, reviews and their actions, training, webhooks
``collecting``  all of it for one person, and how many there are
``page``        the page

What schedules and maintenance say changes seldom: it is read once for each change on the installation's record and
asked again at later instants. A new kind is a function that yields cues, and a line in ``collecting``.
"""
