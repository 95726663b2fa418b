"""The live stream: what is new, who hears of it, and when a stream ends."""

import asyncio
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.test import AsyncClient, Client
from django.utils import timezone

from escalation.people.models import Membership, Session, User
from incidents.desk import live
from incidents.desk.hints import Look, News, Viewer, Window, audience, viewers
from incidents.models import Access, Incident

pytestmark = pytest.mark.django_db


def in_a_loop(scene):
    """Run a coroutine function in a thread of its own: a browser test may have left a loop running in this one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(lambda: asyncio.run(scene())).result()


@pytest.fixture
def listening(cast):
    """Everybody listens, each with a session of their own."""
    found = set()
    for user in User.objects.all():
        key = f"session-{user.pk}"
        Session.objects.create(session_key=key, session_data="", expire_date=timezone.now() + timedelta(days=3650))
        found.add((user.pk, key))
    return found


@pytest.fixture
def look(listening):
    """One look at a time, the first of which only learns where the record ends."""
    ask, at = Look(), iter(range(1, 1000))

    def now(among=None):
        return ask(among or listening, next(at) * 0.25)

    now()
    return now


def names(changes: dict, number: int) -> set[str]:
    people = User.objects.in_bulk(pk for pk, numbers in changes.items() if number in numbers)
    return {user.get_short_name() for user in people.values()}


def test_a_change_is_heard_once_by_those_who_may_see_it(cast, open_incident, look):
    incident = open_incident()
    heard = names(look().changes, incident.number)
    assert heard == {"Ana", "Jo", "Sam", "Mei", "Kim", "Ada", "Otto"}
    assert look().changes == {}
    incident.note(by=cast.ana, text="Looking.")
    assert names(look().changes, incident.number) == heard


def test_an_escalation_reaches_the_team_it_goes_to(cast, open_incident, look, clock):
    incident = open_incident()
    look()
    incident.escalate(by=cast.ana, reason="access", text="Only they can.", to=(0, 2))
    assert "Tom" in names(look().changes, incident.number)


def test_restricted_means_participants_only(cast, open_incident, look):
    incident = open_incident(restricted=True)
    assert names(look().changes, incident.number) == {"Ana", "Jo", "Ada", "Otto"}  # Jo was called


def test_who_loses_sight_of_it_hears_that_once_so_that_it_goes_from_their_lists(cast, open_incident, look):
    incident = open_incident()
    look()
    incident.restrict(by=cast.ana, text="Names of customers.")
    assert {"Ana", "Jo", "Sam", "Mei"} <= names(look().changes, incident.number)
    incident.note(by=cast.ana, text="Found it.")
    assert names(look().changes, incident.number) == {"Ana", "Jo", "Ada", "Otto"}


def test_the_hints_follow_the_same_rule_as_the_lists(cast, open_incident, clock):
    open_incident("One")
    open_incident("Two", restricted=True)
    open_incident("Three", service=None, people_affected=5000)
    clock.forward(minutes=5)
    Access.objects.create(incident=Incident.objects.first(), person=cast.rita)
    User.objects.filter(pk=cast.jo.pk).update(is_active=False)
    everybody = list(User.objects.all())
    heard = audience(list(Incident.objects.values("id", "number", "restricted")), viewers([u.pk for u in everybody]))
    for user in everybody:
        seen = set(Incident.objects.visible_to(user).values_list("number", flat=True))
        assert heard.get(user.pk, set()) == seen, user


def test_a_call_is_told_to_the_person_it_is_for_and_once(cast, open_incident, look, clock):
    incident = open_incident()
    told = look().calls
    assert set(told) == {cast.ana.pk, cast.jo.pk}
    [call] = told[cast.ana.pk]
    assert (call["title"], call["text"]) == (f"SEV3 {incident.ref} calls you", "Card payments fail")
    assert call["url"] == f"/incidents/{incident.number}/"
    incident.note(by=cast.ana, text="Looking.")
    assert look().calls == {}
    incident.acknowledge(by=cast.ana)
    incident.hand_over(by=cast.ana, to=cast.tom, text="Over to you?")
    assert [call["title"] for call in look().calls[cast.tom.pk]] == [f"Ana Ruiz hands you {incident.ref}"]


def test_a_deactivated_person_and_an_ended_session_stop_hearing(cast, open_incident, look, listening):
    User.objects.filter(pk=cast.ana.pk).update(is_active=False)
    Session.objects.filter(session_key=f"session-{cast.jo.pk}").delete()
    gone = set()
    for _look in range(9):  # within two seconds
        gone |= look().gone
    assert {person for person, _session in gone} == {cast.ana.pk, cast.jo.pk}
    incident = open_incident(by=cast.sam)
    assert "Ana" not in names(look().changes, incident.number)


def test_a_look_costs_the_same_however_many_listen(cast, open_incident, look, django_assert_max_num_queries):
    with django_assert_max_num_queries(1):
        look()
    for n in range(5):
        open_incident(f"Incident {n}")
    with django_assert_max_num_queries(10):
        look()


def test_numbers_that_appear_late_are_found():
    window = Window(100, patience=10.0)
    assert window.fresh([101, 103], at=0.0) == [101, 103]
    assert window.after == 100  # 102 may still be on its way
    assert window.fresh([101, 102, 103], at=5.0) == [102]
    assert window.fresh([101, 102, 103, 104], at=10.0) == [104]
    assert window.after == 103
    assert window.fresh([102, 104], at=30.0) == []


def test_a_viewer_without_teams_hears_nothing_of_teams():
    incidents = [{"id": 1, "number": 1001, "restricted": False}]
    assert audience(incidents, [Viewer(1, False, frozenset())]) == {}
    assert audience(incidents, [Viewer(1, True, frozenset())]) == {1: {1001}}


def test_a_database_that_is_away_ends_the_beats_and_not_the_stream(monkeypatch):
    asked = []

    def fails(asking, at):
        asked.append(at)
        raise RuntimeError("server closed the connection unexpectedly")

    monkeypatch.setattr(live, "Look", lambda: fails)
    monkeypatch.setattr(live, "BACK_OFF", 0.01)

    async def scene():
        hub, listener = live.Hub(), live.Listener(1, "key")
        hub.looked = -1e9
        hub.join(listener)
        hub.looked -= live.TRUST
        await asyncio.sleep(0.1)
        fresh = hub.fresh
        hub.leave(listener)
        return fresh, hub._task

    assert in_a_loop(scene) == (False, None)
    assert len(asked) > 1


class Connections:
    """As Django's: which one it is depends on the thread that asks for it."""

    def __init__(self):
        self.closed: list[threading.Thread] = []

    @property
    def close(self):
        whose = threading.current_thread()
        return lambda: self.closed.append(whose)


def test_when_its_server_stops_a_stream_ends_and_closes_the_connection_that_it_looked_by(monkeypatch):
    connections = Connections()
    monkeypatch.setattr(live, "connection", connections)
    monkeypatch.setattr(live, "_ask", lambda look, asking: News({}, {}, set(), 0.0))
    monkeypatch.setattr(live, "_version", lambda person: "1")

    async def scene():
        events = live._events(1, "key")
        assert b"hello" in await anext(events)
        assert (asyncio.get_running_loop(), live.hub()) in live.end_all()
        assert [said async for said in events] == []
        return live.hub()

    hub = in_a_loop(scene)
    hub.close()
    [its_thread] = hub._thread._threads
    # By all that end here: a server of another test may still hold a stream, which ends with them.
    assert [whose for whose in connections.closed if whose is its_thread] == [its_thread]


def test_a_listener_says_much_in_few_lines():
    listener, hub = live.Listener(1, "key"), live.Hub()
    for numbers in ({1002}, {1001, 1002}):
        listener.changed |= numbers
    [line] = live._said(listener, hub)
    name, data, *_rest = line.decode().split("\n")
    assert name == "event: change"
    assert json.loads(data.removeprefix("data: "))["ids"] == [1001, 1002]
    assert live._said(listener, hub) == []


def test_a_stranger_gets_no_stream():
    assert Client().get("/live/").status_code == 302


@pytest.mark.django_db(transaction=True)
def test_the_stream_greets_and_promises_not_to_be_kept(cast):
    async def scene():
        client = AsyncClient()
        await client.aforce_login(cast.ana)
        response = await client.get("/live/")
        stream = aiter(response.streaming_content)
        first = await asyncio.wait_for(anext(stream), 10)
        await stream.aclose()
        return response, first.decode()

    response, first = in_a_loop(scene)
    assert response["Content-Type"] == "text/event-stream"
    assert response["X-Accel-Buffering"] == "no"
    assert "no-cache" in response["Cache-Control"]
    assert first.startswith("event: hello\ndata: {")
    assert {"now", "version"} <= set(json.loads(first.split("data: ")[1]))


def test_teams_of_a_viewer_are_asked_for_all_at_once(cast, django_assert_num_queries):
    with django_assert_num_queries(2):
        found = viewers([cast.ana.pk, cast.ada.pk])
    by_id = {viewer.id: viewer for viewer in found}
    assert by_id[cast.ana.pk].teams == set(Membership.objects.filter(user=cast.ana).values_list("team", flat=True))
    assert by_id[cast.ada.pk].all
