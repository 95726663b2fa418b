"""Small tools that every room may use: the clock, refusals, text cleaning, htmx answers, what a log line says
(``logs``, ``doing``, ``numbered``), and what an installation must not begin with (``checks``).

May import Django and third-party libraries, and no room of ours.
"""
