"""Words without the keys in them: for logs, and for whatever else is said outside."""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlsplit

from django.conf import settings

_KEYED = re.compile(
    r"(/integrations/[\w-]+/)[^\s?]+"
    r"|(baton_(?=[\w-]{43})|/ical/|/heartbeats/|/(?:api/v2|v1/api)/heartbeat/|/password/new/[\w-]+/|/invitation/|/reach/accounts/(?=[\w:-]{40})"
    r"|/a(?:nswers)?/(?=\w{18}))[^/\s]+"
    r"|([?&](?:token|key|integration_?key)=)[^&\s]+",
    re.IGNORECASE,  # what is misspelt is not found, and that is logged
)
# Settings that give access, or have it in them. Whoever adds one adds it here: ``docs/secrets.md`` names them all.
SETTINGS = (
    "SECRET_KEY",
    "SECRET_KEY_FALLBACKS",
    "SEALING_KEYS",
    "EMAIL_HOST_PASSWORD",
    "SLACK_TOKEN",
    "SLACK_SIGNING_SECRET",
    "MATTERMOST_WEBHOOK",
    "MATTERMOST_TOKEN",
    "TELEGRAM_TOKEN",
    "TELEGRAM_SECRET",
    "NTFY_TOKEN",
    "WEBHOOK_SECRET",
    "VAPID_KEY",
    "SMS_REPLY_KEY",
    "WATCH_TOKEN",
    "DEADMAN_URL",
)
IN_THEM = (("SMS", "token"), ("VOICE", "token"), ("OPENID", "client_secret"))  # a part of a dictionary
ADDRESSES = ("IMAP_URL", "REDIS_URL")  # with a password in them
_SHORTEST = 8  # characters; what is shorter would be found in any word


def hide(said: str) -> str:
    """``said`` without keys."""
    hidden = _KEYED.sub(lambda found: f"{found[found.lastindex or 0]}…", said)
    for secret in _known(tuple(_of_settings())):
        hidden = hidden.replace(secret, "…")
    return hidden


def _of_settings() -> Iterator[str]:
    for name in SETTINGS:
        value: Any = getattr(settings, name, "")
        yield from value if isinstance(value, list) else [value or ""]
    yield from ((getattr(settings, name, None) or {}).get(part) or "" for name, part in IN_THEM)
    for name in ADDRESSES:
        address = urlsplit(getattr(settings, name, "") or "")
        yield unquote(address.password or "")
        yield from parse_qs(address.query).get("password", [])
    database = settings.DATABASES["default"]
    yield str(database.get("PASSWORD") or "")
    yield str(database.get("OPTIONS", {}).get("password") or "")


@lru_cache(maxsize=4)
def _known(secrets: tuple[str, ...]) -> tuple[str, ...]:
    """Each as it is and as it stands in an address, the longest first: one may be a part of another."""
    found = {form for one in secrets if len(one) >= _SHORTEST for form in (one, quote(one, safe=""))}
    return tuple(sorted(found, key=len, reverse=True))
