"""Queue, cues and board: who sees what, why, and what a drop means."""

import json
from datetime import timedelta

import pytest
from django.test import Client

from escalation.engine import tasks
from escalation.people.models import Membership, Tier, User
from incidents.desk import boards
from incidents.desk.cards import cards, rungs
from incidents.desk.columns import NOBODY
from incidents.desk.context import desk
from incidents.desk.cues.collecting import cues_for
from incidents.desk.moving import Situation
from incidents.models import Incident, Service
from tests.conftest import START

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_enough]
LISTS = ["/", "/queue/?scope=all", "/board/", "/board/?by=status", "/board/?by=person"]


@pytest.fixture
def seen_by():
    def browse(user: User, path: str, **headers) -> str:
        client = Client()
        client.force_login(user)
        response = client.get(path, headers=headers)
        assert response.status_code == 200, response
        return response.content.decode()

    return browse


@pytest.fixture
def at_desk():
    def login(user: User) -> Client:
        client = Client()
        client.force_login(user)
        return client

    return login


def fresh(incident: Incident) -> Incident:
    return Incident.objects.get(pk=incident.pk)


def kinds(user: User, clock) -> list[str]:
    return [cue.kind for cue in cues_for(user, clock.now())]


# --- visibility -----------------------------------------------------------------------------


@pytest.mark.parametrize("path", LISTS)
def test_rita_of_another_team_sees_nothing_until_it_is_escalated_to_her_team(path, cast, open_incident, seen_by):
    incident = open_incident("Card payments fail")
    assert "Card payments fail" in seen_by(cast.ana, path)
    before = seen_by(cast.rita, path)
    assert "Card payments fail" not in before
    assert "Payments" not in before  # not even as a filter
    tier = Tier.objects.create(name="L2 Facilities", rank=2, team=cast.teams["Facilities"])
    incident.reassign(by=cast.ada, tier=tier)
    assert "Card payments fail" in seen_by(cast.rita, path)


@pytest.mark.parametrize("path", [*LISTS, "/queue/?q=card", "/queue/?q=INC-1001"])
def test_a_restricted_incident_is_for_its_participants(path, cast, open_incident, seen_by):
    open_incident("Somebody reads the payroll", restricted=True)
    assert "payroll" not in seen_by(cast.tom, path)
    assert "payroll" in seen_by(cast.ada, "/queue/?scope=all")


def test_the_numbers_in_the_bar_count_only_what_the_person_sees(cast, open_incident, rf):
    open_incident()
    open_incident(restricted=True, by=cast.sam)
    numbers = {}
    for name in ("ana", "rita", "otto"):
        request = rf.get("/")
        request.user = getattr(cast, name)
        nav = desk(request)["nav"]
        numbers[name] = (nav.cues, nav.queue)
    assert numbers == {"ana": (2, 2), "rita": (0, 0), "otto": (0, 2)}


def test_a_move_of_what_one_may_not_see_is_not_found(cast, open_incident, at_desk):
    incident = open_incident()
    asked = {"incident": incident.number, "by": "status", "to": "acknowledged"}
    assert at_desk(cast.rita).get("/board/moves/", asked).status_code == 404
    assert at_desk(cast.rita).post("/board/moves/", asked).status_code == 404


# --- freshness ------------------------------------------------------------------------------


@pytest.mark.parametrize("path", LISTS)
def test_a_region_that_did_not_change_is_answered_with_304(path, cast, open_incident, at_desk):
    incident = open_incident()
    client = at_desk(cast.ana)
    first = client.get(path, headers={"HX-Request": "true"})
    assert "<html" not in first.content.decode()
    again = {"HX-Request": "true", "If-None-Match": first["ETag"]}
    unchanged = client.get(path, headers=again)
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    incident.note(by=cast.jo, text="Looking.")
    assert client.get(path, headers=again).status_code == 200


def test_what_others_do_elsewhere_does_not_show_in_the_version(cast, open_incident, at_desk):
    client = at_desk(cast.rita)
    before = client.get("/queue/", headers={"HX-Request": "true"})["ETag"]
    open_incident()
    assert client.get("/queue/", headers={"HX-Request": "true"})["ETag"] == before


def test_joining_a_team_makes_every_region_new(cast, open_incident, at_desk):
    open_incident()
    client = at_desk(cast.rita)
    etag = client.get("/queue/", headers={"HX-Request": "true"})["ETag"]
    Membership.objects.create(team=cast.teams["Service desk"], user=cast.rita)
    again = client.get("/queue/", headers={"HX-Request": "true", "If-None-Match": etag})
    assert "Card payments fail" in again.content.decode()


def test_the_whole_page_says_which_version_it_was_made_from(cast, open_incident, at_desk):
    open_incident()
    client = at_desk(cast.ana)
    page = client.get("/queue/")
    assert f'data-version="{page.wsgi_request.live_version}"' in page.content.decode()
    assert "HX-Request" in page["Vary"]


# --- the queue ------------------------------------------------------------------------------


@pytest.mark.rehearsal("long")
def test_filters_live_in_the_address(cast, open_incident, seen_by):
    other = Service.objects.create(name="Search", team=cast.teams["Applications"], policy=cast.policy)
    open_incident("Search is slow", service=other)
    worst = open_incident("Card payments fail", people_affected=5000)
    worst.acknowledge(by=cast.ana)
    done = open_incident("Export is empty")
    done.resolve(by=cast.ana, cause="change", text="Switched on again.")

    def titles(query: str) -> set[str]:
        page = seen_by(cast.ana, f"/queue/?scope=all&{query}")
        return {word for word in ("Search is slow", "Card payments fail", "Export is empty") if word in page}

    assert titles("") == {"Search is slow", "Card payments fail"}
    assert titles("severity=1") == {"Card payments fail"}
    assert titles(f"service={other.pk}") == {"Search is slow"}
    assert titles("status=triggered") == {"Search is slow"}
    assert titles("status=acknowledged") == {"Card payments fail"}
    assert titles("status=resolved") == {"Export is empty"}
    assert titles("severity=nonsense&service=x&page=-3&status=%00") == titles("")
    assert titles(f"q={done.number}") == {"Export is empty"}  # a search looks at the past, too
    assert "Nothing found for “unicorn”" in seen_by(cast.ana, "/queue/?q=unicorn")


def test_mine_is_what_i_hold_or_am_offered(cast, open_incident, seen_by):
    incident = open_incident()
    assert "You hold no incident" in seen_by(cast.ana, "/queue/?scope=mine")
    incident.acknowledge(by=cast.ana)
    assert "Card payments fail" in seen_by(cast.ana, "/queue/?scope=mine")
    incident.hand_over(by=cast.ana, to=cast.tom, text="Over to you?")
    assert "Card payments fail" in seen_by(cast.tom, "/queue/?scope=mine")


def test_a_row_says_who_has_it_and_what_comes_next(cast, open_incident, seen_by, clock):
    incident = open_incident()
    assert "calling Ana Ruiz, Jo Okafor" in seen_by(cast.sam, "/queue/?scope=all")
    assert "until L2 Applications is called" in seen_by(cast.sam, "/queue/?scope=all")
    clock.forward(minutes=5)
    page = seen_by(cast.sam, "/queue/?scope=all")
    assert "calling Mei Tanaka" in page
    assert rungs(fresh(incident).run) == ["past", "now", "next"]
    clock.forward(minutes=60)
    assert "nobody answered" in seen_by(cast.sam, "/queue/?scope=all")


# --- cues -----------------------------------------------------------------------------------


def test_a_row_says_the_day_too_unless_it_is_this_one(cast, open_incident, clock):
    over, held = open_incident("Over"), open_incident("Held")
    over.resolve(by=cast.ana, cause="change", text="Rolled back")
    held.hold(by=cast.ana, until=clock.now() + timedelta(hours=26), text="Waits for a part")

    def lines() -> list[str]:
        return [card.line.split(" · ")[-1] for card in cards(Incident.objects.order_by("id").for_cards(), clock.now())]

    assert lines() == ["resolved 09:30", "on hold until Tue 3 Mar, 11:30"]
    clock.jump(hours=25)
    assert lines() == ["resolved Mon 2 Mar, 09:30", "on hold until 11:30"]


def test_a_call_is_a_cue_until_it_is_answered_or_moves_on(cast, open_incident, clock):
    open_incident()
    assert kinds(cast.ana, clock) == kinds(cast.jo, clock) == ["call"]
    assert kinds(cast.mei, clock) == []
    clock.forward(minutes=5)
    assert (kinds(cast.ana, clock), kinds(cast.mei, clock)) == ([], ["call"])


def test_who_has_more_cues_than_a_page_has_room_for_sees_the_pressing_ones_and_how_many_more(
    cast, open_incident, clock, monkeypatch, seen_by
):
    monkeypatch.setattr("incidents.desk.cues.page.MOST", 2)
    held = [open_incident(f"Trouble {n}") for n in range(3)]
    for incident in held[::-1]:
        incident.acknowledge(by=cast.ana)
        clock.forward(minutes=1)
    called = open_incident("Card payments fail")
    page = seen_by(cast.ana, "/")
    mine = page[page.index('id="cues-mine"') : page.index('id="cues-team"')]
    assert [incident.ref in mine for incident in (called, held[2])] == [True, True]  # the call, and what ends first
    assert not any(incident.ref in mine for incident in held[:2])
    assert "2 more of yours" in mine
    assert "(4) My cues" in page


def test_what_i_hold_is_a_cue_with_its_deadline_and_an_offer_is_the_receivers(cast, open_incident, clock, settings):
    incident = open_incident()
    incident.acknowledge(by=cast.ana)
    [cue] = cues_for(cast.ana, clock.now())
    assert (cue.kind, cue.then) == ("holding", "When the time is over, L2 Applications is called.")
    assert cue.due == fresh(incident).run.standing.deadline
    incident.hand_over(by=cast.ana, to=cast.tom, text="can you look at pg-orders-2")
    [cue] = cues_for(cast.tom, clock.now())
    assert cue.kind == "offer"
    assert "Can you look at pg-orders-2." in cue.why
    assert cue.then == "Without an answer it goes back to Ana Ruiz."
    clock.forward(minutes=settings.OFFER_MINUTES)
    assert kinds(cast.tom, clock) == []
    assert kinds(cast.ana, clock) == ["returned"]


def test_a_hold_of_mine_is_a_cue_again_shortly_before_it_ends(cast, open_incident, clock):
    incident = open_incident()
    incident.acknowledge(by=cast.ana)
    incident.hold(by=cast.ana, until=clock.now() + timedelta(hours=3), text="Vendor.")
    assert kinds(cast.ana, clock) == []
    clock.forward(hours=2, minutes=30)
    assert kinds(cast.ana, clock) == ["wakes"]


def test_what_a_supervisor_gives_me_wants_my_acknowledgement(cast, open_incident, clock):
    incident = open_incident()
    incident.reassign(by=cast.sam, to=cast.jo)
    assert kinds(cast.jo, clock) == ["assigned"]
    assert kinds(cast.ana, clock) == []
    fresh(incident).acknowledge(by=cast.jo)
    assert kinds(cast.jo, clock) == ["holding"]


def test_a_manager_who_is_asked_for_a_decision_has_a_cue(cast, open_incident, clock):
    step = cast.policy.steps.get(tier=cast.tiers["duty"])
    step.mode = "decide"
    step.save()
    incident = open_incident(people_affected=5000)
    assert kinds(cast.ines, clock) == ["decision"]
    incident.answer(by=cast.ines)
    assert kinds(cast.ines, clock) == []


def test_the_last_resort_is_called_loudly(cast, open_incident, clock):
    open_incident()
    clock.forward(hours=2)
    assert kinds(cast.ada, clock) == ["call"]


def test_a_cue_is_acted_on_without_script(cast, open_incident, at_desk):
    incident = open_incident()
    page = at_desk(cast.ana).get("/").content.decode()
    assert f'action="/incidents/{incident.number}/acknowledgement/"' in page
    assert f'name="seen" value="{incident.state_token}"' in page


# --- the board: a drop is the verb that leads there -----------------------------------------

OPEN = Situation(status="triggered", tier="1", me="7", ahead={"2": "step:0:1", "3": "step:0:2"})
HELD = Situation(status="acknowledged", tier="1", holder="7", me="7", ahead={"2": "step:0:1"})
BOSS = Situation(status="acknowledged", tier="2", holder="8", me="7", may_reassign=True)
WAITS = Situation(status="on_hold", tier="1", holder="7", me="7")
DONE = Situation(status="resolved", tier="1", holder="7", me="7")


@pytest.mark.parametrize(
    ("now", "by", "to", "verb", "dialog"),
    [
        (OPEN, "tier", "1", None, None),
        (OPEN, "tier", "2", "escalation", True),
        (OPEN, "tier", "3", "escalation", True),
        (BOSS, "tier", "1", "reassignment", False),
        (HELD, "tier", "9", "", False),
        (DONE, "tier", "2", "", False),
        (OPEN, "person", "7", "acknowledgement", False),
        (OPEN, "person", "8", "", False),
        (HELD, "person", "8", "handover", True),
        (HELD, "person", "7", None, None),
        (HELD, "person", NOBODY, "", False),
        (BOSS, "person", "9", "reassignment", False),
        (Situation(status="acknowledged", holder="8", me="7"), "person", "9", "", False),
        (Situation(status="acknowledged", holder="8", me="7", offered_to="7"), "person", "7", "acknowledgement", False),
        (OPEN, "status", "acknowledged", "acknowledgement", False),
        (OPEN, "status", "on_hold", "hold", True),
        (OPEN, "status", "resolved", "resolution", True),
        (HELD, "status", "triggered", "", False),
        (WAITS, "status", "acknowledged", "resumption", False),
        (WAITS, "status", "resolved", "resolution", True),
        (DONE, "status", "triggered", "reopening", True),
        (DONE, "status", "acknowledged", "", False),
        (Situation(status="triggered", may_act=False), "status", "acknowledged", "", False),
        (Situation(status="closed"), "status", "triggered", "", False),
    ],
)
def test_which_verb_a_drop_is(now, by, to, verb, dialog):
    found = boards.verb_for(now, by, to, "L2 Applications")
    if verb is None:
        assert found is None
    else:
        assert (found.name, found.dialog) == (verb, dialog)
        assert bool(found.refused) == (verb == "")  # a refusal always says why


def moved(client: Client, incident: Incident, by: str, to: object, **more):
    asked = {"incident": incident.number, "by": by, "to": to, "seen": incident.state_token, **more}
    return client.post("/board/moves/", asked, headers={"HX-Request": "true"})


def test_dropping_on_a_tier_ahead_opens_the_escalation_for_it(cast, open_incident, at_desk):
    incident = open_incident()
    answer = moved(at_desk(cast.ana), incident, "tier", cast.tiers["l3"].pk)
    assert answer.status_code == 204
    assert json.loads(answer["HX-Trigger"]) == {
        "dialog": {"url": f"/incidents/{incident.number}/escalation/?to=step:0:2"}
    }
    assert fresh(incident).run.tier == cast.tiers["l1"]


def test_dropping_on_acknowledged_acknowledges(cast, open_incident, at_desk):
    incident = open_incident()
    answer = moved(at_desk(cast.ana), incident, "status", "acknowledged")
    assert json.loads(answer["HX-Trigger"])["done"] == {"ids": [incident.number]}
    assert fresh(incident).run.holder == cast.ana


def test_a_supervisor_drops_it_on_somebody_and_may_undo_it(cast, open_incident, at_desk):
    incident = open_incident()
    incident.acknowledge(by=cast.ana)
    client = at_desk(cast.sam)
    told = json.loads(moved(client, incident, "person", cast.jo.pk)["HX-Trigger"])
    assert fresh(incident).run.holder == cast.jo
    client.post(told["toast"]["undo"], headers={"HX-Request": "true"})
    assert fresh(incident).run.holder == cast.ana


def test_a_supervisor_moves_it_back_to_a_tier(cast, open_incident, at_desk, clock):
    incident = open_incident()
    clock.forward(minutes=5)
    moved(at_desk(cast.sam), fresh(incident), "tier", cast.tiers["l1"].pk)
    assert fresh(incident).run.tier == cast.tiers["l1"]


def test_an_agent_is_told_why_a_move_is_refused(cast, open_incident, at_desk, clock):
    incident = open_incident()
    clock.forward(minutes=5)
    answer = moved(at_desk(cast.ana), fresh(incident), "tier", cast.tiers["l1"].pk)
    assert answer.status_code == 409
    assert "Only a supervisor" in json.loads(answer["HX-Trigger"])["toast"]["text"]


def test_somebody_was_faster(cast, open_incident, at_desk):
    incident = open_incident()
    seen = incident.state_token
    fresh(incident).acknowledge(by=cast.jo)
    answer = moved(at_desk(cast.sam), incident, "person", cast.ana.pk, seen=seen)
    told = json.loads(answer["HX-Trigger"])
    assert answer.status_code == 409
    assert "Jo Okafor was faster" in told["toast"]["text"]
    assert told["done"] == {"ids": [incident.number]}
    assert fresh(incident).run.holder == cast.jo


def test_moving_works_without_script(cast, open_incident, at_desk):
    incident = open_incident()
    client = at_desk(cast.ana)
    menu = client.get("/board/moves/", {"incident": incident.number, "by": "tier"}).content.decode()
    assert "Escalate to L2 Applications…" in menu and menu.count("<h1") == 1
    asked = {"incident": incident.number, "by": "tier", "to": cast.tiers["l2"].pk, "seen": incident.state_token}
    assert client.post("/board/moves/", asked).url == f"/incidents/{incident.number}/escalation/?to=step:0:1"
    asked |= {"by": "status", "to": "acknowledged"}
    assert client.post("/board/moves/", asked).url == "/board/?by=status"
    assert fresh(incident).run.holder == cast.ana
    assert "Acknowledge" in client.get("/board/").content.decode()  # the message


def test_the_auditor_looks_and_cannot_move(cast, open_incident, at_desk):
    incident = open_incident()
    assert moved(at_desk(cast.otto), incident, "status", "acknowledged").status_code == 409
    assert fresh(incident).status == "triggered"


@pytest.mark.parametrize("to", ["0", "999999", "x", "", "nobody", "none"])
def test_a_column_that_makes_no_sense_is_refused(to, cast, open_incident, at_desk):
    for by in boards.WAYS:
        assert moved(at_desk(cast.sam), open_incident(), by, to).status_code in (204, 409)


def test_each_column_has_its_cards_and_a_person_who_holds_something_has_a_column(cast, open_incident, seen_by):
    open_incident("First").acknowledge(by=cast.ana)
    incident = open_incident("Second")
    incident.reassign(by=cast.ada, to=cast.tom)
    page = seen_by(cast.sam, "/board/?by=person")
    assert f'id="lane-{cast.tom.pk}"' in page
    assert page.index("Sam Reyes (me)") < page.index("Ana Ruiz")
    done = open_incident("Third")
    done.resolve(by=cast.ana, cause="change", text="Done.")
    page = seen_by(cast.sam, "/board/?by=status")
    assert page.index('id="lane-resolved"') < page.index("Third")


# --- preferences and the mailbox ------------------------------------------------------------


def test_preferences_are_kept_and_a_made_up_time_zone_is_not(cast, at_desk):
    client = at_desk(cast.ana)
    good = {"name": "Ana R.", "time_zone": "Europe/Berlin", "theme": "dark"}
    assert client.post("/preferences/", good).status_code == 302
    ana = User.objects.get(pk=cast.ana.pk)
    assert (ana.time_zone, ana.theme, ana.keys_on) == ("Europe/Berlin", "dark", False)
    assert ana.name == "Ana Ruiz"  # the name is on record; an admin changes it
    assert client.post("/preferences/", good | {"time_zone": "Mars/Base"}).status_code == 422


def test_the_mailbox_is_only_for_the_demonstration(cast, open_incident, at_desk, settings):
    open_incident()
    client = at_desk(cast.ana)
    assert client.get("/mailbox/").status_code == 404
    settings.DEMO = True
    mine = client.get("/mailbox/")
    letter = mine.context["letters"][0]["delivery"]
    assert letter.person == cast.ana
    assert client.get(f"/mailbox/{letter.pk}/").status_code == 200
    assert b"Jo Okafor" in client.get("/mailbox/?of=everybody").content


def test_the_mailbox_shows_what_waits_and_what_left_together_as_one_letter(
    cast, open_incident, at_desk, settings, clock
):
    settings.DEMO = True
    client = at_desk(cast.ana)
    for title in ("First", "Second", "Third"):
        open_incident(title)
        tasks.send()
    shown = client.get("/mailbox/")
    assert [letter["waits_until"] for letter in shown.context["letters"]] == [START + timedelta(seconds=15)] * 2 + [
        None
    ]
    assert b"waiting until 09:30:15" in shown.content
    clock.jump(seconds=15)
    tasks.send()
    together, first = client.get("/mailbox/").context["letters"]
    assert together["said"].subject.startswith("2 incidents call you")
    assert "First" in first["said"].subject
    page = client.get(f"/mailbox/{together['delivery'].pk}/").content
    assert b"Second" in page
    assert b"Third" in page
