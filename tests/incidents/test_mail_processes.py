"""Mail comes in for real: a mail client over a socket, real processes, and what is on disk when they say so."""

import smtplib
import socket
import ssl
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from incidents.inbound.letterbox import LIMIT
from incidents.inbound.smtp import FROM_ONE, RECIPIENTS
from tests.incidents.mail_kit import PROBLEM, RECOVERY, mail
from tests.processes import Baton, wait_for

pytestmark = [
    pytest.mark.processes,
    pytest.mark.rehearsal("processes"),
    pytest.mark.enable_socket,
    pytest.mark.timeout(180),
]

MAKE = """
from tests.organisation import assemble; assemble()
from incidents.models import Service, Source
service = Service.objects.get(name='Payments')
print('key=' + Source.objects.create(name='Post', kind='email', service=service).new_key())
Source.objects.create(name='North', service=service)
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def certificate(folder) -> dict[str, str]:
    """Signed by itself, for this machine."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "in.example")])
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = made.serial_number(1).not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
    here = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    signed = made.add_extension(here, critical=False).sign(key, hashes.SHA256())
    (folder / "mail.pem").write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    plain = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "mail.key").write_bytes(key.private_bytes(*plain))
    return {"BATON_MAIL_CERT": str(folder / "mail.pem"), "BATON_MAIL_CERT_KEY": str(folder / "mail.key")}


class Post:
    def __init__(self, baton: Baton, port: int, key: str):
        self.baton, self.port, self.key = baton, port, key
        self.to = f"{key}@in.example"

    @contextmanager
    def talk(self):
        with smtplib.SMTP("127.0.0.1", self.port, timeout=30) as client:
            yield client

    def send(self, raw: bytes, *to: str, sender: str = "nagios@mon.example") -> None:
        with self.talk() as client:
            assert client.sendmail(sender, to or [self.to], raw) == {}

    def receipts(self) -> int:
        return self.baton.database.rows("SELECT count(*) FROM incidents_receipt")[0][0]

    def incidents(self) -> list[tuple[str, bool]]:
        rows = self.baton.database.rows("SELECT title, resolved_at IS NOT NULL FROM incidents_incident ORDER BY id")
        return [(title, bool(over)) for title, over in rows]


@pytest.fixture
def post(tmp_path):
    port = free_port()
    listens = {"BATON_MAIL_LISTEN": f"127.0.0.1:{port}", "BATON_MAIL_DOMAIN": "in.example", **certificate(tmp_path)}
    with Baton(tmp_path, **listens) as baton:
        key = baton.manage("shell", "-v", "0", "-c", MAKE).strip().rpartition("key=")[2]
        yield Post(baton, port, key)


@pytest.mark.sqlite_enough
def test_mails_open_and_end_incidents_and_a_250_is_on_disk(post):
    post.send(PROBLEM)
    assert post.receipts() == 1, "it is there as soon as the answer is"
    problem = "** PROBLEM Service Alert: web-01/HTTP is CRITICAL **"
    wait_for(lambda: post.incidents() == [(problem, False)], why="no incident was opened")
    post.send(RECOVERY, post.to.upper().replace("@IN", "@In"))
    wait_for(lambda: post.incidents() == [(problem, True)], why="the recovery did not end it")
    away = mail("Automatic reply: you are called", Auto_Submitted="auto-replied", Message_ID="<n3@mon.example>")
    post.send(away, sender="")
    [(outcome,)] = post.baton.database.rows("SELECT outcome FROM incidents_receipt ORDER BY id DESC LIMIT 1")
    assert "automatic reply" in str(outcome)
    assert len(post.incidents()) == 1
    post.send(mail("Disk", Message_ID="<n4@mon.example>"), f"{post.key}+db-07@in.example")
    post.send(mail("Another subject", Message_ID="<n5@mon.example>"), f"{post.key}+db-07@in.example")
    wait_for(lambda: len(post.incidents()) == 2, why="an address that names it opened nothing")
    _what_is_refused(post)
    _on_a_safe_line(post)
    _crowded(post)
    _killed(post)


def _what_is_refused(post):
    before = post.receipts()
    with post.talk() as client:
        client.ehlo("mon.example")
        assert client.esmtp_features["size"] == str(LIMIT)
        assert client.mail("a@b.example")[0] == 250
        assert client.rcpt(f"{post.key}@elsewhere.example") == (550, b"5.7.1 This server takes no mail for that domain")
        assert client.rcpt("nobody@in.example")[0] == 550
        assert client.rcpt("x" * 300 + "@in.example")[0] in (550, 553)
        assert client.rcpt(f"{post.key}x@in.example") == (550, b"5.1.1 No such address")
        for _one in range(RECIPIENTS):
            assert client.rcpt(post.to)[0] == 250
        assert client.rcpt(post.to)[0] == 452
        client.rset()
        assert client.mail("a@b.example", [f"size={LIMIT + 1}"])[0] == 552
        client.mail("a@b.example")
        client.rcpt(post.to)
        assert client.data(b"Subject: large\r\n\r\n" + b"0123456789\r\n" * (LIMIT // 12 + 1))[0] == 552
    assert post.receipts() == before
    long = b"Subject: A line that is too long\r\n\r\n" + b"x" * 400_000 + b"\r\n"
    post.send(long)
    assert post.receipts() == before + 1


def _on_a_safe_line(post):
    before = post.receipts()
    context = ssl.create_default_context(cafile=post.baton.env["BATON_MAIL_CERT"])
    with smtplib.SMTP("127.0.0.1", post.port, timeout=30) as client:
        assert client.starttls(context=context)[0] == 220
        client.sendmail("a@b.example", [post.to], mail("Disk of db-08", Message_ID="<n6@mon.example>"))
    assert post.receipts() == before + 1


def _killed(post):
    """The socket is the supervisor's: whoever sends meanwhile waits."""
    before = post.receipts()
    post.baton.kill("mail")
    post.send(mail("Disk of db-09", Message_ID="<n7@mon.example>"))
    assert post.receipts() == before + 1


def _crowded(post):
    some = [socket.create_connection(("127.0.0.1", post.port), timeout=30) for _n in range(FROM_ONE)]
    try:
        assert all(one.recv(100).startswith(b"220") for one in some)
        with pytest.raises(smtplib.SMTPConnectError) as refused, post.talk():
            pass
        assert refused.value.smtp_code == 421
    finally:
        for one in some:
            one.close()

    def is_open() -> bool:
        try:
            with post.talk() as client:
                return client.noop()[0] == 250
        except smtplib.SMTPConnectError:
            return False

    wait_for(is_open, why="who has gone is still counted")
