"""What an installation must not begin with: each by a table, the worst by the real command."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from django.core import checks as django_checks

from escalation.kit.checks import Standing, look, standing

ROOT = Path(__file__).resolve().parents[2]
KEY = "k4Zr-this_one-is-of-these-tests-and-like-no-other-9Qw"
HERE = "http://127.0.0.1:8000"
OUT = "https://baton.acme.com"
PG = {"ENGINE": "django.db.backends.postgresql"}


def found(**at) -> list[str]:
    said = look(Standing(**{"keys": [KEY], "address": HERE, **at}))
    return [one.id.removeprefix("baton.") for one in said]


@pytest.mark.parametrize(
    ("at", "ids"),
    [
        ({}, []),
        ({"address": OUT, "behind_proxy": True, "hosts": ["baton.acme.com", ".acme.com", ".acme.co.uk"]}, []),
        # keys
        ({"keys": ["django-insecure-" + KEY]}, ["E001"]),
        ({"keys": ["CHANGEME-" + KEY]}, ["E001"]),
        ({"keys": [KEY, "your-secret-key-here-your-secret-key-here-1"]}, ["E001"]),
        ({"keys": [KEY[:31]]}, ["E002"]),
        ({"keys": ["k" * 60]}, ["E002"]),
        ({"keys": ["0123456789abcdef" * 4]}, ["E002"]),
        ({"keys": [KEY, "short"]}, ["E002"]),
        ({"keys": ["9f86d081884c7d659a2feaa0c55ad015"]}, []),
        ({"sealing": [KEY, "0123456789abcdef" * 4]}, ["E002"]),
        ({"sealing": ["CHANGEME-" + KEY]}, ["E001"]),
        # debug
        ({"debug": True}, []),
        ({"debug": True, "hosts": ["127.0.0.1", "localhost"], "listens_on": "127.0.0.1"}, []),
        ({"debug": True, "listens_on": "0.0.0.0"}, ["E003"]),
        ({"debug": True, "listens_on": "::"}, ["E003"]),
        ({"debug": True, "hosts": ["desk.lan"]}, ["E003"]),
        ({"debug": True, "address": OUT, "behind_proxy": True}, ["E003"]),
        # hosts
        ({"hosts": ["*"]}, ["E004"]),
        ({"hosts": [".com"]}, ["E004"]),
        ({"hosts": [".co.uk"]}, ["E004"]),
        # http
        ({"address": "http://baton.acme.com"}, ["W001"]),
        ({"address": "http://192.168.4.7:8000"}, ["W001"]),
        ({"behind_proxy": True}, ["W002"]),
        ({"address": OUT}, ["W003"]),
        # what is elsewhere
        ({"database": {**PG, "HOST": "db.acme.com"}}, ["W004", "W006"]),
        ({"database": {**PG, "HOST": "db.acme.com", "PASSWORD": "x", "OPTIONS": {"sslmode": "verify-full"}}}, []),
        ({"database": {**PG, "HOST": "db", "PASSWORD": "x"}}, []),
        ({"database": {**PG, "HOST": "10.0.0.5"}}, ["W004"]),
        ({"database": {**PG, "HOST": "127.0.0.1"}}, []),
        ({"database": {**PG, "HOST": "/run/postgresql"}}, []),
        ({"database": {**PG, "HOST": "8.8.8.8", "PASSWORD": "x"}}, ["W006"]),
        ({"redis_url": "redis://redis.acme.com/0"}, ["W007"]),
        ({"redis_url": "redis://:word@redis.acme.com/0"}, []),
        ({"redis_url": "redis://redis/0"}, []),
        ({"is_root": True}, ["I001"]),
        ({"is_root": True, "hosts": ["*"], "address": "http://desk.lan"}, ["E004", "W001", "I001"]),
    ],
)
def test_what_is_wrong_is_named(at, ids, monkeypatch):
    for name in ("PGPASSWORD", "PGPASSFILE", "PGSERVICE", "PGSSLMODE"):
        monkeypatch.delenv(name, raising=False)
    assert found(**at) == ids


def test_a_key_is_called_by_its_own_name():
    at = Standing(keys=[KEY, "short"], sealing=["k" * 40, "k" * 41], address=HERE)
    names = ["A key in SECRET_KEY_FALLBACKS", "BATON_SEALING_KEY", "A key in BATON_SEALING_KEY_FALLBACKS"]
    assert [one.msg.partition(" can be")[0] for one in look(at)] == names


def test_keys_of_the_record_are_secrets_too(settings):
    assert settings.HOME / ".baton" / "anchor.key" in standing().files


@pytest.fixture
def open_way(tmp_path, monkeypatch):
    """A folder that everybody can enter; where tests run, the folders above mostly are not."""
    monkeypatch.setattr("escalation.kit.checks._lets_others_in", lambda file: True)
    return tmp_path


@pytest.mark.parametrize(("mode", "ids"), [(0o600, []), (0o604, ["E005"]), (0o644, ["E005"]), (0o602, ["E005"])])
def test_what_everybody_can_read_is_no_secret(open_way, mode, ids):
    file = open_way / ".env"
    file.write_text("SECRET_KEY=…")
    file.chmod(mode)
    assert found(files=[file, open_way / "is-not-there", Path(os.devnull)]) == ids


def test_a_group_is_warned_of_unless_root_gave_the_file_to_it(open_way):
    file = open_way / "key"
    file.touch(mode=0o640)
    if os.geteuid() != 0:
        assert found(files=[file]) == ["W005"]
        return
    assert found(files=[file]) == []
    os.chown(file, 65534, 65534)
    assert found(files=[file]) == ["W005"]


def test_a_folder_that_everybody_can_write_in_is_refused(open_way):
    open_way.chmod(0o777)
    assert found(home=open_way) == ["E006"]
    open_way.chmod(0o755)
    assert found(home=open_way) == []


def test_behind_a_closed_folder_a_mode_says_nothing(tmp_path):
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    (closed / ".env").touch(mode=0o644)
    assert found(files=[closed / ".env"]) == []


def test_each_says_how_it_is_mended():
    standing = Standing(keys=["x"], address="http://baton.acme.com", hosts=["*"], debug=True, is_root=True)
    assert all(isinstance(one, django_checks.CheckMessage) and one.msg and one.hint for one in look(standing))


# --- the real commands -------------------------------------------------------------------------


def baton(home: Path, *words: str, **said: str) -> subprocess.CompletedProcess[str]:
    """A command of Baton where nothing is yet: a refusal comes before a database is made or asked."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
    return subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), *words],
        env={**kept, "BATON_HOME": str(home), "SECRET_KEY": KEY, **said},
        capture_output=True,
        text=True,
        timeout=100,
        cwd=home,
    )


@pytest.mark.processes
@pytest.mark.sqlite_enough
@pytest.mark.parametrize(
    ("words", "said", "ids"),
    [
        pytest.param(
            ["up", "--port", "0", "--host", "0.0.0.0"],
            {"SECRET_KEY": "django-insecure-9Qw", "ALLOWED_HOSTS": "*", "BATON_DEBUG": "1"},
            {"E001", "E003", "E004"},
            id="up",
            marks=[pytest.mark.rehearsal("processes"), pytest.mark.everybodys],
        ),
        pytest.param(["runcluster", "timers"], {"SECRET_KEY": "k" * 60}, {"E002"}, id="a cluster by hand"),
        pytest.param(["runweb", "--fd", "0"], {"ALLOWED_HOSTS": ".com"}, {"E004"}, id="web by hand"),
        pytest.param(["check", "--deploy"], {"ALLOWED_HOSTS": ".org"}, {"E004"}, id="check"),
    ],
)
def test_it_does_not_start(words, said, ids, tmp_path):
    ended = baton(tmp_path, *words, **said)
    assert ended.returncode == 1
    assert {one for one in ("E001", "E002", "E003", "E004", "E005") if f"baton.{one})" in ended.stderr} == ids
    assert "Traceback" not in ended.stderr and "ready" not in ended.stdout
    assert said.get("SECRET_KEY", KEY) not in ended.stderr


@pytest.mark.processes
@pytest.mark.sqlite_enough
@pytest.mark.rehearsal("processes")
def test_a_key_that_everybody_can_read_keeps_it_from_starting(tmp_path):
    home = Path("/var/tmp", f"baton-open-{os.getpid()}")  # everybody can enter there, and pytest's own folder nobody
    home.mkdir(mode=0o755)
    try:
        (home / "key").write_text(KEY + "\n")
        (home / "key").chmod(0o644)
        ended = baton(home, "up", "--port", "0", SECRET_KEY_FILE=str(home / "key"))
        assert ended.returncode == 1
        assert f"Everybody on this machine can read {home}/key, and it holds secrets. Say: chmod 600" in ended.stderr
        assert not (home / "baton.sqlite3").exists()
    finally:
        for file in home.iterdir():
            file.unlink()
        home.rmdir()


@pytest.mark.processes
@pytest.mark.sqlite_enough
def test_a_file_that_cannot_be_read_is_said_in_a_sentence(tmp_path):
    ended = baton(tmp_path, "check", SECRET_KEY_FILE=str(tmp_path / "nowhere"))
    assert (ended.returncode, ended.stderr) == (
        1,
        f"SECRET_KEY_FILE names {tmp_path / 'nowhere'}, which cannot be read: No such file or directory.\n",
    )


@pytest.mark.rehearsal("long")
def test_the_port_is_not_even_taken(tmp_path):
    """A refusal comes before anything: a process that holds the port would be taken for one that runs."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        ended = baton(tmp_path, "up", "--port", str(taken.getsockname()[1]), ALLOWED_HOSTS="*")
    assert "E004" in ended.stderr and "Port" not in ended.stderr
