"""Text that has a word in it, whatever its case, and the same on every database."""

import re

from django.db import connection
from django.db.models import Q


def contains(field: str, word: str) -> Q:
    """SQLite's LIKE knows the case of ASCII letters alone; for other words Python looks, in its place."""
    if connection.vendor != "sqlite" or word.isascii():
        return Q(**{f"{field}__icontains": word})
    return Q(**{f"{field}__iregex": re.escape(word)})
