"""Making and revoking the tokens by which programs come in: each in one transaction with its entry."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction

from escalation.people.models import ApiToken, User
from escalation.trail.writing import Actor, record_configuration, take_turn


@transaction.atomic
def make(
    person: User, *, name: str, scopes: Iterable[str], now: datetime, ends_at: datetime | None
) -> tuple[ApiToken, str]:
    """A token and its key, which is shown once. Raises ``Refused``."""
    take_turn()  # two at once count each other
    made, key = ApiToken.make(person, name=name, scopes=scopes, now=now, ends_at=ends_at)
    record_configuration(Actor.person(person), "token_made", _about(made), now=now)
    return made, key


@transaction.atomic
def revoke(token: ApiToken, *, by: User, now: datetime) -> None:
    """It opens nothing from now on."""
    take_turn()
    if token.revoke(now):
        of = {} if by.pk == token.person_id else {"of": token.person.name}
        record_configuration(Actor.person(by), "token_revoked", {**_about(token), **of}, now=now)


def _about(token: ApiToken) -> dict[str, Any]:
    ends = {"ends_at": token.ends_at.isoformat()} if token.ends_at else {}
    return {"what": "token", "id": token.pk, "name": str(token), "scopes": token.scopes.split(), **ends}
