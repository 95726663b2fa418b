"""How the people of the scene sign in: their other browsers, apps, passkeys and recovery codes, and who is invited."""

import base64
from datetime import timedelta
from typing import Any

from allauth.account.internal.flows.login import AUTHENTICATION_METHODS_SESSION_KEY as BY
from fido2.cose import ES256
from fido2.utils import websafe_encode
from fido2.webauthn import AttestedCredentialData

from escalation.kit import clock, sealing
from escalation.people.models import Session, User
from escalation.signin.factors import codes, verbs
from escalation.signin.factors.forms import place
from tests.inviting_kit import invited
from tests.passkey_kit import Key

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"  # of all apps here
KINDS = ("session", "handle", "factor", "invitation")


def make(scene: Any) -> None:
    people, things = scene.people, scene.things
    things |= {kind: {} for kind in KINDS}
    for slot, one, mark in (("n", people.ann, "zqmine"), ("s", people.bea, "zqbeas"), ("r", people.pat, "zqpats")):
        now = clock.now()
        living = {"session_data": "", "expire_date": now + timedelta(days=9), "began_at": now, "seen_at": now}
        browser = Session.objects.create(session_key=f"of-{mark}", person=one, device=f"{mark} browser", **living)
        key, _codes = verbs.add_passkey(one, key=kept(Key()), name=f"{mark} key", now=now, here=browser.pk)
        things["session"][slot], things["handle"][slot], things["factor"][slot] = browser.pk, browser.handle, key.pk
    for one in (people.ann, people.ada):
        verbs.add_app(one, secret=SECRET, code=_code(-1), now=clock.now(), here="of-zqmine")
    for slot, team, mark in (("n", "North", "zqmine"), ("s", "South", "zqbeas")):
        about = {"email": f"{mark}@example.net", "name": f"{mark} to come", "team": scene.teams[team]}
        _invitation, things["invitation"][slot] = invited(people.ada, **about)


def bodies(scene: Any) -> dict[str, dict[str, Any]]:
    """What the forms say: the code is that of Ann's app (and of Ada's), the new app would be Nora's."""
    new = dict.fromkeys(("password1", "password2"), "Xq7-word-4")
    return {
        "invitation": {"name": "Somebody new", "time_zone": "UTC", **new},
        "account_reauthenticate": passing(),
        "factor-app": {"code": _code(0), "kept": sealing.sealed(SECRET.encode(), place(scene.people.nora.pk))},
    }


def passing() -> dict[str, str]:
    """The code of the apps here."""
    return {"code": _code(0)}


def step_passed(session: Any, person: User) -> None:
    """What stands in the session of an admin who signed in with their app."""
    app = verbs.owned(person).app if person.is_staff else None
    if app is not None:
        passed = {"method": "mfa", "id": app.pk, "type": app.type}
        session[BY], session[f"{BY}_user"] = [passed], str(person.pk)
        session.save()


def _code(steps: int) -> str:
    return codes.code_at(SECRET, int(clock.now().timestamp()) // codes.PERIOD + steps)


def kept(key: Key) -> str:
    """A passkey as it is kept."""
    public = ES256.from_cryptography_key(key.secret.public_key())
    return base64.b64encode(AttestedCredentialData.create(b"\0" * 16, key.id, public)).decode()


def handle(person: User) -> str:
    """What a passkey says whose it is."""
    return websafe_encode(str(person.pk).encode())
