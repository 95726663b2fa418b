"""What is sealed opens where it was sealed for: who may write to the database moves nothing that opens elsewhere."""

import json
from io import StringIO

import pytest
from allauth.mfa.models import Authenticator
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import connection

from escalation.kit import clock, rotation, sealed_before, sealing
from escalation.kit.sealed import Locked, seal, unseal
from escalation.notify.models import ContactMethod
from escalation.oncall.calendars.outside import OutsideCalendar
from escalation.signin.factors import codes, verbs
from escalation.signin.factors.forms import AppForm
from escalation.signin.models import AppSecret
from incidents.models import ChatRoom, Webhook

HOOK = "https://hooks.example.com/services/T0/B0/canary"
NEW = "the-new-key-" + "n" * 32

pytestmark = pytest.mark.django_db


def kept(row, column):
    [found] = rotation.kept(type(row), column).filter(pk=row.pk).values_list("as_kept", flat=True)
    return found


def write(row, column, text):
    """As somebody who may write to the database does it."""
    table = row._meta.get_field(column).model._meta
    with connection.cursor() as cursor:
        cursor.execute(
            f'UPDATE {table.db_table} SET "{column}" = %s WHERE {table.pk.column} = %s',
            [text, row.pk],
        )


def app_of(person):
    factor = Authenticator.objects.create(user=person, type="totp", data={"step": 0})
    row = AppSecret(factor=factor)
    seal(row, "secret", codes.new_secret().encode())
    row.save()
    return row


@pytest.fixture
def rows(cast):
    """One of each column."""
    now = clock.now()
    hook = Webhook(name="Tickets", url=HOOK, owner=cast.ada)
    for _twice in range(2):
        hook.new_secret(now)
    seal(hook, "authorization", b"Bearer 12-34")
    room = ChatRoom(name="War room", kind="teams", owner=cast.ada, url=HOOK)
    seal(room, "secret", b"one")
    seal(room, "old_secret", b"two")
    seal(room, "authorization", b"three")
    seal(room, "address", HOOK.encode())
    way = ContactMethod(person=cast.ana, channel="webhook", address=HOOK, added_at=now)
    calendar = OutsideCalendar(person=cast.ana, address=HOOK, by=cast.ana, made_at=now, next_at=now)
    for row in (hook, room, way, calendar):
        row.save()
    return [hook, room, way, calendar, app_of(cast.ana)]


def places(rows):
    sealed = dict.fromkeys((field.model, field.name) for _model, field in rotation.columns())
    return [next((row, name) for row in rows if isinstance(row, model)) for model, name in sealed]


def reads(row, column):
    fresh = type(row).objects.get(pk=row.pk)
    found = getattr(fresh, column)
    if isinstance(row._meta.get_field(column), rotation.SealedAddress):
        return None if isinstance(found, Locked) else found
    try:
        return unseal(fresh, column)
    except sealing.Unreadable:
        return None


def test_no_column_opens_what_was_sealed_for_another(rows):
    every = places(rows)
    assert len(every) == 8
    was = [kept(*one) for one in every]
    assert all(reads(*one) for one in every)
    for place, own in zip(every, was, strict=True):
        for other in was:
            write(*place, other)
            assert (reads(*place) is not None) is (other == own), (place, other)
        write(*place, own)


def test_no_column_opens_what_is_plain_or_was_sealed_for_no_place(rows):
    for place in places(rows):
        for planted in (HOOK, sealed_before.findable(HOOK), sealed_before.sealed(HOOK.encode())):
            write(*place, planted)
            assert reads(*place) is None


def test_no_app_of_one_person_signs_another_in(cast):
    hers, theirs = app_of(cast.ana), app_of(cast.jo)
    code = codes.code_at(unseal(hers, "secret").decode(), int(clock.now().timestamp()) // 30)
    write(theirs, "secret", kept(hers, "secret"))
    assert verbs.spend(cast.jo, code, now=clock.now()) is None
    Authenticator.objects.filter(pk=hers.factor_id).update(user=cast.kim)
    assert verbs.spend(cast.kim, code, now=clock.now()) is None, "nor with the whole row"


def test_what_travels_in_a_form_opens_in_no_other(cast):
    form = AppForm.fresh(cast.ana.pk)
    assert form.secret(cast.ana.pk)
    assert form.secret(cast.jo.pk) is None


def test_a_place_is_its_parts_and_not_their_sum():
    with pytest.raises(sealing.Unreadable):
        sealing.opened(sealing.sealed(b"x", ("a", "bc")), ("ab", "c"))


# --- the upgrade ------------------------------------------------------------------------------------


def unbind(rows):
    for row, column in places(rows):
        is_address = isinstance(row._meta.get_field(column), rotation.SealedAddress)
        write(row, column, (sealed_before.findable(HOOK) if is_address else sealed_before.sealed(b"before")))


BINDING = [
    ("notify", "ContactMethod", "address"),
    ("oncall", "OutsideCalendar", "address"),
    ("incidents", "Webhook", "url", "secret", "old_secret", "authorization"),
    ("incidents", "ChatRoom", "address"),
    ("signin", "AppSecret", "secret"),
]


def upgrade(way=0):
    for names in BINDING:
        rotation.binding_of(*names)[way](apps, None)


def test_the_upgrade_binds_what_was_sealed_for_no_place_and_its_way_back_unbinds_it(rows):
    unbind(rows)
    upgrade()
    upgrade()
    was = {True: HOOK, False: b"before"}
    for row, column in places(rows):
        assert reads(row, column) == was[isinstance(row._meta.get_field(column), rotation.SealedAddress)]
    upgrade(way=1)
    assert all(reads(*one) is None for one in places(rows))
    assert {kept(*one)[:5] for one in places(rows)} == {sealed_before.MARK, sealed_before.SEALED}
    upgrade()
    assert all(reads(*one) for one in places(rows))


def rotated(*args):
    out = StringIO()
    call_command("rotatekeys", "--json", *args, stdout=out)
    return json.loads(out.getvalue())


def test_what_an_upgrade_left_for_want_of_its_key_is_bound_once_that_is_asked_for(rows, settings):
    unbind(rows)
    right, settings.SECRET_KEY = settings.SECRET_KEY, "quite another key"
    upgrade()
    settings.SEALING_KEYS, settings.SECRET_KEY = [NEW], right
    with pytest.raises(CommandError, match="--unbound"):
        rotated()
    assert all(reads(*one) is None for one in places(rows)), "whoever plants an old one has it opened by no command"
    assert [one.id for one in rotation.check(databases=["default"])] == ["baton.W008"]
    with pytest.raises(CommandError, match="--unbound"):
        rotated("--check", "--unbound")
    assert rotated("--unbound")["changed"] == len(places(rows))
    assert all(reads(*one) for one in places(rows))
    assert rotated("--check")["older"] == 0


# --- killed half-way --------------------------------------------------------------------------------

PLANT = """
from datetime import UTC, datetime
from django.db import connection
from escalation.kit import sealed_before
from escalation.notify.models import ContactMethod
from escalation.people.models import User
ana = User.objects.create(email="ana@example.com", name="Ana")
for number in range(9):
    url = f"https://hooks.example.com/{number}"
    way = ContactMethod.objects.create(person=ana, channel="webhook", address=url, added_at=datetime.now(UTC))
    with connection.cursor() as cursor:
        old = [sealed_before.findable(url), way.pk]
        cursor.execute("UPDATE notify_contactmethod SET address = %s WHERE id = %s", old)
"""
READ = """
from escalation.notify.models import ContactMethod
ways = ContactMethod.objects.filter(channel="webhook").order_by("pk")
print(sum(way.address == f"https://hooks.example.com/{n}" for n, way in enumerate(ways)))
"""


@pytest.mark.processes
@pytest.mark.rehearsal("processes")
@pytest.mark.enable_socket
def test_killed_half_way_it_goes_on_where_it_was(machines):
    machine = machines("killed", migrated=True)
    machine.plays(PLANT)
    assert machine.plays(READ).strip() == "0"
    machine.says("rotatekeys", "--unbound", code=-9, dies=("sql", 'UPDATE "notify_contactmethod"', 4))
    assert machine.plays(READ).strip() == "3", "each of those is whole, and the others are as they were"
    assert "Sealed 6 anew." in machine.says("rotatekeys", "--unbound")
    assert machine.plays(READ).strip() == "9"
    assert "Nothing needs an older key." in machine.says("rotatekeys", "--check")
