"""What a line of the log says, and that a request can be found in it by its number."""

import asyncio
import io
import json
import logging
import smtplib
import socket
import sys
import urllib.request
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import RequestFactory

from escalation.engine import systemd
from escalation.engine.cluster import _say_what
from escalation.kit import doing, hiding
from escalation.kit.logs import HidesKeys, Json, Plain, configured
from escalation.kit.numbered import numbered, shown
from escalation.kit.views import broken
from incidents.inbound import smtp
from tests.processes import Baton, wait_for


@pytest.fixture(autouse=True)
def _nothing_before():
    doing.begin()
    yield
    doing.begin()


def record(message: str, *args, **more) -> logging.LogRecord:
    return logging.LogRecord("escalation.engine", logging.ERROR, "x.py", 1, message, args, more.get("exc_info"))


def test_a_line_is_one_object_with_what_was_being_done():
    doing.begin(request="0123456789abcdef", person=None)
    doing.add(person=7, incident=1042)
    line = json.loads(Json().format(record("%s broke\n2026-01-01 ERROR forged", "this")))
    assert line.pop("at").endswith("Z")
    assert line == {
        "level": "error",
        "logger": "escalation.engine",
        "message": "this broke\n2026-01-01 ERROR forged",
        "request": "0123456789abcdef",
        "person": 7,
        "incident": 1042,
    }


def test_nobody_begins_a_line_of_our_log():
    doing.begin(task="send")
    said = Plain().format(record("by %s", "Eve\r\n2026-01-01 ERROR all is lost\u2028\x1b[2J\x85"))
    assert len(said.splitlines()) == 1 and "\x1b" not in said
    assert said.endswith("\\x85 task=send")


def test_nor_does_an_error_that_says_what_they_wrote():
    try:
        raise ValueError("by Eve\n2026-01-01 ERROR all is lost\r2026-01-01 ERROR twice")
    except ValueError:
        said = Plain().format(record("broke", exc_info=sys.exc_info()))
    _first, *more = said.splitlines()
    assert len(more) > 3 and all(line.startswith("    ") for line in more)


def test_a_stack_is_told_without_the_keys_in_it():
    one = record("where")
    one.stack_info = "Stack: https://baton.example.com/integrations/webhook/sEcReT-kEy-1234567890"
    assert "sEcReT" not in Json().format(one)
    HidesKeys().filter(one)
    assert "sEcReT" not in Plain().format(one)


def test_a_mistake_in_a_line_of_the_log_is_no_reason_to_fail():
    one = record("%d of %s", "three")
    assert HidesKeys().filter(one)
    assert "%d of %s ('three',)" in Plain().format(one)


def test_a_password_behind_the_question_mark_of_an_address_is_hidden_too(settings, monkeypatch):
    settings.REDIS_URL = "rediss://cache.example:6380/0?password=red-and-long-enough"
    monkeypatch.setitem(settings.DATABASES["default"], "OPTIONS", {"password": "blue-and-long-enough"})
    said = hiding.hide("AUTH red-and-long-enough failed; blue-and-long-enough is wrong")
    assert said == "AUTH … failed; … is wrong"


def test_a_traceback_is_told_without_the_keys_in_it():
    try:
        raise ValueError("https://baton.example.com/integrations/webhook/sEcReT-kEy-1234567890")
    except ValueError:
        line = Json().format(record("broke", exc_info=sys.exc_info()))
    assert "ValueError" in json.loads(line)["trace"] and "sEcReT" not in line


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/incidents/1042/acknowledgement/", "/incidents/1042/acknowledgement/"),
        ("/integrations/alertmanager/sEcReT/", "/integrations/alertmanager/…"),
        ("/ical/sEcReT/mine.ics", "/ical/…/mine.ics"),
        ("/some-door-of-tomorrow/9Zk2-sEcReT_sEcReT_sEcReT/", "/some-door-of-tomorrow/…/"),
        ("/what-keeps-coming-back-again/", "/what-keeps-coming-back-again/"),
        ("/queue/?q=sEcReT", "/queue/"),
        ("/%0a%1bforged", "/%0a%1bforged"),
    ],
)
def test_no_key_and_no_query_stand_in_a_path(path, said):
    assert shown({"path": "/", "raw_path": path.encode()}) == said


@pytest.fixture
def debugged():
    """All that is logged at LOG_LEVEL=DEBUG, as this installation would say it."""
    wanted, out = configured("plain", "DEBUG"), io.StringIO()
    levels = {**wanted["loggers"], "": wanted["root"]}
    before = {name: logging.getLogger(name).level for name in levels}
    for name, one in levels.items():
        logging.getLogger(name).setLevel(one.get("level", "NOTSET"))
    handler = logging.StreamHandler(out)
    handler.addFilter(HidesKeys())
    handler.setFormatter(Plain())
    logging.getLogger().addHandler(handler)
    yield out
    logging.getLogger().removeHandler(handler)
    for name, level in before.items():
        logging.getLogger(name).setLevel(level)


@pytest.mark.enable_socket
def test_a_mail_servers_talk_says_no_address_for_one_may_be_a_key(debugged, settings):
    """Without a database: what is ours to say of it stands there, too."""
    settings.MAIL_DOMAIN, key = "in.example", "k3y" * 10 + "zz"

    def talk(port: int) -> list[int]:
        with smtplib.SMTP("127.0.0.1", port, timeout=30) as client:
            said = [client.ehlo("mon.example"), client.docmd(f"MAIL FROM:<bounces-{key}=in.example@mon.example>")]
            said += [client.docmd(f"RCPT TO:<{key}@in.example>"), client.docmd(f"RCPT:<{key}@in.example>")]
            return [code for code, _words in said]

    async def conversation() -> list[int]:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            serving = asyncio.create_task(smtp.serve(listener))
            try:
                return await asyncio.to_thread(talk, listener.getsockname()[1])
            finally:
                serving.cancel()
                await asyncio.gather(serving, return_exceptions=True)

    with ThreadPoolExecutor(1) as pool:  # a browser test may have left a loop running in this thread
        assert pool.submit(asyncio.run, conversation()).result() == [250, 250, 451, 500]
    said = debugged.getvalue()
    assert "a recipient could not be looked up" in said
    assert key not in said.lower()


def test_its_level_is_read_in_small_letters_too_and_what_is_none_is_said():
    assert configured("json", "info")["root"]["level"] == "INFO"
    with pytest.raises(ImproperlyConfigured, match="LOG_LEVEL cannot be read: it wants DEBUG, INFO"):
        configured("plain", "loud")


# --- the number of a request -------------------------------------------------------------------


def ask(said: bytes = b"", path: str = "/queue/", forwarded: tuple[bytes, ...] = ()) -> tuple[str, str]:
    """What stands in the answer's header, and what was being done within."""
    within, answer = [], []

    async def app(scope, receive, send):
        doing.add(person=3)
        within.append(doing.request_number())
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"ok"})

    async def send(message):
        answer.append(message)

    scope = {"type": "http", "method": "GET", "path": path, "raw_path": path.encode(), "client": ("192.0.2.1", 9)}
    headers = [(b"x-request-id", said)] if said else []
    headers += [(b"x-forwarded-for", one) for one in forwarded]
    with ThreadPoolExecutor(1) as pool:  # a browser test may have left a loop running in this thread
        pool.submit(lambda: asyncio.run(numbered(app)({**scope, "headers": headers}, None, send))).result()
    return dict(answer[0]["headers"])[b"x-request-id"].decode(), within[0]


def test_each_request_has_a_number_of_its_own():
    first, second = ask(), ask()
    assert first[0] == first[1] and len(first[0]) == 16 and first != second


def test_the_proxys_number_is_taken_and_nobody_elses(settings):
    settings.SECURE_PROXY_SSL_HEADER = None
    assert ask(b"of-somebody-else")[0] != "of-somebody-else"
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    assert ask(b"of-the-proxy.0001") == ("of-the-proxy.0001", "of-the-proxy.0001")
    for strange in (b"short", b"x" * 65, b"with space", b"line\\nend-here", b"\xff" * 10, b"-begins-with-a-dash"):
        assert ask(strange)[0] != strange.decode("latin-1")


def test_a_request_leaves_a_line(caplog):
    with caplog.at_level(logging.INFO, "baton.access"):
        ask(path="/queue/")
        ask(path="/readyz")
    [line] = caplog.records
    assert {**line.facts, "ms": 0} == {
        "method": "GET",
        "path": "/queue/",
        "status": 200,
        "ms": 0,
        "bytes": 2,
        "client": "192.0.2.1",
    }


@pytest.mark.parametrize(
    ("proxies", "forwarded", "client"),
    [
        (0, (b"198.51.100.7",), "192.0.2.1"),  # nobody is in front: it is what a stranger says of himself
        (1, (b"203.0.113.9, 198.51.100.7",), "198.51.100.7"),
        (1, (b"203.0.113.9", b"198.51.100.7"), "198.51.100.7"),  # a header that comes twice is one
        (2, (b"198.51.100.7, 10.0.0.2",), "198.51.100.7"),
        (1, (b"unknown",), "192.0.2.1"),
        (1, (), "192.0.2.1"),
    ],
)
def test_the_line_names_for_whom_the_proxy_asked(proxies, forwarded, client, settings, caplog):
    settings.PROXIES = proxies
    with caplog.at_level(logging.INFO, "baton.access"):
        ask(forwarded=forwarded)
    assert caplog.records[0].facts["client"] == client


def test_the_page_that_says_that_something_broke_says_the_number():
    doing.begin(request="0123456789abcdef")
    assert b"<code>0123456789abcdef</code>" in broken(RequestFactory().get("/")).content


def test_a_task_knows_the_request_that_led_to_it():
    _say_what(None, None, {"func": "escalation.engine.tasks.send", "group": "0123456789abcdef"})
    assert doing.facts() == {"task": "escalation.engine.tasks.send", "request": "0123456789abcdef"}
    _say_what(None, None, {"func": "escalation.engine.tasks.drain"})
    assert doing.facts() == {"task": "escalation.engine.tasks.drain"}


# --- real processes ----------------------------------------------------------------------------


@pytest.mark.processes
@pytest.mark.sqlite_enough
@pytest.mark.rehearsal("processes")
def test_a_whole_installation_speaks_in_one_form_and_tells_its_unit_that_it_lives(tmp_path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as unit:
        unit.bind(str(tmp_path / "unit"))
        unit.settimeout(60)
        baton = Baton(tmp_path, BATON_LOG="json", LOG_LEVEL="INFO", NOTIFY_SOCKET=str(tmp_path / "unit"))
        try:
            baton.launch()
            heard = {unit.recv(100).decode()}
            while systemd.READY not in heard:
                heard.add(unit.recv(100).decode())
            lines = lambda: [json.loads(line) for line in baton.output.splitlines()]  # noqa: E731
            ready = wait_for(lambda: [one for one in lines() if one["message"].startswith("Baton is ready: ")])
            url = ready[0]["message"].removeprefix("Baton is ready: ").split()[0]
            with urllib.request.urlopen(f"{url}/login/?next=/sEcReT", timeout=30) as answer:
                number = answer.headers["X-Request-ID"]
            [line] = wait_for(lambda: [one for one in lines() if one.get("request") == number])
            assert (line["logger"], line["path"], line["status"]) == ("baton.access", "/login/", 200)
            baton.stop()
            while systemd.STOPPING not in heard:
                heard.add(unit.recv(100).decode())
            assert heard == {systemd.READY, systemd.ALIVE, systemd.STOPPING}
            assert {"baton.up", "baton.access"} < {one["logger"] for one in lines()}
            assert any("uvicorn" in one["logger"] for one in lines()), "uvicorn has a form of its own"
            assert any("django-q" in one["logger"] for one in lines()), "django-q2 has a form of its own"
        finally:
            baton.end()
