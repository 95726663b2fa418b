"""A server that leads to another one inside, and what that one was asked."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@contextmanager
def leading() -> Iterator[Any]:
    """``url`` leads inside by every word for that; ``sang``: what was heard there; ``leads.asked``: how often."""
    sang: list[str] = []

    class Inner(BaseHTTPRequestHandler):
        def handle_one_request(self) -> None:
            sang.append(str(self.rfile.readline(100)))
            self.close_connection = True

    class Leads(BaseHTTPRequestHandler):
        status, asked = 302, 0

        def do_POST(self) -> None:
            type(self).asked += 1
            to = f"http://127.0.0.1:{inner.server_port}/secret"
            self.send_response(self.status)
            for name, value in (
                ("Location", to),
                ("Refresh", f"0;url={to}"),
                ("Link", f"<{to}>; rel=next"),
                ("Content-Length", "0"),
            ):
                self.send_header(name, value)
            self.end_headers()

        do_GET = do_PUT = do_POST

        def log_message(self, *_: Any) -> None: ...

    inner, leads = (ThreadingHTTPServer(("127.0.0.1", 0), kind) for kind in (Inner, Leads))
    for server in (inner, leads):
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield type("Canary", (), {"url": f"http://127.0.0.1:{leads.server_port}/x", "sang": sang, "leads": Leads})
    for server in (inner, leads):
        server.shutdown()
        server.server_close()
