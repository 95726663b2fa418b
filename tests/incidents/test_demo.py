"""The sample organisation and life in it. That its past is one on each database: ``test_demo_past``."""

import json
import random
import stat

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from escalation.engine.models import Delivery
from escalation.kit import clock as kit_clock
from escalation.oncall.models import SwapRequest
from escalation.people.models import User
from escalation.policies.readiness.gathering import report
from escalation.policies.validation import empty_steps
from escalation.trail.models import Entry, Trail
from incidents.demo import flags, organisation, past
from incidents.demo.alerts import SCENARIOS
from incidents.demo.life import MOST_OPEN, Life, post
from incidents.demo.people import LOGINS, VISITORS, email
from incidents.demo.views import life as button
from incidents.management.commands import demo as demo_command
from incidents.models import Incident, Review, SourceKey
from incidents.models.keys import hashed

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_enough]


@pytest.fixture(autouse=True)
def demo(settings, tmp_path):
    settings.DEMO, settings.HOME = True, tmp_path


def test_every_step_reaches_somebody_and_every_login_signs_in(client):
    organisation.build()
    assert empty_steps() == []
    for login in LOGINS:
        body = {"username": login.email, "password": login.password}
        assert client.post(reverse("login"), body).status_code == 302


def test_the_key_opens_the_door_and_is_for_its_owner_only():
    organisation.build()
    assert stat.S_IMODE(flags.key_file().stat().st_mode) == 0o600
    assert SourceKey.objects.living(kit_clock.now()).get().key_hash == hashed(flags.kept_key())
    flags.key_file().unlink()
    organisation.build()
    assert SourceKey.objects.living(kit_clock.now()).get().key_hash == hashed(flags.kept_key())


@pytest.mark.rehearsal("past")
def test_a_newcomer_finds_something_of_everything(client):
    """The past takes seconds to make: one is for all who look."""
    organisation.build()
    past.play()
    _a_swap_to_answer_a_delay_and_quiet_hours(client)
    _a_review_that_is_done_one_with_an_action_that_is_late_and_a_drill(client)
    _nothing_of_another_team()


def _a_swap_to_answer_a_delay_and_quiet_hours(client):
    found = {}
    for login, address in [("ana", "/"), ("sam", "/reach/"), ("ada", "/reach/")]:
        client.force_login(User.objects.get(email=email(login)))
        found[login] = " ".join(client.get(address).content.decode().split())
    assert "Jo Okafor asks you to take a shift" in found["ana"] and "My sister moves house" in found["ana"]
    assert "after 10 minutes" in found["sam"]
    assert "between 22:00 and 07:00 it waits until 07:00" in found["ada"]


def _a_review_that_is_done_one_with_an_action_that_is_late_and_a_drill(client):
    client.force_login(User.objects.get(email=email("ana")))
    assert [review.state for review in Review.objects.order_by("pk")] == ["done", "shared"]
    assert "Write down which port each hall hangs on" in client.get("/").content.decode()
    assert "Actions that are late" in client.get("/reviews/").content.decode()
    assert Delivery.objects.filter(kind="action_due", channel="email", person__name="Ana Ruiz", state="sent").exists()
    client.force_login(User.objects.get(email=email("sam")))
    assert "Answered after 3 min by Mei Tanaka, on the second call." in client.get("/drills/").content.decode()
    swap = SwapRequest.objects.get()
    assert swap.schedule.accept_swap(swap, by=swap.asked) is None  # it is still Jo's to give


def _nothing_of_another_team():
    seen = Incident.objects.visible_to(User.objects.get(email=email("ana")))
    assert not seen.filter(service__name="Workplace").exists()
    assert Incident.objects.filter(service__name="Workplace").exists()


def test_sam_plans_maintenance_for_what_the_desk_owns(client):
    organisation.build()
    client.force_login(User.objects.get(email=email("sam")))
    page = client.get("/maintenance/new/")
    assert page.status_code == 200 and "Ticket portal" in page.content.decode()


def test_what_is_red_on_first_sight_is_one_colleague():
    organisation.build()
    assert [one.subject.name for one in report(kit_clock.now()).findings if one.red] == ["Idris Haddad"]


def test_somebody_else_s_database_is_left_alone(cast):
    User.objects.filter(email=email("ada")).update(email="chief@example.org")
    assert not organisation.is_ours()
    with pytest.raises(CommandError, match="move that file away"):  # no setting leads the demonstration elsewhere
        demo_command.Command()._prepare()


# --- life -------------------------------------------------------------------------------------------


@pytest.fixture
def life(client, clock):
    organisation.build()

    def knock(body: dict) -> None:
        answer = client.post(
            reverse("alertmanager"),
            json.dumps(body),
            content_type="application/json",
            headers={"Authorization": f"Bearer {flags.kept_key()}"},
        )
        assert answer.status_code == 202

    return Life(post=knock, dice=random.Random(7))


def test_alerts_come_grow_and_go(life, clock):
    assert life.alert().endswith("fires")
    [incident] = Incident.objects.all()
    assert incident.service is not None
    clock.forward(seconds=20)
    while life.grow():
        pass
    key = incident.keys.get()
    scenario = next(s for s in SCENARIOS if s.summary == incident.title)
    assert key.alerts.count() == len(scenario.instances)
    assert life.recover() == ""
    clock.forward(minutes=4)
    assert life.recover().endswith("is over")
    assert Incident.objects.get().resolved_at


@pytest.mark.rehearsal("past")
def test_life_goes_on_and_on_and_stays_within_its_bounds(life, clock):
    did = []
    for _turn in range(120):
        did.append(life.turn())
        clock.forward(seconds=20)
        assert Incident.objects.open().count() <= MOST_OPEN
    words = " ".join(did)
    assert all(verb in words for verb in ("fires", "acknowledged", "tried", "resolved", "is over"))
    people = Entry.objects.filter(trail__kind=Trail.Kind.INCIDENT, actor_kind="person")
    actors = User.objects.filter(pk__in=people.values("actor_id"))
    assert actors.exists()
    assert not actors.filter(email__in=VISITORS).exists()
    assert sum(1 for one in did if one) > 60


def test_what_a_visitor_holds_is_left_alone(life, clock):
    ana = User.objects.get(email=email("ana"))
    life.alert()
    incident = Incident.objects.get()
    incident.acknowledge(by=ana)
    clock.forward(minutes=4)
    assert life.finish() == life.recover() == ""
    for _turn in range(5):
        life.work()
    assert incident.run.holder == ana


@pytest.mark.rehearsal("long")
def test_what_nobody_answered_a_colleague_takes_in_the_end(life, clock):
    life.alert()
    clock.forward(hours=2)
    incident = Incident.objects.get()
    assert incident.run.finished and incident.run.holder is None  # and the last resort is a visitor
    assert life.answer_call() == f"{Incident.objects.get().run.holder} acknowledged {incident.ref}"


def test_the_web_being_away_is_no_crash(life, settings):
    settings.ADDRESS = "http://127.0.0.1:9"
    life.post = post
    for _turn in range(5):
        life.turn()


def test_it_never_talks_to_another_machine(settings):
    settings.ADDRESS = "http://198.51.100.7:8000"
    with pytest.raises(RuntimeError):
        post({})


def test_life_is_for_the_demonstration_only(settings):
    settings.DEMO = False
    with pytest.raises(CommandError):
        call_command("demo_life")
    with pytest.raises(CommandError):
        call_command("demo_history")
    with pytest.raises(CommandError):
        call_command("demo")


def test_it_promises_no_life_where_it_is_quiet():
    assert all(login.password in demo_command.banner(quiet=True) for login in LOGINS)
    assert [words in demo_command.banner(quiet=True) for words in ("history", "Something happens")] == [False, False]
    assert [words in demo_command.banner(quiet=False) for words in ("history", "Something happens")] == [True, True]


def test_the_button_pauses_and_goes_on(rf):
    button(rf.post("/demo/life/", headers={"referer": "http://testserver/board/"}))
    assert flags.paused()
    answer = button(rf.post("/demo/life/", headers={"referer": "https://evil.example/"}))
    assert not flags.paused()
    assert "evil" not in answer["Location"]
