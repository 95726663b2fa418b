"""An address as others may see it: enough to tell one from another, not enough to use it. Pure."""

from urllib.parse import urlsplit


def masked(address: str) -> str:
    """``a…@example.com``, ``…67``, or the host of a web address, whose path may be a secret."""
    if not address:
        return ""
    if "://" in address:
        return _host(address)
    name, at, domain = address.rpartition("@")
    if at and name:
        return f"{name[0]}…@{domain}"
    return f"…{address[-2:]}" if len(address) > 4 else "…"


def _host(address: str) -> str:
    try:
        return urlsplit(address).hostname or "…"
    except ValueError:
        return "…"
