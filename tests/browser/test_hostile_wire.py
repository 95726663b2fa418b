"""Requests that no client of anybody's writes, byte for byte before the real server: an answer or a hang-up, no 5xx."""

import re
import socket
from contextlib import suppress
from urllib.parse import urlsplit

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

HOST = b"Host: 127.0.0.1\r\n"
END = HOST + b"\r\n"
CHUNKED = HOST + b"Transfer-Encoding: chunked\r\nContent-Type: application/json\r\n"
LOGIN = b"GET /login/ HTTP/1.1\r\n" + HOST
ICON = b"GET /static/img/favicon.svg HTTP/1.1\r\n" + HOST
DOOR = b"POST /integrations/webhook HTTP/1.1\r\n"
REQUESTS = {
    "a chunk that breaks off": DOOR + CHUNKED + b"\r\n10\r\n{",
    "a chunk of no size": DOOR + CHUNKED + b"\r\n-1\r\n{\r\n0\r\n\r\n",
    "a chunk of all sizes": DOOR + CHUNKED + b"\r\nffffffffffffffffff\r\n{\r\n",
    "chunks of a byte": DOOR + CHUNKED + b"\r\n" + b"1\r\n{\r\n" * 500 + b"0\r\n\r\n",
    "two lengths": DOOR + CHUNKED + b"Content-Length: 4\r\n\r\n0\r\n\r\nGET /x HTTP/1.1\r\n\r\n",
    "two other lengths": DOOR + HOST + b"Content-Length: 1\r\nContent-Length: 9\r\n\r\n{",
    "a length below nothing": DOOR + HOST + b"Content-Length: -9\r\n\r\n{",
    "a body that breaks off": DOOR + HOST + b"Content-Length: 900\r\n\r\n{",
    "a form that breaks off": b"POST /login/ HTTP/1.1\r\n" + HOST + b"Content-Length: 900\r\n\r\nusername=a",
    "parts that break off": b"POST /login/ HTTP/1.1\r\n" + HOST + b"Content-Length: 900\r\n"
    b"Content-Type: multipart/form-data; boundary=b\r\n\r\n--b\r\n",
    "the API's body breaks off": b"POST /api/v1/incidents HTTP/1.1\r\n" + CHUNKED + b"\r\n5\r\n{",
    "a NUL in the address": b"GET /queue/\0 HTTP/1.1\r\n" + END,
    "all that can be escaped": b"GET /queue/%00%ff%c0%af%ED%A0%80?q=%00%ff%ED%A0%80&page=%00 HTTP/1.1\r\n"
    + HOST
    + b"\r\n",
    "bytes in the address": b"GET /queue/\xff\xfe?q=\xff HTTP/1.1\r\n" + END,
    "up and out": b"GET /static/../../../../etc/passwd HTTP/1.1\r\n" + END,
    "up and out, escaped": b"GET /static/..%2f..%2f%2e%2e/etc/passwd%00.css HTTP/1.1\r\n" + END,
    "an address of another host": b"GET http://canary.test/ HTTP/1.1\r\nHost: canary.test\r\n\r\n",
    "an address that is long": b"GET /" + b"a" * 60_000 + b" HTTP/1.1\r\n" + END,
    "no host": b"GET /login/ HTTP/1.1\r\n\r\n",
    "two hosts": b"GET /login/ HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: canary.test\r\n\r\n",
    "a host with a line of its own": b"GET /login/ HTTP/1.1\r\nHost: 127.0.0.1\rX: y\r\n\r\n",
    "a host that is none": b"GET /login/ HTTP/1.1\r\nHost: \xff:99999999/@x\r\n\r\n",
    "a header without end": LOGIN + b"X: " + b"x" * 200_000 + b"\r\n\r\n",
    "headers without end": LOGIN + b"X: x\r\n" * 5000 + b"\r\n",
    "cookies of everything": b"GET /login/ HTTP/1.1\r\n"
    + HOST
    + b"Cookie: sessionid=\xff\0; csrftoken=\xed\xa0\x80; =;;\r\n\r\n",
    "a session that is none": b"GET / HTTP/1.1\r\n" + HOST + b"Cookie: sessionid=" + b"../" * 900 + b"\r\n\r\n",
    "languages of everything": b"GET /login/ HTTP/1.1\r\n"
    + HOST
    + b"Accept-Language: "
    + b"x-" * 4000
    + b";q=9e999\r\n\r\n",
    "ranges of everything": b"GET /static/img/favicon.svg HTTP/1.1\r\n"
    + HOST
    + b"Range: bytes=9-1,-0,99999999999-\r\n\r\n",
    "times of everything": b"GET /static/img/favicon.svg HTTP/1.1\r\n"
    + HOST
    + b"If-Modified-Since: 99 Foo 9999999 \xff\r\n\r\n",
    "a method of nobody": b"BREW /login/ HTTP/1.1\r\n" + END,
    "an echo": b"TRACE /login/ HTTP/1.1\r\n" + HOST + b"X-Secret: 1\r\n\r\n",
    "another protocol": b"GET /live/ HTTP/1.1\r\n" + HOST + b"Upgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
    "a protocol of old": b"GET /login/\r\n\r\n",
    "TLS": b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03" + b"\0" * 200,
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
}

WAITS = ("a chunk of all sizes", "a chunk of no size", "two lengths", "HTTP/2", "TLS", "a protocol of old", "an echo")


def test_whatever_comes_by_the_wire_the_server_goes_on(asgi_server):
    statuses = {name: said(asgi_server.url, request, name) for name, request in REQUESTS.items()}
    assert not {name: status for name, status in statuses.items() if status >= 500}
    assert {200, 400, 404} <= set(statuses.values()), statuses
    assert said(asgi_server.url, b"GET /livez HTTP/1.1\r\n" + END) == 200
    assert asgi_server.process.is_alive()
    raised = set(re.findall(r"^([a-z]\w*\.[\w.]+)\b", asgi_server.log.read_text(), re.MULTILINE))
    assert raised <= {"django.core.exceptions.DisallowedHost"}, raised


def said(url: str, request: bytes, name: str = "") -> int:
    """The status, or 0 if it hangs up without a word, or waits for more, of which there is none."""
    place, answer = urlsplit(url), b""
    waits = "breaks off" in name or name in WAITS
    with socket.create_connection((place.hostname, place.port), timeout=1 if waits else 10) as line:
        line.sendall(request)
        with suppress(ConnectionResetError, TimeoutError):
            while b"\r\n" not in answer and (more := line.recv(4096)):
                answer += more
    found = re.match(rb"HTTP/1\.[01] (\d{3})", answer)
    return int(found[1]) if found else 0
