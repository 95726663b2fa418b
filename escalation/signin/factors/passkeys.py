"""Passkeys (WebAuthn, by python-fido2): what a browser is asked, and whether what it answers proves anything.

Each question is asked once: its challenge waits in the session, for one purpose and five minutes, and is gone with the
first answer. The answer has to come from the very address that people type (``BATON_ADDRESS``); a browser knows no
passkeys for a bare IP address.
"""

import base64
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext as _

from escalation.kit.errors import Refused

if TYPE_CHECKING:
    from fido2.server import Fido2Server

_KEY = "passkey"
_SECONDS = 300
ADDING, SIGNING_IN, SECOND_STEP, AGAIN = "adding", "signing-in", "second-step", "again"


def possible() -> bool:
    """Whether browsers do it here: on https, or on this very machine; never for a bare IP address."""
    parts = urlsplit(settings.ADDRESS)
    host = parts.hostname or ""
    named = not host.replace(".", "").isdecimal() and ":" not in host
    return named and (parts.scheme == "https" or host == "localhost" or host.endswith(".localhost"))


def ask_to_add(request: HttpRequest, *, pk: int, email: str, name: str, known: Iterable[str]) -> dict[str, Any]:
    """What the browser is asked, so that it makes a passkey: for ``navigator.credentials.create``."""
    from fido2.webauthn import PublicKeyCredentialUserEntity, ResidentKeyRequirement, UserVerificationRequirement

    asked, state = _server().register_begin(
        PublicKeyCredentialUserEntity(id=str(pk).encode(), name=email, display_name=name),
        credentials=[_credential(one) for one in known],
        resident_key_requirement=ResidentKeyRequirement.REQUIRED,
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return _waiting(request, ADDING, asked, state)


def added(request: HttpRequest, answer: Any) -> tuple[str, int]:
    """The new passkey, as it is kept: its id and public key, no secret; and how far it counts. Raises ``Refused``."""
    state = _taken(request, ADDING)
    try:
        data = _server().register_complete(state, answer)
        if data.credential_data is None:
            raise ValueError("no key")
        return base64.b64encode(data.credential_data).decode(), data.counter
    except Exception as error:  # of whatever a stranger sends, the library says in many ways that it is none
        raise _refused() from error


def ask(request: HttpRequest, purpose: str, known: Iterable[str] | None = None) -> dict[str, Any]:
    """What the browser is asked, so that it proves a passkey: one of ``known``, or any it has for this address."""
    from fido2.webauthn import UserVerificationRequirement

    asked, state = _server().authenticate_begin(
        None if known is None else [_credential(one) for one in known],
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return _waiting(request, purpose, asked, state)


def whose(answer: Any) -> int | None:
    """Whose passkey it says to be, which proves nothing yet."""
    try:
        handle = answer["response"]["userHandle"]
        said = base64.urlsafe_b64decode(handle + "=" * (-len(handle) % 4)).decode()
    except (TypeError, KeyError, ValueError):
        return None
    return int(said) if said.isascii() and said.isdecimal() and len(said) < 19 else None


def proved(request: HttpRequest, purpose: str, answer: Any, known: Iterable[str]) -> tuple[str, int]:
    """Which of ``known`` it is, and how far it counts by now. Raises ``Refused`` if it is none."""
    from fido2.webauthn import AuthenticationResponse

    state = _taken(request, purpose)
    kept = {bytes(_credential(one).credential_id): one for one in known}
    try:
        found = _server().authenticate_complete(state, [_credential(one) for one in kept.values()], answer)
        counts = AuthenticationResponse.from_dict(answer).response.authenticator_data.counter
        return kept[bytes(found.credential_id)], counts
    except Exception as error:  # as above
        raise _refused() from error


def _waiting(request: HttpRequest, purpose: str, asked: Any, state: Any) -> dict[str, Any]:
    request.session[_KEY] = {"for": purpose, "at": time.time(), "challenge": state["challenge"]}
    return dict(asked)


def _taken(request: HttpRequest, purpose: str) -> dict[str, Any]:
    state = request.session.pop(_KEY, None)
    if not state or state["for"] != purpose or time.time() - state["at"] > _SECONDS:
        raise _refused()
    return {"challenge": state["challenge"], "user_verification": "required"}


def _refused() -> Refused:
    return Refused(_("This passkey opens nothing here, or it took too long. Try again, or sign in another way."))


def _credential(kept: str) -> Any:
    from fido2.webauthn import AttestedCredentialData

    return AttestedCredentialData(base64.b64decode(kept))


def _server() -> "Fido2Server":
    from fido2.server import Fido2Server  # with cbor and cose: where nobody has a passkey, nobody pays for it
    from fido2.webauthn import PublicKeyCredentialRpEntity

    origin = urlsplit(settings.ADDRESS)
    named = PublicKeyCredentialRpEntity(id=origin.hostname or "", name="Baton")
    return Fido2Server(named, verify_origin=lambda said: said == f"{origin.scheme}://{origin.netloc.casefold()}")
