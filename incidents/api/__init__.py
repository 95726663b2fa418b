"""The API: what a person can do at the desk, for programs, under ``/api/v1/``.

Floor 8; may import anything below, and no other door. The nouns are the desk's, and so are the refusals: an operation
finds the incident among those its person may see, calls the verb, and answers with the new state. Nothing is decided
here that the models do not decide.

A program shows a person's token (``escalation.people.tokens``), and can do what both of them may. A session opens
nothing: so no page of another site can use a browser that is signed in, and no request needs a token against forgery.

Requests come in before everything that is meant for people (``middleware``), by a table of addresses of their own
(``addresses``), which is read at the first request: django-ninja and pydantic cost each process some 20 MB, and only
the web process of an installation that uses the API has any use for them. For the same reason ``ninja`` is no app in
``INSTALLED_APPS``. The page of the documentation is ours (``docs``): it needs no script and keeps the content policy.

``urls`` and ``pages`` are for people: the page of one's own tokens. They do not know django-ninja.

A resource is a file with a router, registered in ``v1``. What all of them share: ``bearer`` (who asks), ``problems``
(what went wrong, RFC 9457), ``answers`` (states and their versions), ``repeats`` (``Idempotency-Key``), ``cursors``
(pages of lists), ``shapes`` (texts, numbers and small objects), ``described`` (what each operation has in common in
the description).
"""
