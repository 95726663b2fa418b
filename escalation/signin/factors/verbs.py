"""What changes somebody's factors: each in one transaction with its entry, and with the letter that tells of it."""

import logging
from dataclasses import dataclass
from datetime import datetime

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from escalation.kit import sealing
from escalation.kit.errors import Refused
from escalation.kit.sealed import seal, unseal
from escalation.kit.text import one_line
from escalation.people.models import Session, User
from escalation.signin import ending
from escalation.signin.models import AppSecret
from escalation.trail.writing import Actor, record_configuration, take_turn

from . import codes, telling

log = logging.getLogger(__name__)
Type = Authenticator.Type
NAMES = {
    Type.TOTP: gettext_lazy("authenticator app"),
    Type.WEBAUTHN: gettext_lazy("passkey"),
    Type.RECOVERY_CODES: gettext_lazy("recovery code"),
}
MOST = 10  # passkeys of one person


@dataclass(frozen=True)
class Owned:
    """What somebody has to pass the second step with."""

    app: Authenticator | None
    passkeys: list[Authenticator]
    recovery: Authenticator | None

    def __bool__(self) -> bool:
        return bool(self.app or self.passkeys)

    @property
    def codes_left(self) -> int:
        return len(self.recovery.data["hashes"]) if self.recovery else 0

    @property
    def takes_codes(self) -> bool:
        return bool(self.app or self.codes_left)

    @property
    def keys(self) -> dict[str, Authenticator]:
        """The passkeys by what is kept of them."""
        return {one.data["key"]: one for one in self.passkeys}


def owned(person: User) -> Owned:
    found = list(Authenticator.objects.filter(user=person).order_by("id"))
    single = {one.type: one for one in found}
    keys = [one for one in found if one.type == Type.WEBAUTHN]
    return Owned(single.get(Type.TOTP), keys, single.get(Type.RECOVERY_CODES))


# --- proving ---------------------------------------------------------------------------------


@transaction.atomic
def spend(person: User, code: str, *, now: datetime) -> Authenticator | None:
    """What this code is of, an app or a recovery code, and it opens nothing any more; None if it opens nothing."""
    take_turn()
    have = owned(person)
    if have.app is not None and (step := _step(have.app, code, now)) is not None:
        have.app.data["step"] = step
        return _used(have.app, now)
    if have.recovery is not None and (left := codes.without(have.recovery.data["hashes"], code)) is not None:
        have.recovery.data["hashes"] = left
        _enter(person, "factor_code_used", Type.RECOVERY_CODES, now=now, left=len(left))
        return _used(have.recovery, now)
    return None


def _step(app: Authenticator, code: str, now: datetime) -> int | None:
    try:
        secret = unseal(AppSecret.objects.get(factor=app), "secret").decode()
    except (
        sealing.Unreadable,
        AppSecret.DoesNotExist,
    ):  # sealed with another SECRET_KEY; a passkey or a recovery code still opens
        return None
    return codes.step_of(secret, code, now=now, after=app.data["step"])


@transaction.atomic
def use_passkey(passkey: Authenticator, *, counts: int, now: datetime) -> Authenticator:
    """One that counts its uses goes up each time; if it does not, there is another one of it (WebAuthn, 7.2), and it
    is ``Refused``, as is one that was removed since it was looked up. Most count nothing, and say 0 each time."""
    row = Authenticator.objects.select_for_update().filter(pk=passkey.pk).first()
    if row is None:
        raise Refused(_("This passkey was removed meanwhile."))
    before = row.data.get("counts", 0)
    if counts <= before and (counts, before) != (0, 0):
        log.warning("passkey %s counts to %s after %s: it was refused", passkey.pk, counts, before)
        raise Refused(_("This passkey may have been copied, and opens nothing. Sign in another way, and remove it."))
    row.data["counts"] = counts
    return _used(row, now)


def _used(factor: Authenticator, now: datetime) -> Authenticator:
    factor.last_used_at = now
    factor.save(update_fields=["data", "last_used_at"])
    return factor


# --- having ----------------------------------------------------------------------------------


@transaction.atomic
def add_app(
    person: User, *, secret: str, code: str, now: datetime, here: str | None = None
) -> tuple[Authenticator, list[str]]:
    """The app that shows this code, and new recovery codes if there were none. Raises ``Refused``.

    ``here``: the key of the session that goes on. With the first factor all others end: nothing but a password was
    asked of them.
    """
    take_turn()
    if owned(person).app is not None:
        raise Refused(_("You have an authenticator app already. Remove it first."))
    step = codes.step_of(secret, code, now=now, after=0)
    if step is None:
        raise Refused(_("This is not the code your app shows now. Is the telephone's clock right?"), code="invalid")
    made = Authenticator.objects.create(
        user=person, type=Type.TOTP, data={"step": step}, created_at=now, last_used_at=now
    )
    kept = AppSecret(factor=made)
    seal(kept, "secret", secret.encode())
    kept.save()
    return made, _added(person, made, now, here)


@transaction.atomic
def add_passkey(
    person: User, *, key: str, name: str, now: datetime, counts: int = 0, here: str | None = None
) -> tuple[Authenticator, list[str]]:
    """``key`` and ``counts``: as ``passkeys.added`` gave them. ``here``: as above. Raises ``Refused``."""
    take_turn()
    have = owned(person)
    if len(have.passkeys) >= MOST:
        raise Refused(_("You have %(most)d passkeys. Remove one first.") % {"most": MOST})
    name = one_line(name, limit=60) or _("Passkey %(n)d") % {"n": len(have.passkeys) + 1}
    data = {"key": key, "name": name, "counts": counts}
    made = Authenticator.objects.create(user=person, type=Type.WEBAUTHN, data=data, created_at=now, last_used_at=now)
    return made, _added(person, made, now, here)


def _added(person: User, made: Authenticator, now: datetime, here: str | None) -> list[str]:
    _enter(person, "factor_added", made.type, now=now, named=called(made))
    have = owned(person)
    if len(have.passkeys) + bool(have.app) == 1:
        ending.end_all(person, by=Actor.person(person), now=now, but=here)
    return [] if have.recovery else _recovery(person, now)


@transaction.atomic
def renew_codes(person: User, *, now: datetime) -> list[str]:
    """New recovery codes; the old ones open nothing any more. Raises ``Refused`` if there is nothing to recover."""
    take_turn()
    have = owned(person)
    if not have:
        raise Refused(_("Recovery codes stand in for an app or a passkey. Set up one of them first."))
    if have.recovery is not None:
        have.recovery.delete()
    made = _recovery(person, now)
    _enter(person, "factor_codes_renewed", Type.RECOVERY_CODES, now=now)
    return made


def _recovery(person: User, now: datetime) -> list[str]:
    made = codes.new_recovery_codes()
    data = {"hashes": codes.kept(made)}
    Authenticator.objects.create(user=person, type=Type.RECOVERY_CODES, data=data, created_at=now)
    return made


# --- having no more --------------------------------------------------------------------------


@transaction.atomic
def remove(person: User, pk: int, *, now: datetime) -> Authenticator | None:
    """An app or a passkey of one's own; None if it is gone already. Raises ``Refused`` for an admin's last one."""
    take_turn()
    have = owned(person)
    mine = [one for one in (have.app, *have.passkeys) if one is not None]
    gone = next((one for one in mine if one.pk == pk), None)
    if gone is None:
        return None
    if len(mine) == 1 and is_demanded(person):
        raise Refused(_("Admins need a second step, and this is your last. Set up another one first."))
    if len(mine) == 1 and have.recovery is not None:
        have.recovery.delete()  # they stand in for nothing any more
    _enter(person, "factor_removed", gone.type, now=now, named=called(gone))
    gone.delete()
    return gone


@transaction.atomic
def take_away(person: User, *, by: Actor, now: datetime) -> int:
    """All that somebody signs in with beside the password, because it is lost; how many there were."""
    take_turn()
    rows = Authenticator.objects.filter(user=person)
    count = rows.exclude(type=Type.RECOVERY_CODES).count()
    if not rows.exists():
        return 0
    rows.delete()
    ended, _by_table = Session.objects.filter(person=person).delete()  # whoever has found it may be signed in
    data = {"what": "second step", "id": person.pk, "name": person.name, "sessions": ended}
    data["person"] = {"id": person.pk, "name": person.name}  # so that their own history shows it
    telling.tell_of(record_configuration(by, "factors_taken", data, now=now))
    return count


@transaction.atomic
def link_made(person: User, *, by: Actor, now: datetime) -> None:
    """By a link that somebody else has, a password can be chosen: on record, and told."""
    data = {"what": "user", "id": person.pk, "name": person.name}
    telling.tell_of(record_configuration(by, "password_link", data, now=now))


def is_demanded(person: User) -> bool:
    return bool(settings.ADMIN_SECOND_FACTOR and person.is_staff)


# --- telling ---------------------------------------------------------------------------------


def called(factor: Authenticator) -> str:
    return factor.data.get("name", "")


def described(factor: Authenticator) -> str:
    kind = str(NAMES[Type(factor.type)])
    return f"{kind} {called(factor)}".strip()


def _enter(person: User, kind: str, of: str, *, now: datetime, named: str = "", **more: int) -> None:
    what = "recovery codes" if of == Type.RECOVERY_CODES else str(NAMES[Type(of)])
    whose = {"id": person.pk, "name": person.name}
    data = {"what": what, "id": person.pk, "name": named, "person": whose, **more}
    telling.tell_of(record_configuration(Actor.person(person), kind, data, now=now))
