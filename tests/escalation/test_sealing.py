"""What gives access is not to be read in a copy of the database, and the key that seals it can be replaced."""

import hashlib
import io
import json
import logging
from dataclasses import replace
from datetime import timedelta
from io import StringIO

import pytest
from django.apps import apps
from django.contrib import admin
from django.core import serializers
from django.core.exceptions import FieldError, ImproperlyConfigured, ValidationError
from django.core.management import CommandError, call_command
from django.db import connection

from escalation.engine import supervisor
from escalation.engine.copies import facts, portable, pouring
from escalation.kit import clock, rotation, sealed, sealing
from escalation.kit.environment import Environment
from escalation.kit.logs import HidesKeys, Json
from escalation.notify import judging
from escalation.notify.fitness import Fault, Flaw
from escalation.notify.models import ContactMethod
from escalation.oncall.calendars.absences import at_a_glance
from escalation.oncall.calendars.outside import OutsideCalendar
from escalation.trail.recorded_admin import own_facts
from incidents.models import ChatRoom, Webhook

OLD, NEW = "the-old-key-" + "o" * 32, "the-new-key-" + "n" * 32
HOOK = "https://hooks.example.com/services/T0/B0/canary"

pytestmark = pytest.mark.django_db


def raw(model, column):
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM {model._meta.db_table} ORDER BY 1")
        return [row[0] for row in cursor.fetchall()]


def rotated(*args):
    out = StringIO()
    call_command("rotatekeys", "--json", *args, stdout=out)
    return json.loads(out.getvalue())


def room_at(cast, place):
    room = ChatRoom(name="War room", kind="teams", owner=cast.ada)
    sealed.seal(room, "address", place)
    room.save()
    return room


@pytest.fixture
def way(cast):
    return ContactMethod.objects.create(person=cast.ana, channel="webhook", address=HOOK, added_at=clock.now())


def test_an_address_is_plain_to_the_code_and_sealed_in_the_database(cast, way):
    assert ContactMethod.objects.get(pk=way.pk).address == HOOK
    assert not any("canary" in kept for kept in raw(ContactMethod, "address"))
    assert ContactMethod.objects.get(address=HOOK) == way
    assert not ContactMethod.objects.filter(address=HOOK + "2").exists()
    account = ContactMethod.objects.get(person=cast.ana, channel="email", address="")
    assert account.is_account, "nothing stays nothing"
    with pytest.raises(FieldError):
        ContactMethod.objects.filter(address__contains="hooks").exists()


def test_the_same_address_cannot_be_added_twice_whichever_key_sealed_it(way, settings):
    settings.SEALING_KEYS = [NEW]
    with pytest.raises(ValidationError):
        ContactMethod(person=way.person, channel="webhook", address=HOOK).validate_constraints()


def test_keys_are_rotated_while_all_runs(cast, way, settings):
    hook = Webhook(name="Tickets", url=HOOK + "/w", owner=cast.ada)
    hook.new_secret(clock.now())
    hook.save()
    room_at(cast, b"https://x")
    OutsideCalendar.objects.create(
        person=cast.ana, address=HOOK + "/c", by=cast.ana, made_at=clock.now(), next_at=clock.now()
    )
    signs = hook.keys(clock.now())
    settings.SEALING_KEYS = [NEW]  # all that was sealed by SECRET_KEY still opens
    assert Webhook.objects.get(pk=hook.pk).url == HOOK + "/w"
    with pytest.raises(CommandError, match="still needed"):
        call_command("rotatekeys", "--check", stdout=StringIO())
    assert rotated()["changed"] == 5  # the way, both addresses, the secret and the room
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another-one-by-now", []
    assert ContactMethod.objects.get(address=HOOK) == way
    fresh = Webhook.objects.get(pk=hook.pk)
    assert (fresh.url, fresh.keys(clock.now())) == (HOOK + "/w", signs)
    assert rotated("--check") == rotated() == {**rotated(), "older": 0, "closed": 0, "changed": 0}


def test_what_no_key_opens_is_shut_and_not_lost(way, settings):
    was = raw(ContactMethod, "address")
    settings.SECRET_KEY = "quite another key"
    shut = ContactMethod.objects.get(pk=way.pk)
    assert isinstance(shut.address, sealed.Locked)
    assert not shut.is_account
    shut.label = "mine"
    shut.save()
    assert raw(ContactMethod, "address") == was
    with pytest.raises(CommandError, match="cannot be opened"):
        rotated()
    settings.SECRET_KEY_FALLBACKS = ["only-for-tests-and-long-enough-to-be-no-warning-0123456789"]
    assert ContactMethod.objects.get(pk=way.pk).address == HOOK


def test_a_copy_taken_while_one_key_followed_another_is_said_to_be_shut_by_the_older(way, settings):
    older, settings.SECRET_KEY = settings.SECRET_KEY, "quite another key"
    settings.SECRET_KEY_FALLBACKS = [older]
    said = {"sealed_by": facts.key_print(settings.SECRET_KEY)}
    assert facts.can_be_opened(said)
    settings.SECRET_KEY_FALLBACKS = []
    assert facts.same_key(said) and not facts.can_be_opened(said)


def test_nobody_is_ready_by_a_way_that_no_key_opens(way, settings):
    ContactMethod.objects.filter(pk=way.pk).update(verified_at=clock.now())
    assert rotation.check(databases=["default"]) == []
    settings.SECRET_KEY = "quite another key"
    assert "cannot be read" in ContactMethod.objects.get(pk=way.pk).why_not
    [found] = [one for one in judging.settled([way.person])[way.person_id].ways if one.id == way.pk]
    assert not found.usable
    assert "cannot be read" in judging.sentence(Flaw(Fault.UNUSABLE, False, (replace(found, channel_works=True),)))
    assert [one.id for one in rotation.check(databases=["default"])] == ["baton.W008"]


def test_each_start_says_that_there_is_something_no_key_opens(way, settings, monkeypatch, caplog):
    monkeypatch.setattr(supervisor.connections, "close_all", lambda: None)
    supervisor.prepare_database(print)
    assert "baton.W008" not in caplog.text
    settings.SECRET_KEY = "quite another key"
    supervisor.prepare_database(print)
    assert "1 sealed values open with no key here" in caplog.text and "(baton.W008)" in caplog.text


def test_what_looks_sealed_and_was_typed_is_sealed_and_never_opened(way):
    typed = raw(ContactMethod, "address")[-1]
    for said in ("siv1.x@example.com", typed):
        way.address = ContactMethod._meta.get_field("address").clean(said, way)
        assert way.address == said
        way.save()
        assert said not in raw(ContactMethod, "address")
        assert ContactMethod.objects.get(pk=way.pk).address == said


def test_a_copy_knows_the_key_that_sealed_it(way, settings):
    said = {"key": facts.key_print(settings.SECRET_KEY)}  # as a copy of 0.1.0 says it
    settings.SEALING_KEYS = [NEW]
    assert facts.same_key(said)
    said = facts.gathered(asked, kind="x", at=clock.now())
    assert facts.same_key(said)
    settings.SEALING_KEYS = []
    assert not facts.same_key(said), "the same SECRET_KEY, and another that seals"


def asked(sql):
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall()


def test_an_import_names_addresses_that_no_key_opens(way, settings):
    assert not pouring._unreadable()
    settings.SECRET_KEY = "quite another key"
    assert pouring._unreadable() == {"way to reach somebody: address": 1}
    [kept] = [one for one in raw(ContactMethod, "address") if one]
    assert pouring._unpacker(ContactMethod._meta.get_field("address"))(kept) == kept


def test_a_person_writes_while_keys_are_rotated(way, settings, monkeypatch):
    """Theirs stays: what is sealed anew is only what is still there."""
    settings.SEALING_KEYS = [NEW]
    anew = rotation._anew

    def slow(field, was, *others):
        if was.startswith(sealing.MARK):
            ContactMethod.objects.filter(pk=way.pk).update(address=HOOK + "/moved")
        return anew(field, was, *others)

    monkeypatch.setattr(rotation, "_anew", slow)
    assert rotated()["changed"] == 0
    assert ContactMethod.objects.get(pk=way.pk).address == HOOK + "/moved"


def test_what_was_added_again_while_the_key_was_lost_keeps_no_other_from_being_sealed_anew(way, settings):
    settings.SEALING_KEYS = [NEW]
    same = {"person": way.person, "channel": "webhook", "added_at": clock.now()}
    ContactMethod.objects.create(address=HOOK, **same)
    settings.SEALING_KEYS = []
    other = ContactMethod.objects.create(address=HOOK + "/2", **same)
    settings.SEALING_KEYS = [NEW]
    with pytest.raises(CommandError, match=f"notify_contactmethod {way.pk}\\."):
        rotated()
    [count] = [one for one in rotation.rotate(write=False) if one.table == "notify_contactmethod"]
    assert (count.first, count.older) == (2, 1)
    assert ContactMethod.objects.get(pk=other.pk).address == HOOK + "/2"


def test_the_way_back_leaves_what_no_key_opens(way, settings):
    was = raw(ContactMethod, "address")
    settings.SECRET_KEY = "quite another key"
    rotation.sealing_of("notify", "ContactMethod", "address")[1](apps, None)
    assert raw(ContactMethod, "address") == was


def test_a_calendar_that_fails_is_named_by_its_host_alone(cast):
    long_ago = clock.now() - timedelta(days=2)
    OutsideCalendar.objects.create(
        person=cast.ana, address=HOOK, by=cast.ana, made_at=long_ago, next_at=long_ago, failing_since=long_ago
    )
    _absences, _holidays, late = at_a_glance(clock.now(), clock.now())
    assert [one.host for one in late] == ["hooks.example.com"]


@pytest.mark.rehearsal("past")
def test_what_was_plain_is_sealed_by_the_upgrade_and_plain_again_after_the_way_back(way):
    seal, unseal = rotation.sealing_of("notify", "ContactMethod", "address")
    unseal(apps, None)
    assert HOOK in raw(ContactMethod, "address")
    assert isinstance(ContactMethod.objects.get(pk=way.pk).address, sealed.Locked), "what is plain is not taken"
    seal(apps, None)
    seal(apps, None)
    assert HOOK not in raw(ContactMethod, "address")
    assert ContactMethod.objects.get(address=HOOK) == way


def test_no_traceback_says_a_secret_of_the_settings(settings):
    """What a provider echoes, an exception carries."""
    settings.TELEGRAM_TOKEN, settings.SMS = "canary:telegram/token", {"token": "canary-sms-token"}
    settings.IMAP_URL = "imaps://baton:canary%2Fmail-box@mail.example.com/"
    said = io.StringIO()
    handler = logging.StreamHandler(said)
    handler.addFilter(HidesKeys())
    log = logging.Logger("of this test")
    log.addHandler(handler)
    try:
        raise ValueError("refused canary:telegram/token and canary-sms-token at /ical/canary-of-a-feed.ics")
    except ValueError:
        log.exception("asked https://api.example.com/bot%s/", "canary%3Atelegram%2Ftoken")
    log.warning("log in with %r", "canary/mail-box", extra={"facts": {"said": "canary-sms-token"}}, stack_info=True)
    record = logging.makeLogRecord({"facts": {"said": "canary-sms-token"}, "stack_info": "canary-sms-token"})
    HidesKeys().filter(record)
    assert "canary" not in Json().format(record)
    assert "canary" not in said.getvalue()
    assert "Traceback" in said.getvalue() and "ValueError: refused" in said.getvalue()


@pytest.mark.parametrize(("said", "keys"), [({}, []), ({"BATON_SEALING_KEY": NEW}, [NEW])])
def test_the_keys_are_said_by_the_environment(said, keys, monkeypatch):
    for name, value in said.items():
        monkeypatch.setitem(Environment.ENVIRON, name, value)
    monkeypatch.setitem(Environment.ENVIRON, "BATON_SEALING_KEY_FALLBACKS", OLD)
    assert Environment().sealing_keys() == [*keys, OLD]
    monkeypatch.setitem(Environment.ENVIRON, "BATON_SEALING_KEY", "short")
    with pytest.raises(ImproperlyConfigured, match="at least 32"):
        Environment().sealing_keys()


def test_a_file_of_rows_keeps_them_sealed_and_brings_them_back(way):
    said = serializers.serialize("json", ContactMethod.objects.filter(pk=way.pk))
    assert "canary" not in said
    ContactMethod.objects.filter(pk=way.pk).delete()
    for one in serializers.deserialize("json", said):
        one.save()
    assert ContactMethod.objects.get(pk=way.pk).address == HOOK
    assert HOOK not in raw(ContactMethod, "address")


def test_the_admins_page_of_ways_is_not_asked_for_an_address(cast, client, way):
    client.force_login(cast.ada)
    page = "/admin/notify/contactmethod/"
    assert client.get(page, {"channel": "webhook"}).status_code == 200
    for lookup in ("address", "address__exact"):
        answer = client.get(page, {lookup: HOOK})
        assert answer.status_code in (302, 400), "as one that leads nowhere"


def test_the_record_has_nothing_by_which_an_address_can_be_guessed(cast):
    room = room_at(cast, b"#war-room")
    facts_of = admin.site._registry[ChatRoom].facts
    said = facts_of(room)["address"]
    assert said.startswith("…om (") and "war" not in said, "enough to see that it is another"
    assert hashlib.sha256(b"#war-room").hexdigest()[:8] not in said
    sealed.seal(room, "address", HOOK.encode())
    guessed = hashlib.sha256(HOOK.encode()).hexdigest()[:8]
    said = facts_of(room)["address"]
    assert said.startswith("hooks.example.com (") and guessed not in said
    hook = Webhook(name="Tickets", url=HOOK, owner=cast.ada)
    hook.new_secret(clock.now())
    hook.save()
    assert guessed not in admin.site._registry[Webhook].facts(hook)["url"]
    for row in (hook, room):
        assert not {field.name for _model, field in rotation.columns()} & own_facts(row).keys()


# --- copies -----------------------------------------------------------------------------------------


def test_a_copy_says_which_key_sealed_what_is_in_it(settings):
    settings.SEALING_KEYS = [NEW]
    said = facts.gathered(portable._ask, kind="backup", at=clock.now())
    settings.SECRET_KEY = OLD
    assert facts.same_key(said), "SECRET_KEY seals nothing where there is a sealing key"
    settings.SEALING_KEYS = []
    assert not facts.same_key(said)
    assert facts.same_key({"key": facts.key_print(OLD)}), "a copy from before there were two"
