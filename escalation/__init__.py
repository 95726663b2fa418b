"""The ground storey: who is called, when, in what order, how, and the proof of it.

Rooms, from the ground up; a room may import only rooms on lower floors:

    kit                 clock, errors, text, htmx: Django and libraries only
    people, trail       who there is; what happened
    oncall, notify      who is on call; how a person is reached
    policies            the path: who is next, and when
    engine              runs, timers, deliveries: the path at work

The package is the Django project too: settings, urls, asgi, wsgi. Those name the upper
storey (``incidents``) only as strings.
"""
