"""How much script a page brings along: what it needs at once, and no more."""

import re

import pytest
from django.contrib.staticfiles import finders
from django.test import Client
from django.urls import get_resolver, reverse
from django.urls.exceptions import NoReverseMatch

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_enough]

MOST = 90 * 1024  # bytes, as they are; what a page fetches when it is first used is not among them
ROOM = 1_800  # of which what comes next may take some


def size_of(page: str) -> int:
    names = re.findall(r'<script[^>]* src="/static/([^"?]+)', page)
    return sum(len(open(finders.find(name), "rb").read()) for name in names)


def addresses(incident) -> list[str]:
    """Every page that has an address without a choice in it, and the incident's."""
    found = []
    for name in sorted(str(one) for one in get_resolver().reverse_dict if isinstance(one, str)):
        try:
            found.append(reverse(name))
        except NoReverseMatch:
            continue
    return [*found, incident.get_absolute_url(), f"{incident.get_absolute_url()}handover/"]


@pytest.mark.rehearsal("long")
def test_no_page_brings_more_script_than_it_needs(open_incident, cast):
    incident = open_incident()
    incident.acknowledge(by=cast.ada)
    client = Client()
    client.force_login(cast.ada)
    sizes = {}
    for path in addresses(incident):
        if path.startswith(("/admin", "/live", "/healthz", "/readyz", "/metrics", "/accounts/logout")):
            continue
        answer = client.get(path, follow=True)
        if answer.status_code == 200 and answer["Content-Type"].startswith("text/html"):
            sizes[path] = size_of(answer.content.decode())
    assert {"/board/", "/queue/", "/", incident.get_absolute_url()} <= sizes.keys()
    assert sizes["/board/"] > 0
    assert {path: size for path, size in sizes.items() if size > MOST} == {}
    assert sizes[incident.get_absolute_url()] <= MOST - ROOM
