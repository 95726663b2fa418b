"""An address as others may see it: enough to tell one from another, not enough to use it. Pure."""

import re
from urllib.parse import urlsplit


def masked(address: str) -> str:
    """``a…@example.com``, ``…67``, or the host of a web address, whose path may be a secret.

    Addresses of other schemes may have a secret anywhere, even where a host would stand.
    """
    if not address:
        return ""
    if found := re.match(r"\{.*?(https?://[^\"]*)", address):  # a browser's subscription, by its push service
        return _host(found[1])
    if "://" in address:
        return _host(address)
    name, at, domain = address.rpartition("@")
    if at and name:
        return f"{name[0]}…@{domain}"
    return f"…{address[-2:]}" if len(address) > 4 else "…"


def _host(address: str) -> str:
    scheme = address.partition("://")[0].lower()
    if scheme not in ("http", "https"):
        return f"{scheme[:16]}://…" if scheme.isalnum() else "…"
    try:
        return urlsplit(address).hostname or "…"
    except ValueError:
        return "…"
