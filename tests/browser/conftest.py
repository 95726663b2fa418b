"""A real browser before a real ASGI server: streams need one, and a database that two processes share."""

import json
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from playwright import sync_api

from escalation.people.sessions import SessionStore
from incidents.desk import live
from tests import migrated
from tests.browser import serving
from tests.browser.telling import follow, pytest_runtest_makereport  # noqa: F401  (a hook)
from tests.parts import missing_part

ROOT = Path(__file__).resolve().parent.parent.parent
PATIENCE = 60
OPENING = 120_000  # a server's first page compiles all that it is made of: on a machine at its limit, for a minute
WITH_WINDOWS = ("chromium", "chromium-browser")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """A rehearsal, all of it. Everybody's run has an agent's day by keyboard, a drag by mouse that two want, the baton
    passed between two people, and a page without script."""
    for item in items:
        if item.path.parent == Path(__file__).parent:
            item.add_marker(pytest.mark.rehearsal("browser"))
            if item.get_closest_marker("timeout") is None:
                item.add_marker(pytest.mark.timeout(300))  # the first of a process makes the scene, too


@pytest.fixture(scope="session")
def scene(tmp_path_factory) -> SimpleNamespace:
    """The organisation and three incidents, made once; each test works on a copy."""
    home = tmp_path_factory.mktemp("scene")
    file = home / "scene.sqlite3"
    migrated.copy_to(file)
    env = _environment(file)
    made = subprocess.run(
        [sys.executable, "-m", "tests.browser.scene"], cwd=ROOT, env=env, capture_output=True, text=True, check=False
    )
    assert made.returncode == 0, made.stderr
    return SimpleNamespace(file=file, **json.loads(made.stdout.strip().splitlines()[-1]))


def _environment(file: Path) -> dict[str, str]:
    ours = {name: value for name, value in os.environ.items() if name != "DJANGO_ALLOW_ASYNC_UNSAFE"}
    return ours | {
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "DATABASE_URL": f"sqlite:///{file}",
        "BATON_ROLE": "web",
        "BATON_BEAT_SECONDS": "1",
        "PYTHONPATH": str(ROOT),
    }


class Heart(threading.Thread):
    """Beats for the clusters, which do not run here, and puts off what waits to be sent: the pages are not to say so
    all the time."""

    def __init__(self, file: Path):
        super().__init__(daemon=True)
        self.file = file
        self.over = threading.Event()

    def run(self) -> None:
        while not self.over.is_set():
            now = datetime.now(UTC)
            self.beat(now)
            self.write("UPDATE engine_delivery SET next_at = ? WHERE state = 'queued' AND next_at < ?", now, now)
            self.over.wait(3)

    def beat(self, at: datetime) -> None:
        self.write("UPDATE engine_beat SET at = ?", at)

    def write(self, sql: str, *instants: datetime) -> None:
        with closing(sqlite3.connect(self.file, timeout=20)) as connection:
            connection.execute(sql, [at.replace(tzinfo=None).isoformat(" ") for at in instants])
            connection.commit()

    def stop(self) -> None:
        self.over.set()
        self.join()


@pytest.fixture(scope="session")
def loaded(scene):
    """The desk is loaded once; each server is a process of its own that is forked from there."""
    serving.load(_environment(scene.file))


@pytest.fixture
def asgi_server(scene, loaded, tmp_path):
    """The desk, served by uvicorn from a copy of the scene."""
    file = tmp_path / "desk.sqlite3"
    for part in scene.file.parent.glob("scene.sqlite3*"):
        shutil.copy(part, file.with_name(part.name.replace("scene", "desk")))
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(64)
    server = serving.start(file, listener)
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    heart = Heart(file)
    heart.start()
    yield SimpleNamespace(url=url, scene=scene, file=file, log=tmp_path / serving.LOG, process=server, heart=heart)
    heart.stop()
    server.terminate()
    server.join(PATIENCE)
    listener.close()


@pytest.fixture
def furnished(asgi_server) -> dict:
    """Something for every page to show (``furnish``), and how the pages call it."""
    said, scene = beside(asgi_server, "tests.browser.furnish"), asgi_server.scene
    return {"first": scene.numbers[0], "runbook": scene.runbook, **json.loads(said.strip().splitlines()[-1])}


def beside(server, module: str) -> str:
    """Runs a module on the server's database, in a process of its own; returns what it printed."""
    words, env = [sys.executable, "-m", module], _environment(server.file)
    made = subprocess.run(words, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stderr
    return made.stdout


def executable(*names: str) -> str:
    """The first of these programs that is here."""
    path = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    if not path:
        missing_part("Chromium", "apt-get install chromium, or name a browser in CHROMIUM")
    return path


@pytest.fixture(scope="session")
def playing():
    with pytest.MonkeyPatch.context() as patch, sync_api.sync_playwright() as play:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")  # playwright's loop runs in this thread
        sync_api.expect.set_options(timeout=30_000)  # as everything else here waits
        yield play


@pytest.fixture(scope="session")
def chromium(playing):
    """One browser for all tests; each page gets a context of its own. Without windows where there is such a one: it
    draws the same for half the work."""
    path = executable("chromium-headless-shell", *WITH_WINDOWS)
    browser = playing.chromium.launch(executable_path=path, args=FLAGS)
    yield browser
    browser.close()


@pytest.fixture
def streams():
    """The server of ``live_server`` is a thread of ours: a stream that outlived its test would go on asking a database
    that is gone, or keep it from going."""
    yield
    hubs, end = {}, time.monotonic() + PATIENCE
    while (asked := _under_way()) and time.monotonic() < end:  # its page is closed; its connection is, when it ends
        hubs |= live.end_all()  # each time: what was asked for as the page closed begins its stream only now
        time.sleep(0.05)  # no join: one that was only just begun cannot be joined
    assert not asked, "a stream has outlived its test"
    for hub in hubs.values():
        hub.close()


def _under_way() -> list[threading.Thread]:
    """What serves a request, or waits for the next on an open connection."""
    return [one for one in threading.enumerate() if one.name.endswith("(process_request_thread)")]


@pytest.fixture
def at(request, chromium, live_server, streams):
    """A page of somebody signed in, or of a stranger, at a size; its server shares the test's rows and clock."""
    opened = []

    def go(user, path: str, width: int = 1360, height: int = 860, **context):
        place = chromium.new_context(viewport={"width": width, "height": height}, **context)
        if user is not None:
            cookie = {"name": settings.SESSION_COOKIE_NAME, "value": _signed_in(user), "url": live_server.url}
            place.add_cookies([cookie])
        page = place.new_page()
        follow(request, page)
        page.set_default_timeout(30_000)
        page.set_default_navigation_timeout(OPENING)
        page.goto(live_server.url + path)
        opened.append(place)
        return page

    yield go
    for place in opened:
        place.close()


def _signed_in(user) -> str:
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session["proved_at"] = time.time()  # as if just signed in
    session.create()
    return session.session_key


@pytest.fixture
def browse(request, asgi_server, chromium):
    """A page of somebody signed in, each in a browser context of their own. ``routed``: the test holds up requests."""
    opened = []

    def go(who: str, path: str, routed: bool = False, **context):
        place = chromium.new_context(**{"viewport": {"width": 1360, "height": 860}, **context})
        key = asgi_server.scene.sessions[who]
        place.add_cookies([{"name": "sessionid", "value": key, "url": asgi_server.url}])
        if routed:  # from the first on: one that leaves just as routing begins is never heard of
            place.route("**/nothing-asks-for-this", lambda route: route.abort())
        page = place.new_page()
        follow(request, page)
        page.set_default_timeout(30_000)
        page.set_default_navigation_timeout(OPENING)
        page.wrong = []
        page.on("pageerror", lambda error: page.wrong.append(str(error)))
        page.goto(asgi_server.url + path)
        opened.append(place)
        return page

    yield go
    for place in opened:
        place.close()


def until(what, seconds: float = 30.0):
    """Wait until the answer is true; returns it."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        answer = what()
        if answer:
            return answer
        time.sleep(0.05)
    raise AssertionError("still not so")
