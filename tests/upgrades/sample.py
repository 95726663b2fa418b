"""What is kept of a version: the sample organisation and its past, by nearly every verb that version has."""

PLAY = """
from django.conf import settings
settings.DEMO = True  # for what this process makes
from incidents.demo import organisation, past
organisation.build()
past.play()
"""
