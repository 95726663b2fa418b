"""The talk with the provider: what it publishes of itself, and a code for what it says of somebody."""

import base64
import hashlib
import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from escalation.kit import outbound

from . import published
from .words import NotBelieved, Trust, UnknownKey, believed, proved_anew

_MOST = 256 * 1024  # bytes of an answer; some publish many keys
_SECONDS = 8.0
_ERROR = re.compile(r"[a-z_]{1,40}")  # as OAuth names them; whatever else it says may quote what it was shown
_SCOPES = "openid email profile"


class NoAnswer(Exception):
    """The provider cannot be asked now. ``str`` says why, to whoever runs this installation."""


@dataclass(frozen=True)
class Question:
    """What waits in the session until the browser comes back."""

    state: str
    nonce: str
    verifier: str
    anew: float = 0.0  # seconds since 1970: a proof from before that does not count; 0: any does

    @classmethod
    def new(cls, anew: float = 0.0) -> "Question":
        state, nonce, verifier = (secrets.token_urlsafe(32) for _part in range(3))
        return cls(state, nonce, verifier, anew)

    @property
    def challenge(self) -> str:
        digest = hashlib.sha256(self.verifier.encode()).digest()
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def where_to(trust: Trust, question: Question, comes_back: str) -> str:
    """Where the browser asks. Raises ``NoAnswer``."""
    page = _pages(trust)["authorization_endpoint"]
    asked = {
        "response_type": "code",
        "client_id": trust.client_id,
        "redirect_uri": comes_back,
        "scope": _SCOPES,
        "state": question.state,
        "nonce": question.nonce,
        "code_challenge": question.challenge,
        "code_challenge_method": "S256",
        # Two ways to say: signed in there or not. With the second it has to tell when they proved it (auth_time).
        **({"prompt": "login", "max_age": "0"} if question.anew else {}),
    }
    return f"{page}{'&' if '?' in page else '?'}{urlencode(asked)}"


def told(trust: Trust, question: Question, code: str, comes_back: str, *, now: datetime) -> dict[str, Any]:
    """What it says of somebody, for this code. Raises ``NoAnswer`` or ``NotBelieved``."""
    pages = _pages(trust)
    tokens = _exchanged(trust, pages, question, code, comes_back)
    token = str(tokens.get("id_token", ""))
    try:
        said = believed(token, _keys(pages), trust, nonce=question.nonce, now=now)
    except UnknownKey:  # it may sign with another since
        said = believed(token, _keys(pages, anew=True), trust, nonce=question.nonce, now=now)
    if question.anew:
        proved_anew(said, since=question.anew, now=now)
    wanted = {"email", "email_verified", *(trust.claim or ())[:1]}
    if wanted <= said.keys() or not pages.get("userinfo_endpoint"):
        return said
    shown = {"Authorization": f"Bearer {tokens.get('access_token', '')}"}
    more = _asked("GET", pages["userinfo_endpoint"], headers=shown)
    if more.get("sub") != said["sub"]:
        raise NotBelieved("It tells of somebody else than the ID token does (sub).")
    if "email" in said and more.get("email") != said["email"]:
        more.pop("email_verified", None)  # it is said of another address
    return more | said


def _exchanged(trust: Trust, pages: Mapping[str, Any], question: Question, code: str, back: str) -> dict[str, Any]:
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": back,
        "client_id": trust.client_id,
        "code_verifier": question.verifier,
    }
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    ways = pages.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]  # the specification's
    if trust.client_secret and "client_secret_basic" in ways:
        pair = f"{quote(trust.client_id, safe='')}:{quote(trust.client_secret, safe='')}"  # RFC 6749, 2.3.1
        headers["Authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
    elif trust.client_secret:
        form["client_secret"] = trust.client_secret
    return _asked("POST", pages["token_endpoint"], headers=headers, body=urlencode(form).encode())


def _pages(trust: Trust) -> dict[str, Any]:
    """Its own description (OpenID Connect Discovery 1.0)."""
    address = trust.issuer.rstrip("/") + "/.well-known/openid-configuration"
    return published.read(address, lambda: _description(trust, address))


def _keys(pages: Mapping[str, Any], *, anew: bool = False) -> dict[str, Any]:
    return published.read(pages["jwks_uri"], lambda: _key_set(pages["jwks_uri"]), anew=anew)


def _key_set(address: str) -> dict[str, Any]:
    found = _asked("GET", address)
    if not isinstance(found.get("keys"), list):
        raise NoAnswer("It publishes no keys.")
    return found


def _description(trust: Trust, address: str) -> dict[str, Any]:
    """Of this very issuer."""
    found = _asked("GET", address)
    if found.get("issuer") != trust.issuer:
        raise NoAnswer("It calls itself another issuer than BATON_OIDC_ISSUER does, to the letter.")
    scheme = urlsplit(trust.issuer).scheme
    for name in ("authorization_endpoint", "token_endpoint", "jwks_uri", "userinfo_endpoint"):
        place = found.get(name)
        if place is None and name == "userinfo_endpoint":
            continue
        if not isinstance(place, str) or urlsplit(place).scheme not in {"https", scheme}:
            raise NoAnswer(f"It publishes no {name} that can be used.")
    return found


def _asked(
    method: str, url: str, *, headers: Mapping[str, str] | None = None, body: bytes | None = None
) -> dict[str, Any]:
    """One answer in JSON."""
    host, headers = urlsplit(url).hostname, {"Accept": "application/json", **(headers or {})}
    try:
        answer = outbound.send(method, url, headers=headers, body=body, seconds=_SECONDS, most=_MOST)
    except outbound.OutboundError as error:
        raise NoAnswer(f"{host}: {error}") from error
    try:
        found = json.loads(answer.body) if answer.whole else None
    except (ValueError, RecursionError):
        found = None
    if not answer.fine or not isinstance(found, dict):
        raise NoAnswer(f"{host} answered {answer.status} ({_why(found)}).")
    return found


def _why(found: Any) -> str:
    if not isinstance(found, dict):
        return "not JSON, or too much"
    error = str(found.get("error"))
    return error if _ERROR.fullmatch(error) else "an error without a name"
