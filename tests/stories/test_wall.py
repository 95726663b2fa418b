"""The wall: what everybody who walks past may read, and nothing more."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from escalation.engine import notices
from escalation.engine.registry import Notice

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_enough]


@pytest.fixture
def wall(clock):
    def look(user, query: str = "", **headers) -> str:
        client = Client()
        client.force_login(user)
        return client.get(f"/wall/?{query}", headers=headers).content.decode()

    return look


def test_the_wall_shows_the_worst_first_with_who_has_it_and_what_comes(cast, open_incident, wall):
    open_incident("Plain")
    open_incident("Worst", people_affected=5000).acknowledge(by=cast.ana)
    shown = wall(cast.sam)
    assert shown.index("Worst") < shown.index("Plain")
    assert "L1 Service desk · Ana Ruiz" in shown
    assert "calling Ana Ruiz, Jo Okafor" in shown and "until L2 Applications is called" in shown
    assert "SEV1: 1" in shown and "2 open" in shown


def test_what_only_participants_may_see_is_not_on_the_wall_for_them_either(cast, open_incident, wall):
    open_incident("Somebody reads the payroll", restricted=True)
    open_incident("Card payments fail")
    for person in (cast.ana, cast.ada):
        shown = wall(person)
        assert "payroll" not in shown and "1 open" in shown
    assert "Card payments fail" not in wall(cast.rita)


def test_nothing_of_the_person_who_is_signed_in_is_on_the_wall(cast, open_incident, wall):
    open_incident()
    shown = wall(cast.ana)
    for theirs in ("My cues", "New incident", "js/notify.js", "data-count", cast.ana.email):
        assert theirs not in shown


def test_notices_are_in_the_words_for_everybody_and_without_addresses(cast, wall, monkeypatch):
    late = Notice("late", "Escalations are late", timezone.now(), discreet="Something is late")
    known = notices.Known((late,), (notices.Contact("Tom", "", "tom@example.com"),), timezone.now())
    monkeypatch.setattr(notices, "known", known)
    for shown in (wall(cast.ada), _region(cast.ada, "/notices/?wall=1")):
        assert "Something is late" in shown and "Escalations are late" not in shown and "tom@" not in shown
        assert 'data-live-src="/notices/?wall=1"' in shown
    assert "Escalations are late" in _region(cast.ada, "/notices/")


def _region(user, path: str) -> str:
    client = Client()
    client.force_login(user)
    return client.get(path).content.decode()


def test_it_is_dark_unless_somebody_chose_light(cast, wall):
    assert 'data-theme="dark"' in wall(cast.ana)
    cast.ana.theme = "light"
    cast.ana.save()
    assert 'data-theme="light"' in wall(cast.ana)


def test_eight_lines_and_a_count_and_the_filters_of_the_board(cast, open_incident, wall):
    for n in range(10):
        open_incident(f"Number {n}")
    assert "2 more on the board" in wall(cast.ana)
    assert "Nothing is open." in wall(cast.ana, "severity=1")
    client = Client()
    client.force_login(cast.ana)
    assert 'href="/wall/?severity=3"' in client.get("/board/?by=person&rows=severity&severity=3").content.decode()


def test_a_wall_that_stays_up_stays_signed_in(cast, clock, open_incident):
    client = Client()
    client.force_login(cast.ana)
    client.get("/wall/")
    cookie = client.get("/wall/", headers={"HX-Request": "true"}).cookies
    assert "sessionid" not in cookie  # renewed once a day, not each minute
    clock.jump(days=1)
    again = client.get("/wall/", headers={"HX-Request": "true"}).cookies["sessionid"]
    assert again["max-age"] >= timedelta(days=13).total_seconds()
    assert Client().get("/wall/").url.startswith("/login/")
