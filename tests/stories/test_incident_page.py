"""The incident's page and its verbs, as people without a line of script use them."""

import json
import re
from datetime import timedelta
from html import unescape
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.template.loader import get_template
from django.test import Client
from django.urls import reverse

from escalation.engine import climb, moves, tasks
from escalation.engine.models import Delivery
from escalation.engine.work import Work
from escalation.people.models import Skill
from escalation.policies.models import PolicyStep
from escalation.trail import triggers
from escalation.trail.models import Entry
from escalation.trail.writing import ENGINE, Actor
from incidents import heartbeat_admin
from incidents.models import Alert, AlertKey, Incident, Source

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_enough]

HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"


@pytest.fixture
def sign_in():
    def client_of(user, **headers) -> Client:
        client = Client(headers=headers or None)
        client.force_login(user)
        return client

    return client_of


@pytest.fixture
def worked(open_incident, clock, cast):
    incident = open_incident("Card payments fail", symptom="Probe checkout_card fails", people_affected=150)
    clock.forward(minutes=1)
    incident.acknowledge(by=cast.ana)
    return fresh(incident)


def fresh(incident) -> Incident:
    return Incident.objects.get(pk=incident.pk)


def url(name: str, incident) -> str:
    return reverse(name, args=[incident.number])


def words(response) -> str:
    """What somebody reads: the markup gone."""
    text = re.sub(r"<(script|style|template)\b.*?</\1>", "", response.content.decode(), flags=re.S)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", text)).split())


def main(response) -> str:
    html = response.content.decode()
    return html[html.index("<main") : html.index("</main>")]


def head(response) -> str:
    html = main(response)
    return html[html.index('id="acts"') : html.index("<ol")]


def primary(response) -> list[str]:
    found = re.findall(r'class="btn primary"[^>]*>([^<]+?)\s*<', head(response))
    return [label.strip() for label in found]


def post(client, name, incident, **data):
    data.setdefault("seen", fresh(incident).state_token)
    return client.post(url(name, incident), data)


# --- who sees it ------------------------------------------------------------------------------


@pytest.mark.rehearsal("long")
def test_a_stranger_does_not_find_it_and_an_auditor_only_looks(worked, cast, sign_in):
    assert sign_in(cast.rita).get(worked.get_absolute_url()).status_code == 404
    assert sign_in(cast.rita).get(url("hold", worked)).status_code == 404
    assert sign_in(cast.rita).get("/incidents/99999999999999999999999/").status_code == 404
    otto = sign_in(cast.otto)
    page = otto.get(worked.get_absolute_url())
    assert page.status_code == 200
    assert 'id="acts"' not in main(page)
    assert "compose" not in main(page)
    for name in ("acknowledgement", "escalation", "handover", "hold", "resolution", "facts", "severity", "notes"):
        assert otto.get(url(name, worked)).status_code == 403
        assert post(otto, name, worked, text="x").status_code == 403
    assert otto.get(reverse("incident-new")).status_code == 403


def test_somebody_signed_out_is_asked_to_sign_in(worked):
    assert Client().get(worked.get_absolute_url()).status_code == 302


# --- the page ---------------------------------------------------------------------------------


def test_the_page_says_what_where_who_and_what_next(open_incident, cast, clock, sign_in):
    incident = open_incident("Card payments fail", people_affected=1900)
    clock.forward(minutes=5)  # Ana and Jo did not acknowledge
    incident.acknowledge(by=cast.mei)
    clock.forward(minutes=2)
    page = sign_in(cast.mei).get(incident.get_absolute_url())
    text = words(page)
    assert f"SEV1 {incident.ref}" in text
    assert "Payments · opened 09:30 by Ana Ruiz · 1,900 people affected" in text
    assert "not acknowledged in 5 min" in text
    assert "Mei Tanaka holds the baton" in text
    assert "Tom Adeyemi" in text
    assert "Ada Lund, last resort" in text
    assert "Ines Moreau , Duty manager, informed 09:30" in text
    assert "people affected ≥ 1,000" in text
    assert "chain intact" in text
    assert page.content.decode().count("<h1") == 1
    assert 'data-due="2026-03-02T10:05:00+00:00"' in main(page)
    assert 'title="2 Mar 2026 09:30:00 UTC"' in main(page)  # the day first, as everywhere


@pytest.mark.rehearsal("long")
def test_there_is_exactly_one_primary_button_for_each_state(open_incident, cast, clock, sign_in):
    incident = open_incident(people_affected=1900)
    where, ana, tom = incident.get_absolute_url(), sign_in(cast.ana), sign_in(cast.tom)
    assert primary(ana.get(where)) == ["Acknowledge"]
    incident.acknowledge(by=cast.ana)
    assert primary(ana.get(where)) == ["Escalate"]
    fresh(incident).hand_over(by=cast.ana, to=cast.tom, text="Look at pg-orders-2")
    assert primary(tom.get(where)) == ["Acknowledge"]
    assert "Decline" in head(tom.get(where))
    assert "Take back" in head(ana.get(where))
    fresh(incident).take_back(by=cast.ana)
    fresh(incident).hold(by=cast.ana, until=clock.now() + timedelta(hours=1), text="Supplier")
    assert primary(ana.get(where)) == ["Resume"]
    fresh(incident).resume(by=cast.ana)
    fresh(incident).resolve(by=cast.ana, cause="change", text="Rolled back")
    assert primary(ana.get(where)) == ["Re-open"]
    clock.forward(days=8)
    closed = ana.get(where)
    assert 'id="acts"' not in main(closed)
    assert f"?after={incident.number}" in main(closed)


def test_a_manager_asked_to_decide_answers(open_incident, cast, sign_in):
    PolicyStep.objects.filter(tier=cast.tiers["duty"]).update(mode="decide")
    incident = open_incident(people_affected=1900)
    ines = sign_in(cast.ines)
    assert primary(ines.get(incident.get_absolute_url())) == ["Answer"]
    assert post(ines, "answer", incident).status_code == 302
    assert "Ines Moreau answered: on it" in words(ines.get(incident.get_absolute_url()))


def test_the_page_costs_few_queries_and_a_part_fewer(worked, cast, clock, sign_in, django_assert_max_num_queries):
    fresh(worked).attempt(by=cast.ana, text="Restarted", outcome="no_effect")
    client = sign_in(cast.ana)
    client.get(worked.get_absolute_url())
    with django_assert_max_num_queries(10):
        part = client.get(worked.get_absolute_url() + "?part=now", headers={"HX-Request": "true"})
    assert "<html" not in part.content.decode()
    bar = 8  # the numbers beside the tabs and the live version
    with django_assert_max_num_queries(15 + bar):
        client.get(worked.get_absolute_url())


def test_on_hold_the_strip_sleeps(worked, cast, clock, sign_in):
    fresh(worked).hold(by=cast.ana, until=clock.now() + timedelta(hours=4), text="Supplier")
    text = words(sign_in(cast.ana).get(worked.get_absolute_url()))
    assert "sleeps until 13:31 , then 15 min left" in text
    assert "15 min after waking" in text


def test_the_end_of_the_path_is_loud(open_incident, cast, clock, sign_in):
    incident = open_incident()
    clock.forward(minutes=25)
    page = sign_in(cast.ana).get(incident.get_absolute_url())
    assert "Nobody is left to call." in words(page)
    assert "Ada Lund, last resort, was called" in words(page)
    assert primary(page) == ["Acknowledge"]


def test_an_edited_policy_is_said_quietly(worked, cast, sign_in):
    cast.policy.version += 1
    cast.policy.save()
    assert "goes on with version 1" in words(sign_in(cast.ana).get(worked.get_absolute_url()))


@pytest.mark.rehearsal("long")
def test_many_rounds_fold_into_few_stops(open_incident, cast, clock, sign_in):
    cast.policy.rounds = 5
    cast.policy.save()
    incident = open_incident()
    page = sign_in(cast.ana).get(incident.get_absolute_url())
    assert main(page).count('class="stop ') == 5
    assert "more steps" in words(page)
    clock.forward(minutes=60)
    page = sign_in(cast.ana).get(incident.get_absolute_url())
    assert "round" in words(page)
    assert main(page).count('class="stop ') == 5


def test_times_are_the_viewers(worked, cast, sign_in):
    cast.ana.time_zone = "Asia/Tokyo"
    cast.ana.save()
    text = words(sign_in(cast.ana).get(worked.get_absolute_url()))
    assert "opened 18:30" in text
    cast.ana.time_zone = "Mars/Olympus"
    cast.ana.save()
    assert "opened 09:30" in words(sign_in(cast.ana).get(worked.get_absolute_url()))


# --- hostile text -----------------------------------------------------------------------------


def test_hostile_text_stays_text(open_incident, cast, clock, sign_in):
    cast.jo.name = f"Jo {HOSTILE}"[:110]
    cast.jo.save()
    source = Source.objects.create(name=f"Mon {HOSTILE}"[:70], service=cast.service)
    seen = f"{HOSTILE} javascript:alert(3) https://ok.example/?a=1&b=2"
    incident = open_incident(HOSTILE, symptom=seen, source=source)
    times = {"first_seen": clock.now(), "last_seen": clock.now()}
    key = AlertKey.objects.create(source=source, key="k", incident=incident, **times)
    for number, link in enumerate(("javascript:alert(4)", "https://grafana.example/d/1")):
        Alert.objects.create(
            key=key,
            fingerprint=str(number),
            state="firing",
            summary=HOSTILE,
            link=link,
            starts_at=clock.now(),
            last_seen=clock.now(),
        )
    incident.acknowledge(by=cast.jo)
    incident.note(by=cast.jo, text=f"{HOSTILE} see http://x.example/a. javascript:alert(5)")
    incident.hand_over(by=cast.jo, to=cast.tom, text=HOSTILE)
    html = sign_in(cast.tom).get(incident.get_absolute_url()).content.decode()
    assert "<script>alert" not in html
    assert "<img src=x" not in html
    assert 'href="javascript' not in html
    rel = 'rel="noopener noreferrer nofollow"'
    assert f'<a class="link" href="http://x.example/a" {rel}>http://x.example/a</a>.' in html
    assert 'href="https://grafana.example/d/1"' in html
    assert 'href="https://ok.example/?a=1&amp;b=2"' in html


# --- the verbs, without script ----------------------------------------------------------------


def test_ana_acknowledges_with_a_plain_form(open_incident, cast, sign_in):
    incident = open_incident()
    ana = sign_in(cast.ana)
    assert ana.get(url("acknowledgement", incident)).status_code == 200
    answer = post(ana, "acknowledgement", incident)
    assert (answer.status_code, answer.url) == (302, incident.get_absolute_url())
    assert "You hold" in words(ana.get(answer.url))
    assert fresh(incident).run.holder == cast.ana


def test_a_stale_form_says_who_was_faster_and_keeps_the_text(open_incident, cast, sign_in):
    incident = open_incident()
    seen = incident.state_token
    incident.acknowledge(by=cast.jo)
    ana = sign_in(cast.ana)
    late = post(ana, "acknowledgement", incident, seen=seen)
    assert late.status_code == 409
    assert "Jo Okafor was faster" in words(late)
    late = post(ana, "resolution", incident, seen=seen, text="I restarted it", cause="software")
    assert late.status_code == 409
    assert "Jo Okafor was faster" in words(late)
    assert "I restarted it" in words(late)
    again = re.search(r'name="seen" value="([^"]+)"', main(late)).group(1)
    assert post(ana, "resolution", incident, seen=again, text="I restarted it", cause="software").status_code == 302
    assert fresh(incident).resolver == cast.ana


def test_a_button_pressed_too_late_tells_it_in_a_toast(open_incident, cast, sign_in):
    incident = open_incident()
    seen = incident.state_token
    incident.acknowledge(by=cast.jo)
    ana = sign_in(cast.ana, **{"HX-Request": "true"})
    late = post(ana, "acknowledgement", incident, seen=seen)
    said = json.loads(late["HX-Trigger"])
    assert (late.status_code, late["HX-Reswap"], said["toast"]["level"]) == (409, "none", "error")
    assert said["done"] == {"ids": [incident.number]}


def test_escalating_needs_a_reason_and_a_text_and_names_who_is_called(worked, cast, sign_in):
    ana = sign_in(cast.ana)
    dialog = ana.get(url("escalation", worked))
    assert "calls Mei Tanaka" in words(dialog)
    assert "calls Tom Adeyemi" in words(dialog)
    lap, place, _step = worked.onward()[0]
    wrong = post(ana, "escalation", worked, to=f"step:{lap}:{place}", text="")
    assert wrong.status_code == 422
    assert "the record counts the reasons" in words(wrong)
    done = ana.post(
        url("escalation", worked),
        {"seen": worked.state_token, "to": f"step:{lap}:{place}", "reason": "expertise", "text": "Acquirer trouble"},
        follow=True,
    )
    assert "Calling Mei Tanaka at L2 Applications." in words(done)
    assert "Ana Ruiz escalated to L2 Applications" in words(done)
    assert "escalated by Ana Ruiz: needs other expertise" in words(done)


def test_a_step_with_nobody_there_cannot_be_chosen(worked, cast, sign_in):
    cast.mei.is_active = cast.kim.is_active = False
    cast.mei.save()
    cast.kim.save()
    dialog = sign_in(cast.ana).get(url("escalation", worked))
    assert re.search(r'value="step:0:1"[^>]*disabled', main(dialog))
    assert "nobody is there now" in words(dialog)


@pytest.mark.rehearsal("long")
def test_handing_over_is_offered_with_a_brief_made_from_the_record(worked, cast, clock, sign_in):
    worked.attempt(by=cast.ana, text="Rolled back 4.18.2", outcome="no_effect")
    cast.tom.skills.add(Skill.objects.create(name="PostgreSQL"))
    ana, tom = sign_in(cast.ana), sign_in(cast.tom)
    dialog = ana.get(url("handover", worked))
    assert "Rolled back 4.18.2 (no effect)" in words(dialog)
    assert "Tom Adeyemi L3 Platform · PostgreSQL on this path" in words(dialog)
    assert "Rita Sol" not in words(dialog)
    found = post(ana, "handover", worked, q="rita", find="1", text="half a brief")
    assert "Rita Sol" in words(found)
    assert "half a brief" in words(found)
    assert fresh(worked).run.offered_to is None
    assert post(ana, "handover", worked, to=f"person:{cast.tom.pk}", text="Look at pg-orders-2").status_code == 302
    assert "Ana Ruiz offers the baton to Tom Adeyemi" in words(ana.get(worked.get_absolute_url()))
    page = tom.get(worked.get_absolute_url())
    assert "Ana Ruiz offers you the baton." in words(page)
    assert words(page).index("Look at pg-orders-2") < words(page).index("holds the baton")
    assert post(tom, "acknowledgement", worked).status_code == 302
    assert fresh(worked).run.holder == cast.tom


def test_an_offer_is_declined_or_taken_back(worked, cast, sign_in):
    ana, tom = sign_in(cast.ana), sign_in(cast.tom)
    post(ana, "handover", worked, to=f"person:{cast.tom.pk}", text="Yours?")
    assert post(tom, "refusal", worked, text="").status_code == 422
    assert post(tom, "refusal", worked, text="On a train").status_code == 302
    post(ana, "handover", worked, to=f"person:{cast.tom.pk}", text="Yours now?")
    assert post(ana, "withdrawal", worked).status_code == 302
    assert fresh(worked).run.offered_to is None
    assert post(tom, "acknowledgement", worked).status_code == 409


def test_only_the_holder_is_offered_people(worked, cast, sign_in):
    dialog = sign_in(cast.jo).get(url("escalation", worked))
    assert "Ana Ruiz holds the baton. Only who holds it can hand it to a person." in words(dialog)
    assert 'value="person:' not in main(dialog)


@pytest.mark.rehearsal("long")
def test_a_supervisor_reassigns_to_a_person_or_a_tier(worked, cast, sign_in):
    sam, jo = sign_in(cast.sam), sign_in(cast.jo)
    assert jo.get(url("reassignment", worked)).status_code == 403
    assert "Reassign" not in head(jo.get(worked.get_absolute_url()))
    assert "Reassign" in head(sam.get(worked.get_absolute_url()))
    assert post(sam, "reassignment", worked, to=f"person:{cast.jo.pk}").status_code == 302
    assert fresh(worked).run.holder == cast.jo
    assert post(sam, "reassignment", worked, to=f"tier:{cast.tiers['l3'].pk}", text="To the team").status_code == 302
    assert fresh(worked).run.tier == cast.tiers["l3"]
    assert post(sam, "reassignment", worked, to="tier:99999").status_code == 422


def test_holding_in_the_viewers_zone_and_resuming(worked, cast, clock, sign_in):
    cast.ana.time_zone = "Europe/Berlin"
    cast.ana.save()
    ana = sign_in(cast.ana)
    assert post(ana, "hold", worked, wake="at", text="Supplier").status_code == 422
    assert post(ana, "hold", worked, wake="at", until="2026-03-02T09:00", text="Supplier").status_code == 409  # past
    assert post(ana, "hold", worked, wake="at", until="2026-03-02T14:00", text="Supplier").status_code == 302
    assert fresh(worked).run.held_until.isoformat() == "2026-03-02T13:00:00+00:00"
    assert "sleeps until 14:00" in words(ana.get(worked.get_absolute_url()))
    assert post(ana, "resumption", worked).status_code == 302
    assert post(ana, "hold", worked, wake="tomorrow", text="Supplier").status_code == 302
    assert fresh(worked).run.held_until.isoformat() == "2026-03-03T07:00:00+00:00"


def test_resolving_and_reopening(worked, cast, sign_in):
    ana = sign_in(cast.ana)
    wrong = post(ana, "resolution", worked, text="Rolled back", cause="")
    assert wrong.status_code == 422
    assert "Rolled back" in words(wrong)
    assert post(ana, "resolution", worked, text="Rolled back", cause="change").status_code == 302
    page = words(ana.get(worked.get_absolute_url()))
    assert "Ana Ruiz resolved it" in page
    assert "a change or release" in page
    assert post(ana, "hold", worked, wake="15", text="x").status_code == 409
    assert post(ana, "notes", worked, text="For the review", kind="note").status_code == 302
    reopened = ana.post(url("reopening", worked), {"text": "It came back"}, follow=True)
    assert "Calling Ana Ruiz and Jo Okafor at L1 Service desk." in words(reopened)


def test_what_was_typed_is_never_lost(worked, cast, sign_in):
    ana = sign_in(cast.ana)
    wrong = ana.post(url("attempts", worked), {"kind": "attempt", "text": "Restarted the gateway"})
    assert wrong.status_code == 422
    assert "Restarted the gateway</textarea>" in main(wrong)
    assert "Say what it did" in words(wrong)
    part = ana.post(url("attempts", worked), {"kind": "attempt", "text": "Restarted"}, headers={"HX-Request": "true"})
    assert part.status_code == 422
    assert part.content.decode().lstrip().startswith("<form")
    whole = {"kind": "attempt", "text": "Restarted", "outcome": "worse"}
    done = ana.post(url("attempts", worked), whole, headers={"HX-Request": "true"})
    assert "Restarted" not in done.content.decode()
    assert "made it worse" in words(ana.get(worked.get_absolute_url()))
    assert ana.post(url("attempts", worked), {"kind": "note", "text": "A note"}).status_code == 302
    assert Entry.objects.filter(trail=worked.trail_id).order_by("-seq").first().kind == "note"
    worked.resolve(by=cast.ana, cause="change", text="Done")
    late = ana.post(url("attempts", worked), {"kind": "attempt", "text": "One more", "outcome": "helped"})
    assert late.status_code == 409
    assert "One more</textarea>" in main(late)


def test_facts_move_severity_and_a_severity_by_hand_has_its_reason(worked, cast, sign_in):
    ana = sign_in(cast.ana)
    assert post(ana, "facts", worked, people_affected="-1", impact="2", urgency="2").status_code == 422
    assert post(ana, "facts", worked, people_affected="1900", impact="2", urgency="2").status_code == 302
    page = words(ana.get(worked.get_absolute_url()))
    assert "People affected from 150 to 1,900" in page
    assert "severity raised to SEV1" in page
    assert post(ana, "severity", worked, severity="3", text="Only the test shop").status_code == 302
    assert "Set by Ana Ruiz: Only the test shop" in words(ana.get(worked.get_absolute_url()))
    assert post(ana, "severity", worked, severity="", text="Not only").status_code == 302
    assert fresh(worked).severity == 1


def test_two_answers_open_an_incident_and_say_who_is_called(cast, clock, sign_in):
    jo = sign_in(cast.jo)
    assert "I do not know" in words(jo.get(reverse("incident-new")))
    assert jo.post(reverse("incident-new"), {"title": " "}).status_code == 422
    done = jo.post(reverse("incident-new"), {"title": "The till is dark", "service": ""}, follow=True)
    assert "Calling Ana Ruiz and Jo Okafor at L1 Service desk." in words(done)
    assert Incident.objects.get().opened_by == cast.jo
    rita = sign_in(cast.rita)
    assert rita.post(reverse("incident-new"), {"title": "Badge readers", "people_affected": "12"}).status_code == 302


# --- the record -------------------------------------------------------------------------------


def test_a_broken_record_turns_red_and_names_the_entry(worked, cast, sign_in):
    ana = sign_in(cast.ana)
    with triggers.lifted(connection):
        Entry.objects.filter(trail=worked.trail_id, seq=2).update(actor_name="Somebody else")
    page = ana.get(worked.get_absolute_url())
    assert "entry 2 was edited" in words(page)
    part = ana.get(url("incident-record", worked), headers={"HX-Request": "true"})
    assert "entry 2 was edited" in words(part)
    assert "<html" not in part.content.decode()
    assert ana.get(url("incident-record", worked)).status_code == 302


@pytest.mark.rehearsal("long")
def test_a_long_trail_has_a_way_to_the_older_entries(worked, cast, sign_in):
    for number in range(110):
        worked.note(by=cast.ana, text=f"note number {number}")
    ana = sign_in(cast.ana)
    page = ana.get(worked.get_absolute_url())
    assert "note number 109" in words(page)
    assert "note number 1 " not in words(page)
    assert "not acknowledged" not in head(page)
    assert "Ana Ruiz holds the baton" in words(page)
    older = re.search(r'href="([^"]+before=\d+[^"]*)"', main(page)).group(1)
    assert "Opened by" in words(ana.get(unescape(older)))


WRITTEN = re.compile(r"""\.entry\(\s*[\w.]+,\s*"(\w+)",""")


def kinds_written() -> set[str]:
    found = set()
    for room in ("escalation", "incidents"):
        for file in Path(settings.BASE_DIR, room).rglob("*.py"):
            found |= set(WRITTEN.findall(file.read_text()))
    return (found | {"closed"}) - (heartbeat_admin.SAID.keys() - {"repaired"})  # those are on a record of their own


def test_every_kind_of_entry_has_its_sentence():
    kinds = kinds_written()
    assert {"called", "delivery", "offered", "facts", "exhausted", "step_failed"} <= kinds
    for kind in kinds:
        get_template(f"entries/{kind}.html")


def test_every_kind_of_entry_is_readable_and_an_unknown_one_too(worked, cast, clock, sign_in):
    ana = named = {"id": cast.ana.pk, "name": HOSTILE}
    skipped = [{"tier": "L9", "lap": 0, "place": 1}]
    told = {"act": "call", "why": "work_limit", "track": "functional", "skipped": skipped}
    step = {"runbook": named, "step": {"id": 1, "number": 2, "words": HOSTILE}}
    samples = {
        "called": {
            **told,
            "from": "L1",
            "holder": ana,
            "to": "L2",
            "lap": 0,
            "people": [named],
            "fallback": True,
            "limit_s": 300,
            "mode": "call",
            "late_s": 4000,
        },
        "also_called": {**told, "to": "L3", "people": [named]},
        "offer_returned": {"to": named, "from": named},
        "woken": {"by_hand": False, "late_s": 7200, "clock_jumped_s": 7200},
        "maintenance_began": {
            "until": clock.now().isoformat(),
            "was": None,
            "left_s": 60,
            "windows": [{"id": 1, "name": HOSTILE}],
        },
        "maintenance_moved": {"until": clock.now().isoformat(), "windows": []},
        "maintenance_ended": {"people": [named], "held_until": clock.now().isoformat()},
        "put_back": {"copy_at": clock.now().isoformat(), "people": [named], "not_sent": [{"to": named}]},
        "exhausted": {**told, "last_resort": named},
        "told_all": told,
        "awaits_shift": {**told, "act": "await", "to": "L2", "until": "2026-03-02T18:00:00+00:00", "holder": ana},
        "acknowledged": {"tier": "L1", "track": "functional", "called": True, "after_s": 94, "limit_s": 600},
        "offered": {"to": named, "limit_s": 300, "instead_of": named},
        "accepted": {"from": None, "tier": "L2", "limit_s": None},
        "declined": {"from": None},
        "taken_back": {"from": named},
        "note_taken_back": {"undoes": {"seq": 4, "kind": "note", "after_s": 6}},
        "reassigned": {"from": None, "to": None, "from_tier": "L1", "tier": "L2", "people": [named]},
        "step_failed": {"timer": "call", "last_resort": named, "attempts": 3},
        "delivery": {
            "to": named,
            "channel": "email",
            "kind": "call",
            "outcome": "failed",
            "tries": 6,
            "error": HOSTILE,
        },
        "held": {"until": clock.now().isoformat(), "left_s": None},
        "resolved": {"cause": "unknown", "tier": None, "open_s": 0, "attempts": 0},
        "reopened": {"policy": HOSTILE},
        "closed": {},
        "opened": {
            "title": HOSTILE,
            "service": None,
            "owner": "x",
            "severity": 2,
            "because": "people",
            "people_affected": 3,
            "previous": "INC-1",
            "policy": "p",
        },
        "alert": {
            "count": 3,
            "firing": 2,
            "resolved": 1,
            "joined": [HOSTILE],
            "ended": ["b"],
            "severity": {"from": 3, "to": 1, "because": "source", "least": None},
        },
        "note": {},
        "outside_acknowledged": {"tier": "L1", "said_by": HOSTILE, "limit_s": 900},
        "outside_unacknowledged": {"tier": "L1", "said_by": "", "until": None},
        "outside_note": {"said_by": HOSTILE},
        "outside_wish": {"did": HOSTILE, "said_by": HOSTILE, "why": HOSTILE, "to": HOSTILE},
        "began_work": {"tier": HOSTILE},
        "decided": {"tier": HOSTILE},
        "needs": {"needs": [HOSTILE], "added": [HOSTILE], "removed": []},
        "stopped_work": {},
        "attempt": {"outcome": "helped", "number": 1, "minutes": 7, "by_clock": True, "hypothesis": True},
        "facts": {"impact": [2, 1], "severity": {"from": 3, "to": 1, "because": "table", "least": None}},
        "runbook_ticked": {**step, "worked": False},
        "runbook_unticked": {**step, "worked": True, "ticked_by": named},
        "runbook_settled": {**step, "step": {"id": 1, "number": None, "words": HOSTILE}},
        "advice_taken": {"verdict": "now", "to": HOSTILE, "signs": [{"key": "missing", "what": HOSTILE}, {"key": "?"}]},
        "advice_declined": {"verdict": "soon", "to": "L2", "signs": [{"key": "attempts", "failed": 3}, HOSTILE]},
        "absorbed": {"ref": HOSTILE, "severity": {"from": 3, "to": 1, "because": "source", "least": None}},
        "linked": {"ref": HOSTILE, "as": "whole"},
        "unlinked": {"ref": HOSTILE},
        "let_in": {"people": [named]},
        "attached": {"file": {"id": 1, "size": 3, "sha256": "", "picture": True}},
        "detached": {"file": {"id": 1, "sha256": ""}},
        "text_taken": {"taken": {"seq": HOSTILE, "kind": HOSTILE}},
        "rule_acted": {
            "rule": {"id": 1, "name": HOSTILE},
            "does": "inform",
            "people": [named],
            "conditions": [
                {"fact": "people", "number": 50, "was": 60},
                {"fact": HOSTILE, "number": 1},
                {"number": "x"},
            ],
        },
        "restricted": {},
        "unrestricted": {},
        "update_published": {"number": 1, "stage": HOSTILE, "people": [named], "on_status_page": True},
        "update_withdrawn": {"number": 1},
        **{f"role_{what}": {"role": HOSTILE, "people": [named]} for what in ("open", "taken", "declined", "left")},
        "role_filled": {"role": "lead", "people": [named], "schedules": [named], "until": HOSTILE},
        "role_offered": {"role": "scribe", "people": [named], "tier": {"name": HOSTILE}, "instead_of": named},
        "role_kept": {"role": HOSTILE, "instead_of": named},
        "role_back": {"role": HOSTILE, "undoes": {"after_s": HOSTILE}},
        "problem_linked": {"problem": HOSTILE},
        "problem_unlinked": {"problem": HOSTILE},
        "review_declined": {"asked": named},
        "review_changed": {"number": 2},
        "review_reminded": {"number": 1, "owner": named, "due": HOSTILE, "people": [named]},
        "case_withdrawn": {"words_taken": True},
        "something_new": {"what": HOSTILE},
    }
    assert kinds_written() <= set(samples)
    with transaction.atomic():
        work = Work.lock([worked.trail_id], actor=ENGINE)
        for kind, data in samples.items():
            said = {"note": HOSTILE, "attempt": f"{HOSTILE}\n\n{HOSTILE}"}.get(kind, "")
            work.entry(worked.trail_id, kind, data, text=said, actor=Actor("person", 1, HOSTILE))
        work.write()
    page = sign_in(cast.ana).get(worked.get_absolute_url())
    html = main(page)
    assert page.status_code == 200
    assert "<script" not in html
    assert "<img" not in html
    written = Entry.objects.filter(trail=worked.trail_id).count()
    assert html.count('id="e') == written - 1  # the delivery stands under its call
    assert "something_new" in html


def test_a_step_that_came_late_says_so(open_incident, cast, clock, sign_in):
    incident = open_incident()
    clock.jump(minutes=40)
    climb.drain()
    assert "Late by 35 min" in words(sign_in(cast.ana).get(incident.get_absolute_url()))


def test_deliveries_stand_under_their_call(open_incident, cast, clock, sign_in):
    incident = open_incident()
    with transaction.atomic():
        work = Work.lock([incident.trail_id], actor=ENGINE)
        data = {"to": moves.named(cast.ana), "channel": "email", "kind": "call", "outcome": "sent", "tries": 2}
        work.entry(incident.trail_id, "delivery", data, run=incident.run)
        work.write()
    page = sign_in(cast.ana).get(incident.get_absolute_url())
    assert "Ana Ruiz, e-mail 09:30:00 (2 tries)" in words(page)


def test_a_message_that_waits_says_until_when_and_then_with_how_many_it_left(open_incident, cast, clock, sign_in):
    ana = sign_in(cast.ana)
    for title in ("First", "Second", "Third"):
        incident = open_incident(title)
        tasks.send()
    held = words(ana.get(incident.get_absolute_url()))
    assert "Not told yet: Ana Ruiz, e-mail, waiting until 09:30:15 · Jo Okafor, e-mail, waiting until 09:30:15" in held
    clock.jump(seconds=15)
    tasks.send()
    told = words(ana.get(incident.get_absolute_url()))
    assert "Not told yet" not in told
    assert "Ana Ruiz, e-mail 09:30:15 (left together with others)" in told


def test_a_hold_has_an_end_that_clocks_can_reckon_with(worked, cast, clock, sign_in):
    ana, year = sign_in(cast.ana), clock.now() + timedelta(days=366)
    for until in ("9999-12-31T23:59", f"{year + timedelta(minutes=1):%Y-%m-%dT%H:%M}"):
        refused = post(ana, "hold", worked, wake="at", until=until, text="For ever")
        assert refused.status_code == 409
        assert "A hold lasts at most a year." in words(refused)
    assert post(ana, "hold", worked, wake="at", until=f"{year:%Y-%m-%dT%H:%M}", text="For long").status_code == 302
    assert ana.get(worked.get_absolute_url()).status_code == 200


def test_nothing_is_handed_over_on_hold(worked, cast, sign_in):
    ana = sign_in(cast.ana)
    post(ana, "hold", worked, wake="60", text="Supplier")
    assert "Hand over" not in head(ana.get(worked.get_absolute_url()))
    refused = post(ana, "handover", worked, to=f"person:{cast.tom.pk}", text="Yours?")
    assert refused.status_code == 409
    assert "is on hold. Resume it first." in words(refused)


def test_the_page_says_what_a_limit_holds_back_and_what_is_tried_again(cast, open_incident, clock, sign_in):
    opened = open_incident()
    waiting = Delivery.objects.filter(trail=opened.trail, channel="email").order_by("id")
    later = clock.now() + timedelta(minutes=20)
    waiting.filter(person=cast.ana).update(next_at=later, limited=True)
    waiting.filter(person=cast.jo).update(next_at=clock.now() + timedelta(seconds=15), attempts=2)
    told = words(sign_in(cast.ana).get(opened.get_absolute_url()))
    assert "Jo Okafor, e-mail, again at 09:30:15, after 2 tries that failed" in told
    assert "Ana Ruiz, e-mail, held back by the limit until 09:50:00" in told
