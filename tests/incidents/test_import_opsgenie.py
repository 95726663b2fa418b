"""Moving in from Opsgenie: from its API and from files, planned, applied, broken off, repeated and compared."""

import copy
import json
import random
import re
from datetime import UTC, datetime
from urllib.parse import quote

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.test.utils import CaptureQueriesContext

from escalation.notify.models import ContactMethod, NotificationRule
from escalation.oncall.models import Override, Schedule
from escalation.people.models import Membership, Team, User
from escalation.policies.models import Installation, Policy
from escalation.trail.models import Entry
from incidents.importers.every import KINDS
from incidents.importers.moving import Move
from incidents.importers.opsgenie import Opsgenie
from incidents.management.commands import import_from
from incidents.models import Heartbeat, Incident, Origin, Service, Source, SourceKey
from tests.importers_kit import OldProduct, actions, climb, dump, run, sample, told
from tests.parts import share

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
KEY = "11111111-2222-3333-4444-5555555abcde"
ANA, LEA, MEI, NILS = "ana@example.com", "lea@harbour.example", "mei@example.com", "nils@harbour.example"
SCHEDULES = "/v2/schedules?expand=rotation"


@pytest.fixture
def answers(cast, clock):
    return sample("opsgenie")


@pytest.fixture
def export(tmp_path):
    def written(answers):
        return dump(tmp_path / "opsgenie.zip", answers, "opsgenie")

    return written


def writes(queries):
    return [one["sql"] for one in queries if one["sql"].split(" ", 1)[0] in ("INSERT", "UPDATE", "DELETE")]


def counted():
    models = (User, Team, Membership, Schedule, Override, Policy, Service, Source, Heartbeat, Origin, Entry)
    return {model.__name__: model.objects.count() for model in models}


# --- plan, apply, again ---------------------------------------------------------------------------


def test_before_it_is_set_up_here_nothing_is_asked_there(cast, monkeypatch, tmp_path):
    asked = []
    monkeypatch.setattr(import_from.Command, "_raw", lambda *_args: asked.append("everything"))
    words = ("import_from", "opsgenie", "--file", str(tmp_path))
    Installation.objects.all().delete()
    with pytest.raises(CommandError, match=r"manage.py setup\.$"):
        call_command(*words)
    MigrationRecorder.Migration.objects.filter(app="incidents").latest("pk").delete()
    with pytest.raises(CommandError, match=r"older than this Baton, or empty: manage.py migrate\.$"):
        call_command(*words)
    assert asked == []


def test_a_plan_says_what_comes_over_and_writes_nothing(answers, export):
    file = export(answers)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        said = run("opsgenie", "--file", file, "--create-people", "--keep-keys")
    assert writes(queries.captured_queries) == []
    assert "+ person Lea Nouri <Lea@Harbour.example>" in said
    assert "= person Ana Ruiz <ana@example.com>" in said
    assert "+ schedule Network on call (Weekend 3)" in said
    assert "Lea's telephone: a device has to be enrolled anew" in said
    assert "priority less-than “P3”, at certain hours (Europe/Paris) → escalation Late" in said
    assert "alert policy Close what flaps: Alert and notification policies do not come over" in said
    assert "Nothing was written; --apply does it." in said
    assert KEY not in said
    assert "612345678" not in said


@pytest.mark.rehearsal("long")
def test_what_was_planned_is_applied_and_a_second_time_changes_nothing(answers, export):
    words = ("opsgenie", "--file", export(answers), "--create-people", "--keep-keys")
    planned = told(*words)
    applied = told(*words, "--apply")
    assert {**planned, "applied": True} == applied
    before = counted()
    again = told(*words, "--apply")
    assert set(actions(again)) == {"same"}
    assert counted() == before
    assert not any(item["out_of_use"] for item in again["items"])


def test_everything_is_here_as_it_was_there(answers, export):
    run("opsgenie", "--file", export(answers), "--create-people", "--keep-keys", "--apply")
    lea = User.objects.get(email=LEA)
    assert not lea.has_usable_password()
    assert not lea.is_staff
    assert not User.objects.get(email="gone@harbour.example").is_active
    ways = {(way.channel, way.address, way.verified_at is not None) for way in lea.contact_methods.all()}
    assert ways == {("email", "", True), ("sms", "+33612345678", False), ("voice", "+33612345678", False)}
    rules = NotificationRule.objects.filter(person=lea)
    chain = [(one.urgency, one.delay_minutes, one.method.channel) for one in rules.select_related("method")]
    assert chain == [("loud", 0, "sms"), ("loud", 5, "voice"), ("quiet", 0, "email"), ("quiet", 30, "sms")]
    network = Team.objects.get(name="Network")
    roles = dict(network.memberships.values_list("user__email", "role"))
    assert roles == {LEA: "supervisor", ANA: "agent", NILS: "agent"}
    joined = dict(Team.objects.get(name="Applications").memberships.values_list("user__email", "role"))
    assert joined == {MEI: "agent", "kim@example.com": "supervisor", NILS: "agent"}
    assert Service.objects.get(name="Checkout").policy.name == "Network first"
    assert Service.objects.get(name="Applications").policy.name == "Apps on call"
    beat = Heartbeat.objects.get()
    assert (beat.name, beat.every, beat.severity, beat.source.service.name) == ("nightly-backup", 1440, 1, "Network")
    crash = Source.objects.get(name="Crash tool")
    assert (crash.kind, crash.enabled) == ("webhook", False)


@pytest.mark.parametrize("name", ["nightly backup", "nightly-backup"])
def test_a_heartbeat_beats_with_the_key_and_the_name_that_its_sender_has(name, answers, export, client):
    [beat] = answers["/v2/heartbeats"]["data"]["heartbeats"]
    beat["name"] = name
    run("opsgenie", "--file", export(answers), "--create-people", "--keep-keys", "--apply")

    def ping(name: str, key: str = KEY) -> int:
        return client.get(
            f"/v2/heartbeats/{quote(name)}/ping", headers={"authorization": f"GenieKey {key}"}
        ).status_code

    assert ping(name) == 202
    assert Heartbeat.objects.get().last_beat == NOW
    assert ping("weekly-backup") == 404
    other, key = Source.objects.create(name="Zabbix", kind="webhook"), "k" * 40
    SourceKey.bring(other, key)
    assert ping(name, key) == 404, "a key that has nothing to do with that account"


def test_each_change_is_on_the_installations_record(answers, export, cast):
    run("opsgenie", "--file", export(answers), "--create-people", "--apply", "--by", "ada@example.com")
    entries = [(entry, json.loads(entry.data)) for entry in Entry.objects.filter(kind="config_added").order_by("pk")]
    entry, said = next((entry, said) for entry, said in entries if said["what"] == "policy")
    assert (entry.actor_name, said["from"], said["name"]) == ("Ada Lund", "Opsgenie", "Network first")
    assert said["after"]["rounds"] == 3
    lea = next(said for _entry, said in entries if said["name"] == "Lea Nouri")
    assert lea["ways"] == ["sms …78", "voice …78"]
    assert not any("612345678" in entry.data for entry, _said in entries)


def test_whoever_made_it_by_hand_keeps_it(answers, export, cast):
    network = Team.objects.create(name="Network")
    Membership.objects.create(team=network, user=cast.ana, role="supervisor")
    mine = Schedule.objects.create(name="Apps on call", team=network)
    Policy.objects.create(name="Late")
    run("opsgenie", "--file", export(answers), "--create-people", "--apply")
    assert mine.layers.count() == 0
    assert Schedule.objects.filter(name="Apps on call (Opsgenie)").exists()
    assert Policy.objects.filter(name="Late (Opsgenie)").exists()
    assert network.memberships.get(user=cast.ana).role == "supervisor"


@pytest.mark.rehearsal("moving")
def test_a_walk_that_broke_goes_on_where_it_was(answers, export, cast):
    raw = Opsgenie().gather(lambda address: answers[address])
    said = Opsgenie().read(raw, NOW)
    broken = Move("opsgenie", "Opsgenie", said, now=NOW, by=cast.ada, create_people=True)
    done = [item for item, _number in zip(broken.walk(KINDS, write=True), range(12), strict=False)]
    rest = told("opsgenie", "--file", export(answers), "--create-people", "--apply")
    assert [item["action"] for item in rest["items"][:12]] == ["same"] * len(done)
    assert "make" in actions(rest)
    assert Schedule.objects.filter(name__startswith="Network on call (").count() == 5
    assert set(actions(told("opsgenie", "--file", export(answers), "--create-people", "--apply"))) == {"same"}


@pytest.mark.rehearsal("long")
def test_what_changed_there_changes_here(answers, export):
    words = ("opsgenie", "--create-people", "--apply", "--file")
    run(*words, export(answers))
    policy = Policy.objects.get(name="Network first")
    version = policy.version
    escalation = answers["/v2/escalations"]["data"][0]
    escalation["rules"][1]["delay"]["timeAmount"] = 7
    answers[SCHEDULES]["data"][0]["rotations"][1]["participants"].reverse()
    said = run(*words, export(answers))
    assert "~ policy Network first" in said
    assert "~ schedule Network on call (Nights)" in said
    policy.refresh_from_db()
    assert policy.version == version + 1
    assert list(policy.steps.values_list("ack_minutes", flat=True)) == [7, 8, 45, 30]


@pytest.mark.rehearsal("moving")
def test_what_people_changed_here_stays_also_if_it_changes_there(answers, export, cast):
    words = ("opsgenie", "--create-people", "--apply", "--file")
    run(*words, export(answers))
    policy, nights = Policy.objects.get(name="Network first"), Schedule.objects.get(name="Network on call (Nights)")
    step, seat = policy.steps.order_by("position")[1], nights.layers.get().seats.order_by("position")[0]
    step.ack_minutes, seat.person = 21, cast.jo
    step.save()
    seat.save()
    nights.overrides.all().delete()
    gone = Membership.objects.filter(team__name="Network").first()
    assert gone is not None
    gone.delete()
    said = run(*words, export(answers))
    assert "steps: changed here, and stays so." in said and "members: what was taken away here stays away." in said
    answers["/v2/escalations"]["data"][0]["rules"][1]["delay"]["timeAmount"] = 7
    answers["/v2/escalations"]["data"][0]["repeat"]["count"] = 4
    answers[SCHEDULES]["data"][0]["rotations"][1]["participants"].reverse()
    answers[SCHEDULES]["data"][0]["rotations"][1]["name"] = "Nights"
    for _again in range(2):
        run(*words, export(answers))
    step.refresh_from_db()
    seat.refresh_from_db()
    policy.refresh_from_db()
    assert (step.ack_minutes, seat.person, policy.rounds) == (21, cast.jo, 5), "what nobody touched here follows"
    assert not nights.overrides.exists()
    assert not Membership.objects.filter(team__name="Network", user=gone.user).exists()


@pytest.mark.rehearsal("moving")
def test_two_at_once_make_one_of_each(answers, export, cast):
    raw = Opsgenie().gather(lambda address: answers[address])
    said = Opsgenie().read(raw, NOW)
    first, second = (Move("opsgenie", "Opsgenie", said, now=NOW, by=cast.ada, create_people=True) for _ in range(2))
    list(first.walk(KINDS, write=True))
    before = counted()
    assert {item.action.name for item in second.walk(KINDS, write=True)} == {"SAME"}
    assert counted() == before


# --- what does not come over ----------------------------------------------------------------------


@pytest.mark.rehearsal("long")
def test_without_accounts_what_refers_to_them_is_out_of_use_until_they_are_there(answers, export):
    file = export(answers)
    said = run("opsgenie", "--file", file, "--apply")
    assert "✗ person Nils Vik <nils@harbour.example>" in said
    assert "With --create-people they get an account." in said
    half = set(Policy.objects.filter(archived_at__isnull=False).values_list("name", flat=True))
    assert half == {"Network first", "Late", "Apps on call"}
    assert Service.objects.get(name="Checkout").archived_at is not None
    assert Source.objects.get(name="Prometheus").enabled is False
    run("opsgenie", "--file", file, "--apply", "--create-people")
    assert not Policy.objects.filter(archived_at__isnull=False).exists()
    assert Service.objects.get(name="Checkout").archived_at is None
    assert Source.objects.get(name="Prometheus").enabled is True


def escalation_turn(answers):
    people = answers[SCHEDULES]["data"][1]["rotations"][0]["participants"]
    people.append({"type": "escalation", "id": "e-net", "name": "Network first"})


def deleted_turn(answers):
    answers[SCHEDULES]["data"][1]["rotations"][0]["participants"][0] = {"type": "user", "id": "d-1"}


def random_member(answers):
    rule = answers["/v2/escalations"]["data"][1]["rules"][0]
    rule["notifyType"] = "random"


def unknown_zone(answers):
    answers[SCHEDULES]["data"][1]["timezone"] = "Mars/Olympus"


def no_default(answers):
    answers["/v2/teams/t-apps/routing-rules"]["data"] = []


@pytest.mark.rehearsal("moving")
@pytest.mark.parametrize(
    ("odd", "said", "out_of_use"),
    [
        (
            escalation_turn,
            "A turn of Office is of somebody who does not come over: known there as the escalation",
            True,
        ),
        (deleted_turn, "A turn of Office is of somebody who does not come over: known there as d-1", True),
        (random_member, "Step 1 calls a person that does not come over: random of the team Network", False),
        (unknown_zone, "Its time zone Mars/Olympus is not known here", None),
        (no_default, "The policy that it is called by does not come over", None),
    ],
)
def test_what_cannot_come_over_is_said_and_never_half(answers, export, odd, said, out_of_use):
    odd(answers)
    report = run("opsgenie", "--file", export(answers), "--create-people", "--apply")
    assert said in report
    assert Policy.objects.get(name="Late").archived_at is not None or odd is no_default
    if out_of_use:
        assert Schedule.objects.get(name="Apps on call").archived_at is not None
    if odd is not random_member:
        assert Service.objects.get(name="Applications").archived_at is not None


def test_an_escalation_that_calls_one_person_takes_their_turn(answers, export):
    answers["/v2/escalations"]["data"].append(
        {
            "id": "e-solo",
            "name": "Ana",
            "rules": [{"delay": {"timeAmount": 0}, "recipient": {"type": "user", "id": "u-ana"}}],
        }
    )
    turn = {"type": "escalation", "id": "e-solo", "name": "Ana"}
    answers[SCHEDULES]["data"][1]["rotations"][0]["participants"][0] = turn
    run("opsgenie", "--file", export(answers), "--create-people", "--apply")
    seats = Schedule.objects.get(name="Apps on call").seats.order_by("position")
    assert [seat.person.email for seat in seats] == [ANA, NILS, MEI]


def damaged(answers, seed):
    """A few values anywhere in the answers are something else."""
    dice = random.Random(seed)
    broken = copy.deepcopy(answers)
    for _count in range(6):
        at = broken[dice.choice(sorted(broken))]
        while True:
            key = dice.choice(list(at)) if isinstance(at, dict) else dice.randrange(len(at))
            if not isinstance(at[key], (dict, list)) or not at[key] or dice.random() < 0.15:
                break
            at = at[key]
        at[key] = dice.choice([None, "", "x" * 300, -1, 10**12, [], {}, [None], "2026-99-99", True, 1.5, "\x00\ud800"])
    return broken


@pytest.mark.rehearsal("moving")
@pytest.mark.parametrize("seed", share(range(25), 3))
def test_no_export_is_so_odd_that_the_import_falls_over(answers, export, seed):
    words = ("opsgenie", "--file", export(damaged(answers, seed)), "--create-people", "--keep-keys")
    told(*words)
    told(*words, "--apply")
    assert "make" not in actions(told(*words, "--apply"))


# --- the same people at the same minutes ----------------------------------------------------------


@pytest.mark.rehearsal("moving")
def test_nobody_else_is_on_call_for_sixty_days(answers, export):
    words = ("opsgenie", "--file", export(answers), "--create-people", "--compare")
    run(*words, "--apply")
    found = told(*words)["comparison"]
    assert found["differences"] == []
    assert found["missing"] == []
    assert found["asked"] > 2000
    Schedule.objects.get(name="Network on call (Nights)").layers.update(hand_off="22:01")
    with pytest.raises(CommandError, match="Not the same people are on call") as ended:
        run(*words)
    assert ended.value.returncode == 3
    assert len(told(*words)["comparison"]["differences"]) > 10


EVERYBODY = {ANA, LEA, NILS}
SUNDAY_NIGHT = datetime(2026, 3, 8, 21, 30, tzinfo=UTC)  # 22:30 in Paris: nights and weekend too
MONDAY_NOON = datetime(2026, 3, 9, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("policy", "at", "called"),
    [
        pytest.param("Network first", MONDAY_NOON, [{ANA}, {LEA}], id="a week's person, then the next"),
        pytest.param("Network first", SUNDAY_NIGHT, [{MEI, NILS}, {LEA, NILS, ANA}], id="three rotations at once"),
    ],
)
def test_an_escalation_calls_the_same_people_at_the_same_minutes(answers, export, policy, at, called):
    """As Opsgenie has it: offsets 0, 5, 15 and 60, then twice more, each 30 minutes after the last rule."""
    run("opsgenie", "--file", export(answers), "--create-people", "--apply")
    calendar = Opsgenie().calendar(Opsgenie().gather(lambda address: answers[address]))
    emails = {"u-ana": ANA, "u-lea": LEA, "u-mei": MEI, "u-nils": NILS}

    def there(schedule, minute):
        return {
            emails[who]
            for who in calendar.on_call(schedule, at + minute * (MONDAY_NOON - MONDAY_NOON.replace(hour=11)) / 60)
        }

    old = []
    for start in (0, 90, 180):
        old += [
            (start, there("s-net", start)),
            (start + 5, there("s-net/next", start + 5)),
            (start + 15, {ANA, MEI}),
            (start + 60, EVERYBODY),
        ]
    assert [people for _minute, people in old[:2]] == called
    assert climb(Policy.objects.get(name=policy), at) == [(minute, who) for minute, who in old if who]


def test_an_escalation_that_waits_first_waits_here_too(answers, export):
    """Offsets 10 (users of the team), 20 (its admins) and 45 (by routing: who is on call for Apps)."""
    run("opsgenie", "--file", export(answers), "--create-people", "--apply")
    assert climb(Policy.objects.get(name="Late"), datetime(2026, 3, 9, 15, tzinfo=UTC)) == [
        (10, {ANA, NILS}),
        (20, {LEA}),
        (45, {NILS}),
    ]


def test_where_nobody_is_on_call_the_next_step_is_called_at_once(answers, export):
    """The one difference, which every plan names: Opsgenie would call Ana five minutes later."""
    words = ("opsgenie", "--file", export(answers), "--create-people", "--apply")
    assert "Opsgenie waits its 5 minutes all the same; here it is passed over at once" in run(*words)
    assert climb(Policy.objects.get(name="Network first"), NOW)[:2] == [(0, {ANA}), (10, {ANA, MEI})]


def test_an_incident_climbs_what_was_imported(answers, export, cast, clock, phones):
    clock.jump(days=7)  # Ana's week
    run("opsgenie", "--file", export(answers), "--create-people", "--apply")
    incident = Incident.open(title="Links flap", service=Service.objects.get(name="Checkout"), by=cast.ana)
    assert phones.rang == ["ana"]
    clock.forward(minutes=5)
    assert phones.rang == ["ana", "lea"]
    assert incident.service.team.name == "Network"


# --- its API --------------------------------------------------------------------------------------


@pytest.fixture
def opsgenie(answers, settings):
    settings.OUTBOUND_ALLOW = ["127.0.0.1"]
    old = OldProduct(answers, "GenieKey k-1234567890")
    yield old
    old.close()


@pytest.fixture
def key(tmp_path):
    file = tmp_path / "key"
    file.write_text("k-1234567890\n")
    return file


@pytest.mark.enable_socket
def test_its_api_is_asked_and_its_limits_are_kept_and_said(opsgenie, key, monkeypatch, tmp_path, capsys):
    waited = []
    monkeypatch.setattr("time.sleep", waited.append)
    opsgenie.moods = [(429, {"X-RateLimit-Period-In-Sec": "3"}), (503, {}), (429, {"Retry-After": "9999"})]
    del opsgenie.answers["/v2/heartbeats"]
    zipped = tmp_path / "raw.zip"
    where = ("opsgenie", "--url", opsgenie.url, "--key-file", key)
    assert "Refused: 1; a plan says what." in run(*where, "--export", zipped)
    assert waited == [3.0, 2.0, 300.0]
    limited, away, far = capsys.readouterr().err.splitlines()
    assert re.search(r"asks to wait 3 s \(429\)\. Asked again in 3 s, at \d\d:\d\d:\d\d UTC", limited)
    assert "It answered 503. Asked again in 2 s" in away and "an hour or more (429). Asked again in 300 s" in far
    live, kept = told(*where), told("opsgenie", "--file", zipped)
    assert live == kept
    assert any("/v2/heartbeats was refused (403)" in note["text"] for note in live["notes"])
    assert b"k-1234567890" not in zipped.read_bytes()


@pytest.mark.enable_socket
def test_a_server_that_stays_away_is_asked_so_often_and_no_more(opsgenie, key, monkeypatch):
    waited = []
    monkeypatch.setattr("time.sleep", waited.append)
    opsgenie.moods = [(503, {})] * 8
    with pytest.raises(CommandError, match=r"It answered 503\. That was asked 8 times\. Try again later"):
        run("opsgenie", "--url", opsgenie.url, "--key-file", key)
    assert waited == [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0]


@pytest.mark.enable_socket
@pytest.mark.parametrize(
    ("body", "mood", "said"),
    [
        (b"<!doctype html><title>Sign in</title>", (200, {}), "not with JSON: it is not the API"),
        (b"{}", (302, {"Location": "https://elsewhere.example"}), r"leads elsewhere \(302\)"),
        (b"{}", None, "There is nothing in it that could come over"),  # every question is refused
    ],
)
def test_what_is_no_api_is_no_empty_account(opsgenie, key, body, mood, said, monkeypatch):
    opsgenie.answers = {}
    monkeypatch.setattr(opsgenie, "answer", lambda *_: (*mood, body) if mood else (403, {}, body))
    with pytest.raises(CommandError, match=said):
        run("opsgenie", "--url", opsgenie.url, "--key-file", key)


@pytest.mark.enable_socket
def test_a_key_that_is_not_known_is_said(opsgenie, tmp_path):
    wrong = tmp_path / "wrong"
    wrong.write_text("another-key")
    with pytest.raises(CommandError, match=r"does not know this key \(401\)"):
        run("opsgenie", "--url", opsgenie.url, "--key-file", wrong)
    with pytest.raises(CommandError, match="cannot be read"):
        run("opsgenie", "--url", opsgenie.url, "--key-file", tmp_path / "none")


def test_a_key_that_is_kept_opens_the_source_here(answers, export, client):
    words = ("opsgenie", "--file", export(answers), "--create-people", "--apply")
    run(*words)
    sent = {"data": {"message": "Disk full"}, "content_type": "application/json"}
    refused = client.post("/v2/alerts", **sent, headers={"authorization": f"GenieKey {KEY}"})
    run(*words, "--keep-keys")
    taken = client.post("/v2/alerts", **sent, headers={"authorization": f"GenieKey {KEY}"})
    assert (refused.status_code, taken.status_code) == (401, 202)


# --- the backup tool's folder ---------------------------------------------------------------------


@pytest.mark.rehearsal("long")
def test_a_folder_of_the_backup_tool_is_read(answers, tmp_path):
    raw = Opsgenie().gather(lambda address: answers[address])
    folder = tmp_path / "OpsGenieBackups"

    def write(name, what):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(json.dumps(what))

    for one in raw["users"]:
        contacts = [
            {"to": c["to"], "contactMethod": c["method"], "enabled": c["status"]["enabled"]} for c in one["contacts"]
        ]
        user = {**one["user"], "userContacts": contacts}
        write(f"users/{user['username']}-{user['id']}.json", {"user": user, "notificationRuleList": one["rules"]})
    for one in raw["teams"]:
        write(
            f"teams/{one['team']['id']}.json",
            {"team": one["team"], "teamRoutingRules": one["routing"], "teamRoles": []},
        )
    for one in raw["schedules"]:
        write(
            f"schedules/{one['schedule']['id']}.json",
            {"schedule": one["schedule"], "scheduleOverrideList": one["overrides"]},
        )
    for folder_name in ("escalations", "integrations"):
        for one in raw[folder_name]:
            write(f"{folder_name}/{one['id']}.json", one)
    run("opsgenie", "--file", tmp_path, "--create-people", "--apply")
    assert told("opsgenie", "--file", tmp_path, "--compare")["comparison"]["differences"] == []
    assert ContactMethod.objects.filter(person__email=LEA).count() == 3
    assert not Heartbeat.objects.exists()


def test_what_is_no_export_is_said(cast, tmp_path):
    with pytest.raises(CommandError, match="no whole export of Opsgenie"):
        run("opsgenie", "--file", tmp_path)
    dump(tmp_path / "pd.zip", {}, "pagerduty")
    with pytest.raises(CommandError, match="is an export of pagerduty"):
        run("opsgenie", "--file", tmp_path / "pd.zip")
    dump(tmp_path / "og.zip", {}, "opsgenie")
    with pytest.raises(CommandError, match="nobody@example.com is no admin here"):
        run("opsgenie", "--file", tmp_path / "og.zip", "--apply", "--by", "nobody@example.com")
