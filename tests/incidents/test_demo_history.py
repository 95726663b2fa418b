"""Half a year of history: a plain program finds what was planted and nothing else, and the pages say exactly that."""

import csv
import io
import math
import os
from dataclasses import replace
from datetime import UTC, timedelta

import pytest
from django.core.management import call_command
from django.db import IntegrityError, OperationalError, connection
from django.test import Client

from escalation.engine import climb, supervisor, whereabouts
from escalation.engine.audit import auditing
from escalation.engine.models import Delivery, Timer
from escalation.kit import clock as kit_clock
from escalation.people.models import User
from escalation.trail.verifying import verify_all
from incidents.demo import organisation
from incidents.demo.history import making, planning, words
from incidents.demo.history.acting import act
from incidents.demo.people import email
from incidents.insight.figures import COMPARED
from incidents.learning.climbs import REASONS
from incidents.models import Incident
from tests import measured, plain_history
from tests.parts import everything_is_required

pytestmark = pytest.mark.django_db
COUNT = 70


def made(count: int, settings, home) -> None:
    settings.DEMO, settings.HOME = True, home
    organisation.build()
    making.reserve(kit_clock.now(), count)
    for _history in making.make(pause=0):
        pass


def as_ada() -> Client:
    client = Client()
    client.force_login(User.objects.get(email=email("ada")))
    return client


def half_a_year() -> str:
    until = kit_clock.now().date()
    return f"since={until - timedelta(days=planning.DAYS + 2)}&until={until}"


def raw() -> dict:
    with connection.cursor() as cursor:
        cursor.execute(plain_history.ENTRIES)
        return plain_history.read(lambda _sql: cursor.fetchall())


# The demonstration's database is a file: neither is played on PostgreSQL.
SMALL = pytest.mark.sqlite_enough
WHOLE = (pytest.mark.rehearsal("past"), pytest.mark.timeout(600), pytest.mark.sqlite_enough)


HISTORIES = {True: pytest.param(planning.COUNT, marks=WHOLE), False: pytest.param(COUNT, marks=SMALL)}


@pytest.fixture(params=[HISTORIES[everything_is_required()]])
def history(request, settings, tmp_path) -> dict:
    made(request.param, settings, tmp_path)
    return raw()


def test_the_planted_truths_are_found_and_the_pages_say_the_same(history):
    told, now = plain_history.told(history), kit_clock.now().astimezone(UTC).replace(tzinfo=None)
    assert Incident.objects.count() == making.kept().count  # none was left out
    _finds_what_was_planted(history, told, now)
    ada = as_ada()
    _measures_say_the_same(ada, told)
    _every_line_says_the_same(ada, told)
    _problems_say_the_same(ada, history, told, now)
    _nothing_is_left_over()


def _finds_what_was_planted(history, told, now) -> None:
    assert plain_history.hesitant(plain_history.by_team(told)) == ["Platform"]
    assert plain_history.useless(plain_history.by_policy(told)) == ["Infrastructure"]
    [cache] = plain_history.recurring(told)
    assert {one.first["title"] for one in cache} == set(words.CACHE_TITLES)
    assert plain_history.helped(history, cache, now)[:2] == (12, 1)


def _measures_say_the_same(ada, told) -> None:
    """By team who hesitated, by policy what the first tier resolved alone; each number leads to as many incidents."""
    for by, key, plain in (
        ("team", "hesitated", plain_history.by_team(told)),
        ("policy", "first", plain_history.by_policy(told)),
    ):
        page = ada.get(f"/measures/?{half_a_year()}&by={by}").context
        assert {row["name"]: (row["n"], row[key]) for row in page["rows"]} == plain
        for row in page["rows"]:
            number, url = row["numbers"][COMPARED.index(key)]
            assert ada.get(url).context["page"].paginator.count == number == row[key]


def _every_line_says_the_same(ada, told) -> None:
    answer = ada.get(f"/measures/incidents.csv?{half_a_year()}")
    rows = list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode())))
    figures, plain = measured.all_figures(), {one.ref: one for one in told}
    assert {row["incident"] for row in rows} == plain.keys()
    for row in rows:
        one, those = figures[int(row["incident"].removeprefix("INC-"))], plain[row["incident"]]
        for name in ("acknowledge_s", "escalate_s", "expert_s", "resolve_s"):
            assert row[name] == ("" if one[name] is None else str(one[name])), (row["incident"], name)
        assert (row["furthest"], row["solver"]) == (one["furthest"], one["solver"])
        for name in ("tiers", "handovers", "reopened", "by_clock"):
            assert int(row[name]) == one[name], (row["incident"], name)
        assert {name: int(row[name]) for name in REASONS if int(row[name])} == one["reasons"]
        assert int(row["hands_on_s"]) == sum(share[0] for share in one["people"].values())
        said = bool(int(row["alone"])), row["warned_s"] != "", bool(int(row["hesitated"]))
        assert said == (one["alone"], those.warned, those.hesitated), row["incident"]


def _problems_say_the_same(ada, history, told, now) -> None:
    page = ada.get("/problems/").context
    assert list(page["proposals"]) == []
    fixed = dict(page["groups"])["Fixed"]
    [cache] = plain_history.recurring(told)
    [(problem, around)] = fixed
    assert problem.title == words.CACHE_PROBLEM[0]
    after_it = around.measured
    assert (after_it.before, after_it.after, after_it.days) == plain_history.helped(history, cache, now)
    assert (
        f"It helped: {after_it.before} before, {after_it.after} after"
        in ada.get(problem.get_absolute_url()).content.decode()
    )


def _nothing_is_left_over() -> None:
    """Nobody is called, nothing waits, and the engine finds nothing to do: of the history, that is, which is over."""
    assert not Incident.objects.filter(resolved_at=None).exists()
    ours = Delivery.objects.filter(trail__kind__in=("incident", "problem"))
    assert set(ours.values_list("state", flat=True)) == {"cancelled"}
    armed = Timer.objects.filter(trail__kind="incident", state=Timer.State.ARMED)
    assert set(armed.values_list("kind", flat=True)) <= {"close"}
    assert not armed.filter(next_at__lte=kit_clock.now()).exists()
    assert not [verdict for verdict in verify_all(now=kit_clock.now()) if verdict.fault]
    climb.drain()  # what is due of the present: the organisation plans its maintenance
    assert not auditing.audit(repair=False).findings


# --- made once -----------------------------------------------------------------------------------------


@pytest.mark.rehearsal("long")
@pytest.mark.sqlite_enough
def test_cut_off_and_begun_again_it_goes_on_and_makes_nothing_twice(settings, tmp_path):
    settings.DEMO, settings.HOME = True, tmp_path
    organisation.build()
    making.reserve(kit_clock.now(), 18)
    turns = making.make(pause=0)
    for _n in range(3):
        next(turns)
    turns.close()
    going_on = making.going_on()
    assert (going_on.made, going_on.count) == (3, 18)
    assert "Half a year of history: 3 of 18" in as_ada().get("/measures/").content.decode()
    before = list(Incident.objects.order_by("pk").values())
    assert [history.made for history in making.make(pause=0)][-1] == 18
    assert list(Incident.objects.order_by("pk").values())[:3] == before
    assert Incident.objects.count() == 18
    assert list(making.make(pause=0)) == []
    assert "Half a year of history" not in as_ada().get("/measures/").content.decode()


@pytest.mark.sqlite_enough
def test_what_came_due_until_it_goes_on_is_done(settings, tmp_path):
    settings.DEMO, settings.HOME = True, tmp_path
    organisation.build()
    now = kit_clock.now()
    until = now - timedelta(days=8)
    making.reserve(until, 1)
    [plan, *_others] = [one for one in planning.plans(until) if one.flow == "desk"]
    act(replace(plan, at=until - timedelta(days=1)), [making.kept().first], until)
    assert Incident.objects.get().closed_at < now
    assert not Timer.objects.filter(trail__kind="incident", state=Timer.State.ARMED).exists()


@pytest.mark.sqlite_enough
def test_one_that_the_database_refuses_is_left_out_and_without_a_database_none_is(settings, tmp_path, monkeypatch):
    settings.DEMO, settings.HOME = True, tmp_path

    def refuses(error):
        def refuse(*_args):
            raise error

        making.reserve(kit_clock.now(), 14)
        monkeypatch.setattr(making, "act", refuse)

    refuses(IntegrityError("it is there twice"))
    assert [history.made for history in making.make(pause=0)] == list(range(1, 15))
    refuses(OperationalError("it is away"))
    with pytest.raises(OperationalError):
        next(making.make(pause=0))


@pytest.mark.sqlite_enough
def test_it_waits_for_the_desk_where_it_listens_and_is_as_quick_as_others_once_it_writes(
    settings, tmp_path, monkeypatch
):
    """Whoever is made slow and has SQLite's only lock makes the desk wait."""
    settings.DEMO, settings.HOME, settings.ADDRESS = True, tmp_path, "https://baton.example"
    asked, says = [], iter([False, True])
    monkeypatch.setenv("BATON_DESK", "http://127.0.0.1:8123")
    monkeypatch.setattr(whereabouts, "answers", lambda url: asked.append(url) or next(says))
    for tie in ("name", "watch_parent"):
        monkeypatch.setattr(f"escalation.engine.lifeline.{tie}", lambda *_given: None)
    before = os.nice(0)
    call_command("demo_history")
    assert asked == ["http://127.0.0.1:8123"] * 2
    assert os.nice(0) == before


@pytest.mark.rehearsal("long")
@pytest.mark.sqlite_enough
@pytest.mark.parametrize(("words", "stays_away"), [(["version"], True), (["no-such-command"], False)])
def test_who_is_sent_on_an_errand_is_not_started_again_once_it_is_done(words, stays_away):
    child = supervisor.Child("errand", words, {}, errand=True)
    child.start()
    assert child.process is not None
    child.process.wait(30)
    child.ended()
    assert (child.start_at == math.inf) is stays_away
