"""Commands of ``manage.py``, each in a process of its own that is forked from one where Django is loaded already.

To load it takes a hundred times as long as most commands. A forked process has read no database yet: its home, its
database, its key and its path are set before it begins, and it may be told where to die.

    with Console() as console:
        said = console.says(["backup", "/tmp/copies"], home=…, url=…)
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.processes import Scratch

ROOT = Path(__file__).resolve().parent.parent
KEY = "only-for-tests-and-long-enough-to-be-no-warning-0123456789"


class Console:
    def __enter__(self) -> "Console":
        env = {name: value for name, value in os.environ.items() if not name.startswith("BATON_")}
        env |= {"DJANGO_SETTINGS_MODULE": "escalation.settings", "SECRET_KEY": KEY, "EMAIL_URL": "dummymail://"}
        env |= {"BATON_ENV_FILE": os.devnull, "DATABASE_URL": "sqlite:////nowhere/at.all"}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.console"], cwd=ROOT, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        return self

    def __exit__(self, *_: object) -> None:
        self._process.stdin.close()
        self._process.wait()

    def begin(self, *orders: dict[str, Any]) -> list[tuple[int, str]]:
        """Carry out all of them at once: of each how it ended and what it said."""
        self._process.stdin.write(json.dumps(orders).encode() + b"\n")
        self._process.stdin.flush()
        return [(code, said) for code, said in json.loads(self._process.stdout.readline())]

    def says(self, words: list[Any], *, code: int = 0, **where: Any) -> str:
        [(ended, said)] = self.begin({"words": [str(word) for word in words], **where})
        assert ended == code, (ended, said)
        assert "Traceback" not in said, said
        return said


class Machine:
    """A home and a database, on which nothing runs."""

    def __init__(self, console: Console, home: Path, server: str | None = None, *, migrated: bool = False):
        home.mkdir()
        self.console, self.home = console, home
        self.database = Scratch(home, server, migrated=migrated)

    def says(self, *words, code=0, **where):
        return self.console.says(list(words), code=code, home=str(self.home), url=self.database.url, **where)

    def plays(self, script: str) -> str:
        return self.says("shell", "-v", "0", "-c", script)

    def held(self):
        return self.database.rows("SELECT held_at, held_why FROM policies_installation")[0]


# --- the other end --------------------------------------------------------------------------------


def _serve() -> None:
    import django

    django.setup()
    for line in sys.stdin:
        running = [_fork(order) for order in json.loads(line)]
        answers = [(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), _said(file)) for pid, file in running]
        print(json.dumps(answers), flush=True)


def _said(file: str) -> str:
    text = Path(file).read_text(errors="replace")
    os.unlink(file)
    return text


def _fork(order: dict[str, Any]) -> tuple[int, str]:
    handle, file = tempfile.mkstemp(prefix="baton-said-")
    pid = os.fork()
    if pid:
        os.close(handle)
        return pid, file
    code = 70
    try:
        os.dup2(handle, 1)
        os.dup2(handle, 2)
        with open(os.devnull) as nothing:
            os.dup2(nothing.fileno(), 0)
        code = _carry_out(order)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _carry_out(order: dict[str, Any]) -> int:
    import traceback

    from django.core.management import execute_from_command_line

    _move_to(order["home"], order["url"], order.get("key", KEY))
    os.environ |= order.get("environ", {})
    if "dies" in order:
        _die(*order["dies"])
    try:
        execute_from_command_line(["manage.py", *order["words"]])
    except SystemExit as ended:
        if isinstance(ended.code, str):
            print(ended.code, file=sys.stderr)
            return 1
        return ended.code or 0
    except BaseException:
        traceback.print_exc()
        return 1
    return 0


def _move_to(home: str, url: str, key: str) -> None:
    import environ
    from django.conf import settings
    from django.db import connections

    from escalation.kit import databases

    found = environ.Env.db_url_config(url)
    settings.HOME, settings.ENV_FILE, settings.SECRET_KEY = Path(home), Path(home, ".env"), key
    before = connections.settings["default"]
    connections.settings["default"] = {
        **before,
        **{name: found.get(name, "") for name in ("ENGINE", "NAME", "USER", "PASSWORD", "HOST", "PORT")},
        **databases.options(found["ENGINE"], is_web=False),
    }
    connections["default"].close()
    del connections["default"]


def _die(what: str, where: str, number: int = 1) -> None:
    """Killed where a function begins ("call", "package.module.name"), or before the statement ("sql", a word in it)
    of that number."""
    left = [number]

    def count() -> None:
        left[0] -= 1
        if not left[0]:
            os.kill(os.getpid(), signal.SIGKILL)

    if what == "call":
        module, _, name = where.rpartition(".")
        file = module.replace(".", os.sep) + ".py"

        def look(frame: Any, event: str, _arg: Any) -> None:
            if event == "call" and frame.f_code.co_name == name and frame.f_code.co_filename.endswith(file):
                count()

        sys.setprofile(look)
        return
    from django.db import connection

    def before(execute: Any, sql: Any, *more: Any) -> Any:
        if where in str(sql):
            count()
        return execute(sql, *more)

    connection.execute_wrappers.append(before)


if __name__ == "__main__":
    _serve()
