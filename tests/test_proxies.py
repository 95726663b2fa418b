"""The proxies that we deliver, in front of a real Baton, with TLS, asked by somebody who lies about himself."""

import contextlib
import http.client
import json
import os
import re
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.parts import missing_part
from tests.processes import Baton, wait_for

PROXY = Path(__file__).resolve().parent.parent / "deploy/proxy"
NAME = "baton.example.com"
LIES = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "http", "X-Request-ID": "forged-by-a-stranger"}
SIGN_IN = """
from django.test import Client
from tests.organisation import person
visitor = Client()
visitor.force_login(person("Ana Ruiz"))
print("KEY", visitor.cookies["sessionid"].value)
"""
pytestmark = [pytest.mark.processes, pytest.mark.rehearsal("processes")]


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class Behind(Baton):
    """Baton as a proxy has it behind itself, speaking JSON."""

    def lines(self) -> list[dict]:
        return [json.loads(line) for line in self.output.splitlines() if line.startswith("{")]

    def _address(self) -> str:
        told = [one["message"] for one in self.lines() if one["message"].startswith("It listens on ")]
        return told[-1].removeprefix("It listens on ").split(";")[0] if told else ""


@pytest.fixture(scope="module")
def behind(tmp_path_factory) -> Iterator[Behind]:
    more = {"BATON_ADDRESS": f"https://{NAME}", "BEHIND_PROXY": "1", "BATON_LOG": "json"}
    with Behind(tmp_path_factory.mktemp("behind"), **more) as baton:
        yield baton


@pytest.fixture(scope="module")
def session(behind) -> str:
    return behind.manage("shell", "-v", "0", "-c", SIGN_IN).rpartition("KEY ")[2].strip()


def nginx(folder: Path, baton: str, port: int) -> list[str]:
    words = ["-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={NAME}"]
    files = ["-keyout", str(folder / "key"), "-out", str(folder / "pem")]
    subprocess.run(["openssl", "req", "-x509", *words, *files], check=True, capture_output=True)
    site = (PROXY / "nginx.conf").read_text()
    for ours, here in [
        ("127.0.0.1:8000", baton),
        ("listen 443", f"listen 127.0.0.1:{port}"),
        ("listen 80", f"listen 127.0.0.1:{free_port()}"),
        ("/etc/ssl/certs/baton.pem", str(folder / "pem")),
        ("/etc/ssl/private/baton.key", str(folder / "key")),
        ("/var/log/nginx/baton.log", str(folder / "log")),
    ]:
        assert ours in site
        site = site.replace(ours, here)
    (folder / "site").write_text(re.sub(r"listen \[::\].*\n", "\n", site))
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    places = "".join(f"{kind}_temp_path {folder}/{kind};" for kind in kinds)
    (folder / "conf").write_text(
        f"daemon off; master_process off; pid {folder}/pid; error_log stderr; events {{}}"
        f" http {{ {places} include {folder}/site; }}"
    )
    return ["nginx", "-c", str(folder / "conf"), "-e", "stderr"]


def caddy(folder: Path, baton: str, port: int) -> list[str]:
    here = f"local_certs\n\tskip_install_trust\n\tadmin off\n\thttp_port {free_port()}\n\thttps_port {port}\n"
    site = (PROXY / "Caddyfile").read_text()
    (folder / "Caddyfile").write_text(site.replace("{\n\t#", f"{{\n\t{here}\t#", 1))
    return ["caddy", "run", "--config", str(folder / "Caddyfile"), "--adapter", "caddyfile"]


@pytest.fixture(scope="module", params=[nginx, caddy], ids=["nginx", "caddy"])
def proxy(request, behind, tmp_path_factory) -> Iterator[int]:
    """Its port."""
    program, port = request.param, free_port()
    if not shutil.which(program.__name__):
        missing_part(program.__name__, f"apt install {program.__name__}")
    folder, where = tmp_path_factory.mktemp("proxy"), behind.url.removeprefix("http://")
    env = {**os.environ, "BATON_NAME": NAME, "BATON_BEHIND": where, "XDG_DATA_HOME": str(folder), "HOME": str(folder)}
    with (folder / "said").open("wb") as said:
        process = subprocess.Popen(program(folder, where, port), stdout=said, stderr=said, env=env)
    try:
        wait_for(lambda: answers(port), why=(folder / "said").read_text())
        yield port
    finally:
        process.kill()
        process.wait()


def answers(port: int) -> bool:
    try:
        return ask(port, "/livez").status == 200
    except OSError:
        return False


def ask(port: int, path: str, body: bytes = b"", protocols: tuple[str, ...] = ("http/1.1",), **headers: str):
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_alpn_protocols(protocols)
    plain = socket.create_connection(("127.0.0.1", port), timeout=30)
    client = http.client.HTTPConnection(NAME)
    client.sock = context.wrap_socket(plain, server_hostname=NAME)
    if protocols != ("http/1.1",):
        return client.sock.selected_alpn_protocol()
    said = {name.replace("_", "-"): value for name, value in headers.items()}
    with contextlib.suppress(BrokenPipeError, ConnectionResetError, ssl.SSLError):  # it may be refused on its way
        client.request("POST" if body else "GET", path, body=body or None, headers=said)
    return client.getresponse()


@pytest.mark.sqlite_enough
def test_what_a_stranger_says_of_himself_does_not_arrive(proxy, behind):
    answer = ask(proxy, "/login/", **LIES)
    number = answer.headers["X-Request-ID"]
    assert answer.status == 200 and number and number != LIES["X-Request-ID"]
    assert "max-age" in answer.headers["Strict-Transport-Security"], "it does not know that the way is encrypted"
    [line] = wait_for(lambda: [one for one in behind.lines() if one.get("request") == number])
    assert line["client"] == "127.0.0.1" and len(number) >= 32, "the number is the proxy's own"


@pytest.mark.sqlite_enough
def test_it_speaks_http_2_and_keeps_numbers_and_too_much_out(proxy):
    assert ask(proxy, "/", protocols=("h2", "http/1.1")) == "h2"
    assert ask(proxy, "/metrics").status == 404
    answer = ask(proxy, "/integrations/webhook/x/", body=bytes(15_000_000))
    assert answer.status in (413, 502)  # too much; or Baton has shut its door before, and the proxy says that


@pytest.mark.sqlite_enough
def test_a_live_page_hears_each_beat_when_it_comes(proxy, session):
    stream = ask(proxy, "/live/", Cookie=f"sessionid={session}", Accept_Encoding="gzip")
    assert (stream.status, stream.headers.get_content_type()) == (200, "text/event-stream")
    heard = [(stream.fp.readline(), time.monotonic()) for _line in range(12)]
    assert heard[-1][1] - heard[0][1] > 1.5, "it came in one piece"
