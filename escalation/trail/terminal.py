"""Who it is that changes something with a command."""

import getpass

from django.conf import settings

from .models import Entry
from .writing import Actor


def operator() -> Actor:
    """Whoever sits at the terminal, for the record."""
    try:
        name = getpass.getuser()
    except (KeyError, OSError):  # a container without such a name
        name = "somebody"
    return Actor(Entry.Actor.ENGINE.value, None, f"{name} at the terminal of {settings.HOST_NAME}")
