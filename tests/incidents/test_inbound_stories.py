"""Alerts come in by the front door and become incidents."""

import base64
import json
from datetime import timedelta

import pytest
from django.db import OperationalError
from django.test import Client

from escalation.kit import clock as kit_clock
from escalation.trail.models import Entry
from incidents.inbound import hearing, intake, tasks
from incidents.models import Alert, AlertKey, Incident, Receipt, Service, Source
from tests.incidents.inbound_kit import ALL_ENDED, FIRES, JOINS, ONE_ENDS, Sender, an_alert, sample

pytestmark = pytest.mark.django_db


@pytest.fixture
def north(cast, clock):
    return Sender(service=cast.service)


@pytest.fixture
def rung(monkeypatch):
    """Receipts that a task was asked to finish."""
    asked: list[int] = []
    monkeypatch.setattr(tasks, "ring", asked.append)
    return asked


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
        {"count": 2, "firing": 2, "resolved": 0, "joined": ["mq-2:9419"], "ended": [],
         "severity": {"from": 2, "to": 1, "because": "source", "least": None}},
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
    (ALL_ENDED, FIRES), (FIRES, ALL_ENDED), (FIRES, FIRES, ALL_ENDED, ALL_ENDED), (ONE_ENDS, FIRES, JOINS, ALL_ENDED),
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


# --- who may ----------------------------------------------------------------------------------


def test_the_key_may_come_in_the_address_or_as_bearer_or_as_basic_password(north):
    basic = base64.b64encode(f"anybody:{north.key}".encode()).decode()
    body = json.dumps(sample(FIRES))
    tries = [
        (f"/integrations/alertmanager/{north.key}", {}), (f"/integrations/alertmanager/{north.key}/", {}),
        ("/integrations/alertmanager", {"authorization": f"Bearer {north.key}"}),
        ("/integrations/alertmanager/", {"authorization": f"bearer {north.key}"}),
        ("/integrations/alertmanager", {"authorization": f"Basic {basic}"}),
    ]
    for address, headers in tries:
        answer = north.client.post(address, body, content_type="application/json", headers=headers)
        assert answer.status_code == 202, (address, headers)
    assert AlertKey.objects.get().count == 5


def test_wrong_disabled_and_malformed_keys_get_one_answer_before_the_body_is_read(north, django_assert_num_queries):
    Source.objects.filter(pk=north.source.pk).update(enabled=False)
    odd = ["wrong", north.key, "%00", "%F0%9F%9A%80", "x" * 3000, "a/b", "..", "%ED%A0%80"]
    values = ["Basic !!!", "Basic " + base64.b64encode(b"\xff\xfe").decode(), "Bearer ", "Bearer \x7f", "Basic"]
    answers = set()
    for key in odd:
        with django_assert_num_queries(1):
            answers.add(_refusal(north.client.post(f"/integrations/alertmanager/{key}", b"{", content_type="x/y")))
    for value in values:
        with django_assert_num_queries(1):
            headers = {"authorization": value}
            answer = north.client.post("/integrations/alertmanager", b"{", content_type="x/y", headers=headers)
            answers.add(_refusal(answer))
    assert len(answers) == 1
    assert answers.pop()[0] == 403


def _refusal(answer):
    return answer.status_code, answer.content, tuple(sorted(answer.headers.items()))


def test_without_any_key_it_says_how_to_send_one(north):
    answer = north.client.post("/integrations/alertmanager", b"{}", content_type="application/json")
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"].startswith("Bearer")
    assert answer.json()["status"] == "unauthorized"


@pytest.mark.parametrize("method", ["get", "put", "delete", "patch", "head", "options"])
def test_only_post_is_taken(north, method):
    answer = getattr(north.client, method)(f"/integrations/alertmanager/{north.key}")
    assert (answer.status_code, answer["Allow"], answer["Content-Type"]) == (405, "POST", "application/json")


def test_no_cookie_no_session_no_csrf_no_redirect(north, django_assert_max_num_queries):
    north.client = Client(enforce_csrf_checks=True)
    with django_assert_max_num_queries(60) as queries:
        answer = north.post(sample(FIRES))
    assert answer.status_code == 202
    assert not answer.cookies
    assert not [query for query in queries if "session" in query["sql"]]


# --- bodies -----------------------------------------------------------------------------------


TAKEN = [
    "application/json", "application/json; charset=utf-8", "", "text/plain; charset=UTF-8", "APPLICATION/JSON",
    "application/vnd.alerts.v4+json",
]
REFUSED = ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/html", "é"]


@pytest.mark.parametrize("kind", TAKEN)
def test_content_types_that_are_taken(north, kind):
    assert north.post(sample(FIRES), content_type=kind).status_code == 202


@pytest.mark.parametrize("kind", REFUSED)
def test_content_types_that_are_not(north, kind):
    answer = north.post(sample(FIRES), content_type=kind)
    assert answer.status_code == 415
    assert "application/json" in answer.json()["message"]


@pytest.mark.parametrize("body", [b"{", b"[]", b'{"alerts": 7}', b'{"alerts": NaN}', b"[" * 100_000, b"\xff", b""])
def test_bad_bodies_are_refused_in_words_and_leave_nothing(north, body):
    answer = north.post(body)
    assert answer.status_code == 400
    assert answer.json()["status"] == "invalid"
    assert not Receipt.objects.exists()


def test_too_large_is_told_without_reading_it(north, monkeypatch):
    monkeypatch.setattr("incidents.inbound.reading.LIMIT", 1000)
    assert north.post(b'"' + b"x" * 2000 + b'"').status_code == 413
    claimed = north.post(b"{}", CONTENT_LENGTH="9" * 5000)
    assert claimed.status_code == 413


# --- nothing is lost --------------------------------------------------------------------------


def fail(*args, **kwargs):
    raise RuntimeError("planted")


def test_if_our_own_code_fails_the_message_is_kept_and_a_task_finishes_it(
    north, monkeypatch, rung, django_capture_on_commit_callbacks
):
    with monkeypatch.context() as broken, django_capture_on_commit_callbacks(execute=True):
        broken.setattr(hearing.Hearing, "_keep", fail)
        answer = north.posts(FIRES)
    assert answer["message"]
    assert not Incident.objects.exists()
    assert not AlertKey.objects.exists()
    (receipt,) = rung
    intake.process(receipt)
    intake.process(receipt)
    assert only().title == "5100 messages wait on mq-1"
    assert Receipt.objects.get().state == "processed"


def test_if_decoding_fails_the_message_is_kept(north, monkeypatch, rung):
    with monkeypatch.context() as broken:
        broken.setattr("incidents.inbound.alertmanager.decode", fail)
        north.posts(FIRES)
    assert Receipt.objects.get().state == "received"
    kit_clock.forward(timedelta(seconds=3))
    assert intake.process_waiting() == 1
    assert only()


def test_a_resolve_does_not_overtake_the_trigger_that_waits(north, monkeypatch, rung):
    with monkeypatch.context() as broken:
        broken.setattr(hearing.Hearing, "_keep", fail)
        north.posts(FIRES)
    north.posts(ALL_ENDED)
    assert not Incident.objects.exists()
    other = north.posts(FIRES, groupKey="another", alerts=[an_alert("db-1")])
    assert other["incidents"], "another group does not wait"
    intake.process(Receipt.objects.order_by("id")[1].pk)  # its task came first: it takes the older one along
    assert Incident.objects.resolved().get().title == "5100 messages wait on mq-1"


def test_a_poisonous_receipt_is_quarantined_loudly_after_three_attempts_and_the_line_moves_on(
    north, monkeypatch, rung, caplog
):
    real = hearing.Hearing._keep

    def fails_on_the_first(self, key, elements, known):
        if self.receipt.pk == Receipt.objects.order_by("id")[0].pk:
            raise RuntimeError("poison\0")
        real(self, key, elements, known)

    monkeypatch.setattr(hearing.Hearing, "_keep", fails_on_the_first)
    north.posts(FIRES)
    north.posts(JOINS)
    for _sweep in range(3):
        kit_clock.forward(timedelta(seconds=3))
        intake.process_waiting()
    first, second = Receipt.objects.order_by("id")
    assert (first.state, second.state) == ("quarantined", "processed")
    assert "poison" in first.outcome["error"]
    assert [record.levelname for record in caplog.records if "quarantined" in record.message] == ["CRITICAL"]
    assert only().title == "QueueTooLong north (2 alerts)"


def test_a_receipt_that_kills_its_process_is_found_out(north, monkeypatch, rung):
    with monkeypatch.context() as broken:
        broken.setattr("incidents.inbound.alertmanager.decode", fail)
        north.posts(FIRES)

    class Killed(BaseException):
        pass

    def killed(*args):
        raise Killed

    monkeypatch.setattr(intake, "_one_portion", killed)
    pk = Receipt.objects.get().pk
    for _attempt in range(3):
        with pytest.raises(Killed):
            intake.process(pk)
    intake.process(pk)
    assert Receipt.objects.get().state == "quarantined"


def test_a_large_message_is_worked_off_in_portions(cast, clock, rung, monkeypatch, django_capture_on_commit_callbacks):
    monkeypatch.setattr(intake, "PORTION", 2)
    each = Sender(service=cast.service, grouping=Source.Grouping.ALERT)
    with django_capture_on_commit_callbacks(execute=True):
        answer = each.posts(FIRES, alerts=[an_alert(f"mq-{n}") for n in range(7)])
    assert len(answer["incidents"]) == 2
    assert "message" in answer
    intake.process(rung[0])
    assert Incident.objects.count() == 7
    outcome = Receipt.objects.get().outcome
    assert (len(outcome["incidents"]), outcome["results"], outcome["done"]) == (7, {"opened": 7}, 7)


def test_if_nothing_can_be_stored_the_sender_is_asked_to_try_again(north, monkeypatch):
    def down(*args, **kwargs):
        raise OperationalError("disk I/O error")

    monkeypatch.setattr(Receipt.objects, "create", down)
    answer = north.post(sample(FIRES))
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert answer.json()["status"] == "unavailable"


def test_the_body_is_kept_verbatim(north):
    body = json.dumps(sample("unicode-and-html"), ensure_ascii=True, indent=3).encode()
    north.post(body)
    receipt = Receipt.objects.get()
    assert bytes(receipt.body) == body
    assert receipt.state == "processed"
