"""PagerDuty's own client for Python, told another address, over a real connection. It insists on TLS."""

import contextlib
import shutil
import socket
import socketserver
import ssl
import threading
from datetime import UTC, datetime

import pytest
from pagerduty import EventsApiV2Client, HttpError

from incidents.models import Alert, Change, Incident
from tests.escalation.notify.world import certify
from tests.incidents.pagerduty_kit import PagerDutySender
from tests.parts import missing_part

pytestmark = pytest.mark.django_db(transaction=True)


def pipe(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while part := source.recv(65536):
            sink.sendall(part)
    with contextlib.suppress(OSError):
        sink.shutdown(socket.SHUT_WR)


@pytest.fixture
def proxy(live_server, tmp_path):
    """What a proxy with TLS does in front; its address."""
    if not shutil.which("openssl"):
        missing_part("openssl", "apt-get install openssl")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certify(tmp_path))

    class Relay(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            desk = (live_server.thread.host, live_server.thread.port)
            outer = context.wrap_socket(self.request, server_side=True)
            with outer, socket.create_connection(desk) as inner:
                threading.Thread(target=pipe, args=(outer, inner), daemon=True).start()
                pipe(inner, outer)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Relay) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield f"https://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


@pytest.fixture
def client_of(proxy):
    trusting = ssl.create_default_context()
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    return lambda key: EventsApiV2Client(key, base_url=proxy, verify=trusting, trust_env=False)


def test_it_triggers_acknowledges_resolves_and_tells_of_a_change(cast, client_of):
    watch = PagerDutySender(service=cast.service)
    with client_of(watch.key) as client:
        now, links = datetime.now(UTC).isoformat(), [{"href": "https://builds.example.org/1"}]
        client.submit("Mail service 4.2 is live", source="builds", links=links, timestamp=now)
        key = client.trigger("The queue grows", "mq-2", custom_details={"waiting": 12000})
        incident = Incident.objects.get()
        assert (incident.title, incident.symptom) == ("The queue grows", "waiting: 12000")
        assert client.acknowledge(key) == key
        assert Incident.objects.get().run.elsewhere_at
        assert client.trigger("It grows on", "mq-2", dedup_key=key, severity="warning") == key
        assert client.resolve(key) == key
    assert Incident.objects.resolved().get() == incident
    assert (Alert.objects.get().state, Change.objects.get().link) == ("resolved", "https://builds.example.org/1")


def test_a_wrong_key_is_told_as_what_it_is(cast, client_of):
    with client_of("0" * 32) as client, pytest.raises(HttpError) as refused:
        client.trigger("The queue grows", "mq-2")
    assert refused.value.response.status_code == 400
    assert "Invalid routing key" in refused.value.response.text
