"""What a copy says of itself, and whether it fits what is here. Read in the very moment that is copied."""

import hashlib
import hmac
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from escalation.kit import migrating, rotation, sealing
from escalation.kit.release import VERSION
from escalation.trail import chain

from .archive import Unfit

Ask = Callable[[str], list[tuple]]  # carries out a statement in the moment that is copied


def gathered(ask: Ask, *, kind: str, at: datetime) -> dict[str, Any]:
    """``newest_entry`` is None and ``installation`` empty where nothing was recorded yet."""
    [first] = ask("SELECT hash FROM trail_entry ORDER BY id LIMIT 1") or [("",)]
    done = {f"{app}.{name}" for app, name in ask("SELECT app, name FROM django_migrations")}
    newest = ask("SELECT id, hash, at FROM trail_entry ORDER BY id DESC LIMIT 1")
    return {
        "kind": kind,
        "version": VERSION,
        "database": connection.vendor,
        "taken_at": chain.instant(at),
        "host": settings.HOST_NAME,
        "installation": first[0],
        "newest_entry": {"id": newest[0][0], "hash": newest[0][1], "at": _instant(newest[0][2])} if newest else None,
        "migrations": sorted(done - {".".join(migrating.BEGUN)}),
        "key": key_print(settings.SECRET_KEY),
        "sealed_by": key_print(sealing.keys()[0]),
    }


def _instant(at: Any) -> str:
    found = datetime.fromisoformat(at) if isinstance(at, str) else at
    return chain.instant(found if found.tzinfo else found.replace(tzinfo=UTC))


def key_print(key: str) -> str:
    """By what a key is known again. It says nothing of the key, which is long and random."""
    return hmac.new(key.encode(), b"baton copy 1", hashlib.sha256).hexdigest()[:16]


def same_key(facts: dict[str, Any]) -> bool:
    """Whether what is sealed in the copy can be opened here. An older copy only says its SECRET_KEY, which sealed."""
    here = sealing.keys()
    return facts.get("sealed_by", facts.get("key")) in [key_print(key) for key in here]


def can_be_opened(facts: dict[str, Any]) -> bool:
    """Whether all that is sealed can, now that the copy is the database. One key may have been following another when
    it was taken: it says the first, and not all is sealed with that."""
    return same_key(facts) and not rotation.closed()


def refuse_newer(facts: dict[str, Any]) -> None:
    if beyond := sorted(set(facts["migrations"]) - ours()):
        raise Unfit(
            f"The copy was made by a newer Baton ({facts['version']}; this is {VERSION}): it has {beyond[-1]}. "
            "Install that version and say it again."
        )


def refuse_other_shape(facts: dict[str, Any]) -> None:
    """Rows fit the tables that they were read from."""
    refuse_newer(facts)
    if lacking := sorted(ours() - set(facts["migrations"])):
        raise Unfit(
            f"The export was made by Baton {facts['version']}, before {lacking[0]}; this is {VERSION}. Import it with "
            "that version, and upgrade then."
        )


def ours() -> set[str]:
    """All migrations of this code, and what a run that has not ended notes beside them."""
    known = MigrationLoader(None, ignore_no_migrations=True).disk_migrations
    return {f"{app}.{name}" for app, name in known}
