"""What stands above every page when the engine is late, silent or held, and for whom."""

import subprocess
import sys
from datetime import timedelta

import pytest

from escalation.engine import beats, climb, deliver, notices, registry, standstill
from escalation.engine.registry import Notice
from escalation.kit import clock as kit_clock
from escalation.policies.models import Installation, PolicyStep
from tests.audit_kit import sql
from tests.reach_kit import method

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _afresh(monkeypatch):
    monkeypatch.setattr(notices, "known", notices.Known())
    monkeypatch.setattr(notices, "_watching_since", None)


@pytest.fixture
def beat(cast, clock):
    def both() -> None:
        for name in ("timers", "general"):
            beats.beat(name, now=kit_clock.now())

    both()
    return both


def said() -> list[str]:
    return [one.code for one in notices.refresh().notices]


def above(client, user, path: str = "/") -> str:
    client.force_login(user)
    page = client.get(path).content.decode()
    return page[page.index('<section id="notices"') : page.index("</section>")]


def test_all_well_and_nothing_is_said(client, cast, beat, open_incident):
    open_incident()
    assert said() == []
    assert 'role="alert" hidden' in above(client, cast.ana)  # only what a long cut-off shows
    assert "data-notice" not in above(client, cast.ana)


def test_a_late_step_is_said_with_its_time_in_the_viewers_zone(client, cast, beat, open_incident, clock):
    open_incident()  # at 9:30 UTC; the first step waits until 9:35
    deliver.deliver_due()
    clock.jump(minutes=5, seconds=19)
    beat()
    assert said() == []
    clock.jump(seconds=2)
    assert said() == ["late"]
    cast.ana.time_zone = "Europe/Berlin"
    cast.ana.save()
    shown = above(client, cast.ana)
    assert 'role="alert" data-notice="late"' in shown
    assert "Escalations are late: the oldest step was due at <time" in shown
    assert ">10:35</time>." in shown
    clock.forward(seconds=1)
    assert said() == []


def test_silence_is_said_with_the_last_beat_and_whom_to_call(client, cast, beat, clock):
    clock.jump(seconds=44)
    assert said() == []
    clock.jump(seconds=2)
    assert said() == []  # this process has only just begun to look
    notices._watching_since -= timedelta(minutes=1)
    assert said() == ["stopped"]
    shown = above(client, cast.ana)
    assert "Escalations are not running since <time" in shown
    assert ">09:30</time>." in shown
    assert shown.index("ana@example.com") < shown.index("ada@example.com")
    assert "last resort" in shown
    beat()
    assert said() == []


def test_on_another_day_the_date_is_said_too(client, cast, beat, clock):
    said()
    clock.jump(hours=30)
    assert said() == ["stopped"]
    assert ">2 Mar, 09:30</time>." in above(client, cast.ana)


def test_a_database_nobody_ever_worked_on_is_said_after_a_moment(cast, clock):
    assert said() == []
    clock.jump(seconds=50)
    assert said() == ["stopped"]


def test_one_cluster_is_enough(cast, beat, clock):
    said()
    clock.jump(minutes=5)
    beats.beat("general", now=kit_clock.now())
    assert said() == []


def test_messages_that_do_not_leave_are_said_although_steps_are_taken(client, cast, beat, clock, open_incident):
    """The cluster that sends is down; the one that takes the steps goes on."""
    open_incident()
    clock.jump(seconds=60)
    beats.beat("timers", now=kit_clock.now())
    assert said() == []
    clock.jump(seconds=1)
    assert said() == ["unsent"]
    shown = above(client, cast.ana).split("cannot-know")[0]
    assert "Messages are late: the oldest was to leave at <time" in shown and ">09:30</time>." in shown
    assert "Call these people" in shown
    clock.jump(minutes=5)
    beats.beat("timers", now=kit_clock.now())
    assert said() == ["late", "unsent"]
    Installation.objects.update(held_at=kit_clock.now())
    assert said() == ["held"]
    Installation.objects.update(held_at=None)
    climb.drain()
    deliver.deliver_due()
    assert said() == []


def test_while_held_neither_is_said_but_whom_to_call(client, cast, beat, clock, open_incident):
    open_incident()
    said()
    clock.jump(hours=1)
    assert said() == ["stopped"]
    Installation.objects.update(held_at=kit_clock.now())
    assert said() == ["held"]
    shown = above(client, cast.ana).split("cannot-know")[0]
    assert "Call these people" in shown
    assert "ana@example.com" in shown


def test_since_when_it_is_held_is_said_in_the_viewers_zone_and_at_a_terminal_in_utc(client, cast, beat):
    standstill.hold(seen_at=None)
    assert said() == ["held"]
    cast.ana.time_zone = "Europe/Berlin"
    cast.ana.save()
    shown = above(client, cast.ana)
    assert "Nobody is being called since <time" in shown
    assert ">10:30</time>: the database is an older copy" in shown
    [held] = notices.known.notices
    assert held.in_utc().startswith("Nobody is being called since 02 Mar 09:30 UTC: the database is an older copy")


def test_auditors_see_the_banner_and_not_whom_to_call(client, cast, beat, clock):
    said()
    clock.jump(minutes=5)
    said()
    for who, listed in [("sam", True), ("ada", True), ("otto", False)]:
        shown = above(client, getattr(cast, who))
        assert "Escalations are not running" in shown
        assert ("ana@example.com" in shown) is listed


def test_others_may_say_something_too_and_the_urgent_stands_first(client, cast, beat, monkeypatch):
    now = kit_clock.now()
    storm = Notice("storm", "Many alerts at once: <b>3000</b> since {since}.", now)
    full = Notice("full", "The disk is full.", now, urgent=True)
    monkeypatch.setattr(registry, "_notices", [*registry._notices, lambda now: [storm, full]])
    assert said() == ["full", "storm"]
    shown = above(client, cast.ana)
    assert 'class="banner warn" role="status" data-notice="storm"' in shown
    assert "&lt;b&gt;3000&lt;/b&gt; since <time" in shown
    assert "Call these people" not in shown.split("cannot-know")[0]


def test_what_fails_keeps_nothing_else_from_being_said(cast, beat, clock, monkeypatch, caplog):
    """Of it stays what was known."""
    storm = Notice("storm", "Many alerts at once.", kit_clock.now())
    told = [[storm]]
    monkeypatch.setattr(registry, "_notices", [lambda now: told.pop(), *registry._notices])
    assert said() == ["storm"]
    listed = notices.known.contacts
    assert listed
    monkeypatch.setattr(notices, "contacts", lambda: [].pop())
    clock.jump(minutes=5)
    assert said() == ["stopped", "storm"]
    assert notices.known.contacts == listed
    assert "cannot see whom to call" in caplog.text
    beat()
    assert said() == ["storm"]


def test_who_may_not_see_every_incident_reads_no_number_of_them(client, cast, beat, monkeypatch):
    whole = "A storm: 3000 messages, most from Payments, before {since}."
    storm = Notice("storm", whole, kit_clock.now(), discreet="A storm before {since}.")
    monkeypatch.setattr(registry, "_notices", [lambda now: [storm]])
    notices.refresh()
    for who, shown in (("ada", "most from Payments"), ("otto", "most from Payments"), ("ana", "A storm before <time")):
        assert shown in above(client, getattr(cast, who)), who
    assert "3000" not in above(client, cast.sam)


def test_pages_ask_the_database_for_none_of_it(client, cast, beat, clock, django_assert_num_queries):
    notices.refresh()
    client.force_login(cast.ana)
    client.get("/notices/")
    with django_assert_num_queries(2):  # the session and the person
        assert client.get("/notices/").status_code == 200


def test_strangers_are_sent_to_the_door(client):
    assert client.get("/notices/")["Location"].startswith("/login/")


def test_the_version_changes_with_what_is_said_and_not_with_the_time(cast, beat, clock):
    first = notices.refresh().version
    clock.jump(seconds=5)
    assert notices.refresh().version == first
    cast.jo.is_active = False
    cast.jo.save()
    assert notices.refresh().version != first


def test_the_version_minds_neither_a_moving_time_nor_moving_words(cast, beat, clock, monkeypatch):
    """Every open page would ask again at every look, in the middle of a storm."""
    said_at: list[Notice] = []
    monkeypatch.setattr(registry, "_notices", [lambda now: said_at])

    def version(text: str, **how) -> str:
        said_at[:] = [Notice("storm", text, kit_clock.now(), **how)]
        return notices.refresh().version

    none = notices.refresh().version
    first = version("812 messages in the minute before {since}.", moving=True)
    clock.jump(seconds=5)
    assert version("813 messages in the minute before {since}.", moving=True) == first != none
    steady = version("Held: a copy of Monday.")
    clock.jump(seconds=5)
    assert version("Held: a copy of Monday.") == steady != version("Held: a copy of Tuesday.")
    assert version("Held: a copy of Monday.", urgent=True) != steady


# --- whom to call ------------------------------------------------------------------------------------


def names() -> list[str]:
    return [one.name.split()[0] for one in notices.contacts()]


def test_the_first_steps_people_and_the_last_resort(cast):
    assert names() == ["Ana", "Jo", "Ada"]
    assert [one.role for one in notices.contacts()] == ["L1 Service desk", "L1 Service desk", ""]


@pytest.mark.sqlite_enough
def test_their_verified_telephone_numbers_stand_first(client, cast, beat, clock):
    """For calls before that for text messages; on no wall display, and not for auditors."""
    said()
    method(cast.ana, "sms", "+4930901821")
    method(cast.ana, "voice", "+4930901822")
    method(cast.jo, "voice", "+4930901823", verified=False)
    method(cast.jo, "sms", "+4930901824")
    removed = method(cast.ada, "voice", "+4930901825")
    removed.removed_at = kit_clock.now()
    removed.save()
    clock.jump(minutes=5)
    assert said() == ["stopped"]
    assert [one.number for one in notices.contacts()] == ["+4930901822", "+4930901824", ""]
    shown = above(client, cast.sam)
    assert shown.index('<a class="link" href="tel:+4930901822">') < shown.index("ana@example.com")
    assert "tel:" not in above(client, cast.otto)
    client.force_login(cast.sam)
    assert "+4930" not in client.get("/notices/?wall=1").content.decode()


@pytest.mark.sqlite_enough
def test_a_number_that_no_key_opens_is_not_listed(cast):
    way = method(cast.ana, "voice", "+4930901822")
    sql(f"UPDATE notify_contactmethod SET address = 'siv2.lost' WHERE id = {way.pk}")
    assert notices.contacts()[0].number == ""


def test_named_people_and_teams_instead_of_the_tiers(cast):
    step = PolicyStep.objects.get(policy=cast.policy, position=1)
    step.people.set([cast.tom, cast.otto])
    assert names() == ["Tom", "Ada"]
    step.teams.set([cast.teams["Applications"]])
    assert names() == ["Tom", "Mei", "Ada"]
    cast.tom.is_active = False
    cast.tom.save()
    assert names() == ["Mei", "Ada"]


def test_archived_policies_and_those_who_must_know_are_not_called(cast, clock):
    functional = PolicyStep.objects.filter(policy=cast.policy).exclude(tier=cast.tiers["duty"])
    cast.policy.archived_at = kit_clock.now()
    cast.policy.save()
    assert names() == ["Ada"]
    cast.policy.archived_at = None
    cast.policy.save()
    functional.delete()
    assert names() == ["Ada"]


def test_the_list_is_short(cast, django_user_model):
    step = PolicyStep.objects.get(policy=cast.policy, position=1)
    step.people.set(
        django_user_model.objects.create_user(f"p{n:02}@example.com", f"P{n:02} X", "pass-word-1234") for n in range(30)
    )
    assert len(names()) == notices.MOST
    assert names()[-1] == "Ada"


def test_looking_costs_a_few_queries(cast, beat, django_assert_max_num_queries):
    with django_assert_max_num_queries(8):
        notices.refresh(with_list=False)
    with django_assert_max_num_queries(15):
        notices.refresh()


def test_looking_goes_on_whatever_fails(monkeypatch):
    """Once the thread has ended, every page of this process would say for ever what it last knew."""
    looked: list[bool] = []

    class Pool:
        def close(self):
            if len(looked) < 3:
                raise OSError("the pool is gone")

    def look(**how):
        looked.append(how["with_list"])
        if len(looked) == 1:
            raise OSError("the database is gone")
        if len(looked) == 3:
            raise SystemExit

    monkeypatch.setattr(notices, "connection", Pool())
    monkeypatch.setattr(notices, "LOOK", 0)
    with pytest.raises(SystemExit):
        notices._go_on(look)
    assert len(looked) == 3


@pytest.mark.rehearsal("long")
@pytest.mark.parametrize("application", ["asgi", "wsgi"])
def test_whatever_serves_the_pages_looks(application):
    program = f"import escalation.{application}, threading; print([one.name for one in threading.enumerate()])"
    # In a process of its own: the thread never ends.
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "'notices'" in done.stdout
