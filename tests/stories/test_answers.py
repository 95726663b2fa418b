"""Answering from where people are: by the link of a message, without signing in."""

import json
import logging
import re
from datetime import timedelta

import pytest
from django.conf import settings as django_settings
from django.test import Client
from django.urls import reverse

from escalation.engine import answering
from escalation.engine.models import Delivery, EscalationRun, Timer
from escalation.kit.logs import HidesKeys
from escalation.notify import mattermost, slack, telegram
from escalation.notify.message import SHORT, Recipient, compose
from escalation.notify.push import payload
from escalation.people.models import User
from escalation.policies.models import PolicyStep
from escalation.trail.models import Entry
from incidents.answers import limits
from incidents.models import Incident
from tests.answers_kit import link_of, links, mails_to, path_in, path_of, stranger, verbs, words
from tests.reach_kit import method, rules

pytestmark = pytest.mark.django_db

SECRET = "The account number is 4711"


def fresh(incident) -> Incident:
    return Incident.objects.get(pk=incident.pk)


def last(incident, kind: str) -> Entry:
    return Entry.objects.filter(trail=incident.trail_id, kind=kind).order_by("-seq").first()


def state_of_everything() -> tuple:
    tables = (EscalationRun, Timer, Delivery, Entry, Incident)
    return tuple(tuple(table.objects.order_by("pk").values_list()) for table in tables)


@pytest.fixture
def called(open_incident, clock):
    """Ana and Jo are called."""
    return open_incident("Card payments fail", symptom=SECRET)


@pytest.fixture
def offered(called, cast, clock):
    """Ana holds it and offers it to Tom."""
    called.acknowledge(by=cast.ana)
    fresh(called).hand_over(by=cast.ana, to=cast.tom, text="Yours?")
    return fresh(called)


# --- one answer -----------------------------------------------------------------------------------


def test_ana_acknowledges_from_the_mail_itself(called, cast):
    [mail] = mails_to(cast.ana)
    here = stranger()
    page = here.get(path_in(mail))
    assert page.status_code == 200
    assert verbs(page) == ["acknowledge", "escalate"]
    said = words(page)
    assert "INC-" in said
    assert "Card payments fail" in said
    assert "You answer as Ana Ruiz." in said
    answer = here.post(path_in(mail), {"verb": "acknowledge"})
    assert (answer.status_code, answer["Location"]) == (303, path_in(mail))
    assert fresh(called).run.holder == cast.ana
    entry = last(called, "acknowledged")
    assert (entry.actor_name, json.loads(entry.data)["via"]) == ("Ana Ruiz", "email")
    after = here.get(path_in(mail))
    assert verbs(after) == []
    assert "You acknowledged it You have it now." in words(after)


def test_the_record_says_by_which_way_it_was_answered(called, cast, client):
    stranger().post(link_of(cast.ana), {"verb": "acknowledge"})
    client.force_login(cast.ana)
    assert "By the link in a message (e-mail), without signing in." in words(client.get(called.get_absolute_url()))
    fresh(called).escalate(by=cast.ana, reason="time", text="At the desk")
    assert "via" not in json.loads(last(called, "called").data)


def test_an_offer_is_accepted(offered, cast):
    page = stranger().get(link_of(cast.tom))
    assert verbs(page) == ["accept", "decline"]
    stranger().post(link_of(cast.tom), {"verb": "accept"})
    assert fresh(offered).run.holder == cast.tom
    assert json.loads(last(offered, "accepted").data)["via"] == "email"


def test_an_offer_is_declined_with_a_reason_and_not_without(offered, cast):
    without = stranger().post(link_of(cast.tom), {"verb": "decline", "decline-text": " "})
    assert without.status_code == 422
    assert fresh(offered).run.offered_to == cast.tom
    stranger().post(link_of(cast.tom), {"verb": "decline", "decline-text": "On a train"})
    assert fresh(offered).run.holder == cast.ana
    entry = last(offered, "declined")
    assert (entry.said.text, json.loads(entry.data)["via"]) == ("On a train", "email")


def test_a_call_is_escalated_with_a_reason_and_not_without(called, cast, phones):
    without = stranger().post(link_of(cast.jo), {"verb": "escalate", "escalate-text": "Needs the acquirer"})
    assert without.status_code == 422
    assert "Say why it goes up" in words(without)
    assert "Needs the acquirer" in words(without), "what was typed is still there"
    stranger().post(
        link_of(cast.jo), {"verb": "escalate", "escalate-text": "Needs the acquirer", "escalate-reason": "expertise"}
    )
    assert phones.rang[-1] == "mei"
    entry = last(called, "called")
    assert (entry.actor_name, json.loads(entry.data)["via"]) == ("Jo Okafor", "email")


def test_what_was_written_is_kept_when_it_is_refused(called, cast):
    """Nobody is there on any later step: Ana's words come back with the reason."""
    User.objects.exclude(pk__in=[cast.ana.pk, cast.ada.pk]).update(is_active=False)
    sent = {"verb": "escalate", "escalate-reason": "access", "escalate-text": "Tried two restarts"}
    page = stranger().post(link_of(cast.ana), sent)
    assert page.status_code == 409
    assert "Nobody is there on any later step" in words(page)
    assert "Tried two restarts</textarea>" in page.content.decode()
    assert '<option value="access" selected' in page.content.decode()
    assert "marked fields" not in words(page)


def test_a_manager_answers_that_she_is_on_it(open_incident, cast, clock):
    PolicyStep.objects.filter(tier=cast.tiers["duty"]).update(mode="decide")
    incident = open_incident("Everything fails", people_affected=5000)
    link = link_of(cast.ines, kind="call")
    assert verbs(stranger().get(link)) == ["answer"]
    stranger().post(link, {"verb": "answer"})
    assert fresh(incident).authority_run.acknowledged_at is not None
    assert verbs(stranger().get(link)) == []


def test_the_last_resort_takes_it_at_the_end_of_the_path(called, cast, clock):
    clock.forward(hours=6)
    link = link_of(cast.ada, kind="last_resort")
    assert verbs(stranger().get(link)) == ["acknowledge"]
    stranger().post(link, {"verb": "acknowledge"})
    assert fresh(called).run.holder == cast.ada


def test_whom_it_was_given_to_can_still_send_it_up(called, cast):
    called.acknowledge(by=cast.ana)
    fresh(called).reassign(by=cast.ada, to=cast.jo)
    assert verbs(stranger().get(link_of(cast.jo, kind="assigned"))) == ["escalate"]


# --- what must not happen -------------------------------------------------------------------------


def test_a_mail_scanner_that_opens_every_link_changes_nothing(called, cast):
    mails = [*mails_to(cast.ana), *mails_to(cast.jo)]
    before = state_of_everything()
    scanner = stranger()
    for path in links(mails):
        scanner.get(path)
        scanner.head(path)
        scanner.get(f"{path}/button")
        scanner.options(path)
    assert state_of_everything() == before
    assert sum(path.startswith("/a/") for path in links(mails)) == 2


def test_the_page_shows_no_more_than_the_message_did(called, cast):
    called.note(by=cast.ana, text="The password is hunter2")
    said = words(stranger().get(link_of(cast.ana)))
    assert SECRET not in said
    assert "hunter2" not in said
    assert "Payments" not in said.replace("Card payments", ""), "nor its service"


def test_who_comes_second_reads_who_was_faster_and_who_has_it(called, cast, clock):
    jo = link_of(cast.jo)
    clock.forward(minutes=2)
    stranger().post(link_of(cast.ana), {"verb": "acknowledge"})
    late = stranger().post(jo, {"verb": "acknowledge"})
    assert late.status_code == 409
    assert "09:32 UTC Ana Ruiz acknowledged it Ana Ruiz has it now." in words(late)
    assert "Card payments" not in words(late)
    assert called.get_absolute_url() in late.content.decode()
    assert fresh(called).run.holder == cast.ana


def test_an_answer_sent_twice_counts_once(called, cast):
    link = link_of(cast.ana)
    codes = [stranger().post(link, {"verb": "acknowledge"}).status_code for _ in range(2)]
    assert codes == [303, 409]
    assert Entry.objects.filter(trail=called.trail_id, kind="acknowledged").count() == 1


def test_a_call_that_went_up_is_over_for_the_tier_before(called, cast, clock):
    link = link_of(cast.ana)
    clock.forward(minutes=5)
    late = stranger().post(link, {"verb": "acknowledge"})
    assert late.status_code == 409
    assert "09:35 UTC Baton escalated it to L2 Applications L2 Applications is called now." in words(late)
    assert fresh(called).run.acknowledged_at is None


@pytest.mark.parametrize("end", ["resolve", "hold"])
def test_what_is_resolved_or_waits_asks_nobody(called, cast, clock, end):
    link = link_of(cast.jo)
    if end == "resolve":
        called.resolve(by=cast.ana, cause="change", text="Rolled back")
    else:
        called.hold(by=cast.ana, until=clock.now() + timedelta(hours=2), text="Waiting")
    page = stranger().get(link)
    assert verbs(page) == []
    expected = {"resolve": "It is resolved.", "hold": "It is on hold until 02 Mar 11:30 UTC."}
    assert expected[end] in words(page)
    assert stranger().post(link, {"verb": "acknowledge"}).status_code == 409


def test_an_offer_that_went_back_cannot_be_accepted(offered, cast, clock):
    clock.forward(minutes=5)
    late = stranger().post(link_of(cast.tom, kind="offer"), {"verb": "accept"})
    assert late.status_code == 409
    assert fresh(offered).run.holder == cast.ana


def test_a_newer_call_has_a_link_of_its_own_and_ends_the_older_one(called, cast):
    """Re-opened, it is another run; given back to the tier, another call of the same."""
    first = link_of(cast.jo)
    called.acknowledge(by=cast.ana)
    fresh(called).reassign(by=cast.ada, tier=cast.tiers["l1"])
    second = link_of(cast.jo)
    assert first != second
    mails_to(cast.jo)
    page = stranger().get(first)
    assert verbs(page) == [] and "A newer message asks you: use its link" in words(page)
    assert verbs(stranger().get(second)) == ["acknowledge", "escalate"]


@pytest.mark.parametrize("becomes", [{"state": "queued"}, {"state": "failed"}, {"state": "sent", "channel": "voice"}])
def test_until_a_newer_message_has_brought_a_link_the_older_one_still_answers(called, cast, becomes):
    """Whoever is called again must not read that nothing is asked of them."""
    mails_to(cast.jo)
    first = link_of(cast.jo)
    called.acknowledge(by=cast.ana)
    fresh(called).reassign(by=cast.ada, tier=cast.tiers["l1"])
    newer = Delivery.objects.filter(person=cast.jo, kind="assigned", channel="email")
    assert newer.update(**becomes) == 1
    assert verbs(stranger().get(first)) == ["acknowledge", "escalate"]
    stranger().post(first, {"verb": "acknowledge"})
    assert fresh(called).run.holder == cast.jo


def test_a_chain_that_goes_on_with_the_next_step_keeps_its_link(in_both_tiers, open_incident, cast, clock):
    """She gets no second mail for the second step, so the first one must still do."""
    incident = open_incident("Card payments fail")
    mails_to(cast.ana)
    link = link_of(cast.ana)
    clock.forward(minutes=5)
    assert len(mails_to(cast.ana)) == 1
    page = stranger().get(link)
    assert verbs(page) == ["acknowledge", "escalate"]
    assert "L2 Applications was called at 09:35 UTC, and nobody has answered yet." in words(page)
    stranger().post(link, {"verb": "acknowledge"})
    assert fresh(incident).run.holder == cast.ana


def test_a_form_that_was_overtaken_escalates_no_further(in_both_tiers, open_incident, cast, clock):
    """What she wrote for the first is not sent to the third, and is kept."""
    incident = open_incident("Card payments fail")
    mails_to(cast.ana)
    link = link_of(cast.ana)
    form = {"verb": "escalate", "escalate-reason": "access", "escalate-text": "The vault"}
    seen = seen_by(stranger().get(link))
    clock.forward(minutes=5)
    late = stranger().post(link, {**form, "seen": seen})
    assert late.status_code == 409
    assert "Nothing was changed by you" in words(late) and "The vault" in words(late)
    assert fresh(incident).run.tier == cast.tiers["l2"]
    assert stranger().post(link, {**form, "seen": seen_by(late)}).status_code == 303
    assert fresh(incident).run.tier == cast.tiers["l3"]


def test_who_escalates_without_a_form_goes_no_further_than_the_step_of_the_message(
    in_both_tiers, open_incident, cast, clock
):
    incident = open_incident("Card payments fail")
    mails_to(cast.ana)
    link = link_of(cast.ana)
    clock.forward(minutes=5)
    form = {"verb": "escalate", "escalate-reason": "access", "escalate-text": "The vault"}
    late = stranger().post(f"{link}/button", form)
    assert (late.status_code, late.json()["status"]) == (409, "stale")
    assert late.json()["body"] == "L2 Applications was called at 09:35 UTC, and nobody has answered yet."
    assert fresh(incident).run.tier == cast.tiers["l2"]


def test_one_that_is_sent_twice_escalates_once(in_both_tiers, open_incident, cast, clock):
    incident = open_incident("Card payments fail")
    mails_to(cast.ana)
    link = link_of(cast.ana)
    form = {"verb": "escalate", "escalate-reason": "access", "escalate-text": "The vault"}
    form["seen"] = seen_by(stranger().get(link))
    assert stranger().post(link, form).status_code == 303
    assert stranger().post(link, form).status_code == 409
    assert fresh(incident).run.tier == cast.tiers["l2"]


def seen_by(response) -> str:
    """The state that the form on this page was made from."""
    return re.search(r'name="seen" value="([^"]+)"', response.content.decode())[1]


def test_whose_account_has_ended_answers_nothing(called, cast):
    link = link_of(cast.ana)
    cast.ana.is_active = False
    cast.ana.save()
    for answer in (stranger().get(link), stranger().post(link, {"verb": "acknowledge"})):
        assert answer.status_code == 404
        assert "INC-" not in words(answer)
    assert fresh(called).run.acknowledged_at is None


def test_a_restricted_incident_shows_nothing_to_who_may_no_longer_see_it(called, cast):
    link = link_of(cast.jo)
    Incident.objects.update(restricted=True)
    called.access.filter(person=cast.jo).delete()
    for answer in (stranger().get(link), stranger().post(link, {"verb": "acknowledge"})):
        assert answer.status_code == 404
        assert "INC-" not in words(answer)
        assert "Card" not in words(answer)


def test_in_a_browser_of_somebody_else_the_link_does_nothing(called, cast, client):
    link = link_of(cast.ana)
    client.force_login(cast.jo)
    for answer in (client.get(link), client.post(link, {"verb": "acknowledge"})):
        assert answer.status_code == 403
        assert "INC-" not in words(answer)
    assert fresh(called).run.acknowledged_at is None
    client.force_login(cast.ana)
    assert client.post(link, {"verb": "acknowledge"}).status_code == 303


def test_no_other_text_opens_anything(called, cast):
    link = link_of(cast.ana)
    token = link.removeprefix("/a/")
    other = path_of(Delivery.objects.get(person=cast.jo, channel="email")).removeprefix("/a/")
    swapped = token[:17] + other[17:]
    changed = [token[:n] + ("x" if token[n] != "x" else "y") + token[n + 1 :] for n in range(len(token))]
    for text in [swapped, *changed, token[:-1], f"{token}0", f"{token[:17]}0{token[17:]}", "0" * 18, "z" * 28, "a"]:
        limits._rates.clear()
        assert stranger().get(f"/a/{text}").status_code == 404, text
    assert stranger().get("/a/%00").status_code in (302, 404)
    assert stranger().get(f"{link}/").status_code == 200, "a slash more is forgiven"


def test_a_message_that_asks_nothing_has_no_link_and_opens_nothing(called, cast, clock):
    called.acknowledge(by=cast.ana)
    fresh(called).reassign(by=cast.ada, to=cast.jo)
    moved = Delivery.objects.get(person=cast.ana, channel="email", kind="moved")
    desk = Delivery.objects.filter(person=cast.ana, channel="desk", kind="call").first()
    for delivery in (moved, desk):
        assert stranger().get(path_of(delivery)).status_code == 404
    assert "/a/" not in mails_to(cast.ana)[-1]


def test_after_a_copy_was_put_back_another_row_with_the_same_id_stays_shut(called, cast, clock):
    delivery = Delivery.objects.get(person=cast.ana, channel="email")
    link = path_of(delivery)
    Delivery.objects.filter(pk=delivery.pk).update(queued_at=delivery.queued_at + timedelta(seconds=1))
    assert stranger().get(link).status_code == 404


def test_a_key_that_is_being_replaced_still_opens(called, cast, settings):
    link = link_of(cast.ana)
    old, settings.SECRET_KEY = settings.SECRET_KEY, "another-key-that-is-long-enough-to-be-no-warning-0123456789"
    assert stranger().get(link).status_code == 404
    settings.SECRET_KEY_FALLBACKS = [old]
    assert stranger().get(link).status_code == 200


def test_who_tries_links_is_soon_asked_to_wait_and_no_one_else_is(called, cast):
    link = link_of(cast.ana)
    thief = Client(REMOTE_ADDR="203.0.113.7")
    codes = [thief.get(f"/a/{'0' * 17}{n}").status_code for n in range(40)]
    assert codes[0] == 404
    assert codes[-1] == 429
    assert thief.get(link).status_code == 429
    assert thief.post(f"{link}/button", {"verb": "acknowledge"}).status_code == 429
    assert Client(REMOTE_ADDR="203.0.113.8").get(link).status_code == 200


@pytest.mark.parametrize("verb", ["", "resolve", "answer", "accept", "state_token", "\x00", "x" * 5000])
def test_a_verb_that_is_not_asked_for_is_none(called, cast, verb):
    before = state_of_everything()
    assert stranger().post(link_of(cast.ana), {"verb": verb}).status_code == 409
    assert stranger().post(f"{link_of(cast.ana)}/button", {"verb": verb}).status_code == 409
    assert state_of_everything() == before


def test_no_log_says_a_link(called, cast, monkeypatch, caplog):
    def broken(*_args):
        raise RuntimeError("no")

    link = link_of(cast.ana)
    monkeypatch.setattr("incidents.answers.views.find", broken)
    caplog.handler.addFilter(HidesKeys())
    client = Client(raise_request_exception=False)
    with caplog.at_level(logging.INFO):
        assert client.get(link).status_code == 500
        assert client.post(f"{link}/button", {"verb": "press"}).status_code == 500
    assert "/a/…" in caplog.text and "/a/…/button" in caplog.text
    assert link.split("/")[2] not in caplog.text


def test_the_page_is_kept_nowhere_and_named_to_nobody(called, cast):
    for address in (link_of(cast.ana), "/a/unknown"):
        answer = stranger().get(address)
        assert "no-store" in answer["Cache-Control"]
        assert answer["Referrer-Policy"] == "no-referrer"
        assert "noindex" in answer["X-Robots-Tag"]
        assert not answer.cookies


def test_times_are_the_receivers_own(called, cast, clock):
    cast.jo.time_zone = "Europe/Berlin"
    cast.jo.save()
    clock.forward(minutes=1)
    called.acknowledge(by=cast.ana)
    assert "10:31 CET Ana Ruiz acknowledged it" in words(stranger().get(link_of(cast.jo)))


# --- the buttons of a notification ----------------------------------------------------------------


def test_a_notifications_button_answers_and_is_told_what_happened(called, cast):
    done = stranger().post(f"{link_of(cast.ana)}/button", {"verb": "acknowledge"})
    assert (done.status_code, done.json()) == (
        200,
        {
            "status": "done",
            "title": called.ref,
            "body": "09:30 UTC: You acknowledged it. You have it now.",
            "link": called.get_absolute_url(),
        },
    )
    late = stranger().post(f"{link_of(cast.jo)}/button", {"verb": "acknowledge"})
    assert (late.status_code, late.json()["status"]) == (409, "stale")
    assert late.json()["body"] == "09:30 UTC: Ana Ruiz acknowledged it. Ana Ruiz has it now."


def test_one_press_is_whatever_needs_no_words(offered, cast):
    pressed = stranger().post(f"{link_of(cast.tom, kind='offer')}/button", {"verb": "press"})
    assert pressed.json()["status"] == "done"
    assert fresh(offered).run.holder == cast.tom
    fresh(offered).reassign(by=cast.ada, to=cast.jo)
    nothing = stranger().post(f"{link_of(cast.jo, kind='assigned')}/button", {"verb": "press"})
    assert (nothing.status_code, nothing.json()["status"]) == (409, "stale")


@pytest.mark.parametrize(
    ("facts", "label"),
    [
        ({"kind": "call"}, "Acknowledge"),
        ({"kind": "call", "mode": "decide"}, "Answer: I am on it"),
        ({"kind": "offer"}, "Accept"),
        ({"kind": "last_resort"}, "Acknowledge"),
        ({"kind": "assigned", "acknowledge": True}, "Acknowledge"),
        ({"kind": "assigned", "acknowledge": False}, ""),
        ({"kind": "woken"}, ""),
    ],
)
def test_a_notification_has_a_button_where_one_press_is_enough(facts, label, clock):
    ana = Recipient(7, "Ana Ruiz", "ana@example.com")
    brief = {"ref": "INC-7", "title": "Cards", "link": "/incidents/7/", "severity": 2, **facts}
    said = json.loads(payload(compose({**brief, "answer": "/a/key"}, to=ana, at=clock.now())))
    with_words = [["page", "Answer …"], ["open", "Open the incident"]]
    assert said["actions"] == ([["answer", label], ["page", "Other answers …"]] if label else with_words)
    assert said["answer"] == "/a/key"
    assert "/a/key" not in said["body"]
    assert "answer" not in json.loads(payload(compose(brief, to=ana, at=clock.now())))


def test_a_button_cannot_leave_out_the_words_and_says_so(offered, cast):
    link = f"{link_of(cast.tom, kind='offer')}/button"
    silent = stranger().post(link, {"verb": "decline"})
    assert (silent.status_code, silent.json()["status"]) == (422, "invalid")
    assert stranger().post(link, {"verb": "decline", "decline-text": "Asleep"}).json()["status"] == "done"


def test_an_unknown_button_is_told_nothing(called, cast, client):
    unknown = stranger().post("/a/0000000000000000000/button", {"verb": "acknowledge"})
    assert (unknown.status_code, unknown.json()["status"]) == (404, "unknown")
    assert "link" not in unknown.json()
    client.force_login(cast.jo)
    foreign = client.post(f"{link_of(cast.ana)}/button", {"verb": "acknowledge"})
    assert (foreign.status_code, "link" in foreign.json()) == (403, False)


# --- where the link stands ------------------------------------------------------------------------


def test_the_mail_says_where_to_answer_and_that_replies_are_not_read(called, cast):
    [mail] = mails_to(cast.ana)
    assert re.search(r"^Answer without signing in: http\S+/a/\w+$", mail, re.M)
    assert called.get_absolute_url() in mail
    assert "It does not read answers to this mail; use the links." in " ".join(mail.split())


def test_in_one_message_about_several_each_has_its_own_link(open_incident, cast, clock):
    one, two = (open_incident(title, impact=3, urgency=3) for title in ("Cards fail", "Mails fail"))
    clock.jump(seconds=20)
    three = open_incident("Phones fail", impact=3, urgency=3)
    mails = mails_to(cast.ana)
    clock.jump(seconds=20)
    mails = mails_to(cast.ana)
    paths = sorted(path for path in links(mails) if path.startswith("/a/"))
    assert len(paths) == 3
    for path in paths:
        stranger().post(path, {"verb": "acknowledge"})
    assert {fresh(incident).run.holder for incident in (one, two, three)} == {cast.ana}


def test_a_text_message_ends_in_the_link_and_is_still_short(called, cast, clock):
    way = method(cast.ana, "sms", "+491701234567")
    rules(cast.ana, "quiet", (way, 0))
    sms = Delivery(**{**Delivery.objects.filter(person=cast.ana, channel="email").values()[0], "channel": "sms"})
    sms.method = way
    said = compose(answering.facts_of(sms), to=Recipient.person(cast.ana), at=sms.queued_at)
    assert len(said.short) <= SHORT
    assert said.short.endswith(f"{django_settings.ADDRESS}{path_of(sms)}")
    assert said.short.startswith("SEV3 INC-")


@pytest.mark.parametrize(
    ("channel", "address", "own"),
    [
        ("email", "", True),
        ("sms", "+491701234567", True),
        ("ntfy", "a-topic", True),
        ("push", "a-subscription", True),
        ("slack", "U0123456", True),
        ("slack", "#ops", False),
        ("slack", "C0123456", False),
        ("slack", "https://hooks.slack.com/services/T0/B0/x", False),
        ("mattermost", "@ana", True),
        ("mattermost", "town-square", False),
        ("telegram", "12345", True),
        ("telegram", "-12345", False),
        ("telegram", "@public", False),
        ("teams", "https://x.logic.azure.com/", False),
        ("voice", "+491701234567", False),
        ("webhook", "https://example.com/", False),
        ("desk", "", False),
        ("gone", "", False),
    ],
)
def test_only_what_one_person_reads_alone_carries_a_link(called, cast, channel, address, own):
    row = Delivery.objects.filter(person=cast.ana, channel="email")[0]
    row.channel, row.method = channel, method(cast.ana, channel, address) if address else None
    assert ("answer" in answering.facts_of(row)) == own


def test_chats_show_the_link_beside_their_own(called, cast):
    ana = Recipient(7, "Ana Ruiz", "ana@example.com")
    row = Delivery.objects.filter(person=cast.ana, channel="email")[0]
    said = compose(answering.facts_of(row), to=ana, at=row.queued_at)
    link = f"{django_settings.ADDRESS}{path_of(row)}"
    assert f"<{link}|Answer without signing in>" in json.dumps(slack.written(said))
    assert json.dumps(slack.written(said)).count(link) == 1
    told = str(telegram.written(said)["text"])
    assert told.endswith(f"\n\n{link}\n{said.link}")
    assert told.count(link) == 1
    assert f"Answer without signing in: {link}" in mattermost.written(said)


def test_in_the_demonstrations_mailbox_only_the_reader_sees_where_to_answer(called, cast, client, settings):
    settings.DEMO = True
    letter = reverse("letter", args=[Delivery.objects.get(person=cast.ana, channel="email").pk])
    client.force_login(cast.jo)
    assert "/a/" not in words(client.get(letter))
    client.force_login(cast.ana)
    assert link_of(cast.ana) in words(client.get(letter))
