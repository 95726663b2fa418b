"""Updates to those who must know and do not work on it: who is told, once each, and what they may read."""

import json
from datetime import time, timedelta

import pytest
from django.test import Client

from escalation.engine import deliver
from escalation.engine.models import Delivery
from escalation.kit import clock as kit_clock
from escalation.kit.errors import Refused
from escalation.notify.message import Recipient, compose
from escalation.notify.models import QuietHours
from escalation.trail.models import Entry
from escalation.trail.verifying import verify
from incidents.models import Follow, Incident, Service, Stakeholder, Target, Update, UpdateTemplate, informing
from incidents.models.audience import audience_of
from tests.stories.test_incident_page import words

pytestmark = pytest.mark.django_db


@pytest.fixture
def stake(cast):
    """Somebody, or a team, must know."""

    def name(who, service=..., severity=5):
        about = cast.service if service is ... else service
        whom = {"team": cast.teams[who]} if who in cast.teams else {"person": getattr(cast, who)}
        return Stakeholder.objects.create(service=about, severity=severity, **whom)

    return name


@pytest.fixture
def at_desk(cast):
    def sit(name):
        client = Client()
        client.force_login(getattr(cast, name))
        return client

    return sit


def send(incident, by, stage="investigating", text="Cards are refused. We are on it.", **more):
    facts = {"epoch": None, "to_stakeholders": True, "on_status_page": False, **more}
    return incident.publish_update(by=by, stage=stage, text=text, **facts)


def offered(client, incident) -> bool:
    return 'id="do-updates"' in client.get(incident.get_absolute_url()).content.decode()


def told() -> list[str]:
    rows = Delivery.objects.filter(kind="update", channel="desk").order_by("person__name")
    return list(rows.values_list("person__name", flat=True))


def facts_for(person) -> dict:
    return Delivery.objects.filter(kind="update", person=person, channel="desk").latest("id").message


# --- who is told ------------------------------------------------------------------------------


def test_stakeholders_are_told_by_their_ways_in_the_transaction_of_the_update(open_incident, cast, stake):
    stake("rita")
    incident = open_incident()
    update = send(incident, cast.ana)
    assert (update.number, update.stage, update.text) == (1, "investigating", "Cards are refused. We are on it.")
    rows = Delivery.objects.filter(kind="update")
    assert sorted(rows.values_list("person__name", "channel", "run")) == [
        ("Rita Sol", "desk", None),
        ("Rita Sol", "email", None),
    ]
    entry = Entry.objects.get(pk=update.entry_id)
    assert (entry.kind, entry.said.text) == ("update_published", update.text)
    assert [one["name"] for one in json.loads(entry.data)["people"]] == ["Rita Sol"]
    assert verify(incident.trail, now=kit_clock.now()).fault is None


@pytest.mark.parametrize(
    ("service", "from_severity", "severity", "hears"),
    [("its", 5, 4, True), ("its", 2, 2, True), ("its", 2, 3, False), ("all", 5, 3, True), ("other", 5, 1, False)],
)
def test_a_stakeholder_hears_of_their_service_from_a_severity_on(
    service, from_severity, severity, hears, open_incident, cast, stake
):
    other = Service.objects.create(name="Network", team=cast.teams["Platform"])
    stake("rita", {"its": cast.service, "all": None, "other": other}[service], from_severity)
    incident = open_incident()
    Incident.objects.filter(pk=incident.pk).update(severity=severity)
    send(incident, cast.ana)
    assert told() == (["Rita Sol"] if hears else [])


def test_each_is_told_once_however_many_reasons_there_are(open_incident, cast, stake):
    stake("Facilities")
    stake("rita")
    stake("rita", None)
    incident = open_incident()
    Follow.objects.create(incident=incident, person=cast.mei, at=incident.opened_at)
    stake("mei")
    stake("ana")  # who sends it knows it
    cast.kim.is_active = False
    cast.kim.save()
    stake("kim")
    assert send(incident, cast.ana).told == 2
    assert told() == ["Mei Tanaka", "Rita Sol"]


def test_who_was_told_once_hears_the_rest_though_it_is_less_severe(open_incident, cast, stake):
    stake("rita", severity=1)
    stake("ines", severity=1)
    incident = open_incident(people_affected=2000)
    assert incident.severity == 1
    send(incident, cast.ana)
    Stakeholder.objects.filter(person=cast.ines).delete()
    incident.set_severity(by=cast.ana, severity=4, text="Not that bad.")
    send(incident, cast.ana, stage="resolved")
    assert told() == ["Ines Moreau", "Rita Sol", "Rita Sol"]


def test_of_a_merged_incident_those_of_the_other_hear_the_rest(open_incident, cast, stake):
    orders = Service.objects.create(name="Orders", team=cast.teams["Applications"])
    stake("rita", orders)
    gone, stays = open_incident("Orders hang", service=orders), open_incident()
    Follow.objects.create(incident=gone, person=cast.mei, at=gone.opened_at)
    gone.merge_into(stays, by=cast.ana, text="The same gateway.")
    with pytest.raises(Refused, match=f"was merged into {stays.ref}"):
        send(gone, cast.ana)
    send(stays, cast.ana)
    assert told() == ["Mei Tanaka", "Rita Sol"]
    assert facts_for(cast.rita)["service"] == "Payments"


# --- what they may read -----------------------------------------------------------------------


def test_who_may_not_see_it_reads_the_words_and_the_service_and_no_more(open_incident, cast, stake):
    stake("rita")
    stake("kim")
    incident = open_incident("Card payments of Jane Doe fail")
    send(incident, cast.ana, stage="identified", text="Cards are refused.", public_title="Payments by card")
    outside, inside = facts_for(cast.rita), facts_for(cast.kim)
    assert outside == {
        "kind": "update",
        "stage": "identified",
        "service": "Payments",
        "severity": incident.severity,
        "title": "Payments by card",
        "text": "Cards are refused.",
    }
    assert (inside["ref"], inside["title"], inside["by"]) == (incident.ref, incident.title, "Ana Ruiz")
    said = compose(outside, to=Recipient.person(cast.rita), at=incident.opened_at)
    for text in (said.subject, said.short, said.full, said.head, said.line):
        assert "the cause is known" in text or text == said.head
        for secret in (incident.ref, "Jane Doe", "Ana", f"/incidents/{incident.number}"):
            assert secret not in text
    assert "> Cards are refused." in said.full and said.short.startswith("SEV3 Payments – Payments by card")


def test_of_a_restricted_incident_outsiders_hear_nothing(open_incident, cast, stake):
    stake("rita")
    stake("kim")
    stake("jo")
    incident = open_incident()
    Follow.objects.create(incident=incident, person=cast.mei, at=incident.opened_at)
    incident.restrict(by=cast.ana, text="Names of customers.")
    audience = audience_of(incident, but=cast.ana)
    assert ([one.name for one in audience.people], audience.left_out) == (["Jo Okafor"], 2)  # she was called
    send(incident, cast.ana)
    assert told() == ["Jo Okafor"]
    with pytest.raises(Refused, match="restricted"):
        send(incident, cast.ana, on_status_page=True)


def test_what_waits_when_it_is_restricted_does_not_leave(open_incident, cast, stake):
    for who in ("rita", "kim", "jo"):
        stake(who)
    incident = open_incident()
    send(incident, cast.ana)
    deliver.deliver_due()  # to the desk, and to whom it may be sent now
    send(incident, cast.ana, stage="identified")
    incident.restrict(by=cast.ana, text="Names of customers.")
    waited = Delivery.objects.filter(kind="update", channel="email", message__stage="identified")
    states = dict(waited.values_list("person__name", "state"))
    assert states == {"Rita Sol": "cancelled", "Kim Berg": "cancelled", "Jo Okafor": "queued"}


def test_restricted_later_nothing_of_it_is_for_the_status_page(open_incident, cast):
    incident = open_incident()
    update = send(incident, cast.ana, on_status_page=True)
    assert list(Update.objects.on_status_page()) == [update]
    incident.restrict(by=cast.ana, text="Names of customers.")
    assert not Update.objects.on_status_page().exists()


# --- how it leaves ----------------------------------------------------------------------------


def test_nobody_is_woken_and_what_waited_leaves_as_one_message(open_incident, cast, stake, clock, mailoutbox):
    """However severe it is; and updates that come fast are read together, the oldest first."""
    QuietHours.objects.create(person=cast.rita, begins=time(9), ends=time(10))
    stake("rita")
    incident = open_incident(people_affected=2000)
    send(incident, cast.ana, text="Cards are refused.")
    send(incident, cast.ana, stage="resolved", text="Cards are taken again.")
    incident.resolve(by=cast.ana, cause="change", text="Rolled back.")
    deliver.deliver_due()
    assert not [mail for mail in mailoutbox if mail.to == ["rita@example.com"]]
    clock.forward(minutes=31)
    deliver.deliver_due()
    [mail] = [mail for mail in mailoutbox if mail.to == ["rita@example.com"]]
    assert mail.body.index("Cards are refused.") < mail.body.index("Cards are taken again.")


def test_a_withdrawn_update_reaches_nobody_else_and_stays_on_record(open_incident, cast, stake, at_desk):
    stake("rita")
    incident = open_incident()
    update = send(incident, cast.ana, on_status_page=True, text="All data is lost.")
    incident.withdraw_update(by=cast.jo, number=1, text="It is not.")
    update.refresh_from_db()
    assert update.withdrawn_by == cast.jo and not Update.objects.on_status_page().exists()
    assert set(Delivery.objects.filter(kind="update").values_list("state", flat=True)) == {"cancelled"}
    again = at_desk("ana").post(f"{incident.get_absolute_url()}updates/1/withdrawal/", {"text": "It is not."})
    assert again.status_code == 409 and "withdrawn already" in words(again)
    page = words(at_desk("ana").get(incident.get_absolute_url()))
    assert "Jo Okafor withdrew update 1" in page and "Withdrawn by Jo Okafor." in page
    with pytest.raises(Refused, match="already"):
        incident.withdraw_update(by=cast.jo, number=1, text="Again.")
    with pytest.raises(Refused):
        incident.withdraw_update(by=cast.jo, number=2, text="There is none.")
    assert verify(incident.trail, now=kit_clock.now()).fault is None


def test_two_who_write_at_once_send_one(open_incident, cast, stake):
    stake("rita")
    incident = open_incident()
    epoch = incident.update_epoch
    incident.acknowledge(by=cast.ana)
    send(incident, cast.ana, epoch=epoch)  # that somebody took it makes what is written no less true
    with pytest.raises(Refused, match="Ana Ruiz has sent update 1 meanwhile"):
        send(incident, cast.jo, epoch=epoch)
    epoch = incident.update_epoch
    incident.resolve(by=cast.ana, cause="change", text="Rolled back.")
    with pytest.raises(Refused, match="resolved, re-opened or merged"):
        send(incident, cast.jo, epoch=epoch)
    assert told() == ["Rita Sol"]


def test_what_cannot_be_sent(open_incident, cast):
    incident = open_incident()
    for facts in ({"to_stakeholders": False}, {"text": "  "}, {"text": "x" * 4001}):
        with pytest.raises(Refused):
            send(incident, cast.ana, **facts)
    for stranger in (cast.rita, cast.otto):
        with pytest.raises(Refused, match="look at"):
            send(incident, stranger)
    assert not Update.objects.exists()


def test_an_update_keeps_the_promise_to_send_one(open_incident, cast, clock):
    Target.objects.create(kind="update", minutes=60)
    incident = open_incident()
    clock.forward(minutes=30)
    send(incident, cast.ana)
    due = incident.promises.get(kind="update").due_at
    assert due == clock.now() + timedelta(minutes=60)


# --- at the desk ------------------------------------------------------------------------------


def test_sending_one_from_the_page(open_incident, cast, stake, at_desk, clock):
    """Without script: the dialog is a page, says who will read it, is filled in from a template, and corrected."""
    stake("rita")
    stake("kim")
    Target.objects.create(kind="update", minutes=60)
    UpdateTemplate.objects.create(
        name="First word", text="{service} ({severity}) since {since}. Next by {next_update}."
    )
    UpdateTemplate.objects.create(name="Cause", stage="identified", text="We know why: {people_affected} see it.")
    incident, ana = open_incident(people_affected=150), at_desk("ana")
    assert offered(ana, incident)
    address = f"{incident.get_absolute_url()}updates/"
    dialog = ana.get(address)
    said = words(dialog)
    assert "A message to 2 people" in said and "Kim Berg" in said and "Rita Sol may not see it" in said
    assert dialog.context["form"]["text"].value() == "Payments (SEV2) since 09:30 UTC. Next by 10:30 UTC."
    assert "status page" not in said  # there is none
    typed = {
        "epoch": incident.update_epoch,
        "stage": "identified",
        "to_stakeholders": "on",
        "template": "",
        "text": "x",
    }
    filled = ana.post(address, {**typed, "find": "1"})
    assert filled.context["form"]["text"].value() == "We know why: 150 people see it."
    assert not Update.objects.exists()
    sent = ana.post(address, {**typed, "text": "We know why."}, follow=True)
    assert "Update 1 goes to 2 people." in words(sent)
    assert "identified" in words(sent) and "Told: Kim Berg and Rita Sol." in words(sent)
    again = ana.post(address, {**typed, "text": "We know why."})
    assert again.status_code == 409 and "has sent update 1 meanwhile" in words(again)
    assert told() == ["Kim Berg", "Rita Sol"]


def test_the_dialog_says_what_is_wrong_at_its_place(open_incident, cast, stake, at_desk):
    incident, ana = open_incident(), at_desk("ana")
    address = f"{incident.get_absolute_url()}updates/"
    wrong = ana.post(address, {"stage": "sold", "text": "", "public_title": "x" * 121})
    assert wrong.status_code == 422
    assert set(wrong.context["form"].errors) == {"stage", "text", "public_title", "to_stakeholders"}
    for missing in (2, 10**30):
        assert ana.get(f"{address}{missing}/withdrawal/").status_code == 404
    assert ana.post(address, {"stage": "\x00", "find": "1", "template": "9" * 40}).status_code == 200


def test_a_status_page_is_asked_for_where_there_is_one(open_incident, cast, at_desk, monkeypatch):
    monkeypatch.setattr(informing, "shows", [lambda incident: True])
    incident, ana = open_incident(), at_desk("ana")
    assert offered(ana, incident)
    address = f"{incident.get_absolute_url()}updates/"
    typed = {"stage": "watching", "text": "It works.", "on_status_page": "on", "public_title": "Payments by card"}
    assert ana.post(address, typed).status_code == 302
    [update] = Update.objects.on_status_page().with_words()
    assert (update.public_title, update.text, update.told) == ("Payments by card", "It works.", 0)
    form = ana.get(address).context["form"]
    assert (form["on_status_page"].value(), form["public_title"].value()) == (True, "Payments by card")
    incident.restrict(by=cast.ana, text="Names.")
    assert "status page" not in words(ana.get(address))


def test_following_is_for_who_may_see_it(open_incident, cast, at_desk):
    incident = open_incident()
    address = f"{incident.get_absolute_url()}follow/"
    assert at_desk("rita").post(address).status_code == 404
    otto = at_desk("otto")  # who may only look may follow
    for _twice in range(2):
        assert otto.post(address).status_code == 302
    assert Follow.objects.count() == 1
    assert otto.post(f"{incident.get_absolute_url()}updates/").status_code == 403
    send(incident, cast.ana)
    assert told() == ["Otto Falk"]
    assert "You follow it." in words(otto.get(incident.get_absolute_url()))
    otto.post(f"{address}end/")
    send(incident, cast.ana)
    assert told() == ["Otto Falk"]


def test_what_waits_for_who_stops_following_does_not_leave(open_incident, cast, stake):
    incident = open_incident()
    stake("kim")
    for person in (cast.jo, cast.kim):
        Follow.objects.create(incident=incident, person=person, at=incident.opened_at)
    send(incident, cast.ana)
    for person in (cast.jo, cast.kim):
        Incident.objects.get(pk=incident.pk).unfollow(by=person)
    waits = Delivery.objects.filter(kind="update", state=Delivery.State.QUEUED).exclude(channel="desk")
    assert [row.person for row in waits] == [cast.kim]  # whom admins named


def test_nothing_is_offered_where_nobody_could_be_told(open_incident, cast, at_desk):
    incident = open_incident()
    assert not offered(at_desk("ana"), incident)
    other = open_incident("Another")
    Follow.objects.create(incident=incident, person=cast.mei, at=incident.opened_at)
    assert offered(at_desk("ana"), incident) and not offered(at_desk("otto"), incident)
    assert not offered(at_desk("ana"), other)
    found = at_desk("ana").get("/go/", {"q": "update", "incident": incident.number})
    assert [option.label for option in found.context["groups"][0].options] == ["Send an update"]


def test_who_may_not_see_it_sees_no_update_of_it(open_incident, cast, stake, at_desk):
    stake("rita")
    incident, rita = open_incident(), at_desk("rita")
    send(incident, cast.ana, text="Cards are refused.")
    for path in ("", "updates/", "updates/1/withdrawal/", "follow/", "follow/end/"):
        assert rita.get(f"{incident.get_absolute_url()}{path}").status_code == 404
        if path:
            assert rita.post(f"{incident.get_absolute_url()}{path}").status_code == 404
    for path in ("/", "/queue/?q=refused", "/go/?q=refused"):
        assert "Cards are refused" not in words(rita.get(path))
