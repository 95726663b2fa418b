"""The demonstration: a sample organisation, colleagues who work in it, and a button to pause them.

Beside the doors on floor 8; may import anything below and no door: alerts are posted over HTTP,
as monitoring does. Nothing here runs unless ``settings.DEMO``. What it keeps (the source's key,
the flag that says "paused") are files beside the demonstration's database, so a production
database never holds anything of it.
"""
