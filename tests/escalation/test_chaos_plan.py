"""The plan of a storm: the same for the same seed, and everything that must happen is in it."""

import os
import signal
import subprocess
import sys

import pytest

from escalation.kit import failpoint
from scripts import chaos_plan
from tests.processes import ROOT

EVERY = list(chaos_plan.every())


def a_plan(profile: str, database: str, *, seed: int = 3, seconds: float = 18.0) -> list[chaos_plan.Fault]:
    return chaos_plan.plan(seed, seconds, profile, database)


def printed(profile: str, database: str, seed: int) -> str:
    """As a fresh process says it: nothing may depend on the order of a set or on the time."""
    words = [sys.executable, "scripts/chaos.py", "--plan", "--seed", str(seed), "--profile", profile, "--db", database]
    env = {**os.environ, "PYTHONHASHSEED": str(seed)}
    return subprocess.run(words, cwd=ROOT, env=env, check=True, capture_output=True, text=True).stdout


def test_the_same_seed_prints_the_same_plan():
    assert printed("all", "postgres", 7) == printed("all", "postgres", 7) != printed("all", "postgres", 8)


@pytest.mark.parametrize(("profile", "database"), EVERY)
def test_seed_seconds_profile_and_database_make_the_plan(profile, database):
    plan = a_plan(profile, database)
    assert plan == a_plan(profile, database)
    assert plan != a_plan(profile, database, seed=4)
    assert plan != a_plan(profile, database, seconds=180)
    assert chaos_plan.digest(plan) != chaos_plan.digest(a_plan(profile, database, seed=4))


@pytest.mark.parametrize(("profile", "database"), EVERY)
def test_faults_begin_in_order_and_within_the_storm(profile, database):
    begins = [fault.at for fault in a_plan(profile, database)]
    assert begins
    assert begins == sorted(begins)
    assert begins[0] >= 0
    assert begins[-1] < 18


@pytest.mark.parametrize("database", chaos_plan.DATABASES)
def test_every_process_and_every_named_point_is_killed(database):
    plan = a_plan("kill", database)
    points = {fault.what for fault in plan if fault.kind == "point"}
    assert points == {*failpoint.NAMES, *failpoint.OF_ANCHORS}
    assert [fault.what for fault in plan if fault.kind == "tear"] == ["a line of the anchors"]
    assert {fault.what for fault in plan if fault.kind == "kill"} == {*chaos_plan.PROCESSES, "baton"}


@pytest.mark.parametrize("seconds", [18.0, 180.0])
def test_holders_of_a_lease_are_frozen_until_it_has_ended(seconds):
    plan = a_plan("stop", "sqlite", seconds=seconds)
    held = [fault.seconds for fault in plan if fault.what == "at deliver.claimed"]
    assert min(held) > chaos_plan.pace(seconds).lease


@pytest.mark.parametrize("database", chaos_plan.DATABASES)
@pytest.mark.parametrize("seconds", [18.0, 180.0])
@pytest.mark.parametrize("seed", range(1, 6))
def test_the_provider_is_well_for_half_of_the_time(seed, seconds, database):
    """Trouble after trouble, it would be left alone all the time, and nothing that arrives could be judged."""
    seconds = chaos_plan.length(seconds, "net")
    plan = [fault for fault in a_plan("net", database, seed=seed, seconds=seconds) if fault.kind == "provider"]
    assert {fault.what for fault in plan} == {*chaos_plan.PROVIDER_MODES, "away", "frozen"}
    assert sum(fault.seconds for fault in plan) < seconds / 2
    [frozen] = [fault for fault in plan if fault.what == "frozen"]
    assert frozen.seconds > chaos_plan.pace(seconds).send
    ends = [fault.at + fault.seconds for fault in plan if fault is not frozen]
    assert all(not fault.at < end < fault.at + fault.seconds for fault in plan for end in ends)


@pytest.mark.parametrize(("seconds", "away"), [(18.0, 6), (120.0, 60), (180.0, 60)])
@pytest.mark.parametrize("seed", range(1, 6))
def test_postgresql_is_away_for_long_and_nothing_has_to_wait_for_its_end(seed, seconds, away):
    *others, last = a_plan("db", "postgres", seed=seed, seconds=seconds)
    assert (last.kind, last.what, last.seconds) == ("db", "away", away)
    assert {fault.what for fault in others} == {"restart immediate", "restart fast", "terminate"}
    assert len(others) == 6


@pytest.mark.parametrize("profile", ["clock", "all"])
def test_the_last_jump_brings_everything_due(profile):
    jumps = [fault.what for fault in a_plan(profile, "sqlite") if fault.kind == "clock"]
    assert len(jumps) == 3
    assert jumps[-1] == "+86400 s"


@pytest.mark.parametrize(("order", "number"), [("kill", signal.SIGKILL), ("freeze", signal.SIGSTOP)])
def test_an_order_at_a_named_point_is_obeyed_once(tmp_path, order, number):
    (tmp_path / "drain.claimed").write_text(order)
    code = (
        "from escalation.kit import failpoint as f; f.arm_from_environment();"
        "f.reach('drain.written'); print('on', flush=True);"
        "f.reach('drain.claimed'); print('past', flush=True)"
    )
    env = {**os.environ, "BATON_FAILPOINTS": str(tmp_path)}
    words = [sys.executable, "-c", code]
    with subprocess.Popen(words, cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True) as first:
        _pid, status = os.waitpid(first.pid, os.WUNTRACED)
        seen = os.WSTOPSIG(status) if os.WIFSTOPPED(status) else os.WTERMSIG(status)
        assert seen == number
        if os.WIFSTOPPED(status):
            os.kill(first.pid, signal.SIGCONT)
        said = first.communicate()[0]
    assert said.split() == (["on", "past"] if order == "freeze" else ["on"])
    [taken] = tmp_path.iterdir()
    assert taken.match(f"drain.claimed.taken.*.{first.pid}")
    again = subprocess.run(words, cwd=ROOT, env=env, check=True, capture_output=True, text=True)
    assert again.stdout.split() == ["on", "past"]
