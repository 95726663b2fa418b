"""Readiness: what would go wrong with the next call, found before there is one.

``checks`` (pure) makes findings of plain facts, ``spells`` (pure) says when nobody is there as people say it,
``gathering`` reads the facts in a fixed number of queries, ``saying`` has the words, ``views`` the page.
``badge`` is the number in the menu and for whoever watches from outside.
“Ask Jo to test” is beside this room (``policies/asking``), because it is a model of its own and needs no finding; how
somebody is reached is judged a floor below, where their ways live (``notify/fitness``).

Decided: red is what would fail if a call were made now, or has nothing tested behind it, and a whole policy that
will have nobody within a week. All else is amber, however long the list: a page that is always red is not read.
A gap at one step is amber while others of its policy call somebody, because many a desk closes at night on purpose.
"""
