"""A death at each named point, told as a play: what was not committed did not happen, what was is not lost."""

import pytest

from escalation.kit import failpoint

from .machine import USUAL, Escalations

pytestmark = [pytest.mark.stateful, pytest.mark.django_db(transaction=True)]

DRAINS = ("drain.claimed", "drain.written", "drain.committed")
POSTS = ("deliver.claimed", "deliver.sent", "deliver.recorded")
DOORS = ("intake.kept", "intake.committed")


@pytest.fixture
def desk():
    state = Escalations()
    state.it_begins(steps=USUAL, rounds=1, then=None, severity=2, after=None, affected=0, moves=[])
    yield state
    state.teardown()


@pytest.fixture
def deaths(monkeypatch):
    """The points at which somebody died."""
    seen = []
    arm = failpoint.arm

    def noting(act):
        def reach(name):
            try:
                act(name)
            except BaseException:
                seen.append(name)
                raise

        arm(reach if act else None)

    monkeypatch.setattr(failpoint, "arm", noting)
    return seen


def test_the_list_of_points_is_whole():
    assert {*DRAINS, *POSTS, *DOORS, "verb.written"} == set(failpoint.NAMES)
    assert set(failpoint.WITH_CARE) == {"drain.counted"}


@pytest.mark.parametrize("point", DRAINS)
def test_a_timekeeper_dies_and_the_next_one_goes_on(desk, deaths, point):
    desk.next_steps_come(1, 0, point)
    desk.everything_holds()
    desk.next_steps_come(2, 0, None)
    desk.everything_holds()
    assert deaths == [point]


@pytest.mark.parametrize("how", ["fails", "kills", "kills early"])
def test_a_step_that_nobody_survives_is_given_up_and_the_last_resort_is_called(desk, how):
    desk.a_step_is_poison(0, how, True, 4, 0)
    desk.everything_holds()
    assert desk.case(0).run.idle == "step_failed"
    assert [message.person for message in desk.outbox.messages if message.kind == "last_resort"] == ["ada", "ada"]


@pytest.mark.parametrize("point", POSTS)
def test_a_worker_dies_and_its_messages_are_found_again(desk, deaths, point):
    desk.post_goes_out("send", point)
    desk.everything_holds()
    desk.time_passes(31)
    desk.post_goes_out("sweep", None)
    desk.everything_holds()
    assert deaths == [point]
    assert {message.state for message in desk.outbox.messages} == {"sent"}


@pytest.mark.parametrize("point", DOORS)
def test_a_door_dies_and_the_message_comes_again(desk, deaths, point):
    desk.alert_fires("north", "disk", (True, True), "critical", point)
    desk.everything_holds()
    desk.message_comes_again(0, None)
    desk.everything_holds()
    assert deaths == [point]
    assert len(desk.cases) == 2


def test_a_verb_dies_and_nothing_was_done(desk, deaths):
    desk.acknowledge(0, "called", "fresh", True)
    desk.everything_holds()
    assert deaths == ["verb.written"]
    assert desk.case(0).status == "triggered"
    desk.acknowledge(0, "called", "fresh", False)
    desk.everything_holds()
    assert desk.case(0).status == "acknowledged"


def test_a_sender_kills_its_worker(desk):
    desk.mood_of_the_post("ana", "kills")
    desk.post_goes_out("send", None)
    desk.everything_holds()
    desk.mood_of_the_post("ana", "fine")
    desk.time_passes(31)
    desk.post_goes_out("sweep", None)
    desk.everything_holds()
    tries = {message.person: message.tries for message in desk.outbox.messages if message.channel == "email"}
    assert tries["ana"] == 2


def test_a_frozen_worker_goes_on_and_writes_nothing(desk):
    desk.worker_freezes(3)
    desk.everything_holds()
    desk.time_passes(31)
    desk.post_goes_out("sweep", None)
    desk.everything_holds()
    assert any(desk.workers)
    while any(desk.workers):
        desk.worker_goes_on()
        desk.everything_holds()


@pytest.mark.parametrize("point", DRAINS)
def test_a_timekeeper_dies_as_maintenance_begins_and_ends(desk, deaths, point):
    desk.plan_a_window(("Payments",), 1, 20, dies=False)
    desk.drain(1, None)
    desk.everything_holds()
    desk.next_steps_come(1, 0, point)
    desk.everything_holds()
    desk.drain(1, None)
    desk.everything_holds()
    assert desk.case(0).run.quiet_until is not None
    desk.next_steps_come(1, 0, point)
    desk.everything_holds()
    desk.drain(1, None)
    desk.everything_holds()
    assert desk.case(0).run.quiet_until is None
    assert deaths == [point] * 2


def test_what_another_step_has_settled_is_not_taken_again_when_one_of_them_fails(desk):
    for number in (0, 1):
        if number:
            desk.open_incident(by="ana", service="Payments", affected=0, restricted=False, dies=False)
        desk.state_facts(0, "ada", ("affected", 2000), dies=False)
    desk.plan_a_window(("Payments",), 0, 20, dies=False)
    desk.drain(1, None)
    desk.plan_a_window(("Payments",), 4, 240, dies=False)
    desk.a_step_is_poison(0, "fails", False, 2, 30)  # the end of the first: all four climbs are due, one fails
    desk.everything_holds()
    told = [kind for lines in desk.lines.values() for kind, _data in lines]
    assert (told.count("maintenance_began"), told.count("maintenance_moved")) == (2, 2)


def test_where_many_wait_one_more_waits_with_them(desk):
    for _time in range(21):
        desk.alert_fires(firing=(True, None), group="disk", severity="", source="north", trouble="stumbles")
    desk.alert_fires(firing=(True, None), group="net", severity="critical", source="south", trouble=None)
    desk.everything_holds()
    assert not any(receipt.done for receipt in desk.doors.receipts)
