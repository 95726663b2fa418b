"""Moving in from PagerDuty and from Grafana OnCall: a composed account of each, from a file and from the live API."""

import io
import json
import zipfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction

from escalation.kit import clock as kit_clock
from escalation.oncall.models import Layer, Override, Schedule, Seat
from escalation.people.models import Membership, Tier, User
from escalation.policies.models import Policy, PolicyStep
from incidents.importers.answers import Kept
from incidents.importers.moving import Move
from incidents.importers.pagerduty import gathering
from incidents.importers.systems import SYSTEMS, System
from incidents.models import Origin, Service, Source, SourceKey
from incidents.models.keys import hashed
from tests.cast import _read as all_rows
from tests.incidents import oncall_export, pagerduty_export
from tests.incidents.old_systems import Account, called_here, called_there, policy_here, served

pytestmark = [pytest.mark.django_db, pytest.mark.enable_socket]

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)  # both nights on which clocks change are within 60 days


@dataclass
class Old:
    """An account of an old system, and an export of it."""

    account: Account
    export: Path
    key: Path

    @property
    def system(self) -> System:
        return SYSTEMS[self.account.name]

    def run(self, *flags: str) -> dict[str, Any]:
        out = io.StringIO()
        flags = ("--file", str(self.export), "--create-people", "--json", *flags)
        call_command("import_from", self.account.name, *flags, stdout=out)
        return json.loads(out.getvalue())

    def items(self, *flags: str) -> dict[tuple[str, str], dict[str, Any]]:
        return {(item["kind"], item["id"]): item for item in self.run(*flags)["items"]}


@pytest.fixture(params=[pagerduty_export, oncall_export], ids=["pagerduty", "grafana-oncall"])
def old(request, tmp_path, cast, settings):
    settings.OUTBOUND_ALLOW = ["127.0.0.1"]
    kit_clock.fix(NOW)
    found = Old(request.param.Account(), tmp_path / "export.zip", tmp_path / "key")
    found.key.write_text(f"{request.param.KEY}\n")
    with served(found.account) as (base, _asked):
        flags = ("--key-file", str(found.key), "--url", base, "--export", str(found.export))
        call_command("import_from", found.account.name, *flags)
    yield found
    kit_clock.fix(None)


def test_a_plan_writes_nothing_and_says_what_will_not_come_over(old):
    before = all_rows()
    planned = old.items()
    assert all_rows() == before
    assert {item["action"] for item in planned.values()} == {"make"}
    for id in old.account.half:
        assert planned["policy", id]["out_of_use"], id
        assert any(note["level"] == "left" for note in planned["policy", id]["notes"])
    for id in old.account.whole:
        assert not planned["policy", id]["out_of_use"], planned["policy", id]
    told = json.dumps(old.run())
    assert "cannot be read" not in told  # what the sample leaves out on purpose is said in words
    assert old.key.read_text().strip() not in told
    assert all(f'"name": "{name}"' in told for name in old.account.lost)


@pytest.mark.rehearsal("long")
def test_what_is_planned_is_done_and_a_second_time_changes_nothing(old):
    planned, done = old.items(), old.items("--apply")
    assert {key: item["action"] for key, item in planned.items()} == {key: item["action"] for key, item in done.items()}
    after = all_rows()
    again = old.items("--apply")
    assert {item["action"] for item in again.values()} == {"same"}
    assert all_rows() == after


@pytest.mark.rehearsal("moving")
def test_some_days_later_only_what_the_year_ahead_has_more_of_is_added(old):
    old.run("--apply")
    covers = set(Override.objects.values_list("pk", flat=True))
    kit_clock.fix(NOW + timedelta(days=5, hours=3))
    again = old.items("--apply")
    changed = [item for item in again.values() if item["action"] != "same"]
    assert {item["kind"] for item in changed} <= {"schedule"}
    assert {fact for item in changed for fact in item["changes"]} <= {"covers"}
    added = Override.objects.exclude(pk__in=covers)
    assert all(one.starts_at > NOW + timedelta(days=300) for one in added)
    assert {one["schedule"] for one in compare(old)["differences"]} == set(old.account.gone)


@pytest.mark.rehearsal("processes")
def test_killed_in_the_middle_and_run_again_it_comes_to_the_same(old, monkeypatch):
    with transaction.atomic():
        old.run("--apply")
        whole = made()
        transaction.set_rollback(True)

    class Killed(BaseException):
        pass

    remember, left = Move._remember, [0]

    def until_killed(move, *args, **named):
        left[0] -= 1
        if left[0] < 0:
            raise Killed
        return remember(move, *args, **named)

    monkeypatch.setattr(Move, "_remember", until_killed)
    for lives in (3, 14, 27):  # in the transaction of one thing, after the rows and before the origin
        left[0] = lives
        with pytest.raises(Killed):
            old.run("--apply")
    monkeypatch.setattr(Move, "_remember", remember)
    old.run("--apply")
    assert made() == whole


def made() -> list[Any]:
    """What an import makes, said by names."""
    return [
        rows(User, "email", "name", "time_zone", "is_active"),
        rows(User, "email", "contact_methods__channel", "contact_methods__address"),
        rows(User, "email", "notification_rules__urgency", "notification_rules__delay_minutes"),
        rows(Membership, "team__name", "user__email", "role"),
        rows(Schedule, "name", "team__name", "time_zone", "archived_at"),
        rows(Layer, "schedule__name", "position", "name", "every", "unit", "starts_on", "hand_off", "hours", "ends_at"),
        rows(Seat, "layer__schedule__name", "layer__position", "position", "person__email"),
        rows(Override, "schedule__name", "starts_at", "ends_at", "person__email"),
        rows(Tier, "name", "rank", "team__name"),
        rows(Policy, "name", "rounds", "begins_after", "archived_at"),
        rows(PolicyStep, "policy__name", "position", "tier__name", "ack_minutes", "people__email", "schedules__name"),
        rows(Service, "name", "policy__name", "team__name", "archived_at"),
        rows(Source, "name", "kind", "service__name", "enabled"),
        rows(Origin, "kind", "external", "made", "half"),
    ]


def rows(model: Any, *names: str) -> list[Any]:
    return sorted(tuple(map(str, row)) for row in model.objects.values_list(*names))


@pytest.mark.rehearsal("moving")
def test_who_is_on_call_for_sixty_days_is_compared_and_a_planted_difference_is_named(old):
    old.run("--apply")
    compared = compare(old)
    assert {one["schedule"] for one in compared["differences"]} == set(old.account.gone)
    assert compared["asked"] > 500
    assert compared["missing"] == list(old.account.lost)  # what cannot be read is not here either
    layer = Layer.objects.filter(name=old.account.handed_over).first()
    layer.hand_off = (datetime.combine(NOW, layer.hand_off) + timedelta(minutes=1)).time()
    layer.save()
    found = compare(old)["differences"]
    assert {one["schedule"] for one in found} == {*old.account.gone, layer.schedule.name.partition(" (")[0]}
    with pytest.raises(CommandError):
        call_command("import_from", old.account.name, "--file", str(old.export), "--compare", stdout=io.StringIO())


def compare(old: Old) -> dict[str, Any]:
    out = io.StringIO()
    try:
        call_command("import_from", old.account.name, "--file", str(old.export), "--compare", "--json", stdout=out)
    except CommandError as ended:
        assert ended.returncode == 3
    return json.loads(out.getvalue())["comparison"]


@pytest.mark.rehearsal("moving")
def test_the_imported_policies_call_the_same_people_at_the_same_minutes(old):
    old.run("--apply")
    raw = old.system.gather(old.account)
    said = old.system.read(raw, NOW)
    calendar, emails = old.system.calendar(raw), {one.id: one.email.strip().casefold() for one in said.people}
    for id in old.account.whole:
        policy = policy_here(old.account.name, id)
        assert policy.archived_at is None
        for at in (NOW, NOW + timedelta(days=4, hours=7, minutes=58), NOW + timedelta(days=12, hours=21, minutes=44)):
            there = called_there(old.account, id, calendar, emails, at)
            assert all(people for _minute, people in there), "nobody is there: this proves nothing"
            assert called_here(policy, at) == there, (policy.name, at)
    for id in old.account.half:
        assert policy_here(old.account.name, id).archived_at == NOW


@pytest.mark.rehearsal("long")
def test_a_step_that_reaches_nobody_is_told_of_with_what_comes_sooner(tmp_path, cast, clock):
    """OnCall waits ten minutes for nobody, in each of six rounds. Nothing is said of the steps that reach somebody."""
    kit_clock.fix(NOW)  # the fixture sets it free again
    account = oncall_export.Account()
    plums = next(one for one in account.said["schedules"] if one["id"] == "SPLUM")
    plums["shifts"] = ["H6"]  # nights alone, from 23:00 UTC on
    account.said["on_call_shifts"] = [one for one in account.said["on_call_shifts"] if one["id"] not in ("H7", "H8")]
    old = Old(account, tmp_path / "export.zip", tmp_path / "key")
    kept = Kept(account, account.name, old.export)
    raw = old.system.gather(kept)
    kept.write(whole=True)
    told = [(key, note["text"]) for key, item in old.items("--apply").items() for note in item["notes"]]
    [(about, said)] = [one for one in told if "reaches nobody" in one[1]]
    assert about == ("policy", "FPLUM")
    assert said.startswith(
        "Step 1, at 2 minutes, reaches nobody from 2026-03-02 12:00 UTC until 2026-03-02 23:00 UTC, and"
    )
    assert said.endswith(
        "waits its 10 minutes all the same; here it is passed over at once, and what follows comes 10 minutes sooner."
    )
    emails = {one.id: one.email.casefold() for one in old.system.read(raw, NOW).people}
    sooner, expected = 0, []
    for minute, people in called_there(account, "FPLUM", old.system.calendar(raw), emails, NOW):
        expected += [(minute - sooner, people)] if people else []
        sooner += 0 if people else 10
    assert sooner == 60
    assert called_here(policy_here(account.name, "FPLUM"), NOW) == expected


def test_a_calendar_elsewhere_that_is_refused_is_left_out_and_does_not_count_as_nobody(tmp_path, cast, clock):
    """Its first quarter is told, the second is not: half of it would look like a gap in the night."""
    account = oncall_export.Account()
    served = account.answer
    account.answer = lambda at: served(at) if "final_shifts?start_date=2026-04" not in at else (403, {})
    old = Old(account, tmp_path / "export.zip", tmp_path / "key")
    kept = Kept(account, account.name, old.export)
    old.system.gather(kept)
    kept.write(whole=True)
    kit_clock.fix(NOW)
    said = old.run()
    kit_clock.fix(None)
    assert ("schedule", "SICS") not in {(item["kind"], item["id"]) for item in said["items"]}
    [left] = [note["text"] for note in said["notes"] if note["id"] == "SICS"]
    assert left == "It does not come over: OnCall was not heard on what it has read in the calendar elsewhere."
    [root] = [item for item in said["items"] if item["id"] == "FROOT"]
    assert root["out_of_use"] and "reaches nobody" not in json.dumps(said)


def test_answers_that_are_no_lists_and_addresses_that_are_none_are_said(old, tmp_path):
    with zipfile.ZipFile(old.export) as whole, zipfile.ZipFile(tmp_path / "odd.zip", "w") as odd:
        for name in whole.namelist():
            odd.writestr(name, b"17" if "users" in name else whole.read(name))
    notes = json.dumps(Old(old.account, tmp_path / "odd.zip", old.key).run()["notes"])
    assert "The answer to" in notes and "has no list of" in notes
    for flags, said in (
        (("--url", "http://[::1"), "is no address"),
        (("--url", "http://ada:pass-word@127.0.0.1"), "^((?!pass-word).)*a password in it"),
        (("--url", "http://127.0.0.1", "--export", str(tmp_path)), "is a folder"),
        (("--url", "http://127.0.0.1", "--export", str(tmp_path / "no" / "x.zip")), "There is no folder"),
        (("--url", "http://127.0.0.1:1"), "could not be reached"),  # at once: nothing was ever heard of it
    ):
        with pytest.raises(CommandError, match=said):
            call_command("import_from", old.account.name, "--key-file", str(old.key), *flags)


@pytest.mark.rehearsal("moving")
def test_the_live_api_is_asked_page_by_page_and_as_slowly_as_it_wants(old, tmp_path, monkeypatch):
    slept: list[float] = []
    with monkeypatch.context() as patch, served(old.account, refuse_every=9) as (base, asked):
        patch.setattr(gathering, "PAGE", 2)
        patch.setattr("time.sleep", slept.append)
        out = io.StringIO()
        flags = ["--key-file", str(old.key), "--url", base, "--create-people", "--json"]
        call_command("import_from", old.account.name, *flags, stdout=out)
    assert json.loads(out.getvalue())["items"] == old.run()["items"]
    assert any("offset=2" in one or "page=2" in one for one in asked)
    assert set(slept) == {7.0} and len(slept) == len(asked) // 9
    (tmp_path / "wrong").write_text("wrong")
    with served(old.account) as (base, _asked), pytest.raises(CommandError, match="does not know this key"):
        call_command("import_from", old.account.name, "--key-file", str(tmp_path / "wrong"), "--url", base)


@pytest.mark.rehearsal("long")
def test_keys_open_the_same_doors_if_that_is_asked_for(old):
    planned = old.run("--apply", "--keep-keys")
    key = SourceKey.objects.get(key_hash=hashed(old.account.key))
    assert (key.origin, key.source.kind, key.source.enabled) == ("imported", old.account.its_kind, True)
    assert old.account.key not in json.dumps(planned)
