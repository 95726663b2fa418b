"""My cues: everything that waits for one person, of every kind, by when."""

import json
import re
from datetime import time, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from escalation.oncall.swaps import Wish
from escalation.people.models import User
from incidents.desk.cues.collecting import cues_for
from tests.escalation.test_schedules import make_schedule, turn
from tests.maintenance_kit import planner, to
from tests.runbook_kit import step, write
from tests.stories.test_on_call_pages import as_

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_enough]
ROW = re.compile(r'<article class="cue" id="cue-([^"]+)".*?</article>', re.S)


@pytest.fixture
def plan(cast, clock):
    return planner(cast, clock)


def cues_of(user, clock):
    return cues_for(User.objects.get(pk=user.pk), clock.now())  # a person lives as long as a request


def cue_of(user, clock, kind: str):
    return next((cue for cue in cues_of(user, clock) if cue.kind == kind), None)


def kinds(user, clock) -> list[str]:
    return [cue.kind for cue in cues_of(user, clock)]


def rows(user, path="/") -> dict[str, str]:
    """Each cue of the page: its name and its row."""
    mine = as_(user).get(path).content.decode().split('id="cues-team"')[0]
    return {found[1]: found[0] for found in ROW.finditer(mine)}


# --- one list -------------------------------------------------------------------------------------


@pytest.fixture
def busy(cast, clock, open_incident, plan):
    """Kim holds an incident without a limit, is offered another, and keeps runbooks; Ada's window ends soon."""
    cast.tiers["l2"].work_minutes = None
    cast.tiers["l2"].save()
    runbook = write(cast, review_days=1, owner=cast.kim)
    other = write(cast, "Empty the cache", owner=cast.kim, services=[cast.service])
    plan(at=clock.now().time(), minutes=50, services=[], by=cast.ada, reason="Cables", everything=True)
    held = open_incident("Export is empty", call_anyway=True)
    held.tick(by=cast.ana, step=step(other, 2), worked=False, text="So")
    held.reassign(by=cast.ada, to=cast.kim)
    held.acknowledge(by=cast.kim)
    offered = open_incident("Card payments fail", call_anyway=True)
    offered.acknowledge(by=cast.ana)
    offered.hand_over(by=cast.ana, to=cast.kim, text="Yours?")
    return {"held": held, "runbook": runbook, "other": other}


def test_what_has_an_end_comes_first_whatever_it_is_about(cast, clock, busy, plan):
    gap = make_schedule("Apps", team=cast.teams["Applications"], people=[cast.mei])
    gap.override(
        by=cast.ada, person=None, starts_at=clock.now() + timedelta(days=2), ends_at=clock.now() + timedelta(3)
    )
    found = cues_of(cast.kim, clock)
    assert [cue.kind for cue in found] == ["offer", "gap", "holding", "task"]
    assert rows(cast.kim).keys() == {cue.id.removeprefix("cue-") for cue in found}
    clock.forward(days=1, minutes=3)
    assert kinds(cast.kim, clock)[-3:] == ["review", "holding", "task"]


def test_each_says_why_and_what_happens_otherwise_and_has_a_main_action(cast, clock, busy):
    clock.forward(days=1)
    for user in (cast.kim, cast.mei, cast.ada, cast.ana):
        for cue in cues_of(user, clock):
            assert cue.title and cue.why and cue.then and cue.acts and cue.url, cue
            assert [act.primary for act in cue.acts[1:]] == [False] * (len(cue.acts) - 1)


@pytest.mark.rehearsal("long")
def test_the_number_in_every_bar_is_that_of_the_page(cast, clock, busy):
    for user in (cast.kim, cast.mei, cast.ada, cast.otto):
        total = len(cues_of(user, clock))
        client = as_(user)
        assert client.get("/queue/").context["nav"].cues == total == client.get("/").context["total"]
        assert json.loads(client.get("/counts/")["HX-Trigger"])["counts"]["cues"] == total


@pytest.mark.rehearsal("long")
def test_the_next_page_has_the_next(cast, clock, busy, monkeypatch):
    monkeypatch.setattr("incidents.desk.cues.page.MOST", 2)
    names = [cue.id.removeprefix("cue-") for cue in cues_of(cast.kim, clock)]
    assert len(names) == 3
    assert list(rows(cast.kim)) == names[:2] and list(rows(cast.kim, "/?after=2")) == names[2:]
    first, second = (as_(cast.kim).get(path).content.decode() for path in ("/", "/?after=2"))
    assert 'href="/?after=2">1 more of yours<' in first and "Those before" not in first
    assert 'href="/">Those before<' in second and 'data-live-src="/?after=2"' in second
    for nonsense in ("x", "-1", "99", "²", "9" * 40):
        assert list(rows(cast.kim, f"/?after={nonsense}")) == names[:2]


def test_the_next_cue_is_the_first_of_any_kind(cast, clock, open_incident):
    write(cast, review_days=1, owner=cast.kim)
    clock.forward(days=2)
    review = cue_of(cast.kim, clock, "review")
    assert as_(cast.kim).get("/next/").url == review.url
    incident = open_incident()
    incident.reassign(by=cast.ada, to=cast.kim)
    assert as_(cast.kim).get("/next/").url == incident.get_absolute_url()
    assert as_(cast.kim).get("/next/", {"after": incident.number}).url == review.url


@pytest.mark.rehearsal("long")
def test_many_of_every_kind_cost_as_few_queries_as_few(cast, clock, busy, plan):
    def cost() -> int:
        client = as_(cast.kim)
        client.get("/")
        busy["held"].note(by=cast.ana, text="Still so")
        with CaptureQueriesContext(connection) as queries:
            assert client.get("/").status_code == 200
        return len(queries)

    def more(count: int) -> None:
        for n in range(count):
            one = make_schedule(f"Apps {n} of {count}", team=cast.teams["Applications"], people=[cast.mei, cast.kim])
            one.ask_swap(Wish(turn(one, clock, 2), None, None, ""), by=cast.kim)
            one.ask_swap(Wish(turn(one, clock, 3), None, None, ""), by=cast.mei)
            plan(reason=f"Cables {n}", at=clock.now().time(), minutes=30)
            write(cast, f"Page {n} of {count}", owner=cast.kim)

    more(1)
    few = cost()
    assert few <= 15
    more(12)
    assert cost() == few


# --- on call --------------------------------------------------------------------------------------


@pytest.fixture
def desk(cast, clock):
    """Jo is on call today and Ana from nine tomorrow."""
    return make_schedule(team=cast.teams["Service desk"], people=[cast.ana, cast.jo])


def test_a_shift_that_begins_soon_is_a_cue_until_it_has_begun(cast, clock, desk):
    assert kinds(cast.ana, clock) == []
    clock.forward(hours=21, minutes=45)
    cue = cue_of(cast.ana, clock, "shift")
    assert (cue.title, cue.at) == ("You are on call soon: Desk", "09:00")
    assert "09:00 – Wed 09:00" in cue.why and "shift" not in kinds(cast.jo, clock)
    assert cue.acts[0].url.startswith(f"/oncall/{desk.pk}/swaps/?from=2026-03-03T09")
    assert as_(cast.ana).get(cue.acts[0].url).status_code == 200
    clock.forward(hours=2)
    assert kinds(cast.ana, clock) == []


def test_a_turn_that_goes_on_with_ones_own_is_no_news(cast, clock):
    make_schedule(team=cast.teams["Service desk"], people=[cast.ana])
    clock.forward(hours=22)
    assert kinds(cast.ana, clock) == []


def test_a_swap_that_nobody_answers_comes_back_to_who_asked(cast, clock, desk):
    desk.ask_swap(Wish(turn(desk, clock, 1), None, None, ""), by=cast.ana)
    assert kinds(cast.jo, clock) == ["swap"]
    cue = cue_of(cast.ana, clock, "unanswered-swap")
    assert "You asked everybody who can take it." in cue.why
    assert as_(cast.ana).get(cue.acts[0].url).status_code == 200
    clock.forward(hours=22)
    shift = cue_of(cast.ana, clock, "shift")
    assert [act.label for act in shift.acts] == ["See the schedule"]  # asked for already
    as_(cast.ana).post(cue.acts[0].url)
    assert kinds(cast.ana, clock) == ["shift"] and kinds(cast.jo, clock) == []


def test_an_auditor_has_no_cues(cast, clock, desk, plan, open_incident):
    open_incident()
    plan()
    assert kinds(cast.otto, clock) == []


# --- maintenance ----------------------------------------------------------------------------------


def test_a_window_of_mine_that_ends_soon_is_a_cue(cast, clock, plan):
    plan()  # 10:00 to 12:00, by Kim
    assert kinds(cast.kim, clock) == []
    to(clock, 11, 1)
    cue = cue_of(cast.kim, clock, "maintenance")
    assert (cue.title, cue.at) == ("“New database” ends soon", "12:00")
    assert "this maintenance of Payments" in cue.why
    for act in cue.acts:
        assert as_(cast.kim).get(act.url).status_code == 200
    assert kinds(cast.mei, clock) == kinds(cast.ada, clock) == []
    to(clock, 12, 1)
    assert kinds(cast.kim, clock) == []  # and nothing is open


def test_what_a_window_of_mine_has_left_open_is_a_cue_until_it_is_done(cast, clock, plan, open_incident):
    before = open_incident("Slow before")
    before.acknowledge(by=cast.ana)
    plan()
    to(clock, 10, 30)
    incident = open_incident("Card payments fail")
    to(clock, 12, 1)
    cue = cue_of(cast.kim, clock, "maintenance-over")
    assert "ended at 12:00; 1 incident that began in it: still open" in cue.why
    page = as_(cast.kim).get(cue.url)
    assert "Card payments fail" in page.content.decode()
    incident.resolve(by=cast.ana, cause="change", text="Done")
    assert "maintenance-over" not in kinds(cast.kim, clock)


def test_whoever_ends_a_window_by_hand_is_not_reminded_of_it(cast, clock, plan, open_incident):
    window = plan()
    to(clock, 10, 30)
    open_incident()
    window.end(by=cast.kim)
    clock.forward(minutes=1)
    assert "maintenance-over" not in kinds(cast.kim, clock)


def test_a_window_that_is_about_to_cover_an_incident_of_mine_is_a_cue(cast, clock, plan, open_incident):
    incident = open_incident()
    plan()
    assert "maintenance-begins" not in kinds(cast.ana, clock)  # she is called, and holds nothing
    incident.acknowledge(by=cast.ana)
    cue = cue_of(cast.ana, clock, "maintenance-begins")
    assert cue.title == "Maintenance of Payments begins soon" and cue.at == "10:00"
    assert f"“New database”, planned by Kim Berg, covers {incident.ref}, which you hold." in cue.why
    assert cue.acts[0].url == incident.get_absolute_url()
    to(clock, 10, 1)
    assert "maintenance-begins" not in kinds(cast.ana, clock)


def test_a_window_that_has_left_something_open_and_begins_again_soon_is_two_rows(cast, clock, plan, open_incident):
    cast.tiers["l2"].work_minutes = None
    cast.tiers["l2"].save()
    plan(at=time(11), minutes=13 * 60, repeats="weekly", weekdays="0123456")
    to(clock, 11, 30)
    incident = open_incident("Card payments fail", call_anyway=True)
    incident.reassign(by=cast.ada, to=cast.kim)
    incident.acknowledge(by=cast.kim)
    clock.forward(hours=23)
    assert {"maintenance-over", "maintenance-begins"} <= set(kinds(cast.kim, clock))
    page = as_(cast.kim).get("/").content.decode()
    ids = re.findall(r' id="([^"]+)"', page)
    assert len(ids) == len(set(ids))


# --- hand-overs -----------------------------------------------------------------------------------


def test_a_hand_over_is_the_receivers_cue_and_comes_back_unanswered(cast, clock, open_incident, settings):
    incident = open_incident()
    incident.acknowledge(by=cast.ana)
    incident.hand_over(by=cast.ana, to=cast.tom, text="Yours?")
    offer = cue_of(cast.tom, clock, "offer")
    assert [act.label for act in offer.acts] == ["Acknowledge", "Decline"]
    assert reverse("acknowledgement", args=[incident.number]) in rows(cast.tom)[str(incident.number)]
    clock.forward(minutes=settings.OFFER_MINUTES)
    back = cue_of(cast.ana, clock, "returned")
    assert back.acts[0].label == "Hand over" and kinds(cast.tom, clock) == []
