"""Six digits that prove that a way really leads to its owner.

No code is kept anywhere: it follows from the installation's key and a ``proof``, a random value that is. So
a copy of the database tells nobody a code, and the message that waits in the outbox holds none.
"""

import secrets
from datetime import timedelta

from django.utils.crypto import constant_time_compare, salted_hmac

VALID = timedelta(minutes=15)
TRIES = 5
AGAIN_AFTER = timedelta(seconds=60)
HOUR = timedelta(hours=1)
MOST_AN_HOUR = 10  # to one person, by all their ways
_SALT = "escalation.notify.codes"


def new_proof() -> str:
    return secrets.token_hex(16)


def code_of(proof: str) -> str:
    """The code that belongs to ``proof``; nothing for nothing."""
    if not proof:
        return ""
    digest = salted_hmac(_SALT, proof, algorithm="sha256").digest()
    return f"{int.from_bytes(digest[:8], 'big') % 1_000_000:06}"


def fits(typed: str, proof: str) -> bool:
    """Whether ``typed`` is that code. Spaces between the digits are forgiven."""
    digits = "".join(typed.split())
    return bool(proof) and constant_time_compare(digits, code_of(proof))
