"""Where somebody is signed in, and how that ends."""

import json
from datetime import timedelta
from importlib import import_module

import pytest
from django.apps import apps
from django.contrib.auth.tokens import default_token_generator
from django.contrib.sessions.backends.base import UpdateError
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlsafe_base64_encode

from escalation.kit import clock as kit_clock
from escalation.people.devices import in_words
from escalation.people.models import Session, User
from escalation.people.sessions import SEEN_EVERY, kept
from escalation.signin import keeping
from escalation.trail.models import Entry

pytestmark = pytest.mark.django_db

PASSWORD = "pass-word-1234"
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Mobile Safari/604.1"
OFFICE = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
NEW = {"new_password1": "another-good-one-7", "new_password2": "another-good-one-7"}


def browser(agent=OFFICE, *, who="ana", address="192.0.2.1") -> Client:
    """Somebody's, signed in."""
    client = Client(HTTP_USER_AGENT=agent, REMOTE_ADDR=address)
    client.post(reverse("login"), {"username": f"{who}@example.com", "password": PASSWORD})
    return client


def is_in(client) -> bool:
    return client.get(reverse("preferences")).status_code == 200


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        (PHONE, "Safari on iPhone"),
        (OFFICE, "Firefox on Windows"),
        ("Mozilla/5.0 (X11; Linux x86_64) Chrome/140.0 Safari/537.36 Edg/140.0", "Edge on Linux"),
        ("Mozilla/5.0 (Linux; Android 16) Chrome/140.0 Mobile Safari/537.36", "Chrome on Android"),
        ("", "a browser that does not say which"),
    ],
)
def test_a_device_in_words(agent, words):
    assert in_words(agent) == words


def test_ana_sees_where_she_is_signed_in_and_signs_her_phone_out(cast):
    office, phone, jo = browser(), browser(PHONE, address="2001:db8::7"), browser(who="jo")
    page = office.get(reverse("signing-in"))
    told = page.content.decode()
    assert [one.device for one in page.context["sessions"]].count("Safari on iPhone") == 1
    assert "2001:db8::7" in told and "this browser" in told and phone.session.session_key not in told
    (other,) = [one for one in page.context["sessions"] if one.pk != page.context["this"]]
    assert jo.post(reverse("session-end", args=[other.handle])).status_code == 404  # hers alone
    assert office.post(reverse("session-end", args=[other.handle])).status_code == 302
    assert (is_in(office), is_in(phone), is_in(jo)) == (True, False, True)
    entry = Entry.objects.get(kind="sessions_ended")
    assert json.loads(entry.data)["devices"] == ["Safari on iPhone"] and entry.actor_id == cast.ana.pk


def test_a_session_of_nobody_is_kept_no_longer_than_a_step_takes(cast):
    client = Client()
    client.post(reverse("passkey-sign-in-question"))
    assert Session.objects.get().expire_date <= timezone.now() + timedelta(hours=1)
    client.post(reverse("login"), {"username": "ana@example.com", "password": PASSWORD})
    assert Session.objects.get(person=cast.ana).expire_date > timezone.now() + timedelta(days=13)


def test_everywhere_else_at_once(cast):
    office, phone, other = browser(), browser(PHONE), browser(PHONE)
    office.post(reverse("sessions-others-end"))
    assert (is_in(office), is_in(phone), is_in(other)) == (True, False, False)


def test_a_new_password_signs_out_everywhere_else(cast):
    office, phone = browser(), browser(PHONE)
    office.post(reverse("password_change"), {"old_password": PASSWORD, **NEW})
    assert (is_in(office), is_in(phone)) == (True, False)
    assert not Session.objects.exclude(pk=kept(office.session.session_key)).exists()  # so live pages hear it, too
    assert Entry.objects.filter(kind="config_password").count() == 1


def test_a_new_password_by_link_signs_out_the_browser_in_which_it_was_chosen(cast):
    office, phone, jo = browser(), browser(PHONE), browser(who="jo")
    for client in (office, jo):
        cast.ana.refresh_from_db()
        which = [urlsafe_base64_encode(str(cast.ana.pk).encode()), default_token_generator.make_token(cast.ana)]
        form = client.get(reverse("password_reset_confirm", args=which))["Location"]
        assert client.post(form, NEW)["Location"] == reverse("password_reset_complete")
        assert (is_in(office), is_in(phone), is_in(jo)) == (False, False, True)


def test_who_is_deactivated_is_out_at_once_and_stays_out_when_taken_back(cast, client):
    phone = browser(PHONE)
    client.force_login(cast.ada)
    page = client.get(reverse("admin:people_user_change", args=[cast.ana.pk]))
    form = page.context["adminform"].form
    sent = {name: form.initial.get(name) or "" for name in ("name", "email", "time_zone")}
    client.post(page.request["PATH_INFO"], {**sent, "skills": []})
    assert not User.objects.get(pk=cast.ana.pk).is_active
    assert not Session.objects.filter(person=cast.ana).exists()
    User.objects.filter(pk=cast.ana.pk).update(is_active=True)
    assert not is_in(phone)


def test_an_admin_signs_somebody_out(cast, client):
    office, phone = browser(), browser(PHONE)
    client.force_login(cast.ada)
    address = reverse("admin:people_user_sessions", args=[cast.ana.pk])
    told = client.get(address)
    assert "Safari on iPhone" in told.content.decode()
    (one,) = [one for one in told.context["sessions"] if one.device == "Safari on iPhone"]
    client.post(address, {"session": one.handle})
    assert (is_in(office), is_in(phone)) == (True, False)
    client.post(address, {})
    assert not is_in(office)
    assert Entry.objects.filter(kind="sessions_ended", actor_id=cast.ada.pk).count() == 2


def test_when_it_was_seen_is_noted_now_and_then_and_costs_nothing_in_between(cast, clock):
    office = browser()
    before = Session.objects.get().seen_at
    is_in(office)
    assert Session.objects.get().seen_at == before
    clock.jump(seconds=SEEN_EVERY.total_seconds() + 1)
    office.get(reverse("preferences"), REMOTE_ADDR="198.51.100.1")
    row = Session.objects.get()
    assert (row.seen_at, row.address) == (kit_clock.now(), "198.51.100.1")


def test_a_session_that_was_ended_is_not_brought_back_by_what_is_on_its_way(cast):
    office = browser()
    session = office.session
    session["typed"] = "something"
    Session.objects.all().delete()
    with pytest.raises(UpdateError):
        session.save()
    assert not Session.objects.exists()


def test_whoever_is_signed_in_stays_so_through_the_upgrade(cast):
    office = browser()
    row, before = Session.objects.get(), apps.get_model("sessions", "Session")
    before.objects.create(pk=office.session.session_key, session_data=row.session_data, expire_date=row.expire_date)
    row.delete()
    import_module("escalation.people.migrations.0007_sessions").to_ours(apps, None)
    assert (Session.objects.get().person, before.objects.count()) == (None, 0)
    assert is_in(office)
    assert Session.objects.get().person == cast.ana


def test_a_copy_of_the_table_lets_nobody_in(cast):
    office = browser()
    key, row = office.session.session_key, Session.objects.get()
    assert key not in (row.session_key, row.session_data)
    office.cookies["sessionid"] = row.session_key
    assert not is_in(office)
    office.cookies["sessionid"] = key
    assert is_in(office)


def test_what_has_ended_by_itself_is_forgotten_and_nothing_else(cast, clock):
    browser(), browser(PHONE)
    Session.objects.filter(device="Safari on iPhone").update(expire_date=kit_clock.now() + timedelta(hours=1))
    Client().post(reverse("login"), {"username": "ana@example.com", "password": "wrong"})
    assert keeping.next_due() == Session.objects.get(device="Safari on iPhone").expire_date
    assert keeping.tidy() == 0
    clock.jump(hours=3)
    assert keeping.tidy() == 3  # the session, and the try at the account and from the address
    assert Session.objects.get().device == "Firefox on Windows"
