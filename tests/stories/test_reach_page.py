"""The page "How Baton reaches you": ways, codes, tests, rules and quiet hours."""

import json
import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from escalation.engine import tasks
from escalation.engine.models import Delivery
from escalation.kit import clock as kit_clock
from escalation.kit.errors import Refused
from escalation.notify import codes, reaching
from escalation.notify.models import Breaker, ContactMethod, NotificationRule, QuietHours
from escalation.notify.senders import SendFailed
from escalation.trail.models import Entry
from tests.reach_kit import Carriers, account, method, rules
from tests.threads import together

pytestmark = pytest.mark.django_db
NUMBER = "+4915112345667"
PAGE = "/reach/"


@pytest.fixture
def carriers(monkeypatch) -> Carriers:
    return Carriers().use(monkeypatch)


@pytest.fixture
def ana(cast, client, clock, carriers):
    client.force_login(cast.ana)
    return client


@pytest.fixture
def sms(ana, cast) -> ContactMethod:
    """Just added, with its code sent."""
    ana.post(reverse("reach-ways"), {"channel": "sms", "address": "+49 151 12345667", "label": "my phone"})
    tasks.send()
    return ContactMethod.objects.get(person=cast.ana, channel="sms")


def verb(name: str, pk: int) -> str:
    return reverse(f"reach-{name}", args=[pk])


def sent(carriers, name="sms") -> str:
    return carriers[name].carried[-1][1].short


def code(carriers) -> str:
    return sent(carriers)[:6]


def recorded() -> list[dict]:
    return [json.loads(data) for data in Entry.objects.filter(kind__startswith="config").values_list("data", flat=True)]


# --- from the start ------------------------------------------------------------------------------


def test_who_gets_an_account_is_reached_by_its_email_at_once(ana, cast):
    [own] = ContactMethod.objects.filter(person=cast.ana)
    assert own.is_account and own.verified_at
    page = ana.get(PAGE)
    assert page.status_code == 200
    assert page.content.decode().count("E-mail at once.") == 2
    assert "ana@example.com" in page.content.decode()


def test_who_has_a_number_is_told_who_can_see_it(ana, cast):
    said = "your colleagues can see it"
    assert said not in ana.get(PAGE).content.decode()
    method(cast.ana, "sms", NUMBER)
    assert ana.get(PAGE).content.decode().count(said) == 1


def test_the_page_is_ones_own_alone(client, cast, ana, sms):
    client.force_login(cast.jo)
    assert NUMBER not in client.get(PAGE).content.decode()
    for name in ("verification", "codes", "tests", "removal"):
        assert client.post(verb(name, sms.pk), {"code": "123456"}).status_code == 404
    assert client.get(verb("state", sms.pk)).status_code == 404
    rule = NotificationRule.objects.filter(person=cast.ana).first()
    assert client.post(verb("rule-removal", rule.pk)).status_code == 404
    body = {"method": account(cast.ana).pk, "delay_minutes": 3}
    assert client.post(reverse("reach-rules", args=["loud"]), body).status_code == 422
    client.logout()
    assert client.get(PAGE).status_code == 302


def test_what_changes_something_is_no_get(ana, sms):
    for address in (reverse("reach-ways"), verb("removal", sms.pk), verb("tests", sms.pk), reverse("reach-quiet")):
        assert ana.get(address).status_code == 405


@pytest.mark.django_db(transaction=True)
def test_who_presses_twice_at_once_is_told_and_nothing_breaks(cast, clock, carriers):
    way = method(cast.ana, "sms", NUMBER)
    clients, answers = [Client(), Client()], []
    for one in clients:
        one.force_login(cast.ana)
    together(*(lambda one=one: answers.append(one.post(verb("removal", way.pk)).status_code) for one in clients))
    assert sorted(answers)[0] == 302 and sorted(answers)[1] in (404, 409)
    for late in (reaching.remove, reaching.send_code, reaching.send_test):
        with pytest.raises(Refused, match="removed meanwhile"):
            late(cast.ana, way.pk)
    with pytest.raises(Refused, match="removed meanwhile"):
        reaching.verify(cast.ana, way.pk, "123456")
    with pytest.raises(Refused, match="removed meanwhile"):
        reaching.add_rule(cast.ana, urgency="loud", method=way, delay_minutes=0)


# --- a new way ------------------------------------------------------------------------------------


def test_a_way_is_added_verified_and_used(ana, sms, carriers, cast):
    assert carriers["sms"].to == [NUMBER]
    assert (sms.address, sms.label, sms.verified_at) == (NUMBER, "my phone", None)
    assert ana.post(verb("verification", sms.pk), {"code": code(carriers)}).status_code == 302
    sms.refresh_from_db()
    assert sms.verified_at == kit_clock.now()
    body = {"method": sms.pk, "delay_minutes": 3}
    assert ana.post(reverse("reach-rules", args=["loud"]), body).status_code == 302
    assert "E-mail at once, then SMS, my phone after 3 minutes." in ana.get(PAGE).content.decode()


def test_nobody_who_reads_the_database_finds_the_code(ana, sms, carriers):
    found = code(carriers)
    assert len(found) == 6 and found.isdecimal()
    for model in (ContactMethod, Delivery, Entry):
        for row in model.objects.values():
            assert found not in str({k: v for k, v in row.items() if k not in ("id", "hash", "prev", "canonical")})


@pytest.mark.parametrize(
    ("body", "field", "said"),
    [
        ({"channel": "sms", "address": "bad"}, "address", "This is no address."),
        ({"channel": "sms", "address": ""}, "address", "This field is required."),
        ({"channel": "pigeon", "address": "x"}, "channel", "Select a valid choice"),
        ({"channel": "desk", "address": "x"}, "channel", "Select a valid choice"),
        ({"channel": "email", "address": "ana@example.com"}, "address", "it is there already"),
        ({"channel": "sms", "address": "x" * 501}, "address", "at most 500"),
        ({"channel": "sms", "address": "1", "label": "x" * 41}, "label", "at most 40"),
        ({"channel": "sms", "address": "\x00"}, "address", "Null characters"),
    ],
)
def test_what_is_wrong_stands_at_its_field(body, field, said, ana, cast):
    page = ana.post(reverse("reach-ways"), body)
    assert page.status_code == 422
    assert said in str(page.context["method_form"].errors[field])
    assert ContactMethod.objects.filter(person=cast.ana).count() == 1


def test_the_same_way_twice_is_refused_and_after_removal_it_is_not(ana, sms, carriers, cast):
    body = {"channel": "sms", "address": NUMBER}
    page = ana.post(reverse("reach-ways"), body)
    assert page.context["method_form"].errors["address"] == ["You have this already."]
    ana.post(verb("removal", sms.pk))
    assert ana.post(reverse("reach-ways"), body).status_code == 302
    assert ContactMethod.objects.filter(person=cast.ana, channel="sms").count() == 2


def test_a_channel_that_is_not_ready_is_not_offered(ana, carriers):
    carriers["voice"].away = "BATON_VOICE_URL is not set."
    page = ana.get(PAGE)
    assert [value for value, _label in page.context["method_form"].fields["channel"].choices] == ["email", "sms"]


@pytest.mark.parametrize("channel", ["sms", "pigeon"])
def test_why_a_way_cannot_be_used_is_one_sentence(ana, sms, carriers, channel):
    carriers["sms"].away = "BATON_SMS_URL is not set."
    ContactMethod.objects.filter(pk=sms.pk).update(channel=channel)
    (said,) = re.findall(
        r'<p class="muted small">([A-Z][^<]*(?:not set|no such)[^<]*)</p>', ana.get(PAGE).content.decode()
    )
    assert said in ("BATON_SMS_URL is not set.", "There is no such channel any more.")


# --- codes ------------------------------------------------------------------------------------------


def wrong_code(carriers) -> str:
    return f"{(int(code(carriers)) + 1) % 1_000_000:06}"


def test_a_wrong_code_is_said_at_its_field_and_after_five_the_right_one_is_too_late(ana, sms, carriers):
    for left in (4, 3, 2, 1, 0):
        page = ana.post(verb("verification", sms.pk), {"code": wrong_code(carriers)})
        assert page.status_code == 422
        [way] = [one for one in page.context["ways"] if one.method == sms]
        assert "This is not the code" in way.form.errors["code"][0]
        assert ("last try" in way.form.errors["code"][0]) is (left == 0)
    page = ana.post(verb("verification", sms.pk), {"code": code(carriers)})
    assert "not valid any more" in page.content.decode()
    assert ContactMethod.objects.get(pk=sms.pk).verified_at is None


def test_a_code_is_valid_for_a_quarter_of_an_hour(ana, sms, carriers, clock):
    clock.jump(minutes=15, seconds=1)
    assert ana.post(verb("verification", sms.pk), {"code": code(carriers)}).status_code == 422


def test_a_new_code_ends_the_old_one_and_comes_not_more_often_than_once_a_minute(ana, sms, carriers, clock):
    old = code(carriers)
    page = ana.post(verb("codes", sms.pk))
    assert page.status_code == 409
    assert "Give it a minute" in page.content.decode()
    clock.jump(seconds=60)
    assert ana.post(verb("codes", sms.pk)).status_code == 302
    tasks.send()
    assert code(carriers) != old
    assert ana.post(verb("verification", sms.pk), {"code": old}).status_code == 422
    assert ana.post(verb("verification", sms.pk), {"code": code(carriers)}).status_code == 302


def test_of_two_codes_that_waited_the_newer_arrives_alone(ana, carriers, cast, clock):
    """Behind a gateway that does not answer: in one text message about both, no code would be left."""
    away = {"since": clock.now(), "failed_at": clock.now(), "failures": 3, "opened_at": clock.now()}
    Breaker.objects.create(channel="sms", next_at=clock.now() + timedelta(minutes=4), **away)
    ana.post(reverse("reach-ways"), {"channel": "sms", "address": NUMBER})
    tasks.send()
    way = ContactMethod.objects.get(person=cast.ana, channel="sms")
    clock.jump(minutes=1)
    ana.post(verb("codes", way.pk))
    tasks.send()
    assert carriers["sms"].carried == []
    clock.jump(minutes=3)
    tasks.send()
    assert len(carriers["sms"].carried) == 1
    older, newer = Delivery.objects.filter(kind="verify").order_by("id")
    assert (older.state, older.last_error, newer.state) == ("cancelled", "a newer code took its place", "sent")
    assert ana.post(verb("verification", way.pk), {"code": code(carriers)}).status_code == 302


def test_nobody_is_flooded_with_codes(ana, cast, carriers, clock):
    """Ten in an hour, whatever is removed and added again."""
    for n in range(codes.MOST_AN_HOUR):
        assert ana.post(reverse("reach-ways"), {"channel": "sms", "address": f"+4930{n}"}).status_code == 302
        ana.post(verb("removal", ContactMethod.objects.latest("pk").pk))
    page = ana.post(reverse("reach-ways"), {"channel": "sms", "address": "+4999"})
    assert (page.status_code, "Too many codes" in page.content.decode()) == (422, True)
    clock.jump(hours=1)
    assert ana.post(reverse("reach-ways"), {"channel": "sms", "address": "+4999"}).status_code == 302


@pytest.mark.parametrize("typed", ["", "12345", "<b>", "１２３４５６", "\x00", "9" * 5000])
def test_any_nonsense_is_no_code(typed, ana, sms):
    assert ana.post(verb("verification", sms.pk), {"code": typed}).status_code == 422


# --- tests and how they went ----------------------------------------------------------------------


def test_a_test_arrives_and_the_page_says_so(ana, cast, carriers, clock):
    own = account(cast.ana)
    assert ana.post(verb("tests", own.pk)).status_code == 302
    assert "A test is on its way" in ana.get(verb("state", own.pk)).content.decode()
    tasks.send()
    assert "this way works" in carriers["email"].carried[-1][1].subject
    own.refresh_from_db()
    assert (own.last_state, own.last_ok_at) == ("ok", kit_clock.now())
    fragment = ana.get(verb("state", own.pk)).content.decode()
    assert "has left" in fragment and "hx-get" not in fragment


def test_a_test_that_fails_says_why_at_once_and_is_tried_again(ana, cast, carriers, clock):
    own = account(cast.ana)
    carriers["email"].trouble = SendFailed("the mail server cannot be reached", detail="at 10.0.0.7")
    ana.post(verb("tests", own.pk))
    tasks.send()
    page = ana.get(PAGE).content.decode()
    assert "Could not be sent: the mail server cannot be reached" in page.replace("</span>", "")
    assert "10.0.0.7" not in page
    carriers["email"].trouble = None
    clock.jump(seconds=5)
    tasks.send()
    own.refresh_from_db()
    assert own.last_state == "ok"


def test_tests_wait_a_minute_and_want_a_verified_way(ana, cast, sms, clock):
    assert ana.post(verb("tests", sms.pk)).status_code == 409
    own = account(cast.ana)
    ana.post(verb("tests", own.pk))
    assert ana.post(verb("tests", own.pk)).status_code == 409
    clock.jump(seconds=60)
    assert ana.post(verb("tests", own.pk)).status_code == 302


def test_codes_and_tests_are_on_the_installations_record_without_an_address(ana, sms, cast):
    [entry] = Entry.objects.filter(kind="delivery")
    assert entry.trail.subject == "installation"
    assert json.loads(entry.data)["way"] == "…67"
    assert not Entry.objects.filter(data__contains=NUMBER).exists()
    assert not Entry.objects.filter(data__contains="my phone").exists()


# --- removing ---------------------------------------------------------------------------------------


def test_a_way_goes_with_its_rules_and_the_accounts_stays(ana, cast, sms):
    ContactMethod.objects.filter(pk=sms.pk).update(verified_at=kit_clock.now())
    rules(cast.ana, "loud", (sms, 0))
    assert ana.post(verb("removal", sms.pk)).status_code == 302
    assert NotificationRule.objects.filter(person=cast.ana, urgency="loud").count() == 0
    assert "no rule can be used" in ana.get(PAGE).content.decode()
    assert ana.post(verb("removal", sms.pk)).status_code == 404
    page = ana.post(verb("removal", account(cast.ana).pk))
    assert (page.status_code, "stays" in page.content.decode()) == (409, True)


# --- rules and quiet hours --------------------------------------------------------------------------


def test_rules_are_added_and_removed_and_on_record(ana, cast):
    own = account(cast.ana)
    address = reverse("reach-rules", args=["quiet"])
    assert ana.post(address, {"method": own.pk, "delay_minutes": 10}).status_code == 302
    assert ana.post(address, {"method": own.pk, "delay_minutes": 10}).context["chains"][1][1].errors == {
        "delay_minutes": ["You have this rule already."]
    }
    change = recorded()[-1]
    assert change["before"]["SEV3 to SEV5"] == ["E-mail +0 min"]
    assert change["after"]["SEV3 to SEV5"] == ["E-mail +0 min", "E-mail +10 min"]
    rule = NotificationRule.objects.get(person=cast.ana, delay_minutes=10)
    assert ana.post(verb("rule-removal", rule.pk)).status_code == 302
    assert ana.post(verb("rule-removal", rule.pk)).status_code == 404


@pytest.mark.parametrize("minutes", ["", "-1", "1441", "soon", "1.5", "9" * 400])
def test_a_delay_is_minutes_of_a_day(minutes, ana, cast):
    page = ana.post(reverse("reach-rules", args=["loud"]), {"method": account(cast.ana).pk, "delay_minutes": minutes})
    assert page.status_code == 422
    assert page.context["chains"][0][1].errors["delay_minutes"]


def test_only_a_verified_way_of_ones_own_makes_a_rule(ana, cast, sms):
    for pk in (sms.pk, method(cast.jo, "sms", "+49").pk, 0, "x"):
        page = ana.post(reverse("reach-rules", args=["loud"]), {"method": pk, "delay_minutes": 0})
        assert page.status_code == 422


def test_quiet_hours_are_set_changed_and_lifted(ana, cast):
    assert ana.post(reverse("reach-quiet"), {"begins": "22:00", "ends": "07:00"}).status_code == 302
    assert "between 22:00 and 07:00 it waits until 07:00" in ana.get(PAGE).content.decode()
    ana.post(reverse("reach-quiet"), {"begins": "23:00", "ends": "07:00"})
    assert str(QuietHours.objects.get(person=cast.ana)) == "23:00–07:00"
    assert recorded()[-1]["before"] == {"quiet hours": "22:00–07:00"}
    refused = ana.post(reverse("reach-quiet"), {"begins": "00:00", "ends": "23:30"}).content.decode()
    assert "between 23:00 and 07:00 it waits" in refused and 'value="23:30"' in refused
    ana.post(reverse("reach-quiet"), {"remove": "yes"})
    assert not QuietHours.objects.exists()


@pytest.mark.parametrize(
    "body",
    [
        {"begins": "22:00", "ends": "22:00"},
        {"begins": "22:00"},
        {"begins": "later", "ends": "07:00"},
        {"begins": "25:00", "ends": "07:00"},
        {"begins": "00:00", "ends": "23:59:59.999999"},
        {"begins": "07:30", "ends": "07:29"},
        {"begins": "07:30:10", "ends": "07:30:50"},
        {"begins": "00:30", "ends": "23:31"},
    ],
)
def test_quiet_hours_that_make_no_sense_are_refused_at_the_field(body, ana):
    page = ana.post(reverse("reach-quiet"), body)
    assert page.status_code == 422
    assert page.context["quiet_form"].errors
    assert not QuietHours.objects.exists()


# --- on the incident's page, and for admins ----------------------------------------------------------


def test_the_incident_says_what_waits_and_by_which_way_it_went(ana, cast, carriers, open_incident, clock):
    rules(cast.ana, "loud", (account(cast.ana), 0), (method(cast.ana, "sms", NUMBER), 3))
    incident = open_incident(people_affected=5000)
    tasks.send()
    page = " ".join(ana.get(incident.get_absolute_url()).content.decode().split())
    assert "Ana Ruiz, SMS …67, <time" in page and ">in 3 min<" in page
    clock.forward(minutes=3)
    tasks.send()
    page = ana.get(incident.get_absolute_url()).content.decode()
    assert "Ana Ruiz, SMS …67 <time" in page
    assert NUMBER not in page


def test_the_incident_says_that_a_night_is_waited_for_and_that_it_was_a_fallback(ana, cast, open_incident):
    QuietHours.objects.create(person=cast.ana, begins=kit_clock.now().time(), ends="10:00")
    NotificationRule.objects.filter(person=cast.jo).delete()
    incident = open_incident(people_affected=0)
    tasks.send()
    page = ana.get(incident.get_absolute_url()).content.decode()
    assert "after quiet hours, at 10:00" in page
    assert "as a fallback: no rule of theirs could be used" in page


def test_admins_see_ways_masked_and_change_none(client, cast, sms):
    client.force_login(cast.ada)
    listed = client.get(reverse("admin:notify_contactmethod_changelist")).content.decode()
    assert "By channel" in " ".join(listed.split()) and "By by" not in " ".join(listed.split())
    one = client.get(reverse("admin:notify_contactmethod_change", args=[sms.pk])).content.decode()
    assert "…67" in listed and NUMBER not in listed
    assert "…67" in one and NUMBER not in one and "my phone" not in one


def test_the_page_costs_the_same_for_few_and_for_many(ana, cast, carriers, django_assert_max_num_queries):
    for n in range(12):
        way = method(cast.ana, "sms", f"+49{n}")
        for urgency in ("loud", "quiet"):
            NotificationRule.objects.create(person=cast.ana, urgency=urgency, method=way, delay_minutes=n)
    ana.get(PAGE)  # what is learnt once
    with django_assert_max_num_queries(15):
        assert ana.get(PAGE).status_code == 200


def test_a_code_waits_in_the_outbox_through_a_restart_and_knows_its_person(ana, cast, carriers):
    ana.post(reverse("reach-ways"), {"channel": "voice", "address": NUMBER})
    [row] = Delivery.objects.filter(kind="verify")
    assert (row.run, row.state, row.person, row.message.get("code")) == (None, "queued", cast.ana, None)
    kit_clock.forward(timedelta(minutes=2))
    tasks.sweep()
    assert carriers["voice"].to == [NUMBER]
