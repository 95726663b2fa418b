"""The icon that browsers ask for beside everything that is no page of ours."""

import pytest
from django.contrib.staticfiles import finders

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_enough]


def test_the_icon_is_anybodys_and_leaves_nothing_in_the_browser(client, cast):
    for who in (None, cast.ana):
        if who:
            client.force_login(who)
        answer = client.get("/favicon.ico")
        assert answer.status_code == 302
        assert finders.find(answer["Location"].removeprefix("/static/"))
        assert not answer.cookies, "it came in time to spoil the form of the page that was opened next"
