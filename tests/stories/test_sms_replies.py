"""Answering a text message by a text message."""

import json
import re
from datetime import timedelta

import pytest
from django.test import Client

from escalation.engine import replycodes
from escalation.engine.models import Delivery, ReplyCode
from escalation.kit import clock as kit_clock
from escalation.notify.message import REPLY, SHORT
from escalation.notify.models import ContactMethod
from escalation.people.models import Tier
from escalation.policies.models import PolicyStep
from escalation.trail.models import Entry
from incidents.answers import texts
from incidents.models import Heard, Incident
from tests.answers_kit import path_in, stranger, verbs, words
from tests.reach_kit import method, rules
from tests.replies_kit import DOOR, KEY

pytestmark = pytest.mark.django_db
NUMBER, OTHER = "+4930901821", "+4930901822"


@pytest.fixture
def ana(gateway, cast, clock):
    return gateway.phone(cast.ana)


@pytest.fixture
def tom(gateway, cast, clock):
    return gateway.phone(cast.tom, OTHER)


@pytest.fixture
def called(ana, open_incident):
    """Ana and Jo are called, Ana by text message."""
    return open_incident("Card payments fail", people_affected=200)


@pytest.fixture
def offered(called, tom, cast):
    """Ana holds it and offers it to Tom."""
    called.acknowledge(by=cast.ana)
    fresh(called).hand_over(by=cast.ana, to=cast.tom, text="Yours?")
    return fresh(called)


def fresh(incident) -> Incident:
    return Incident.objects.get(pk=incident.pk)


def last(incident, kind: str) -> Entry:
    return Entry.objects.filter(trail=incident.trail_id, kind=kind).order_by("-seq").first()


# --- one answer -------------------------------------------------------------------------------------


@pytest.mark.rehearsal("long")
def test_ana_acknowledges_by_replying_with_the_code(called, ana, cast, client):
    assert re.search(rf" Reply {ana.code} ACK http\S+$", ana.last)
    assert len(ana.last) <= SHORT
    assert ana.write(f"{ana.code} ACK") == f"{called.ref}: 09:30 UTC: You acknowledged it. You have it now."
    assert fresh(called).run.holder == cast.ana
    assert json.loads(last(called, "acknowledged").data)["via"] == "sms:reply"
    client.force_login(cast.ana)
    page = words(client.get(called.get_absolute_url()))
    assert "By a reply to a message (" in page
    assert "By the link" not in page


@pytest.mark.parametrize("text", ["ack", "Yes.", "{code} yes", "accept {code}", " Reply {code} ACK "])
def test_the_only_open_call_needs_no_code_and_words_are_forgiven(called, ana, cast, text):
    ana.write(text.format(code=ana.code))
    assert fresh(called).run.holder == cast.ana


def test_with_two_calls_open_none_is_guessed(called, ana, cast, open_incident):
    first = ana.code
    other = open_incident("The shop is slow", people_affected=200)
    second = ana.code
    asked_back = ana.write("ack")
    assert asked_back == (
        f"2 calls are open: {first} {called.ref}, {second} {other.ref}. Reply with the number: {first} ACK."
    )
    assert not Entry.objects.filter(kind="acknowledged").exists()
    ana.write(f"ack {second}")
    assert (fresh(called).run.holder, fresh(other).run.holder) == (None, cast.ana)
    ana.write("ack")  # now it is the only one
    assert fresh(called).run.holder == cast.ana


def test_a_call_that_came_by_another_way_counts_as_open_too(called, ana, cast, open_incident):
    ana.texts  # noqa: B018
    mail = ContactMethod.objects.get(person=cast.ana, channel="email")
    cast.ana.notification_rules.update(method=mail)
    other = open_incident("The shop is slow", people_affected=200)
    said = ana.write("ack")
    assert other.ref in said
    code = re.search(rf"(\d+) {other.ref}", said)[1]
    ana.write(f"{code} ack")
    assert fresh(other).run.holder == cast.ana


def test_many_that_left_as_one_message_are_named_when_asked(settings, ana, open_incident, cast):
    settings.BUNDLE_SECONDS = 15
    made = [open_incident(f"Node {n} is down") for n in range(6)]
    [bundle] = ana.texts
    assert len(bundle) <= SHORT
    code = re.search(rf"Reply (\d+) ACK for {made[0].ref}, HELP for all\.", bundle)[1]
    ana.write(f"{code} ack")
    assert fresh(made[0]).run.holder == cast.ana
    named = ana.write("help")
    assert named.startswith("5 calls are open: ")
    assert "1 more" in named
    assert len(named) <= SHORT
    code = re.search(rf"(\d+) {made[1].ref}", named)[1]
    ana.write(f"{code} ack")
    assert fresh(made[1]).run.holder == cast.ana


def test_tom_accepts_an_offer(offered, tom, cast):
    assert f"Reply {tom.code} YES, or {tom.code} NO and why http" in tom.last
    assert "You accepted the baton. You have it now." in tom.write("yes")
    assert fresh(offered).run.holder == cast.tom
    assert json.loads(last(offered, "accepted").data)["via"] == "sms:reply"


def test_tom_declines_with_a_reason_and_not_without(offered, tom, cast):
    assert "say why" in tom.write("no")
    assert fresh(offered).run.offered_to == cast.tom
    tom.write(f"No {tom.code}, I am on a train")
    entry = last(offered, "declined")
    assert (entry.said.text, entry.actor_name) == ("I am on a train", "Tom Adeyemi")


def test_a_call_is_escalated_with_one_of_the_reasons(called, ana, cast, phones):
    assert "one of expertise, authority, access, impact, time, capacity" in ana.write("escalate: help me")
    assert phones.rang == ["ana", "jo"]
    said = ana.write(f"{ana.code} escalate needs access to the vault")
    assert phones.rang[-1] == "mei"
    entry = last(called, "called")
    assert (entry.said.text, entry.actor_name) == ("needs access to the vault", "Ana Ruiz")
    assert (json.loads(entry.data)["reason"], json.loads(entry.data)["via"]) == ("access", "sms:reply")
    assert said.endswith("You escalated it to L2 Applications. L2 Applications is called now.")


def test_the_bare_name_of_a_reason_is_a_reason(called, ana):
    ana.write("escalate capacity")
    assert last(called, "called").said.text == "no capacity on this tier"


def test_a_manager_answers_that_she_is_on_it(gateway, open_incident, cast, clock):
    PolicyStep.objects.filter(tier=cast.tiers["duty"]).update(mode="decide")
    ines = gateway.phone(cast.ines)
    incident = open_incident("Everything fails", people_affected=5000)
    ines.write(f"ack {ines.code}")
    assert fresh(incident).authority_run.acknowledged_at is not None


def test_a_call_cannot_be_declined_and_she_reads_what_she_can_do(called, ana):
    code = ana.code
    assert ana.write("no way") == f"{called.ref}: reply {code} ACK, or {code} ESCALATE and why."
    assert ana.write(code) == f"{called.ref}: reply {code} ACK, or {code} ESCALATE and why."


def test_the_link_in_the_same_message_still_works(called, ana):
    assert verbs(stranger().get(path_in(ana.last))) == ["acknowledge", "escalate"]


# --- too late -----------------------------------------------------------------------------------------


def test_who_comes_second_reads_who_was_faster(called, ana, cast, clock):
    code = ana.code
    clock.forward(minutes=2)
    called.acknowledge(by=cast.jo)
    late = f"{called.ref}: 09:32 UTC: Jo Okafor acknowledged it. Jo Okafor has it now."
    assert [ana.write(f"{code} ack"), ana.write("ack")] == [late, late]
    assert fresh(called).run.holder == cast.jo


def test_the_second_reply_changes_nothing(called, ana):
    code = ana.code
    assert ana.write(f"{code} ack") == ana.write(f"{code} ack")
    assert Entry.objects.filter(trail=called.trail_id, kind="acknowledged").count() == 1


def test_a_call_that_went_up_is_over_for_the_tier_before(called, ana, clock):
    code = ana.code
    clock.forward(minutes=5)
    assert "Baton escalated it to L2 Applications. L2 Applications is called now." in ana.write(f"{code} ack")
    assert fresh(called).run.acknowledged_at is None


def test_an_old_code_is_explained_and_the_new_one_named(called, ana, cast, clock):
    old = ana.code
    called.acknowledge(by=cast.jo)
    fresh(called).reassign(by=cast.ada, to=cast.ana)
    fresh(called).hand_over(by=cast.ana, to=cast.jo, text="Yours?")
    said = ana.write(f"{old} ack")
    assert said.startswith(f"{called.ref}: ")
    assert fresh(called).run.holder == cast.ana


def test_nothing_is_open(ana, cast):
    assert ana.write("ack") == "Nothing is asked of you now."
    assert ana.write("47 ack") == "47 is none of your calls. Nothing is asked of you now."
    assert ana.write("what?") == "Not understood. Nothing is asked of you now."


def test_what_she_may_not_see_any_more_is_over(called, ana, cast):
    code = ana.code
    Incident.objects.update(restricted=True)
    called.access.filter(person=cast.ana).delete()
    assert ana.write(f"{code} ack") == f"The call {code} is over."
    assert ana.write("ack") == "Nothing is asked of you now."


def test_an_answer_proves_the_number_it_was_for_and_no_way_that_has_said_nothing_yet(ana, cast, open_incident):
    again = method(cast.ana, "sms", OTHER)
    for urgency in ("loud", "quiet"):
        rules(cast.ana, urgency, (ana.way, 0), (again, 7))
    ContactMethod.objects.filter(pk=ana.way.pk).update(verified_at=kit_clock.now() - timedelta(days=1))
    open_incident("Card payments fail", people_affected=200)
    assert ana.texts
    ana.write("ack")
    proved = dict(ContactMethod.objects.filter(person=cast.ana, channel="sms").values_list("address", "proved_at"))
    assert proved == {NUMBER: kit_clock.now(), OTHER: None}


# --- the step that she read of -----------------------------------------------------------------------


@pytest.fixture
def gone_on(in_both_tiers, ana, cast, open_incident, clock):
    """The second tier was called meanwhile."""
    incident = open_incident("Card payments fail", people_affected=200)
    assert ana.code
    clock.forward(minutes=5)
    assert fresh(incident).run.tier == cast.tiers["l2"]
    return incident


@pytest.mark.parametrize("written", ["{code} ESCALATE access to the vault", "escalate access", "{code} escalate"])
def test_what_she_wrote_of_the_step_before_escalates_no_further(gone_on, ana, cast, written):
    old = ana.code
    said = ana.write(written.format(code=old))
    new = re.search(r"reply (\d+) ESCALATE", said)[1]
    assert new != old
    assert said == (
        f"{gone_on.ref}: not escalated: L2 Applications was called at 09:35 UTC, and nobody has answered yet."
        f" If you still mean it, reply {new} ESCALATE and why."
    )
    assert fresh(gone_on).run.tier == cast.tiers["l2"]
    assert ana.write(written.format(code=old)) == said, "a message that is sent twice means no more than once"
    ana.write(f"{new} escalate access to the vault")
    assert fresh(gone_on).run.tier == cast.tiers["l3"]
    assert last(gone_on, "called").said.text == "access to the vault"


def test_however_long_the_names_are_the_code_is_not_cut_off(gone_on, ana, cast):
    Tier.objects.filter(pk=cast.tiers["l2"].pk).update(
        name="L2 Applications, databases and everything between them, day and night"
    )
    said = ana.write("escalate access")
    assert re.search(r"reply \d+ ESCALATE and why\.$", said)
    assert "…" in said and len(said) <= REPLY


def test_a_message_that_did_not_get_through_was_not_read(gone_on, ana, cast):
    sent = Delivery.objects.filter(person=cast.ana, channel="sms").latest("pk")
    assert replycodes.last_read(sent, NUMBER) == sent
    Delivery.objects.filter(pk=sent.pk).update(state="failed")
    assert replycodes.last_read(sent, NUMBER) is None


@pytest.mark.rehearsal("long")
def test_who_has_read_of_no_step_escalates_none(called, ana, cast):
    """Her message waits, or never came: by a word without a code she can mean no step."""
    ana.gateway.post(NUMBER, "escalate access the vault")
    assert fresh(called).run.place == 0
    said = next(text for text in ana.texts if "not escalated" in text)
    assert "L1 Service desk was called at 09:30 UTC, and nobody has answered yet." in said
    ana.write(f"{re.search(r'reply ([0-9]+) ESCALATE', said)[1]} escalate access the vault")
    assert fresh(called).run.place == 1


def test_who_has_read_of_it_by_another_way_may_mean_that_step(called, ana, cast, clock):
    Delivery.objects.filter(person=cast.ana, channel="sms").update(state="failed", next_at=None)
    mail = ContactMethod.objects.get(person=cast.ana, channel="email")
    read = Delivery.objects.filter(person=cast.ana, channel="sms").first()
    read.pk, read.channel, read.method, read.state, read.tried_at = None, "email", mail, "sent", kit_clock.now()
    read.save()
    ana.gateway.post(NUMBER, "escalate access the vault")
    assert fresh(called).run.place == 1


def test_the_code_of_the_step_before_still_acknowledges(gone_on, ana, cast):
    ana.write(f"{ana.code} ACK")
    assert fresh(gone_on).run.holder == cast.ana


@pytest.mark.rehearsal("long")
def test_a_message_of_the_later_step_has_a_code_of_its_own(in_both_tiers, ana, cast, open_incident, clock):
    """Ana's second text message was planned for after the second step, so it tells of that one."""
    again = method(cast.ana, "sms", OTHER)
    for urgency in ("loud", "quiet"):
        rules(cast.ana, urgency, (ana.way, 0), (ana.way, 7), (again, 7))
    incident = open_incident("Card payments fail", people_affected=200)
    first = ana.code
    clock.forward(minutes=7)
    second = ana.code
    assert second != first
    assert "not escalated" in ana.write(f"{first} escalate access")
    ana.write("escalate access")  # the last message told of this step
    assert fresh(incident).run.tier == cast.tiers["l3"]


# --- codes ----------------------------------------------------------------------------------------------


def test_a_code_is_bound_to_its_number(called, ana, tom, cast):
    assert tom.write(f"{ana.code} ack") == f"{ana.code} is none of your calls. Nothing is asked of you now."
    assert fresh(called).run.holder is None


def test_a_code_is_of_no_use_once_the_number_is_somebody_elses(called, ana, cast, gateway):
    code = ana.code
    ContactMethod.objects.filter(pk=ana.way.pk).update(removed_at=kit_clock.now())
    rita = gateway.phone(cast.rita, NUMBER)
    assert rita.write(f"{code} ack") == f"{code} is none of your calls. Nothing is asked of you now."
    assert fresh(called).run.holder is None


def test_a_call_keeps_its_code_in_every_message_about_it(called, ana, cast):
    assert ana.texts
    delivery = Delivery.objects.get(person=cast.ana, channel="sms", kind="call")
    again = replycodes.code_of(delivery, NUMBER)
    by_mail = Delivery(person=cast.ana, cause=delivery.cause, channel="email")
    assert str(again) == str(replycodes.code_of(by_mail, NUMBER)) == ana.code
    assert ReplyCode.objects.count() == 1


def test_no_code_comes_again_before_it_has_rested(called, cast, clock):
    delivery = Delivery.objects.filter(person=cast.ana, kind="call").first()
    given = []
    for n in range(200):
        delivery.cause = f"made-up-{n}"  # another call each time
        given.append(replycodes.code_of(delivery, NUMBER))
    assert len(set(given)) == 200
    assert sum(code < 100 for code in given) == 46, "short while half of the short ones are free"
    clock.jump(seconds=replycodes.REST.total_seconds())
    delivery.cause = "made-up-after"
    assert replycodes.code_of(delivery, NUMBER) < 100


def test_codes_are_no_sequence():
    assert len({replycodes.drawn(()) for _ in range(60)}) > 10


def test_two_people_with_one_telephone_are_told_apart(called, ana, cast, gateway, open_incident):
    jo = gateway.phone(cast.jo, NUMBER)
    other = open_incident("The shop is slow", people_affected=200)
    assert jo.texts
    said = ana.write("ack")
    assert f"{other.ref} (Ana)" in said
    assert f"{other.ref} (Jo)" in said
    code = re.search(rf"(\d+) {other.ref} \(Jo\)", said)[1]
    ana.write(f"{code} ack")
    assert fresh(other).run.holder == cast.jo


# --- the door -------------------------------------------------------------------------------------------


def test_a_gateway_that_posts_twice_is_heard_once(called, ana, cast):
    code = ana.code
    assert ana.write(f"{code} escalate access", same="SM1")
    assert ana.write(f"{code} escalate access", same="SM1") == ""
    assert Entry.objects.filter(trail=called.trail_id, kind="called").count() == 2
    assert Heard.objects.count() == 1


def test_an_unknown_number_gets_no_answer_and_the_log_does_not_name_it(called, ana, gateway, caplog):
    for number in ("+4915799999999", "Bank", "", "+49\x00"):
        caplog.clear()
        answer = gateway.post(number or "?", "ack")
        assert (answer.status_code, answer.content) == (204, b"")
        assert "nobody's" in caplog.text
        assert "15799999999" not in caplog.text
    assert len(ana.texts) == 1
    assert fresh(called).run.holder is None


@pytest.mark.parametrize("change", ["unverified", "removed", "gone", "inactive"])
def test_only_a_way_that_still_is_one_answers(called, ana, cast, gateway, change):
    code, at = ana.code, kit_clock.now()
    if change == "inactive":
        cast.ana.is_active = False
        cast.ana.save()
    else:
        fields = {"unverified": {"verified_at": None}, "removed": {"removed_at": at}, "gone": {"gone_at": at}}
        ContactMethod.objects.filter(pk=ana.way.pk).update(**fields[change])
    assert gateway.post(NUMBER, f"{code} ack").status_code == 204
    assert fresh(called).run.holder is None


@pytest.mark.rehearsal("long")
def test_two_machines_do_not_answer_each_other_for_ever(ana, gateway, clock):
    answered = [bool(ana.write("I am driving and will answer later")) for _ in range(20)]
    assert answered == [True] * texts.MOST_AN_HOUR + [False] * (20 - texts.MOST_AN_HOUR)
    clock.jump(hours=1, seconds=1)
    assert ana.write("help")


def test_an_answer_that_is_done_is_done_even_if_nothing_is_said_back(called, ana, cast, monkeypatch):
    monkeypatch.setattr(texts, "MOST_AN_HOUR", 0)
    assert ana.write("ack") == ""
    assert fresh(called).run.holder == cast.ana


def test_an_answer_waits_for_no_window_and_leaves_alone(settings, called, ana, open_incident):
    assert ana.texts
    settings.BUNDLE_SECONDS = 60
    open_incident("The shop is slow", people_affected=200)  # waits for the window's end
    assert "calls are open" in ana.write("help")


@pytest.mark.parametrize(
    ("address", "status"),
    [(DOOR, 405), (f"{DOOR}x", 404), ("/integrations/sms/x", 404), (f"/integrations/sms/{'é' * 20}", 404)],
)
def test_the_door_is_for_who_knows_the_key_and_posts(gateway, address, status):
    here = Client()
    answer = here.get(address) if status == 405 else here.post(address, "{}", content_type="application/json")
    assert answer.status_code == status
    assert KEY not in answer.content.decode()


def test_without_a_key_there_is_no_door_and_no_message_asks_for_a_reply(settings, gateway, called, ana):
    settings.SMS_REPLY_KEY = ""
    assert "Reply" not in ana.last
    assert gateway.post(NUMBER, "ack").status_code == 404
    assert Client().post("/integrations/sms/", "{}", content_type="application/json").status_code == 404


@pytest.mark.parametrize(
    ("media", "body", "status"),
    [
        ("application/json", b"", 422),
        ("application/json", b"\xff\xfe", 422),
        ("application/json", b"[" * 50_000, 422),
        ("application/json", b"[]", 422),
        ("application/json", b'{"from": {"a": 1}, "text": [], "id": null}', 422),
        ("application/json", b'{"from": "+4930901821", "text": "ack"}', 422),
        ("application/json", b'{"from": "+4930901821", "id": ' + b"9" * 6000 + b"}", 422),
        ("application/json", b'{"from": "+4930901821", "id": "' + b"x" * 600 + b'"}', 422),
        ("application/json", b'{"from": "+4930901821", "text": "\\ud800\\u0000", "id": "\\ud800a"}', 204),
        ("application/json", b'{"from": "+4930901821", "text": 47, "id": 4711}', 204),
        ("application/x-www-form-urlencoded", b"&" * 300 + b"a=1&" * 300, 422),
        ("application/x-www-form-urlencoded", b"from=%2B4930901821&text=%FF%00&id=1", 204),
        ("multipart/form-data", b"x", 422),
        ("", b"x", 422),
        ("application/json", b'{"from": "' + b"x" * 70_000, 413),
    ],
)
def test_whatever_is_posted_is_never_trouble(ana, media, body, status):
    answer = Client().post(DOOR, body, content_type=media)
    assert answer.status_code == status
    assert Entry.objects.filter(kind="acknowledged").count() == 0


SHAPES = [
    ("twilio", {}, "form", {"From": NUMBER, "Body": "{code} ack", "MessageSid": "SM1", "To": OTHER}),
    ("form", {}, "form", {"from": NUMBER, "text": "{code} ack", "id": "7"}),
    ("json", {}, "json", {"from": NUMBER[1:], "text": "{code} ack", "id": 7}),
    (
        "json",
        {"from": "msisdn", "id": "messageId"},
        "form",
        {"msisdn": NUMBER[1:], "text": "{code} ack", "messageId": "0A"},
    ),
    (
        "json",
        {"from": "results.0.from", "text": "results.0.text", "id": "results.0.messageId"},
        "json",
        {"results": [{"from": NUMBER[1:], "text": "{code} ack", "messageId": "1"}]},
    ),
]


@pytest.mark.parametrize(("shape", "fields", "how", "said"), SHAPES)
def test_common_gateways_are_understood(settings, called, ana, cast, shape, fields, how, said):
    text = json.dumps(said).replace("{code}", ana.code)
    settings.SMS = {**settings.SMS, "shape": shape}
    settings.SMS_REPLY_FIELDS = fields
    if how == "json":
        answer = Client().post(f"{DOOR}/", text, content_type="application/json; charset=utf-8")
    else:
        from urllib.parse import urlencode

        answer = Client().post(DOOR, urlencode(json.loads(text)), content_type="application/x-www-form-urlencoded")
    assert (answer.status_code, answer.content) == (204, b"")
    assert fresh(called).run.holder == cast.ana


@pytest.mark.rehearsal("long")
def test_trouble_of_ours_is_told_and_the_same_message_is_heard_again(called, ana, cast, gateway, monkeypatch):
    code = ana.code
    with monkeypatch.context() as broken:
        broken.setattr(texts.outbox, "post", lambda *_, **__: 1 / 0)
        assert gateway.post(NUMBER, f"{code} ack", same="SM1").status_code == 503
    assert fresh(called).run.holder is None, "all of it or nothing"
    assert "You have it now." in ana.write(f"{code} ack", same="SM1")
    assert fresh(called).run.holder == cast.ana


def test_who_tries_keys_is_soon_asked_to_wait(gateway):
    thief = Client(REMOTE_ADDR="203.0.113.7")
    codes = [thief.post(f"/integrations/sms/{n}", "{}", content_type="application/json").status_code for n in range(40)]
    assert (codes[0], codes[-1]) == (404, 429)


def test_settings_are_checked(monkeypatch):
    from django.core.exceptions import ImproperlyConfigured

    from escalation.kit.environment import Environment

    env = Environment()
    monkeypatch.setenv("BATON_TRIED", "from=a, text=b.c id=d")
    assert env.fields("TRIED") == {"from": "a", "text": "b.c", "id": "d"}
    for wrong in ("sender=a", "from=", "from"):
        monkeypatch.setenv("BATON_TRIED", wrong)
        with pytest.raises(ImproperlyConfigured, match="BATON_TRIED"):
            env.fields("TRIED")
    for wrong in ("short", "x" * 19, "a/b" * 10):
        monkeypatch.setenv("BATON_TRIED", wrong)
        with pytest.raises(ImproperlyConfigured, match="BATON_TRIED"):
            env.door_key("TRIED")


def test_what_was_heard_is_forgotten_in_time(ana, clock):
    ana.write("help")
    clock.jump(seconds=timedelta(days=31).total_seconds())
    ana.write("help")
    assert Heard.objects.count() == 1


def test_a_message_that_asks_nothing_names_no_code(called, ana, cast):
    called.acknowledge(by=cast.ana)
    fresh(called).reassign(by=cast.ada, to=cast.jo)
    assert "It is no longer yours" in ana.last
    assert "Reply" not in ana.last
    assert method(cast.jo, "sms", OTHER)
