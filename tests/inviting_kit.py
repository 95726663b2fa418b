"""Invitations, as the admin's page makes them."""

from typing import Any

from escalation.kit import clock
from escalation.people.models import User
from escalation.signin import inviting
from escalation.signin.models import Invitation


def invited(by: User, **about: Any) -> tuple[Invitation, str]:
    """One of Nia, if nothing else is said, and the key of its link."""
    now, key = clock.now(), inviting.new_key()
    terms = {"key_hash": inviting.hashed(key), "made_at": now, "made_by": by, "ends_at": inviting.ends(now)}
    return Invitation.objects.create(**{"email": "nia@example.com", **terms, **about}), key
