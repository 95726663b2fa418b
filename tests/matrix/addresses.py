"""Every address there is, with the methods it is asked by: the resolver's, the API's operations, the admin's models."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.contrib.admindocs.views import simplify_regex
from django.urls import URLPattern, URLResolver, get_resolver

from incidents.api.v1 import api

WEB = ("GET", "POST")
AGAIN = {"account_login"}  # the same address once more, as a library calls it
DESCRIBED = ("openapi", "docs")  # what tells programs of the API, beside its operations


@dataclass(frozen=True, order=True)
class Address:
    """``path``: as it is declared, with names in place of what varies. ``name``: as ``reverse`` takes it, or the id of
    the operation."""

    path: str
    name: str
    words: tuple[str, ...]  # what varies, in order

    @property
    def is_api(self) -> bool:
        return self.path.startswith("/api/v1/") and self.name not in DESCRIBED


@cache
def found() -> dict[Address, tuple[str, ...]]:
    """Each address with its methods: those for people by the two that their views know."""
    described = [Address(f"/api/v1/{end}", name, ()) for end, name in (("openapi.json", "openapi"), ("docs", "docs"))]
    return {
        **{one: WEB for one in _walk(get_resolver().url_patterns) if one.name not in AGAIN},
        **dict(_operations()),
        **dict.fromkeys(described, ("GET",)),
    }


def _walk(
    patterns: Iterable[URLPattern | URLResolver], before: str = "/", space: str = "", words: tuple[str, ...] = ()
) -> Iterator[Address]:
    for one in patterns:
        here = (*words, *one.pattern.converters, *one.pattern.regex.groupindex)
        here = tuple(dict.fromkeys(here))
        path = before + str(one.pattern)
        if isinstance(one, URLResolver):
            yield from _walk(one.url_patterns, path, f"{one.namespace}:" if one.namespace else space, here)
        else:
            yield Address(_plain(path), space + one.name if one.name else "", here)


def _plain(route: str) -> str:
    """``/incidents/<int:number>/`` and ``^a/(?P<token>…)/?$`` alike: ``/incidents/<number>/``, ``/a/<token>``."""
    first, *rest = simplify_regex(route.replace("/?$", "").replace("\\.", ".")).split("<")
    return first + "".join(f"<{one.partition('>')[0].rpartition(':')[2]}>{one.partition('>')[2]}" for one in rest)


@cache
def described() -> dict[str, Any]:
    """What the API says of itself: it takes a second to be made."""
    return api.describe()


def _operations() -> Iterator[tuple[Address, tuple[str, ...]]]:
    for path, methods in described()["paths"].items():
        known = {name.upper(): one for name, one in methods.items() if "operationId" in one}
        words = tuple(part.partition("}")[0] for part in path.split("{")[1:])
        name = next(iter(known.values()))["operationId"]
        yield Address(path.replace("{", "<").replace("}", ">"), name, words), tuple(known)
