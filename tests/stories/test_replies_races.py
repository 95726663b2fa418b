"""Replies and presses at the same moment: each message is heard once, and one answer wins."""

import pytest
from django.db import connection

from escalation.engine.models import Delivery, Shown
from escalation.trail.models import Entry
from incidents.answers import pressing
from incidents.answers.tasks import take_buttons_away
from incidents.models import Heard, Incident
from tests.reach_kit import reached_by
from tests.slack_kit import ANAS
from tests.threads import together

pytestmark = pytest.mark.django_db(transaction=True)
OTHER = "+4930901822"


def closing(work):
    def worked() -> None:
        try:
            work()
        finally:
            connection.close()

    return worked


def test_a_gateway_that_posts_the_same_four_times_at_once(gateway, cast, clock, open_incident):
    ana = gateway.phone(cast.ana)
    incident = open_incident("Card payments fail", people_affected=200)
    code, before, codes = ana.code, len(ana.texts), []

    def post() -> None:
        codes.append(gateway.post(ana.way.address, f"{code} escalate access", same="SM1").status_code)

    together(*[closing(post)] * 4)
    assert codes == [204] * 4
    assert Entry.objects.filter(trail=incident.trail_id, kind="called").count() == 2
    assert Heard.objects.count() == 1
    assert len(ana.texts) == before + 1


def test_ana_and_jo_reply_at_once(gateway, cast, clock, open_incident):
    phones = [gateway.phone(cast.ana), gateway.phone(cast.jo, OTHER)]
    incident = open_incident("Card payments fail", people_affected=200)
    seen = [len(phone.texts) for phone in phones]
    together(*(closing(lambda phone=phone: gateway.post(phone.way.address, "ack")) for phone in phones))
    said = [" ".join(phone.texts[many:]) for phone, many in zip(phones, seen, strict=True)]
    winner = Incident.objects.get(pk=incident.pk).run.holder
    assert [winner.name in text or "You have it now" in text for text in said] == [True, True]
    assert sum("You acknowledged it." in text for text in said) == 1
    assert Entry.objects.filter(trail=incident.trail_id, kind="acknowledged").count() == 1


def test_one_who_presses_four_times_at_once(cast, clock, open_incident):
    incident = open_incident("Card payments fail")
    delivery = Delivery.objects.get(person=cast.ana, channel="email", kind="call")
    done = []
    together(*[closing(lambda: done.append(pressing.press(delivery, cast.ana, "press").done))] * 4)
    assert sorted(done) == [False, False, False, True]
    assert Entry.objects.filter(trail=incident.trail_id, kind="acknowledged").count() == 1


def test_four_workers_who_see_to_one_message_at_once(slack, cast, open_incident):
    reached_by(cast.ana, "slack", ANAS)
    incident = open_incident("Card payments fail", people_affected=200)
    slack.posted()
    incident.acknowledge(by=cast.jo)
    slack.posted()
    together(*[closing(take_buttons_away)] * 4)
    assert len(slack.edits) == 1
    assert not Shown.objects.filter(delivery__person=cast.ana).exists()
