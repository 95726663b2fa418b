"""Alerts come in by the front door and become incidents."""

import json

import pytest

from escalation.kit import clock as kit_clock
from escalation.trail.models import Entry
from incidents.models import Alert, AlertKey, Incident, Receipt, Service, Source
from tests.incidents.inbound_kit import ALL_ENDED, FIRES, JOINS, ONE_ENDS, Sender, an_alert, sample

pytestmark = pytest.mark.django_db


@pytest.fixture
def north(cast, clock):
    return Sender(service=cast.service)


def only() -> Incident:
    return Incident.objects.get()


def told(incident: Incident, kind: str = "alert") -> list[dict]:
    rows = Entry.objects.filter(trail=incident.trail, kind=kind).order_by("seq")
    return [json.loads(row.data) for row in rows]


# --- the life of a group ----------------------------------------------------------------------


def test_an_alert_opens_an_incident_and_the_first_tier_is_called(north, cast, phones):
    answer = north.posts(FIRES)
    incident = only()
    assert answer == {"status": "accepted", "incidents": [incident.ref]}
    assert (incident.title, incident.service, incident.severity) == ("5100 messages wait on mq-1", cast.service, 2)
    assert incident.source == north.source
    assert phones.rang == ["ana", "jo"]


def test_a_group_grows_shrinks_and_ends(north):
    refs = {north.posts(name)["incidents"][0] for name in (FIRES, JOINS, ONE_ENDS, ALL_ENDED)}
    incident = only()
    assert refs == {incident.ref}
    assert incident.resolved_at
    assert incident.resolver is None
    assert told(incident) == [
        {
            "count": 2,
            "firing": 2,
            "resolved": 0,
            "joined": ["mq-2:9419"],
            "ended": [],
            "severity": {"from": 2, "to": 1, "because": "source", "least": None},
        },
        {"count": 3, "firing": 1, "resolved": 1, "joined": [], "ended": ["mq-1:9419"]},
        {"count": 4, "firing": 0, "resolved": 2, "joined": [], "ended": ["mq-2:9419"]},
    ]
    assert len(told(incident, "resolved")) == 1


def test_severity_rises_with_the_worst_that_fires_and_never_falls(north):
    north.posts(JOINS)
    assert only().severity == 1
    north.posts(FIRES)
    assert only().severity == 1


def test_the_same_message_again_only_counts(north):
    north.posts(FIRES)
    entries = Entry.objects.count()
    north.posts(FIRES, notification_reason="repeat interval elapsed")
    north.posts(FIRES)
    assert Entry.objects.count() == entries
    assert AlertKey.objects.get().count == 3


def test_an_acknowledged_incident_stays_so_and_nobody_is_called_again(north, cast, phones):
    north.posts(FIRES)
    only().acknowledge(by=cast.ana)
    rang = phones.rang
    north.posts(JOINS)
    assert only().status == "acknowledged"
    assert [name for name in phones.rang if name not in ("ines",)] == rang  # SEV1 brings in the duty manager


def test_firing_after_monitoring_resolved_it_is_a_new_incident_linked_to_the_old(north, clock):
    north.posts(FIRES)
    north.posts(ALL_ENDED)
    clock.jump(hours=1)
    north.posts(FIRES, notification_reason="again")
    first, second = Incident.objects.order_by("id")
    assert second.previous == first
    assert not second.resolved_at


def test_an_incident_re_opened_after_a_later_one_has_ended_hears_its_alert_again(north, cast, clock):
    first = Incident.objects.get(number=int(north.posts(FIRES)["incidents"][0].removeprefix("INC-")))
    first.resolve(by=cast.ana, cause="change", text="Restarted the queue.")
    clock.forward(minutes=10)
    second = Incident.objects.get(number=int(north.posts(JOINS)["incidents"][0].removeprefix("INC-")))
    second.resolve(by=cast.ana, cause="change", text="Restarted it again.")
    first.reopen(by=cast.ana, text="It was the same all the time.")
    clock.forward(minutes=10)
    assert north.posts(JOINS)["incidents"] == [first.ref]
    assert Incident.objects.count() == 2


def test_firing_after_a_person_resolved_it_is_a_new_incident_even_with_the_same_bytes(north, cast):
    north.posts(FIRES)
    only().resolve(by=cast.ana, cause="capacity", text="Restarted the consumers.")
    north.posts(FIRES)
    first, second = Incident.objects.order_by("id")
    assert second.previous == first


def test_a_late_retry_of_the_same_bytes_opens_nothing(north, clock):
    north.posts(FIRES)
    north.posts(ALL_ENDED)
    clock.jump(seconds=119)
    ref = north.posts(FIRES)["incidents"]
    assert ref == [only().ref]
    assert AlertKey.objects.get().count == 3
    clock.jump(seconds=2)
    north.posts(FIRES)
    assert Incident.objects.count() == 2


def test_a_late_retry_does_not_undo_what_a_newer_message_said(north):
    for name in (JOINS, ONE_ENDS, JOINS):
        north.posts(name)
    states = Alert.objects.order_by("summary").values_list("state", flat=True)
    assert list(states) == ["resolved", "firing"]


def test_a_resolve_without_an_incident_is_accepted_and_opens_nothing(north):
    assert north.posts(ALL_ENDED) == {"status": "accepted", "incidents": []}
    assert not Incident.objects.exists()
    assert Receipt.objects.get().outcome["results"] == {"no match": 1}


def test_the_end_of_an_earlier_occurrence_does_not_end_this_one(north, clock):
    again = an_alert(startsAt="2026-03-02T09:25:00Z")
    north.posts(FIRES, alerts=[again])
    early = an_alert(status="resolved", startsAt="2026-03-02T09:00:00Z", endsAt="2026-03-02T09:10:00Z")
    north.posts(ALL_ENDED, alerts=[early])
    assert only().resolved_at is None
    assert Receipt.objects.latest("id").outcome["results"] == {"late": 1}
    earlier_start = an_alert(status="resolved", startsAt="2026-03-02T09:20:00Z")  # merged by Alertmanager meanwhile
    north.posts(ALL_ENDED, alerts=[earlier_start])
    assert only().resolved_at


ORDERS = [
    (ALL_ENDED, FIRES),
    (FIRES, ALL_ENDED),
    (FIRES, FIRES, ALL_ENDED, ALL_ENDED),
    (ONE_ENDS, FIRES, JOINS, ALL_ENDED),
    (ALL_ENDED, FIRES, ONE_ENDS, ALL_ENDED, FIRES),
]


@pytest.mark.parametrize("order", ORDERS)
def test_whatever_the_order_there_is_one_incident_and_it_ends_with_the_last_resolve(north, order):
    for name in order:
        north.posts(name)
    last_end = max((place for place, name in enumerate(order) if name == ALL_ENDED), default=-1)
    assert bool(only().resolved_at) == (FIRES in order[:last_end])


def test_left_out_alerts_keep_the_group_open(north):
    north.posts("truncated")
    ended = [{**item, "status": "resolved", "endsAt": "2026-03-02T09:29:00Z"} for item in sample("truncated")["alerts"]]
    answer = north.posts("truncated", status="resolved", alerts=ended)
    assert "left out" in answer["warnings"][0]
    assert only().resolved_at is None
    north.posts("truncated", status="resolved", alerts=ended, truncatedAlerts=0)
    assert only().resolved_at


def test_an_empty_resolved_list_resolves_its_group(north):
    north.posts(FIRES)
    north.posts(FIRES, status="resolved", alerts=[])
    assert only().resolved_at


def test_after_the_routes_were_edited_the_ends_of_all_its_alerts_end_the_incident(north):
    north.posts(JOINS)
    alerts = sample(JOINS)["alerts"]
    ended = [{**item, "status": "resolved", "endsAt": "2026-03-02T09:29:00Z"} for item in alerts]
    north.posts(ALL_ENDED, groupKey="{}:{new}", alerts=ended[:1])
    assert only().resolved_at is None
    answer = north.posts(ALL_ENDED, groupKey="{}:{newer}", alerts=ended[1:])
    assert only().resolved_at
    assert answer["incidents"] == [only().ref]


def test_another_source_cannot_end_it(north, cast):
    north.posts(FIRES)
    south = Sender(name="South", service=cast.service)
    south.posts(ALL_ENDED)
    south.posts(ALL_ENDED, alerts=[{**sample(FIRES)["alerts"][0], "status": "resolved"}])
    assert only().resolved_at is None


def test_one_incident_per_alert_if_the_source_says_so(cast, clock):
    each = Sender(service=cast.service, grouping=Source.Grouping.ALERT)
    assert len(each.posts(JOINS)["incidents"]) == 2
    each.posts(ONE_ENDS)
    open_now, resolved = Incident.objects.open().get(), Incident.objects.resolved().get()
    assert (open_now.title, resolved.title) == ("9000 messages wait on mq-2", "5100 messages wait on mq-1")


def test_one_bad_alert_costs_a_warning(north):
    answer = north.posts(FIRES, alerts=[{"labels": 7}, *sample(FIRES)["alerts"]])
    assert answer["incidents"] == [only().ref]
    assert "alerts[0]" in answer["warnings"][0]


# --- routing ----------------------------------------------------------------------------------


NAMED = [("PAYMENTS", "Payments"), (" payments ", "Payments"), ("Cellar", None), ("Attic", None), ("", None)]


@pytest.mark.parametrize(("value", "service"), NAMED)
def test_a_label_chooses_among_the_allowed_services(cast, clock, value, service):
    Service.objects.create(name="Cellar", team=cast.teams["Facilities"])  # not among the allowed
    attic = Service.objects.create(name="Attic", team=cast.teams["Facilities"], archived_at=kit_clock.now())
    sender = Sender(service_label="svc")
    sender.source.allowed_services.set([cast.service, attic])
    labels = {"alertname": "A", "svc": value}
    sender.posts(FIRES, alerts=[an_alert(labels=labels)])
    incident = only()
    assert (incident.service.name if incident.service else None) == service
    teams = {row.team.name for row in incident.access.exclude(team=None)}
    assert ("Applications" if service else "Service desk") in teams


def test_a_severity_nobody_knows_is_the_sources_own(cast, clock):
    sender = Sender(service=cast.service, default_severity=1)
    sender.posts(FIRES, alerts=[an_alert(labels={"alertname": "A", "severity": "purple"})])
    assert only().reported_severity == 1
