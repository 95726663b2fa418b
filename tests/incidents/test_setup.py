"""``manage.py setup`` for real: a fresh folder, a process of its own, and a first incident by the printed line."""

import os
import re
import shlex
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from escalation.people.models import User
from incidents.management.commands.setup import own_zone, write_env
from tests import migrated

ROOT = Path(__file__).parents[2]
ANSWERS = {
    "address": "https://baton.example.com",
    "team": "Service desk",
    "service": "Web shop",
    "name": "Ada Lund",
    "email": "Ada@Example.com",
}


def manage(home: Path, *words: str, typed: str = "", **env: str) -> subprocess.CompletedProcess:
    names = ("PATH", "HOME", "LANG", "VIRTUAL_ENV", "TMPDIR")
    clean = {name: os.environ[name] for name in names if name in os.environ}
    return subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), *words],
        cwd=home,
        input=typed,
        capture_output=True,
        text=True,
        timeout=100,
        env={**clean, "BATON_HOME": str(home), **env},
        check=False,
    )


def set_up(home: Path, password: str = "a-fine-password-9", **answers: str) -> subprocess.CompletedProcess:
    words = [f"--{name}={value}" for name, value in {**ANSWERS, **answers}.items()]
    return manage(home, "setup", "--no-input", *words, BATON_ADMIN_PASSWORD=password)


def rows(home: Path, sql: str) -> list:
    with sqlite3.connect(home / "baton.sqlite3") as base:
        return base.execute(sql).fetchall()


TRY_IT = """
import shlex, sys
from django.test import Client
words = shlex.split(sys.argv[1])
url, body = words[3], words[-1]
headers = {"Authorization": words[5].partition(": ")[2]}
path = "/" + url.split("/", 3)[3]
print(Client().post(path, body, content_type="application/json", headers=headers).json())
"""


fresh = pytest.mark.rehearsal("processes")


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Path:
    home = tmp_path_factory.mktemp("fresh")
    done = set_up(home)
    assert done.returncode == 0, done.stderr
    (home / "said.txt").write_text(done.stdout)
    return home


@pytest.mark.rehearsal("long")
@fresh
def test_it_makes_what_an_incident_needs(home):
    assert rows(home, "select email, is_staff, is_superuser from people_user") == [("ada@example.com", 1, 1)]
    assert rows(home, "select name from people_tier order by rank") == [("L1 Service desk",), ("Last resort",)]
    assert rows(home, "select name from incidents_service") == [("Web shop",)]
    assert rows(home, "select count(*) from incidents_severitycell") == [(9,)]
    assert rows(home, "select count(*) from policies_policystep") == [(2,)]
    assert rows(home, "select kind from trail_entry where kind like 'config%'") == [
        ("config_added",),
        ("config_setup",),
    ]


@fresh
def test_the_settings_are_kept_for_their_owner_only(home):
    file = home / ".env"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert "BATON_ADDRESS=https://baton.example.com" in file.read_text()
    assert len(re.search(r"SECRET_KEY=(\S+)", file.read_text())[1]) >= 50


@fresh
def test_the_key_for_browsers_is_made_and_found(home):
    assert stat.S_IMODE((home / ".vapid.key").stat().st_mode) == 0o600
    assert re.fullmatch(r"Public key: [\w-]{87}\n", manage(home, "vapidkey").stdout)


@pytest.mark.rehearsal("long")
@fresh
def test_other_commands_find_them(home):
    told = "from django.conf import settings; print(settings.ADDRESS, settings.SECURE, len(settings.SECRET_KEY) > 49)"
    assert manage(home, "shell", "-v", "0", "-c", told).stdout.strip() == "https://baton.example.com True True"


@pytest.mark.rehearsal("long")
@fresh
def test_the_printed_line_opens_a_first_incident(home):
    said = (home / "said.txt").read_text()
    line = next(line for line in said.splitlines() if line.startswith("curl "))
    assert shlex.split(line)[3].startswith("https://baton.example.com/integrations/alertmanager")
    script = home / "try_it.py"
    script.write_text(f"import os, sys; sys.path.insert(0, {str(ROOT)!r})\nimport django; django.setup()\n" + TRY_IT)
    env = {**os.environ, "BATON_HOME": str(home), "DJANGO_SETTINGS_MODULE": "escalation.settings"}
    for name in ("SECRET_KEY", "EMAIL_URL", "BATON_ENV_FILE", "DATABASE_URL"):
        env.pop(name, None)
    done = subprocess.run(
        [sys.executable, str(script), line],
        env=env | {"ALLOWED_HOSTS": "testserver"},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert "INC-1001" in done.stdout, done.stderr
    assert rows(home, "select title from incidents_incident") == [("Our first incident",)]
    assert rows(home, "select name from people_user join engine_delivery on person_id = people_user.id limit 1") == [
        ("Ada Lund",)
    ]


@fresh
def test_it_says_by_which_mail_server_calls_leave_and_on_whose_clock(home):
    said = (home / "said.txt").read_text()
    assert "through 127.0.0.1:25" in said and f"to {home}/.env" in said
    [(zone,)] = rows(home, "select time_zone from people_user")
    assert f"on the clock of {zone};" in said


@pytest.mark.parametrize(
    ("target", "zone"),
    [
        ("/usr/share/zoneinfo/Europe/Berlin", "Europe/Berlin"),
        ("/var/db/timezone/zoneinfo/America/Argentina/Salta", "America/Argentina/Salta"),
        ("/usr/share/zoneinfo/Etc/UTC", "UTC"),
        ("/usr/share/zoneinfo/Mars/Olympus", "UTC"),
        ("/etc/adjtime", "UTC"),
    ],
)
def test_the_first_admin_has_the_clock_of_the_machine(tmp_path, target, zone):
    (tmp_path / "localtime").symlink_to(target)
    assert own_zone(str(tmp_path / "localtime")) == zone


@pytest.mark.rehearsal("long")
@fresh
def test_a_second_time_is_refused_and_changes_nothing(home):
    before = (home / ".env").read_text()
    again = set_up(home)
    assert again.returncode == 1
    assert "set up already" in again.stderr
    assert (home / ".env").read_text() == before
    assert rows(home, "select count(*) from people_user") == [(1,)]


@pytest.mark.parametrize(
    ("answers", "password", "words"),
    [
        ({"address": "baton"}, "a-fine-password-9", "--address: An address looks like"),
        ({"address": "https://x.example/desk"}, "a-fine-password-9", "--address"),
        ({"email": "ada"}, "a-fine-password-9", "--email"),
        ({"service": " "}, "a-fine-password-9", "--service: This is needed."),
        ({"name": "\u200b\ufeff"}, "a-fine-password-9", "--name: This is needed."),
        ({}, "short", "BATON_ADMIN_PASSWORD: This password is too short"),
        ({}, "ada@example.com", "BATON_ADMIN_PASSWORD: The password is too similar"),
    ],
)
@pytest.mark.django_db
def test_a_wrong_answer_is_said_in_one_line_and_nothing_is_made(
    tmp_path, answers, password, words, settings, monkeypatch
):
    settings.HOME, settings.ENV_FILE = tmp_path, tmp_path / ".env"
    monkeypatch.setenv("BATON_ADMIN_PASSWORD", password)
    monkeypatch.setattr("escalation.engine.supervisor.prepare_database", lambda say: None)
    with pytest.raises(CommandError, match=re.escape(words)):
        call_command("setup", no_input=True, **{**ANSWERS, **answers})
    assert not (tmp_path / ".env").exists()
    assert not User.objects.exists()


def test_the_settings_are_written_where_they_will_be_read(tmp_path, settings):
    settings.HOME, settings.ENV_FILE = tmp_path, tmp_path / "baton.env"
    assert write_env("https://baton.example.com") == tmp_path / "baton.env"
    assert [one.name for one in tmp_path.iterdir()] == ["baton.env"]
    assert "BATON_ADDRESS=https://baton.example.com" in (tmp_path / "baton.env").read_text()
    settings.ENV_FILE = tmp_path  # stands for what is no file
    with pytest.raises(CommandError, match="no file that keeps settings"):
        write_env("https://baton.example.com")


def test_without_setup_the_other_commands_say_what_to_do(tmp_path):
    done = manage(tmp_path, "check")
    assert done.returncode != 0
    assert "manage.py setup" in done.stderr


@pytest.mark.rehearsal("long")
@fresh
def test_a_key_from_the_environment_is_not_written_down(tmp_path):
    migrated.copy_to(tmp_path / "baton.sqlite3")  # from nothing it was made above
    words = [f"--{name}={value}" for name, value in ANSWERS.items()]
    given = {"BATON_ADMIN_PASSWORD": "a-fine-password-9", "SECRET_KEY": "k" * 50}
    done = manage(tmp_path, "setup", "--no-input", *words, **given)
    assert done.returncode == 0, done.stderr
    assert "SECRET_KEY" not in (tmp_path / ".env").read_text()


@pytest.mark.rehearsal("long")
@fresh
def test_stopping_at_a_question_is_no_crash(tmp_path):
    migrated.copy_to(tmp_path / "baton.sqlite3")
    done = manage(tmp_path, "setup", typed="https://baton.example.com\n")
    assert done.returncode == 1
    assert "Stopped; nothing was set up." in done.stderr
