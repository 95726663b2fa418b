"""Django's SMTP backend with one deadline over the whole talk.

Django's timeout is per step, and a talk has ten: a slow server would outlast the sender's lease.
"""

import contextlib
import smtplib
import socket
import threading
import time
from typing import Any

from django.core.mail.backends.smtp import EmailBackend

GRACE = 1.0  # seconds: a step that ends by its own timeout says so more clearly


class _Punctual(smtplib.SMTP):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._end = time.monotonic() + kwargs["timeout"]
        super().__init__(*args, **kwargs)

    def connect(self, *args: Any, **kwargs: Any) -> tuple[int, bytes]:
        """A server that drips a byte at a time keeps every single step in time: after the end, hang up."""
        self._cut = threading.Timer(max(0.0, self._end - time.monotonic()) + GRACE, self._hang_up)
        self._cut.daemon = True
        self._cut.start()
        return super().connect(*args, **kwargs)

    def _hang_up(self) -> None:
        with contextlib.suppress(OSError, AttributeError):
            self.sock.shutdown(socket.SHUT_RDWR)  # type: ignore[union-attr]

    def close(self) -> None:
        if hasattr(self, "_cut"):
            self._cut.cancel()
        super().close()

    def _hurry(self) -> None:
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError("the talk took too long")
        if self.sock is not None:
            self.sock.settimeout(left)

    def getreply(self) -> tuple[int, bytes]:
        self._hurry()
        return super().getreply()

    def send(self, s: Any) -> None:
        self._hurry()
        super().send(s)


class _PunctualSSL(_Punctual, smtplib.SMTP_SSL):
    """The same, encrypted from the first byte."""


class PunctualBackend(EmailBackend):
    @property
    def connection_class(self) -> type[smtplib.SMTP]:
        return _PunctualSSL if self.use_ssl else _Punctual
