"""What a provider says, and whether it counts. Pure: no row, no talk, no clock of its own."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import jwt
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from escalation.kit.text import is_seen

LEEWAY = 60  # seconds that two clocks may differ by
LONGEST = 254  # characters of an address, as of the column that keeps it
# Signed with a key of theirs that everybody can check. None with a shared secret, and never unsigned.
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]


class NotBelieved(Exception):
    """What was said does not count. ``str`` says why, to whoever runs this installation."""


class UnknownKey(NotBelieved):
    """The same, because of its signature: the provider may have another key since its keys were read."""


class NotProved(NotBelieved):
    """The same, because they were not asked anew who they are."""


@dataclass(frozen=True)
class Trust:
    """Which provider, and whom of its people is let in."""

    issuer: str
    client_id: str
    client_secret: str = ""
    name: str = ""
    domains: tuple[str, ...] = ()  # of e-mail addresses; none: all
    claim: tuple[str, str] | None = None  # what has to be said of somebody
    creates: bool = False  # who is unknown here
    team: str = ""  # into which they come


@dataclass(frozen=True)
class Somebody:
    email: str
    name: str
    subject: str  # the provider's own name for them: it is never given to another


def believed(token: str, keys: Mapping[str, Any], trust: Trust, *, nonce: str, now: datetime) -> dict[str, Any]:
    """What an ID token says, if it counts (OpenID Connect Core 1.0, 3.1.3.7); else raises ``NotBelieved``."""
    try:
        key = _key(token, keys)
        said: dict[str, Any] = jwt.decode(
            token,
            key,
            algorithms=ALGORITHMS,
            audience=trust.client_id,
            issuer=trust.issuer,
            options={
                "require": ["iss", "sub", "aud", "exp", "iat"],
                "verify_exp": False,
                "verify_iat": False,
                "verify_nbf": False,
            },
        )
        ends = float(said["exp"])
        begins = max(float(said["iat"]), float(said.get("nbf", said["iat"])))
    except jwt.InvalidSignatureError as error:
        raise UnknownKey("Its ID token is not signed with the key that it names.") from error
    except (jwt.PyJWTError, TypeError, ValueError, OverflowError, KeyError, AttributeError) as error:
        raise NotBelieved(f"Its ID token does not count: {error}") from error
    at = now.timestamp()  # not the library's clock: there is one here
    if not ends + LEEWAY > at:  # nor if it is no number
        raise NotBelieved("Its ID token has ended. Are both clocks right?")
    if not begins - LEEWAY <= at:
        raise NotBelieved("Its ID token is from the future. Are both clocks right?")
    if not nonce or said.get("nonce") != nonce:
        raise NotBelieved("Its ID token answers another question (nonce).")
    several = isinstance(said["aud"], list) and len(said["aud"]) > 1
    if (several or "azp" in said) and said.get("azp") != trust.client_id:
        raise NotBelieved("Its ID token was made for another (azp).")
    return said


def proved_anew(said: Mapping[str, Any], *, since: float, now: datetime) -> None:
    """``NotProved`` if a believed ID token does not say that they proved who they are after ``since``: a provider may
    pass over that it was asked to have them do so (3.1.2.1; 3.1.3.7, 13)."""
    at = said.get("auth_time")
    if not isinstance(at, int | float):
        raise NotProved("It does not say when they proved who they are (auth_time).")
    if not since - LEEWAY <= at <= now.timestamp() + LEEWAY:
        raise NotProved("It has not asked them anew who they are (auth_time). Are both clocks right?")


def _key(token: str, keys: Mapping[str, Any]) -> jwt.PyJWK:
    """The one key of theirs that may have signed this."""
    head = jwt.get_unverified_header(token)
    algorithm = head.get("alg")
    if algorithm not in ALGORITHMS:
        raise NotBelieved(f"Its ID token is signed as {str(algorithm)[:20]!r}, which is not taken.")
    fitting = [
        one
        for one in keys["keys"]
        if one.get("use", "sig") == "sig"
        and one.get("alg", algorithm) == algorithm
        and head.get("kid") in (None, one.get("kid"))
    ]
    if len(fitting) != 1:
        raise UnknownKey("Its ID token is signed with a key that it does not publish.")
    return jwt.PyJWK(fitting[0], algorithm=algorithm)


def somebody(said: Mapping[str, Any], trust: Trust) -> Somebody:
    """Who it is; ``NotBelieved`` if that may not come in."""
    email = said.get("email")
    if not isinstance(email, str) or not _is_address(email := email.strip()):
        raise NotBelieved("It says no e-mail address. Does it know the scope “email”?")
    if said.get("email_verified") is not True and said.get("email_verified") != "true":
        raise NotBelieved("It has not verified the e-mail address (email_verified).")
    email = _folded(email)
    if trust.domains and email.rpartition("@")[2] not in trust.domains:
        raise NotBelieved("The e-mail address is of a domain that BATON_OIDC_DOMAINS does not name.")
    if trust.claim is not None and not _says(said, *trust.claim):
        raise NotBelieved("It does not say what BATON_OIDC_CLAIM asks for.")
    name, subject = said.get("name"), str(said.get("sub", ""))
    if not (0 < len(subject) <= 255 and subject.isprintable()):
        raise NotBelieved("Its name for this person is none (sub).")
    return Somebody(email, name.strip() if isinstance(name, str) and is_seen(name) else "", subject)


def _is_address(email: str) -> bool:
    try:
        validate_email(email)
    except ValidationError:
        return False
    return len(email) <= LONGEST and email.isprintable()


def _folded(email: str) -> str:
    """In small letters. Refused if that turns a letter into others (ß, the Kelvin sign): two mailboxes would be one."""
    if any(not one.isascii() and one.casefold() != one for one in email):
        raise NotBelieved("The e-mail address has letters that could be taken for others.")
    return email.casefold()


def _says(said: Mapping[str, Any], claim: str, value: str) -> bool:
    found = said.get(claim)
    several: Iterable[Any] = found if isinstance(found, list) else [found]
    return any(isinstance(one, str | int) and str(one) == value for one in several)
