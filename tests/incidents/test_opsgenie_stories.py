"""Programs that sent to Opsgenie send here: what becomes of each call, and what they are told."""

import shlex

import pytest

from escalation.engine.models import Delivery
from escalation.trail.models import Entry, EntryText
from incidents.inbound import tasks
from incidents.inbound.opsgenie import answers, wire
from incidents.models import Alert, AlertKey, Heartbeat, Incident, Receipt
from tests.incidents.opsgenie_kit import Program, sample

pytestmark = pytest.mark.django_db


@pytest.fixture
def program(cast, clock):
    return Program(service=cast.service)


def record(incident: Incident) -> list[str]:
    return list(Entry.objects.filter(trail=incident.trail_id).order_by("seq").values_list("kind", flat=True))


def words(incident: Incident) -> list[str]:
    texts = EntryText.objects.filter(entry__trail=incident.trail_id)
    return list(texts.order_by("entry__seq").values_list("text", flat=True))


# --- a life -----------------------------------------------------------------------------------


def test_an_alert_opens_an_incident_its_repeats_add_to_it_and_its_close_resolves_it(program, cast, phones):
    became = program.says("", sample("create-full"))
    incident = Incident.objects.get()
    assert (became["success"], became["isSuccess"], became["status"]) == (True, True, "Created alert")
    assert became["alias"] == "hall-3/printers:queue 100%"
    assert (incident.title, incident.service, incident.severity) == (
        "Queue of the label printers is 4000 long",
        cast.service,
        2,
    )
    assert phones.rang
    assert "second time this week" in words(incident)

    again = program.says("", sample("create-full"))
    assert (again["status"], again["alertId"]) == ("Created alert", became["alertId"])
    assert Incident.objects.count() == 1
    assert program.knows("hall-3/printers:queue 100%")["count"] == 2

    closed = program.about("hall-3/printers:queue 100%", "close", sample("alertmanager-close"))
    assert (closed["isSuccess"], closed["status"], closed["alertId"]) == (True, "Closed alert", became["alertId"])
    incident.refresh_from_db()
    assert incident.resolved_at
    assert set(Alert.objects.values_list("state", flat=True)) == {"resolved"}

    later = program.creates("hall-3/printers:queue 100%")
    assert later.previous == incident


def test_the_answer_to_a_create_is_the_contracts_to_the_letter(program):
    answer = program.ask("POST", "", {"message": "x"})
    assert answer.status_code == 202
    assert answer.json().keys() == {"result", "took", "requestId"}
    assert answer.json()["result"] == "Request will be processed"
    assert answer["X-Request-Id"] == answer.json()["requestId"]
    assert float(answer["X-Response-Time"]) == answer.json()["took"]
    assert not answer.cookies
    became = program.became(answer)
    assert became.keys() == {
        *("success", "isSuccess", "action", "processedAt", "integrationId", "status", "alertId", "alias")
    }
    assert became["action"] == "Create"
    assert became["alias"], "an alert without an alias gets one"


def test_the_line_that_is_shown_with_a_new_key_opens_an_incident(program):
    words = shlex.split(wire.Opsgenie().how(program.key).curl)
    headers = dict(word.split(": ") for word in words if ": " in word and not word.startswith("{"))
    assert words[3].endswith("/v2/alerts")
    kind = headers.pop("Content-Type")
    answer = program.ask("POST", "", words[-1].encode(), headers=headers, content_type=kind)
    assert answer.status_code == 202
    assert Incident.objects.get().title == "Our first incident"


def test_two_alerts_without_an_alias_are_two(program):
    program.says("", {"message": "x"})
    program.says("", {"message": "x"})
    assert Incident.objects.count() == 2


def test_the_same_words_after_a_close_are_a_new_alert_however_soon(program):
    for _time in range(2):
        program.creates()
        program.about("belt", "close")
    assert Incident.objects.resolved().count() == 2


ANYTHING = ["a/b", "/var", "100%", "a b?c#d+e", "🔥", "door/close", "ends/", "Ünï", "requests/1"]


@pytest.mark.parametrize("alias", ANYTHING)
def test_whatever_is_in_an_alias_it_is_found_again(program, alias):
    program.creates(alias)
    assert program.about(alias, "notes", {"note": "seen"})["isSuccess"]
    assert program.about(alias, "close")["isSuccess"]
    assert AlertKey.objects.get().key == alias


def test_an_alert_is_also_meant_by_its_id_by_its_number_and_by_an_alias_that_is_called_nothing(program):
    incident = program.creates("belt")
    known = program.knows("belt")
    for path in (known["id"], f"{known['id']}?identifierType=id", f"{incident.number}?identifierType=tiny", "belt"):
        assert program.ask("GET", f"/{path}").json()["data"]["alias"] == "belt"
    assert program.says(f"/{known['id']}/notes", {"note": "by id"})["isSuccess"]
    assert program.says(f"/INC-{incident.number}/notes?identifierType=tiny", {"note": "by number"})["isSuccess"]
    assert program.says("/belt/close")["isSuccess"]
    assert program.says(f"/{known['id']}/close")["status"] == "Alert is already closed"
    assert program.ask("GET", "/belt?identifierType=serial").status_code == 422


def test_an_id_means_its_own_alert_and_not_the_next_with_the_same_alias(program):
    program.creates("belt")
    first = program.knows("belt")["id"]
    program.about("belt", "close")
    program.creates("belt")
    assert program.says(f"/{first}/close")["isSuccess"] is False
    assert Incident.objects.open().count() == 1


def test_what_is_about_nothing_is_accepted_and_told_afterwards(program):
    became = program.about("nothing", "acknowledge")
    assert (became["isSuccess"], became["status"]) == (False, "There is no open alert with alias [nothing]")
    assert (became["alertId"], became["alias"]) == ("", "")
    assert program.says("/77/close?identifierType=tiny")["status"] == "Alert does not exist"
    assert not Incident.objects.exists()


def test_delete_closes(program):
    incident = program.creates()
    answer = program.ask("DELETE", "/belt?identifierType=alias")
    assert program.became(answer)["isSuccess"]
    incident.refresh_from_db()
    assert incident.resolved_at


# --- what people do about it ------------------------------------------------------------------


def test_an_acknowledgement_there_gives_time_and_is_taken_back(program, clock):
    incident = program.creates()
    became = program.about("belt", "acknowledge", sample("acknowledge"))
    assert (became["isSuccess"], became["status"]) == (True, "Acknowledged alert")
    assert program.knows("belt")["acknowledged"] is True
    assert program.about("belt", "acknowledge", sample("acknowledge"))["status"].startswith("Alert is already ack")
    program.says("", {"message": "The belt stands still", "alias": "belt"})
    assert program.knows("belt")["acknowledged"] is True
    assert program.about("belt", "unacknowledge")["isSuccess"]
    assert program.knows("belt")["acknowledged"] is False
    assert record(incident).count("outside_acknowledged") == record(incident).count("outside_unacknowledged") == 1


def test_an_acknowledgement_here_shows_there(program, cast):
    incident = program.creates()
    incident.acknowledge(by=cast.ana)
    known = program.knows("belt")
    assert (known["acknowledged"], known["owner"]) == (True, "ana@example.com")
    assert known["report"]["acknowledgedBy"] == "ana@example.com"


def test_of_a_restricted_incident_nobody_is_named(program, cast):
    incident = program.creates()
    incident.acknowledge(by=cast.ana)
    incident.restrict(by=cast.sam, text="a person is concerned")
    known = program.knows("belt")
    assert (known["acknowledged"], known["owner"]) == (True, "")
    assert "acknowledgedBy" not in known["report"]


def test_it_is_snoozed_until_a_time(program):
    program.creates()
    assert program.about("belt", "snooze", sample("snooze"))["isSuccess"]
    known = program.knows("belt")
    assert (known["snoozed"], known["snoozedUntil"]) == (True, "2026-03-02T14:00:00.000Z")
    assert program.about("belt", "snooze", sample("snooze"))["isSuccess"] is False


def test_it_is_escalated_and_the_next_step_is_called(program, phones):
    program.creates()
    before = list(phones.rang)
    assert program.about("belt", "escalate", sample("escalate"))["isSuccess"]
    assert phones.rang != before


def test_it_is_assigned_to_somebody_who_may_work_on_it(program, cast):
    program.creates()
    became = program.about("belt", "assign", {"owner": {"username": "nobody@example.com"}})
    assert became["isSuccess"] is False
    assert program.about("belt", "assign", {"owner": {"username": "ana@example.com"}})["isSuccess"]
    assert Delivery.objects.filter(kind="assigned", person=cast.ana).exists()


def test_what_is_wished_for_there_is_noted(program):
    incident = program.creates()
    assert program.about("belt", "responders", {"responder": {"type": "schedule", "name": "DBA"}})["isSuccess"]
    assert program.about("belt", "teams", {"team": {"name": "Platform"}})["isSuccess"]
    assert program.about("belt", "actions/Restart", {"note": "please"})["isSuccess"]
    assert words(incident)[-3:] == ["responder: DBA", "team: Platform", "action: Restart\nplease"]


# --- what changes about it --------------------------------------------------------------------


def test_new_words_are_noted_once_and_the_first_report_stands(program):
    incident = program.creates(description="It hums.")
    for _time in range(2):
        assert program.about("belt", "message", {"message": "The belt burns"}, method="PUT")["isSuccess"]
        assert program.about("belt", "description", {"description": "Smoke\nin hall 3"}, method="PUT")["isSuccess"]
    program.says("", {"message": "The belt stands", "alias": "belt", "description": "It hummed.", "tags": ["x"]})
    known = program.knows("belt")
    assert (known["message"], known["description"]) == ("The belt burns", "Smoke\nin hall 3")
    assert (known["count"], known["tags"]) == (2, []), "a repeat is counted, and the first one stands"
    incident.refresh_from_db()
    assert (incident.title, incident.symptom) == ("The belt stands still", "It hums.")
    assert record(incident).count("outside_note") == 2


def test_a_worse_priority_makes_the_incident_worse_and_a_better_one_leaves_it(program):
    incident = program.creates(priority="P4")
    for priority, reported in (("P5", 4), ("P1", 1), ("P3", 1)):
        assert program.about("belt", "priority", {"priority": priority}, method="PUT")["isSuccess"]
        incident.refresh_from_db()
        assert (incident.reported_severity, program.knows("belt")["priority"]) == (reported, priority)
    assert incident.severity == 1


def test_tags_and_details_come_and_go_and_change_nothing_else(program):
    incident = program.creates(tags=["hall-3"], details={"host": "b-1", "#odd": "1"}, priority="P4", entity="b-1")
    assert program.about("belt", "tags", {"tags": ["wet", "hall-3"]})["isSuccess"]
    assert program.about("belt", "details", {"details": {"level": 3}})["isSuccess"]
    for query in ("tags?tags=hall-3,other", "details?keys=%23odd"):
        assert program.became(program.ask("DELETE", f"/belt/{query}&identifierType=alias"))["isSuccess"]
    known = program.knows("belt")
    assert (known["tags"], known["details"]) == (["wet"], {"host": "b-1", "level": "3"})
    assert (known["message"], known["priority"], known["entity"]) == ("The belt stands still", "P4", "b-1")
    incident.refresh_from_db()
    assert incident.reported_severity == 4


# --- which service it is about ----------------------------------------------------------------


@pytest.mark.parametrize("label", ["team", "service", "area"])
def test_a_responder_a_tag_or_a_detail_chooses_among_the_services_that_are_allowed(cast, clock, label):
    program = Program(service_label=label)
    program.source.allowed_services.add(cast.service)
    says = {
        "team": {"responders": [{"type": "team", "name": cast.service.name}]},
        "service": {"tags": [f"service:{cast.service.name}"]},
        "area": {"details": {"area": cast.service.name}},
    }
    assert program.creates("belt", **says[label]).service == cast.service
    assert program.creates("other", details={label: "a service of somebody else"}).service is None


# --- heartbeats -------------------------------------------------------------------------------


@pytest.mark.parametrize("base", ["/v2/heartbeats", "/compat/opsgenie/v2/heartbeats"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_ping_beats_the_heartbeat_of_its_name(cast, clock, base, method):
    program = Program(base=base, service=cast.service)
    backup = Heartbeat.objects.create(source=program.source, name="backup")
    answer = program.ask(method, "/backup/ping")
    assert (answer.status_code, answer.json()["result"]) == (202, "PONG - Heartbeat received")
    assert answer["X-Request-Id"] == answer.json()["requestId"]
    backup.refresh_from_db()
    assert backup.last_beat == clock.now()
    assert program.ask(method, "/restore/ping").status_code == 404
    assert program.ask(method, "/backup/ping", headers={"authorization": "GenieKey wrong"}).status_code == 401


# --- lists ------------------------------------------------------------------------------------


def test_a_list_is_of_the_keys_own_alerts_and_in_pages(program, cast, settings, django_assert_max_num_queries):
    settings.ADDRESS = "https://baton.example.com"
    Program(name="Other", service=cast.service).creates("theirs")
    for number in range(3):
        program.creates(f"belt-{number}")
    program.about("belt-1", "close")
    with django_assert_max_num_queries(8):
        first = program.ask("GET", "?limit=2&order=asc").json()
    assert [one["alias"] for one in first["data"]] == ["belt-0", "belt-1"]
    assert first["paging"]["next"].startswith("https://baton.example.com/v2/alerts?")
    second = program.ask("GET", "?" + first["paging"]["next"].partition("?")[2]).json()
    assert [one["alias"] for one in second["data"]] == ["belt-2"]
    assert second["paging"].keys() == {"first", "prev"}

    def found(query):
        return [one["alias"] for one in program.ask("GET", f"?query={query}&order=asc").json()["data"]]

    assert found("status:open") == ["belt-0", "belt-2"]
    assert found('status=closed AND alias: "belt-1"') == ["belt-1"]
    assert found("status:open AND alias:belt-1") == []
    for query in ("priority:P1", "status:open OR status:closed", "belt", "status:open alias"):
        assert program.ask("GET", f"?query={query}").status_code == 422


def test_a_key_knows_nothing_of_what_others_sent(program, cast):
    program.creates()
    other = Program(name="Other", service=cast.service)
    known = program.knows("belt")
    for path in (known["id"], "belt", f"{known['tinyId']}?identifierType=tiny"):
        assert other.ask("GET", f"/{path}").status_code == 404
    assert other.says(f"/{known['id']}/close")["isSuccess"] is False
    request = answers.request_id(Receipt.objects.filter(source=program.source).first().pk)
    assert other.ask("GET", f"/requests/{request}").status_code == 404
    assert Incident.objects.open().count() == 1


# --- answers ----------------------------------------------------------------------------------


@pytest.mark.parametrize("header", ["", "GenieKey", "GenieKey wrong", "Basic Zm9vOmJhcg==", "GenieKey \x00"])
def test_without_a_valid_key_nothing_is_said(program, header):
    for method in ("GET", "POST"):
        answer = program.ask(method, "", headers={"authorization": header})
        assert (answer.status_code, answer.json()["message"]) == (401, "Could not authenticate")


@pytest.mark.parametrize("scheme", ["geniekey", "GENIEKEY", "Bearer"])
def test_the_schemes_name_is_read_in_any_case(program, scheme):
    header = {"authorization": f"{scheme} {program.key}"}
    assert program.ask("POST", "", {"message": "x"}, headers=header).status_code == 202


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "", b"{", 400),
        ("POST", "", b"[]", 400),
        ("POST", "", b"\xff", 400),
        ("POST", "", b"", 422),
        ("POST", "/belt/explode", {}, 404),
        ("PUT", "", {}, 404),
        ("PATCH", "/belt", {}, 405),
        ("GET", "/nothing", None, 404),
        ("GET", "/requests/1", None, 404),
        ("POST", "", b"x" * (5 * 1024 * 1024 + 1), 413),
    ],
)
def test_what_is_wrong_is_said_in_the_contracts_shape(program, method, path, body, status):
    answer = program.ask(method, path, body)
    assert answer.status_code == status
    assert answer.json().keys() >= {"message", "took", "requestId"}
    assert not Receipt.objects.exists()


def test_what_cannot_be_processed_says_why_by_the_field(program):
    answer = program.ask("POST", "", {"message": "", "alias": "belt"}).json()
    assert answer["message"] == "Request body is not processable. Please check the errors."
    assert answer["errors"] == {"message": "Message can not be empty."}


def test_json_that_a_shell_calls_a_form_is_taken_and_a_form_is_not(program):
    form = {"content_type": "application/x-www-form-urlencoded"}
    assert program.ask("POST", "", {"message": "x"}, **form).status_code == 202
    assert program.ask("POST", "", b"message=x", **form).status_code == 400


def test_too_many_are_told_so_with_the_headers_that_clients_read(program):
    type(program.source).objects.update(quota=1)
    program.creates()
    # What only repeats, and what only adds words, can wait; a close cannot.
    refused = [program.ask("POST", "", {"message": "The belt stands still", "alias": "belt"}) for _time in range(9)][-1]
    assert refused.status_code == 429
    assert refused.json()["message"] == "You are making too many requests!"
    assert refused["X-RateLimit-State"] == "THROTTLED"
    assert program.ask("POST", "/belt/notes", {"note": "x"}).status_code == 429
    assert program.ask("POST", "/belt/acknowledge").status_code == 202
    assert program.ask("POST", "/belt/close", {"note": "x"}).status_code == 202


def test_a_request_that_waits_to_be_heard_is_not_found_yet(program, monkeypatch):
    monkeypatch.setattr("incidents.inbound.intake.CALM", -1)
    monkeypatch.setattr(wire, "PATIENCE", ())
    answer = program.ask("POST", "", {"message": "x", "alias": "belt"})
    request = answer.json()["requestId"]
    waits = program.ask("GET", f"/requests/{request}")
    assert (waits.status_code, waits.json()["message"]) == (404, answers.NOT_YET)
    tasks.process_waiting()
    assert program.became(answer)["status"] == "Created alert"


def test_under_its_own_name_it_is_the_same(cast, clock):
    program = Program(base="/compat/opsgenie/v2/alerts", service=cast.service)
    program.creates("a/b")
    assert program.about("a/b", "close")["isSuccess"]


def test_with_and_without_a_slash_at_the_end(program):
    assert program.ask("POST", "/", {"message": "x", "alias": "belt"}).status_code == 202
    assert program.says("/belt/close/?identifierType=alias")["isSuccess"]
