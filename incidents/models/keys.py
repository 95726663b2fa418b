"""What a source's key is made of, and what is kept of it. Pure but for the dice."""

import hashlib
import secrets
import string
from datetime import timedelta

LETTERS = string.ascii_lowercase + string.digits
LENGTH = 32  # and of these letters: what the clients of other products check a key for
SHORTEST, LONGEST = 16, 200  # of one that is brought along
USED_EVERY = timedelta(hours=1)  # how exactly it is known when a key was used last


def hashed(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()


def made() -> str:
    return "".join(secrets.choice(LETTERS) for _letter in range(LENGTH))


def may_be_one(key: str) -> bool:
    """Whether a key of another product can be found in a header, an address or a body."""
    return SHORTEST <= len(key) <= LONGEST and key.isascii() and key.isprintable() and " " not in key
