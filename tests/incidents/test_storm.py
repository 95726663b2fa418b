"""A storm of alerts is said above every page, once, and ends by itself."""

from datetime import timedelta

import pytest
from django import db

from escalation.engine import notices, registry
from escalation.kit import clock as kit_clock
from incidents.models import Receipt, Source, storm
from tests.organisation import door

pytestmark = pytest.mark.django_db


@pytest.fixture
def alertmanager(cast, clock) -> Source:
    door()
    return Source.objects.get(name="Alertmanager")


@pytest.fixture
def weather(settings):
    settings.STORM_MESSAGES, settings.STORM_INCIDENTS = 20, 4
    return storm.Storm()


def come_in(source: Source, many: int, *, ago: float = 0) -> None:
    at = kit_clock.now() - timedelta(seconds=ago)
    Receipt.objects.bulk_create(Receipt(source=source, received_at=at, body=b"{}", digest="d") for _ in range(many))


def said(weather: storm.Storm) -> str:
    return " ".join(notice.text for notice in weather.notices(kit_clock.now()))


def test_the_storm_is_told_with_its_source_and_ends_by_itself(alertmanager, weather, open_incident, clock):
    come_in(alertmanager, 12, ago=30)
    assert said(weather) == ""
    clock.jump(seconds=10)
    come_in(alertmanager, 8)
    open_incident("What it was about is nobody's business here")
    assert said(weather) == (
        "A storm of alerts: 20 messages in the minute before {since}, all from Alertmanager; 1 incident opened."
        " Calls to one person are bundled."
    )
    clock.jump(seconds=30)
    come_in(alertmanager, 5)  # 13 in the last minute: fewer, and not yet calm
    [notice] = weather.notices(kit_clock.now())
    assert (notice.code, notice.since, notice.urgent) == ("storm", kit_clock.now(), False)
    clock.jump(seconds=31)
    assert said(weather) == ""
    come_in(alertmanager, 10)  # 15: it takes a whole storm to begin again
    clock.jump(seconds=6)
    assert said(weather) == ""


def test_who_may_not_see_every_incident_learns_no_number_and_no_source(alertmanager, weather, clock):
    come_in(alertmanager, 20)
    [notice] = weather.notices(kit_clock.now())
    assert notice.discreet == (
        "A storm of alerts: many came in the minute before {since}. Calls to one person are bundled."
    )


def test_many_incidents_in_a_minute_are_a_storm_too(alertmanager, weather, open_incident, clock):
    for number in range(4):
        open_incident(f"Number {number}")
    assert said(weather).startswith("A storm of alerts: 0 messages in the minute before {since}; 4 incidents opened.")


def test_the_source_is_named_only_if_most_is_its(alertmanager, weather, clock):
    other = Source.objects.create(name="Grafana", service=alertmanager.service)
    come_in(other, 10)
    come_in(alertmanager, 10)
    assert "20 messages in the minute before {since}; 0 incidents" in said(weather)
    come_in(alertmanager, 5)
    clock.jump(seconds=5)
    assert "25 messages in the minute before {since}, most from Alertmanager; 0 incidents" in said(weather)


def test_beyond_what_is_counted_it_says_more_than(alertmanager, weather, monkeypatch, clock):
    monkeypatch.setattr(storm, "MOST", 30)
    come_in(alertmanager, 40)
    assert "more than 30 messages" in said(weather)


def test_it_does_not_promise_bundling_where_there_is_none(alertmanager, weather, settings, clock):
    settings.BUNDLE_SECONDS = 0
    come_in(alertmanager, 20)
    assert said(weather).endswith("0 incidents opened.")


def test_it_looks_every_few_seconds_and_cheaply(alertmanager, weather, clock, django_assert_num_queries):
    come_in(alertmanager, 19)
    with django_assert_num_queries(2):
        said(weather)
        said(weather)
    come_in(alertmanager, 20)
    clock.jump(seconds=5)
    with django_assert_num_queries(1 + 3):
        assert said(weather) == said(weather) != ""


def test_a_clock_put_back_does_not_keep_an_old_answer(alertmanager, weather, clock):
    assert said(weather) == ""
    kit_clock.fix(kit_clock.now() - timedelta(hours=1))
    come_in(alertmanager, 20)
    assert said(weather) != ""


def test_without_the_database_it_says_what_it_last_knew(alertmanager, weather, monkeypatch, clock):
    come_in(alertmanager, 20)
    before = said(weather)

    def away(*args):
        raise db.OperationalError("the server is away")

    monkeypatch.setattr(storm, "_reached", away)
    clock.jump(seconds=6)
    assert said(weather) == before != ""


def test_while_it_goes_on_two_processes_and_all_pages_agree(alertmanager, weather, settings, monkeypatch, clock):
    other = storm.Storm()
    versions = set()
    for messages, process in [(20, weather), (7, other), (3, weather)]:
        come_in(alertmanager, messages)
        monkeypatch.setattr(registry, "_notices", [process.notices])
        versions.add(notices.refresh(with_list=False).version)
        clock.jump(seconds=6)
    assert len(versions) == 1


def test_it_is_among_the_notices_of_the_engine(alertmanager, settings, monkeypatch, clock):
    settings.STORM_MESSAGES = 20
    come_in(alertmanager, 20)
    monkeypatch.setattr(storm.notices.__self__, "_looked_at", None)  # this process may have kept what another test saw
    assert "storm" in [notice.code for notice in registry.notices(kit_clock.now())]
