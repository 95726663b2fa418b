"""Readiness: what would go wrong with the next call, found before there is one.

``checks`` (pure) makes findings of plain ``facts``; ``holes`` (pure) finds when a step has nobody, and counts each gap
once; ``following`` (pure) finds what a step adds to the one before; ``spells`` (pure) says when that is as people
say it. ``gathering`` reads the facts in a fixed number of queries (``links``: all pairs of ids in one), ``saying`` has
the words, ``views`` the page.
``badge`` is the number in the menu and for whoever watches from outside. ``about`` is what of it is about one policy,
for whoever changes it: before it is saved too, since ``policies/trial`` shows it the rows that saving would leave.
“Ask Jo to test” is beside this room (``policies/asking``), because it is a model of its own and needs no finding; how
somebody is reached is judged a floor below, where their ways live (``notify/fitness``).

Decided: red is that the next call, or one in the coming 60 days, may find nobody: whoever is called by no way that
was proved lately; a step without anybody where a path begins or ends, and nothing said of what happens then. Amber
is what something else makes up for: another way that is proved, a fallback, a shift that is waited for, the steps
before and after. A page that is always red is not read, so whatever is red can be mended: a desk that closes at
night on purpose says so at its step, by a fallback, by waiting, or by the schedule of whoever is there then.
"""
