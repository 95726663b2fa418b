"""The record of an incident leaves the house, and a stranger verifies it with nothing but Python."""

import errno
import io
import json
import os
import random
import subprocess
import sys
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection, transaction
from django.test import Client

from escalation.engine import tasks
from escalation.trail import chain, triggers
from escalation.trail.anchors import keys, making
from escalation.trail.evidence import verify
from escalation.trail.evidence.bundle import write
from escalation.trail.models import Entry, Trail
from escalation.trail.writing import Actor, Draft, append
from incidents.models import exporting
from tests import anchors_kit as kit

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def home(settings, tmp_path):
    settings.HOME = tmp_path / "home"
    settings.ANCHOR_DIRS = [str(tmp_path / "anchors")]


@pytest.fixture
def incident(open_incident, cast, clock):
    incident = open_incident("Card payments fail", symptom="“Declined”, says the till\u2028at the door")
    tasks.audit()
    clock.forward(minutes=2)
    incident.note(by=cast.ana, text="Looks like the bank.\nAsked them.")
    incident.attach(by=cast.ana, name="bäcker.log", body=b"a line\n" * 400)
    tasks.audit()
    clock.forward(minutes=2)
    gone = incident.attach(by=cast.ana, name="wrong.log", body=b"not ours")
    incident.take_file_away(by=cast.ana, file=gone.pk, text="Of another customer.")
    incident.refresh_from_db()
    return incident


def taken(person, incident):
    client = Client()
    client.force_login(person)
    return client.post(f"{incident.get_absolute_url()}evidence/")


@pytest.fixture
def bundle(incident, cast, tmp_path):
    response = taken(cast.sam, incident)
    assert response.status_code == 200
    file = tmp_path / "INC.zip"
    file.write_bytes(response.content)
    return file


def test_a_stranger_verifies_it_on_a_bare_python(bundle, incident, tmp_path):
    folder = tmp_path / "unpacked"
    zipfile.ZipFile(bundle).extractall(folder)
    key = keys.public(keys.current())
    command = [sys.executable, "-I", "-S", "verify.py", "--key", key]
    done = subprocess.run(command, cwd=folder, env={}, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    said = done.stdout
    many = Entry.objects.filter(trail=incident.trail_id).count()
    assert f"This is the record of {incident.ref}" in said
    assert f"{many} entries: none was edited" in said
    assert "1 file is as attached; 1 taken away, as the record says." in said
    assert "2 anchors have seen it" in said
    assert f"to {many} are later; of them the export alone speaks." in said
    assert f"Signed by {key} (as you asked)" in said
    assert said.endswith("All of this holds.\n")
    others = subprocess.run([*command[:-1], "ab" * 32], cwd=folder, env={}, capture_output=True, text=True)
    assert (others.returncode, "another key" in others.stdout) == (1, True)


def test_a_file_that_is_attached_meanwhile_comes_with_its_entry(incident, cast, clock, tmp_path):
    late = []

    def meanwhile(execute, sql, params, many, context):
        if not late and sql.startswith("SELECT") and "incidents_attachmentcontent" in sql:
            late.append(incident.attach(by=cast.ana, name="late.log", body=b"late"))
        return execute(sql, params, many, context)

    file = tmp_path / "INC.zip"
    with connection.execute_wrapper(meanwhile):
        file.write_bytes(exporting.written(incident, by="Ada", now=clock.now()))
    assert late
    assert "2 files are as attached" in " ".join(verify.verify(file))


def test_every_tampered_byte_is_found(bundle, tmp_path):
    dice = random.Random(7)
    whole = verify.members(bundle)
    assert verify.verify(bundle)
    for name, body in whole.items():
        for at in sorted(dice.sample(range(len(body)), min(len(body), 12))):
            flipped = body[:at] + bytes([body[at] ^ (1 << dice.randrange(7))]) + body[at + 1 :]
            with pytest.raises(verify.Wrong):
                verify.checked(whole | {name: flipped})
        with pytest.raises(verify.Wrong):
            verify.checked({other: data for other, data in whole.items() if other != name})
    with pytest.raises(verify.Wrong):
        verify.checked(whole | {"files/99-more": b""})


def test_whatever_a_flipped_bit_makes_of_the_zip_the_answer_is_a_sentence(tmp_path):
    file = tmp_path / "INC.zip"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as out:
        out.writestr("entries.jsonl", "some words " * 9)
        out.writestr("manifest.json", "[" * 5_000)
    whole = file.read_bytes()
    for at, byte in enumerate(whole):
        file.write_bytes(whole[:at] + bytes([byte ^ (1 << at % 8)]) + whole[at + 1 :])
        with pytest.raises((verify.Wrong, OSError)):  # both are said
            verify.verify(file)


def test_who_holds_a_key_but_not_the_history_is_found_by_the_anchors(bundle):
    """The bundle is signed anew after an edit, by the same key: what the anchors have seen says otherwise."""
    whole = verify.members(bundle)

    def edit(entry, row):
        if entry["seq"] == 2:
            entry["actor_name"] = "Mallory"

    with pytest.raises(verify.Wrong, match="has seen another record"):
        verify.checked(sealed_again(whole, edit))


def sealed_again(whole, edit=lambda entry, row: None):
    """The files of a bundle with entries as ``edit`` leaves them, sealed and signed anew by the installation's key."""
    whole = dict(whole)
    rows = [json.loads(line) for line in whole["entries.jsonl"].decode().removesuffix("\n").split("\n")]
    prev = verify.GENESIS
    for row in rows:
        entry = json.loads(row["canonical"]) | {"prev": prev}
        edit(entry, row)
        row["canonical"] = verify.canonical(entry)
        prev = row["hash"] = verify.sha(f"baton-entry-1\n{entry['prev']}\n{row['canonical']}")
    whole["entries.jsonl"] = "".join(verify.canonical(row) + "\n" for row in rows).encode()
    manifest = json.loads(whole.pop("manifest.json"))["manifest"] | {"head": prev}
    manifest["files"] = [[name, verify.sha(whole[name])] for name in sorted(whole)]
    signature = keys.current().sign(f"baton-bundle-1\n{verify.canonical(manifest)}".encode()).hex()
    whole["manifest.json"] = (verify.canonical({"manifest": manifest, "signature": signature}) + "\n").encode()
    return whole


def test_a_text_is_gone_lawfully_only_by_a_later_entry_and_then_it_is_gone(incident, cast, tmp_path):
    note = Entry.objects.get(trail=incident.trail_id, kind="note")
    incident.take_text_away(by=cast.ada, seq=note.seq, text="Data protection.")
    whole = verify.members(exported(Trail.objects.get(pk=incident.trail_id), tmp_path, incident))
    assert f"the text of entry {note.seq}." in " ".join(verify.checked(whole))

    def back(entry, row):
        if entry["seq"] == note.seq:
            row["salt"], row["text"] = "00", "x"
            entry["text_digest"] = verify.sha("baton-text-1\n00\nx")

    def later(entry, row):
        if entry["kind"] == "text_taken":
            entry["data"]["taken"]["seq"] = entry["seq"]
            row["salt"] = row["text"] = None

    with pytest.raises(verify.Wrong, match="has a text, though entry"):
        verify.checked(sealed_again(whole, back))
    with pytest.raises(verify.Wrong, match="no later entry says"):
        verify.checked(sealed_again(whole, later))


def test_no_two_files_have_one_number(bundle):
    whole = verify.members(bundle)
    name = next(name for name in whole if name.startswith("files/"))
    whole[f"{name}.other"] = b"not what was attached"
    whole[name], whole[f"{name}.other"] = whole[f"{name}.other"], whole[name]
    with pytest.raises(verify.Wrong, match="Two files have the number"):
        verify.checked(sealed_again(whole))


def exported(trail, tmp_path, incident=None):
    file = tmp_path / "again.zip"
    with file.open("wb") as out:
        files = (lambda: exporting._files(incident)) if incident else list
        write(out, trail, files, by="Ada", now=kit.NOON + timedelta(days=60))
    return file


def test_a_cut_end_and_a_trail_made_anew_are_found_in_their_own_bundle(tmp_path):
    """The anchors that contradict the record go along, of whatever place."""
    record = kit.record(tmp_path / "anchors", trails=2, anchors=3, entries=6)
    anew, cut = record.trails  # the very first entry, which names the installation, stays
    with triggers.lifted(connection):
        kit._delete(Entry.objects.filter(trail=cut, seq__gt=2).values_list("pk", flat=True))
        kit.fit_head(cut.pk)
        kit._delete(Entry.objects.filter(trail=anew).values_list("pk", flat=True))
        kit.sql("DELETE FROM trail_trail WHERE id = %s", anew.pk)
    with pytest.raises(verify.Wrong, match="has seen another record"):
        verify.verify(exported(cut, tmp_path))
    anew = Trail.objects.create(subject=anew.subject)
    kit.written(anew, 900, kit.NOON)
    with pytest.raises(verify.Wrong, match="speaks of another record"):
        verify.verify(exported(anew, tmp_path))


def test_anchors_of_every_place_go_along(settings, tmp_path):
    trail = kit.record(tmp_path / "anchors", trails=1, anchors=1, entries=3).trails[0]
    settings.ANCHOR_DIRS = [*settings.ANCHOR_DIRS, str(tmp_path / "other")]
    making.add(making.log_of(tmp_path / "other"), now=kit.NOON + timedelta(minutes=1))
    assert "2 anchors have seen it" in " ".join(verify.verify(exported(trail, tmp_path)))


def test_the_old_key_verifies_what_is_later_than_the_month_of_its_change(tmp_path):
    record = kit.record(tmp_path / "anchors", trails=1, anchors=1, entries=3)
    old, new = keys.public(keys.current()), keys.public(keys.prepare())
    making.add(record.log, now=kit.NOON + timedelta(minutes=5), next_key=new)
    keys.follow()
    later = Trail.objects.create(subject="INC-2000")
    kit.written(later, 900, kit.NOON + timedelta(days=40))
    making.add(record.log, now=kit.NOON + timedelta(days=40))
    assert f"Signed by {new}" in " ".join(verify.verify(exported(later, tmp_path), [old]))


def test_a_key_that_followed_is_known_though_the_clock_was_put_back_since(tmp_path):
    record = kit.record(tmp_path / "anchors", trails=1, anchors=1, entries=3)
    old, new = keys.public(keys.current()), keys.public(keys.prepare())
    making.add(record.log, now=kit.NOON + timedelta(minutes=5), next_key=new)
    keys.follow()
    kit.written(record.trails[0], 900, kit.NOON)
    making.add(record.log, now=kit.NOON + timedelta(minutes=2))
    said = " ".join(verify.verify(exported(record.trails[0], tmp_path), [old]))
    assert "2 anchors have seen it" in said and "set aside" not in said


def test_with_two_hosts_the_key_of_one_is_enough_and_the_other_is_said(settings, tmp_path):
    trail = kit.record(tmp_path / "anchors", trails=1, anchors=2, entries=3).trails[0]
    mine = keys.public(keys.current())
    home, settings.HOME, settings.HOST_NAME = settings.HOME, tmp_path / "another", "another"
    other = keys.public(keys.current())
    making.add(making.log_of(tmp_path / "anchors"), now=kit.NOON + timedelta(minutes=9))
    settings.HOME = home
    bundle = exported(trail, tmp_path)
    said = " ".join(verify.verify(bundle, [mine]))
    assert f"2 anchors have seen it, the first at {chain.instant(kit.NOON)}: " in said
    assert f"were set aside, and prove nothing here: {other}" in said and f"Signed by {other}" not in said
    assert "3 anchors have seen it" in " ".join(verify.verify(bundle, [mine, other]))
    with pytest.raises(verify.Wrong, match="say --key once for each"):
        verify.verify(bundle, [other])  # it was exported by a host that is not trusted


def test_a_key_that_was_only_introduced_has_signed_nothing(tmp_path):
    record = kit.record(tmp_path / "anchors", trails=1, anchors=1, entries=3)
    coming = keys.public(keys.prepare())
    making.add(record.log, now=kit.NOON + timedelta(minutes=5), next_key=coming)
    assert coming not in " ".join(verify.verify(exported(record.trails[0], tmp_path)))


def test_the_verifier_knows_signatures_as_the_standard_has_them():
    """RFC 8032, 7.1, test 3."""
    key = "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025"
    signature = (
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
        "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"
    )
    assert verify.is_signed(key, signature, bytes.fromhex("af82"))
    assert not verify.is_signed(key, signature, bytes.fromhex("af83"))
    assert not verify.is_signed(key, signature[:-2] + "1a", bytes.fromhex("af82"))  # the same number, written beyond L


def test_it_is_handed_out_to_whom_it_hides_nothing_from_and_that_is_on_record(incident, open_incident, cast):
    assert taken(cast.ana, incident).status_code == 403
    assert taken(cast.rita, incident).status_code == 404
    assert taken(cast.otto, incident).status_code == 200
    assert Entry.objects.filter(kind="record_exported", actor_name=cast.otto.name).count() == 1
    client = Client()
    client.force_login(cast.sam)
    assert "Export as evidence" in client.get(incident.get_absolute_url()).content.decode()
    assert client.get(f"{incident.get_absolute_url()}evidence/").status_code == 405
    other = open_incident("Somebody is inside", by=cast.ada)
    incident.link(other, kind="related", by=cast.ada)
    other.restrict(by=cast.ada, text="Names of customers.")
    other.access.exclude(person=cast.ada).delete()
    refused = taken(cast.sam, incident)
    assert refused.status_code == 403
    assert other.ref not in refused.content.decode()
    assert taken(cast.ada, incident).status_code == 200


def test_a_hidden_one_that_is_named_within_a_sentence_hides_the_record_too(incident, open_incident, cast):
    other = open_incident("Somebody is inside", by=cast.ada)
    other.restrict(by=cast.ada, text="Names of customers.")
    other.access.exclude(person=cast.ada).delete()
    draft = Draft(incident.trail_id, kit.NOON, "drill_ended", Actor.person(cast.ada), {"real": f"SEV1 {other.ref}"})
    strange = Draft(incident.trail_id, kit.NOON, "noted", Actor.person(cast.ada), {"ticket": "INC-999999 of theirs"})
    with transaction.atomic():
        append(Trail.objects.lock([incident.trail_id]), [strange])
    assert taken(cast.sam, incident).status_code == 200  # names nothing of ours
    with transaction.atomic():
        append(Trail.objects.lock([incident.trail_id]), [draft])
    assert taken(cast.sam, incident).status_code == 403
    assert taken(cast.ada, incident).status_code == 200


def test_the_command_writes_it_and_writes_over_nothing(incident, tmp_path, capsys):
    file = tmp_path / "out.zip"
    call_command("exportincident", incident.ref, "--to", str(file))
    assert verify.verify(file)
    assert file.stat().st_mode & 0o777 == 0o600, "what is in it is guarded everywhere else"
    assert zipfile.ZipFile(io.BytesIO(file.read_bytes())).testzip() is None
    assert [one.actor_name for one in Entry.objects.filter(kind="record_exported")] == ["Command line"]
    with pytest.raises(Exception, match="is there already"):
        call_command("exportincident", incident.ref, "--to", str(file))


@pytest.mark.parametrize("links", [True, False], ids=["links", "a disk without links"])
def test_a_file_that_was_made_in_the_same_moment_is_not_replaced(incident, tmp_path, monkeypatch, links):
    file, fsync = tmp_path / "out.zip", os.fsync

    def meanwhile(handle):
        fsync(handle)
        file.write_text("somebody else's")

    def unknown(_file, _draft):
        raise PermissionError(errno.EPERM, "Operation not permitted")

    with monkeypatch.context() as patched:
        patched.setattr("os.fsync", meanwhile)
        if not links:
            patched.setattr(Path, "hardlink_to", unknown)
        with pytest.raises(CommandError, match="is there already"):
            call_command("exportincident", incident.ref, "--to", str(file))
        assert [one.read_text() for one in tmp_path.glob("out.zip*")] == ["somebody else's"]
        assert not Entry.objects.filter(kind="record_exported").exists()
        file.unlink()
        patched.setattr("os.fsync", fsync)
        call_command("exportincident", incident.ref, "--to", str(file))
    assert verify.verify(file) and list(tmp_path.glob("out.zip*")) == [file]


def test_what_cannot_be_put_on_record_is_not_handed_out(incident, tmp_path):
    def away(execute, sql, params, many, context):
        if "INSERT INTO" in sql and "trail_entry" in sql:
            raise OperationalError("the database is away")
        return execute(sql, params, many, context)

    file = tmp_path / "INC.zip"
    with connection.execute_wrapper(away), pytest.raises(OperationalError):
        call_command("exportincident", incident.ref, "--to", str(file))
    assert not file.exists()


def test_a_full_disk_leaves_no_piece_of_it(incident, tmp_path, monkeypatch):
    def full(handle):
        raise OSError(errno.ENOSPC, "No space left on device")

    file = tmp_path / "out" / "INC.zip"
    file.parent.mkdir()
    with monkeypatch.context() as patched:
        patched.setattr("os.fsync", full)
        with pytest.raises(CommandError, match="No space left"):
            call_command("exportincident", incident.ref, "--to", str(file))
    assert list(file.parent.iterdir()) == []
    assert not Entry.objects.filter(kind="record_exported").exists()
    call_command("exportincident", incident.ref, "--to", str(file))
    assert verify.verify(file)
