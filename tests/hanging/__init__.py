"""A Baton one of whose processes hangs for ever at a named point, holding whatever it holds there.

``DJANGO_SETTINGS_MODULE=tests.hanging.settings``; write the point's name (``kit.failpoint``) into the
file ``hang-at`` in its home. The first process that comes there takes the file away and hangs.
"""
