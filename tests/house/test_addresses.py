"""No page is left out of what is looked at in a browser (``tests/browser/test_axe.py``)."""

import re
from itertools import chain, combinations

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import NoReverseMatch, URLResolver, get_resolver, resolve, reverse

from tests.browser.addresses import ADMIN, ADMIN_ONCE, NO_PAGES, PAGES
from tests.house.test_house import SAMPLES

WORDS = {"uidb64": "MQ", "token": "t", "answer": "x1", "account": "t"}
MODELS = [f"{model._meta.app_label}_{model._meta.model_name}" for model in admin.site._registry]


def names(resolver=None, prefix="") -> set[str]:
    found = set()
    for pattern in (resolver or get_resolver()).url_patterns:
        if isinstance(pattern, URLResolver):
            found |= names(pattern, f"{pattern.namespace}:" if pattern.namespace else prefix)
        elif pattern.name:
            found.add(prefix + pattern.name)
    return found


def looked_at() -> set[str]:
    paths = [path for some in (*PAGES.values(), ADMIN) for path in some]
    filled = [path.partition("?")[0].format_map(Some()) for path in paths]
    models = {f"admin:{model}_{page}" for model in MODELS for page in ("changelist", "change")}
    return {resolve(path).view_name for path in filled} | models


class Some(dict):
    def __missing__(self, word: str) -> str:
        return WORDS.get(word, "1")


def test_every_address_is_looked_at_or_says_why_not():
    """A new page needs a line in ``PAGES`` of ``tests/browser/addresses.py``, under who may open it, and what it shows
    is made in ``furnish``; what is no page has its name in ``NO_PAGES``, under the reason."""
    excused = {name for some in NO_PAGES.values() for name in some}
    once = {name for name in names() if name.startswith("admin:") and name.endswith(ADMIN_ONCE)}
    nowhere = names() - looked_at() - excused - once
    assert not nowhere, f"tests/browser/addresses.py does not say who opens {sorted(nowhere)}, or why nobody does"
    assert excused & looked_at() == set(), "looked at, and said to be no page"
    assert excused - names() == set(), "there is no such address any more"
    assert all(any(name.endswith(ending) for name in looked_at()) for ending in ADMIN_ONCE)


@pytest.mark.django_db
def test_what_is_called_no_page_is_none(cast, clock):
    client = Client()
    client.force_login(cast.ada)
    for why in ("a part of a page, asked for by its script", "pressed on a page, and not opened", "for programs"):
        for name in sorted(NO_PAGES[why] - {"live"}):
            answer = client.get(address(name))
            begins = next(iter(answer), b"")
            whole = answer.status_code == 200 and re.match(rb"\s*<!doctype", begins, re.I)
            assert not whole, f"{name} is a page"


def address(name: str) -> str:
    for words in chain.from_iterable(combinations(SAMPLES, n) for n in range(4)):
        try:
            return reverse(name, kwargs={word: SAMPLES[word] for word in words})
        except NoReverseMatch:
            continue
    raise AssertionError(f"no sample for {name}")
