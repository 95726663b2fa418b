"""A setting that is missing or wrong is said in one sentence, whatever command was given."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
KEY = "a-key-of-this-test-that-is-long-enough-to-be-taken-by-all"
AUDITS = "BATON_AUDIT_SECONDS is to be more than 0, and 60 at most."
PAUSES = "BATON_PROBE_SECONDS names no pauses in seconds, shortest first, as 30,60,120,300 does."


def manage(home: Path, said: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
    return subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), *words],
        env={**kept, "BATON_HOME": str(home), **said},
        capture_output=True,
        text=True,
        timeout=60,
        cwd=home,
    )


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ({}, "SECRET_KEY is not set. `manage.py setup` writes one"),
        ({"SECRET_KEY": KEY, "DATABASE_URL": "nonsense"}, "DATABASE_URL names no database."),
        ({"SECRET_KEY": KEY, "DATABASE_URL": "postgres://baton@db.example.com"}, "DATABASE_URL names no database."),
        ({"SECRET_KEY": KEY, "DATABASE_URL": "oracular://db.example.com/baton"}, "isn't an available database backend"),
        ({"SECRET_KEY": KEY, "BATON_PROBE_SECONDS": "60,30"}, PAUSES),
        ({"SECRET_KEY": KEY, "BATON_PROBE_SECONDS": "30,nan"}, PAUSES),
        ({"SECRET_KEY": KEY, "BATON_PROBE_SECONDS": "soon"}, "BATON_PROBE_SECONDS cannot be read: it wants numbers"),
        ({"SECRET_KEY": KEY, "BATON_LIMIT_PER_PERSON": "sms=x"}, "BATON_LIMIT_PER_PERSON: a limit is a whole number"),
        ({"SECRET_KEY": KEY, "BATON_PROBE_SECONDS": "30,inf"}, PAUSES),
        ({"SECRET_KEY": KEY, "BATON_AUDIT_SECONDS": "300"}, AUDITS),
        ({"SECRET_KEY": KEY, "BATON_AUDIT_SECONDS": "0"}, AUDITS),
    ],
)
def test_it_is_a_sentence_and_no_traceback(said, answer, tmp_path):
    ended = manage(tmp_path, said, "import_from", "opsgenie")
    assert ended.returncode == 1
    assert answer in ended.stderr
    assert "Traceback" not in ended.stderr


def test_further_hosts_take_no_other_away(tmp_path):
    said = {"SECRET_KEY": KEY, "BATON_ADDRESS": "https://baton.example.com", "ALLOWED_HOSTS": "b-1.example,b-2.example"}
    asked = "from django.conf import settings; print(*settings.ALLOWED_HOSTS)"
    ended = manage(tmp_path, said, "shell", "-v", "0", "-c", asked)
    assert ended.stdout.split() == ["baton.example.com", "127.0.0.1", "localhost", "b-1.example", "b-2.example"]


def test_how_the_way_to_the_database_is_to_be_encrypted_is_not_lost(tmp_path):
    """``baton.W006`` asks for it."""
    url = "postgres://baton:x@db.example.com/baton?sslmode=verify-full&sslrootcert=/ca.pem&options=-c%20jit%3Don"
    asked = "from django.conf import settings; o = settings.DATABASES['default']['OPTIONS'];"
    asked += "print(o['sslmode'], o['sslrootcert'], o['keepalives'], '|', o['options'])"
    ended = manage(tmp_path, {"SECRET_KEY": KEY, "DATABASE_URL": url}, "shell", "-v", "0", "-c", asked)
    ways, _bar, options = ended.stdout.strip().partition(" | ")
    assert ways == "verify-full /ca.pem 1"
    assert options.startswith("-c idle_in_transaction_session_timeout=") and options.endswith(" -c jit=on")
