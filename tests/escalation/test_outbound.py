"""The guarded way out: which addresses, and how much of an answer."""

import contextlib
import http.server
import ipaddress
import shutil
import socket
import ssl
import subprocess
import threading
import time

import pytest

from escalation.kit import outbound
from escalation.kit.outbound import MOST, NotAllowed, OutboundError
from tests.parts import missing_part

pytestmark = pytest.mark.enable_socket

LOOPBACK = [
    "127.0.0.1",
    "localhost",
    "127.1",
    "2130706433",
    "0x7f.1",
    "0177.0.0.1",
    "[::1]",
    "[::ffff:127.0.0.1]",
    "①②⑦.⓪.⓪.①",
    "0",
]
INNER = [
    "10.0.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "100.64.0.1",  # carriers' NAT
    "169.254.169.254",  # clouds' metadata
    "168.63.129.16",
    "[64:ff9b::7f00:1]",  # NAT64
    "[64:ff9b:1::a00:1]",
    "[2002:7f00:1::]",  # 6to4
    "[2001:0:4136:e378::1]",  # Teredo
    "224.0.0.1",
    "[ff02::1]",
    "255.255.255.255",
    "[fe80::1]",
    "[fd00::1]",
    "[::]",
    "[::ffff:10.0.0.1]",
    "[::7f00:1]",
    "198.18.0.1",
    "192.88.99.1",
    "[2001:db8::1]",
]


@pytest.mark.parametrize("host", LOOPBACK + INNER)
def test_no_spelling_of_an_inner_address_is_talked_to(host, settings):
    settings.OUTBOUND_ALLOW = []
    with pytest.raises(OutboundError) as refused:  # unknown to this system's resolver, or refused; never a connection
        outbound.send("GET", f"http://{host}:9/", seconds=5)
    assert isinstance(refused.value, NotAllowed) or str(refused.value) == "Its name is not known."


@pytest.mark.parametrize("text", ["8.8.8.8", "2606:4700:4700::1111", "::ffff:8.8.8.8"])
def test_public_addresses_are_public(text):
    assert outbound.is_public(ipaddress.ip_address(text))


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "ftp://example.com/", "gopher://x/", "example.com", "http://", ""]
)
def test_only_http(url):
    with pytest.raises(NotAllowed):
        outbound.send("GET", url)


def resolves(monkeypatch, *answers: list[str]) -> list[str]:
    """A name server that answers so, one after the other, and notes who was asked for."""
    asked: list[str] = []
    left = list(answers)
    truly = socket.getaddrinfo

    def getaddrinfo(host, port, *how, **named):
        if host[0].isdigit():  # an address and no name: nobody is asked
            return truly(host, port, *how, **named)
        asked.append(host)
        found = left.pop(0) if len(left) > 1 else left[0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in found]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return asked


def test_one_inner_address_among_public_ones_spoils_the_name(monkeypatch, settings):
    settings.OUTBOUND_ALLOW = []
    resolves(monkeypatch, ["8.8.8.8", "10.1.2.3"])
    with pytest.raises(NotAllowed):
        outbound.send("GET", "http://mixed.example/")


def test_a_name_is_resolved_once_and_the_checked_address_is_taken(monkeypatch, settings):
    settings.OUTBOUND_ALLOW = []
    asked = resolves(monkeypatch, ["8.8.8.8"], ["127.0.0.1"])  # it rebinds at the second question
    went = []

    def connect(address, timeout):
        went.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "create_connection", connect)
    with pytest.raises(OutboundError, match="could not be reached"):
        outbound.send("GET", "http://rebinds.example:8080/")
    assert (asked, went) == (["rebinds.example"], [("8.8.8.8", 8080)])


@pytest.mark.parametrize("allow", [["10.0.0.0/8"], ["10.1.2.3"], ["Hooks.Inner."], ["x", "hooks.inner"]])
def test_an_admin_may_name_inner_hosts(monkeypatch, settings, allow):
    resolves(monkeypatch, ["10.1.2.3"])
    settings.OUTBOUND_ALLOW = allow
    assert outbound.checked("hooks.inner", 443) == ["10.1.2.3"]
    resolves(monkeypatch, ["10.1.2.3", "192.168.0.1"])
    if "." not in allow[-1].strip(".") or allow[-1][0].isdigit():
        with pytest.raises(NotAllowed):
            outbound.checked("hooks.inner", 443)


def test_a_name_server_that_never_answers_is_not_waited_for(monkeypatch):
    gate = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: gate.wait())
    with pytest.raises(OutboundError, match="not resolved in time"):
        outbound.send("GET", "http://slow.example/", seconds=0.2)
    gate.set()


# --- a server that means no good ------------------------------------------------------------------


@pytest.fixture
def server(settings):
    """Says what it is told to, byte for byte; notes what it heard."""
    settings.OUTBOUND_ALLOW = ["127.0.0.0/8"]
    listener = socket.create_server(("127.0.0.1", 0))
    heard: list[bytes] = []
    closed = threading.Event()

    def serve(say) -> str:
        def run():
            with contextlib.suppress(OSError):
                while True:
                    line, _ = listener.accept()
                    with line, contextlib.suppress(OSError):
                        heard.append(line.recv(65536))
                        say(line)
                    closed.set()

        threading.Thread(target=run, daemon=True).start()
        return f"http://127.0.0.1:{listener.getsockname()[1]}/hook"

    serve.heard, serve.closed = heard, closed
    yield serve
    with contextlib.suppress(OSError):
        listener.shutdown(socket.SHUT_RDWR)
    listener.close()


def says(text: bytes):
    return lambda line: line.sendall(text)


def test_an_answer_is_its_status_and_its_beginning(server):
    url = server(says(b"HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\nhi"))
    answer = outbound.send("POST", url, body=b'{"a":1}', headers={"X-Baton-Key": "k"})
    assert (answer.status, answer.body, answer.whole, answer.fine) == (201, b"hi", True, True)
    [request] = server.heard
    assert request.startswith(b"POST /hook HTTP/1.1\r\nHost: 127.0.0.1:")
    assert b"X-Baton-Key: k\r\n" in request and b"Accept-Encoding: identity" in request


def test_a_redirect_is_an_answer_and_is_not_followed(server):
    url = server(says(b"HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/\r\nContent-Length: 0\r\n\r\n"))
    answer = outbound.send("GET", url)
    assert (answer.status, answer.fine, len(server.heard)) == (302, False, 1)


def test_no_proxy_and_no_password_comes_from_the_environment(server, monkeypatch, tmp_path):
    url = server(says(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login ana password secret\n")
    monkeypatch.setenv("NETRC", str(netrc))
    assert outbound.send("GET", url).fine
    assert b"Authorization" not in server.heard[0]


def test_a_body_without_end_is_not_read_to_its_end(server):
    def pour(line):
        line.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            line.sendall(b"x" * 65536)

    answer = outbound.send("GET", server(pour))
    assert (len(answer.body), answer.whole) == (MOST, False)
    longer = outbound.send("GET", server(pour), most=3 * MOST)
    assert (len(longer.body), longer.whole) == (3 * MOST, False)
    assert server.closed.wait(10)  # it was hung up on


def drip(text: bytes):
    def run(line):
        for byte in text * 10_000:
            line.sendall(bytes([byte]))
            time.sleep(0.02)

    return run


@pytest.mark.rehearsal("hanging")
@pytest.mark.parametrize("begins", [b"HTTP", b"HTTP/1.1 200 OK", b"HTTP/1.1 200 OK\r\nX-More: "])
def test_a_server_that_drips_its_head_is_hung_up_on(server, begins):
    def run(line):
        line.sendall(begins)
        drip(b"x")(line)

    with pytest.raises(OutboundError, match="in time"):
        outbound.send("GET", server(run), seconds=1)
    assert server.closed.wait(10)


@pytest.mark.rehearsal("long")
def test_a_server_that_drips_its_body_has_said_its_status(server):
    def run(line):
        line.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        drip(b"x")(line)

    answer = outbound.send("GET", server(run), seconds=1)
    assert (answer.status, answer.whole) == (200, False)


def test_a_server_that_says_nothing_is_not_waited_for(server):
    quiet = threading.Event()
    with pytest.raises(OutboundError, match="in time"):
        outbound.send("GET", server(lambda line: quiet.wait(30)), seconds=0.5)
    quiet.set()


@pytest.mark.parametrize("garbage", [b"", b"\x00\xff\xfe", b"HTTP/9.9 banana\r\n\r\n", b"SSH-2.0-x\r\n"])
def test_garbage_is_no_answer(server, garbage):
    with pytest.raises(OutboundError):
        outbound.send("GET", server(says(garbage)), seconds=5)


# --- encrypted ------------------------------------------------------------------------------------


@pytest.fixture
def encrypted(settings, monkeypatch, tmp_path):
    """A server that shows a trusted certificate for hooks.example. Every name leads to it."""
    if not shutil.which("openssl"):
        missing_part("openssl", "apt-get install openssl")
    words = "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=hooks.example -addext subjectAltName=DNS:hooks.example"
    made = ["openssl", *words.split(), "-keyout", str(tmp_path / "key"), "-out", str(tmp_path / "cert")]
    subprocess.run(made, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "cert", tmp_path / "key")
    handler = type("Handler", (http.server.BaseHTTPRequestHandler,), {"log_message": lambda *_: None})
    handler.do_GET = lambda self: (self.send_response(204), self.end_headers())
    listener = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    listener.socket = context.wrap_socket(listener.socket, server_side=True)
    threading.Thread(target=listener.serve_forever, args=(0.02,), daemon=True).start()
    settings.OUTBOUND_ALLOW = ["127.0.0.1"]
    resolves(monkeypatch, ["127.0.0.1"])
    monkeypatch.setattr("requests.adapters.DEFAULT_CA_BUNDLE_PATH", str(tmp_path / "cert"))
    yield lambda name: f"https://{name}:{listener.server_port}/"
    listener.shutdown()
    listener.server_close()


def test_a_certificate_is_checked_against_the_name_and_not_the_address(encrypted):
    assert outbound.send("GET", encrypted("hooks.example")).status == 204
    with pytest.raises(OutboundError, match="certificate is not trusted"):
        outbound.send("GET", encrypted("other.example"))


def test_a_certificate_nobody_signed_is_not_trusted(encrypted, monkeypatch):
    monkeypatch.undo()
    with pytest.raises(OutboundError, match="certificate is not trusted"):
        outbound.send("GET", encrypted("127.0.0.1"))


def test_a_server_that_never_finishes_its_handshake_is_hung_up_on(server):
    with pytest.raises(OutboundError, match="in time"):
        outbound.send("GET", server(drip(b"\x16\x03\x03\x40\x00\x02")).replace("http:", "https:"), seconds=1)


def test_what_is_no_tls_is_no_answer(server):
    with pytest.raises(OutboundError):
        outbound.send("GET", server(says(b"not TLS")).replace("http:", "https:"), seconds=5)
