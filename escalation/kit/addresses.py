"""Whose computer it is that asks."""

from collections.abc import Callable
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any

from django.conf import settings
from django.http import HttpRequest

OF_A_HOUSEHOLD = 64  # bits of an IPv6 address: with the others somebody has as many addresses as they like


class AddressMiddleware:
    """``REMOTE_ADDR`` becomes the client's, where proxies are said to be in front.

    Each proxy writes at the end of ``X-Forwarded-For`` who asked it. So with one proxy the last is true, with two the
    one before; whatever stands further left may be invented by whoever asks, and is not looked at.
    """

    def __init__(self, get_response: Callable):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> Any:
        if address := asked_for(request.META.get("HTTP_X_FORWARDED_FOR", "")):
            request.META["REMOTE_ADDR"] = address
        return self.get_response(request)


def asked_for(forwarded: str) -> str:
    """For whom the outermost proxy asked, by the whole of ``X-Forwarded-For``; empty if there is none to believe."""
    many, said = settings.PROXIES, forwarded.split(",")
    return _plain(said[-many].strip()) if 0 < many <= len(said) else ""


def address_of(request: HttpRequest) -> str:
    return str(request.META.get("REMOTE_ADDR") or "")


def household(address: str) -> str:
    """What is counted as one: the address, or the network that one customer is given of IPv6."""
    try:
        found = ip_address(address)
    except ValueError:
        return address[:64]
    if isinstance(found, IPv6Address):
        found = found.ipv4_mapped or found
    if isinstance(found, IPv6Address):
        return str(ip_network((int(found), OF_A_HOUSEHOLD), strict=False))
    return str(found)


def _plain(said: str) -> str:
    """Without the port that some proxies add; empty if it is no address."""
    host = said[1:].partition("]")[0] if said.startswith("[") else said
    host = host.partition(":")[0] if host.count(":") == 1 else host
    try:
        return str(ip_address(host))
    except ValueError:
        return ""
