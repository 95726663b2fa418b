"""What the environment says, and a sentence where it cannot be read. The settings use it, so it imports no settings."""

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured
from environ.fileaware_mapping import FileAwareMapping

SEALING_KEY = 32  # characters, the fewest


class Environment(environ.FileAwareEnv):
    """``NAME_FILE`` reads the value from a file. A word where a number belongs: ``ImproperlyConfigured`` names it."""

    demo = False  # the demonstration has nothing that leaves the house

    def __init__(self) -> None:
        super().__init__()
        self.ENVIRON = FileAwareMapping()  # what it has read from files is its own

    def get_value(self, var: str, cast: Any = None, *said: Any, **more: Any) -> Any:
        self._read(var)
        try:
            return super().get_value(var, cast, *said, **more)
        except ValueError as error:
            raise ImproperlyConfigured(f"{var} cannot be read: it wants {_wanted(cast)}.") from error

    def _read(self, var: str) -> None:
        """Its file, if it has one; without the end of its line, which an editor adds and nobody means."""
        file = os.environ.get(f"{var}_FILE")
        if not file or var in self.ENVIRON.files_cache:
            return
        try:
            self.ENVIRON.files_cache[var] = Path(file).read_text(encoding="utf-8").rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            why = error.strerror if isinstance(error, OSError) else "it is no text"
            raise ImproperlyConfigured(f"{var}_FILE names {file}, which cannot be read: {why}.") from None

    def files(self) -> list[Path]:
        """Those that values were read from so far."""
        return [Path(os.environ[f"{name}_FILE"]) for name in self.ENVIRON.files_cache]

    def choice(self, name: str, allowed: Sequence[str]) -> str:
        """One of these words; the first, if nothing is said."""
        word = self.str(name, default=allowed[0])
        if word not in allowed:
            raise ImproperlyConfigured(f"{name} cannot be read: it wants {' or '.join(allowed)}.")
        return word

    def channel(self, name: str) -> str:
        """What a channel needs."""
        return "" if self.demo else self.str(f"BATON_{name}", default="").strip()

    def gateway(self, name: str) -> dict[str, str]:
        told = {part: self.channel(f"{name}_{part.upper()}") for part in ("url", "token", "shape", "from")}
        return told | {"shape": told["shape"] or "json"}

    def fields(self, name: str) -> dict[str, str]:
        """What somebody else calls what we want to know: ``from=msisdn,text=message.body``."""
        pairs = (pair.partition("=") for pair in self.channel(name).replace(",", " ").split())
        found = {ours: theirs for ours, _is, theirs in pairs}
        if unknown := sorted(found.keys() - {"from", "text", "id"}) or [one for one in found if not found[one]]:
            raise ImproperlyConfigured(f"BATON_{name}: {unknown[0]!r} is none of from=…, text=… and id=….")
        return found

    def door_key(self, name: str) -> str:
        """The last part of an address that others post to. Empty: there is no such door."""
        key = self.channel(name)
        if key and not re.fullmatch(r"[A-Za-z0-9_-]{20,200}", key):
            raise ImproperlyConfigured(f"BATON_{name} must be at least 20 letters, digits, dashes or underscores.")
        return key

    def sealing_keys(self) -> list[str]:
        """The one that seals, then those that still open."""
        first, former = (
            self.channel("SEALING_KEY"),
            [] if self.demo else self.list("BATON_SEALING_KEY_FALLBACKS", default=[]),
        )
        found = [key.strip() for key in (first, *former) if key.strip()]
        if any(len(key) < SEALING_KEY for key in found):
            raise ImproperlyConfigured(f"BATON_SEALING_KEY must be at least {SEALING_KEY} characters, made by chance.")
        return found

    def limits(self, name: str) -> dict[str, int]:
        """By channel: ``sms=20,voice=6``."""
        found = self.dict(name, default={})
        if not all(most.strip().isdecimal() and int(most) for most in found.values()):
            raise ImproperlyConfigured(
                f"{name}: a limit is a whole number from 1 on. Leave a channel out to have none."
            )
        return {channel.strip(): int(most) for channel, most in found.items()}

    def openid(self) -> dict[str, Any] | None:
        """The OpenID provider that people may sign in with, as ``escalation.signin.openid.words.Trust`` wants it."""
        issuer = self.channel("OIDC_ISSUER")
        if not issuer:
            return None
        place = urlsplit(issuer)
        near = place.hostname in ("localhost", "127.0.0.1", "::1")
        if not place.hostname or place.scheme not in ("https", "http") or (place.scheme == "http" and not near):
            raise ImproperlyConfigured("BATON_OIDC_ISSUER is no https address, as https://login.example.com is.")
        found = {name: self.channel(f"OIDC_{name.upper()}") for name in ("client_id", "client_secret", "name", "team")}
        if not found["client_id"]:
            raise ImproperlyConfigured("BATON_OIDC_ISSUER is set, and BATON_OIDC_CLIENT_ID is not.")
        claim, is_, value = self.channel("OIDC_CLAIM").partition("=")
        if claim and not (is_ and value):
            raise ImproperlyConfigured("BATON_OIDC_CLAIM wants a name and a value, as groups=baton.")
        domains = self.channel("OIDC_DOMAINS").casefold().replace(",", " ").split()
        return {
            **found,
            "issuer": issuer,
            "name": found["name"] or place.hostname,
            "domains": tuple(domain.removeprefix("@") for domain in domains),
            "claim": (claim.strip(), value.strip()) if claim else None,
            "creates": self.bool("BATON_OIDC_CREATE", default=False),
        }

    def only_openid(self, provider: dict[str, Any] | None) -> bool:
        only = self.bool("BATON_OIDC_ONLY", default=False)
        if only and provider is None and not self.demo:
            raise ImproperlyConfigured("BATON_OIDC_ONLY leaves no way in: BATON_OIDC_ISSUER is not set.")
        return only and provider is not None


def _wanted(cast: Any) -> str:
    if isinstance(cast, list):
        return "numbers with commas between them, as 5,15,60"
    if cast is dict:
        return "names and numbers, as sms=20,voice=6"
    return "a whole number" if cast is int else "a number"
